"""Rating, closing, reopening, and a reporter's right to be forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.people import actions as people
from mulin.ground.people import queries as people_read
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case, CaseReporter, CaseStep, Deferral, Rating, Supervision
from tests.cases.scenes import PHONE, fresh, in_state, reported
from tests.cases.test_handling import todos
from tests.cases.test_intake import picture
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")


def late(now: datetime, hours: int = 8) -> datetime:
    return now + timedelta(hours=hours)


@pytest.mark.parametrize("score", ["satisfied", "mostly_satisfied", "fair", "no_rating"])
def test_a_rating_closes_a_disposed_case(county: Scene, now: datetime, score: str) -> None:
    _case, receipt = in_state(county, now, "disposed")
    case = actions.rate(receipt=receipt, score=score, comment=" 谢谢 ", by=county.stranger, now=late(now))
    assert (case.state, case.closed_at) == ("closed", late(now)) and todos(case) == {}
    row = Rating.objects.get()
    assert (row.score, row.comment, row.closure) == (score, "谢谢", 1)


def test_the_dissatisfied_leave_it_open_for_the_clerk(county: Scene, now: datetime) -> None:
    _case, receipt = in_state(county, now, "disposed")
    case = actions.rate(
        receipt=receipt, score="dissatisfied", comment="还是黑的", by=county.stranger, now=late(now)
    )
    assert (case.state, case.closed_at) == ("disposed", None)
    assert todos(case)["dissatisfied"] == ("community_clerk", "/001/003/")
    case = actions.reopen(
        case=case, reason="居民说没修好", by=county.community_clerk, now=late(now, 9), version=case.version
    )
    assert (case.state, case.round, case.result, case.informed_at) == ("in_hand", 2, "", None)
    assert todos(case) == {"handle": (county.persons["grid_worker"].id, "/001/003/g1001/")}
    case = actions.dispose(
        case=case, result="换了整灯", by=county.grid_worker, now=late(now, 10), version=case.version
    )
    case = actions.rate(receipt=receipt, score="satisfied", by=county.stranger, now=late(now, 11))
    assert case.state == "closed"
    assert list(Rating.objects.order_by("closure").values_list("closure", "score")) == [
        (1, "dissatisfied"),
        (2, "satisfied"),
    ]


def test_one_rating_for_each_closure(county: Scene, now: datetime) -> None:
    _case, receipt = in_state(county, now, "disposed")
    actions.rate(receipt=receipt, score="satisfied", by=county.stranger, now=late(now))
    with pytest.raises(Refused, match="已经评价过"):
        actions.rate(receipt=receipt, score="dissatisfied", by=county.stranger, now=late(now))
    assert Rating.objects.count() == 1


def test_a_closed_case_can_still_be_rated(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "closed")
    actions.rate(receipt=receipt, score="dissatisfied", by=county.stranger, now=late(now))
    assert fresh(case).state == "closed" and "dissatisfied" in todos(case)


def test_a_clerk_follows_up_without_doing_it_again(county: Scene, now: datetime) -> None:
    _case, receipt = in_state(county, now, "closed")
    case = actions.rate(receipt=receipt, score="dissatisfied", by=county.stranger, now=late(now))
    for who in ("grid_worker", "leader"):
        with pytest.raises(NotAllowed):
            actions.follow_up(
                case=case, text="x", by=getattr(county, who), now=late(now), version=case.version
            )
    case = actions.follow_up(
        case=case, text="上门解释过了", by=county.community_clerk, now=late(now, 9), version=case.version
    )
    assert case.state == "closed" and todos(case) == {}
    assert queries.timeline(case, county.stranger).entries[-1].text == "上门解释过了"
    with pytest.raises(Refused, match="没有等着跟进"):
        actions.follow_up(
            case=case, text="x", by=county.community_clerk, now=late(now, 9), version=case.version
        )


def test_the_third_day_of_vain_calls_ends_the_asking(county: Scene, now: datetime) -> None:
    case = reported(county, now, phone=PHONE).case
    case = actions.refuse(
        case=case, reason="不归", where="别处", by=county.community_clerk, now=now, version=1
    )
    for tries in range(3):
        assert set(todos(case)) == {"call_or_visit"}
        for at in (late(now, 24 * tries + 1), late(now, 24 * tries + 2)):  # twice a day counts once
            case = actions.inform(
                case=case, outcome="not_reached", by=county.grid_worker, now=at, version=case.version
            )
            if tries == 2:
                break
    assert todos(case) == {} and case.first_response_at is None


def test_nobody_rates_his_own_work_or_what_is_not_done(county: Scene, now: datetime) -> None:
    _case, receipt = in_state(county, now, "in_hand", by="grid_worker")
    with pytest.raises(NotAllowed):
        actions.rate(receipt=receipt, score="satisfied", by=county.grid_worker, now=late(now))
    with pytest.raises(Refused, match="还没有办完"):
        actions.rate(receipt=receipt, score="satisfied", by=county.stranger, now=late(now))
    _case, receipt = in_state(county, now, "closed")
    with pytest.raises(NotAllowed):  # the clerk closed it
        actions.rate(receipt=receipt, score="satisfied", by=county.community_clerk, now=late(now))
    with pytest.raises(NotFound):
        actions.rate(
            receipt="211322-00000000000000000000X", score="satisfied", by=county.stranger, now=late(now)
        )
    with pytest.raises(Refused):
        actions.rate(receipt=receipt, score="splendid", by=county.stranger, now=late(now))
    assert not Rating.objects.exists()


def test_a_clerk_closes_once_the_reporter_knows(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed", phone=PHONE)
    for tries in range(3):
        with pytest.raises(Refused) as refused:
            actions.close(case=case, by=county.community_clerk, now=late(now), version=case.version)
        assert refused.value.code == "not_informed" and f"已有 {tries} 天" in refused.value.message
        case = actions.inform(
            case=case,
            outcome="not_reached",
            by=county.grid_worker,
            now=late(now, 4 + 24 * tries),
            version=case.version,
        )
    case = actions.close(case=case, by=county.community_clerk, now=late(now, 60), version=case.version)
    assert case.state == "closed" and todos(case) == {}
    assert CaseStep.objects.get(case=case, action="close").facts == {
        "by": "clerk",
        "unreached": "3",
        "level": "grid",
    }


def test_reopening_a_closed_case_starts_a_new_round(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "closed")
    case = actions.reopen(
        case=case, reason="又坏了", by=county.community_clerk, now=late(now), version=case.version
    )
    assert (case.state, case.closed_at, case.round) == ("in_hand", None, 2)
    assert case.first_response_at is not None and case.due_at > late(now)
    told = queries.timeline(case, county.stranger, public=True)
    assert [entry.title for entry in told.entries][-1] == "重新办理" and any(
        "换了灯泡" in e.text for e in told.entries
    )


def test_the_reporter_s_timeline_names_duties_not_people(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "closed", phone=PHONE)
    public = queries.timeline(case, county.stranger)
    inside = queries.timeline(case, county.community_clerk)
    names = {"张工", "陈工"}
    assert not any(name in entry.who for entry in public.entries for name in names)
    assert any("张工" in entry.who for entry in inside.entries)
    assert "网格员" in {entry.who for entry in public.entries}
    assert len(inside.entries) == len(public.entries) + 1  # the call is for staff


# ── the right to be forgotten ────────────────────────────────────────────────────────────────────────────────────


def test_erasure_empties_what_cases_keep_by_id_and_by_phone(county: Scene, now: datetime) -> None:
    phone, name = county.phones["resident"], "王秀英"
    own = reported(
        county,
        now,
        by="resident",
        text=f"我是{name}，电话{phone}，灯坏了。",
        photos=[picture()],
        place_text="2单元301",
    )
    same_phone = reported(county, now, phone=phone, name=name).case
    other = reported(county, now, phone=PHONE, name="李四").case
    case = actions.take_up(case=own.case, by=county.grid_worker, now=late(now, 1), version=1)
    case = actions.defer(
        case=case, kind="extension", reason=f"{name}出差", until=late(now, 200), by=county.grid_worker,
        now=late(now, 1.5), version=case.version,
    )  # fmt: skip
    case = actions.supervise(
        case=case,
        text=f"给{phone}回电",
        due_at=late(now, 9),
        by=county.leader,
        now=late(now, 1.6),
        version=None,
    )
    case = actions.answer_supervision(
        case=case, answer=f"{name}知道了", by=county.grid_worker, now=late(now, 1.7), version=None
    )
    case = actions.sign_off_supervision(
        case=case, passed=True, by=county.leader, now=late(now, 1.8), version=None
    )
    case = actions.dispose(
        case=case,
        result=f"已给{name}（{phone}）回电。",
        by=county.grid_worker,
        now=late(now, 2),
        version=None,
    )
    actions.rate(
        receipt=own.receipt, score="satisfied", comment=f"我叫{name}", by=county.resident, now=late(now, 3)
    )
    people.erase(person=county.resident.person, by=county.resident, now=late(now, 4), reason="own_request")
    told = repr(
        [
            list(model.objects.exclude(**{skip: other.id}).values())
            for model, skip in [
                (Case, "id"),
                (CaseReporter, "case_id"),
                (CaseStep, "case_id"),
                (Rating, "case_id"),
                (Deferral, "case_id"),
                (Supervision, "case_id"),
            ]
        ]
    )
    assert phone not in told and name not in told and "2单元301" not in told
    for case_id in (own.case.id, same_phone.id):
        row = CaseReporter.objects.get(case_id=case_id)
        assert (row.name_sealed, row.phone_sealed, row.phone_hash, row.person_id) == ("", "", "", None)
        assert row.erased_at == late(now, 4)
    assert fresh(own.case).reported_by_id is None and fresh(own.case).lon is None
    assert not apps.get_model("files.StoredFile").objects.filter(purpose="report").exists()
    assert queries.reporters(other)[0].phone == "138****5678"
    assert not CaseStep.objects.filter(person=county.resident.person).exists()
    assert fresh(own.case).state == "closed"


def test_after_erasure_nobody_is_left_to_call(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed", phone=county.phones["resident"])
    assert "call_or_visit" in todos(case)
    people.erase(person=county.resident.person, by=county.resident, now=late(now), reason="own_request")
    assert set(todos(case)) == {"close"}
    case = fresh(case)
    assert (
        actions.close(case=case, by=county.community_clerk, now=late(now, 9), version=case.version).state
        == "closed"
    )


def test_a_person_takes_his_reports_along(county: Scene, now: datetime) -> None:
    made = reported(county, now, by="resident")
    reported(county, now, phone=county.phones["resident"])
    reported(county, now, phone=PHONE)
    told = people_read.export(county.resident.person)["cases"]
    assert len(told) == 2 and told[0]["number"] == made.case.number
