"""The golden table: deadlines worked out by hand from the published notice of 2026 and a wall calendar.

Nothing here was computed by the code under test. Hours of the county: 08:30–12:00 and 13:30–17:30, a day of 7.5 hours.
A span is written in hours (``2h``) or in the unit's working days (``5d``); ``*`` after the due means: provisional.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from mulin.ground.calendar import actions, queries
from mulin.ground.calendar.rules.notice import read_lines
from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope
from tests.calendar.test_notice import NOTICE_2026
from tests.conftest import NOW, as_owner
from tests.personas import COUNTY, Scene

NOTICE_2025 = "2025-01-01 休 元旦\n2025-10-01至2025-10-08 休 国庆节、中秋节\n2025-09-28 班\n2025-10-11 班"
NOTICE_2027 = """2027-01-01至2027-01-03 休 元旦
2027-02-05至2027-02-11 休 春节
2027-02-20 班 春节
2027-05-01至2027-05-05 休 劳动节
2027-05-08 班 劳动节
2027-10-01至2027-10-07 休 国庆节
2027-10-09 班 国庆节"""
HALL = "周一至周五 09:00–12:00 13:00–17:00\n周六 09:00–12:00"
SEASONS = "周一至周五 08:30–12:00 13:30–17:30\n6月1日至9月30日 周一至周五 08:00–12:00 14:30–18:00"

COUNTY_TABLE = """
── an ordinary week (3 March 2026 is a Tuesday)
2026-03-03 09:00  1h     2026-03-03 10:00
2026-03-03 11:30  1h     2026-03-03 14:00   lunch does not count
2026-03-03 12:30  1h     2026-03-03 14:30   begun at lunch
2026-03-03 08:30  3.5h   2026-03-03 12:00   due at noon, not after lunch
2026-03-03 08:30  7.5h   2026-03-03 17:30   the whole day: due at its end
2026-03-03 17:00  1h     2026-03-04 09:00
2026-03-03 07:00  2h     2026-03-03 10:30   begun before hours
2026-03-03 19:00  2h     2026-03-04 10:30   begun after hours
2026-03-03 00:00  0.5h   2026-03-03 09:00   begun at midnight
2026-03-06 16:30  2h     2026-03-09 09:30   over the weekend
2026-03-06 17:30  0.25h  2026-03-09 08:45   begun at the very end of Friday
2026-03-07 10:00  1h     2026-03-09 09:30   begun on a Saturday
2026-03-08 23:59  7.5h   2026-03-09 17:30   begun on a Sunday night
2026-03-07 10:00  0h     2026-03-07 10:00   no span is due at once
2026-03-09 09:00  5d     2026-03-16 09:00   five working days are a week
2026-03-09 08:30  15d    2026-03-27 17:30
── New Year 2026: Thursday 1 to Saturday 3 January off, Sunday 4 worked
2025-12-31 17:00  1h     2026-01-04 09:00   over the year, onto the make-up Sunday
2026-01-01 10:00  1h     2026-01-04 09:30
2026-01-03 10:00  8h     2026-01-05 09:00   Sunday's 7.5 hours and half an hour on Monday
2026-01-04 16:30  2h     2026-01-05 09:30
── Spring Festival: Saturday 14 worked, 15 to 23 off, Saturday 28 worked
2026-02-13 16:30  2h     2026-02-14 09:30
2026-02-14 16:30  2h     2026-02-24 09:30   nine days off
2026-02-16 09:00  7.5h   2026-02-24 17:30
2026-02-12 09:00  5d     2026-02-26 09:00   Thu, Fri, the make-up Sat, Tue, Wed
2026-02-27 17:00  1h     2026-02-28 09:00
2026-02-28 17:00  1h     2026-03-02 09:00
── Qingming: Saturday 4 to Monday 6 April off, nothing made up
2026-04-03 17:00  1h     2026-04-07 09:00
2026-04-05 08:30  4h     2026-04-07 14:00
── May Day: Friday 1 to Tuesday 5 May off, Saturday 9 worked
2026-04-30 16:00  2h     2026-05-06 09:00
2026-05-08 17:00  1h     2026-05-09 09:00
2026-05-09 17:00  1h     2026-05-11 09:00
2026-05-10 12:00  1h     2026-05-11 09:30
── Dragon Boat: Friday 19 to Sunday 21 June off
2026-06-18 17:00  1h     2026-06-22 09:00
── Mid-Autumn: Friday 25 to Sunday 27 September off; Sunday 20 worked for National Day
2026-09-18 17:00  1h     2026-09-20 09:00   Saturday free, Sunday worked
2026-09-20 17:00  1h     2026-09-21 09:00
2026-09-24 17:00  1h     2026-09-28 09:00
── National Day: 1 to 7 October off, Saturday 10 worked
2026-09-30 17:00  1h     2026-10-08 09:00
2026-10-09 17:00  1h     2026-10-10 09:00
2026-10-10 17:00  1h     2026-10-12 09:00
2026-09-18 09:00  10d    2026-10-09 09:00   two holidays and a make-up Sunday on the way
── the end of the year
2026-12-30 17:00  1h     2026-12-31 09:00   still within 2026
"""

WITHOUT_2027 = """
2026-12-31 17:00  1h     2027-01-04 09:00*  Friday 1 January is free by law
2027-02-04 17:00  1h     2027-02-09 09:00*  the eve and three days, Monday 8 the last
2027-02-20 10:00  1h     2027-02-22 09:30*  nobody knows yet that this Saturday is worked
2027-04-02 17:00  1h     2027-04-06 09:00*  Qingming on Monday 5
2027-04-30 17:00  1h     2027-05-03 09:00*  1 and 2 May are a weekend
2027-06-08 17:00  1h     2027-06-10 09:00*  Dragon Boat on Wednesday 9
2027-09-14 17:00  1h     2027-09-16 09:00*  Mid-Autumn on Wednesday 15
2027-09-30 17:00  1h     2027-10-04 09:00*
2031-01-01 10:00  1h     2031-01-02 09:30*  a Wednesday years away
"""
WITH_2027 = """
2026-12-31 17:00  1h     2027-01-04 09:00
2027-02-04 17:00  1h     2027-02-12 09:00
2027-02-20 10:00  1h     2027-02-20 11:00
2027-04-02 17:00  1h     2027-04-06 09:00   the notice forgot it, the law did not
2027-04-30 17:00  1h     2027-05-06 09:00
2027-05-07 17:00  1h     2027-05-08 09:00
2027-09-30 17:00  1h     2027-10-08 09:00
2027-10-08 17:00  1h     2027-10-09 09:00
2027-12-31 17:00  1h     2028-01-03 09:00*  into the next year without a notice
"""
HALL_TABLE = """
2026-03-06 16:30  1h     2026-03-07 09:30   it works on Saturday mornings
2026-03-07 11:30  1h     2026-03-09 09:30
2026-04-03 16:30  1h     2026-04-07 09:30   not on a Saturday that is a holiday
2026-02-28 10:00  4h     2026-02-28 15:00   a make-up Saturday has the hours of a weekday
2026-03-09 09:00  1d     2026-03-09 17:00   its day has seven hours
"""
SEASONS_TABLE = """
2026-05-29 17:00  1h     2026-06-01 08:30   summer begins at eight
2026-06-01 11:30  1h     2026-06-01 15:00   a longer lunch
2026-06-02 13:30  1h     2026-06-02 15:30
2026-09-30 17:45  1h     2026-10-08 09:15   the last quarter of summer, then National Day, then winter
2026-09-30 09:00  1d     2026-10-08 09:30
"""

NEXT_WORKED = {
    "2026-01-04": ["2026-01-01", "2026-01-02", "2026-01-03"],
    "2026-02-24": [f"2026-02-{day}" for day in range(15, 24)],
    "2026-04-07": ["2026-04-04", "2026-04-05", "2026-04-06"],
    "2026-05-06": [f"2026-05-0{day}" for day in range(1, 6)],
    "2026-06-22": ["2026-06-19", "2026-06-20", "2026-06-21"],
    "2026-09-28": ["2026-09-25", "2026-09-26", "2026-09-27"],
    "2026-10-08": [f"2026-10-0{day}" for day in range(1, 8)],
}
"""The first day of work after each of the 33 days off."""
MADE_UP = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def rows(table: str) -> list[tuple[str, str, str, bool]]:
    """(start, span, due, provisional) of a table."""
    found = []
    for line in table.strip().splitlines():
        if line.startswith("──"):
            continue
        day, clock, span, due_day, due_clock = line.split()[:5]
        found.append((f"{day} {clock}", span, f"{due_day} {due_clock.rstrip('*')}", due_clock.endswith("*")))
    return found


def check(table: str, unit: UUID | None = None) -> None:
    wrong = []
    for start, told, due, provisional in rows(table):
        count = float(told[:-1])
        span = queries.working_days(count, unit) if told.endswith("d") else timedelta(hours=count)
        found = queries.due(start=at(start), span=span, clock="working", unit=unit)
        if found != queries.Due(at(due), provisional):
            wrong.append(f"{start} + {told}: {found.at:%Y-%m-%d %H:%M} {found.provisional}, not {due}")
        if queries.working_span(start=at(start), end=at(due), unit=unit) != span:
            wrong.append(f"{start} to {due} is not {told}")
    assert wrong == []


@pytest.fixture
def year(county: Scene) -> Scene:
    """The county with the notices of 2025 and 2026."""
    for text in (NOTICE_2025, NOTICE_2026):
        actions.import_notice(notice=read_lines(text), source="notice", by=county.admin, now=NOW)
    return county


def test_the_county_in_2026(year: Scene) -> None:
    assert len(rows(COUNTY_TABLE)) >= 40
    check(COUNTY_TABLE)


@pytest.mark.parametrize("day", [day for days in NEXT_WORKED.values() for day in days])
def test_every_day_off_of_2026_waits_for_the_next_day_of_work(year: Scene, day: str) -> None:
    worked = next(key for key, days in NEXT_WORKED.items() if day in days)
    found = queries.due(start=at(f"{day} 09:00"), span=timedelta(hours=1), clock="working")
    assert found == queries.Due(at(f"{worked} 09:30"), provisional=False)


@pytest.mark.parametrize("day", MADE_UP)
def test_every_make_up_day_of_2026_is_worked(year: Scene, day: str) -> None:
    assert date.fromisoformat(day).isoweekday() > 5
    found = queries.due(start=at(f"{day} 09:00"), span=timedelta(hours=1), clock="working")
    assert found == queries.Due(at(f"{day} 10:00"), provisional=False)


def test_the_package_gives_the_same_year(scene: Scene) -> None:
    with as_owner(), county_scope(COUNTY):
        actions.seed(by=scene.admin, now=NOW)
    with county_scope(COUNTY):
        check(COUNTY_TABLE)


def test_a_year_without_a_notice_is_provisional_and_exact_once_the_notice_is_in(year: Scene) -> None:
    check(WITHOUT_2027)
    actions.import_notice(notice=read_lines(NOTICE_2027), source="notice", by=year.admin, now=NOW)
    check(WITH_2027)
    check(COUNTY_TABLE)


def test_a_hall_with_saturday_mornings(year: Scene) -> None:
    hall = year.units["department"].id
    actions.set_hours(unit=hall, text=HALL, on=date(2026, 1, 1), by=year.admin, now=NOW)
    check(HALL_TABLE, hall)
    check(COUNTY_TABLE)
    check(COUNTY_TABLE, year.units["other_department"].id)


def test_a_unit_with_summer_and_winter(year: Scene) -> None:
    unit = year.units["department"].id
    actions.set_hours(unit=unit, text=SEASONS, on=date(2026, 1, 1), by=year.admin, now=NOW)
    check(SEASONS_TABLE, unit)


def test_hours_that_change_on_a_day(year: Scene) -> None:
    actions.set_hours(
        unit=None, text="周一至周五 09:00–12:00 13:00–17:00", on=date(2026, 11, 2), by=year.admin, now=NOW
    )
    check("2026-10-30 17:00  1h  2026-11-02 09:30\n2026-10-29 09:00  7.5h  2026-10-30 09:00")


def test_a_pause_over_a_holiday(year: Scene) -> None:
    """Ten hours from Wednesday 15:00; asked back at 16:00; answered on the Friday after National Day at 10:00."""
    start, asked, answered = at("2026-09-30 15:00"), at("2026-09-30 16:00"), at("2026-10-09 10:00")
    used = queries.working_span(start=start, end=asked)
    assert used == timedelta(hours=1)
    assert queries.working_span(start=asked, end=answered) == timedelta(hours=10.5)
    found = queries.due(start=answered, span=timedelta(hours=10) - used, clock="working")
    assert found == queries.Due(at("2026-10-10 11:30"), provisional=False)


def test_an_emergency_runs_through_the_night_and_the_holiday(year: Scene) -> None:
    found = queries.due(start=at("2026-09-30 23:00"), span=timedelta(hours=2), clock="elapsed")
    assert found == queries.Due(at("2026-10-01 01:00"), provisional=False)
