"""``tick``: every due day has its tasks, each once, in however many processes, killed anywhere, after days of downtime."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.calendar import queries as calendar
from mulin.kernel.clock import local_day
from mulin.kernel.county import county_scope
from mulin.services.patrols import actions
from mulin.services.patrols.actions import schedule
from mulin.services.patrols.models import PatrolPlan, PatrolTask
from mulin.services.patrols.queries import figures
from mulin.services.patrols.rules import HORIZON, Rhythm, due_days
from tests.journeys.test_races import at_once
from tests.patrols.scenes import AuditEntry, WorkItem, fresh, planned, tick, today, verbs, work
from tests.personas import COUNTY, NEIGHBOUR, Scene

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]


def states(plan: PatrolPlan) -> dict[int, str]:
    """day of the month → state."""
    rows = PatrolTask.objects.filter(plan=plan, day__lte=date(2026, 9, 12))
    return {day.day: state for day, state in rows.order_by("day").values_list("day", "state")}


# ── the ordinary course ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("county")
def test_a_day_goes_by(county: Scene, now: datetime) -> None:
    task = today(county, now)
    (item,) = work()
    assert (item.kind, item.role, item.path, item.due_at) == (
        "patrol",
        "grid_worker",
        "/001/003/g1001/",
        task.due_at,
    )
    assert item.title == "楼院巡查 · 双虹第一网格"
    tick(task.due_at)  # the last moment is still in time
    assert [one.kind for one in work(subject_id=task.id)] == ["patrol"]
    tick(task.due_at + timedelta(minutes=1))
    assert [one.kind for one in work(subject_id=task.id)] == ["patrol_reason"]
    assert fresh(task).state == "planned" and verbs(task.id) == ["patrol.asked"]
    actions.miss(task=task.id, reason="weather", by=county.grid_worker, now=task.due_at + DAY)
    assert work(subject_id=task.id) == []


@pytest.mark.usefixtures("county")
def test_a_second_pass_does_nothing(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    tick(now)
    before = (PatrolTask.objects.count(), WorkItem.objects.count(), AuditEntry.objects.count())
    assert (actions.arrange_due(now=now), actions.tell_due(now=now), actions.ask_due(now=now)) == (0, 0, 0)
    assert (PatrolTask.objects.count(), WorkItem.objects.count(), AuditEntry.objects.count()) == before
    assert PatrolTask.objects.filter(plan=plan).count() == HORIZON.days + 1


@pytest.mark.usefixtures("county")
def test_the_horizon_moves_on_by_a_day_each_day(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    for step in range(1, 4):
        assert actions.arrange_due(now=now + step * DAY) == 1
    days = list(PatrolTask.objects.filter(plan=plan).order_by("day").values_list("day", flat=True))
    assert days == [local_day(now) + step * DAY for step in range(HORIZON.days + 4)]


@pytest.mark.usefixtures("county")
def test_a_holiday_that_becomes_known_takes_its_tasks_away(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rhythm = Rhythm("every", date(2026, 9, 1), every_days=1, rest_days="skip")
    plan = planned(county, now, rhythm=rhythm)
    tick(now)
    assert {2, 3, 4} <= set(states(plan))

    class Known:
        @staticmethod
        def works_on(day: date) -> bool:
            return day not in (date(2026, 9, 2), date(2026, 9, 3)) and day.isoweekday() < 6

    monkeypatch.setattr(calendar, "book", Known)
    tick(now + DAY)
    assert 2 not in states(plan) and 3 not in states(plan) and 4 in states(plan)


@pytest.mark.usefixtures("county")
def test_a_grid_without_staff_is_its_communitys(county: Scene, now: datetime) -> None:
    today(county, now, grids=(county.grids["b"].id,))
    (item,) = work()
    assert (item.role, item.path) == ("community_clerk", "/001/003/g1002/")


# ── downtime ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("county")
def test_three_days_of_downtime_leave_nobody_to_blame(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    tick(now)  # Tuesday the first; then silence
    back = now + 3 * DAY
    tick(back)
    # the first was told in time: it is asked about. The second and third nobody was told of. Today goes on as ever.
    assert {day: state for day, state in states(plan).items() if day <= 4} == {
        1: "planned",
        2: "withdrawn",
        3: "withdrawn",
        4: "planned",
    }
    assert Counter(item.kind for item in work()) == {"patrol_reason": 1, "patrol": 1}
    lost = PatrolTask.objects.filter(plan=plan, state="withdrawn")
    assert set(lost.values_list("reason", flat=True)) == {"not_told"}
    due = figures.due_between(figures.every_task(), date(2026, 9, 1), date(2026, 10, 1), back)
    assert [task.day.day for task in due] == [1]


@pytest.mark.usefixtures("county")
def test_after_weeks_of_downtime_no_task_is_made_for_a_day_that_has_gone(
    county: Scene, now: datetime
) -> None:
    plan = planned(county, now)
    tick(now)
    back = now + 40 * DAY
    tick(back)
    assert not PatrolTask.objects.filter(
        plan=plan, day__gt=date(2026, 9, 15), day__lt=local_day(back)
    ).exists()
    assert PatrolTask.objects.filter(plan=plan, day__gte=local_day(back)).count() == HORIZON.days + 1
    rate = figures.rate(figures.every_task(), date(2026, 9, 1), date(2026, 12, 1), back)
    assert (rate.due, rate.unexplained) == (1, 1)


@pytest.mark.usefixtures("county")
def test_who_walked_although_nobody_told_him_is_counted(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    tick(now)
    back = now + 2 * DAY
    tick(back)
    yesterday = PatrolTask.objects.get(plan=plan, day=local_day(now + DAY))
    assert yesterday.state == "withdrawn"
    actions.finish(task=yesterday.id, by=county.grid_worker, now=back)
    rate = figures.rate(figures.every_task(), date(2026, 9, 2), date(2026, 9, 3), back)
    assert (rate.due, rate.done, rate.late) == (1, 1, 1)


# ── many at once ─────────────────────────────────────────────────────────────────────────────────────────────────


def counted(plan: PatrolPlan) -> tuple[int, int, int, int]:
    """Tasks, distinct (place, day), to-dos ever put, and how often the plan was arranged."""
    tasks = PatrolTask.objects.filter(plan=plan)
    return (
        tasks.count(),
        tasks.values("place", "day").distinct().count(),
        WorkItem.objects.count(),
        AuditEntry.objects.filter(subject_id=plan.id, verb="patrol.arranged").count(),
    )


@pytest.mark.django_db(transaction=True)
def test_eight_threads_make_each_task_and_to_do_once(scene: Scene, now: datetime) -> None:
    grids = tuple(scene.grids[key].id for key in "ab")
    with county_scope(COUNTY):
        plan = planned(scene, now, grids=grids)
    tomorrow = now + DAY

    def pass_() -> None:
        with county_scope(COUNTY):
            tick(tomorrow)

    at_once(*[pass_] * 8)
    with county_scope(COUNTY):
        expected = 2 * (HORIZON.days + 2)
        assert counted(plan) == (expected, expected, 2, 2)
    evening = tomorrow.replace(hour=20)

    def ask() -> None:
        with county_scope(COUNTY):
            actions.ask_due(now=evening)

    at_once(*[ask] * 8)
    with county_scope(COUNTY):
        assert AuditEntry.objects.filter(verb="patrol.asked").count() == 2
        assert Counter(WorkItem.objects.filter(done_at=None).values_list("kind", flat=True)) == {
            "patrol_reason": 2
        }


@pytest.mark.django_db(transaction=True)
def test_four_processes_make_each_task_and_to_do_once(scene: Scene, now: datetime, tmp_path: Path) -> None:
    with county_scope(COUNTY):
        plan = planned(scene, now, grids=tuple(scene.grids[key].id for key in "ab"))
    tomorrow = now + DAY
    database = connection.settings_dict["NAME"]
    code = (
        "import sys, django; django.setup()\n"
        "from django.db import connection; connection.settings_dict['NAME'] = sys.argv[1]\n"
        "from mulin.kernel.clock import parse; from mulin.kernel.county import county_scope\n"
        "from mulin.services.patrols import actions\n"
        "now = parse(sys.argv[2])\n"
        "with county_scope(int(sys.argv[3])):\n"
        "    for act in (actions.arrange_due, actions.tell_due, actions.ask_due): act(now=now)\n"
    )
    words = [sys.executable, "-c", code, str(database), tomorrow.isoformat(), str(COUNTY)]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "mulin.config.settings", "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen(words, cwd=tmp_path, env=env, stderr=subprocess.PIPE) for _n in range(4)]
    ends = [(one.communicate(timeout=120)[1], one.returncode) for one in running]
    assert all(code == 0 for _said, code in ends), ends
    with county_scope(COUNTY):
        expected = 2 * (HORIZON.days + 2)
        assert counted(plan) == (expected, expected, 2, 2)


@pytest.mark.django_db(transaction=True)
def test_a_walker_and_tick_at_the_same_moment(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        task = today(scene, now)
    late = task.due_at + timedelta(minutes=1)

    def ask() -> None:
        with county_scope(COUNTY):
            actions.ask_due(now=late)

    def walk() -> None:
        with county_scope(COUNTY):
            actions.finish(task=task.id, by=scene.grid_worker, now=late)

    at_once(ask, walk, ask, walk)
    with county_scope(COUNTY):
        assert fresh(task).state == "nothing_found"
        assert work(subject_id=task.id) == []  # whoever came second: nothing is left on a list
        assert verbs(task.id).count("patrol.finished") == 1


@pytest.mark.django_db(transaction=True)
def test_one_resent_eight_times_at_once_is_one_finding(scene: Scene, now: datetime) -> None:
    from mulin.kernel.ids import uuid7
    from mulin.services.cases.models import Case
    from tests.patrols.scenes import found

    with county_scope(COUNTY):
        task = today(scene, now)
    key = uuid7()

    def send() -> Any:
        with county_scope(COUNTY):
            return found(task, scene.grid_worker, now, client_id=key).finding.id

    assert len(set(at_once(*[send] * 8))) == 1
    with county_scope(COUNTY):
        assert Case.objects.count() == 1 and verbs(task.id).count("patrol.finding") == 1


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_ends_while_tick_runs_leaves_no_to_do_behind(scene: Scene, now: datetime) -> None:
    for _round in range(4):
        with county_scope(COUNTY):
            plan = planned(scene, now, grids=tuple(scene.grids[key].id for key in "ab"))

        def tell() -> None:
            with county_scope(COUNTY):
                actions.tell_due(now=now)

        def end(key: Any = plan.id) -> None:
            with county_scope(COUNTY):
                actions.end_plan(plan=key, version=None, by=scene.community_clerk, now=now)

        at_once(tell, end, tell)
        with county_scope(COUNTY):
            assert work() == []
            left = PatrolTask.objects.filter(plan=plan)
            assert set(left.values_list("state", flat=True)) <= {"withdrawn"}


@pytest.mark.usefixtures("county")
def test_killed_between_the_to_do_and_the_mark_it_is_put_once(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(county, now)

    class Killed(BaseException):
        pass

    def dies(*_args: Any, **_more: Any) -> None:
        raise Killed

    whole = PatrolTask.save
    monkeypatch.setattr(PatrolTask, "save", dies)
    with pytest.raises(Killed), transaction.atomic():
        actions.tell_due(now=now)
    assert work() == []
    monkeypatch.setattr(PatrolTask, "save", whole)
    tick(now)
    assert len(work()) == 1


@pytest.mark.usefixtures("county")
def test_a_long_list_is_worked_off_in_batches(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "BATCH", 2)
    for number in range(5):
        planned(county, now, name=f"路线{number}")
    assert actions.tell_due(now=now) == 5 and len(work()) == 5


@pytest.mark.django_db
def test_another_county_is_left_alone(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        planned(scene, now)
    with county_scope(NEIGHBOUR):
        tick(now)
        assert work() == []
    with county_scope(COUNTY):
        assert work() == []
        tick(now)
        assert len(work()) == 1


# ── any cadence, any days off the air ────────────────────────────────────────────────────────────────────────────


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cadence=st.sampled_from(["weekdays", "every", "monthly"]),
    weekdays=st.sets(st.integers(1, 7), min_size=1),
    every=st.integers(1, 9),
    month_days=st.sets(st.integers(1, 31), min_size=1),
    rest=st.sampled_from(["walk", "skip", "next"]),
    opens=st.sampled_from([time(7), time(8, 30), time(22)]),
    closes=st.sampled_from([time(6), time(8), time(17)]),
    passes=st.lists(st.integers(0, 30 * 24), min_size=1, max_size=6),
)
def test_every_due_day_has_one_task_for_each_place_and_no_other_day_has_any(
    county: Scene,
    now: datetime,
    cadence: str,
    weekdays: set[int],
    every: int,
    month_days: set[int],
    rest: str,
    opens: time,
    closes: time,
    passes: list[int],
) -> None:
    rhythm = Rhythm(
        cadence, date(2026, 9, 1), None, tuple(sorted(weekdays)), every, tuple(sorted(month_days)), rest
    )
    moments = [now, *(now + timedelta(hours=hours) for hours in sorted(passes))]
    with transaction.atomic():
        grids = tuple(county.grids[key].id for key in "ab")
        plan = planned(county, now, grids=grids, rhythm=rhythm, opens=opens, closes=closes)
        for moment in moments:
            tick(moment)
            tick(moment)
        rows = list(PatrolTask.objects.filter(plan=plan))
        transaction.set_rollback(True)
    keys = [(row.place_id, row.day) for row in rows]
    assert len(keys) == len(set(keys))
    works_on = calendar.book().works_on
    last = local_day(moments[-1])
    due = set(due_days(rhythm, date(2026, 9, 1), last + HORIZON, works_on))
    assert {day for _place, day in keys} <= due
    seen = {day for moment in moments for day in _looked_at(moment)}
    for day in due & seen:
        mine = [row for row in rows if row.day == day]
        first_look = min(moment for moment in moments if day in _looked_at(moment))
        if mine or day > local_day(first_look):
            assert len(mine) == 2
    assert all(row.due_at > row.made_at for row in rows)  # nothing came into the world overdue
    for row in rows:
        if row.state == "withdrawn":
            assert row.told_at is None and row.reason == "not_told"
        elif row.due_at < moments[-1]:
            assert row.told_at is not None and row.asked_at is not None


def _looked_at(moment: datetime) -> list[date]:
    return [local_day(moment) + step * DAY for step in range(HORIZON.days + 1)]
