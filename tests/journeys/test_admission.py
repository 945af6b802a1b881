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
    assert "call_or_visit" in [item.kind for item in clerk.get(f"/desk/cases/{case.id}/").context["todos"]]
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
    wrong = press(clerk, case.id, "decide_appeal", granted="no", decision="还是不归")
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
