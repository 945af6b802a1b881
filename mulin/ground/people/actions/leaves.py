"""Leave: entered by whoever is away or by his superior, with the colleague who stands in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people.models import Leave, LeaveReason, Person
from mulin.ground.people.permissions import may_enter_leave
from mulin.ground.people.rules import check_leave_days
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused


@transaction.atomic
def enter_leave(
    *,
    person: UUID,
    first_day: date,
    last_day: date,
    reason: str,
    by: Actor,
    now: datetime,
    stand_in: UUID | None = None,
) -> Leave:
    """A colleague is away from a first day to a last one, both included; his to-dos are also on the stand-in's list.

    Refuses days that lie behind or overlap with another leave of his ("leave_overlaps"), a stand-in who is away
    in these days ("stand_in_away"), and whoever is not a colleague. The reason is a code, without details.
    """
    _must(by, person)
    check_leave_days(first_day=first_day, last_day=last_day, today=local_day(now))
    if reason not in LeaveReason.values:
        raise Refused("leave_reason", _("请选择请假类别。"), field="reason")
    _colleagues(person, stand_in)
    if there := _within(person, first_day, last_day):
        said = {"first": there.first_day, "last": there.last_day}
        words = _("这几天和已经登记的请假重叠：%(first)s 至 %(last)s。") % said
        raise Refused("leave_overlaps", words, field="first_day", status=409)
    _refuse_away(stand_in, first_day, last_day)
    row = Leave.objects.create(
        person_id=person,
        stand_in_id=stand_in,
        first_day=first_day,
        last_day=last_day,
        reason=reason,
        entered_by=by.person,
        entered_at=now,
    )
    _record(row, "leave.entered", by, now)
    return row


@transaction.atomic
def change_stand_in(*, leave: UUID, stand_in: UUID | None, by: Actor, now: datetime) -> Leave:
    """Another colleague stands in from now on, or nobody. Refuses one who is away himself, and a leave that is over."""
    row = _standing(leave, by, now)
    if row.stand_in_id == stand_in:
        return row
    _colleagues(row.person_id, stand_in)
    _refuse_away(stand_in, max(row.first_day, local_day(now)), row.last_day)
    before, row.stand_in_id = row.stand_in_id, stand_in
    row.save(update_fields=["stand_in"])
    _record(row, "leave.stand_in_changed", by, now, before=str(before or ""))
    return row


@transaction.atomic
def end_leave(*, leave: UUID, by: Actor, now: datetime) -> Leave:
    """Back at work today: the leave ended yesterday. One that would have begun today or later never was."""
    row, today = _standing(leave, by, now), local_day(now)
    if row.first_day >= today:
        row.cancelled_at = now
    else:
        row.last_day = today - timedelta(days=1)
    row.save(update_fields=["cancelled_at", "last_day"])
    _record(row, "leave.ended", by, now)
    return row


def _must(by: Actor, person: UUID) -> None:
    if not may_enter_leave(by, person):
        raise NotAllowed(_("请假由本人或上级登记。"))


def _standing(leave: UUID, by: Actor, now: datetime) -> Leave:
    """The leave, locked, while there is something of it left to change."""
    row = Leave.objects.select_for_update(no_key=True).filter(pk=leave, cancelled_at__isnull=True).first()
    if row is None:
        raise NotFound(_("没有这次请假。"))
    _must(by, row.person_id)
    if row.last_day < local_day(now):
        raise Refused("leave_over", _("这次请假已经结束。"), status=409)
    return row


def _colleagues(person: UUID, stand_in: UUID | None) -> None:
    """Both persons, locked in the order of their ids: two leaves of one person are entered one after the other."""
    wanted = [key for key in (person, stand_in) if key]
    rows = Person.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("id")
    known = {row.pk: row for row in rows}
    if person not in known:
        raise NotFound(_("没有这个人。"))
    if not known[person].public_name:
        raise Refused("not_a_colleague", _("只有工作人员才登记请假。"), field="person")
    if stand_in is None:
        return
    if stand_in == person:
        raise Refused("stand_in_self", _("代办人不能是本人。"), field="stand_in")
    if stand_in not in known or not known[stand_in].public_name:
        raise Refused("stand_in_unknown", _("代办人要从工作人员里选。"), field="stand_in")


def _within(person: UUID, first_day: date, last_day: date) -> Leave | None:
    rows = Leave.objects.filter(person_id=person, cancelled_at__isnull=True)
    return rows.filter(first_day__lte=last_day, last_day__gte=first_day).first()


def _refuse_away(stand_in: UUID | None, first_day: date, last_day: date) -> None:
    there = _within(stand_in, first_day, last_day) if stand_in else None
    if there is not None:
        said = {"first": there.first_day, "last": there.last_day}
        words = _("代办人自己 %(first)s 至 %(last)s 也请假，请换一位。") % said
        raise Refused("stand_in_away", words, field="stand_in", status=409)


def _record(row: Leave, verb: str, by: Actor, now: datetime, **facts: str) -> None:
    """Days and stand-in; the reason is nobody's business but his and his superior's."""
    told = {
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "stand_in": str(row.stand_in_id or ""),
        **facts,
    }
    record(
        by=by, now=now, verb=verb, subject_kind="leave", subject_id=row.pk, facts=told, about=row.person_id
    )


@transaction.atomic
def forget_leaves(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: his leaves go; where he stood in, nobody does."""
    Leave.objects.filter(stand_in_id=person).update(stand_in=None)
    gone, _rows = Leave.objects.filter(person_id=person).delete()
    return {"people_leave": gone}
