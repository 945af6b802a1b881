"""Finding what somebody means in the words he uses, and saying by which of them it was found. Pure.

Chinese is not split into words: pairs of neighbouring characters are compared, and a pair that stands everywhere in
the catalogue (小区) tells less than one that stands in one place (漏水).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_PART: Final = re.compile(r"[a-z0-9]+|[㐀-鿿]+")
_NOTHING: Final = (
    "我们 你们 他们 我家 有人 有个 一个 这个 那个 怎么 什么 没有 不能 可以 请问 想问 问一 一下 谁管 归谁 找谁 该找 哪里 "
    "现在 已经 总是 老是 天天 每天 昨天 今天 就是 还是 因为 所以 但是 家里 这里 那里 问题 反映 情况 处理 办理 的事 的人"
)
_EMPTY: Final = frozenset(_NOTHING.split(" "))
"""Pairs that say nothing about the matter."""
KEYWORD, NAME, CODE_HIT = 9.0, 3.0, 100.0
"""What a hit weighs: a keyword said whole, a pair out of the name, the code itself. Pairs of the text weigh one."""
_SINGLE: Final = re.compile("[㐀-鿿]")
_PARTICLES: Final = frozenset("的了是有在不就都也和吗呢吧啊我你他她它这那")
MOST_BY_CHARACTER: Final = 8
LEAST: Final = 1.5
"""Below this a hit is chance."""


@dataclass(frozen=True)
class Entry:
    """One thing that may be meant."""

    key: object
    name: str
    keywords: tuple[str, ...] = ()
    text: str = ""
    code: str = ""


@dataclass(frozen=True)
class Found:
    """A hit: how good it is, and the words by which it was found."""

    key: object
    score: float
    words: tuple[str, ...]


def plain(text: str) -> str:
    """One width, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


@lru_cache(maxsize=4096)
def grams(text: str) -> frozenset[str]:
    """Latin words and numbers whole, Chinese in pairs; a single character stands for itself only where it is all."""
    found: set[str] = set()
    for part in _PART.findall(plain(text)):
        if part[0].isascii() or len(part) == 1:
            found.add(part)
        else:
            found.update(part[place : place + 2] for place in range(len(part) - 1))
    return frozenset({one for one in found if len(one) > 1} - _EMPTY or found - _EMPTY)


def find(words: str, entries: Sequence[Entry], *, most: int = 10) -> list[Found]:
    """The best of the entries for these words, the best first; of equal ones the earlier. Empty words find nothing."""
    said = plain(words).strip()
    if _SINGLE.fullmatch(said):
        return _with_character(said, entries)[:most]
    asked = grams(said)
    if not said or not asked:
        return []
    named = [grams(f"{entry.name} {' '.join(entry.keywords)}") for entry in entries]
    told = [grams(entry.text) for entry in entries]
    common = Counter(one for pairs, more in zip(named, told, strict=True) for one in pairs | more)
    weight = {one: math.log(1 + len(entries) / (1 + common[one])) for one in asked}
    found = [
        _judge(entry, said, asked, pairs, more, weight)
        for entry, pairs, more in zip(entries, named, told, strict=True)
    ]
    good = [one for one in found if one.score >= LEAST]
    good.sort(key=lambda one: -one.score)
    return [one for one in good if one.score * 5 >= good[0].score][:most]


def _with_character(said: str, entries: Sequence[Entry]) -> list[Found]:
    """Those in whose keywords or name one Chinese character stands (狗); one that stands in many says nothing (的, 人)."""
    found = []
    for entry in entries if said not in _PARTICLES else ():
        words = [word for word in (*entry.keywords, entry.name) if said in word]
        if words:
            found.append(Found(entry.key, KEYWORD * len(words), tuple(words[:4])))
    found.sort(key=lambda one: -one.score)
    return found if len(found) <= MOST_BY_CHARACTER else []


def _judge(
    entry: Entry,
    said: str,
    asked: frozenset[str],
    pairs: frozenset[str],
    more: frozenset[str],
    weight: dict[str, float],
) -> Found:
    if entry.code and said == plain(entry.code):
        return Found(entry.key, CODE_HIT, (entry.code,))
    whole = [word for word in entry.keywords if len(word) > 1 and plain(word) in said]
    score = sum(KEYWORD + len(word) for word in whole)
    within = asked & pairs
    score += NAME * sum(weight[one] for one in within)
    score += sum(weight[one] for one in asked & (more - pairs))
    if said in plain(entry.name):
        score += KEYWORD
    return Found(entry.key, score, _told(said, whole, within or asked & more))


def _told(said: str, whole: Iterable[str], pairs: frozenset[str]) -> tuple[str, ...]:
    """The words that told: keywords first, then the pairs joined again where they overlap in what was said."""
    runs: list[str] = []
    place = 0
    while place < len(said) - 1:
        end = place
        while end < len(said) - 1 and said[end : end + 2] in pairs:
            end += 1
        if end > place:
            runs.append(said[place : end + 1])
        place = max(end, place + 1)
    runs += [one for one in sorted(pairs) if one.isascii() and one in said]
    said_whole = list(whole)
    shown = [word for word in said_whole if not any(word in other != word for other in said_whole)]
    shown += [run for run in runs if not any(run in word or word in run for word in shown)]
    return tuple(dict.fromkeys(shown))[:4]
