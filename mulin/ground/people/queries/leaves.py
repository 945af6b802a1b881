"""Who is away on a day, and who stands in for him."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from mulin.ground.people.models import Leave
from mulin.kernel.clock import local_day


def running(day: date) -> Q:
    """Not cancelled, and the day lies within: first and last day both count."""
    return Q(cancelled_at__isnull=True, first_day__lte=day, last_day__gte=day)


def on_leave(persons: Iterable[UUID], at: datetime | date) -> dict[UUID, UUID | None]:
    """Which of the persons are away at a moment, and who stands in for each; None where nobody does.

    A stand-in who is away himself is replaced by his own stand-in. Persons at work are left out. One
    statement, a second one only where a stand-in was named.
    """
    day = local_day(at) if isinstance(at, datetime) else at
    wanted = list(persons)
    if not wanted:
        return {}
    found = _stand_ins(wanted, day)
    second = _stand_ins([key for key in found.values() if key], day) if any(found.values()) else {}
    return {who: second.get(other, other) if other else None for who, other in found.items()}


def _stand_ins(persons: list[UUID], day: date) -> dict[UUID, UUID | None]:
    rows = Leave.objects.filter(running(day), person_id__in=persons)
    return dict(rows.values_list("person_id", "stand_in_id"))


def stood_in_by(person: UUID, *, on: date) -> QuerySet[Leave, Any]:
    """The persons whom somebody stands in for on a day, as a subquery: those who named him, and those who
    named one of these (a stand-in who is away himself). Costs no statement by itself.
    """
    direct = Leave.objects.filter(running(on), stand_in_id=person).values("person_id")
    return Leave.objects.filter(running(on), Q(stand_in_id=person) | Q(stand_in_id__in=direct)).values(
        "person_id"
    )


def leave(key: UUID | None) -> Leave | None:
    """One leave, with its persons."""
    rows = Leave.objects.select_related("person", "stand_in")
    return rows.filter(pk=key).first() if key else None


def leaves_of(person: UUID, *, since: date) -> list[Leave]:
    """The leaves of a person that last until a day or longer, the soonest first."""
    rows = Leave.objects.filter(cancelled_at__isnull=True, person_id=person, last_day__gte=since)
    return list(rows.select_related("person", "stand_in").order_by("first_day", "id"))


def leaves_from(day: date) -> QuerySet[Leave]:
    """Everybody who is away on a day or later, the soonest first."""
    rows = Leave.objects.filter(cancelled_at__isnull=True, last_day__gte=day)
    return rows.select_related("person", "stand_in").order_by("first_day", "id")
