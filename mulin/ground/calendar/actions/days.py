"""Writing days: the yearly notice, and one day by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.calendar.actions import mark
from mulin.ground.calendar.models import DayKind, DayStatus, WorkCalendarDay
from mulin.ground.calendar.permissions import may_keep
from mulin.ground.calendar.queries import book
from mulin.ground.calendar.rules import Book
from mulin.ground.calendar.rules.hours_text import WEEKDAY_NAMES
from mulin.ground.calendar.rules.notice import FIRST_YEAR, LAST_YEAR, LONGEST_NAME, MOST_ROWS, Notice, Told
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused

SHOWN_IN_TRAIL = 100


@dataclass(frozen=True)
class Change:
    """A day that is worked now and was not, or the other way round."""

    day: date
    working: bool
    name: str

    @property
    def weekday(self) -> str:
        """周一 to 周日."""
        return str(WEEKDAY_NAMES[self.day.weekday()])


@dataclass
class Imported:
    """What an import did (or would do). ``changed``: days that turned; ``recorded``: days written down that the
    county worked (or not) anyway, or that got a name or became official; ``kept``: the county's own arrangement,
    made after the notice, stays."""

    read: int = 0
    changed: list[Change] = field(default_factory=list)
    recorded: int = 0
    unchanged: int = 0
    kept: list[date] = field(default_factory=list)
    official: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As ``mulin import-calendar --format json`` prints it."""
        return {
            "read": self.read,
            "changed": [
                {"day": str(one.day), "working": one.working, "name": one.name} for one in self.changed
            ],
            "recorded": self.recorded,
            "unchanged": self.unchanged,
            "kept": [str(day) for day in self.kept],
            "official": self.official,
            "refused": [{"row": row, "reason": reason} for row, reason in self.refused],
        }


def _keeper(by: Actor) -> None:
    if not may_keep(by):
        raise NotAllowed(_("工作日历由县级工作人员或管理员维护。"))


@transaction.atomic
def import_notice(
    *, notice: Notice, source: str, by: Actor, now: datetime, dry_run: bool = False
) -> Imported:
    """Write down the days of the yearly notice; the year becomes official. Again, it changes nothing.

    ``source`` names the notice or file. Lines that could not be read are in the answer and the others stand. A day
    that the county set by hand after the year's notice is kept and named. Days of the notice that lie in another
    year (31 December) do not make that year official. Refuses a notice without one readable day, and everybody but
    the county's administrators and clerks. With ``dry_run`` nothing is written.
    """
    _keeper(by)
    if not notice.days:
        raise Refused("notice_empty", _nothing_read(notice))
    if notice.read > MOST_ROWS:
        raise Refused("notice_long", _("一次最多 %(count)s 行。") % {"count": MOST_ROWS})
    calendar = None if dry_run else mark.hold()
    before, year = book(), notice.year()
    known = {row.day: row for row in WorkCalendarDay.objects.filter(day__in=[one.day for one in notice.days])}
    done = Imported(read=notice.read, refused=notice.refused)
    written: list[WorkCalendarDay] = []
    for told in notice.days:
        official = told.day.year == year or told.day.year in before.official
        row = _written(told, known, source=source[:120], official=official, now=now)
        if row is None:
            one = known[told.day]
            done.kept += [told.day] if one.working != told.working else []
            done.unchanged += one.working == told.working
            continue
        written.append(row)
        if before.works_on(told.day) == told.working:
            done.recorded += 1
        else:
            done.changed.append(Change(told.day, told.working, row.name))
    done.official = sorted(
        {row.day.year for row in written if row.status == DayStatus.OFFICIAL} - before.official
    )
    if not written or calendar is None:
        return done
    _save(written, known)
    facts = done.plain() | {"source": source[:120], "changed": done.plain()["changed"][:SHOWN_IN_TRAIL]}
    facts["refused"] = len(done.refused)
    record(by=by, now=now, verb="calendar.import", subject_kind="calendar", subject_id=calendar, facts=facts)
    first, last = _touched(written, done.official)
    mark.changed(first=first, last=last, by=by, now=now)
    return done


def _nothing_read(notice: Notice) -> str:
    if not notice.refused:
        return str(_("没有读到任何一天。"))
    row, reason = notice.refused[0]
    words = _("没有一行能用。第 %(row)s 行：%(reason)s") % {"row": row, "reason": reason}
    return str(words)


def _written(
    told: Told, known: Mapping[date, WorkCalendarDay], *, source: str, official: bool, now: datetime
) -> WorkCalendarDay | None:
    """The row as it shall be, or None where it stays as it is. A blank name never empties a known one."""
    row = known.get(told.day)
    if row is None:
        row = WorkCalendarDay(day=told.day, kind="", status="", name="")
    elif row.kind == DayKind.LOCAL and row.status == DayStatus.OFFICIAL:
        return None
    kind = DayKind.MAKE_UP if told.working else DayKind.HOLIDAY
    status = DayStatus.OFFICIAL if official else DayStatus.PROVISIONAL
    wanted = (told.working, told.name or row.name, kind, status)
    if (row.working, row.name, row.kind, row.status) == wanted:
        return None
    row.working, row.name, row.kind, row.status = wanted
    row.source, row.changed_at = source, now
    return row


def _save(rows: list[WorkCalendarDay], known: Mapping[date, WorkCalendarDay]) -> None:
    WorkCalendarDay.objects.bulk_create([row for row in rows if row.day not in known])
    WorkCalendarDay.objects.bulk_update(
        [row for row in rows if row.day in known],
        ["working", "name", "kind", "status", "source", "changed_at"],
    )


def _touched(rows: list[WorkCalendarDay], official: list[int]) -> tuple[date, date]:
    """The days that deadlines must look at again: all of a year that became official, whose dues said provisional."""
    days = [row.day for row in rows]
    days += [day for year in official for day in (date(year, 1, 1), date(year, 12, 31))]
    return min(days), max(days)


@transaction.atomic
def set_day(*, day: date, working: bool, name: str, by: Actor, now: datetime) -> WorkCalendarDay:
    """Say of one day that the county works or does not, and why. The same again changes nothing.

    In a year whose notice is known it stands beside the notice and later imports leave it; before, the notice goes
    over it. Refuses a day without a reason, years far away, and everybody but the county's administrators and clerks.
    """
    _keeper(by)
    name = name.strip()
    if not name:
        raise Refused("day_reason", _("请写明为什么，例如“旗庆放假”。"), field="name")
    if len(name) > LONGEST_NAME:
        words = _("最多 %(limit)s 个字。") % {"limit": LONGEST_NAME}
        raise Refused("day_name_long", words, field="name")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused("day_far", _("年份应在 2000 到 2100 之间"), field="day")
    calendar, before = mark.hold(), book()
    row = WorkCalendarDay.objects.filter(day=day).first() or WorkCalendarDay(day=day, name="")
    if (row.working, row.name) == (working, name):
        return row
    facts = _facts(before, row, day, working, name)
    row.working, row.name, row.kind = working, name, DayKind.LOCAL
    row.status = DayStatus.OFFICIAL if day.year in before.official else DayStatus.PROVISIONAL
    row.source, row.changed_at = "set_day", now
    row.save()
    record(by=by, now=now, verb="calendar.set_day", subject_kind="calendar", subject_id=calendar, facts=facts)
    mark.changed(first=day, last=day, by=by, now=now)
    return row


def _facts(before: Book, row: WorkCalendarDay, day: date, working: bool, name: str) -> dict[str, Any]:
    return {
        "day": str(day),
        "working": working,
        "name": name,
        "was_working": before.works_on(day),
        "was_name": row.name,
    }
