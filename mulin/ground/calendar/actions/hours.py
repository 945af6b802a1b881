"""Writing working hours: the county's, or a unit's own."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.calendar.actions import mark
from mulin.ground.calendar.models import UnitHours
from mulin.ground.calendar.permissions import may_keep
from mulin.ground.calendar.rules.hours import line_of
from mulin.ground.calendar.rules.hours_text import hours_text, read_hours
from mulin.ground.people import queries as people
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused

FIRST_YEAR = 2000


@transaction.atomic
def set_hours(*, unit: UUID | None, text: str, on: date, by: Actor, now: datetime) -> bool:
    """The hours of the county (no unit) or of a unit from a day on; '' gives a unit back to the county's hours.

    Whatever was written for days from ``on`` is replaced; earlier days keep theirs. Returns whether anything changed.
    Refuses hours that cannot be read or in which nobody works, the county without hours, a unit that is not there,
    and everybody but the county's administrators and clerks.
    """
    if not may_keep(by):
        raise NotAllowed(_("工作日历由县级工作人员或管理员维护。"))
    if not FIRST_YEAR <= on.year <= FIRST_YEAR + 100:
        raise Refused("hours_far", _("年份应在 2000 到 2100 之间"), field="on")
    if unit is not None:
        people.organisation(unit)
    try:
        lines = [line.plain() for line in read_hours(text)] if text.strip() else []
    except ValueError as why:
        raise Refused("hours", str(why), field="text") from None
    if not lines and unit is None:
        raise Refused("hours_none", _("县里的作息不能空着。"), field="text")
    calendar = mark.hold()
    rows = UnitHours.objects.filter(unit_id=unit)
    standing = rows.filter(started_on__lte=on).order_by("-started_on").first()
    if standing is not None and standing.ended_on is not None and standing.ended_on <= on:
        standing = None
    later = rows.filter(started_on__gt=on)
    if (standing.lines if standing else []) == lines and not later.exists():
        return False
    was = hours_text([line_of(line) for line in standing.lines]) if standing else ""
    later.delete()
    _write(unit, standing, lines, on, now)
    facts = {"unit": str(unit or ""), "on": str(on), "hours": text.strip(), "was": was}
    record(
        by=by, now=now, verb="calendar.set_hours", subject_kind="calendar", subject_id=calendar, facts=facts
    )
    mark.changed(first=on, last=date.max, by=by, now=now)
    return True


def _write(
    unit: UUID | None, standing: UnitHours | None, lines: list[dict[str, object]], on: date, now: datetime
) -> None:
    if standing is not None and standing.lines == lines:
        UnitHours.objects.filter(id=standing.id).update(ended_on=None)
        return
    if standing is not None and standing.started_on == on:
        standing.delete()
    elif standing is not None:
        UnitHours.objects.filter(id=standing.id).update(ended_on=on)
    if lines:
        UnitHours.objects.create(unit_id=unit, lines=lines, started_on=on, changed_at=now)
