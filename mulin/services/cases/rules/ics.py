"""What falls due as iCalendar (RFC 5545, 7986), for whatever calendar people have on their phones. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, vDuration, vText

from mulin.kernel.clock import CHINA

PRODID: Final = "-//mulin//dues//ZH"
REFRESH: Final = timedelta(hours=1)
ALARMS: Final = (timedelta(days=1), timedelta(hours=1))
"""So long before a case falls due the phone rings."""


@dataclass(frozen=True)
class Due:
    """A case that falls due. ``uid`` stays for ever; ``sequence`` grows; ``matter``: '' where it has no type yet."""

    uid: str
    sequence: int
    number: str
    matter: str
    at: datetime
    url: str


def written(name: str, dues: Iterable[Due], *, now: datetime) -> bytes:
    """The calendar: everything that is open, so that what is missing from it has gone."""
    calendar = Calendar()
    for key, value in (
        ("prodid", PRODID),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"),
    ):
        calendar.add(key, value)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", str(CHINA))
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vText("PT1H"))
    for due in dues:
        calendar.add_component(_event(due, now))
    calendar.add_missing_timezones(first_date=(now - timedelta(days=366)).date())
    return bytes(calendar.to_ical())


def _event(due: Due, now: datetime) -> Event:
    event = Event()
    title = _("%(number)s %(matter)s到期") % {"number": due.number, "matter": due.matter or _("未定事项")}
    event.add("uid", due.uid)
    event.add("sequence", due.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", due.at.astimezone(CHINA).replace(microsecond=0))
    event.add("duration", timedelta(minutes=15))
    event.add("summary", title)
    event.add("url", due.url)
    event.add("transp", "TRANSPARENT")
    for before in ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", -before)
        event.add_component(alarm)
    return event
