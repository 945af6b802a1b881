"""The hotline's limit and the case's own clocks: while it rests, once an order is withdrawn, when what was merged parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.services.cases import actions
from mulin.services.cases.models import Case
from mulin.services.cases.rules.clocks import OUTER, STEP, outer_limit, own_limit
from tests.cases.catalogue import matter
from tests.cases.scenes import fresh, reported
from tests.hotline.conftest import Platform, case_of
from tests.hotline.test_journeys import NUMBER, Clock, later
from tests.hotline.test_merged import clocks, merge, part
from tests.personas import Scene


def in_hand(scene: Scene, case: Any, now: datetime) -> Case:
    return actions.take_up(case=case.id, by=scene.grid_worker, now=later(now, 0.5), version=None)


def asked(scene: Scene, case: Case, now: datetime) -> Case:
    return actions.ask(case=case, question="哪一盏？", by=scene.grid_worker, now=later(now, 1), version=None)


def answered(scene: Scene, case: Case, now: datetime) -> Case:
    return actions.answer(case=case.id, text="东门", by=scene.grid_worker, now=later(now, 30), version=None)


def waiting(scene: Scene, case: Case, now: datetime, kind: str = "wait") -> Case:
    row = actions.defer(
        case=case, kind=kind, reason="公示期", basis="条例第三条", document="公示单", until=now + timedelta(days=2),
        by=scene.grid_worker, now=later(now, 1), version=None,
    )  # fmt: skip
    return actions.decide_deferral(
        case=row, granted=True, by=scene.community_clerk, now=later(now, 1.5), version=None
    )


def shelved(scene: Scene, case: Case, now: datetime) -> Case:
    return waiting(scene, case, now, "shelve")


def resumed(scene: Scene, case: Case, now: datetime) -> Case:
    return actions.resume(case=case.id, by=scene.community_clerk, now=later(now, 30), version=None)


def merged(scene: Scene, case: Case, now: datetime) -> Case:
    return merge(scene, case, reported(scene, now).case, later(now, 1))


def parted(scene: Scene, case: Case, now: datetime) -> Case:
    return part(scene, case, later(now, 30))


# ── another limit while it rests ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rest", "back"),
    [(asked, answered), (waiting, resumed), (shelved, resumed), (merged, parted)],
    ids=["asked", "waiting", "shelved", "merged"],
)
@pytest.mark.parametrize("typed", [False, True], ids=["untyped", "working"])
def test_a_later_limit_while_work_in_hand_rests_leaves_its_time_to_the_work(
    platform: Platform, morning: datetime, clock_at: Clock, rest: Any, back: Any, typed: bool
) -> None:
    scene = platform.scene
    platform.order(due_at=later(morning, 10).isoformat())
    if typed:
        kind = matter(scene, morning, "W1", "grid", limits={"accept": 60, "dispose": 60 * 24 * 9})
        apps.get_model("catalogue.MatterLimit").objects.update(clock="working")
        told: dict[str, Any] = {"by": scene.community_clerk, "now": later(morning, 0.2), "version": None}
        actions.accept(case=case_of(NUMBER), matter=kind, **told)
    case = in_hand(scene, case_of(NUMBER), morning)
    counted = case.clocks.get(STEP)
    rest(scene, case, morning)
    clock_at(later(morning, 2))
    platform.order(due_at=later(morning, 60).isoformat())
    row = fresh(case)
    assert row.due_at == row.step_due_at == later(morning, 60)
    assert row.clocks.get(STEP) == counted
    back(scene, case, morning)
    row = fresh(case)
    assert row.state == "in_hand" and row.due_at == row.step_due_at == later(morning, 60)


# ── an order is withdrawn ────────────────────────────────────────────────────────────────────────────────────────


def more_time(scene: Scene, case: Case, now: datetime, hours: float) -> Case:
    """More time is asked for and granted."""
    told: dict[str, Any] = {"now": later(now, 2), "version": None}
    row = actions.defer(
        case=case.id, kind="extension", reason="等配件", until=later(now, hours), by=scene.grid_worker, **told
    )
    return actions.decide_deferral(case=row, granted=True, by=scene.community_clerk, **told)


@pytest.mark.parametrize("by_merging", [False, True], ids=["into it", "merged"])
def test_an_order_that_is_withdrawn_binds_nothing_any_more(
    platform: Platform, morning: datetime, by_merging: bool
) -> None:
    """A neighbour said the same: the case goes on for him."""
    scene, plain = platform.scene, reported(platform.scene, morning).case
    platform.order(due_at=later(morning, 10).isoformat())
    order = case_of(NUMBER)
    own = fresh(plain).due_at if by_merging else own_limit(order.clocks)
    one, into = (order, plain) if by_merging else (plain, order)
    merge(scene, one, into, later(morning, 0.2))
    case = in_hand(scene, into, morning)
    assert case.due_at == later(morning, 10)
    platform.tell("withdraw", NUMBER, reason="市民撤诉")
    row = fresh(into)
    assert row.state == "in_hand" and OUTER not in row.clocks and row.due_at == own
    assert OUTER not in fresh(order).clocks
    due = later(morning, 100)
    assert more_time(scene, row, morning, 100).due_at == due
    assert platform.tell("extension_decision", NUMBER, 409, granted=True)["error"]["code"] == "withdrawn"


def test_once_an_order_is_withdrawn_the_earliest_limit_of_the_others_holds(
    platform: Platform, morning: datetime
) -> None:
    scene, plain = platform.scene, reported(platform.scene, morning).case
    platform.order(due_at=later(morning, 10).isoformat())
    for number, kind, hours in (("JP2", "重复件", 20), ("JP3", "重复件", 16), ("JP4", "催办单", 12)):
        platform.order(
            number, order_type=kind, related_order=NUMBER, due_at=later(morning, hours).isoformat()
        )
    platform.order("JP5", due_at=later(morning, 18).isoformat())
    for one in (case_of(NUMBER), case_of("JP5")):
        merge(scene, one, plain, later(morning, 0.2))
    in_hand(scene, plain, morning)
    for number, hours in (("JP2", 10), (NUMBER, 16), ("JP3", 18)):
        platform.tell("withdraw", number, reason="撤诉")
        assert fresh(plain).due_at == later(morning, hours)
    platform.tell("withdraw", "JP5", reason="撤诉")
    assert OUTER not in fresh(plain).clocks


# ── what was merged parts again ──────────────────────────────────────────────────────────────────────────────────


def test_more_time_that_the_hotline_granted_is_not_lost_when_the_report_stands_for_itself_again(
    platform: Platform, morning: datetime
) -> None:
    scene, plain = platform.scene, reported(platform.scene, morning).case
    platform.order(due_at=later(morning, 10).isoformat())
    order, due = case_of(NUMBER), later(morning, 60)
    in_hand(scene, order, morning)
    merge(scene, order, plain, later(morning, 1))
    case = in_hand(scene, plain, later(morning, 1))
    actions.defer(
        case=case, kind="extension", reason="等配件", until=due, by=scene.grid_worker, now=later(morning, 2),
        version=None,
    )  # fmt: skip
    platform.tell("extension_decision", NUMBER, granted=True)
    part(scene, order, later(morning, 3))
    row = fresh(order)
    assert outer_limit(row.clocks) == due and row.due_at == row.step_due_at == due
    assert clocks(order)[2] == [due]


def test_nor_is_the_limit_that_it_sets_when_it_calls_back(
    platform: Platform, morning: datetime, clock_at: Clock
) -> None:
    scene, plain = platform.scene, reported(platform.scene, morning).case
    platform.order(due_at=later(morning, 10).isoformat())
    order, due = case_of(NUMBER), later(morning, 5)
    merge(scene, order, plain, later(morning, 0.2))
    case = in_hand(scene, plain, morning)
    actions.dispose(case=case, result="好了", by=scene.grid_worker, now=later(morning, 2), version=None)
    clock_at(later(morning, 3))
    platform.tell("callback", NUMBER, score="不满意", solved=False, due_at=due.isoformat())
    part(scene, order, later(morning, 6))
    row = fresh(order)
    assert outer_limit(row.clocks) == row.due_at == due and row.next_check_at is not None
    assert row.next_check_at <= later(morning, 6)
