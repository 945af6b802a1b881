"""Writing to-dos: put, done, pause, resume, hand over; keeping others informed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mulin.ground.trail import actions as trail
from mulin.ground.worklist.models import WorkItem
from mulin.ground.worklist.permissions import OVERSEERS, may_reassign
from mulin.ground.worklist.queries import REMEMBERED, copies_for
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7

TITLE = 160

_PUT = """
INSERT INTO worklist_workitem
    (id, county_id, kind, subject_kind, subject_id, title, number,
     person_id, role, path, unit_id, opened_at, due_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (county_id, subject_kind, subject_id, kind) WHERE done_at IS NULL
DO UPDATE SET title = excluded.title, number = excluded.number, person_id = excluded.person_id,
    role = excluded.role, path = excluded.path, unit_id = excluded.unit_id, due_at = excluded.due_at
RETURNING id
"""
"""ON CONFLICT with the predicate of a partial unique index: Django's bulk_create cannot say it."""


@transaction.atomic(savepoint=False)
def put(
    *,
    by: Actor,
    now: datetime,
    kind: str,
    subject_kind: str,
    subject_id: UUID,
    title: str,
    number: str = "",
    person: UUID | None = None,
    role: str = "",
    path: str = "",
    unit: UUID | None = None,
    due_at: datetime | None = None,
) -> UUID:
    """Open a to-do, or re-address the one that is open for this subject and kind: one statement.

    A re-addressed item keeps the moment it was opened, so its light is not washed green. The address is a
    person, a role over a path, or a unit; none of them raises ValueError. The calling deed writes the trail.
    """
    if person is None and unit is None and not role:
        raise ValueError("a to-do is somebody's: person, role or unit")
    short = title if len(title) <= TITLE else title[: TITLE - 1] + "…"
    values: tuple[Any, ...] = (
        uuid7(), current_county(), kind, subject_kind, subject_id, short, number,
        person, role, path, unit, now, due_at,
    )  # fmt: skip
    with connection.cursor() as cursor:  # sql: upsert on a partial index, county leads
        cursor.execute(_PUT, values)
        (found,) = cursor.fetchone()
    return UUID(str(found))


@transaction.atomic(savepoint=False)
def done(
    *,
    by: Actor,
    now: datetime,
    subject_kind: str,
    subject_id: UUID,
    kinds: tuple[str, ...] | None = None,
    but: tuple[str, ...] = (),
) -> int:
    """Finish the open to-dos of a subject (of these kinds, and not of those): one statement; again changes nothing."""
    items = WorkItem.objects.filter(subject_kind=subject_kind, subject_id=subject_id, done_at__isnull=True)
    if kinds is not None:
        items = items.filter(kind__in=kinds)
    if but:
        items = items.exclude(kind__in=but)
    return items.update(done_at=now, done_by=by.hand)


@transaction.atomic(savepoint=False)
def pause(
    *, by: Actor, now: datetime, subject_kind: str, subject_id: UUID, kinds: tuple[str, ...] | None = None
) -> int:
    """Stop the clocks of a subject's open to-dos (of these kinds): grey until ``resume``. Resting ones stay."""
    items = WorkItem.objects.filter(
        subject_kind=subject_kind, subject_id=subject_id, done_at__isnull=True, paused_since__isnull=True
    )
    if kinds is not None:
        items = items.filter(kind__in=kinds)
    return items.update(paused_since=now)


@transaction.atomic(savepoint=False)
def resume(*, by: Actor, now: datetime, subject_kind: str, subject_id: UUID) -> int:
    """Let the clocks run on: opening and due time move by the length of the rest."""
    items = WorkItem.objects.filter(
        subject_kind=subject_kind, subject_id=subject_id, done_at__isnull=True, paused_since__isnull=False
    )
    return items.update(
        opened_at=F("opened_at") + (now - F("paused_since")),
        due_at=F("due_at") + (now - F("paused_since")),
        paused_since=None,
    )


@transaction.atomic(savepoint=False)
def set_back(
    *, by: Actor, now: datetime, subjects: Iterable[tuple[str, UUID]], items: Iterable[dict[str, Any]]
) -> None:
    """Make the to-dos of subjects what ``queries.remembered`` found: those opened since end without anybody having done
    them, the others are open again with their address and clock. The calling deed writes the trail.

    Two statements for each subject and one for each to-do.
    """
    kept = {UUID(one["id"]): one for one in items}
    for kind, subject in subjects:
        rows = WorkItem.objects.filter(subject_kind=kind, subject_id=subject, done_at__isnull=True)
        rows.exclude(pk__in=kept).update(done_at=now, done_by=None)
    fields: dict[str, Any] = {name: WorkItem._meta.get_field(name) for name in REMEMBERED}
    for key, one in sorted(kept.items()):
        told = {fields[name].attname: fields[name].to_python(one[name]) for name in REMEMBERED}
        WorkItem.objects.filter(pk=key).update(**told, done_at=None, done_by=None)


@transaction.atomic(savepoint=False)
def move_due(
    *,
    by: Actor,
    now: datetime,
    subject_kind: str,
    subjects: Any,
    due_at: datetime | None,
    kinds: tuple[str, ...] | None = None,
) -> int:
    """Give the open to-dos of these subjects (of these kinds) another due time; they keep when they were opened and their
    address. ``subjects``: ids, or a queryset of them. One statement. The calling deed writes the trail."""
    items = WorkItem.objects.filter(subject_kind=subject_kind, subject_id__in=subjects, done_at__isnull=True)
    if kinds is not None:
        items = items.filter(kind__in=kinds)
    return items.update(due_at=due_at)


@transaction.atomic(savepoint=False)
def hand_on(
    *,
    by: Actor,
    now: datetime,
    subject_kind: str,
    subject_id: UUID,
    kinds: tuple[str, ...],
    person: UUID | None = None,
    role: str = "",
    path: str = "",
    unit: UUID | None = None,
) -> int:
    """Re-address the open to-dos of a subject of these kinds, with their clocks as they are, where there are any. One
    statement. Nobody named raises ValueError. The calling deed writes the trail."""
    if person is None and unit is None and not role:
        raise ValueError("a to-do is somebody's: person, role or unit")
    items = WorkItem.objects.filter(
        subject_kind=subject_kind, subject_id=subject_id, done_at__isnull=True, kind__in=kinds
    )
    return items.update(person=person, role=role, path=path, unit=unit)


@transaction.atomic
def reassign(
    *,
    item: UUID,
    by: Actor,
    now: datetime,
    person: UUID | None = None,
    role: str = "",
    path: str = "",
    unit: UUID | None = None,
) -> WorkItem:
    """Hand an open to-do to a person, to a role over a territory, or to a unit, and write it in the trail.

    Refused where the item is finished, where nobody is named, and where its territory or the new is not the
    actor's to oversee. Given to a person it keeps its territory, so that its clerk keeps sight of it.
    """
    row = WorkItem.objects.select_for_update(no_key=True).filter(pk=item).first()
    if row is None:
        raise NotFound(_("没有这件待办。"))
    if not may_reassign(by, row) or (path and not by.covers(path, *OVERSEERS)):
        raise NotAllowed(_("只能改派本人负责范围内的待办。"))
    if row.done_at is not None:
        raise Refused("already_done", _("这件待办已经办结，不能改派。"), status=409)
    if person is None and unit is None and not role:
        raise Refused("nobody", _("请选择改派给谁。"))
    before = {"person": _text(row.person_id), "role": row.role, "path": row.path, "unit": _text(row.unit_id)}
    row.person_id, row.unit_id, row.role = person, unit, role
    row.path = path or (row.path if person else "")
    row.save(update_fields=["person", "unit", "role", "path"])
    trail.record(
        by=by,
        now=now,
        verb="work.reassigned",
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        facts={"kind": row.kind, "before": before, "person": _text(person), "role": role, "path": row.path},
    )
    return row


_COPY = """
INSERT INTO worklist_copy
    (id, county_id, subject_kind, subject_id, title, number, why, person_id, role, path, unit_id, since)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (county_id, subject_kind, subject_id, person_id, unit_id, role, path)
DO UPDATE SET title = excluded.title, number = excluded.number, why = excluded.why, since = excluded.since,
    seen_at = NULL, seen_by = NULL
RETURNING id
"""
"""Again for the same somebody: it is news once more."""


@transaction.atomic(savepoint=False)
def copy(
    *,
    by: Actor,
    now: datetime,
    subject_kind: str,
    subject_id: UUID,
    title: str,
    number: str = "",
    why: str = "",
    person: UUID | None = None,
    role: str = "",
    path: str = "",
    unit: UUID | None = None,
) -> UUID:
    """Keep somebody informed of a subject: a person, a unit, or whoever holds a role over a path. One statement.

    Nobody named raises ValueError. ``why`` is a code of hooks.copy_words. The calling deed writes the trail.
    """
    if person is None and unit is None and not role:
        raise ValueError("a copy is for somebody: person, role or unit")
    short = title if len(title) <= TITLE else title[: TITLE - 1] + "…"
    values: tuple[Any, ...] = (
        uuid7(), current_county(), subject_kind, subject_id, short, number, why, person, role, path, unit, now,
    )  # fmt: skip
    with connection.cursor() as cursor:  # sql: upsert over nulls that are alike, county leads
        cursor.execute(_COPY, values)
        (found,) = cursor.fetchone()
    return UUID(str(found))


@transaction.atomic(savepoint=False)
def seen(*, by: Actor, now: datetime, copies: Iterable[UUID] | None = None) -> int:
    """Note that the actor has seen what he was kept informed of (all of it unless named). How many were new.

    What is addressed to others stays new: whoever asks for it changes nothing.
    """
    rows = copies_for(by)
    if copies is not None:
        rows = rows.filter(pk__in=list(copies))
    return rows.order_by().update(seen_at=now, seen_by=by.person)


def _text(value: UUID | None) -> str:
    return str(value) if value else ""
