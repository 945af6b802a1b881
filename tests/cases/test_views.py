"""The doors: what a neighbour and a clerk meet, with what statements, and what others meet there."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mulin.ground.worklist import actions as worklist
from mulin.kernel import clock
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions
from mulin.services.cases.forms import ACTION_FORMS
from mulin.services.cases.models import Case
from mulin.services.cases.rules import DONE_WORDS
from tests.cases.catalogue import matter
from tests.cases.scenes import PHONE, WORDS, browser, fresh, in_state, reported
from tests.cases.test_intake import picture
from tests.personas import IN_GRID_A, IN_GRID_B, Scene

pytestmark = pytest.mark.usefixtures("county")


def statements(caught: CaptureQueriesContext) -> list[str]:
    return [one["sql"] for one in caught if "SAVEPOINT" not in one["sql"]]


def form_of(**more: Any) -> dict[str, Any]:
    told = {
        "client_id": str(uuid7()),
        "text": WORDS,
        "lon": str(IN_GRID_A[0]),
        "lat": str(IN_GRID_A[1]),
        "accuracy": "15",
    }
    return told | more


# ── report ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_visitor_reports_and_holds_a_receipt(county: Scene) -> None:
    client = Client()
    page = client.get("/report/")
    assert page.status_code == 200 and 'data-draft="report"' in page.content.decode()
    with CaptureQueriesContext(connection) as caught:
        answer = client.post("/report/", form_of(phone=PHONE, name="王秀英"))
    case = Case.objects.get()
    assert answer.status_code == 302 and answer["Location"].endswith("?new=1")
    assert len(statements(caught)) <= 13, "\n".join(statements(caught))
    receipt = client.get(answer["Location"]).content.decode()
    assert case.number in receipt and "data-draft-clear" in receipt and "<svg" in receipt
    assert PHONE not in receipt and "王秀英" not in receipt
    assert case.grid_path == "/001/003/g1001/"


def test_a_report_with_photos_keeps_them(county: Scene) -> None:
    answer = Client().post("/report/", form_of(photos=[picture(), picture()]))
    assert answer.status_code == 302
    assert apps.get_model("files.StoredFile").objects.filter(subject_id=Case.objects.get().id).count() == 2
    page = Client().get(answer["Location"]).content.decode()
    assert page.count("size=thumb&amp;receipt=") == 2
    photo = re.search(r'href="(/files/[^"]+)"', page)
    assert photo and Client().get(photo[1].replace("&amp;", "&")).status_code == 200
    assert Client().get(photo[1].split("?")[0]).status_code == 404


def test_a_refusal_keeps_the_words(county: Scene) -> None:
    answer = Client().post("/report/", form_of(text="", phone="12", place_text="老桥头"))
    page = answer.content.decode()
    assert (
        answer.status_code == 422
        and "老桥头" in page
        and "请写一句发生了什么事" in page
        and "电话号码好像不对" in page
    )
    key = str(uuid7())
    Client().post("/report/", form_of(client_id=key))
    answer = Client().post("/report/", form_of(client_id=key, text="另一件事"))
    assert answer.status_code == 409 and "另一件事" in answer.content.decode()
    assert key not in answer.content.decode() and 'data-draft-keep="replace"' not in answer.content.decode()


def test_nonsense_in_hidden_fields_loses_no_report(county: Scene) -> None:
    answer = Client().post("/report/", form_of(lon="abc", lat="NaN", accuracy="-inf"))
    assert answer.status_code == 302 and Case.objects.get().lon is None
    assert Client().post("/report/", form_of(lon="500", lat="41")).status_code == 302


@pytest.mark.parametrize("step", ["²", "٣", "-1", "9" * 30])
def test_no_nonsense_in_the_step_breaks_the_page(county: Scene, step: str) -> None:
    assert Client().post("/report/", form_of(step=step)).status_code == 302
    assert Client().post("/report/", form_of(step=step, go="next")).status_code == 200
    assert Client().get("/report/places/", {"level": step}).status_code == 200


@pytest.mark.parametrize("text", ["\x01\x02", "\u200b", "\u202e\u2066", "\ufeff \u2060"])
def test_a_report_of_nothing_that_anybody_sees_is_empty(county: Scene, text: str) -> None:
    assert Client().post("/report/", form_of(text=text)).status_code == 422


def test_what_nobody_sees_is_taken_out_of_a_report(county: Scene) -> None:
    said = {"text": "灯\u202e坏了\x07 👨\u200d👩", "place_text": "桥\u200b头", "name": "王\u202e"}
    assert Client().post("/report/", form_of(**said)).status_code == 302
    case = Case.objects.get()
    assert (case.text, case.place_text) == ("灯坏了 👨\u200d👩", "桥头")


def test_an_address_reports_only_so_often(county: Scene, settings: Any) -> None:
    settings.REPORTS_PER_HOUR = 2
    codes = [Client().post("/report/", form_of()).status_code for _try in range(3)]
    assert codes == [302, 302, 429]
    answer = Client().post("/report/", form_of(text="我写了很久"))
    assert "我写了很久" in answer.content.decode()
    assert browser(county, "grid_worker").post("/report/", form_of()).status_code == 302


def test_places_are_picked_level_by_level_with_and_without_scripts(county: Scene) -> None:
    places = county.places
    page = Client().get("/report/").content.decode()
    assert "叶柏寿街道" in page and "双虹社区" not in page
    part = Client().get("/report/places/", {"place": places["street"].id, "level": "2"}).content.decode()
    assert "双虹社区" in part and 'id="id_place_2"' in part and "<html" not in part
    assert Client().get("/report/places/", {"place": "x"}).content.strip() == b""
    answer = Client().post(
        "/report/", form_of(go="places", place=[str(places["street"].id), str(places["community"].id)])
    )
    page = answer.content.decode()
    assert answer.status_code == 200 and "双虹家园" in page and WORDS in page and not Case.objects.exists()
    told = form_of(
        place=[str(places["street"].id), str(places["community"].id), str(places["compound"].id), ""]
    )
    Client().post("/report/", told)
    assert Case.objects.get().place_id == places["compound"].id


def controls(page: str) -> int:
    """Things one can press or fill in inside the page."""
    body = page[page.index("<body") :]
    found = re.findall(r"<(a|button|input|select|textarea|summary)\b([^>]*)>", body)
    return sum(
        1
        for tag, rest in found
        if 'type="hidden"' not in rest and " hidden" not in rest and (tag != "a" or "href" in rest)
    )


def test_the_way_of_an_old_case_says_the_year(county: Scene, now: datetime) -> None:
    case = reported(county, now - timedelta(days=900)).case
    page = browser(county, "county_clerk").get(f"/desk/cases/{case.id}/").content.decode()
    assert f'way-when num">{now - timedelta(days=900):%Y-%m}' in page


def test_large_print_asks_one_question_at_a_time(county: Scene) -> None:
    client = browser(county, large=True)
    page = client.get("/report/").content.decode()
    said = {"client_id": str(uuid7())}
    asked = [("text", WORDS), ("lon", "119.645"), ("place_text", "东门"), ("phone", PHONE)]
    for step, (name, value) in enumerate(asked, start=1):
        assert controls(page) <= 3, page
        said[name] = value
        if name == "lon":
            said["lat"] = "41.405"
        answer = client.post("/report/", said | {"step": str(step), "go": "next"})
        page = answer.content.decode()
        assert answer.status_code == 200 and not Case.objects.exists()
        for other, kept in said.items():
            assert f'name="{other}" value="{kept}"' in page or other == "step", (other, page)
    assert controls(page) <= 3
    back = client.post("/report/", said | {"step": "5", "go": "back"}).content.decode()
    assert f'name="phone" value="{PHONE}"' in back and controls(back) <= 3
    answer = client.post("/report/", said | {"step": "5"})
    assert answer.status_code == 302
    assert controls(client.get(answer["Location"]).content.decode()) <= 3


def test_large_print_stays_where_something_is_wrong(county: Scene) -> None:
    client = browser(county, large=True)
    answer = client.post("/report/", {"client_id": str(uuid7()), "text": "", "step": "1", "go": "next"})
    assert answer.status_code == 422 and 'name="step" value="1"' in answer.content.decode()
    answer = client.post("/report/", {"client_id": str(uuid7()), "text": "x", "phone": "12", "step": "5"})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'name="step" value="4"' in page and controls(page) <= 3


@pytest.mark.parametrize("state", ["reported", "in_hand", "disposed", "closed", "not_admitted"])
def test_large_print_shows_progress_with_few_controls(county: Scene, now: datetime, state: str) -> None:
    _case, receipt = in_state(county, now, state)
    client = browser(county, large=True)
    page = client.get(f"/r/{receipt}/").content.decode()
    assert controls(page) <= 3
    assert controls(client.get(f"/r/{receipt}/rate/").content.decode()) <= 3
    second = client.post(f"/r/{receipt}/rate/", {"go": "next", "score": "satisfied"}).content.decode()
    assert controls(second) <= 3
    page = client.get("/progress/").content.decode()
    assert controls(page) <= 3
    page = client.post("/progress/", {"go": "next", "number": "211322-1"}).content.decode()
    assert controls(page) <= 3 and "211322-1" in page


# ── receipt and rating ───────────────────────────────────────────────────────────────────────────────────────────


def test_rating_by_receipt_needs_no_login_and_works_once(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "disposed")
    page = Client().get(f"/r/{receipt}/").content.decode()
    assert "换了灯泡" in page and 'value="mostly_satisfied"' in page
    answer = Client().post(f"/r/{receipt}/rate/", {"score": "satisfied", "comment": "好"})
    assert answer.status_code == 302 and fresh(case).state == "closed"
    again = Client().post(f"/r/{receipt}/rate/", {"score": "dissatisfied", "comment": "我改主意了"})
    assert again.status_code == 409 and "我改主意了" in again.content.decode()
    assert Client().post(f"/r/{receipt}/rate/", {}).status_code == 422
    assert "已评价：满意" in Client().get(f"/r/{receipt}/").content.decode()


def test_no_receipt_no_page(county: Scene, now: datetime) -> None:
    made = reported(county, now)
    for wrong in ("x", made.case.number, made.receipt[:-1], "211322-" + "0" * 21):
        assert Client().get(f"/r/{wrong}/").status_code == 404
    assert Client().get(f"/r/{made.receipt.lower()}/").status_code == 200


def test_outside_the_county_says_where_to_turn(county: Scene, now: datetime) -> None:
    made = reported(county, now)
    step = made.case.steps.get()
    step.facts = {"outside": True, "emergency": ["119"]}
    step.save()
    page = Client().get(f"/r/{made.receipt}/").content.decode()
    assert "12345" in page and "119" in page


def test_my_reports_are_mine(county: Scene, now: datetime) -> None:
    case = reported(county, now, by="resident").case
    page = browser(county, "resident").get("/my-reports/").content.decode()
    assert case.title in page
    assert case.title not in browser(county, "other_resident").get("/my-reports/").content.decode()
    assert browser(county, "resident").get(f"/my-reports/{case.id}/").status_code == 302
    assert browser(county, "other_resident").get(f"/my-reports/{case.id}/").status_code == 404
    assert Client().get("/my-reports/").status_code == 302


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_todo_list_is_as_long_as_its_count(county: Scene, now: datetime) -> None:
    for _case in range(3):
        reported(county, now)
    page = browser(county, "grid_worker").get("/desk/").content.decode()
    assert page.count('class="row-link todo"') == 3 and ">3</span>" in page and "接单、办理" in page
    assert "没有待办" in browser(county, "other_grid_worker").get("/desk/").content.decode()


def test_the_desk_has_four_tabs_and_filters_stay_while_one_changes_between_them(
    county: Scene, now: datetime
) -> None:
    case = reported(county, now).case
    reported(county, now, text="井盖松动，骑车危险。")
    client = browser(county, "grid_worker")
    page = client.get("/desk/", {"q": "路灯"}).content.decode()
    assert page.count('class="row-link todo"') == 1 and "井盖" not in page
    assert "?tab=unit&amp;q=%E8%B7%AF%E7%81%AF" in page
    page = client.get("/desk/", {"tab": "unit"}).content.decode()
    assert page.count('class="row-link todo"') == 2 and "在网格员处" in page
    actions.take_up(case=case, by=county.grid_worker, now=now, version=None)
    actions.dispose(case=case, result="换了灯泡", by=county.grid_worker, now=now, version=None)
    assert case.title in client.get("/desk/", {"tab": "done"}).content.decode()
    assert "没有符合条件的" in client.get("/desk/", {"tab": "done", "kind": "close"}).content.decode()
    nonsense = {"tab": "x", "kind": "x", "light": "x", "q": "\0", "at": "x", "seen": "x"}
    assert client.get("/desk/", nonsense).status_code == 200


def test_a_units_to_do_says_where_it_is(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    theirs = matter(county, now, "P1", "county", lead="department")
    actions.accept(case=case, matter=theirs, by=county.community_clerk, now=now, version=None)
    page = browser(county, "department").get("/desk/").content.decode()
    row = re.search(r'class="row-link todo".*?</a>', page, re.DOTALL)
    assert row and case.title in row[0] and "双虹社区" in row[0]


def test_a_copy_is_opened_by_a_press_and_is_seen_then(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    told = {"subject_kind": "case", "subject_id": case.id, "title": case.title, "number": case.number}
    keys = [
        worklist.copy(by=county.admin, now=now, role=role, path="/001/003/", **told)
        for role in ("community_clerk", "leader")
    ]
    client = browser(county, "community_clerk")
    assert client.get("/desk/", {"tab": "copied"}).content.decode().count('name="id"') == 1
    assert client.post("/desk/copied/", {"id": str(keys[1])})["Location"] == "/desk/?tab=copied"
    assert client.post("/desk/copied/", {"id": str(keys[0])})["Location"] == f"/desk/cases/{case.id}/"
    assert "没有新的抄送" in client.get("/desk/", {"tab": "copied"}).content.decode()
    stranger = browser(county, "department")
    assert stranger.get(f"/desk/cases/{case.id}/").status_code == 404
    worklist.copy(by=county.admin, now=now, unit=county.units["department"].id, **told)
    page = stranger.get(f"/desk/cases/{case.id}/").content.decode()
    assert case.title in page and "现在可以做" not in page
    assert case.title in client.get("/desk/", {"tab": "copied", "seen": "1"}).content.decode()
    worklist.copy(by=county.admin, now=now, role="community_clerk", path="/001/003/", **told)
    page = client.post("/desk/copied/", follow=True).content.decode()
    assert "1 件已标为看过" in page and "没有新的抄送" in page


STATUS = {
    "": 302,
    "resident": 404,
    "rider": 404,
    "merchant": 403,
    "other_grid_worker": 404,
    "other_clerk": 404,
    "department": 404,
    "grid_worker": 200,
    "community_clerk": 200,
    "street_clerk": 200,
    "county_clerk": 200,
    "leader": 200,
    "admin": 200,
}


def test_who_opens_a_case(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    found = {who: browser(county, who).get(f"/desk/cases/{case.id}/").status_code for who in STATUS}
    assert found == STATUS
    assert browser(county, "admin").get(f"/desk/cases/{uuid7()}/").status_code == 404


def test_who_may_act_by_direct_post(county: Scene, now: datetime) -> None:
    expected = STATUS | {
        "grid_worker": 302,
        "leader": 403,
        "admin": 403,
        "community_clerk": 302,
        "street_clerk": 302,
    }
    expected["county_clerk"] = 302
    for who, status in expected.items():
        case = reported(county, now).case
        answer = browser(county, who).post(f"/desk/cases/{case.id}/take_up/", {"version": "1"})
        assert answer.status_code == status, who
        assert fresh(case).version == (2 if status == 302 and who else 1)


@pytest.mark.parametrize(
    "path", ["/desk/", "/desk/cases/", "/desk/map/", "/desk/map/cases.geojson", "/desk/report/"]
)
def test_the_desk_is_for_staff(county: Scene, path: str) -> None:
    assert Client().get(path).status_code == 302
    for who, status in (("resident", 404), ("rider", 404), ("merchant", 403)):
        assert browser(county, who).get(path).status_code == status
    for who in ("grid_worker", "community_clerk", "department", "leader", "admin"):
        assert browser(county, who).get(path).status_code == 200


def test_a_stale_form_is_409_and_keeps_the_words(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    actions.reply(case=case, text="马上来", by=county.community_clerk, now=now, version=case.version)
    client = browser(county, "grid_worker")
    answer = client.post(
        f"/desk/cases/{case.id}/dispose/", {"version": case.version, "result": "写了很久的结果"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409 and "写了很久的结果" in page and "已经被别人更新" in page
    version = re.search(r'name="version" value="(\d+)" id="id_dispose', page)
    assert version and int(version[1]) == fresh(case).version
    again = client.post(
        f"/desk/cases/{case.id}/dispose/", {"version": version[1], "result": "写了很久的结果"}
    )
    assert again.status_code == 302 and fresh(case).result == "写了很久的结果"


def test_a_phone_sends_its_result_again_and_nothing_is_written_twice(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    client, url = browser(county, "grid_worker"), f"/desk/cases/{case.id}/dispose/"
    key = re.search(
        r'name="client_id" value="([^"]+)"', client.get(f"/desk/cases/{case.id}/").content.decode()
    )
    assert key is not None
    told = {"version": case.version, "result": "修好了", "client_id": key[1]}
    answers = [client.post(url, told | {"photos": [picture()]}) for _once_and_again in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, f"/desk/cases/{case.id}/?done=dispose")
    ] * 2
    assert fresh(case).steps.filter(action="dispose").count() == 1
    assert apps.get_model("files.StoredFile").objects.filter(subject_id=case.id).count() == 1
    other = client.post(url, told | {"result": "另一个结果"})
    assert other.status_code == 409 and "另一个结果" in other.content.decode()


def test_after_a_refusal_the_result_has_another_key(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    key = str(uuid7())
    told = {"version": case.version, "result": "", "client_id": key}
    answer = browser(county, "grid_worker").post(f"/desk/cases/{case.id}/dispose/", told)
    page = answer.content.decode()
    assert answer.status_code == 422 and 'name="client_id"' in page and key not in page


def test_words_are_kept_where_the_action_has_gone(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed")
    answer = browser(county, "grid_worker").post(
        f"/desk/cases/{case.id}/dispose/", {"version": case.version, "result": "另一个结果"}
    )
    assert answer.status_code == 409 and "另一个结果" in answer.content.decode()


def test_what_was_chosen_is_kept_in_words_where_the_action_has_gone(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed")
    answer = browser(county, "community_clerk").post(
        f"/desk/cases/{case.id}/dispatch/", {"version": 1, "holder": "l:community", "note": "请尽快"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409 and "社区（村）</span>" in page and "请尽快" in page
    assert "l:community</span>" not in page


def test_the_whole_way_by_pages(county: Scene) -> None:
    visitor, worker, clerk = Client(), browser(county, "grid_worker"), browser(county, "community_clerk")
    receipt = visitor.post("/report/", form_of(phone=PHONE))["Location"].split("?")[0]
    case = Case.objects.get()
    here = f"/desk/cases/{case.id}/"

    def press(client: Client, action: str, **more: Any) -> int:
        return int(client.post(f"{here}{action}/", {"version": fresh(case).version, **more}).status_code)

    assert press(worker, "take_up") == 302
    assert press(worker, "reply", text="明天来修", way="message") == 302
    assert press(worker, "dispose", result="", photos=[picture()]) == 422
    assert press(worker, "dispose", result="修好了", photos=[picture()]) == 302
    assert press(clerk, "close") == 409
    shown = worker.post(f"{here}show_contact/")
    assert PHONE in shown.content.decode() and "no-store" in shown["Cache-Control"]
    assert PHONE not in worker.get(here).content.decode()
    assert press(worker, "inform", outcome="reached") == 302
    assert press(clerk, "close", note="") == 302
    page = visitor.get(receipt).content.decode()
    assert "修好了" in page and "已结案" in page and "张工" not in page
    assert press(clerk, "reopen", reason="又坏了") == 302
    assert fresh(case).state == "in_hand"


def test_accept_offers_the_clerk_s_own_grids(county: Scene, now: datetime) -> None:
    case = reported(county, now, at=None, place=county.places["community"].id).case
    page = browser(county, "community_clerk").get(f"/desk/cases/{case.id}/").content.decode()
    assert f"g:{county.grids['a'].id}" in page and f"g:{county.grids['c'].id}" not in page
    answer = browser(county, "community_clerk").post(
        f"/desk/cases/{case.id}/accept/", {"version": "1", "to": f"g:{county.grids['c'].id}"}
    )
    assert answer.status_code == 422
    answer = browser(county, "community_clerk").post(
        f"/desk/cases/{case.id}/accept/", {"version": "1", "to": f"g:{county.grids['b'].id}"}
    )
    assert answer.status_code == 302 and fresh(case).grid_path == "/001/003/g1002/"
    page = (
        browser(county, "county_clerk")
        .get(f"/desk/cases/{reported(county, now, at=None).case.id}/")
        .content.decode()
    )
    assert f"d:{county.places['street'].id}" in page


def test_why_a_case_is_seen_is_said_in_words(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand", by="resident")
    why = f"/desk/why/case/{case.id}/"
    page = browser(county, "grid_worker").get(why).content.decode()
    assert "网格员看得到" in page and "这件事由您办理" in page
    assert browser(county, "leader").get(why).status_code == 200
    assert browser(county, "other_grid_worker").get(why).status_code == 404


def test_staff_report_and_found_fixed_forms(county: Scene) -> None:
    worker = browser(county, "grid_worker")
    assert worker.get("/desk/report/").status_code == worker.get("/desk/found-and-fixed/").status_code == 200
    answer = worker.post("/desk/report/", form_of(phone=PHONE, name="李大爷"))
    assert answer.status_code == 302 and "回到工作台" in worker.get(answer["Location"]).content.decode()
    assert Case.objects.get().source == "staff"
    answer = worker.post("/desk/found-and-fixed/", form_of(text="楼道杂物", result="清了"))
    assert answer.status_code == 302 and Case.objects.filter(found_fixed=True).count() == 1
    answer = worker.post("/desk/found-and-fixed/", form_of(text="楼道杂物", result="清了", lon=IN_GRID_B[0]))
    assert answer.status_code == 422 and "不在您的网格内" in answer.content.decode()
    assert browser(county, "community_clerk").get("/desk/found-and-fixed/").status_code == 403


def test_the_map_shows_only_what_may_be_seen(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    in_state(county, now, "closed")
    found = browser(county, "grid_worker").get("/desk/map/cases.geojson").json()
    assert [one["properties"]["number"] for one in found["features"]] == [case.number]
    assert browser(county, "other_grid_worker").get("/desk/map/cases.geojson").json()["features"] == []
    assert case.title in browser(county, "leader").get("/desk/map/").content.decode()


def test_the_list_is_filtered_and_paged(county: Scene, now: datetime) -> None:
    mine = reported(county, now, text="井盖丢了").case
    in_state(county, now, "closed")
    client = browser(county, "county_clerk")

    def listed(**query: Any) -> set[str]:
        page = client.get("/desk/cases/", query).content.decode()
        return set(re.findall(r"211322-[0-9A-Z]{9}", page))

    assert len(listed()) == 2
    assert listed(q="井盖") == listed(q=mine.number) == listed(state="unfinished") == {mine.number}
    assert len(listed(state="closed")) == 1 and listed(area="/003/") == set()
    assert len(listed(area="/001/003/", since="2026-09-01", until="2026-09-01")) == 2
    assert listed(since="2026-09-02") == set()
    assert client.get("/desk/cases/", {"since": "2026-09-02", "until": "2026-09-01"}).status_code == 422
    assert client.get("/desk/cases/", {"area": "/001/003/g1001/"}).status_code == 200


PAGES = ["/desk/", "/desk/cases/", "/desk/map/", "/desk/map/cases.geojson", "/my-reports/"]


@pytest.mark.parametrize("path", PAGES)
def test_one_row_or_three_cost_the_same(county: Scene, now: datetime, path: str) -> None:
    who = "resident" if path == "/my-reports/" else "community_clerk"
    client = browser(county, who)

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(path).status_code == 200
        return len(statements(caught))

    in_state(county, now, "disposed", by="resident")
    cost()
    one = cost()
    for _case in range(2):
        in_state(county, now, "disposed", by="resident")
    assert cost() <= one <= 14, one


def test_a_case_page_costs_the_same_after_many_steps(county: Scene, now: datetime) -> None:
    short = reported(county, now, phone=PHONE).case
    long, _receipt = in_state(county, now, "closed", phone=PHONE)
    client, costs = browser(county, "community_clerk"), []
    for case in (short, short, long):
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"/desk/cases/{case.id}/").status_code == 200
        costs.append(statements(caught))
    # one of them asks what lies near it and may be the same matter
    assert len(costs[2]) <= len(costs[1]) + 1 and max(map(len, costs)) <= 25, "\n".join(max(costs, key=len))


def test_an_act_costs_few_statements(county: Scene) -> None:
    """Who asks is four of them; the row once to show and once to lock, then what the act writes."""
    case = reported(county, clock.now()).case
    acts = (
        ("take_up", "grid_worker", {}, 14),
        ("reply", "grid_worker", {"text": WORDS, "way": "phone"}, 11),
        ("dispose", "grid_worker", {"result": WORDS}, 16),
        ("close", "community_clerk", {"note": ""}, 15),
    )
    browsers = {who: browser(county, who) for who in ("grid_worker", "community_clerk")}
    for version, (name, who, told, most) in enumerate(acts, start=1):
        browsers[who].get("/healthz")  # the click is remembered once a minute
        with CaptureQueriesContext(connection) as caught:
            answer = browsers[who].post(f"/desk/cases/{case.id}/{name}/", told | {"version": str(version)})
        assert answer.status_code == 302
        assert len(statements(caught)) <= most, "\n".join(statements(caught))


def test_a_receipt_page_costs_little(county: Scene, now: datetime) -> None:
    _case, receipt = in_state(county, now, "disposed")
    Client().get(f"/r/{receipt}/")
    with CaptureQueriesContext(connection) as caught:
        Client().get(f"/r/{receipt}/")
    assert len(statements(caught)) <= 5, "\n".join(statements(caught))


def test_every_act_of_the_case_page_says_that_it_is_done() -> None:
    assert set(ACTION_FORMS) - {"show_contact"} <= set(DONE_WORDS)
