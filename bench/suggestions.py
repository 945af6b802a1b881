"""How good suggestions are: Macro-F1 and top three of the matter, precision and recall of likely duplicates, each beside a
majority baseline, split by clusters of near-identical texts.

python bench/suggestions.py [--labelled FILE.xlsx] [--samples FILE.json] [--folds 5]

Needs no database. ``--labelled``: messages with a subject (留言主题), a text (留言详情) and a label (一级分类); default
../shared/data/messages_labelled.xlsx. ``--samples``: [{text, category}] with mulin's eight categories; default
../shared/data/sample_reports.json. What is not there is left out and said so. Prints JSON lines.

Four tasks. ``shipped``: learned from the list and mulin's own sentences only, asked for the category of the samples.
``history``: learned from four folds of the labelled messages, asked for the fifth. ``shipped_and_history``: from the list
and four folds of the samples, asked for the fifth. ``duplicates``: a message's subject and its text are two reports of one
matter in different words, 0 to 120 m and 0 to 24 h apart; two different messages so close are two matters (once any two,
once two of one label); the same words 3 km apart are two matters as well. The baseline "near" says so of whatever is so
close; the majority is that no two reports are about one matter.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mulin.config.settings")
DATA = ROOT.parent / "shared" / "data"
SEED, ALIKE, FEW = 20, 0.6, 0.3
NAMES = {"party_building": "party_led", "public_security": "public_order"}
"""Categories of the samples that have another code in the shipped catalogue."""

Judge = Callable[[str], Sequence[str]]


class Said(NamedTuple):
    """A text with its label; ``subject`` where there is one."""

    text: str
    label: str
    subject: str = ""


def say(**told: Any) -> None:
    sys.stdout.write(json.dumps({"bench": "suggestions"} | told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def labelled(path: Path) -> list[Said]:
    from openpyxl import load_workbook

    rows = load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    head = [str(cell) for cell in next(rows)]
    subject, text, label = (head.index(name) for name in ("留言主题", "留言详情", "一级分类"))
    found = [(str(row[subject] or ""), str(row[text] or "").strip(), row[label]) for row in rows]
    return [Said(f"{one}。{two}", str(kind), one) for one, two, kind in found if two and kind]


def samples(path: Path) -> list[Said]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Said(row["text"], NAMES.get(row["category"], row["category"])) for row in rows]


def clusters(texts: Sequence[str]) -> list[int]:
    """The cluster of each text: two that share so many letter pairs are never on both sides of a split."""
    from mulin.services.cases.rules import alike

    root = list(range(len(texts)))

    def of(at: int) -> int:
        while root[at] != at:
            at = root[at]
        return at

    for one in range(len(texts)):
        for other in range(one):
            if alike(texts[one], texts[other]) >= ALIKE:
                root[of(one)] = of(other)
    return [of(at) for at in range(len(texts))]


def folds(texts: Sequence[str], count: int) -> tuple[list[int], int]:
    """The fold of each text, whole clusters together, and how many clusters there are."""
    found = clusters(texts)
    names = sorted(set(found))
    random.Random(SEED).shuffle(names)
    place = {name: at % count for at, name in enumerate(names)}
    return [place[one] for one in found], len(names)


def macro_f1(right: Sequence[str], said: Sequence[str]) -> float:
    scores = []
    for label in sorted(set(right)):
        both = sum(one == other == label for one, other in zip(right, said, strict=True))
        asked = sum(one == label for one in right) + sum(one == label for one in said)
        scores.append(2 * both / asked)
    return sum(scores) / len(scores)


def judged(task: str, told: Sequence[tuple[str, Sequence[str], bool, str]], split: str) -> None:
    """``told``: (right label, guesses the likeliest first, whether it was sure, majority of what was learned from)."""
    right = [one[0] for one in told]
    sure = [one for one in told if one[2]]
    say(
        task=task,
        texts=len(told),
        split=split,
        macro_f1=round(macro_f1(right, [one[1][0] for one in told]), 3),
        top1=round(sum(one[1][0] == one[0] for one in told) / len(told), 3),
        top3=round(sum(one[0] in one[1][:3] for one in told) / len(told), 3),
        majority_macro_f1=round(macro_f1(right, [one[3] for one in told]), 3),
        majority_top1=round(sum(one[3] == one[0] for one in told) / len(told), 3),
        sure=round(len(sure) / len(told), 3),
        top1_where_sure=round(sum(one[1][0] == one[0] for one in sure) / len(sure), 3),
        top3_where_sure=round(sum(one[0] in one[1][:3] for one in sure) / len(sure), 3),
    )


def ours() -> tuple[list[Any], dict[str, str]]:
    """What the shipped list and sentences say, labelled by code; and the category of each code."""
    from mulin.services.cases.rules.learning import Text
    from mulin.services.catalogue.rules.matters import CATEGORIES
    from mulin.services.catalogue.rules.shipped import shipped
    from mulin.services.catalogue.rules.shipped.samples import SAMPLES

    codes = {one.name: one.code for one in CATEGORIES}
    texts, category = [], {}
    for row in shipped():
        code = row["code"]
        category[code] = codes[row["category"]]
        told = (row["name"], row["keywords"].replace("、", "，"), row["description"])
        texts += [Text(words, code, spoken=False) for words in told]
        texts += [Text(words, code) for words in SAMPLES[code]]
    return texts, category


def ranked(lesson: Any, text: str, group: dict[str, str] | None = None) -> tuple[list[str], bool]:
    """Labels, or groups of labels by the sum of their shares, the likeliest first; and whether it was sure."""
    from mulin.services.cases.rules.learning import SURE

    shares = lesson.shares(text)
    total: Counter[str] = Counter()
    for label, share in zip(lesson.labels, shares, strict=True):
        total[group.get(label, label) if group else label] += float(share)
    return [label for label, _share in total.most_common()], float(shares.max()) >= SURE


def shipped_only(rows: Sequence[Said]) -> None:
    from mulin.services.cases.rules.learning import learn

    texts, category = ours()
    began = time.perf_counter()
    lesson = learn(texts)
    took = time.perf_counter() - began
    common = Counter(category[one.label] for one in texts).most_common(1)[0][0]
    told = []
    for row in rows:
        order, sure = ranked(lesson, row.text, category)
        told.append((row.label, order, sure, common))
    judged("shipped: eight categories, nothing of the samples learned", told, "all samples are asked")
    about = {"texts": len(texts), "labels": len(lesson.labels), "pieces": len(lesson.pieces)}
    say(
        task="size",
        seconds=round(took, 2),
        kilobytes=len(lesson.as_bytes()) // 1024,
        left_out=lesson.kept,
        **about,
    )
    began = time.perf_counter()
    for row in rows:
        lesson.guesses(row.text)
    say(task="speed", guesses_per_second=round(len(rows) / (time.perf_counter() - began)))


def history(task: str, rows: Sequence[Said], count: int, base: Iterable[Any] = (), group: Any = None) -> None:
    """Learned from all folds but one, asked for that one."""
    from mulin.services.cases.rules.learning import Text, learn

    place, groups = folds([row.text for row in rows], count)
    told = []
    for fold in range(count):
        known = [row for row, at in zip(rows, place, strict=True) if at != fold]
        texts = [Text(row.text, row.label, f"voice {n}") for n, row in enumerate(known)]
        lesson = learn([*base, *texts])
        common = Counter(row.label for row in known).most_common(1)[0][0]
        for row, at in zip(rows, place, strict=True):
            if at == fold:
                order, sure = ranked(lesson, row.text, group)
                told.append((row.label, order, sure, common))
    judged(task, told, f"{count} folds, {groups} clusters of texts that share {ALIKE:.0%} of their pairs")


class Pair(NamedTuple):
    """Two reports: words, metres and hours apart, whether they are of one matter."""

    one: str
    other: str
    metres: float
    hours: float
    same: bool


def pairs(rows: Sequence[Said]) -> dict[str, list[Pair]]:
    chance = random.Random(SEED)
    place = clusters([row.text for row in rows])

    def near(one: str, other: str, same: bool) -> Pair:
        return Pair(one, other, chance.uniform(0, 120), chance.uniform(0, 24), same)

    def another(at: int, alike: bool) -> str:
        may = [
            row
            for row, group in zip(rows, place, strict=True)
            if group != place[at] and (not alike or row.label == rows[at].label)
        ]
        return chance.choice(may).text

    bodies = [row.text.partition("。")[2] for row in rows]
    return {
        "same matter, other words, near": [
            near(row.subject, body, True) for row, body in zip(rows, bodies, strict=True) if row.subject
        ],
        "another matter, near": [near(row.text, another(at, False), False) for at, row in enumerate(rows)],
        "another matter of one label, near": [
            near(row.text, another(at, True), False) for at, row in enumerate(rows)
        ],
        "same words, 3 km away": [Pair(row.text, row.text, 3_000, 1, False) for row in rows],
    }


def duplicates(rows: Sequence[Said]) -> None:
    """Nothing of these texts is learned: the list's lesson alone."""
    from mulin.services.cases.rules import alike, likeness
    from mulin.services.cases.rules.learning import VAGUE, kinship, learn

    lesson = learn(ours()[0])

    def about(text: str) -> dict[str, float]:
        return dict(lesson.topics(text[:600], least=VAGUE))

    def likely(pair: Pair) -> bool:
        topic, _label = kinship(about(pair.one), about(pair.other))
        return likeness(pair.metres, pair.hours, alike(pair.one, pair.other), topic).likely

    found = {name: [(pair, likely(pair)) for pair in some] for name, some in pairs(rows).items()}
    every = [one for some in found.values() for one in some]

    def rates(said: Callable[[Pair, bool], bool]) -> dict[str, float]:
        named = [pair for pair, told in every if said(pair, told)]
        right = sum(pair.same for pair in named)
        return {
            "precision": round(right / len(named), 3) if named else 0.0,
            "recall": round(right / sum(pair.same for pair, _told in every), 3),
        }

    other_words = [told for pair, told in every if pair.same and alike(pair.one, pair.other) < FEW]
    say(
        task="duplicates: subject and text of one message",
        pairs=len(every),
        **rates(lambda _pair, told: told),
        recall_with_few_words_in_common=round(sum(other_words) / len(other_words), 3),
        of_pairs=len(other_words),
        near_baseline=rates(lambda pair, _told: pair.metres <= 120 and pair.hours <= 24),
        majority_baseline=rates(lambda _pair, _told: False),
        named={name: round(sum(told for _pair, told in some) / len(some), 3) for name, some in found.items()},
    )


