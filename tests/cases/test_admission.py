"""Not admitted, looked at again by another person; taken back by its reporter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.worklist import actions as worklist
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case, CaseReporter, CaseStep, CaseUnit
from mulin.services.cases.rules import APPEAL_DAYS, LIMITS
from tests.cases.scenes import PHONE, fresh, in_state, reported
from tests.cases.test_handling import todos
from tests.personas import Scene

Copy: Any = apps.get_model("worklist.Copy")
Notice: Any = apps.get_model("notices.Notice")


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def decide(case: Case, scene: Scene, at: datetime, *, granted: bool, by: str = "street_clerk") -> Case:
    return actions.decide_appeal(
        case=case, granted=granted, decision="看过了", by=getattr(scene, by), now=at, version=case.version
    )


# ── appeal ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_appeal_goes_to_the_clerk_above_whoever_refused(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "not_admitted")
    case = actions.appeal(receipt=receipt, reason="就在本县", by=county.stranger, now=later(now, 2))
    assert (case.state, case.appealed_at) == ("appealed", later(now, 2))
    assert todos(case) == {"appeal": ("street_clerk", "/001/003/")}
    assert queries.promise(case, now) == "9月4日 11:00 前告诉您复核结果。"
    made = reported(county, now)
    actions.refuse(case=made.case, reason="不归", where="别处", by=county.county_clerk, now=now, version=None)
    case = actions.appeal(receipt=made.receipt, reason="归县里", by=county.stranger, now=later(now, 2))
    assert todos(case) == {"appeal": ("county_clerk", "/")}


def test_upheld_it_stays_not_admitted_and_the_reporter_is_told(county: Scene, now: datetime) -> None:
    made = reported(county, now, by="resident")
    case = actions.refuse(
        case=made.case, reason="不归", where="别处", by=county.community_clerk, now=now, version=None
    )
    case = actions.appeal(receipt=made.receipt, reason="归", by=county.resident, now=later(now, 1))
    case = decide(case, county, later(now, 2), granted=False)
    assert (case.state, case.refusal, todos(case)) == ("not_admitted", "不归\n该找谁：别处", {})
    assert Notice.objects.filter(template="case_appeal_decided").exists()
    with pytest.raises(Refused, match="已经申请过一次"):
        actions.appeal(receipt=made.receipt, reason="还是归", by=county.resident, now=later(now, 3))


def test_granted_it_waits_for_its_clerk_with_the_time_of_a_new_report(county: Scene, now: datetime) -> None:
    before, _receipt = in_state(county, now, "appealed")
    at = later(now, 200)
    case = decide(before, county, at, granted=True)
    assert (case.state, case.refusal, case.accepted_at) == ("reported", "", None)
    assert todos(case) == {"screen": ("community_clerk", "/001/003/")}
    assert (case.due_at, case.step_due_at) == (at + LIMITS.total, at + LIMITS.handle)
    step = CaseStep.objects.get(action="decide_appeal")
    assert step.facts["due_before"] == before.due_at.isoformat() if before.due_at else False
    case = actions.accept(case=case, by=county.community_clerk, now=later(at, 1), version=case.version)
    assert case.state == "assigned"
    assert CaseUnit.objects.filter(case=case, until=None).count() == 1


def test_an_asked_case_refused_and_granted_has_no_hop_twice(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "in_hand")
    case = actions.ask(case=case, question="哪里？", by=county.grid_worker, now=later(now, 2), version=None)
    case = actions.refuse(
        case=case, reason="问不清", where="社区", by=county.community_clerk, now=later(now, 3), version=None
    )
    actions.appeal(receipt=receipt, reason="说得清", by=county.stranger, now=later(now, 4))
    case = decide(fresh(case), county, later(now, 5), granted=True)
    hops = list(CaseUnit.objects.filter(case=case, part="lead").order_by("since"))
    assert [hop.how for hop in hops] == ["decide_appeal"] and case.handler_id is None


def test_nobody_decides_about_his_own_refusal(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "appealed")
    with pytest.raises(NotAllowed, match="另一位"):
        decide(case, county, later(now, 3), granted=True, by="community_clerk")
    for who in ("grid_worker", "leader", "admin"):
        with pytest.raises(NotAllowed):
            decide(case, county, later(now, 3), granted=True, by=who)
    for who in ("other_clerk", "department", "other_resident"):
        with pytest.raises(NotFound):
            decide(case, county, later(now, 3), granted=True, by=who)
    with pytest.raises(Refused, match="复核的理由"):
        actions.decide_appeal(
            case=case, granted=True, decision=" ", by=county.street_clerk, now=later(now, 3), version=None
        )


def test_an_appeal_has_its_time_and_its_receipt(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "not_admitted")
    told = {"reason": "归", "by": county.stranger}
    end = later(now, 1) + timedelta(days=APPEAL_DAYS)
    with pytest.raises(Refused, match="已超过 30 天"):
        actions.appeal(receipt=receipt, now=end + timedelta(seconds=1), **told)
    with pytest.raises(NotFound):
        actions.appeal(receipt="211322-00000000000000000000X", now=end, **told)
    with pytest.raises(Refused, match="为什么"):
        actions.appeal(receipt=receipt, now=end, **(told | {"reason": ""}))
    for state in ("reported", "asked", "in_hand", "closed"):
        _other, others = in_state(county, now, state)
        with pytest.raises(Refused, match="不能"):
            actions.appeal(receipt=others, now=later(now, 9), **told)
    assert actions.appeal(receipt=receipt, now=end, **told).state == "appealed"
    assert fresh(case).state == "appealed"


def test_whoever_can_only_be_called_is_called_about_the_decision(county: Scene, now: datetime) -> None:
    made = reported(county, now, phone=PHONE)
    actions.refuse(
        case=made.case, reason="不归", where="别处", by=county.community_clerk, now=now, version=None
    )
    case = actions.appeal(receipt=made.receipt, reason="归", by=county.stranger, now=later(now, 1))
    assert "call_or_visit" not in todos(case)  # he has read the refusal
    case = decide(case, county, later(now, 2), granted=False)
    assert set(todos(case)) == {"call_or_visit"}


# ── withdraw ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", ["reported", "assigned", "in_hand", "returned", "asked"])
def test_the_only_reporter_takes_it_back_and_nothing_is_left_to_do(
    county: Scene, now: datetime, state: str
) -> None:
    case, receipt = in_state(county, now, state)
    at = later(now, 9)
    case = actions.withdraw(receipt=receipt, by=county.stranger, now=at, reason="自己修好了")
    assert (case.state, case.paused_since, todos(case)) == ("withdrawn", None, {})
    assert CaseReporter.objects.get(case=case).withdrawn_at == at
    assert not CaseUnit.objects.filter(case=case, until=None).exists()
    assert Copy.objects.get().why == "withdrawn"
    held = queries.by_receipt(receipt)
    assert held is not None and queries.open_to_reporter(held, at) == ()
    for act in (
        lambda: actions.withdraw(receipt=receipt, by=county.stranger, now=at),
        lambda: actions.rate(receipt=receipt, score="satisfied", by=county.stranger, now=at),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("state", ["disputed", "disposed", "closed", "not_admitted", "appealed"])
def test_what_is_decided_or_done_is_not_taken_back(county: Scene, now: datetime, state: str) -> None:
    _case, receipt = in_state(county, now, state)
    with pytest.raises(Refused, match="不能"):
        actions.withdraw(receipt=receipt, by=county.stranger, now=later(now, 9))


def test_what_neighbours_met_too_goes_on(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "asked")
    Case.objects.filter(pk=case.pk).update(supports=2)
    case = actions.withdraw(receipt=receipt, by=county.stranger, now=later(now, 9))
    assert (case.state, case.paused_since) == ("reported", None)  # and nobody is left to answer
    assert todos(case) == {"handle": ("grid_worker", "/001/003/g1001/")}
    with pytest.raises(Refused, match="没有可以问"):
        actions.ask(case=case, question="x", by=county.grid_worker, now=later(now, 10), version=None)


def test_an_order_from_above_does_not_rest(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    worklist.put(
        by=county.leader, now=now, kind="supervised", subject_kind="case", subject_id=case.id, title="督办",
        role="grid_worker", path=case.grid_path, due_at=later(now, 20),
    )  # fmt: skip
    actions.ask(case=case, question="哪里？", by=county.grid_worker, now=later(now, 2), version=None)
    model = apps.get_model("worklist.WorkItem")
    assert dict(model.objects.filter(done_at=None).values_list("kind", "paused_since")) == {
        "handle": later(now, 2),
        "supervised": None,
    }
