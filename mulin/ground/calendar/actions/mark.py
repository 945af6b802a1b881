"""The mark of the county's calendar: taken before a change, changed and told with it."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from uuid import UUID

from mulin.ground.calendar.models import CalendarVersion
from mulin.kernel import hooks
from mulin.kernel.actor import Actor


def hold() -> UUID:
    """Lock the calendar of the county in force: two changes at once come one after the other. Its row's id."""
    CalendarVersion.objects.get_or_create(defaults={"version": secrets.randbits(62)})
    return CalendarVersion.objects.select_for_update().values_list("id", flat=True).get()


def changed(*, first: date, last: date, by: Actor, now: datetime) -> None:
    """Mark the calendar as changed and tell whoever counts by it, in the transaction of the change.

    The mark is a random number, not the next one: after a rollback another change must never get a number under
    which some process has already remembered the undone calendar.
    """
    CalendarVersion.objects.update(version=secrets.randbits(62))
    for tell in hooks.calendar_changed:
        tell(first=first, last=last, by=by, now=now)
