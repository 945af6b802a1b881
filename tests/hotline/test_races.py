"""Many at once: the same order pushed in parallel, changes taken in parallel while cases move."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from mulin.ground.systems import actions as systems
from mulin.kernel.county import county_scope
from mulin.services.cases import actions
from mulin.services.cases.actions import answers, telling
from mulin.services.cases.models import Case, CaseReporter, HotlineChange, HotlineOrder
from tests.hotline.conftest import Platform, case_of
from tests.hotline.test_journeys import NUMBER, disposed, later
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene


@pytest.fixture
def platform(scene: Scene, morning: datetime) -> Platform:
    with county_scope(COUNTY):
        _row, key = systems.open_system(
            name="县12345热线", purpose="对接", scopes=["system_hotline"], per_minute=6000, by=scene.admin, now=morning
        )  # fmt: skip
    return Platform(scene, key)


def hand(platform: Platform) -> Platform:
    """The same platform in another thread."""
    return Platform(platform.scene, platform.key, Client(), platform.ids)


@pytest.mark.django_db(transaction=True)
def test_the_same_order_in_parallel_messages_is_one_case(platform: Platform) -> None:
    told = at_once(*[lambda: hand(platform).order()["result"]] * 6)
    assert sorted(told) == ["new", *["same"] * 5]
    with county_scope(COUNTY):
        assert Case.objects.count() == CaseReporter.objects.count() == HotlineOrder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_changes_are_numbered_without_gaps_and_each_once_whoever_asks(
    platform: Platform, morning: datetime
) -> None:
    scene = platform.scene
    for number in range(4):
        platform.order(f"JP{number}")
    with county_scope(COUNTY):
        cases = list(Case.objects.order_by("id"))

    def work(case: Case) -> Any:
        with county_scope(COUNTY):
            actions.take_up(case=case, by=scene.grid_worker, now=morning + timedelta(hours=1), version=None)
            return actions.dispose(
                case=case, result="好了", by=scene.grid_worker, now=morning + timedelta(hours=2), version=None
            )

    def pulls() -> None:
        mine, after = hand(platform), 0
        for _n in range(4):
            after = mine.pull(after)[1]

    at_once(pulls, pulls, *[lambda case=case: work(case) for case in cases])
    changes, cursor = platform.pull()
    assert [one["cursor"] for one in changes] == list(range(1, len(changes) + 1))
    ends = sorted(one["order_no"] for one in changes if one["status"] == "done")
    assert ends == ["JP0", "JP1", "JP2", "JP3"]
    platform.pull(cursor)
    with county_scope(COUNTY):
        assert not Case.objects.filter(informed_at__isnull=True).exists()
        assert HotlineChange.objects.count() == len(
            {(one.order_id, one.step_id) for one in HotlineChange.objects.all()}
        )


# ── the hotline takes an answer while somebody sends the case back ─────


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_receipt", [False, True])
def test_sent_back_while_its_answer_is_taken_nobody_waits_for_ever(
    platform: Platform, morning: datetime, monkeypatch: pytest.MonkeyPatch, by_receipt: bool
) -> None:
    """Each waits until the other has what it locks first, as far as the order of locks lets it."""
    platform.order()
    with county_scope(COUNTY):
        case = disposed(platform.scene, morning)
        receipt = CaseReporter.objects.get(case=case).receipt if by_receipt else ""
    cursor = platform.pull()[1]
    orders_held, case_held = threading.Event(), threading.Event()
    lock, untell = answers._locked, telling.untell

    def lock_slowly(orders: Any) -> None:
        lock(orders)
        orders_held.set()
        case_held.wait(1)

    def untell_slowly(**told: Any) -> None:
        case_held.set()
        orders_held.wait(1)
        untell(**told)

    monkeypatch.setattr(answers, "_locked", lock_slowly)
    monkeypatch.setattr(telling, "untell", untell_slowly)

    def again() -> None:
        with county_scope(COUNTY):
            actions.reopen(
                case=case.id, reason="又坏了", by=platform.scene.community_clerk, now=later(morning, 3),
                version=None, receipt=receipt,
            )  # fmt: skip

    at_once(again, lambda: hand(platform).pull(cursor))
    with county_scope(COUNTY):
        row, order = case_of(NUMBER), HotlineOrder.objects.get()
        assert (row.state, row.round, row.informed_at, order.handed) == ("in_hand", 2, None, "")
