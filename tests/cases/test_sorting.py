"""Another matter type, another place, two matters in one message."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.queries import merging, offers
from tests.cases.catalogue import matter
from tests.cases.scenes import PHONE, browser, in_state, reported
from tests.cases.test_handling import todos
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")
HOUR = 60


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def told(scene: Scene, at: datetime, by: str = "community_clerk", **more: Any) -> dict[str, Any]:
    return {"by": getattr(scene, by), "now": at, "version": None} | more


# ── type ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_total_clock_counts_from_the_admission_by_the_new_type_and_keeps_the_rests(
    county: Scene, now: datetime
) -> None:
    short = matter(county, now, "S1", "grid", limits={"dispose": 24 * HOUR, "accept": 2 * HOUR})
    long = matter(county, now, "L1", "grid", limits={"dispose": 96 * HOUR, "accept": 8 * HOUR})
    made = reported(county, now)
    actions.accept(case=made.case, matter=short, **told(county, later(now, 1)))
    case = actions.take_up(case=made.case, **told(county, later(now, 2), "grid_worker"))
    assert (case.due_at, case.step_due_at) == (later(now, 25), later(now, 25))
    actions.ask(case=case, question="哪里？", **told(county, later(now, 3)))
    case = actions.answer(
        case=case, receipt=made.receipt, text="东边", **told(county, later(now, 13), "stranger")
    )
    assert case.due_at == later(now, 35)
    case = actions.reclassify(
        case=case, matter=long, reason="不是灯坏，是线路断了", **told(county, later(now, 14))
    )
    assert (case.state, case.due_at, case.step_due_at) == ("in_hand", later(now, 107), later(now, 107))
    assert WorkItem.objects.get(kind="handle", done_at=None).due_at == later(now, 107)
    case = actions.reclassify(case=case, matter=short, reason="还是灯坏", **told(county, later(now, 15)))
    assert (case.due_at, case.step_due_at) == (later(now, 35), later(now, 35))
    step = CaseStep.objects.filter(action="reclassify").order_by("at")[0]
    assert (step.note, step.public) == ("不是灯坏，是线路断了", False)
    assert (step.facts["before"], step.facts["matter"]) == ("事项S1", "事项L1")


def test_what_is_not_admitted_yet_gets_a_type_and_no_new_clock(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "S2", "grid", limits={"dispose": HOUR})
    before = reported(county, now).case
    case = actions.reclassify(case=before, matter=kind, reason="路灯", **told(county, later(now, 1)))
    assert case.matter is not None and case.due_at == before.due_at and case.state == "reported"


def test_whoever_has_it_keeps_it_and_the_page_says_whose_it_would_be(county: Scene, now: datetime) -> None:
    mine = matter(county, now, "S3", "grid")
    theirs = matter(county, now, "S4", "county", lead="department")
    case = reported(county, now).case
    case = actions.accept(case=case, matter=mine, **told(county, now))
    assert offers.elsewhere(case, now) == ""
    case = actions.reclassify(case=case, matter=theirs, reason="归市场监管", **told(county, later(now, 1)))
    assert (case.level, case.unit_id) == ("grid", None)
    assert "县市场监督管理局" in offers.elsewhere(case, now)


def test_a_type_is_changed_with_a_reason_to_another_one_that_there_is(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "S5", "grid")
    case = actions.accept(case=reported(county, now).case, matter=kind, **told(county, now))
    with pytest.raises(Refused, match="已经是这一类"):
        actions.reclassify(case=case, matter=kind, reason="x", **told(county, now))
    with pytest.raises(Refused, match="没有这一项"):
        actions.reclassify(case=case, matter=case.id, reason="x", **told(county, now))
    with pytest.raises(Refused, match="为什么改"):
        actions.reclassify(case=case, matter=kind, reason=" ", **told(county, now))


# ── place ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "becomes"), [("reported", "reported"), ("assigned", "assigned"), ("in_hand", "assigned"), ("returned", "assigned")]
)  # fmt: skip
def test_it_goes_to_whoever_holds_there(county: Scene, now: datetime, state: str, becomes: str) -> None:
    before, _receipt = in_state(county, now, state)
    grid = county.grids["b"].id
    case = actions.relocate(case=before, grid=grid, reason="在东边那栋", **told(county, later(now, 9)))
    assert (case.state, case.grid_path, case.handler_id) == (becomes, "/001/003/g1002/", None)
    assert todos(case) == {"handle": ("grid_worker", "/001/003/g1002/")}
    assert case.due_at == before.due_at
    step = CaseStep.objects.get(action="relocate")
    assert step.facts == {"from": "/001/003/g1001/", "to": "/001/003/g1002/"} and step.public


def test_a_place_without_a_grid_is_screened_where_nobody_admitted_it(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    place = county.places["other_community"].id
    case = actions.relocate(
        case=case, place=place, reason="在铁西", **told(county, later(now, 1), "county_clerk")
    )
    assert (case.state, case.grid_path, case.place_path) == ("reported", "", "/003/004/")
    assert todos(case) == {"screen": ("community_clerk", "/003/004/")}


def test_it_leaves_one_compound_and_comes_into_another(county: Scene, now: datetime) -> None:
    case = reported(county, now, place=county.places["building"].id).case
    beside, here = county.places["other_community"].id, county.places["compound"].id
    for place, compound in ((beside, None), (here, here)):
        by = told(county, later(now, 1), "county_clerk")
        case = actions.relocate(case=case, place=place, reason="写错了地方", **by)
        assert case.compound_id == compound
    case = actions.relocate(case=case, grid=county.grids["b"].id, reason="同一社区", **by)
    assert (case.grid_path, case.compound_id) == ("/001/003/g1002/", here), (
        "another grid of its community tells no place"
    )
    case = actions.relocate(case=case, grid=county.grids["c"].id, reason="在铁西", **by)
    assert (case.place_path, case.compound_id) == ("/003/004/", None)


def test_the_same_holder_goes_on(county: Scene, now: datetime) -> None:
    theirs = matter(county, now, "P1", "county", lead="department")
    case = actions.accept(case=reported(county, now).case, matter=theirs, **told(county, now))
    case = actions.take_up(case=case, **told(county, later(now, 1), "department"))
    case = actions.relocate(
        case=case, grid=county.grids["b"].id, reason="东边", **told(county, later(now, 2))
    )
    assert (case.state, case.handler_id) == ("in_hand", county.persons["department"].id)


def test_nobody_sends_it_out_of_his_territory_or_to_where_it_lies(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    for grid, words in ((county.grids["c"].id, "负责的区域"), (county.grids["a"].id, "本来就在")):
        with pytest.raises(Refused, match=words):
            actions.relocate(case=case, grid=grid, reason="x", **told(county, now))
    with pytest.raises(Refused, match="改到哪里"):
        actions.relocate(case=case, reason="x", **told(county, now))


# ── split ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_second_matter_is_a_case_of_its_own_and_its_reporter_has_a_receipt(
    county: Scene, now: datetime
) -> None:
    made = reported(county, now, by="resident", phone=PHONE, name="王秀英")
    actions.take_up(case=made.case, **told(county, later(now, 1), "grid_worker"))
    actions.split(case=made.case, text="楼道里还堆着杂物，请清走。", **told(county, later(now, 2)))
    part = Case.objects.get(split_from=made.case)
    assert (part.state, part.title, part.grid_path) == (
        "reported",
        "楼道里还堆着杂物，请清走",
        "/001/003/g1001/",
    )
    assert part.number != made.case.number and part.reported_at == now
    assert (part.response_due_at, part.step_due_at) == (made.case.response_due_at, later(now, 26))
    assert todos(part) == {"handle": ("grid_worker", "/001/003/g1001/")}
    mine, theirs = (CaseReporter.objects.get(case=one) for one in (made.case, part))
    assert theirs.receipt != mine.receipt and theirs.phone_sealed == mine.phone_sealed
    assert Notice.objects.filter(template="case_split", subject_id=part.id).exists()
    assert Case.objects.get(pk=made.case.pk).state == "in_hand"
    kin = merging.relatives(county.community_clerk, part)
    assert [one.id for one in kin["from"]] == [made.case.id]
    assert [one.id for one in merging.relatives(county.community_clerk, made.case)["parts"]] == [part.id]


def test_a_visitor_finds_the_second_receipt_on_the_first_and_the_way_back(
    county: Scene, now: datetime
) -> None:
    made, other = reported(county, now), reported(county, now)
    for one in (made, other):
        actions.split(case=one.case, text="楼道里还堆着杂物。", **told(county, later(now, 1)))
    part = CaseReporter.objects.get(case__split_from=made.case)
    visitor = browser(county)

    def linked(receipt: str) -> set[str]:
        return set(re.findall(r"/r/([\w-]+)/\"", visitor.get(f"/r/{receipt}/").content.decode())) - {receipt}

    assert linked(made.receipt) == {part.receipt} and linked(part.receipt) == {made.receipt}
    assert "分开办的" not in visitor.get(f"/r/{reported(county, now).receipt}/").content.decode()


def test_the_form_of_admission_begins_with_what_is_known(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "S9", "grid")
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, urgency="urgent", **told(county, now))
    first = case.matter_id
    newer = apps.get_model("catalogue.MatterVersion").objects.get(pk=first)
    newer.pk, newer.id, newer.number = None, uuid7(), 2
    apps.get_model("catalogue.MatterVersion").objects.filter(pk=first).update(state="retired", retired_at=now)
    newer.save(force_insert=True)
    page = browser(county, "community_clerk").get(f"/desk/cases/{case.id}/?act=accept").content.decode()
    assert f'<option value="{kind}" selected' in page and '<option value="urgent" selected' in page
    case = actions.accept(case=case, matter=kind, urgency="urgent", **told(county, later(now, 1)))
    assert case.matter_id == first, "it keeps the version under which it was admitted"


def test_who_can_only_be_called_is_called_about_the_second_one(county: Scene, now: datetime) -> None:
    made = reported(county, now, phone=PHONE)
    actions.split(case=made.case, text="另一件", **told(county, later(now, 1)))
    assert "call_or_visit" in todos(Case.objects.get(split_from=made.case))
    with pytest.raises(Refused, match="另一件是什么"):
        actions.split(case=made.case, text=" ", **told(county, later(now, 1)))


@pytest.mark.parametrize("who", ["grid_worker", "leader", "admin"])
def test_clerks_alone_sort(county: Scene, now: datetime, who: str) -> None:
    case = reported(county, now).case
    for act, more in ACTS.items():
        with pytest.raises(NotAllowed):
            getattr(actions, act)(case=case, **told(county, now, who), **more)


@pytest.mark.parametrize(
    "who", ["other_grid_worker", "other_clerk", "department", "other_resident", "merchant"]
)
def test_others_know_of_nothing_to_sort(county: Scene, now: datetime, who: str) -> None:
    case = reported(county, now).case
    for act, more in ACTS.items():
        with pytest.raises(NotFound):
            getattr(actions, act)(case=case, **told(county, now, who), **more)


ACTS: dict[str, dict[str, Any]] = {
    "reclassify": {"matter": None, "reason": "x"},
    "relocate": {"reason": "x"},
    "split": {"text": "x"},
    "merge_into": {"number": "x"},
}
