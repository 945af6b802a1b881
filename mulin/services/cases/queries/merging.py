"""What a clerk looks at before two reports are merged: what lies near it in place and time, and both side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from mulin.kernel.actor import Actor
from mulin.kernel.ids import read_public
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.queries import lookup
from mulin.services.cases.queries.lists import visible_to
from mulin.services.cases.queries.timeline import Photo, photos_of
from mulin.services.cases.rules import INTO, Provenance, alike, community_of_grid, metres_between

AROUND: Final = timedelta(days=14)
"""So long before or after, a report may be about the same matter."""
MOST_READ, MOST_SHOWN = 200, 6


@dataclass(frozen=True)
class Candidate:
    """A case that may be about the same matter. ``metres``: between the positions, where both are known."""

    case: Case
    metres: int | None
    hours: int
    alike: int

    @property
    def days(self) -> int:
        """Whole days between the reports."""
        return self.hours // 24


@dataclass(frozen=True)
class Side:
    """One of two cases side by side."""

    case: Case
    photos: list[Photo]
    reporters: int


def id_of(number: str) -> UUID | None:
    """The case with this public number, or None. One statement."""
    known = read_public(number)
    plain = known[1] if known else " ".join(number.split()).upper()[:40]
    return Case.objects.filter(number=plain).values_list("id", flat=True).first()


def candidates(actor: Actor, case: Case) -> list[Candidate]:
    """The open cases around it that the actor sees, the likeliest first: by distance, time and words. One statement."""
    near = Q(reported_at__range=(case.reported_at - AROUND, case.reported_at + AROUND))
    if case.grid_path:
        near &= Q(grid_path__startswith=community_of_grid(case.grid_path))
    elif case.place_path != "/":
        near &= Q(place_path__startswith=case.place_path)
    rows = visible_to(actor).filter(near, state__in=INTO, provenance=Provenance.LIVE).exclude(pk=case.pk)
    found = [_candidate(case, one) for one in rows.order_by("-reported_at", "-id")[:MOST_READ]]
    return sorted(found, key=lambda one: _distance(case, one))[:MOST_SHOWN]


def _candidate(case: Case, other: Case) -> Candidate:
    metres = None
    if case.lon is not None and case.lat is not None and other.lon is not None and other.lat is not None:
        metres = round(metres_between((case.lon, case.lat), (other.lon, other.lat)))
    apart = abs(case.reported_at - other.reported_at) // timedelta(hours=1)
    return Candidate(other, metres, apart, round(100 * alike(case.text, other.text)))


def _distance(case: Case, one: Candidate) -> float:
    """How far apart two reports are: 100 metres weigh like a day, and like a fifth of the words."""
    metres = one.metres if one.metres is not None else (300 if one.case.grid_path == case.grid_path else 1000)
    return metres / 100 + one.hours / 24 - one.alike / 20


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
