"""Lists: nothing is lost and nothing comes twice while rows arrive and change; filters tell no more than their window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from mulin.kernel.ids import uuid7
from mulin.services.cases import actions as cases
from mulin.services.cases.models import Case
from mulin.services.cases.queries.connected import SETTLED
from tests.api.conftest import Caller, Door
from tests.personas import IN_GRID_A, IN_GRID_B, Scene

LATER = timedelta(minutes=10)


def some(scene: Scene, at: datetime, count: int) -> list[Case]:
    return [
        cases.report(
            by=scene.resident, now=at + timedelta(seconds=n), client_id=uuid7(), text=f"第{n}件", source="resident",
            lon=IN_GRID_A[0], lat=IN_GRID_A[1],
        ).case
        for n in range(count)
    ]  # fmt: skip


def walk(
    call: Caller, key: str, between: Callable[[], Any] = lambda: None, **told: Any
) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = call.get("/cases", key, cursor=cursor, **told)
        assert page.status == 200, page.value
        found += page.value["items"]
        cursor = page.value["next"]
        if not cursor:
            return found
        between()


def test_reading_while_others_report(door: Door, morning: datetime) -> None:
    before = {one.number for one in some(door.scene, morning, 11)}
    arrivals = iter(range(100))

    def arrive() -> None:
        some(door.scene, morning + timedelta(hours=1, seconds=next(arrivals)), 1)

    read = [one["number"] for one in walk(door.call, "reads", arrive, limit=3)]
    assert len(read) == len(set(read)) and set(read) == before
    assert read == [
        one.number for one in Case.objects.filter(number__in=read).order_by("-reported_at", "-id")
    ]


def test_reports_of_one_moment_are_parted_cleanly(door: Door, morning: datetime) -> None:
    for _one in range(7):
        some(door.scene, morning, 1)
    read = [one["number"] for one in walk(door.call, "reads", limit=2)]
    assert len(read) == len(set(read)) == 7


def test_keeping_up_misses_nothing(
    door: Door, morning: datetime, clock_at: Callable[[datetime], None]
) -> None:
    """Two readings with changes during the first: together they know every case as it is at the end."""
    rows = some(door.scene, morning, 9)
    worker, moments = door.scene.grid_worker, iter(range(1, 100))
    clock_at(morning + LATER)

    def change() -> None:
        """The oldest one moves while somebody reads: it goes to the end."""
        case = rows.pop(0)
        at = morning + timedelta(minutes=2 + next(moments))
        cases.take_up(case=case.id, by=worker, now=at, version=None)

    since = (morning - LATER).isoformat()
    known = {one["number"]: one for one in walk(door.call, "reads", change, changed_since=since, limit=2)}
    assert len(known) == 9
    last = max(one["changed_at"] for one in known.values())
    clock_at(morning + timedelta(hours=2))
    known |= {one["number"]: one for one in walk(door.call, "reads", changed_since=last, limit=2)}
    truth = dict(Case.objects.values_list("number", "version"))
    assert {number: one["version"] for number, one in known.items()} == truth


def test_changes_come_oldest_first_and_once_they_are_settled(
    door: Door, morning: datetime, clock_at: Callable[[datetime], None]
) -> None:
    first, second = some(door.scene, morning, 2)
    since = (morning - LATER).isoformat()
    clock_at(morning + SETTLED - timedelta(seconds=5))
    assert walk(door.call, "reads", changed_since=since) == []
    clock_at(morning + timedelta(hours=1))
    assert [one["number"] for one in walk(door.call, "reads", changed_since=since)] == [
        first.number,
        second.number,
    ]
    cases.take_up(case=first.id, by=door.scene.grid_worker, now=morning + timedelta(minutes=30), version=None)
    found = walk(door.call, "reads", changed_since=since)
    assert [one["number"] for one in found] == [second.number, first.number]
    assert found[1]["changed_at"] == (morning + timedelta(minutes=30)).isoformat()
    listed = {one["number"]: one["changed_at"] for one in walk(door.call, "reads")}
    assert listed == {one["number"]: one["changed_at"] for one in found}


def test_a_cursor_is_of_its_list_and_nothing_else(door: Door, morning: datetime) -> None:
    some(door.scene, morning, 4)
    mark = door.call.get("/cases", "reads", limit=2).value["next"]
    assert mark and door.call.get("/cases", "reads", limit=2, cursor=mark).status == 200
    since = (morning - LATER).isoformat()
    for told in ({"cursor": "x"}, {"cursor": mark[:-3]}, {"cursor": mark, "changed_since": since}):
        answer = door.call.get("/cases", "reads", **told)
        assert (answer.status, answer.code) == (400, "bad_cursor"), told
    assert door.call.get("/places", cursor=mark).code == "bad_cursor"
    assert door.call.get("/matters", cursor=mark).code == "bad_cursor"
    places = door.call.get("/places", limit=3).value
    rest = door.call.get("/places", limit=100, cursor=places["next"]).value
    paths = [one["path"] for one in places["items"] + rest["items"]]
    assert paths == sorted(paths) and len(paths) == len(set(paths)) == 7


def test_filters(door: Door, morning: datetime) -> None:
    (one,) = some(door.scene, morning, 1)
    given = door.given(morning + timedelta(days=2))
    typed = cases.report(
        by=door.scene.resident, now=morning + timedelta(days=4), client_id=uuid7(), text="灯", source="resident",
        lon=IN_GRID_B[0], lat=IN_GRID_B[1],
    ).case  # fmt: skip
    cases.accept(
        case=typed,
        matter=door.matter,
        by=door.scene.community_clerk,
        now=morning + timedelta(days=4),
        version=None,
    )

    def numbers(key: str = "reads", **told: Any) -> set[str]:
        return {row["number"] for row in walk(door.call, key, **told)}

    every = {one.number, given.number, typed.number}
    assert numbers() == numbers(path="/001/") == numbers(path="/001/003/") == every
    assert numbers(state="reported") == {one.number} and numbers(state="unfinished") == every
    assert numbers(matter="LD1") == numbers(matter="urban_environment") == {typed.number}
    assert numbers(unit=door.scene.units["department"].id) == {given.number, typed.number}
    assert numbers(reported_from=(morning + timedelta(days=1)).isoformat()) == every - {one.number}
    assert numbers(reported_before=(morning + timedelta(days=1)).isoformat()) == {one.number}
    assert numbers(path="/003/") == set()
    assert numbers("acts") == {given.number, typed.number}


def test_no_filter_tells_more_than_the_window(door: Door, morning: datetime) -> None:
    """Who sees the community only cannot find out the compound or the grid by asking for each."""
    case = door.given(morning)
    assert case.place_path == "/001/003/C1/"
    for path in ("/001/003/C1/", "/001/003/g1001/"):
        assert walk(door.call, "reads", path=path) == [], path
    assert [one["number"] for one in walk(door.call, "acts", path="/001/003/C1/")] == [case.number]
    assert [one["number"] for one in walk(door.call, "full", path="/001/003/C1/")] == [case.number]


def test_what_was_merged_leads_to_where_it_goes_on(door: Door, morning: datetime) -> None:
    number = door.report("reports", phone="13900000001").value["number"]
    (other,) = some(door.scene, morning, 1)
    merged = Case.objects.get(number=number)
    cases.merge_into(
        case=merged, number=other.number, by=door.scene.street_clerk, now=morning + LATER, version=None
    )
    assert door.call.get(f"/cases/{number}", "reads").value["merged_into"] == other.number
    told = door.call.get(f"/cases/{number}", "reports").value
    assert (told["state"], told["merged_into"], told["text"]) == ("merged", None, "路灯不亮")
    assert "第0件" not in str(told)
