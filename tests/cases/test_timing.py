"""The clocks of a case: how they are counted, where they stand still, and when tick has to look."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.calendar import actions as calendar
from mulin.ground.calendar.rules.notice import read_lines
from mulin.kernel.clock import CHINA
from mulin.services.cases import actions, queries
from mulin.services.cases.actions import timing
from mulin.services.cases.models import Case
from mulin.services.cases.rules.clocks import ASKED, STOPS, rests_of
from tests.calendar.test_notice import NOTICE_2026
from tests.cases.catalogue import matter
from tests.cases.scenes import fresh, in_state, reported
from tests.personas import Scene


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


@pytest.fixture
def year(county: Scene, now: datetime) -> Scene:
    """The county with the notice of 2026."""
    calendar.import_notice(notice=read_lines(NOTICE_2026), source="notice", by=county.admin, now=now)
    return county


def taken_up(scene: Scene, start: datetime, hours: float) -> Case:
    """A case of a type with so many working hours to dispose, admitted and in hand from ``start``."""
    kind = matter(scene, start, f"W{Case.objects.count()}", "grid")
    limit: Any = apps.get_model("catalogue.MatterLimit").objects
    version = apps.get_model("catalogue.MatterVersion").objects.get(matter_type=kind)
    limit.create(version=version, step="dispose", minutes=int(hours * 60), clock="working")
    case = reported(scene, start).case
    case = actions.accept(case=case, matter=kind, by=scene.community_clerk, now=start, version=case.version)
    return actions.take_up(case=case, by=scene.grid_worker, now=start, version=case.version)


PAUSES = """
2026-09-30 15:00  10   2026-09-30 16:00  2026-10-09 10:00  2026-10-10 11:30   over National Day, to the make-up Saturday
2026-09-30 15:00  10   2026-10-02 10:00  2026-10-05 10:00  2026-10-08 17:30   all of it on days off: nothing moves
2026-03-06 09:00  9    2026-03-06 17:00  2026-03-09 09:00  2026-03-09 11:30   over a weekend: an hour of work was rested
2026-03-03 09:00  2    2026-03-03 11:30  2026-03-03 13:45  2026-03-03 11:45   over lunch
2026-02-13 16:30  2    2026-02-14 09:00  2026-02-24 10:00  2026-02-24 10:30   over Spring Festival, from the make-up Saturday
2026-09-18 16:30  9    2026-09-18 17:00  2026-09-20 12:00  2026-09-21 14:30   over the Saturday before a make-up Sunday
"""
"""begun, hours, asked, answered, due: worked out by hand with the hours 08:30–12:00 and 13:30–17:30."""


def rows(table: str) -> list[tuple[datetime, float, datetime, datetime, datetime]]:
    found = []
    for line in table.strip().splitlines():
        day, clock, hours, *rest = line.split()[:9]
        moments = [at(f"{rest[n]} {rest[n + 1]}") for n in (0, 2, 4)]
        found.append((at(f"{day} {clock}"), float(hours), moments[0], moments[1], moments[2]))
    return found


@pytest.mark.parametrize("row", rows(PAUSES), ids=lambda row: f"{row[0]:%m-%d %H:%M}")
def test_a_pause_gives_back_the_working_time_that_lay_in_it(year: Scene, row: Any) -> None:
    start, hours, asked, answered, due = row
    case = taken_up(year, start, hours)
    timing.pause(case=case, now=asked)
    assert timing.run_on(case=case, now=answered) == answered - asked
    assert case.due_at == case.step_due_at == due


def test_rests_add_up_and_what_is_counted_from_the_admission_keeps_them(year: Scene) -> None:
    case = taken_up(year, at("2026-03-02 09:00"), 10)
    for first, last in (("2026-03-02 10:00", "2026-03-02 11:00"), ("2026-03-03 09:00", "2026-03-03 11:00")):
        timing.pause(case=case, now=at(first))
        timing.run_on(case=case, now=at(last))
    assert case.due_at == at(
        "2026-03-03 16:00"
    )  # six hours on Monday, four on Tuesday from 08:30 but for 09:00 to 11:00
    case.save()
    case = fresh(case)
    timing.reclassified(case=case)
    assert case.due_at == at("2026-03-03 16:00")


def test_an_elapsed_clock_moves_by_the_clock_on_the_wall(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    before = (case.due_at, case.step_due_at, case.response_due_at)
    timing.pause(case=case, now=later(now, 2))
    timing.run_on(case=case, now=later(now, 50))
    after = (case.due_at, case.step_due_at, case.response_due_at)
    assert after == tuple(one and later(one, 48) for one in before)


@pytest.mark.parametrize("kind", ["wait", "shelve"])
def test_a_granted_rest_stops_the_work_and_not_the_answer(county: Scene, now: datetime, kind: str) -> None:
    assert STOPS[kind] == ("total", "step") and STOPS[ASKED] == ("total", "step", "response")
    case, _receipt = in_state(county, now, "in_hand")
    due, step, response = case.due_at, case.step_due_at, case.response_due_at
    assert due and step
    timing.rest(case=case, kind=kind, since=later(now, 2), until=later(now, 102))
    assert (case.due_at, case.step_due_at) == (later(due, 100), later(step, 100))
    assert case.response_due_at == response
    timing.cut_rest(case=case, now=later(now, 12))  # it ends sooner: only what was rested counts
    assert (case.due_at, case.step_due_at) == (later(due, 10), later(step, 10))
    timing.cut_rest(case=case, now=later(now, 500))  # and never more than was granted
    assert case.due_at == later(due, 10) and len(rests_of(case.clocks)) == 1


def test_an_extension_moves_the_work_in_hand_and_not_the_time_to_take_it_up(
    county: Scene, now: datetime
) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    timing.extend(case=case, until=later(now, 200))
    assert case.due_at == case.step_due_at == later(now, 200)
    waiting, _receipt = in_state(county, now, "assigned")
    step = waiting.step_due_at
    timing.extend(case=waiting, until=later(now, 200))
    assert (waiting.due_at, waiting.step_due_at) == (later(now, 200), step)


def test_an_extension_outlives_another_type_and_later_rests(year: Scene) -> None:
    case = taken_up(year, at("2026-03-02 09:00"), 4)
    timing.extend(case=case, until=at("2026-03-20 12:00"))
    timing.reclassified(case=case)
    assert case.due_at == at("2026-03-20 12:00")
    timing.pause(case=case, now=at("2026-03-10 09:00"))
    timing.run_on(case=case, now=at("2026-03-11 09:00"))
    timing.reclassified(case=case)
    assert case.due_at == at("2026-03-21 12:00")


def test_another_calendar_moves_what_is_counted_in_working_time(year: Scene, now: datetime) -> None:
    case = taken_up(year, at("2026-03-06 16:30"), 2)
    assert case.due_at == at("2026-03-09 09:30") and timing.recounted(case=case) == {}
    calendar.set_day(day=at("2026-03-09 00:00").date(), working=False, name="停电", by=year.admin, now=now)
    moved = timing.recounted(case=case)
    assert moved["total"] == (at("2026-03-09 09:30"), at("2026-03-10 09:30"))
    assert case.due_at == case.step_due_at == at("2026-03-10 09:30")
    assert timing.recounted(case=case) == {}


# ── when tick has to look ─────


def test_the_next_look_is_at_the_next_thing_that_falls_due(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    moments = timing.due_moments(case=case)
    assert [kind for kind, _moment in moments] == ["yellow", "step", "response", "total"]
    assert case.next_check_at == moments[0][1] > now


def test_a_moment_nobody_has_looked_at_is_not_missed_by_whatever_is_done(
    county: Scene, now: datetime
) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    missed = case.next_check_at
    assert missed is not None
    late = later(missed, 5)
    case = actions.reply(case=case, text="在办", by=county.grid_worker, now=late, version=case.version)
    assert case.next_check_at == missed


@pytest.mark.parametrize("state", ["closed", "not_admitted"])
def test_what_is_over_is_looked_at_no_more(county: Scene, now: datetime, state: str) -> None:
    case, _receipt = in_state(county, now, state)
    assert case.next_check_at is None


# ── whose time it was ─────


def test_each_hop_has_the_clock_it_had_when_it_went_on(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "H1", "grid", limits={"accept": 60, "dispose": 600})
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=case.version)
    case = actions.take_up(case=case, by=county.grid_worker, now=later(now, 0.5), version=case.version)
    open_hop = queries.standing(case, later(now, 5)).hops[-1]
    assert (open_hop.due_at, open_hop.late) == (
        case.step_due_at,
        False,
    )  # an hour was to take it up, not to do it
    case = actions.escalate(
        case=case, code="beyond_means", reason="要吊车", by=county.grid_worker, now=later(now, 6),
        version=case.version,
    )  # fmt: skip
    hops = queries.standing(case, later(now, 6)).hops
    assert [one.late for one in hops] == [False, False, False] and hops[1].due_at == later(now, 10)
    assert hops[2].due_at == later(now, 7)


def test_a_result_in_time_is_no_late_hop_however_late_it_is_closed(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed")
    much = later(now, 240)
    assert not queries.standing(case, much).hops
    kind = matter(county, now, "H2", "grid", limits={"dispose": 600})
    other = reported(county, now).case
    other = actions.accept(case=other, matter=kind, by=county.community_clerk, now=now, version=other.version)
    other = actions.take_up(case=other, by=county.grid_worker, now=later(now, 1), version=other.version)
    other = actions.dispose(
        case=other, result="好了", by=county.grid_worker, now=later(now, 2), version=other.version
    )
    assert not queries.standing(other, much).hops[-1].late
    other = actions.close(case=other, by=county.community_clerk, now=much, version=other.version)
    assert not queries.standing(other, much).hops[-1].late
