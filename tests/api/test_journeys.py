"""Each kind of system goes its way: it reports and follows, reads and keeps up, acts for its unit, counts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.trail.models import AuditEntry
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions as cases
from mulin.services.cases import queries as read
from mulin.services.cases.models import Case, CaseStep
from tests.api.conftest import Door, picture
from tests.personas import IN_GRID_A

SECRETS = ("王秀英", "13812345678", "早市", "3号楼", "41.4", "119.7")


def actions_of(told: dict[str, Any]) -> list[str]:
    return [one["action"] for one in told["allowed_actions"]]


def test_a_system_reports_and_follows_its_own(door: Door, morning: datetime) -> None:
    made = door.report(name="李芳", phone="13900000001", matter="LD1", photos=[picture()])
    assert made.status == 201 and made.value["state"] == "reported" and made.value["version"] == 1
    number = made.value["number"]
    assert made.value["url"].endswith(f"/api/v1/cases/{number}")
    case = Case.objects.get(number=number)
    assert (case.system_id, case.source, case.chosen) == (door.systems["reports"].id, "system", "LD1")
    told = door.call.get(f"/cases/{number}", "reports").value
    assert (told["window"], told["text"], told["allowed_actions"]) == ("own", "路灯不亮", [])
    assert told["reporters"] == [] and "13900000001" not in json.dumps(told)
    (shown,) = told["photos"]
    photo = door.call.get(shown["url"].partition("/api/v1")[2], "reports")
    assert photo.status == 200 and photo.raw["Content-Type"] == "image/jpeg" and len(photo.value) > 100
    worker, later = door.scene.grid_worker, morning + timedelta(hours=1)
    done = cases.take_up(case=case, by=worker, now=later, version=None)
    later += timedelta(hours=1)
    cases.dispose(case=done, result="换了灯泡", by=worker, now=later, version=None)
    told = door.call.get(f"/cases/{number}", "reports").value
    assert (told["state"], told["result"]) == ("disposed", "换了灯泡")
    assert [one["action"] for one in told["steps"]][-1] == "dispose"
    assert all("张工" not in json.dumps(one, ensure_ascii=False) for one in told["steps"])


def test_a_system_that_reads_sees_no_word_of_it(door: Door, morning: datetime) -> None:
    case = door.given(morning)
    (one,) = door.call.get("/cases", "reads").value["items"]
    assert (one["window"], one["number"], one["title"]) == ("wide", case.number, None)
    assert one["place"]["path"] == "/001/003/" and one["place"]["code"] == "211322001003"
    whole = door.call.get(f"/cases/{case.number}", "reads").value
    said = json.dumps([one, whole], ensure_ascii=False)
    for secret in SECRETS:
        assert secret not in said, secret
    assert whole["steps"] and whole["allowed_actions"] == [] and whole["text"] is None
    assert door.act(case, "take_up", "reads").code == "no_scope"


def test_a_unit_works_through_its_system(door: Door, morning: datetime) -> None:
    case = door.given(morning)
    told = door.call.get(f"/cases/{case.number}", "acts").value
    assert (told["window"], told["title"][:4]) == ("unit", "早市占道")
    assert set(actions_of(told)) == {"take_up", "visit", "ask", "return_not_ours", "reply"}
    assert told["reporters"] == [{"name": "王**", "phone": "138****5678", "by_message": True, "told": False}]
    taken = door.act(case, "take_up")
    assert taken.status == 200 and taken.value["state"] == "in_hand"
    officer = door.scene.persons["department"]
    case.refresh_from_db()
    assert case.handler_id == officer.id and case.version == taken.value["version"]
    step = CaseStep.objects.get(case=case, action="take_up")
    assert (step.person, step.role, step.system) == (officer.id, "department_officer", "系统acts")
    deed = AuditEntry.objects.get(verb="case.take_up")
    assert (deed.person, deed.system) == (officer.id, "系统acts")
    said = [entry.who for entry in read.timeline(case, door.scene.county_clerk).entries]
    assert any("吴工" in who and "系统acts" in who for who in said)
    assert door.act(case, "reply", text="明早到场", way="phone").value["state"] == "in_hand"
    assert Case.objects.get(id=case.id).first_response_at is not None
    assert door.act(case, "visit", text="有 12 个摊位").status == 200
    done = door.act(case, "dispose", result="摊贩进了市场", photos=[picture()])
    assert done.status == 200 and done.value["state"] == "disposed"
    after = door.call.get(f"/cases/{case.number}", "acts").value
    assert actions_of(after) == [] and len(after["photos"]) == 1 and after["result"] == "摊贩进了市场"
    # whoever answers for it cannot pass or close what his system did; somebody else does
    for late in ("verify_pass", "close"):
        assert door.call.post(f"/cases/{case.number}/actions/{late}", "acts", {"version": 9}).status == 404
    closed = cases.close(case=case.id, by=door.scene.county_clerk, now=morning, version=None)
    assert closed.state == "closed"


def test_a_unit_asks_and_gives_back(door: Door, morning: datetime) -> None:
    asked, back = door.given(morning), door.given(morning, text="水管漏水")
    assert door.act(asked, "ask", question="每天都有吗？").value["state"] == "asked"
    returned = door.act(back, "return_not_ours", code="not_our_duty", reason="归水利局")
    assert returned.value["state"] == "returned"
    told = door.call.get(f"/cases/{back.number}", "acts").value
    assert told["allowed_actions"] == [] and told["window"] == "unit"
    assert door.act(back, "take_up").code == "not_allowed"


def test_a_unit_that_helps_says_what_it_did(door: Door, morning: datetime) -> None:
    case = door.given(morning, unit="other_department")
    cases.dispatch(
        case=case.id, level="county", unit=door.scene.units["other_department"].id, by=door.scene.county_clerk,
        now=morning, version=None, assists=[door.scene.units["department"].id],
    )  # fmt: skip
    assert "assist_report" in actions_of(door.call.get(f"/cases/{case.number}", "acts").value)
    assert door.act(case, "assist_report", text="派了两个人").status == 200
    assert door.act(case, "dispose", result="办完了").status == 403


def test_what_each_act_needs_is_told_and_suffices(door: Door, morning: datetime) -> None:
    """Whoever knows nothing but ``allowed_actions`` can do each of them."""
    for action in ("take_up", "reply", "ask", "visit", "return_not_ours"):
        case = door.given(morning, text=f"一件事 {action}")
        told = door.call.get(f"/cases/{case.number}", "acts").value
        allowed = next(one for one in told["allowed_actions"] if one["action"] == action)
        filled = {
            need["name"]: need["choices"][0]["value"] if need["choices"] else "写的话"
            for need in allowed["needs"]
            if need["required"]
        }
        path = allowed["url"].partition("/api/v1")[2]
        done = door.call.post(path, "acts", {"version": told["version"], **filled})
        assert done.status == 200, done.value


def test_a_result_that_needs_a_photo_says_so(door: Door, morning: datetime) -> None:
    from tests.cases.catalogue import matter

    kind = matter(door.scene, morning, "PH1", "county", lead="department", evidence_needed="photo_after")
    made = cases.report(
        by=door.scene.resident, now=morning, client_id=uuid7(), text="树倒了", source="resident",
        lon=IN_GRID_A[0], lat=IN_GRID_A[1],
    )  # fmt: skip
    case = cases.accept(case=made.case, matter=kind, by=door.scene.community_clerk, now=morning, version=None)
    assert case.unit_id == door.scene.units["department"].id
    door.act(case, "take_up")
    told = door.call.get(f"/cases/{case.number}", "acts").value
    dispose = next(one for one in told["allowed_actions"] if one["action"] == "dispose")
    assert {one["name"]: one["required"] for one in dispose["needs"]} == {"result": True, "photos": True}
    refused = door.act(case, "dispose", result="扶正了")
    assert (refused.status, refused.code, list(refused.value["fields"])) == (422, "no_photo", ["photos"])
    assert door.act(case, "dispose", result="扶正了", photos=["bm8="]).status == 422
    assert door.act(case, "dispose", result="扶正了", photos=[picture()]).status == 200


def test_the_contact_is_opened_by_its_own_scope_and_each_look_is_recorded(
    door: Door, morning: datetime
) -> None:
    case = door.given(morning)
    assert door.call.get(f"/cases/{case.number}/contact", "acts").code == "no_scope"
    shown = door.call.get(f"/cases/{case.number}/contact", "knows")
    assert shown.value == {"items": [{"name": "王秀英", "phone": "13812345678"}]}
    deed = AuditEntry.objects.get(verb="case.contact.viewed")
    assert (deed.person, deed.system) == (door.scene.persons["department"].id, "系统knows")
    assert (
        apps.get_model("trail.AuditDetail").objects.get(entry=deed).about == door.scene.persons["resident"].id
    )
    other = door.given(morning, unit="other_department")
    assert door.call.get(f"/cases/{other.number}/contact", "knows").status == 404
    assert door.call.get(f"/cases/{other.number}/contact", "full").code == "not_your_unit"


def test_its_powers_end_with_the_duty_of_who_answers_for_it(door: Door, morning: datetime) -> None:
    case = door.given(morning)
    assert door.call.get("/me", "acts").value["acts"] is True
    apps.get_model("access.Grant").objects.filter(person=door.scene.persons["department"]).update(
        ended_on=morning.date()
    )
    told = door.call.get("/me", "acts").value
    assert told["acts"] is False and told["unit"]["name"] == "县市场监督管理局"
    assert door.call.get(f"/cases/{case.number}", "acts").status == 404
    assert door.act(case, "take_up").status == 404


def test_its_powers_end_where_the_officers_account_was_closed(door: Door, morning: datetime) -> None:
    case = door.given(morning)
    account = door.scene.accounts["department"]
    account.is_active = False
    account.save(update_fields=["is_active"])
    assert door.call.get("/me", "acts").value["acts"] is False
    assert door.act(case, "take_up").status == 404


def test_nothing_that_is_the_officers_own_is_his_systems(door: Door, morning: datetime) -> None:
    """The officer reported something himself, and another case was given to him by name: his, not its."""
    officer = door.scene.department
    mine = cases.report(
        by=officer, now=morning, client_id=uuid7(), text="我家楼下的灯", source="resident", lon=IN_GRID_A[0],
        lat=IN_GRID_A[1],
    ).case  # fmt: skip
    assert mine.reported_by_id == officer.person
    assert door.call.get(f"/cases/{mine.number}", "acts").status == 404
    assert door.call.get("/cases", "acts").value["items"] == []


def test_figures_with_both_their_numbers_and_their_rows(door: Door, morning: datetime) -> None:
    door.report()
    day = morning.date()
    told = door.call.get("/indicators", "counts", from_=day, to=day + timedelta(days=1)).value
    found = {one["code"]: one for one in told["items"]}
    assert (told["from"], told["to"]) == (str(day), str(day + timedelta(days=1)))
    one = found["cases_reported"]
    assert (one["value"], one["numerator"], one["denominator"], told["place"]) == (1, 1, None, "建平县")
    assert "/desk/figures/cases_reported/?from=2026-09-01" in one["rows"] and one["definition"]
    inside = door.call.get("/indicators", "counts", from_=day, to=day + timedelta(days=1), path="/003/")
    assert {one["code"]: one for one in inside.value["items"]}["cases_reported"]["value"] == 0
    assert door.call.get("/indicators", "counts", from_=day, to=day).code == "bad_span"
    far = door.call.get("/indicators", "counts", from_=day, to=day + timedelta(days=400))
    assert far.status == 422 and far.code == "bad_span"
    assert (
        door.call.get("/indicators", "counts", from_=day, to=day + timedelta(days=1), path="/9/").status
        == 404
    )


def test_facts_are_everybodys(door: Door) -> None:
    matters = door.call.get("/matters").value["items"]
    assert [one["code"] for one in matters] == ["LD1"]
    assert (
        matters[0]["limits"]["dispose"]["minutes"] > 0
        and matters[0]["lead_unit"]["name"] == "县市场监督管理局"
    )
    assert door.call.get("/categories").value["items"] == [{"code": "urban_environment", "name": "市容环境"}]
    places = door.call.get("/places").value["items"]
    assert [one["path"] for one in places][:3] == ["/", "/001/", "/001/003/"]
    assert [one["path"] for one in door.call.get("/places", under="/003/").value["items"]] == [
        "/003/",
        "/003/004/",
    ]
    grids = door.call.get("/grids").value["items"]
    assert [one["community"] for one in grids] == ["/001/003/", "/001/003/", "/003/004/"]
    assert door.call.get("/matters", category="nothing").value == {"items": [], "next": ""}


@pytest.mark.parametrize("language", ["", "fr", "zh-CN"])
def test_chinese_comes_first(door: Door, language: str) -> None:
    headers = {"Accept-Language": language} if language else {}
    assert "没有密钥" in door.call.get("/cases", headers=headers).value["message"]


def test_english_where_it_is_asked_for(door: Door) -> None:
    told = door.call.get("/cases", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert told.status == 401 and told.value["message"].isascii()
