"""The calendar of dues: each day counts what its list shows, and no more than its reader may see."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from mulin.ground.calendar import queries as calendar
from mulin.services.cases import actions as cases
from mulin.services.cases.models import Case
from mulin.services.cases.queries import Filters, count_of, dues
from tests.cases.scenes import browser, reported
from tests.personas import Scene

GRID_C = (119.685, 41.405)


def due(scene: Scene, now: datetime, until: datetime, *, disposed: bool | None = None, **more: Any) -> Case:
    """A case whose total clock ends then: reported, in the grid worker's hand, or disposed of by him."""
    case = reported(scene, now, **more).case
    if disposed is not None:
        cases.take_up(case=case, by=scene.grid_worker, now=now, version=None)
    if disposed:
        cases.dispose(case=case, result="办好了", by=scene.grid_worker, now=now, version=None)
    Case.objects.filter(pk=case.pk).update(due_at=until, step_due_at=None)
    return case


@pytest.fixture
def month(county: Scene, now: datetime) -> dict[str, Case]:
    """Cases of September 2026: the scene's now is the first of it, nine o'clock."""
    night = datetime.fromisoformat("2026-09-10T23:30:00+08:00")
    found = {
        "late": due(county, now - timedelta(days=3), now - timedelta(hours=30)),
        "night": due(county, now, night),
        "far": due(county, now, night, at=GRID_C),
        "next": due(county, now, datetime.fromisoformat("2026-10-01T00:00:00+08:00")),
        "mine": due(county, now, datetime.fromisoformat("2026-09-20T10:00:00+08:00"), disposed=False),
        "done": due(county, now, night, disposed=True),
    }
    return found


def counts(scene: Scene, now: datetime, who: str, **more: Any) -> dict[date, int]:
    first, last = date(2026, 8, 30), date(2026, 9, 30)
    return {one.day: one.count for one in dues.days(scene.actors[who], first, last, now, **more) if one.count}


def test_a_day_counts_what_its_list_shows(county: Scene, now: datetime, month: dict[str, Case]) -> None:
    for who in ("community_clerk", "county_clerk", "grid_worker", "other_clerk", "leader"):
        for whose in ("", "mine", "unit"):
            for day, count in counts(county, now, who, whose=whose).items():
                assert count == count_of(county.actors[who], Filters(due_on=day, whose=whose), now)
    tenth = date(2026, 9, 10)
    assert counts(county, now, "community_clerk") == {
        date(2026, 8, 31): 1, tenth: 1, date(2026, 9, 20): 1,
    }  # fmt: skip
    assert counts(county, now, "county_clerk")[tenth] == 2 and counts(county, now, "other_clerk") == {
        tenth: 1
    }


def test_mine_and_my_offices(county: Scene, now: datetime, month: dict[str, Case]) -> None:
    twentieth = date(2026, 9, 20)
    assert counts(county, now, "grid_worker", whose="mine") == {twentieth: 1}
    assert counts(county, now, "community_clerk", whose="mine") == {}
    assert date(2026, 9, 10) in counts(county, now, "grid_worker", whose="unit")
    assert counts(county, now, "department", whose="unit") == {}


def test_a_year_without_a_notice_is_provisional(county: Scene, now: datetime) -> None:
    assert 2030 not in calendar.book().official
    found = dues.days(county.community_clerk, date(2030, 1, 1), date(2030, 1, 5), now)
    assert all(one.provisional for one in found)
    assert [one.works for one in found] == [calendar.book().works_on(one.day) for one in found]


def test_it_costs_as_much_for_a_month_full_of_cases(
    county: Scene, now: datetime, month: dict[str, Case], django_assert_num_queries: Any
) -> None:
    calendar.book()
    with django_assert_num_queries(3):
        dues.days(county.county_clerk, date(2026, 9, 1), date(2026, 9, 30), now, lines=True)
    for _n in range(6):
        due(county, now, now + timedelta(days=4))
    with django_assert_num_queries(3):
        found = dues.days(county.county_clerk, date(2026, 9, 1), date(2026, 9, 30), now, lines=True)
    assert sum(len(one.cases) for one in found) == sum(one.count for one in found)


def test_a_day_of_the_month_and_of_the_week_opens_its_list(
    county: Scene, month: dict[str, Case], monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    from mulin.kernel import clock

    monkeypatch.setattr(clock, "_started", clock.time.monotonic())
    monkeypatch.setenv("MULIN_NOW", now.isoformat())
    clerk = browser(county, "community_clerk")
    page = clerk.get("/desk/dues/?month=2026-09").content.decode()
    links = [unescape(one) for one in re.findall(r'class="month-cell[^"]*" href="([^"]+)"', page)]
    assert [re.findall(r"due_on=([\d-]+)", one)[0] for one in links] == ["2026-09-10", "2026-09-20"]
    shown = clerk.get(links[0]).content.decode()
    assert month["night"].number in shown and month["mine"].number not in shown
    week = clerk.get("/desk/dues/?week=2026-09-10&whose=unit")
    assert week.status_code == 200
    for odd in ("month=2026-13", "week=9999-12-31", "week=x", "month=0001-01", "whose=nobody"):
        assert clerk.get(f"/desk/dues/?{odd}").status_code == 200, odd
