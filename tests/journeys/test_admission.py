"""By pages: staff ask and the reporter answers; he appeals; he takes it back. And nobody else does any of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from mulin.services.cases import actions
from mulin.services.cases.models import Case
from tests.cases.catalogue import matter
from tests.files.pictures import encoded, picture
from tests.journeys.conftest import Enter
from tests.journeys.steps import fields, press, send_report, text_of
from tests.personas import Scene

ClockAt = Callable[[datetime], None]
OTHERS = ("other_grid_worker", "other_clerk", "department", "leader", "admin", "other_resident", "merchant")


def receipt_of(answer: Any) -> str:
    return urlsplit(answer["Location"]).path


def kinds(browser: Client) -> list[str]:
    return [row["item"].kind for row in browser.get("/desk/").context["rows"]]


def offered(browser: Client, case: Case, action: str) -> bool:
    """Whether the case's page lets its reader do this."""
    answer = browser.get(f"/desk/cases/{case.id}/?act={action}")
    return answer.status_code == 200 and f"/desk/cases/{case.id}/{action}/" in text_of(answer)


def test_a_question_rests_the_clocks_until_the_reporter_answers(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter, settings: Any
) -> None:
    settings.IDLE_MINUTES = 600
    visitor, worker = Client(enforce_csrf_checks=True), enter("grid_worker", enforce_csrf_checks=True)
    receipt = receipt_of(send_report(visitor))
    case = Case.objects.get()
    assert press(worker, case.id, "take_up").status_code == 302
    due = Case.objects.get().due_at
    assert press(worker, case.id, "ask", question="").status_code == 422
    assert press(worker, case.id, "ask", question="是哪一盏灯？").status_code == 302
    rest_from = Case.objects.get().paused_since
    desk = worker.get("/desk/")
    assert [row["item"].light for row in desk.context["rows"]] == ["grey"]

    shown = text_of(visitor.get(receipt))
    assert "是哪一盏灯？" in shown and "前回答" in shown and "等反映人补充" in shown
    clock_at(morning + timedelta(hours=5))
    url = f"{receipt}answer/"
    photo = encoded(picture(320, 240))
    photo.name = "photo.jpg"
    empty = visitor.post(url, fields(shown, action=url) | {"text": ""})
    assert empty.status_code == 422 and "请写一句回答" in text_of(empty)
    answer = visitor.post(url, fields(shown, action=url) | {"text": "第二盏，东边那盏", "photos": photo})
    assert (answer.status_code, answer["Location"]) == (302, f"{receipt}?answer=1")

    now = Case.objects.get()
    assert now.state == "in_hand" and due and now.due_at and rest_from
    assert timedelta(hours=4, minutes=59) < now.due_at - due < timedelta(hours=5, minutes=1)
    page = text_of(worker.get(f"/desk/cases/{case.id}/"))
    assert "第二盏，东边那盏" in page and page.count("上报照片") == 1
    assert kinds(worker) == ["handle"]
    again = visitor.post(url, fields(text_of(visitor.get("/report/"))) | {"text": "还有一盏"})
    assert again.status_code == 409 and "还有一盏" in text_of(again)


