"""By pages: overdue up the ladder, shelved for a court, supervised, an emergency; not verified, reopened, disputed. Each deed
is walked by whoever may, and refused to everybody else: by the page, which does not offer it, and by a direct POST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from mulin.kernel.county import county_scope
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseStep
from tests.cases.catalogue import matter
from tests.cases.scenes import in_state
from tests.journeys.conftest import Enter, signed_in
from tests.journeys.steps import fields, press, send_report, text_of
from tests.journeys.test_admission import kinds, offered, receipt_of
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene

ClockAt = Callable[[datetime], None]
EVERYBODY = (
    "stranger", "resident", "other_resident", "rider", "merchant", "grid_worker", "other_grid_worker",
    "community_clerk", "other_clerk", "street_clerk", "department", "county_clerk", "leader", "admin",
)  # fmt: skip
CLERKS = ("community_clerk", "street_clerk", "county_clerk")
HOLDING = ("grid_worker", *CLERKS)
ORDERS = ("street_clerk", "county_clerk", "leader")


@pytest.fixture(autouse=True)
def all_day(settings: Any) -> None:
    """One browser over several days."""
    settings.IDLE_MINUTES = 100_000


def the_case() -> Case:
    return Case.objects.get()


def refused_to_others(enter: Enter, action: str, may: tuple[str, ...], **told: str) -> None:
    """Nobody but ``may`` finds the act on the page, and nobody else's direct POST does anything."""
    case = the_case()
    wrong = []
    for who in EVERYBODY:
        browser = enter(who)
        if who in may:
            continue
        answer = browser.post(f"/desk/cases/{case.id}/{action}/", {"version": str(case.version)} | told)
        signed_out = answer.status_code == 302 and "/accounts/login/" in answer["Location"]
        if offered(browser, case, action) or not (signed_out or answer.status_code in (403, 404)):
            wrong.append((who, answer.status_code))
    assert wrong == [] and the_case().version == case.version


def done(browser: Client, action: str, **told: str) -> None:
    answer = press(browser, the_case().id, action, **told)
    errors = text_of(answer) if answer.status_code != 302 else ""
    assert answer.status_code == 302, (action, answer.status_code, errors[:2000])


def tick() -> None:
    call_command("tick", county=COUNTY)


# ── up the ladder ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_takes_up_goes_from_the_grid_to_the_county(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    kind = matter(
        county, morning, "L1", "grid", limits={"accept": 60, "dispose": 6000, "first_response": 6000}
    )
    receipt = receipt_of(send_report(Client()))
    done(enter("community_clerk"), "accept", to=f"g:{county.grids['a'].id}", matter=str(kind))
    at = morning
    for who, level in (
        ("community_clerk", "社区（村）"),
        ("street_clerk", "街道（乡镇）"),
        ("county_clerk", "县级"),
    ):
        at += timedelta(hours=1, minutes=5)
        clock_at(at)
        assert kinds(enter(who)) == []
        tick()
        tick()
        rows = enter(who).get("/desk/").context["rows"]
        assert [(row["item"].kind, row["item"].title[:5]) for row in rows] == [("handle", "超期升级：")], who
        page = text_of(enter("grid_worker").get(f"/desk/cases/{the_case().id}/"))
        assert level in page and "超过本级时限" in page and "自动升级" in page  # those below keep sight of it
    at += timedelta(hours=1, minutes=5)
    clock_at(at)
    tick()
    assert kinds(enter("leader")) == ["overdue"]
    assert CaseStep.objects.filter(action="escalate", system="tick").count() == 3
    shown = text_of(Client().get(receipt))
    assert shown.count("转到上一级办理") == 3 and "下一步：接单" in shown
    done(enter("county_clerk"), "take_up")
    assert "handle" in kinds(enter("county_clerk"))


