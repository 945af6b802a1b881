"""What a clerk looks at before two reports are merged: what lies near it in place and time, and both side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from mulin.kernel.actor import Actor
from mulin.kernel.ids import read_public
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.queries import lessons, lookup
from mulin.services.cases.queries.lists import visible_to
from mulin.services.cases.queries.timeline import Photo, photos_of
from mulin.services.cases.rules import (
    INTO,
    Likeness,
    Provenance,
    alike,
    box_around,
    community_of,
    community_of_grid,
    likeness,
    metres_between,
)
from mulin.services.cases.rules.learning import Lesson, kinship
from mulin.services.cases.rules.near import SAME_COMMUNITY, SAME_GRID, drawn
from mulin.services.catalogue import queries as catalogue

AROUND: Final = timedelta(days=14)
"""So long before or after, a report may be about the same matter."""
REACH: Final = 1_000.0
"""Metres around a position."""
MOST_READ, MOST_SHOWN, MOST_LIKELY = 200, 6, 3


@dataclass(frozen=True)
class Candidate:
    """A case that may be about the same matter. ``metres``: between the positions, where both are known; ``alike``: per cent
    of the letter pairs; ``about``: the matter that both seem to be about, whatever their words ('': none is known)."""

    case: Case
    metres: int | None
    hours: int
    alike: int
    likeness: Likeness
    about: str = ""
    known: bool = False
    """Clerks gave both that matter; else it is a guess."""

    @property
    def days(self) -> int:
        """Whole days between the reports."""
        return self.hours // 24

    @property
    def score(self) -> int:
        """How likely, per cent."""
        return round(100 * self.likeness.score)


@dataclass(frozen=True)
class Side:
    """One of two cases side by side."""

    case: Case
    photos: list[Photo]
    reporters: int


@dataclass(frozen=True)
class Sketch:
    """Two positions on a sheet of 200 × 120, north above; ``bar`` units are ``metres`` metres."""

    this: tuple[float, float]
    other: tuple[float, float]
    bar: float
    metres: int


def id_of(number: str) -> UUID | None:
    """The case with this public number, or None. One statement."""
    known = read_public(number)
    plain = known[1] if known else " ".join(number.split()).upper()[:40]
    return Case.objects.filter(number=plain).values_list("id", flat=True).first()


def candidates(actor: Actor, case: Case) -> list[Candidate]:
    """The open cases around it that the actor sees, the likeliest first. Three statements at most."""
    return _named(_sorted(actor, case)[:MOST_SHOWN])


def likely(actor: Actor, case: Case) -> list[Candidate]:
    """Those of them that are likely to be about the same matter. Three statements at most, two where there is none."""
    return _named([one for one in _sorted(actor, case) if one.likeness.likely][:MOST_LIKELY])


def pair(case: Case, other: Case) -> Candidate:
    """Another case as a candidate, however far. Two statements."""
    return _named([_candidate(case, other, lessons.lesson())])[0]


def _sorted(actor: Actor, case: Case) -> list[Candidate]:
    rows = (
        visible_to(actor).filter(around(case), state__in=INTO, provenance=Provenance.LIVE).exclude(pk=case.pk)
    )
    near = list(rows.select_related("matter").order_by("-reported_at", "-id")[:MOST_READ])
    if not near:
        return []
    learned = lessons.lesson()
    found = [_candidate(case, one, learned) for one in near]
    return sorted(
        found, key=lambda one: (-one.likeness.score, _metres(case, one.case, one.metres), one.hours)
    )


def around(case: Case) -> Q:
    """Near in place and time: within REACH of its position, or in its community where either has no position."""
    when = Q(reported_at__range=(case.reported_at - AROUND, case.reported_at + AROUND))
    place = Q()
    if case.grid_path:
        place = Q(grid_path__startswith=community_of_grid(case.grid_path))
    elif case.place_path != "/":
        place = Q(place_path__startswith=case.place_path)
    if case.lon is None or case.lat is None:
        return when & place
    west, south, east, north = box_around(case.lon, case.lat, REACH)
    box = Q(lon__range=(west, east), lat__range=(south, north))
    return when & (box | (place & Q(lon__isnull=True)) if place else box)


def _candidate(case: Case, other: Case, learned: Lesson | None) -> Candidate:
    metres = None
    if case.lon is not None and case.lat is not None and other.lon is not None and other.lat is not None:
        metres = round(metres_between((case.lon, case.lat), (other.lon, other.lat)))
    apart = abs(case.reported_at - other.reported_at) / timedelta(hours=1)
    words, reach = alike(case.text, other.text), _metres(case, other, metres)
    topic, matter = (0.0, "")
    if reach <= REACH:
        topic, matter = kinship(lessons.about(learned, case), lessons.about(learned, other))
    known = case.matter is not None and other.matter is not None
    made = likeness(reach, apart, words, None if known and not matter else topic)
    return Candidate(other, metres, int(apart), round(100 * words), made, matter, known)


def _metres(case: Case, other: Case, metres: int | None) -> float:
    """Between the positions, or what stands for it where one is missing."""
    if metres is not None:
        return metres
    together = bool(case.grid_path) and other.grid_path == case.grid_path
    if case.place_path == other.place_path != community_of(other.place_path):  # one compound, one building
        together = True
    return SAME_GRID if together else SAME_COMMUNITY


def _named(found: list[Candidate]) -> list[Candidate]:
    """With the names of matters in place of their ids."""
    kinds = {UUID(one.about) for one in found if one.about}
    names = catalogue.type_names(kinds)
    return [replace(one, about=names[UUID(one.about)][0] if one.about else "") for one in found]


def sketch(case: Case, other: Case) -> Sketch | None:
    """Where both lie, drawn to scale; None where a position is missing."""
    if case.lon is None or case.lat is None or other.lon is None or other.lat is None:
        return None
    return Sketch(*drawn((case.lon, case.lat), (other.lon, other.lat)))


def side(case: Case) -> Side:
    """A case as it stands beside another one: two statements."""
    return Side(case, list(photos_of(case.id).values()), len(lookup.reporters(case)))


def other_receipts(held: CaseReporter) -> list[CaseReporter]:
    """The same reporter's receipts for what was split off from his report, and for what it was split off from, with their
    cases. One statement."""
    kin = Q(split_from=held) | (Q(pk=held.split_from_id) if held.split_from_id else Q(pk=None))
    return list(CaseReporter.objects.filter(kin).select_related("case").order_by("id"))


def relatives(actor: Actor, case: Case) -> dict[str, list[Case]]:
    """What a case was split from or into, and what it was merged with, as far as the actor sees it: ``from``, ``parts``,
    ``into``, ``merged``. One statement."""
    about = Q(split_from=case.id) | Q(merged_into=case.id)
    about |= Q(pk__in=[key for key in (case.split_from_id, case.merged_into_id) if key])
    found: dict[str, list[Any]] = {"from": [], "parts": [], "into": [], "merged": []}
    for one in visible_to(actor).filter(about).order_by("id"):
        if one.id == case.split_from_id:
            found["from"].append(one)
        elif one.id == case.merged_into_id:
            found["into"].append(one)
        else:
            found["parts" if one.split_from_id == case.id else "merged"].append(one)
    return found
