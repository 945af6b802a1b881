"""Who is away on a day, and who stands in for him."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from mulin.ground.people.models import OPEN, Leave, Membership, Organisation, Person
from mulin.ground.people.permissions import may_manage_organisations, under
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.paging import Page, page


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


def standing_in(persons: Iterable[UUID], *, on: date) -> dict[UUID, int]:
    """For how many colleagues each of some persons stands in on a day; others are left out. One statement."""
    rows = Leave.objects.filter(running(on), stand_in_id__in=list(persons)).values_list(
        "stand_in_id", flat=True
    )
    return dict(Counter(key for key in rows if key is not None))


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


def leaves_visible_to(actor: Actor) -> QuerySet[Leave]:
    """His own leaves, those for which he stands in, and those of whoever is under him."""
    theirs = Person.objects.filter(under(actor)).values("pk")
    mine = Q(person_id=actor.person) | Q(stand_in_id=actor.person) if actor.person else Q()
    seen = Q() if may_manage_organisations(actor) else mine | Q(person_id__in=theirs)
    return Leave.objects.filter(seen, cancelled_at__isnull=True).select_related("person", "stand_in")


def leaves_page(actor: Actor, *, day: date, at: str = "", size: int = 50) -> Page:
    """Who is away on a day or later, the soonest first, as far as the actor sees it. One statement."""
    return page(leaves_visible_to(actor).filter(last_day__gte=day), by="first_day", at=at, size=size)


def colleagues_of(person: UUID, *, most: int = 300) -> list[Person]:
    """Who may stand in for somebody, by name: those of his own organisations, of the one above and of their
    parts; all the staff where he belongs to none.
    """
    own = Membership.objects.filter(OPEN, person_id=person).values("organisation_id")
    near = Organisation.objects.filter(OPEN).filter(Q(pk__in=own) | Q(parts__in=own) | Q(parent_id__in=own))
    staff = Person.objects.exclude(public_name="").exclude(pk=person).order_by("public_name", "id")
    found = staff.filter(memberships__in=Membership.objects.filter(OPEN, organisation__in=near.values("pk")))
    return list(found.distinct()[:most]) or list(staff[:most])
