"""What the calendar's page shows: a year at a glance, its arrangements in words, the hours in force."""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mulin.ground.calendar.models import DayKind, DayStatus, UnitHours, WorkCalendarDay
from mulin.ground.calendar.queries.working import book
from mulin.ground.calendar.rules import ORDINARY, Line, statutory
from mulin.ground.calendar.rules.festivals import NAMES
from mulin.ground.calendar.rules.hours import line_of
from mulin.ground.calendar.rules.hours_text import (
    WEEKDAY_NAMES,
    hours_text,
    season_words,
    spans_list,
    weekdays_words,
)
from mulin.ground.people import queries as people

OFF, WORK = "off", "work"


@dataclass(frozen=True)
class Cell:
    """A day of a month's table. ``mark``: '' as its weekday, 'off' or 'work' by the notice, by law or by hand."""

    day: date
    working: bool
    mark: str
    name: str
    local: bool
    today: bool


@dataclass
class Group:
    """One festival in words: what is free, what is worked instead."""

    name: str
    off: list[tuple[date, date]] = field(default_factory=list)
    work: list[date] = field(default_factory=list)

    @property
    def days_off(self) -> int:
        """How many days are free."""
        return sum((last - first).days + 1 for first, last in self.off)

    @property
    def off_words(self) -> list[str]:
        """``10月1日（周四）至10月7日（周三）``."""
        return [
            day_words(first)
            if first == last
            else _("%(first)s至%(last)s") % {"first": day_words(first), "last": day_words(last)}
            for first, last in self.off
        ]

    @property
    def work_words(self) -> list[str]:
        """``10月10日（周六）``."""
        return [day_words(day) for day in self.work]


def day_words(day: date) -> str:
    """``10月1日（周四）``."""
    told = {"day": date_format(day, _("n月j日")), "weekday": WEEKDAY_NAMES[day.weekday()]}
    return _("%(day)s（%(weekday)s）") % told


@dataclass(frozen=True)
class Year:
    """A year of the county's calendar. ``months``: the first day of each, and its weeks of seven cells, None outside
    the month."""

    year: int
    official: bool
    months: list[tuple[date, list[list[Cell | None]]]]
    groups: list[Group]
    working_days: int
    sources: list[str]


def year_at(year: int, *, today: date) -> Year:
    """The year as the county works it. Two statements."""
    now = book()
    rows = {row.day: row for row in WorkCalendarDay.objects.filter(day__year=year).order_by("day")}

    def cell(day: date) -> Cell:
        row, works = rows.get(day), now.works_on(day)
        name = row.name if row else statutory(day)
        told = row is not None or bool(name)
        return Cell(
            day=day,
            working=works,
            mark=(WORK if works else OFF) if told else "",
            name=_(name) if name in NAMES else name,
            local=row is not None and row.kind == DayKind.LOCAL,
            today=day == today,
        )

    months = [
        (
            date(year, month, 1),
            [
                [cell(day) if day.month == month else None for day in week]
                for week in Calendar().monthdatescalendar(year, month)
            ],
        )
        for month in range(1, 13)
    ]
    cells = [one for _first, weeks in months for week in weeks for one in week if one]
    return Year(
        year=year,
        official=year in now.official,
        months=months,
        groups=_groups(cells),
        working_days=sum(one.working for one in cells),
        sources=sorted({row.source for row in rows.values() if row.status == DayStatus.OFFICIAL}),
    )


def _groups(cells: list[Cell]) -> list[Group]:
    """The marked days by name, in the order of their days off: these in runs, make-up days one by one."""
    found: dict[str, Group] = {}
    for name, told in groupby((one for one in cells if one.mark), key=lambda one: one.name):
        group = found.setdefault(name, Group(name))
        for one in told:
            if one.mark == WORK:
                group.work.append(one.day)
            elif group.off and group.off[-1][1] == one.day - timedelta(1):
                group.off[-1] = (group.off[-1][0], one.day)
            else:
                group.off.append((one.day, one.day))
    return sorted(found.values(), key=lambda group: group.off[0][0] if group.off else group.work[0])


def known_years() -> list[int]:
    """The years whose notice is known. One statement."""
    return sorted(book().official)


def next_provisional(today: date) -> int | None:
    """The first year from this one to the next without a notice, or None. One statement."""
    official = book().official
    return next((year for year in (today.year, today.year + 1) if year not in official), None)


# ── hours ─────


@dataclass(frozen=True)
class UnitRow:
    """The hours of the county (no unit) or of a unit, in words: (season, weekdays, spans one by one) per line."""

    unit: UUID | None
    name: str
    lines: list[tuple[str, str, list[str]]]
    text: str
    started_on: date | None
    ended_on: date | None = None


def _words(lines: tuple[Line, ...]) -> list[tuple[str, str, list[str]]]:
    return [
        (season_words(line.season), weekdays_words(line.weekdays), spans_list(line.spans)) for line in lines
    ]


def hours_in_force(*, on: date) -> list[UnitRow]:
    """The county's hours first, then each unit's own, in force on a day or from later on. Three statements."""
    rows = [
        row for row in UnitHours.objects.order_by("started_on") if row.ended_on is None or row.ended_on > on
    ]
    names = people.organisation_names({row.unit_id for row in rows if row.unit_id})
    found = []
    for row in rows:
        lines = tuple(line_of(line) for line in row.lines)
        found.append(
            UnitRow(
                unit=row.unit_id,
                name=names.get(row.unit_id, "") if row.unit_id else "",
                lines=_words(lines),
                text=hours_text(lines),
                started_on=row.started_on,
                ended_on=row.ended_on,
            )
        )
    if not any(row.unit is None and row.started_on and row.started_on <= on for row in found):
        ordinary = UnitRow(None, "", _words(ORDINARY.lines), hours_text(ORDINARY.lines), None)
        found.insert(0, ordinary)
    return sorted(found, key=lambda row: (row.unit is not None, row.name, row.started_on or date.min))


def hours_text_of(unit: UUID | None, *, on: date) -> str:
    """The text of a unit's (or the county's) hours on a day, for the form that changes them. Two statements at most."""
    return hours_text(book().hours_on(on, unit).lines)