# ── shelved for a court ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_waits_for_a_court_and_goes_on_by_itself(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    visitor, worker, clerk = Client(), enter("grid_worker"), enter("community_clerk")
    receipt = receipt_of(send_report(visitor))
    done(worker, "take_up")
    due = the_case().due_at
    day = (morning + timedelta(days=30)).date()
    asked = {"kind": "shelve", "reason": "墙归谁要等法院判决", "until": day.isoformat()}
    without = press(worker, the_case().id, "defer", **asked)
    assert (
        without.status_code == 422 and "请写明依据" in text_of(without) and "墙归谁要等" in text_of(without)
    )
    asked |= {"basis": "民事诉讼法", "document": "（2026）辽1322民初5号"}
    refused_to_others(enter, "defer", HOLDING, **asked)
    done(worker, "defer", **asked)
    refused_to_others(enter, "decide_deferral", CLERKS, granted="yes")
    own = (
        press(worker, the_case().id, "decide_deferral", granted="yes")
        if offered(worker, the_case(), "decide_deferral")
        else None
    )
    assert own is None
    page = text_of(clerk.get(f"/desk/cases/{the_case().id}/"))
    assert "等审批" in page and "（2026）辽1322民初5号" in page
    empty = press(clerk, the_case().id, "decide_deferral", granted="no", decision="")
    assert empty.status_code == 422 and "请写明为什么不同意" in text_of(empty)
    done(clerk, "decide_deferral", granted="yes", decision="同意")

    assert the_case().state == "shelved"
    assert [row["item"].light for row in worker.get("/desk/").context["rows"]] == ["grey"]
    shown = text_of(visitor.get(receipt))
    assert (
        f"挂账，预计到 {day}" in shown and "墙归谁要等法院判决" in shown and "下一步：条件具备时再办" in shown
    )
    assert "同意" not in shown  # what was said inside stays inside
    refused_to_others(enter, "resume", HOLDING)

    clock_at(morning + timedelta(days=31))
    tick()
    tick()
    case = the_case()
    assert case.state == "in_hand" and case.due_at and due
    rested = timedelta(
        days=30, hours=14, minutes=58
    )  # from a minute past nine to the last minute of that day
    assert abs(case.due_at - due - rested) < timedelta(minutes=5)
    assert "恢复办理" in text_of(visitor.get(receipt))
    assert "handle" in kinds(worker)
    assert CaseStep.objects.filter(action="resume", system="tick").count() == 1
    done(worker, "dispose", result="判下来了，墙拆了")