def test_staff_write_down_what_the_reporter_said_on_the_telephone(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    clerk = enter("community_clerk")
    send_report(Client(), phone="13812345678")
    case = Case.objects.get()
    press(clerk, case.id, "ask", question="几楼？")
    assert "call_or_visit" in [
        row["item"].kind for row in clerk.get(f"/desk/cases/{case.id}/").context["todos"]
    ]
    assert press(enter("grid_worker"), case.id, "answer", text="三楼").status_code == 302
    assert Case.objects.get().state == "reported"


def test_who_was_refused_appeals_and_another_person_decides(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    visitor, clerk, street = Client(), enter("community_clerk"), enter("street_clerk")
    receipt = receipt_of(send_report(visitor))
    case = Case.objects.get()
    press(clerk, case.id, "refuse", code="elsewhere", reason="不归县里管", where="市里")
    shown = text_of(visitor.get(receipt))
    assert "不归县里管" in shown and f"{receipt}appeal/" in shown
    page = text_of(visitor.get(f"{receipt}appeal/"))
    answer = visitor.post(f"{receipt}appeal/", fields(page) | {"reason": "灯就在双虹家园里"})
    assert answer.status_code == 302
    assert f"{receipt}appeal/" not in text_of(visitor.get(receipt))
    assert "appeal" in kinds(street) and "appeal" not in kinds(clerk)
    assert "复核的结论" not in text_of(clerk.get(f"/desk/cases/{case.id}/")), (
        "it is not offered to whoever refused"
    )
    told = {"version": "", "granted": "no", "decision": "还是不归"}
    wrong = clerk.post(f"/desk/cases/{case.id}/decide_appeal/", told)
    assert wrong.status_code == 403
    assert press(street, case.id, "decide_appeal", granted="yes", decision="").status_code == 422
    assert press(street, case.id, "decide_appeal", granted="yes", decision="归本社区").status_code == 302
    assert Case.objects.get().state == "reported" and "screen" in kinds(clerk)
    shown = text_of(visitor.get(receipt))
    assert "归本社区" in shown and "最迟" in shown


def test_the_reporter_takes_it_back(county: Scene, morning: datetime, enter: Enter) -> None:
    visitor, worker = Client(), enter("grid_worker")
    receipt = receipt_of(send_report(visitor))
    case = Case.objects.get()
    assert f"{receipt}withdraw/" in text_of(visitor.get(receipt))
    page = text_of(visitor.get(f"{receipt}withdraw/"))
    assert visitor.post(f"{receipt}withdraw/", fields(page)).status_code == 302
    assert Case.objects.get().state == "withdrawn" and kinds(worker) == []
    shown = text_of(visitor.get(receipt))
    assert "您已经撤回了这件事" in shown and "withdraw/" not in shown
    assert visitor.post(f"{receipt}withdraw/", fields(page)).status_code == 404
    assert visitor.post(f"{receipt}rate/", {"score": "satisfied"}).status_code == 404
    assert case.number in text_of(worker.get("/desk/?tab=copied"))


@pytest.mark.parametrize("who", OTHERS)
def test_whoever_has_nothing_to_do_with_it_is_shown_no_such_act_and_refused(
    county: Scene, morning: datetime, enter: Enter, who: str
) -> None:
    send_report(Client())
    case = Case.objects.get()
    other, soon = enter(who), morning + timedelta(hours=1)
    assert not offered(other, case, "ask")
    told = {"version": str(case.version), "question": "哪里？"}
    assert other.post(f"/desk/cases/{case.id}/ask/", told).status_code in (403, 404)
    actions.ask(case=case, question="哪里？", by=county.grid_worker, now=soon, version=None)
    case = Case.objects.get()
    assert not offered(other, case, "answer")
    told = {"version": str(case.version), "text": "这里"}
    assert other.post(f"/desk/cases/{case.id}/answer/", told).status_code in (403, 404)
    actions.refuse(
        case=case, reason="问不清", where="社区", by=county.community_clerk, now=soon, version=None
    )
    receipt = Case.objects.get().reporters.get().receipt
    actions.appeal(receipt=receipt, reason="归", by=county.stranger, now=soon)
    case = Case.objects.get()
    assert not offered(other, case, "decide_appeal")
    told = {"version": str(case.version), "granted": "yes", "decision": "归"}
    assert other.post(f"/desk/cases/{case.id}/decide_appeal/", told).status_code in (403, 404)
    assert Case.objects.get().state == "appealed"


# ── one matter, several reports; one report, several matters ─────────────────────────────────────────────────────────


def test_three_reports_of_one_matter_become_one_and_each_reporter_keeps_his_receipt(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter
) -> None:
    clerk, worker = enter("community_clerk"), enter("grid_worker")
    visitors = [Client() for _one in range(3)]
    receipts = []
    for n, visitor in enumerate(visitors):
        clock_at(morning + timedelta(minutes=10 * n))
        receipts.append(receipt_of(send_report(visitor)))
    cases = list(Case.objects.order_by("reported_at"))
    for case in cases[1:]:
        page = text_of(clerk.get(f"/desk/cases/{case.id}/merge/"))
        assert cases[0].number in page and "同一件事" in page
        both = text_of(clerk.get(f"/desk/cases/{case.id}/merge/?with={cases[0].number}"))
        assert case.number in both and cases[0].number in both and "用词 100% 相同" in both
        url = f"/desk/cases/{case.id}/merge_into/"
        assert clerk.post(url, fields(both, action=url)).status_code == 302
    assert [one.state for one in Case.objects.order_by("reported_at")] == ["reported", "merged", "merged"]
    page = text_of(clerk.get(f"/desk/cases/{cases[0].id}/"))
    assert "并进来的" in page and cases[2].number in page
    desk = worker.get("/desk/").context["rows"]
    assert [row["item"].subject_id for row in desk] == [cases[0].id]

    press(worker, cases[0].id, "take_up")
    press(worker, cases[0].id, "dispose", result="换了灯泡，亮了")
    for visitor, receipt, score in zip(visitors, receipts, ("satisfied", "fair", "satisfied"), strict=True):
        shown = text_of(visitor.get(receipt))
        assert "换了灯泡，亮了" in shown
        url = f"{receipt}rate/"
        assert visitor.post(url, fields(shown, action=url) | {"score": score}).status_code == 302
        assert "您已评价" in text_of(visitor.get(receipt))
    assert Case.objects.get(pk=cases[0].pk).state == "closed"


def test_a_mistaken_merger_is_taken_apart(county: Scene, morning: datetime, enter: Enter) -> None:
    clerk, worker, visitor = enter("community_clerk"), enter("grid_worker"), Client()
    send_report(Client())
    receipt = receipt_of(send_report(visitor))
    first, second = Case.objects.order_by("reported_at")
    press(worker, second.id, "take_up")
    press(clerk, second.id, "merge_into", number=first.number)
    assert Case.objects.get(pk=second.pk).state == "merged" and kinds(worker) == ["handle"]
    assert press(clerk, second.id, "unmerge", reason="").status_code == 422
    assert press(clerk, second.id, "unmerge", reason="不是同一盏灯").status_code == 302
    now = Case.objects.get(pk=second.pk)
    assert (now.state, now.handler_id) == ("in_hand", county.persons["grid_worker"].id)
    assert kinds(worker) == ["handle", "handle"]
    shown = text_of(visitor.get(receipt))
    assert "解除并案，单独办理" in shown and "不是同一盏灯" not in shown


def test_a_number_that_does_not_fit_is_refused_on_the_page(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    clerk = enter("community_clerk")
    send_report(Client())
    case = Case.objects.get()
    for number, words in (("211322-000000000", "没有这个编号"), (case.number, "自己的编号")):
        answer = press(clerk, case.id, "merge_into", number=number)
        assert answer.status_code == 422 and words in text_of(answer) and number in text_of(answer)
    assert "没有这个编号的案件" in text_of(clerk.get(f"/desk/cases/{case.id}/merge/?with=x"))


def test_one_message_with_two_matters_becomes_two(county: Scene, morning: datetime, enter: Enter) -> None:
    clerk, resident = enter("community_clerk"), enter("resident")
    send_report(resident)
    case = Case.objects.get()
    assert press(clerk, case.id, "split", text="楼道堆了杂物，请清走").status_code == 302
    part = Case.objects.get(split_from=case)
    assert "分出去的" in text_of(clerk.get(f"/desk/cases/{case.id}/"))
    assert "从这里分出来" in text_of(clerk.get(f"/desk/cases/{part.id}/"))
    rows = resident.get("/my-reports/").context["rows"]
    assert {row["case"].number for row in rows} == {case.number, part.number}
    for row in rows:
        assert resident.get(row["url"]).status_code == 200
    assert part.number in text_of(resident.get("/notices/"))


def test_type_and_place_are_put_right_by_pages(county: Scene, morning: datetime, enter: Enter) -> None:
    clerk = enter("community_clerk")
    send_report(Client())
    case = Case.objects.get()
    theirs = matter(county, morning, "J1", "county", lead="department")
    answer = press(clerk, case.id, "reclassify", matter=str(theirs), reason="归市场监管局")
    assert answer.status_code == 302
    assert "县市场监督管理局" in text_of(clerk.get(answer["Location"]))
    told = {"to": f"g:{county.grids['b'].id}", "reason": "在东边那栋"}
    assert press(clerk, case.id, "relocate", **told).status_code == 302
    assert Case.objects.get().grid_path == "/001/003/g1002/"
