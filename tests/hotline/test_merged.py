"""Orders whose cases are merged: the hotline's limit goes where the work goes, and comes back. An order is not split."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.errors import Refused
from mulin.services.cases import actions
from mulin.services.cases.actions import steps
from mulin.services.cases.actions.recounting import recount_due
from mulin.services.cases.models import Case, CaseStep, HotlineOrder, Recount
from mulin.services.cases.queries import hotline as read
from mulin.services.cases.queries.offers import open_acts
from mulin.services.cases.rules.clocks import outer_limit
from tests.cases.scenes import fresh, reported
from tests.hotline.conftest import Platform, case_of
from tests.hotline.test_journeys import NUMBER, Clock, disposed, later
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")


def merge(scene: Scene, case: Any, into: Any, at: datetime) -> Case:
    return actions.merge_into(
        case=case.id, number=into.number, by=scene.community_clerk, now=at, version=None
    )


def part(scene: Scene, case: Any, at: datetime) -> Case:
    return actions.unmerge(case=case.id, reason="不是一件", by=scene.community_clerk, now=at, version=None)


def clocks(case: Any) -> tuple[Any, ...]:
    """What a limit moves: total, step and to-do."""
    row = fresh(case)
    due = WorkItem.objects.filter(subject_id=row.id, done_at=None, kind="handle").values_list(
        "due_at", flat=True
    )
    return row.due_at, row.step_due_at, list(due)


@pytest.fixture
def two(platform: Platform, morning: datetime) -> tuple[Case, Case]:
    """(a neighbour's report without a limit of the hotline's, an order of the hotline's due in ten hours)."""
    plain = reported(platform.scene, morning).case
    platform.order(due_at=later(morning, 10).isoformat())
    return plain, case_of(NUMBER)


def test_the_hotlines_limit_binds_the_case_that_goes_on_and_unmerging_gives_it_back(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (plain, order) = platform.scene, two
    before, own = clocks(plain), clocks(order)
    assert before[0] > later(morning, 10) == fresh(order).due_at
    merge(scene, order, plain, later(morning, 0.5))
    row = fresh(plain)
    assert (
        row.due_at == later(morning, 10) and row.step_due_at <= row.due_at and row.next_check_at <= row.due_at
    )
    limit = read.limit(row)
    assert limit is not None and limit.theirs and limit.own == before[0]
    assert platform.get(f"/orders/{NUMBER}")["due_at"] == read.stamp(later(morning, 10))
    part(scene, order, later(morning, 1))
    assert clocks(plain) == before and read.limit(fresh(plain)) is None
    assert clocks(order) == own


def test_work_in_hand_gets_the_limit_and_loses_it_again(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (plain, order) = platform.scene, two
    actions.take_up(case=plain, by=scene.grid_worker, now=later(morning, 0.2), version=None)
    before = clocks(plain)
    merge(scene, order, plain, later(morning, 0.5))
    assert fresh(plain).due_at == fresh(plain).step_due_at == later(morning, 10)
    assert clocks(plain)[2] == [later(morning, 10)]
    part(scene, order, later(morning, 1))
    assert clocks(plain)[0] == before[0]


def test_of_several_limits_the_earliest_holds(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (plain, order) = platform.scene, two
    platform.order("JP2", due_at=later(morning, 6).isoformat())
    other = case_of("JP2")
    merge(scene, order, plain, later(morning, 0.5))
    merge(scene, other, plain, later(morning, 0.6))
    assert fresh(plain).due_at == later(morning, 6)
    part(scene, other, later(morning, 1))
    assert fresh(plain).due_at == later(morning, 10)
    part(scene, order, later(morning, 2))
    assert outer_limit(fresh(plain).clocks) is None


def test_a_limit_of_its_own_stays_when_another_order_is_taken_out_again(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (_plain, order) = platform.scene, two
    platform.order("JP2", due_at=later(morning, 6).isoformat())
    merge(scene, case_of("JP2"), order, later(morning, 0.5))
    assert case_of(NUMBER).due_at == later(morning, 6)
    part(scene, case_of("JP2"), later(morning, 1))
    assert case_of(NUMBER).due_at == later(morning, 10)
    assert outer_limit(case_of(NUMBER).clocks) == later(morning, 10)


@pytest.mark.parametrize("hours", [10, 2])
def test_what_was_merged_before_limits_went_along_gets_them_when_the_house_is_brought_up_to_date(
    platform: Platform, morning: datetime, two: tuple[Case, Case], hours: int
) -> None:
    """The limit of the second may be over by then: tick looks at once."""
    scene, (plain, order) = platform.scene, two
    actions.take_up(case=plain, by=scene.grid_worker, now=later(morning, 0.2), version=None)
    before = fresh(plain)
    for number in (NUMBER, "JP2", "JP3"):
        platform.order(
            number, due_at=later(morning, {NUMBER: 10, "JP2": hours, "JP3": 1}[number]).isoformat()
        )
        merge(scene, case_of(number), plain, later(morning, 0.5))
    HotlineOrder.objects.filter(number="JP3").update(withdrawn_at=later(morning, 0.6))
    Case.objects.filter(pk=plain.pk).update(
        clocks=before.clocks, due_at=before.due_at, step_due_at=before.step_due_at,
        next_check_at=before.next_check_at,
    )  # fmt: skip
    steps.follow_clocks(case=fresh(plain), by=scene.admin, now=morning)
    for _twice in range(2):
        import_module("mulin.services.cases.migrations.0036_limits_of_merged").bind(apps, None)
    assert Recount.objects.count() == 1
    Recount.objects.update(asked_at=later(morning, 3))
    assert recount_due(now=later(morning, 3)) == 1
    due = later(morning, hours)
    assert clocks(plain) == (due, due, [due])
    row, limit = fresh(plain), read.limit(fresh(plain))
    assert limit is not None and limit.own == before.due_at and row.next_check_at is not None
    assert row.next_check_at <= max(due, later(morning, 3))
    assert set(row.clocks["outer"]["of"]) == {str(order.id), str(case_of("JP2").id)}


@pytest.mark.parametrize("hours", [5, 20])
def test_another_limit_reaches_the_case_that_carries_the_order(
    platform: Platform, morning: datetime, two: tuple[Case, Case], hours: int, clock_at: Clock
) -> None:
    scene, (plain, order) = platform.scene, two
    merge(scene, order, plain, later(morning, 0.5))
    clock_at(later(morning, 1))
    told = platform.order(due_at=later(morning, hours).isoformat())
    assert told["result"] == "changed"
    assert fresh(plain).due_at == later(morning, hours)
    said = CaseStep.objects.get(case=plain, action="hotline_amended")
    assert order.number in said.note and "办理时限" in said.note and not said.public
    part(scene, order, later(morning, 2))
    assert outer_limit(fresh(plain).clocks) is None
    assert fresh(order).due_at == later(morning, hours)


def test_what_else_the_hotline_changes_is_said_where_the_work_is(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    _plain, order = two
    merge(platform.scene, order, two[0], later(morning, 0.5))
    platform.order(due_at=later(morning, 10).isoformat(), text="是4号楼的路灯。")
    note = CaseStep.objects.get(case=two[0], action="hotline_amended").note
    assert note == f"{order.number}：内容" and "4号楼" in fresh(order).text
    assert fresh(two[0]).due_at == later(morning, 10)


def test_more_time_that_the_hotline_grants_one_order_leaves_the_others_limit(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (plain, order) = platform.scene, two
    platform.order("JP2", due_at=later(morning, 30).isoformat())
    merge(scene, order, plain, later(morning, 0.5))
    merge(scene, case_of("JP2"), plain, later(morning, 0.6))
    row = actions.take_up(case=plain.id, by=scene.grid_worker, now=later(morning, 1), version=None)
    actions.defer(
        case=row, kind="extension", reason="等配件", until=morning + timedelta(days=5), by=scene.grid_worker,
        now=later(morning, 2), version=None,
    )  # fmt: skip
    platform.tell("extension_decision", NUMBER, granted=True)
    assert HotlineOrder.objects.get(number=NUMBER).due_at == morning + timedelta(days=5)
    assert fresh(plain).due_at == later(morning, 30)


def test_called_back_the_new_limit_is_that_of_the_order_that_was(
    platform: Platform, morning: datetime, two: tuple[Case, Case], clock_at: Clock
) -> None:
    scene, (plain, order) = platform.scene, two
    merge(scene, order, plain, later(morning, 0.5))
    row = actions.take_up(case=plain.id, by=scene.grid_worker, now=later(morning, 1), version=None)
    actions.dispose(case=row, result="好了", by=scene.grid_worker, now=later(morning, 2), version=None)
    clock_at(later(morning, 3))
    due = later(morning, 8)
    platform.tell("callback", NUMBER, score="不满意", solved=False, due_at=due.isoformat())
    assert fresh(plain).due_at == due and fresh(plain).clocks["outer"]["of"] == {
        str(order.id): due.isoformat()
    }
    part(scene, order, later(morning, 4))
    assert outer_limit(fresh(plain).clocks) is None


def test_a_reply_sheet_of_some_days_holds_what_was_answered_in_another_case(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (plain, order) = platform.scene, two
    merge(scene, order, plain, later(morning, 0.5))
    row = actions.take_up(case=plain.id, by=scene.grid_worker, now=later(morning, 1), version=None)
    actions.dispose(case=row, result="好了", by=scene.grid_worker, now=later(morning, 2), version=None)
    day = {"since": later(morning, -9), "until": later(morning, 15)}
    assert [one.number for one in read.to_hand_over(scene.county_clerk, **day)] == [NUMBER]
    after = {"since": later(morning, 15), "until": None}
    assert not read.to_hand_over(scene.county_clerk, **after).exists()


def test_a_sheet_goes_by_the_end_of_one_case_and_of_its_present_answer(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    """The report had been refused, and came in again, before it was merged; the other case ended two days later."""
    scene, (plain, order) = platform.scene, two
    told: dict[str, Any] = {"by": scene.community_clerk, "version": None}
    actions.refuse(
        case=order, reason="不归本县管", where="县住建局", now=later(morning, 1), code="elsewhere", **told
    )
    actions.appeal(
        receipt=order.reporters.get().receipt, reason="归本县", by=scene.stranger, now=later(morning, 2)
    )
    actions.decide_appeal(
        case=order.id,
        granted=True,
        decision="归本县",
        by=scene.street_clerk,
        now=later(morning, 3),
        version=None,
    )
    merge(scene, fresh(order), plain, later(morning, 4))
    disposed_at = later(morning, 48)
    row = actions.take_up(case=plain.id, by=scene.grid_worker, now=disposed_at, version=None)
    actions.dispose(case=row, result="好了", by=scene.grid_worker, now=disposed_at, version=None)
    for day, found in ((0, []), (24, []), (48, [NUMBER])):
        bounds = {"since": later(morning, day - 9), "until": later(morning, day + 15)}
        assert [one.number for one in read.to_hand_over(scene.county_clerk, **bounds)] == found


def test_a_closed_case_keeps_the_limit_that_it_had(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (plain, order) = platform.scene, two
    merge(scene, plain, order, later(morning, 0.5))
    disposed(scene, morning)
    due = fresh(order).due_at
    part(scene, plain, later(morning, 5))
    assert fresh(order).due_at == due == later(morning, 10)


def test_an_order_is_answered_whole_and_not_split(
    platform: Platform, morning: datetime, two: tuple[Case, Case]
) -> None:
    scene, (plain, order) = platform.scene, two
    with pytest.raises(Refused) as refused:
        actions.split(
            case=order.id, text="另一件", by=scene.community_clerk, now=later(morning, 1), version=None
        )
    assert refused.value.code == "one_order" and "12345" in str(refused.value.message)
    offered = {row.id: open_acts(scene.community_clerk, row, waiting=set(), told=True) for row in two}
    assert "split" in offered[plain.id] and "split" not in offered[order.id]
    merge(scene, order, plain, later(morning, 1.5))
    actions.split(case=plain.id, text="另一件", by=scene.community_clerk, now=later(morning, 2), version=None)
    made = Case.objects.get(split_from=plain)
    assert set(made.reporters.values_list("via", flat=True)) == {""}
