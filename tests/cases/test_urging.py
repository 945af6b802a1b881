"""Urged and supervised: written down, throttled, answered, signed off by another; nothing closes before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case, CaseStep, Supervision
from tests.cases.scenes import in_state
from tests.cases.test_deferring import CLERKS, EVERYBODY, later
from tests.cases.test_handling import todos
from tests.personas import Scene

Notice: Any = apps.get_model("notices.Notice")


def urged(case: Case, by: Any, at: datetime, **more: Any) -> Case:
    return actions.urge(case=case, by=by, now=at, **({"version": None} | more))


def supervised(scene: Scene, case: Case, at: datetime, hours: float = 48) -> Case:
    return actions.supervise(
        case=case,
        text="三天内必须有结果",
        due_at=later(at, hours),
        by=scene.leader,
        now=at,
        version=case.version,
    )


def answered(scene: Scene, case: Case, at: datetime) -> Case:
    return actions.answer_supervision(
        case=case, answer="已经换了灯", by=scene.grid_worker, now=at, version=case.version
    )


# ── to urge ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_is_urged_once_in_four_hours_and_its_holder_is_told(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    urged(case, county.street_clerk, later(now, 2), note="请今天办完")
    told = Notice.objects.get(template="work_urged", channel="in_app")
    assert told.person_id == county.grid_worker.person
    with pytest.raises(Refused) as refused:
        urged(case, county.leader, later(now, 5))
    assert (refused.value.code, refused.value.status) == ("urged_already", 409)
    urged(case, county.leader, later(now, 6.1))
    story = queries.timeline(case, county.stranger, public=True).entries
    assert [entry.title for entry in story if entry.title == "催办"] == ["催办"] * 2


def test_the_reporter_urges_by_his_receipt_but_not_at_once(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "in_hand")
    with pytest.raises(Refused) as refused:
        urged(case, county.stranger, later(now, 2), receipt=receipt)
    assert refused.value.code == "too_soon"
    case = urged(case, county.stranger, later(now, 5), receipt=receipt)
    assert queries.timeline(case, county.stranger, public=True).entries[-1].who == "反映人"
    with pytest.raises(NotFound):
        urged(case, county.stranger, later(now, 20), receipt="nonsense")
    closed, receipt = in_state(county, now, "closed")
    with pytest.raises(Refused) as refused:
        urged(closed, county.stranger, later(now, 20), receipt=receipt)
    assert refused.value.code == "not_now"


def test_what_nobody_has_taken_up_is_told_to_whoever_could(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "assigned")
    urged(case, county.community_clerk, later(now, 2))
    told = Notice.objects.filter(template="work_urged").values_list("person_id", flat=True)
    assert set(told) == {county.grid_worker.person}


# ── to supervise ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_is_answered_and_signed_off_by_another_before_anything_closes(
    county: Scene, now: datetime
) -> None:
    case, _receipt = in_state(county, now, "in_hand", by="resident")
    case = supervised(county, case, later(now, 2))
    assert todos(case)["supervised"][0] == county.grid_worker.person
    with pytest.raises(Refused) as refused:
        supervised(county, case, later(now, 2))
    assert refused.value.code == "supervised_already"
    case = actions.dispose(
        case=case, result="换了", by=county.grid_worker, now=later(now, 3), version=case.version
    )
    with pytest.raises(Refused) as refused:
        actions.close(case=case, by=county.community_clerk, now=later(now, 4), version=case.version)
    assert refused.value.code == "supervised"
    with pytest.raises(Refused) as refused:
        _sign_off(county, case, later(now, 4))
    assert refused.value.code == "not_answered"
    case = answered(county, case, later(now, 4))
    assert "supervised" not in todos(case)
    assert todos(case)["supervision"][0] == county.leader.person
    case = _sign_off(county, case, later(now, 5), passed=False, note="还有一盏不亮")
    assert "supervision" not in todos(case) and todos(case)["supervised"][0] == county.grid_worker.person
    case = _sign_off(county, answered(county, case, later(now, 6)), later(now, 7))
    assert Supervision.objects.get().signed_off_by == county.leader.person
    case = actions.close(case=case, by=county.community_clerk, now=later(now, 8), version=case.version)
    assert case.state == "closed" and todos(case) == {}


def _sign_off(scene: Scene, case: Case, at: datetime, *, by: str = "leader", **more: Any) -> Case:
    told: dict[str, Any] = {"passed": True, "version": case.version} | more
    return actions.sign_off_supervision(case=case, by=scene.actors[by], now=at, **told)


def test_nobody_signs_off_his_own_answer_and_sending_back_says_why(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    case = supervised(county, case, later(now, 2))
    case = actions.answer_supervision(
        case=case, answer="街道去办", by=county.street_clerk, now=later(now, 3), version=case.version
    )
    with pytest.raises(NotAllowed):
        _sign_off(county, case, later(now, 4), by="street_clerk")
    with pytest.raises(Refused) as refused:
        _sign_off(county, case, later(now, 4), passed=False)
    assert refused.value.code == "no_reason"
    _sign_off(county, case, later(now, 4), by="county_clerk")


def test_an_order_goes_along_to_the_next_holder_and_survives_rework(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    case = supervised(county, case, later(now, 2))
    case = actions.escalate(
        case=case,
        code="beyond_means",
        reason="要吊车",
        by=county.grid_worker,
        now=later(now, 3),
        version=case.version,
    )
    assert todos(case)["supervised"] == ("community_clerk", "/001/003/")
    case = actions.take_up(case=case, by=county.community_clerk, now=later(now, 4), version=case.version)
    case = actions.dispose(
        case=case, result="换了", by=county.community_clerk, now=later(now, 5), version=case.version
    )
    case = actions.verify_fail(
        case=case, reason="没换", by=county.street_clerk, now=later(now, 6), version=case.version
    )
    assert {"supervised", "handle"} <= set(todos(case))


def test_a_deadline_lies_ahead(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    with pytest.raises(Refused) as refused:
        supervised(county, case, later(now, 2), hours=0)
    assert refused.value.code == "not_ahead"


def test_a_supervised_report_that_is_not_admitted_is_answered_for(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "reported")
    case = supervised(county, case, later(now, 1))
    case = actions.refuse(
        case=case,
        reason="不归县里管",
        where="市里",
        by=county.community_clerk,
        now=later(now, 2),
        version=case.version,
    )
    assert set(todos(case)) == {"supervised"}
    case = actions.answer_supervision(
        case=case, answer="不归县里管", by=county.community_clerk, now=later(now, 3), version=case.version
    )
    _sign_off(county, case, later(now, 4))
    assert todos(case) == {}


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_who_may(county: Scene, now: datetime, who: str) -> None:
    by = getattr(county, who)
    case, _receipt = in_state(county, now, "in_hand", by="resident")

    def lets(act: Any, at: float, **told: Any) -> bool:
        try:
            act(case=case, by=by, now=later(now, at), version=None, **told)
        except (NotAllowed, NotFound):
            return False
        return True

    assert lets(actions.urge, 5) == (who in {*CLERKS, "leader", "resident"})
    orders = {"street_clerk", "county_clerk", "leader"}
    assert lets(actions.supervise, 5, text="快办", due_at=later(now, 50)) == (who in orders)
    if who not in orders:
        supervised(county, Case.objects.get(pk=case.pk), later(now, 5))
    assert lets(actions.answer_supervision, 6, answer="在办") == (who in {*CLERKS, "grid_worker"})
    if Supervision.objects.get().answered_at is None:
        answered(county, Case.objects.get(pk=case.pk), later(now, 6))
    own = Supervision.objects.get().answered_by == by.person
    assert lets(actions.sign_off_supervision, 7, passed=True) == (who in orders and not own)
    assert CaseStep.objects.filter(case=case, action="urge").exists() == (
        who in {*CLERKS, "leader", "resident"}
    )
