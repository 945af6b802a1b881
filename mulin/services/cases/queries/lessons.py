"""Which matter a text may be about: what was learned, kept in this process as long as it is the newest; and what there is to
learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.kernel.county import current_county
from mulin.services.cases.models import Case, CaseReporter, WordLesson
from mulin.services.cases.rules import SPOKEN
from mulin.services.cases.rules.learning import MOST_TEXTS, VAGUE, Lesson, Text
from mulin.services.catalogue import queries as catalogue

MOST_CASES: Final = MOST_TEXTS - 1_000
"""So many of the newest cases are learned from; the rest of the room is for the list's own words."""
MOST_READ: Final = 600
"""Characters of a text that are read: what it is about stands at its beginning."""
_KEPT: Final = 16
_lessons: dict[int, tuple[UUID, Lesson]] = {}
"""County → the newest lesson that this process has read."""


@dataclass(frozen=True)
class Hint:
    """A matter type that a text may be about. ``share``: how likely, per cent; ``why``: the words that spoke for it."""

    matter: UUID
    name: str
    share: int
    why: tuple[str, ...]

    def words(self) -> str:
        """The name, and because of which words."""
        told = {"name": self.name, "facts": _("、").join(self.why)}
        return _("%(name)s（%(facts)s）") % told if self.why else self.name


def lesson() -> Lesson | None:
    """The county's newest lesson; None where nothing was learned yet. One statement, two after a new one."""
    county = current_county()
    newest = WordLesson.objects.order_by("-number").values_list("id", flat=True).first()
    if newest is None:
        _lessons.pop(county, None)
        return None
    held = _lessons.get(county)
    if held is None or held[0] != newest:
        content = WordLesson.objects.values_list("content", flat=True).get(pk=newest)
        held = (newest, Lesson.from_bytes(bytes(content)))
        while len(_lessons) >= _KEPT:
            _lessons.pop(next(iter(_lessons)), None)
        _lessons[county] = held
    return held[1]


def hints(text: str, choices: Sequence[tuple[str, Iterable[tuple[str, str]]]]) -> list[Hint] | None:
    """What a text may be about, the likeliest first, of the matters on offer (as ``catalogue.choices`` gives them). An empty
    list: the text does not say. None: nothing was learned here. One statement."""
    learned = lesson()
    if learned is None:
        return None
    names = {key: name for _group, rows in choices for key, name in rows}
    found = learned.guesses(text[:MOST_READ], among=names)
    return [Hint(UUID(one.label), names[one.label], round(100 * one.share), one.why) for one in found]


def about(learned: Lesson | None, case: Case) -> dict[str, float]:
    """Which matter types a case is about: the one a clerk gave it, else up to three by its words. No statement where the
    matter was read with it."""
    if case.matter is not None:
        return {str(case.matter.matter_type_id): 1.0}
    return learned.topics(case.text[:MOST_READ], least=VAGUE) if learned is not None else {}


def topics(text: str) -> dict[str, float]:
    """Which matter types a text is about; nothing where the text does not say. One statement."""
    learned = lesson()
    return learned.topics(text[:MOST_READ]) if learned is not None else {}


# ── what there is to learn from ──────────────────────────────────────────────────────────────────────────────────────


def material() -> tuple[list[Text], int]:
    """The texts to learn from, and how many of them are the county's own newest cases: those that a person has put under a
    matter still in force. Three statements."""
    said = catalogue.sayings()
    ours = [Text(one.words, str(one.matter_type), spoken=one.spoken) for one in said]
    in_force = {one.matter_type for one in said}
    rows = (
        Case.objects.filter(matter__matter_type__in=in_force)
        .exclude(text=SPOKEN)
        .order_by("-reported_at", "-id")
        .values_list("id", "text", "matter__matter_type_id", "reported_by_id")[:MOST_CASES]
    )
    cases = list(rows)
    voices = _voices([key for key, _text, _kind, person in cases if person is None])
    told = [
        Text(text[:MOST_READ], str(kind), str(person) if person else voices.get(key, str(key)))
        for key, text, kind, person in cases
    ]
    return ours + told, len(told)


def _voices(cases: list[UUID]) -> dict[Any, str]:
    """Case → who reported it: a hashed number where one was left."""
    rows = CaseReporter.objects.filter(case__in=cases).exclude(phone_hash="")
    return dict(rows.order_by("-id").values_list("case_id", "phone_hash"))
