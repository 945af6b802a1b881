"""The years that a package knows, written down as the county's own rows."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version

import chinese_calendar.constants as package
from django.db import transaction

from mulin.ground.calendar.actions import mark
from mulin.ground.calendar.models import DayKind, DayStatus, WorkCalendarDay
from mulin.ground.calendar.queries import book
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county

YEARS = frozenset(day.year for day in package.holidays)
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年",
}


def seed_missing(*, now: datetime) -> int:
    """For ``tick``: the years that a newer package brought, or all of them where nobody has opened the calendar yet.

    One statement where there is nothing to do. Returns the number of days written.
    """
    if book().official >= YEARS:
        return 0
    return seed(by=system(current_county(), "calendar"), now=now)


@transaction.atomic
def seed(*, by: Actor, now: datetime) -> int:
    """Write down the years of the package that the county has no notice of; what is there already stays.

    The package (chinesecalendar) repeats the State Council's notices and covers no year before its notice is out:
    its years are official, and the rows say where they come from. Returns the number of days written.
    """
    if book().official >= YEARS:
        return 0
    calendar = mark.hold()
    years = YEARS - book().official
    source = f"chinesecalendar {version('chinesecalendar')}"
    there = set(WorkCalendarDay.objects.filter(day__year__in=years).values_list("day", flat=True))
    rows = [
        WorkCalendarDay(
            day=day,
            working=working,
            name=NAMES.get(name, name),
            kind=DayKind.MAKE_UP if working else DayKind.HOLIDAY,
            status=DayStatus.OFFICIAL,
            source=source,
            changed_at=now,
        )
        for days, working in ((package.holidays, False), (package.workdays, True))
        for day, name in sorted(days.items())
        if day.year in years and day not in there
    ]
    if not rows:
        return 0
    WorkCalendarDay.objects.bulk_create(rows)
    facts = {"source": source, "first_year": min(years), "last_year": max(years), "days": len(rows)}
    record(by=by, now=now, verb="calendar.seed", subject_kind="calendar", subject_id=calendar, facts=facts)
    days = [row.day for row in rows]
    mark.changed(first=min(days), last=max(days), by=by, now=now)
    return len(rows)
