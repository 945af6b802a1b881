"""Working time as other apps ask for it.

A call costs one SQL statement, the mark of the county's calendar; the calendar itself is kept in the process and
read again (one more statement) when the mark has changed. The mark changes in the transaction of the change, so that
the change is seen at once by whoever makes it and by every other process after the commit. Elapsed time costs none.
Whoever asks many times takes ``book()`` once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.db.models.functions import JSONObject

from mulin.ground.calendar.models import CalendarVersion, DayStatus, UnitHours, WorkCalendarDay
from mulin.ground.calendar.rules import Book, Due, Hours
from mulin.ground.calendar.rules.hours import line_of
from mulin.kernel.clock import CHINA
from mulin.kernel.county import current_county

KEPT: Final = 64
_books: OrderedDict[tuple[int, UUID, int], Book] = OrderedDict()
_lock = threading.Lock()
_PLAIN: Final = Book()
"""Of a county that has written nothing down: Monday to Friday, ordinary hours, every year provisional."""


def due(*, start: datetime, span: timedelta, clock: str, unit: UUID | None = None) -> Due:
    """When a span is over. ``clock``: 'elapsed' or 'working' (by the unit's hours, the county's without a unit)."""
    if clock == "elapsed":
        return _PLAIN.due(start=start, span=span, clock=clock)
    return book().due(start=start, span=span, clock=clock, unit=unit)


def working_span(*, start: datetime, end: datetime, unit: UUID | None = None) -> timedelta:
    """The working time between two moments; negative when the second comes first."""
    return book().between(start, end, unit)


def is_working(moment: datetime, unit: UUID | None = None) -> bool:
    """Whether the unit (or the county) is at work at a moment."""
    return book().is_working(moment, unit)


def working_days(n: float, unit: UUID | None = None, *, on: date | None = None) -> timedelta:
    """So many working days as a span of working time, by the hours in force ``on`` a day (the last ones written)."""
    return book().working_days(n, unit, on=on)


def quiet(moment: datetime) -> bool:
    """Whether no message but an emergency's goes out (MULIN_QUIET_FROM until MULIN_QUIET_UNTIL). No statement."""
    told, first, last = moment.astimezone(CHINA).time(), settings.QUIET_FROM, settings.QUIET_UNTIL
    return bool(first <= told < last if first <= last else told >= first or told < last)


def quiet_until(moment: datetime) -> datetime:
    """When a message may go: at once, or at the end of the quiet hours that the moment lies in. No statement."""
    if not quiet(moment):
        return moment
    local, last = moment.astimezone(CHINA), settings.QUIET_UNTIL
    day = local.date() if local.time() < last else local.date() + timedelta(1)
    return datetime.combine(day, last, tzinfo=CHINA)


def book() -> Book:
    """The calendar of the county in force, for any number of questions. One statement, two after a change."""
    county = current_county()
    mark = CalendarVersion.objects.values_list("id", "version").first()
    if mark is None:
        return _PLAIN
    key = (county, *mark)
    with _lock:
        found = _books.get(key)
        if found is not None:
            _books.move_to_end(key)
            return found
    found = _read()
    with _lock:
        for old in [one for one in _books if one[0] == county]:
            del _books[old]
        _books[key] = found
        while len(_books) > KEPT:
            _books.popitem(last=False)
    return found


def _read() -> Book:
    """Days and hours in one statement."""
    days = WorkCalendarDay.objects.annotate(
        row=JSONObject(day=F("day"), working=F("working"), status=F("status"))
    ).values_list("row", flat=True)
    hours = UnitHours.objects.annotate(
        row=JSONObject(unit=F("unit_id"), lines=F("lines"), started=F("started_on"), ended=F("ended_on"))
    ).values_list("row", flat=True)
    rows: list[dict[str, Any]] = list(days.union(hours, all=True))
    named = {date.fromisoformat(row["day"]): row for row in rows if "day" in row}
    dated: dict[UUID | None, list[Hours]] = {}
    for row in rows:
        if "lines" in row:
            dated.setdefault(UUID(row["unit"]) if row["unit"] else None, []).append(_hours(row))
    return Book(
        days={day: row["working"] for day, row in named.items()},
        official=frozenset(day.year for day, row in named.items() if row["status"] == DayStatus.OFFICIAL),
        hours=dated.pop(None, []),
        units={unit: found for unit, found in dated.items() if unit},
    )


def _hours(row: dict[str, Any]) -> Hours:
    return Hours(
        lines=tuple(line_of(line) for line in row["lines"]),
        started_on=date.fromisoformat(row["started"]),
        ended_on=date.fromisoformat(row["ended"]) if row["ended"] else None,
    )
