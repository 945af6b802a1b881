"""Reading to-dos. One predicate decides list, count and page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import formats
from django.utils.timezone import localtime

from mulin.ground.worklist.models import WorkItem
from mulin.ground.worklist.rules import due_words, light, light_words
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, Held, visitor
from mulin.kernel.county import current_county
from mulin.kernel.paging import Page, counts, page

NO_CLOCK = datetime(9000, 1, 1, tzinfo=UTC)
PAUSED = datetime(9500, 1, 1, tzinfo=UTC)
"""Where items without a due time, and resting ones, stand in the order: after every clock that runs."""


def _addressed(held: Held) -> Q:
    """The items that holding one role opens: by territory, within a unit, or by the role alone."""
    condition = Q(role=held.role, path="", unit=None, person=None)
    if held.path:
        condition |= Q(role=held.role, path__startswith=held.path)
    if held.unit is not None:
        condition |= Q(unit=held.unit) & (Q(role="") | Q(role=held.role))
    return condition


def open_for(actor: Actor) -> QuerySet[WorkItem]:
    """The open to-dos of an actor, red first by due time, then those without a clock, resting ones last."""
    condition = Q()
    if actor.person is not None:
        condition |= Q(person=actor.person)
    for held in actor.held:
        condition |= _addressed(held)
    if not condition:
        return WorkItem.objects.none()
    rest = Case(
        When(paused_since__isnull=False, then=Value(PAUSED)), default=Coalesce("due_at", Value(NO_CLOCK))
    )
    return WorkItem.objects.filter(condition, done_at__isnull=True).annotate(turn=rest).order_by("turn", "id")


visible_to = open_for


def count_for(actor: Actor, *, kind: str = "") -> int:
    """How many rows ``open_for`` has (of one kind); ``paging.MOST`` + 1 where there are more than that."""
    found = open_for(actor)
    return counts(found.filter(kind=kind) if kind else found)[0]


def of_subject(kind: str, subject: UUID) -> QuerySet[WorkItem]:
    """The open to-dos about a subject, whosever they are. The caller has checked that the actor sees it."""
    return WorkItem.objects.filter(subject_kind=kind, subject_id=subject, done_at__isnull=True).order_by("id")


def of_subjects(kind: str, subjects: Iterable[UUID]) -> dict[UUID, list[WorkItem]]:
    """The same for many subjects in one statement, soonest due first; subjects without one are left out."""
    found: dict[UUID, list[WorkItem]] = {}
    rows = WorkItem.objects.filter(subject_kind=kind, subject_id__in=list(subjects), done_at__isnull=True)
    for row in rows.order_by("due_at", "id"):
        found.setdefault(row.subject_id, []).append(row)
    return found


def light_at(
    *, opened_at: datetime, due_at: datetime | None, paused_since: datetime | None, now: datetime
) -> str:
    """The light of a clock that is no to-do: the same rule for both."""
    return light(opened_at=opened_at, due_at=due_at, paused_since=paused_since, now=now)


def item(item_id: UUID) -> WorkItem | None:
    """One to-do, open or done."""
    return WorkItem.objects.filter(pk=item_id).first()


@dataclass(frozen=True)
class Lit:
    """A to-do as a page shows it: words and a light, nothing left to decide."""

    id: UUID
    kind: str
    title: str
    number: str
    subject_kind: str
    subject_id: UUID
    light: str
    light_words: str
    due_at: datetime | None
    due_words: str
    due_exact: str
    next_step: str
    url: str
    path: str
    opened_at: datetime


def lit(items: Iterable[WorkItem], now: datetime, *, actor: Actor | None = None) -> list[Lit]:
    """To-dos with their lights at ``now``. Links are those that ``actor`` may follow."""
    reader = actor or visitor(current_county())
    return [_lit(one, now, reader) for one in items]


def _lit(one: WorkItem, now: datetime, reader: Actor) -> Lit:
    colour = light(opened_at=one.opened_at, due_at=one.due_at, paused_since=one.paused_since, now=now)
    return Lit(
        id=one.id,
        kind=one.kind,
        title=one.title,
        number=one.number,
        subject_kind=one.subject_kind,
        subject_id=one.subject_id,
        light=colour,
        light_words=light_words(colour),
        due_at=one.due_at,
        due_words=due_words(due_at=one.due_at, paused_since=one.paused_since, now=now),
        due_exact=formats.date_format(localtime(one.due_at), "Y-m-d H:i") if one.due_at else "",
        next_step=str(hooks.work_words.get(one.kind, "")),
        url=hooks.link(reader, one.subject_kind, one.subject_id),
        path=one.path,
        opened_at=one.opened_at,
    )


def todo_page(actor: Actor, now: datetime, *, kind: str = "", at: str = "", size: int = 50) -> Page:
    """A page of the to-do list. One statement."""
    wanted = open_for(actor)
    if kind:
        wanted = wanted.filter(kind=kind)
    found = page(wanted, by="turn", at=at, size=size)
    return found.of(lit(found.rows, now, actor=actor))


def export(person: UUID) -> dict[str, Any]:
    """To-dos addressed to a person by name, and those he finished."""
    rows = WorkItem.objects.filter(Q(person=person) | Q(done_by=person)).order_by("id")
    return {
        "work_items": [
            {
                "kind": row.kind,
                "title": row.title,
                "number": row.number,
                "opened_at": row.opened_at.isoformat(),
                "done_at": row.done_at.isoformat() if row.done_at else None,
            }
            for row in rows.iterator()
        ]
    }