def other_words() -> None:
    """mulin's own sentences: of each matter two are left out of what is learned and are two reports near each other; beside
    each another matter's."""
    from mulin.services.cases.rules import alike, likeness
    from mulin.services.cases.rules.learning import VAGUE, kinship, learn
    from mulin.services.catalogue.rules.shipped.samples import SAMPLES

    asked = {code: told[-2:] for code, told in SAMPLES.items()}
    hidden = {words for told in asked.values() for words in told}
    lesson = learn([one for one in ours()[0] if one.words not in hidden])
    chance = random.Random(SEED)

    def likely(one: str, other: str) -> bool:
        topic, _label = kinship(lesson.topics(one, least=VAGUE), lesson.topics(other, least=VAGUE))
        return likeness(chance.uniform(0, 120), chance.uniform(0, 24), alike(one, other), topic).likely

    right = [likely(*told) for told in asked.values()]
    codes = list(asked)
    wrong = [
        likely(told[0], asked[chance.choice([one for one in codes if one != code])][0])
        for code, told in asked.items()
    ]
    say(
        task="duplicates: two sentences of one shipped matter, both left out of what was learned",
        pairs=len(right) + len(wrong),
        precision=round(sum(right) / (sum(right) + sum(wrong)), 3),
        recall=round(sum(right) / len(right), 3),
        in_common=round(sum(alike(*told) for told in asked.values()) / len(asked), 3),
        by_words_alone=round(
            sum(likeness(60, 12, alike(*told), 0).likely for told in asked.values()) / len(asked), 3
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=Path, default=DATA / "messages_labelled.xlsx")
    parser.add_argument("--samples", type=Path, default=DATA / "sample_reports.json")
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    import django

    django.setup()
    other_words()
    if options.samples.is_file():
        rows = samples(options.samples)
        shipped_only(rows)
        texts, category = ours()
        history("shipped_and_history: eight categories", rows, options.folds, texts, category)
    else:
        say(task="samples", left_out=f"no such file: {options.samples}")
    if options.labelled.is_file():
        messages = labelled(options.labelled)
        history("history: labels of messages", messages, options.folds)
        duplicates(messages)
    else:
        say(task="labelled", left_out=f"no such file: {options.labelled}")


if __name__ == "__main__":
    main()
