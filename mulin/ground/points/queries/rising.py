"""What waits beyond its time: what ``tick`` moves up, why a matter lies where it lies, and what overseers see of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mulin.ground.points.models import CallBack, Question, Review, ReviewPerson, Rise
from mulin.ground.points.permissions import may_oversee
from mulin.ground.points.rules.fairness import OVERSEER, Matter
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor

MOST = 500
"""So many are moved in a pass of each kind, and shown on a page."""


def open_of(matter: str) -> QuerySet[Any]:
    """Everything of a kind that waits."""
    return _OPEN[matter]()


_OPEN: Final[dict[str, Callable[[], QuerySet[Any]]]] = {
    Matter.REVIEW: lambda: Review.objects.filter(state="found"),
    Matter.PLEA: lambda: ReviewPerson.objects.filter(plea="open"),
    Matter.QUESTION: lambda: Question.objects.filter(state="open"),
    Matter.CALLBACK: lambda: CallBack.objects.filter(state="open"),
}


def _told(matter: str) -> Exists:
    """Whether the overseers know of a row."""
    rises = Rise.objects.filter(
        matter=matter, subject=OuterRef("pk"), to_role=OVERSEER, county_id=OuterRef("county_id")
    )
    return Exists(rises)


def to_move(matter: str, now: datetime, *, key: UUID | None = None) -> list[UUID]:
    """What is over its desk's time and not told at the top yet, and what lies with nobody; of these one. One statement."""
    rows = open_of(matter).filter(Q(role="") | Q(due_at__lte=now) & ~_told(matter))
    if key is not None:
        rows = rows.filter(pk=key)
    return list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:MOST])


def overseen(matter: str, key: UUID) -> bool:
    """Whether the overseers know of it. One statement."""
    return Rise.objects.filter(matter=matter, subject=key, to_role=OVERSEER).exists()


def answered_as_before(row: Question) -> str:
    """The level at which it was answered the first time, '' where it is the first time. One statement."""
    before = Question.objects.filter(
        transfer_id=row.transfer_id, account_id=row.account_id, round__lt=row.round
    )
    return before.values_list("answered_as", flat=True).first() or ""


@dataclass(frozen=True)
class Risen:
    """One step up: when, and from where to where, in words. ``top``: to the overseers."""

    at: datetime
    was_due: datetime
    place: str
    to_place: str
    top: bool


def steps(matter: str, key: UUID) -> list[Risen]:
    """How a matter came to lie where it lies, oldest first. At most two statements."""
    rows = list(Rise.objects.filter(matter=matter, subject=key).order_by("at", "id"))
    names = (
        territory.names_of_paths({path for one in rows for path in (one.path, one.to_path)}) if rows else {}
    )
    return [
        Risen(
            one.at, one.was_due, names.get(one.path, ""), names.get(one.to_path, ""), one.to_role == OVERSEER
        )
        for one in rows
    ]


def risen(keys: Collection[UUID]) -> set[UUID]:
    """Which of some matters came from the level below because its time was over. One statement."""
    return set(Rise.objects.filter(subject__in=list(keys)).values_list("subject", flat=True))


@dataclass(frozen=True)
class Waits:
    """A matter as overseers see it: of what kind, where, since when, and with which level; nothing of what it is about."""

    matter: Matter
    place: str
    since: datetime
    due_at: datetime
    role: str


def waiting(actor: Actor) -> list[Waits]:
    """What is over its time at the top, or lies with nobody, for overseers of the whole county. Five statements."""
    if not may_oversee(actor):
        return []
    rows = [
        (matter, one)
        for matter in Matter
        for one in open_of(matter).filter(Q(role="") | _told(matter)).order_by("due_at", "id")[:MOST]
    ]
    names = territory.names_of_paths({one.path for _matter, one in rows})
    told = [
        Waits(matter, names.get(one.path, ""), getattr(one, _SINCE[matter]), one.due_at, one.role)
        for matter, one in rows
    ]
    return sorted(told, key=lambda one: (bool(one.role), one.due_at))


_SINCE: Final = {
    Matter.REVIEW: "found_at",
    Matter.PLEA: "pleaded_at",
    Matter.QUESTION: "asked_at",
    Matter.CALLBACK: "drawn_at",
}