# ── urged and supervised ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_reporter_urges_and_a_leader_supervises(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    visitor, worker, leader = Client(enforce_csrf_checks=True), enter("grid_worker"), enter("leader")
    receipt = receipt_of(send_report(visitor))
    done(worker, "take_up")
    assert "催一下" not in text_of(visitor.get(receipt))
    clock_at(morning + timedelta(hours=5))
    assert "催一下" in text_of(visitor.get(receipt))
    form = fields(text_of(visitor.get(f"{receipt}urge/")))
    assert visitor.post(f"{receipt}urge/", form | {"note": "晚上很黑"}).status_code == 302
    assert "有人催办" in text_of(worker.get("/notices/"))
    again = visitor.post(f"{receipt}urge/", form | {"note": "还没来"})
    assert again.status_code == 409 and "还没来" in text_of(again) and "已经催过一次" in text_of(again)
    refused_to_others(enter, "urge", (*CLERKS, "leader"))
    assert press(leader, the_case().id, "urge", note="请快办").status_code == 409

    order = {"text": "今天必须亮", "due_at": (morning + timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M")}
    refused_to_others(enter, "supervise", ORDERS, **order)
    done(leader, "supervise", **order)
    assert "supervised" in kinds(worker)
    assert "今天必须亮" in text_of(worker.get(f"/desk/cases/{the_case().id}/"))
    assert "今天必须亮" not in text_of(visitor.get(receipt))
    refused_to_others(enter, "answer_supervision", HOLDING, answer="亮了")
    done(worker, "dispose", result="换了灯")
    stuck = press(enter("community_clerk"), the_case().id, "close")
    assert stuck.status_code == 409 and "督办还没有销号" in text_of(stuck)
    done(worker, "answer_supervision", answer="换了灯，亮了")
    assert "supervision" in kinds(leader)
    refused_to_others(enter, "sign_off_supervision", ORDERS, passed="yes")
    done(leader, "sign_off_supervision", passed="yes")
    done(enter("community_clerk"), "close")
    assert the_case().state == "closed"


# ── an emergency ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_emergency_skips_levels_and_goes_by_short_limits_through_the_night(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    kind = matter(county, morning, "E1", "grid", limits={"accept": 600, "dispose": 6000})
    send_report(Client(), text="三楼冒烟，有煤气味")
    clerk = enter("community_clerk")
    assert "119" in text_of(clerk.get(f"/desk/cases/{the_case().id}/"))
    said = {"to": f"g:{county.grids['a'].id}", "matter": str(kind)}
    done(clerk, "accept", **said, urgency="normal")
    up = {"code": "emergency", "reason": "要消防和供气一起到场"}
    refused_to_others(enter, "escalate", HOLDING, **up)
    tried = press(
        enter("grid_worker"), the_case().id, "escalate", code="beyond_means", reason="不行", level="county"
    )
    assert tried.status_code == 422 and "不能越级" in text_of(tried)
    done(enter("grid_worker"), "escalate", **up, level="county")
    case = the_case()
    assert (case.level, case.urgency) == ("county", "emergency")
    night = morning.replace(hour=23)
    Case.objects.update(step_since=night - timedelta(hours=8), step_due_at=night + timedelta(hours=1))
    Case.objects.update(next_check_at=night)
    clock_at(night)
    tick()
    assert "紧急待办" in text_of(enter("county_clerk").get("/notices/"))


def test_while_a_response_is_declared_matters_go_by_their_emergency_limits(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    kind = matter(county, morning, "E2", "grid", limits={"accept": 600, "dispose": 6000})
    version = apps.get_model("catalogue.MatterVersion").objects.get(matter_type=kind)
    rows = apps.get_model("catalogue.MatterLimit").objects
    rows.create(version=version, step="dispose", minutes=120, mode="emergency")
    declared = {
        "path": "/001/", "stage": "response", "title": "暴雪", "basis": "预案",
        "ends_at": (morning + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    assert enter("street_clerk").post("/desk/modes/declare/", declared).status_code == 302
    send_report(Client())
    done(enter("community_clerk"), "accept", to=f"g:{county.grids['a'].id}", matter=str(kind))
    case = the_case()
    assert case.mode == "emergency" and case.accepted_at
    assert case.due_at == case.accepted_at + timedelta(minutes=120) == case.step_due_at


# ── not verified, reopened ───────────────────────────────────────────────────────────────────────────────────────


def test_a_result_that_another_person_does_not_find_goes_back(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    kind = matter(county, morning, "V9", "grid", verification="second_person", limits={"dispose": 6000})
    visitor, worker, clerk = Client(), enter("grid_worker"), enter("community_clerk")
    receipt = receipt_of(send_report(visitor))
    done(clerk, "accept", to=f"g:{county.grids['a'].id}", matter=str(kind))
    done(worker, "take_up")
    due = the_case().due_at
    done(worker, "dispose", result="清了")
    assert "verify" in kinds(clerk)
    refused_to_others(enter, "verify_fail", CLERKS, reason="没清")
    done(clerk, "verify_fail", reason="还堆着")
    case = the_case()
    assert (case.state, case.due_at, case.reworks, case.result) == ("in_hand", due, 1, "")
    assert "核查没有通过" in text_of(visitor.get(receipt)) and "还堆着" in text_of(visitor.get(receipt))
    assert [row["item"].title[:3] for row in worker.get("/desk/").context["rows"]] == ["返工："]
    done(worker, "dispose", result="真的清了")
    refused_to_others(enter, "verify_pass", CLERKS)
    done(clerk, "verify_pass", note="看过")
    assert the_case().state == "closed"


def test_after_rating_it_is_reopened_with_a_clock_of_its_own(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    visitor, worker = Client(), enter("grid_worker")
    receipt = receipt_of(send_report(visitor))
    done(worker, "take_up")
    done(worker, "dispose", result="换了灯")
    assert visitor.post(f"{receipt}rate/", {"score": "mostly_satisfied"}).status_code == 302
    assert the_case().state == "closed"
    refused_to_others(enter, "reopen", CLERKS, reason="又坏")
    old = the_case().due_at
    later = morning + timedelta(days=4)
    clock_at(later)
    url = f"{receipt}again/"
    assert visitor.post(url, fields(text_of(visitor.get(url))) | {"reason": "又不亮了"}).status_code == 302
    case = the_case()
    assert (case.state, case.round, case.reopenings) == ("in_hand", 2, 1)
    assert case.due_at and old and case.due_at > later > old and case.step_due_at == case.due_at
    assert kinds(worker) == ["handle"]
    done(worker, "dispose", result="换了整套")
    assert visitor.post(f"{receipt}rate/", {"score": "satisfied"}).status_code == 302
    assert the_case().state == "closed"


# ── whose it is not ──────────────────────────────────────────────────────────────────────────────────────────────


def test_returned_disputed_and_arbitrated_while_the_clock_runs(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    worker, clerk = enter("grid_worker"), enter("community_clerk")
    send_report(Client())
    due = the_case().due_at
    back = {"code": "not_our_duty", "reason": "归城管"}
    done(clerk, "accept", to="")
    refused_to_others(enter, "return_not_ours", HOLDING, **back)
    for n in range(3):
        if n:
            done(clerk, "dispatch", holder="l:grid")
        done(worker, "return_not_ours", **back)
    assert the_case().state == "disputed" and the_case().due_at == due
    assert kinds(enter("street_clerk")) == ["arbitrate"]
    decision = {"holder": "l:community", "reason": "社区主办"}
    refused_to_others(enter, "arbitrate", ("street_clerk", "county_clerk"), **decision)
    done(enter("street_clerk"), "arbitrate", **decision)
    assert the_case().level == "community" and the_case().due_at == due
    final = press(clerk, the_case().id, "return_not_ours", **back)
    assert final.status_code == 409 and "已经裁定" in text_of(final) and "归城管" in text_of(final)


@pytest.mark.django_db(transaction=True)
def test_two_arbiters_at_once_and_one_is_told_with_his_words_kept(scene: Scene, morning: datetime) -> None:
    with county_scope(COUNTY):
        case, _receipt = in_state(scene, morning - timedelta(hours=5), "disputed")
    url = f"/desk/cases/{case.id}/arbitrate/"
    told = {"street_clerk": ("l:community", "街道说：社区办"), "county_clerk": ("l:street", "县里说：街道办")}
    hands = {who: signed_in(Client(), scene.accounts[who]) for who in told}
    forms = {
        who: fields(text_of(hand.get(f"/desk/cases/{case.id}/")), action=url) for who, hand in hands.items()
    }

    def send(who: str) -> Any:
        holder, reason = told[who]
        return hands[who].post(url, forms[who] | {"holder": holder, "reason": reason})

    answers = dict(zip(told, at_once(*[lambda who=who: send(who) for who in told]), strict=True))
    assert sorted(answer.status_code for answer in answers.values()) == [302, 409]
    loser = next(who for who, answer in answers.items() if answer.status_code == 409)
    page = text_of(answers[loser])
    assert told[loser][1] in page and "已经被别人更新" in page
    with county_scope(COUNTY):
        assert CaseStep.objects.filter(case=case, action="arbitrate").count() == 1


# ── many hands ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", ["take_up", "close", "tick"])
def test_eight_at_once_and_each_deed_is_done_once(scene: Scene, morning: datetime, deed: str) -> None:
    with county_scope(COUNTY):
        state = {"take_up": "assigned", "close": "disposed", "tick": "in_hand"}[deed]
        case, _receipt = in_state(scene, morning - timedelta(hours=80), state, by="resident")
    clerks = ["community_clerk", "street_clerk", "county_clerk"]

    def press_it(n: int) -> int:
        with county_scope(COUNTY):
            if deed == "tick":
                actions.act_on_due(now=morning)
                return 302
        browser = signed_in(Client(), scene.accounts[clerks[n % 3]])
        answer = browser.post(f"/desk/cases/{case.id}/{deed}/", {"version": str(case.version)})
        return answer.status_code

    answers = at_once(*[lambda n=n: press_it(n) for n in range(8)])
    with county_scope(COUNTY):
        action = "escalate" if deed == "tick" else deed
        assert CaseStep.objects.filter(case=case, action=action).count() == 1
    assert answers.count(302) == (8 if deed == "tick" else 1)
    assert set(answers) <= {302, 409}
