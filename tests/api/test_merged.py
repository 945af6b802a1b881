"""What becomes of a report that was merged is told to the system that reported it, and no more of the other case than that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.webhooks import actions as webhooks
from mulin.ground.webhooks.models import Delivery
from mulin.kernel import hooks
from mulin.kernel.county import all_counties
from mulin.services.cases import actions, queries
from mulin.services.cases.actions import happening
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.rules.events import EVENTS, goes_on
from tests.api.conftest import Door
from tests.api.test_keeping_up import Reader
from tests.api.test_paging import some
from tests.personas import Scene
from tests.webhooks.consumer import Consumer, consumer

MINUTE = timedelta(minutes=1)


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


@pytest.fixture
def peer(settings: Any) -> Iterator[Consumer]:
    settings.WEBHOOKS_PRIVATE = True
    with consumer() as made:
        yield made


def subscribe(door: Door, peer: Consumer, system: str, now: datetime) -> None:
    webhooks.subscribe(
        system=door.systems[system].id, url=peer.url, events=list(hooks.event_words), by=door.scene.admin, now=now
    )  # fmt: skip


def merged(door: Door, now: datetime) -> tuple[Case, Case]:
    """(what a system reported, a neighbour's case into which it was merged)."""
    number = door.report("reports").value["number"]
    (other,) = some(door.scene, now, 1)
    case = Case.objects.get(number=number)
    actions.merge_into(
        case=case, number=other.number, by=door.scene.community_clerk, now=later(now, 0.5), version=None
    )
    return case, other


def done(scene: Scene, case: Case, now: datetime) -> Case:
    row = actions.take_up(case=case.id, by=scene.grid_worker, now=later(now, 1), version=None)
    row = actions.dispose(case=row, result="换了灯泡", by=scene.grid_worker, now=later(now, 2), version=None)
    for one in CaseReporter.objects.filter(case=case):
        actions.rate(
            receipt=one.receipt, score="satisfied", by=scene.resident, now=later(now, 3), comment="很快"
        )
    return Case.objects.get(id=case.id)


def events(peer: Consumer, now: datetime) -> list[tuple[str, str, str]]:
    """(number, event, state) of what was sent, in order."""
    webhooks.send_due(now=now)
    told = [one.body for one in peer.received]
    return [(one["data"]["case"], one["type"], one["data"]["state"]) for one in told]


def test_the_system_is_told_under_the_number_that_it_knows(
    door: Door, peer: Consumer, morning: datetime
) -> None:
    subscribe(door, peer, "reports", morning)
    case, other = merged(door, morning)
    assert done(door.scene, other, morning).state == "closed"
    assert events(peer, later(morning, 4)) == [
        (case.number, "case.reported", "reported"),
        (case.number, "case.merged", "merged"),
        (case.number, "case.taken_up", "in_hand"),
        (case.number, "case.disposed", "disposed"),
        (case.number, "case.closed", "closed"),
    ]
    assert other.number not in "".join(one.raw.decode() for one in peer.received)
    versions = [one.body["data"]["version"] for one in peer.received]
    assert versions == sorted(versions) and versions[-1] == Case.objects.get(id=case.id).version


def test_whoever_sees_every_case_is_told_of_it_once(door: Door, peer: Consumer, morning: datetime) -> None:
    subscribe(door, peer, "reads", morning)
    _case, other = merged(door, morning)
    done(door.scene, other, morning)
    ends = [number for number, event, _state in events(peer, later(morning, 4)) if event == "case.closed"]
    assert ends == [other.number]


def test_it_is_found_by_whoever_keeps_up_and_says_what_became_of_it(
    door: Door, morning: datetime, clock_at: Callable[[datetime], None]
) -> None:
    case, other = merged(door, morning)
    reader = Reader(door, clock_at, morning - MINUTE, key="reports")
    reader.read(later(morning, 0.7))
    told = reader.known[case.number]
    assert set(reader.known) == {case.number}
    assert (told["state"], told["merged_into"], told["merged_state"]) == ("merged", None, "reported")
    done(door.scene, other, morning)
    reader.read(later(morning, 5))
    assert set(reader.known) == {case.number}
    told = reader.known[case.number]
    assert (told["state"], told["merged_state"]) == ("merged", "closed")
    assert told["changed_at"] == later(morning, 3).isoformat()
    whole = door.call.get(f"/cases/{case.number}", "reports").value
    assert (whole["result"], whole["merged_state"]) == ("换了灯泡", "closed")
    assert "很快" not in str(whole) and other.number not in str(whole) and "第0件" not in str(whole)


def test_once_it_stands_for_itself_again_nothing_more_of_the_other_is_told(
    door: Door, peer: Consumer, morning: datetime
) -> None:
    subscribe(door, peer, "reports", morning)
    case, other = merged(door, morning)
    actions.unmerge(
        case=case.id, reason="不是一件", by=door.scene.community_clerk, now=later(morning, 0.7), version=None
    )
    assert Case.objects.get(id=other.id).carried == 0
    done(door.scene, other, morning)
    assert [event for _number, event, _state in events(peer, later(morning, 4))] == [
        "case.reported",
        "case.merged",
        "case.unmerged",
    ]
    assert door.call.get(f"/cases/{case.number}", "reports").value["merged_state"] is None


def test_a_unit_that_does_not_see_the_other_case_learns_nothing_of_it(door: Door, morning: datetime) -> None:
    scene, (other,) = door.scene, some(door.scene, morning, 1)
    case = Case.objects.get(number=door.report("reports").value["number"])
    told: dict[str, Any] = {"by": scene.county_clerk, "version": None}
    unit = scene.units["department"].id
    actions.dispatch(case=case, level="county", unit=unit, now=later(morning, 0.2), **told)
    actions.merge_into(case=case.id, number=other.number, now=later(morning, 0.5), **told)
    done(scene, other, morning)
    seen = door.call.get(f"/cases/{case.number}", "acts").value
    assert (seen["window"], seen["merged_into"], seen["merged_state"]) == ("unit", None, None)
    assert seen["result"] is None and "goes_on" not in [one["action"] for one in seen["steps"]]
    seen = door.call.get(f"/cases/{case.number}", "full").value
    assert (seen["window"], seen["merged_state"], seen["result"]) == ("unit", "closed", None)
    there = door.call.get(f"/cases/{other.number}", "full").value
    assert (there["window"], there["result"]) == ("wide", None)
    assert "goes_on" in [one["action"] for one in seen["steps"]]


def test_a_unit_that_deals_with_the_other_case_too_reads_its_result(door: Door, morning: datetime) -> None:
    scene, (other,) = door.scene, some(door.scene, morning, 1)
    case = Case.objects.get(number=door.report("reports").value["number"])
    told: dict[str, Any] = {"by": scene.county_clerk, "version": None}
    unit = scene.units["department"].id
    for one in (case, other):
        actions.dispatch(case=one, level="county", unit=unit, now=later(morning, 0.2), **told)
    actions.merge_into(case=case.id, number=other.number, now=later(morning, 0.5), **told)
    row = actions.take_up(case=other.id, by=scene.department, now=later(morning, 1), version=None)
    actions.dispose(case=row, result="换了灯泡", by=scene.department, now=later(morning, 2), version=None)
    seen = door.call.get(f"/cases/{case.number}", "acts").value
    assert (seen["window"], seen["merged_state"], seen["result"]) == ("unit", "disposed", "换了灯泡")


def test_what_only_staff_or_another_reporter_said_does_not_go_along(door: Door, morning: datetime) -> None:
    case, other = merged(door, morning)
    scene = door.scene
    kind = {"matter": door.matter, "reason": "是路灯", "by": scene.community_clerk, "version": None}
    actions.accept(case=other.id, by=scene.community_clerk, now=later(morning, 0.8), version=None)
    actions.reclassify(case=other.id, now=later(morning, 0.9), **kind)
    done(scene, other, morning)
    went = CaseStep.objects.filter(case=case, action="goes_on").order_by("at", "id")
    assert [one.facts["step"] for one in went] == ["accept", "take_up", "dispose", "close"]
    assert not any(one.public or one.note for one in went)
    assert {step for step in EVENTS if not goes_on(step)} == {"rate", "answer", "appeal", "withdraw"}


def test_staff_read_it_in_the_story_of_the_report(door: Door, morning: datetime) -> None:
    case, other = merged(door, morning)
    done(door.scene, other, morning)
    row = Case.objects.get(id=case.id)
    titles = [one.title for one in queries.timeline(row, door.scene.community_clerk).entries]
    assert titles[-1] == "并入的那一件：已结案"
    receipt = CaseReporter.objects.get(case=case).receipt
    seen = [one.title for one in queries.timeline(row, door.scene.stranger, receipt=receipt).entries]
    assert "已结案" in seen and not any("并入的那一件" in one for one in seen)


def test_a_case_that_carries_nothing_costs_nothing_more(door: Door, morning: datetime) -> None:
    (plain,) = some(door.scene, morning, 1)
    with CaptureQueriesContext(connection) as caught:
        happening.write_step(
            case=plain, by=door.scene.grid_worker, at=morning, action="visit", to_state=plain.state
        )
    assert len(caught) == 1
    case, other = merged(door, morning)
    other.refresh_from_db()
    assert other.carried == 1 and case.carried == 0
    with CaptureQueriesContext(connection) as caught:
        happening.write_step(
            case=other, by=door.scene.grid_worker, at=morning, action="reply", to_state=other.state
        )
    assert len(caught) == 3


def test_what_was_merged_before_is_counted_when_the_house_is_brought_up_to_date(
    door: Door, morning: datetime
) -> None:
    from importlib import import_module

    _case, other = merged(door, morning)
    Case.objects.update(carried=0)
    sql = import_module("mulin.services.cases.migrations.0035_carried").COUNT
    with all_counties(), connection.cursor() as cursor:
        cursor.execute(sql)
    other.refresh_from_db()
    assert other.carried == 1 and Case.objects.filter(carried=0).count() == 1


def test_the_address_in_an_event_is_that_of_the_door_through_which_its_system_comes(
    door: Door, peer: Consumer, morning: datetime
) -> None:
    for name in ("reads", "full"):
        subscribe(door, peer, name, morning)
    (case,) = some(door.scene, morning, 1)
    webhooks.send_due(now=later(morning, 1))
    assert Delivery.objects.count() == 2
    urls = sorted(one.body["data"]["url"] for one in peer.received)
    assert urls == [
        f"https://testserver/api/v1/cases/{case.number}",
        f"https://testserver/open311/v2/requests/{case.number}.json",
    ]
    read = door.call.get(urls[0].removeprefix("https://testserver/api/v1"), "full")
    assert read.status == 200 and read.value["number"] == case.number
