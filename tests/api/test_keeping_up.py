"""Whoever reads on from his last mark misses nothing, however late something was written and however old it says it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from mulin.kernel import clock, hooks
from mulin.kernel.actor import system
from mulin.kernel.clock import Clock
from mulin.kernel.tables import open_table
from mulin.services.cases import actions
from mulin.services.cases.actions import imports, orders, recounting
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.queries.ledgers import COLUMNS, ORDER_COLUMNS
from tests.api.conftest import Door
from tests.api.test_paging import some, walk
from tests.cases.catalogue import matter
from tests.cases.test_recounting import announced
from tests.cases.test_timing import taken_up
from tests.personas import COUNTY

MINUTE = timedelta(minutes=1)
HEAD = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间")
WAITING = ("1", "A01", "路灯不亮", "2026/8/1 8:00:00", "双虹路口的路灯坏了三天。", "", "")
ANSWERED = (*WAITING[:5], "已修好。", "2026/8/2 8:00:00")
BETTER = (*WAITING[:5], "已修好，换了灯杆。", "2026/8/2 8:00:00")
OLD = ("2", "A02", "积水", "2026/7/1 8:00:00", "门口积水。", "已疏通。", "2026/7/2 8:00:00")


class Reader:
    """A program that keeps up: it remembers each case as it read it last, and reads on from its last mark."""

    def __init__(
        self, door: Door, clock_at: Callable[[datetime], None], since: datetime, key: str = "reads"
    ) -> None:
        self.door, self.clock_at, self.mark, self.key = door, clock_at, since.isoformat(), key
        self.known: dict[str, dict[str, Any]] = {}

    def read(self, at: datetime) -> None:
        self.clock_at(at)
        for one in walk(self.door.call, self.key, changed_since=self.mark, limit=2):
            self.known[one["number"]] = one
            self.mark = max(self.mark, one["changed_at"])

    def knows_all(self) -> None:
        live = Case.objects.filter(provenance="live")
        now = {one.number: (one.version, one.state, one.due_at) for one in live}
        told = {
            number: (one["version"], one["state"], one["due_at"] and datetime.fromisoformat(one["due_at"]))
            for number, one in self.known.items()
        }
        assert told == now


class World:
    """Time goes on by a minute with each step that anybody writes: a neighbour reports, and the reader keeps up."""

    def __init__(self, door: Door, reader: Reader, at: datetime) -> None:
        self.door, self.reader, self.at, self.busy = door, reader, at, False

    def now(self) -> datetime:
        return self.at

    def happened(self, told: Any) -> None:
        if self.busy:
            return
        self.busy, self.at = True, self.at + MINUTE
        some(self.door.scene, self.at - MINUTE / 2, 1)
        self.reader.read(self.at + MINUTE / 4)
        self.busy = False

    def end(self) -> None:
        """Long afterwards: whatever there is to know is known."""
        self.reader.read(self.at + timedelta(hours=1))
        self.reader.knows_all()


@pytest.fixture
def world(
    door: Door,
    morning: datetime,
    clock_at: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    made = World(door, Reader(door, clock_at, morning - MINUTE), morning)
    monkeypatch.setattr(hooks, "happened", [*hooks.happened, lambda *, told: made.happened(told)])
    return made


def opened(*rows: tuple[str, ...], head: tuple[str, ...], columns: Any) -> Any:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    content = io.BytesIO(out.getvalue().encode("utf-8-sig"))
    return open_table(content, name="x.csv", columns=columns)


def bring(*rows: tuple[str, ...], clock: Clock, live: bool = True) -> imports.Outcome:
    with opened(*rows, head=HEAD, columns=COLUMNS) as found:
        return imports.import_messages(rows=found, by=system(COUNTY, "import"), clock=clock, live=live)


def test_a_live_import_of_old_messages_is_found(world: World, morning: datetime) -> None:
    bring(WAITING, OLD, clock=world.now)
    world.end()
    learned = CaseStep.objects.filter(action="brought_in")
    assert {one.public for one in learned} == {False} and learned.count() == 2
    assert min(one.at for one in learned) > morning


def test_so_is_the_answer_that_a_later_table_brings(world: World) -> None:
    bring(WAITING, clock=world.now)
    world.end()
    number = Case.objects.get(external_no="1").number
    known = world.reader.known
    assert known[number]["state"] == "reported"
    world.at += timedelta(hours=2)
    bring(ANSWERED, clock=world.now)
    world.end()
    assert (known[number]["state"], known[number]["version"]) == ("closed", 2)
    before = known.pop(number)
    world.at += timedelta(hours=2)
    bring(BETTER, clock=world.now)
    world.end()
    assert known[number]["changed_at"] > before["changed_at"] and known[number]["version"] == 3


def test_history_is_told_to_nobody_and_an_unchanged_table_says_nothing(world: World) -> None:
    clock = world.now
    bring(OLD, clock=clock, live=False)
    assert not CaseStep.objects.filter(action="brought_in").exists()
    bring(WAITING, clock=clock)
    bring(WAITING, clock=clock)
    assert CaseStep.objects.filter(action="brought_in").count() == 1


def test_an_answer_of_the_future_is_refused(door: Door, morning: datetime) -> None:
    ahead = (*WAITING[:5], "修好了。", "2099/1/1 8:00:00")
    outcome = bring(ahead, clock=lambda: morning)
    assert [reason for _row, reason, _raw in outcome.refused] == ["答复时间在将来"]


def test_a_long_table_of_the_hotline_takes_each_order_at_its_own_moment(world: World) -> None:
    head = ("工单编号", "受理时间", "诉求内容")
    rows = [(f"DH{n}", "2026/9/1 8:00:00", f"第{n}处路灯不亮") for n in range(5)]
    with opened(*rows, head=head, columns=ORDER_COLUMNS) as found:
        outcome = orders.import_orders(rows=found, by=system(COUNTY, "import"), clock=world.now)
    assert outcome.imported == 5, outcome
    world.end()


def test_what_falls_due_in_a_long_pass_is_found(door: Door, world: World, morning: datetime) -> None:
    limits = {"accept": 60, "dispose": 6000, "first_response": 6000}
    kind = matter(door.scene, morning, "T1", "grid", limits=limits)
    for case in some(door.scene, morning, 6):
        actions.accept(
            case=case, matter=kind, by=door.scene.community_clerk, now=morning + MINUTE, version=None
        )
    world.at = morning + timedelta(hours=2)
    assert actions.act_on_due(now=world.at, clock=world.now) >= 6
    world.end()


def test_questions_that_expire_in_a_long_pass_are_found(door: Door, world: World, morning: datetime) -> None:
    for case in some(door.scene, morning, 4):
        actions.ask(case=case, question="哪一盏？", by=door.scene.grid_worker, now=morning, version=None)
    world.at = morning + timedelta(days=11)
    assert actions.ask_expired(now=world.at, clock=world.now) == 4
    world.end()


def test_due_times_that_another_calendar_moves_in_a_long_pass_are_found(
    door: Door, world: World, morning: datetime
) -> None:
    friday = datetime.fromisoformat("2026-09-04T16:30+08:00")
    for _one in range(4):
        taken_up(door.scene, friday, 2)
    announced(door.scene, friday + MINUTE)
    world.at = friday + timedelta(hours=2)
    assert recounting.recount_due(now=world.at, clock=world.now) == 4
    world.end()


def test_tick_hands_its_clock_to_what_goes_on_for_long() -> None:
    """Each of these takes a moment of its own in each of its transactions: the real one."""
    told = dict(hooks.tick)
    for name in ("cases.act_on_due", "cases.ask_expired", "cases.recount"):
        assert told[name].keywords == {"clock": clock.now}, name  # type: ignore[attr-defined]
