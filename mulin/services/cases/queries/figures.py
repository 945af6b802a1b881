"""The raw records behind figures: querysets over all cases of the county in force, for indicators and counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case as Choose
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value, When

from mulin.services.cases.models import Case, Deferral
from mulin.services.cases.rules import DeferralKind, Provenance, Source, State

PEOPLE, STAFF_FOUND, HISTORIC = "people", "staff_found", "historic"
"""Where a case comes from, for figures: people's reports, found by staff, imported history."""

_ORIGIN = {
    HISTORIC: Q(provenance=Provenance.HISTORIC),
    STAFF_FOUND: ~Q(provenance=Provenance.HISTORIC) & (Q(source=Source.PATROL) | Q(found_fixed=True)),
    PEOPLE: ~Q(provenance=Provenance.HISTORIC) & ~Q(source=Source.PATROL) & Q(found_fixed=False),
}


def every_case() -> QuerySet[Case]:
    """All cases of the county in force. For figures only: pages for a person start at ``visible_to``."""
    return Case.objects.all()


def from_origin(cases: QuerySet[Case], origin: str) -> QuerySet[Case]:
    """The cases of one origin (PEOPLE, STAFF_FOUND or HISTORIC)."""
    return cases.filter(_ORIGIN[origin])


def with_origin(cases: QuerySet[Case]) -> QuerySet[Any]:
    """The cases annotated with their ``origin``."""
    whens = [When(condition, then=Value(origin)) for origin, condition in _ORIGIN.items()]
    return cases.annotate(origin=Choose(*whens, default=Value(PEOPLE), output_field=CharField()))


def reported_between(cases: QuerySet[Case], start: datetime, end: datetime) -> QuerySet[Case]:
    """Reported in [start, end)."""
    return cases.filter(reported_at__gte=start, reported_at__lt=end)


def closed_between(cases: QuerySet[Case], start: datetime, end: datetime) -> QuerySet[Case]:
    """Closed in [start, end) and still closed."""
    return cases.filter(state="closed", closed_at__gte=start, closed_at__lt=end)


def by_people(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Somebody outside waits for an answer: people's reports, historic ones too; not what staff found themselves."""
    return cases.exclude(Q(source=Source.PATROL) | Q(found_fixed=True))


# ── what happens to the clocks: their shares stand beside every rate ─────────────────────────────────────────────


def extended(cases: QuerySet[Case], start: datetime, end: datetime) -> QuerySet[Case]:
    """With an extension granted in [start, end)."""
    granted = _deferrals(DeferralKind.EXTENSION).filter(decided_at__gte=start, decided_at__lt=end)
    return cases.filter(Exists(granted))


def shelved(cases: QuerySet[Case], at: datetime) -> QuerySet[Case]:
    """Shelved at a moment."""
    return cases.filter(_resting(DeferralKind.SHELVE, at))


def waiting(cases: QuerySet[Case], at: datetime) -> QuerySet[Case]:
    """In a statutory wait at a moment."""
    return cases.filter(_resting(DeferralKind.WAIT, at))


def overdue(cases: QuerySet[Case], at: datetime) -> QuerySet[Case]:
    """Total clock run out by a moment, and nothing done by then: neither a result, nor resting. By the due time and the
    round that stand now; withdrawn and merged ones are left out."""
    undone = (Q(disposed_at__isnull=True) | Q(disposed_at__gt=at)) & (
        Q(refused_at__isnull=True) | Q(refused_at__gt=at)
    )
    open_then = cases.filter(undone, reported_at__lte=at, due_at__lt=at)
    return open_then.exclude(state__in=(State.WITHDRAWN, State.MERGED)).exclude(
        _resting(DeferralKind.SHELVE, at) | _resting(DeferralKind.WAIT, at)
    )


def _deferrals(kind: str) -> QuerySet[Deferral]:
    return Deferral.objects.filter(case=OuterRef("pk"), kind=kind, granted=True)


def _resting(kind: str, at: datetime) -> Q:
    begun = _deferrals(kind).filter(decided_at__lte=at)
    return Q(Exists(begun.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))))
