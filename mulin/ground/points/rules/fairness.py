"""Fairness of the points bank, pure: patterns that a person looks at, who answers, what is asked back. Hard parts §1, 10.

A pattern is a question, never an accusation: nobody is scored, ranked or blocked before a person has decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

WORDS: Final = 200
"""Characters of what people write here."""
WINDOW: Final = 90
"""Days within which acts and gifts are looked at together: a season, so that a habit shows and an old one is forgotten."""
PAIR_EACH: Final = 3
"""Two sides confirm each other: at least so many acts each way. Once or twice is what neighbours do."""
RING_EACH: Final = 2
"""Three sides in a round: at least so many acts from each to the next."""
STAR_EACH: Final = 12
"""One confirms for one side: at least so many acts, nearly one a week,"""
STAR_TIMES: Final = 4
"""and so many times what one confirmer usually attests for one side (the county's median),"""
STAR_SHARE: Final = 0.5
"""and at least this share of all that he attests,"""
STAR_GROUP: Final = 3
"""for at most so many sides. For whom it is more, it is what he is there for."""
GIFTS_FROM: Final = 6
"""So many other sides gave points into one passbook."""
HELPER_DAYS: Final = 90
"""Who used a passbook in its holder's place confirms no act for it so long."""
SHARE: Final = 0.05
"""Of acts with points, so many are asked back; at least one in a month and community."""
TRIES: Final = 3
"""Whoever was not reached so often is left in peace."""
SMALL: Final = 5
"""A group of fewer persons is never shown by itself."""
APPEAL_DAYS: Final = 30
REVIEW_DAYS: Final = 10
QUESTION_DAYS: Final = 5
CALLBACK_DAYS: Final = 10
"""Clocks: calendar days for an appeal, working days for whoever answers."""
LEVELS: Final = ("community_clerk", "street_clerk", "county_clerk", "admin")
"""Who answers, from the counter of the community upwards."""
TOP: Final = ("county_clerk", "admin")
"""Above them nobody answers: who is over time there is told to the county's leaders."""
OVERSEER: Final = "leader"


class Matter(TextChoices):
    """What lies with a desk and has a clock."""

    REVIEW = "review", _("几笔积分要看一看")
    PLEA = "plea", _("积分复核的申诉")
    QUESTION = "question", _("积分疑问")
    CALLBACK = "callback", _("积分回访")


DAYS: Final[Mapping[str, int]] = {
    Matter.REVIEW: REVIEW_DAYS,
    Matter.PLEA: REVIEW_DAYS,
    Matter.QUESTION: QUESTION_DAYS,
    Matter.CALLBACK: CALLBACK_DAYS,
}
"""Working days for each, at every level anew."""


class Pattern(TextChoices):
    """What is looked at; the words say what was found and no more."""

    PAIR = "pair", _("两边互相确认")
    RING = "ring", _("三边轮流确认")
    STAR = "star", _("一人多次为少数几家确认")
    GIFTS = "gifts", _("多家转赠到一本存折")
    CALLBACK = "callback", _("回访时说没有这件事")


EXPLAINED: Final[Mapping[str, Any]] = {
    "pair": _("近三个月里，两边互相给对方确认了好事。邻居常来常往也会这样，问一问就清楚。"),
    "ring": _("近三个月里，三边轮流给下一边确认了好事。一个互助小组也会这样，问一问就清楚。"),
    "star": _("近三个月里，同一个人为少数几家确认的好事比平常多很多。也许正好由他负责，问一问就清楚。"),
    "gifts": _("近三个月里，好几家把积分转到同一本存折。也许大家在帮一家人，问一问就清楚。"),
    "callback": _("回访时，被帮助的人说没有这件事。也许记错了人或日子，问一问就清楚。"),
}


class Verdict(TextChoices):
    FOUND = "found", _("等人看一看")
    FINE = "fine", _("看过，没有问题")
    WRONG = "wrong", _("看过，需要更正")


class Plea(TextChoices):
    """An appeal against what was decided: one for each person concerned."""

    NONE = "", _("没有申诉")
    OPEN = "open", _("申诉等上一级复核")
    HELD = "held", _("申诉成立")
    DECLINED = "declined", _("维持原来的决定")
    WITHDRAWN = "withdrawn", _("已撤回")


class Asked(TextChoices):
    """A holder's question about one of his entries."""

    OPEN = "open", _("已问，等答复")
    RIGHTED = "righted", _("已更正")
    EXPLAINED = "explained", _("已说明")
    WITHDRAWN = "withdrawn", _("已撤回")


class Called(TextChoices):
    OPEN = "open", _("等回访")
    CONFIRMED = "confirmed", _("核实了")
    UNREACHED = "unreached", _("没联系上")
    UNTRUE = "untrue", _("说没有这件事")


class Deed(NamedTuple):
    """``key`` names the act or gift. ``giver`` confirms (or gives), ``taker`` did it (or is given): sides, that is
    households, or persons who live in none."""

    key: UUID
    giver: UUID
    taker: UUID


@dataclass(frozen=True)
class Found:
    """A pattern: the sides in it in a fixed order, and the acts or gifts it rests on."""

    kind: str
    sides: tuple[UUID, ...]
    deeds: tuple[UUID, ...]


def patterns(acts: Iterable[Deed], gifts: Iterable[Deed] = ()) -> list[Found]:
    """Every pair, ring and star among acts, and every passbook into which many give."""
    edges = _edges(acts)
    return [*_pairs(edges), *_rings(edges), *_stars(edges), *_gifts(gifts)]


def _edges(deeds: Iterable[Deed]) -> dict[tuple[UUID, UUID], list[UUID]]:
    found: dict[tuple[UUID, UUID], list[UUID]] = {}
    for one in deeds:
        if one.giver != one.taker:
            found.setdefault((one.giver, one.taker), []).append(one.key)
    return found


def _found(kind: str, sides: Iterable[UUID], *rests: Iterable[UUID]) -> Found:
    return Found(kind, tuple(sides), tuple(sorted(key for part in rests for key in part)))


def _pairs(edges: Mapping[tuple[UUID, UUID], list[UUID]]) -> list[Found]:
    strong = {edge for edge, keys in edges.items() if len(keys) >= PAIR_EACH}
    both = sorted((one, other) for one, other in strong if one < other and (other, one) in strong)
    return [_found(Pattern.PAIR, pair, edges[pair], edges[pair[::-1]]) for pair in both]


def _rings(edges: Mapping[tuple[UUID, UUID], list[UUID]]) -> list[Found]:
    """Each round once, its smallest side first; the two ways round are two rounds."""
    following: dict[UUID, set[UUID]] = {}
    for (giver, taker), keys in edges.items():
        if len(keys) >= RING_EACH:
            following.setdefault(giver, set()).add(taker)
    rings = sorted(
        (first, second, third)
        for first, nexts in following.items()
        for second in nexts
        if first < second
        for third in following.get(second, ())
        if first < third and first in following.get(third, ())
    )
    return [
        _found(Pattern.RING, ring, *(edges[edge] for edge in zip(ring, (*ring[1:], ring[0]), strict=True)))
        for ring in rings
    ]


def _stars(edges: Mapping[tuple[UUID, UUID], list[UUID]]) -> list[Found]:
    if not edges:
        return []
    least = max(STAR_EACH, STAR_TIMES * median(len(keys) for keys in edges.values()))
    points: dict[UUID, list[UUID]] = {}
    whole: dict[UUID, int] = {}
    for (giver, taker), keys in sorted(edges.items()):
        whole[giver] = whole.get(giver, 0) + len(keys)
        if len(keys) >= least:
            points.setdefault(giver, []).append(taker)
    return [
        _found(Pattern.STAR, (giver, *takers), *(edges[giver, taker] for taker in takers))
        for giver, takers in points.items()
        if len(takers) <= STAR_GROUP
        and sum(len(edges[giver, taker]) for taker in takers) >= STAR_SHARE * whole[giver]
    ]


def _gifts(gifts: Iterable[Deed]) -> list[Found]:
    into: dict[UUID, dict[UUID, list[UUID]]] = {}
    for (giver, taker), keys in _edges(gifts).items():
        into.setdefault(taker, {})[giver] = keys
    return [
        _found(Pattern.GIFTS, (taker, *sorted(givers)), *givers.values())
        for taker, givers in sorted(into.items())
        if len(givers) >= GIFTS_FROM
    ]


def review_key(found: Found, day: date) -> str:
    """One question for a pattern in a window of time, however often and by however many processes it is found."""
    sides = hashlib.sha256(" ".join(str(side) for side in found.sides).encode()).hexdigest()[:32]
    return f"{found.kind}:{day.toordinal() // WINDOW}:{sides}"


def level_above(role: str) -> str:
    """Who answers the second time; above the county's clerks its administrators, and above them another one of them."""
    return LEVELS[min(LEVELS.index(role) + 1, len(LEVELS) - 1)]


def place_of(role: str, path: str) -> str:
    """Where that level sits for a place below it: /001/003/ itself, its street /001/, or the county."""
    if role == "community_clerk":
        return path
    return "/".join(path.split("/")[:2]).rstrip("/") + "/" if role == "street_clerk" else "/"


def common(paths: Collection[str]) -> str:
    """The smallest place that holds them all: a community, a street, or the county."""
    parts = [[part for part in path.split("/") if part][:2] for path in paths]
    shared: list[str] = []
    for step in zip(*parts, strict=False):
        if len(set(step)) > 1:
            break
        shared.append(step[0])
    return f"/{'/'.join(shared)}/" if shared else "/"


def lowest(path: str) -> str:
    """The level that sits at a place."""
    return LEVELS[2 - min(path.count("/") - 1, 2)]


def drawn(lots: Mapping[UUID, float], *, month_over: bool, had: bool) -> set[UUID]:
    """Of the acts of one community in one month, by their lots (0 ≤ lot < 1): those below SHARE; once the month is over, the
    lowest where there was none (``had``: one was drawn before)."""
    found = {key for key, lot in lots.items() if lot < SHARE}
    if lots and month_over and not found and not had:
        found = {min(lots, key=lambda key: (lots[key], key))}
    return found


def since(day: date) -> date:
    """The first day of the window that ends on a day."""
    return day - timedelta(days=WINDOW - 1)


@dataclass(frozen=True)
class Group:
    """Some people of one kind, and what they did. ``codes``: which kinds it holds; no person is in two."""

    codes: tuple[str, ...]
    members: int
    acts: int
    points: int

    @property
    def shown(self) -> bool:
        """Enough people, so that no one is known by the number."""
        return self.members >= SMALL


def merged(groups: Iterable[Group]) -> list[Group]:
    """Groups of SMALL and more, the largest first. Smaller ones are put together, and with the next larger one as long as
    they are still too few: nobody is found by taking the others from the sum. What is too few altogether stays one group
    that is not ``shown``."""
    left = sorted((one for one in groups if one.members), key=lambda one: (one.members, one.codes))
    while len(left) > 1 and not left[0].shown:
        one, other, *rest = left
        both = Group(
            tuple(sorted((*one.codes, *other.codes))),
            one.members + other.members,
            one.acts + other.acts,
            one.points + other.points,
        )
        left = sorted([both, *rest], key=lambda each: (each.members, each.codes))
    return left[::-1]
