"""Which cases a connected system reads through the JSON API, and through which window it sees each (docs/adr/0012)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from mulin.ground.systems.queries import READ
from mulin.kernel.actor import Actor
from mulin.kernel.ids import read_public
from mulin.kernel.paging import Page, page
from mulin.services.cases.models import Case, CaseReporter, CaseStep, CaseUnit
from mulin.services.cases.permissions import openings
from mulin.services.cases.queries.filters import UNFINISHED
from mulin.services.cases.queries.lists import visible_to
from mulin.services.cases.rules import FINISHED, UNIT_STAFF, Provenance, community_of

OWN, UNIT, WIDE = "own", "unit", "wide"
"""Windows: what it reported itself, as its reporter sees it; what its unit leads or helps with, as the unit's officers see
it; with the scope ``system_read`` every live case, without a word of a report and no closer than the community."""

SETTLED: Final = timedelta(seconds=30)
"""So old a change is before it is listed: an act under way with an earlier moment cannot slip in behind a reader."""

WITH: Final = ("matter__matter_type__category", "unit", "merged_into", "place", "grid")


@dataclass(frozen=True)
class Wanted:
    """Which cases are asked for; what is None or '' narrows nothing. ``since``/``until``: reported in [since, until);
    ``matter``: the code of a type or of a category; ``path``: a place, at it or below."""

    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    matter: str = ""
    path: str = ""
    unit: UUID | None = None


def seen(actor: Actor) -> QuerySet[Case]:
    """The cases that a connected system sees through any of its windows; none for whoever is no system."""
    if actor.connected is None:
        return Case.objects.none()
    condition = Q(provenance=Provenance.LIVE) if actor.holds(READ) else Q(pk__in=())
    for one in openings(actor) or ():
        condition |= one.q()
    return Case.objects.filter(condition)


def listed(actor: Actor, wanted: Wanted, *, at: str = "", size: int) -> Page:
    """A page of them, the newest report first, each with ``changed_at``. One statement."""
    found = _narrowed(actor, wanted).select_related(*WITH)
    return page(_dated(found), by="-reported_at", at=at, size=size, strict=True)


def changed(actor: Actor, wanted: Wanted, since: datetime, now: datetime, *, at: str = "", size: int) -> Page:
    """A page of those in which something was done since a moment, the oldest change first, each with ``changed_at``.

    A case stands where its last step is: what changes again moves to the end and is read there, so that whoever reads on
    from his mark misses nothing. Changes younger than SETTLED come with the next reading. One statement.
    """
    shown = page(_last_steps(actor, wanted, since, now), by="at", at=at, size=size, strict=True)
    for step in shown.rows:
        step.case.changed_at = step.at  # type: ignore[attr-defined]
    return shown.of([step.case for step in shown.rows])


def _last_steps(actor: Actor, wanted: Wanted, since: datetime, now: datetime) -> QuerySet[CaseStep]:
    later = CaseStep.objects.filter(case=OuterRef("case")).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), id__gt=OuterRef("id"))
    )
    steps = CaseStep.objects.filter(
        at__gte=since, at__lte=now - SETTLED, case__in=_narrowed(actor, wanted).values("id")
    )
    return steps.filter(~Exists(later)).select_related(*(f"case__{one}" for one in WITH), "case")


def one(actor: Actor, number: str) -> Case | None:
    """A case by its number, with ``changed_at``; None where there is none, or none to be seen. One statement."""
    known = read_public(number[:60])
    if known is None or known[0] != actor.county:
        return None
    return _dated(seen(actor).filter(number=known[1])).select_related(*WITH).first()


def windows(actor: Actor, cases: Iterable[Case]) -> dict[UUID, str]:
    """Through which window the system sees each of some cases, the widest. One statement where it acts for a unit."""
    rows = list(cases)
    units = actor.units(*UNIT_STAFF)
    ours: set[UUID] = set()
    if units and rows:
        parts = CaseUnit.objects.filter(case__in=[row.id for row in rows], unit__in=units)
        ours = set(parts.values_list("case_id", flat=True)) | {row.id for row in rows if row.unit_id in units}
    return {
        row.id: UNIT if row.id in ours else OWN if row.system_id == actor.connected else WIDE for row in rows
    }


def shown_path(case: Case, window: str) -> str:
    """Where a case lies, as closely as its window tells."""
    return community_of(case.place_path) if window == WIDE else case.place_path


def reporter_of(case: Case) -> CaseReporter | None:
    """Whose eyes the window OWN has: the report's own reporter. One statement."""
    return CaseReporter.objects.filter(case=case).order_by("id").first()


def _dated(rows: QuerySet[Case]) -> QuerySet[Case]:
    last = CaseStep.objects.filter(case=OuterRef("pk")).order_by("-at", "-id").values("at")[:1]
    return rows.annotate(changed_at=Coalesce(Subquery(last), F("reported_at")))


def _narrowed(actor: Actor, wanted: Wanted) -> QuerySet[Case]:
    rows = seen(actor)
    if wanted.state == UNFINISHED:
        rows = rows.exclude(state__in=FINISHED)
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.since is not None:
        rows = rows.filter(reported_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(reported_at__lt=wanted.until)
    if wanted.matter:
        kind = "matter__matter_type__"
        rows = rows.filter(
            Q(**{f"{kind}code": wanted.matter}) | Q(**{f"{kind}category__code": wanted.matter})
        )
    if wanted.path not in ("", "/"):
        rows = _within(actor, rows, wanted.path)
    if wanted.unit is not None:
        rows = rows.filter(unit=wanted.unit)
    return rows


def _within(actor: Actor, rows: QuerySet[Case], path: str) -> QuerySet[Case]:
    """At a place or below. What lies within a community is told by no more than the window WIDE shows: its community."""
    inside = Q(place_path__startswith=path) | Q(grid_path__startswith=path)
    if path == community_of(path):
        return rows.filter(inside)
    return rows.filter(inside, pk__in=visible_to(actor).values("id"))
