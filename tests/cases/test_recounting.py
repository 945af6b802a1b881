"""Another calendar: running clocks in working time are counted again in the background, both due times are kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from mulin.ground.calendar import actions as calendar
from mulin.ground.calendar.rules.notice import read_lines
from mulin.kernel.county import county_scope
from mulin.services.cases import actions, queries
from mulin.services.cases.actions import recounting
from mulin.services.cases.models import Case, CaseStep, Recount
from tests.cases.scenes import fresh, in_state
from tests.cases.test_due import later
from tests.cases.test_timing import at, taken_up
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Entry: Any = apps.get_model("trail.AuditEntry")
HOLIDAY = "2026-09-07 休 县庆\n2026-09-12 班 县庆"


def announced(scene: Scene, now: datetime) -> None:
    """A Monday off, its Saturday worked."""
    calendar.import_notice(notice=read_lines(HOLIDAY), source="notice", by=scene.admin, now=now)


def friday(scene: Scene) -> Case:
    """Taken up on Friday 4 September at 16:30 for two hours of work: due on Monday 09:30."""
    case = taken_up(scene, at("2026-09-04 16:30"), 2)
    assert case.due_at == at("2026-09-07 09:30")
    return case


def test_the_notice_moves_what_runs_and_keeps_the_old_time_beside_the_new(
    county: Scene, now: datetime
) -> None:
    case, other = friday(county), in_state(county, at("2026-09-04 16:30"), "in_hand")[0]
    version = case.version
    announced(county, at("2026-09-05 10:00"))
    assert fresh(case).due_at == at("2026-09-07 09:30")  # the page that imported waits for nothing
    assert recounting.recount_due(now=at("2026-09-05 10:01")) == 1
    row = fresh(case)
    assert (row.due_at, row.step_due_at, row.version) == (
        at("2026-09-08 09:30"),
        at("2026-09-08 09:30"),
        version,
    )
    assert fresh(other).due_at == other.due_at  # the clock on the wall knows no holidays
    item = WorkItem.objects.get(subject_id=case.id, kind="handle", done_at=None)
    assert item.due_at == row.due_at and row.next_check_at and row.next_check_at <= row.due_at
    step = CaseStep.objects.get(case=case, action="due_changed")
    assert [datetime.fromisoformat(one) for one in step.facts["total"]] == [
        at("2026-09-07 09:30"),
        row.due_at,
    ]
    deed = Entry.objects.get(verb="case.due_changed", subject_id=case.id)
    assert deed.facts["total"] == step.facts["total"]
    told = queries.timeline(row, county.stranger, public=True).entries[-1]
    assert told.text == "原定 2026-09-07 09:30，现为 2026-09-08 09:30。"
    assert recounting.recount_due(now=at("2026-09-05 10:02")) == 0
    assert Recount.objects.get().done_at is not None and Recount.objects.get().moved == 1


def test_hours_that_change_count_too_and_what_is_over_stays(county: Scene, now: datetime) -> None:
    case, done = friday(county), friday_done(county)
    calendar.set_hours(
        unit=None, text="周一至周五 10:00–12:00 13:30–17:30", on=date(2026, 9, 7), by=county.admin,
        now=at("2026-09-05 09:00"),
    )  # fmt: skip
    assert recounting.recount_due(now=at("2026-09-05 10:00")) == 1
    assert fresh(case).due_at == at("2026-09-07 11:00") and fresh(done).due_at == done.due_at


def friday_done(scene: Scene) -> Case:
    case = friday(scene)
    return actions.dispose(
        case=case, result="好了", by=scene.grid_worker, now=at("2026-09-04 17:00"), version=case.version
    )


def test_an_extension_stands_whatever_the_calendar_says(county: Scene, now: datetime) -> None:
    case = friday(county)
    case = actions.defer(
        case=case, kind="extension", reason="要等", until=at("2026-09-09 12:00"), by=county.grid_worker,
        now=at("2026-09-04 17:00"), version=case.version,
    )  # fmt: skip
    case = actions.decide_deferral(
        case=case, granted=True, by=county.community_clerk, now=at("2026-09-04 17:10"), version=case.version
    )
    announced(county, at("2026-09-05 10:00"))
    assert recounting.recount_due(now=at("2026-09-05 10:01")) == 0
    assert fresh(case).due_at == at("2026-09-09 12:00")


def test_a_change_that_is_undone_leaves_nothing_to_count(county: Scene, now: datetime) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        announced(county, now)
        raise RuntimeError
    assert not Recount.objects.exists()


def test_it_goes_on_where_it_was_killed(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "BATCH", 2)
    for _n in range(5):
        friday(county)
    announced(county, at("2026-09-05 10:00"))
    whole, seen = recounting._recount, []

    def dies(row: Case, *rest: Any) -> bool:
        seen.append(row.pk)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return whole(row, *rest)

    monkeypatch.setattr(recounting, "_recount", dies)
    with pytest.raises(KeyboardInterrupt):
        recounting.recount_due(now=at("2026-09-05 10:01"))
    assert Recount.objects.get().moved == 2
    monkeypatch.setattr(recounting, "_recount", whole)
    assert recounting.recount_due(now=at("2026-09-05 10:02")) == 3
    assert CaseStep.objects.filter(action="due_changed").count() == 5


@pytest.mark.django_db(transaction=True)
def test_several_at_once_count_each_case_once(
    scene: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "BATCH", 2)
    with county_scope(COUNTY):
        for _n in range(6):
            friday(scene)
        announced(scene, at("2026-09-05 10:00"))

    def pass_() -> int:
        with county_scope(COUNTY):
            return recounting.recount_due(now=at("2026-09-05 10:01"))

    at_once(*[pass_] * 4)
    with county_scope(COUNTY):
        recounting.recount_due(now=later(at("2026-09-05 10:01"), 1))
        assert CaseStep.objects.filter(action="due_changed").count() == 6
        assert Recount.objects.get().moved == 6
