"""Reports of one matter become one case and part again; chains and circles never come about."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case, CaseOfficer, CaseReporter, CaseStep, CaseUnit
from mulin.services.cases.queries import merging
from mulin.services.cases.rules import alike, metres_between
from tests.cases.catalogue import matter
from tests.cases.scenes import PHONE, fresh, in_state, reported
from tests.cases.test_handling import todos
from tests.cases.test_intake import picture
from tests.personas import COUNTY, IN_GRID_B, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")
GRID_C = (119.685, 41.405)


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def merge(case: Case, into: Case, scene: Scene, at: datetime, by: str = "community_clerk") -> Case:
    return actions.merge_into(case=case, number=into.number, by=getattr(scene, by), now=at, version=None)


def part(case: Case, scene: Scene, at: datetime) -> Case:
    return actions.unmerge(case=case, reason="不是一件", by=scene.community_clerk, now=at, version=None)


def stands(case: Case) -> dict[str, Any]:
    """Everything that unmerging has to give back."""
    row = fresh(case)
    kept = (
        "state", "due_at", "step_due_at", "response_due_at", "paused_since", "resume_state", "handler_id", "level",
        "unit_id", "held_role", "held_path", "step_since", "accepted_at", "taken_up_at", "merged_into_id", "clocks",
        "next_check_at", "round",
    )  # fmt: skip
    keys = [case.id, *case.units.values_list("id", flat=True), *case.officers.values_list("id", flat=True)]
    work = WorkItem.objects.filter(subject_id__in=keys, done_at=None).order_by("id")
    return {
        "row": {name: getattr(row, name) for name in kept},
        "work": list(
            work.values("id", "kind", "person", "role", "path", "unit", "opened_at", "due_at", "paused_since")
        ),
        "parts": list(case.units.order_by("id").values_list("id", "until")),
        "named": list(case.officers.order_by("id").values_list("id", "until")),
    }


@pytest.mark.parametrize("state", ["reported", "asked", "assigned", "in_hand", "returned"])
def test_a_report_merged_and_parted_stands_as_it_stood(county: Scene, now: datetime, state: str) -> None:
    target = reported(county, now).case
    case, receipt = in_state(county, now, state, by="resident")
    before = stands(case)
    case = merge(case, target, county, later(now, 9))
    assert (case.state, case.merged_into_id, todos(case)) == ("merged", target.id, {})
    assert not CaseUnit.objects.filter(case=case, until=None).exists()
    assert Notice.objects.filter(template="case_merged", subject_id=case.id).exists()
    held = queries.by_receipt(receipt)
    assert held is not None and queries.followed_case(held).id == target.id
    case = part(case, county, later(now, 50))
    assert stands(case) == before
    assert Notice.objects.filter(template="case_unmerged", subject_id=case.id).exists()
    told = CaseStep.objects.filter(case=target).order_by("at").values_list("action", "note", "public")
    assert list(told)[1:] == [
        ("merged_here", case.number, False),
        ("unmerged_here", case.number, False),
    ]


def test_units_that_help_and_named_officers_have_their_work_back(county: Scene, now: datetime) -> None:
    case = actions.dispatch(
        case=reported(county, now).case, level="county", unit=county.units["department"].id,
        assists=[county.units["other_department"].id], persons=[county.persons["department"].id],
        by=county.county_clerk, now=now, version=None,
    )  # fmt: skip
    target, before = reported(county, now).case, stands(case)
    assert len(before["work"]) == 3 and len(before["named"]) == 1
    merge(case, target, county, later(now, 1))
    assert not CaseOfficer.objects.filter(until=None).exists()
    part(case, county, later(now, 2))
    assert stands(case) == before


def test_three_reporters_each_follow_and_rate_for_themselves(county: Scene, now: datetime) -> None:
    made = [reported(county, now, phone=f"1381234567{n}", name=f"反映人{n}") for n in range(3)]
    target = actions.take_up(case=made[0].case, by=county.grid_worker, now=later(now, 1), version=None)
    for one in made[1:]:
        merge(one.case, target, county, later(now, 2))
    target = actions.dispose(
        case=target, result="换了灯泡", by=county.grid_worker, now=later(now, 3), version=None
    )
    waiting = [one for one in queries.reporters(target) if not one.told]
    assert len(waiting) == 3
    for one in waiting:
        target = actions.inform(
            case=target,
            outcome="reached",
            reporter=one.id,
            by=county.grid_worker,
            now=later(now, 4),
            version=None,
        )
    assert target.informed_at == later(now, 4)
    actions.rate(receipt=made[1].receipt, score="satisfied", by=county.stranger, now=later(now, 5))
    assert fresh(target).state == "closed"
    actions.rate(
        receipt=made[2].receipt, score="dissatisfied", comment="还黑", by=county.stranger, now=later(now, 6)
    )
    actions.rate(receipt=made[0].receipt, score="fair", by=county.stranger, now=later(now, 7))
    assert [one.score for one in queries.ratings(target)] == ["satisfied", "dissatisfied", "fair"]
    for one, mine in zip(made, ("fair", "satisfied", "dissatisfied"), strict=True):
        held = queries.by_receipt(one.receipt)
        assert held is not None
        story = queries.timeline(held.case, county.stranger, receipt=one.receipt, public=True, reader=held)
        titles = [entry.title for entry in story.entries]
        assert sum(title.startswith("反映人已评价") for title in titles) == 1, (titles, mine)
        assert any("换了灯泡" in entry.text for entry in story.entries)
        assert ("还黑" in str(story.entries)) == (mine == "dissatisfied")


def test_whoever_is_left_knows_once_the_one_who_did_not_is_taken_out(county: Scene, now: datetime) -> None:
    mine, other = (
        reported(county, now, by="resident").case,
        reported(county, now, phone=PHONE, name="王秀英").case,
    )
    merge(other, mine, county, later(now, 1))
    target = actions.take_up(case=mine, by=county.grid_worker, now=later(now, 2), version=None)
    target = actions.dispose(
        case=target, result="换了灯泡", by=county.grid_worker, now=later(now, 3), version=None
    )
    assert target.informed_at is None and "call_or_visit" in todos(target)  # the other one has to be called
    part(other, county, later(now, 5))
    target = fresh(target)
    assert target.informed_at == later(now, 3) and "call_or_visit" not in todos(target)
    assert fresh(other).informed_at is None
    assert actions.close(case=target, by=county.community_clerk, now=later(now, 6), version=None).closed_at


def test_a_verified_result_closes_once_the_one_who_did_not_know_is_taken_out(
    county: Scene, now: datetime
) -> None:
    kind = matter(county, now, "V1", "grid", verification="second_person")
    mine = actions.accept(
        case=reported(county, now, by="resident").case,
        matter=kind,
        by=county.community_clerk,
        now=now,
        version=None,
    )
    other = reported(county, now, phone=PHONE).case
    merge(other, mine, county, later(now, 1))
    target = actions.take_up(case=mine, by=county.grid_worker, now=later(now, 2), version=None)
    target = actions.dispose(
        case=target, result="换了灯泡", by=county.grid_worker, now=later(now, 3), version=None
    )
    target = actions.verify_pass(case=target, by=county.community_clerk, now=later(now, 4), version=None)
    assert target.state == "verified"
    part(other, county, later(now, 5))
    assert fresh(target).state == "closed" and todos(fresh(target)) == {}


def test_what_one_reporter_says_is_not_for_the_others(county: Scene, now: datetime) -> None:
    first, second = reported(county, now, photos=[picture()]), reported(county, now)
    merge(second.case, first.case, county, later(now, 1))
    actions.ask(case=first.case, question="哪一盏？", by=county.grid_worker, now=later(now, 2), version=None)
    actions.answer(
        case=first.case, receipt=second.receipt, text="我家门口那盏", by=county.stranger, now=later(now, 3), version=None,
        photos=[picture()],
    )  # fmt: skip
    actions.split(
        case=first.case, text="我还要说别的", by=county.community_clerk, now=later(now, 4), version=None
    )
    stories = []
    for one in (first, second):
        held = queries.by_receipt(one.receipt)
        assert held is not None
        stories.append(
            queries.timeline(held.case, county.stranger, receipt=one.receipt, public=True, reader=held)
        )
    asked, answered = stories
    assert "我家门口那盏" not in str(asked.entries) and "我家门口那盏" in str(answered.entries)
    assert "哪一盏？" in str(asked.entries) and "哪一盏？" in str(answered.entries)
    assert "我还要说别的" in str(asked.entries) and "我还要说别的" not in str(answered.entries)
    assert [len(entry.photos) for entry in answered.entries if entry.photos] == [1]
    assert CaseReporter.objects.filter(case__split_from=first.case).count() == 1


def test_a_message_names_the_readers_own_report(county: Scene, now: datetime) -> None:
    first = reported(county, now)
    second = reported(county, now, by="resident")
    merge(second.case, first.case, county, later(now, 1))
    actions.reply(case=first.case, text="下午去", by=county.grid_worker, now=later(now, 2), version=None)
    sent = Notice.objects.get(template="case_replied")
    assert (sent.params["number"], sent.subject_id) == (second.case.number, second.case.id)
    assert queries.own_receipt(county.resident, sent.subject_id) == second.receipt


def test_a_message_that_fails_is_about_the_case_that_goes_on(county: Scene, now: datetime) -> None:
    first, second = reported(county, now), reported(county, now, phone=PHONE)
    merge(second.case, first.case, county, later(now, 1))
    actions.message_failed(subject_id=second.case.id, notice_id=second.case.id, now=later(now, 2))
    assert "call_or_visit" in todos(first.case) and todos(second.case) == {}


def test_one_reporter_takes_his_back_and_it_goes_on_for_the_other(county: Scene, now: datetime) -> None:
    first, second = reported(county, now), reported(county, now)
    merge(second.case, first.case, county, later(now, 1))
    actions.withdraw(receipt=first.receipt, by=county.stranger, now=later(now, 2))
    assert fresh(first.case).state == "reported"
    actions.withdraw(receipt=second.receipt, by=county.stranger, now=later(now, 3))
    assert fresh(first.case).state == "withdrawn" and fresh(second.case).state == "merged"


def test_an_order_from_above_stands_whatever_is_merged(county: Scene, now: datetime) -> None:
    target = reported(county, now).case
    case, _receipt = in_state(county, now, "in_hand")
    actions.supervise(
        case=case, text="请说明", due_at=later(now, 48), by=county.leader, now=later(now, 2), version=None
    )
    merge(case, target, county, later(now, 9))
    assert set(todos(case)) == {"supervised"}
    part(case, county, later(now, 10))
    assert set(todos(case)) == {"handle", "supervised"}


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_chains_no_circles_no_strangers(county: Scene, now: datetime) -> None:
    a, b, c = (reported(county, now).case for _one in range(3))
    with pytest.raises(Refused, match="自己的编号"):
        merge(a, a, county, later(now, 1))
    merge(a, b, county, later(now, 1))
    with pytest.raises(Refused, match="自己也并到"):
        merge(c, a, county, later(now, 2))
    with pytest.raises(Refused, match="反过来并"):
        merge(b, c, county, later(now, 2))
    with pytest.raises(Refused, match="没有这个编号"):
        actions.merge_into(
            case=c, number="211322-000000000", by=county.community_clerk, now=later(now, 2), version=None
        )
    elsewhere = reported(county, now, at=GRID_C).case
    with pytest.raises(Refused, match="没有这个编号"):
        merge(c, elsewhere, county, later(now, 2))
    assert merge(c, elsewhere, county, later(now, 2), by="county_clerk").state == "merged"
    for state in ("disposed", "closed", "not_admitted", "appealed"):
        over, _receipt = in_state(county, now, state)
        with pytest.raises(Refused, match="不能再并入"):
            merge(reported(county, now).case, over, county, later(now, 9))
    with pytest.raises(Refused, match="不能"):
        part(b, county, later(now, 3))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(moves=st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 4)), max_size=14))
def test_whatever_is_tried_nothing_hangs_on_what_hangs(
    county: Scene, now: datetime, moves: list[tuple[bool, int, int]]
) -> None:
    cases = [reported(county, now).case for _one in range(5)]
    dues = {case.id: case.due_at for case in cases}
    for hour, (joins, one, other) in enumerate(moves, start=1):
        try:
            if joins:
                merge(cases[one], cases[other], county, later(now, hour))
            else:
                part(cases[one], county, later(now, hour))
        except Refused:
            pass
        rows = {row.id: row for row in Case.objects.filter(pk__in=dues)}
        for row in rows.values():
            assert (row.state == "merged") == (row.merged_into_id is not None)
            if row.merged_into_id is not None:
                assert rows[row.merged_into_id].merged_into_id is None and row.merged_into_id != row.id
            assert bool(todos(row)) == (row.state != "merged")
            assert row.due_at == dues[row.id]


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_merge_crosswise_one_is_told(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        one, other = reported(scene, now).case, reported(scene, now).case
    start, said = threading.Barrier(2), []

    def join(case: Case, into: Case) -> None:
        try:
            start.wait()
            with county_scope(COUNTY):
                merge(case, into, scene, later(now, 1))
                said.append("merged")
        except Refused as refused:
            said.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=join, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) in (["has_merged", "merged"], ["merged", "merged_itself"], ["merged", "not_now"])
    with county_scope(COUNTY):
        assert Case.objects.filter(merged_into__isnull=False).count() == 1


# ── side by side ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_likeliest_stands_first(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    same = reported(county, later(now, 2), text="双虹家园3号楼东门的路灯坏了，晚上看不见路").case
    near = reported(county, later(now, 1), text="垃圾没人清").case
    far = reported(county, later(now, 1), at=IN_GRID_B, text="有狗叫").case
    reported(county, now - timedelta(days=20))
    reported(county, now, at=GRID_C)
    in_state(county, now, "disposed")
    found = merging.candidates(county.community_clerk, case)
    assert [one.case.id for one in found] == [same.id, near.id, far.id]
    assert (found[0].metres, found[0].hours, found[0].alike > 50) == (0, 2, True)
    assert merging.candidates(county.other_clerk, case) == []


def test_how_far_and_how_alike() -> None:
    assert metres_between((119.64, 41.40), (119.64, 41.41)) == pytest.approx(1112, abs=1)
    assert metres_between((119.64, 41.40), (119.65, 41.40)) == pytest.approx(834, abs=1)
    assert alike("路灯坏了", "路灯 坏了！") == 1.0 and alike("路灯", "垃圾") == alike("", "路灯") == 0.0
