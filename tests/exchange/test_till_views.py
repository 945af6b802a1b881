"""Points at a merchant through the doors: the holder's code, the till, the phone's queue, the clerk's desk."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from mulin.kernel.doors import KEEP
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions
from mulin.services.exchange.models import Merchant, MerchantPerson, Statement, Taking
from tests.exchange.scenes import Notice
from tests.exchange.test_shop_views import page
from tests.exchange.tills import Entry, Till, make_till
from tests.journeys.conftest import Enter
from tests.personas import Scene


@pytest.fixture
def till(county: Scene, now: datetime) -> Till:
    return make_till(county, now)


def paper(till: Till, **more: Any) -> dict[str, Any]:
    """What the till's form sends."""
    book = till.book()
    told = {"deed": "paper", "offer": str(till.dinner.id), "number": book.number, "check": book.check}
    return told | {"client_id": str(uuid7()), "offline": "", "done_at": "", "note": ""} | more


def slip(till: Till, **more: Any) -> dict[str, Any]:
    at = (till.now - timedelta(hours=3)).isoformat()
    return paper(till, **({"offline": "1", "done_at": at} | more))


def test_a_resident_chooses_shows_and_the_assistant_takes(till: Till, enter: Enter) -> None:
    resident, assistant = enter("resident"), enter("rider")
    assert "用积分付" in page(resident, "/merchants/")
    path = f"/merchants/{till.shop.id}/points/"
    assert "可用 20 分" in page(resident, path)
    assert resident.post(path, {"offer": str(till.noodles.id)}).status_code == 422
    told = {"offer": str(till.noodles.id), "book": str(till.account())}
    assert resident.post(path, told).status_code == 302
    found = re.search(r'receipt-number">(\d{4} \d{4})<', page(resident, path))
    assert found is not None
    counter = f"/till/{till.shop.id}/points/"
    assert found[1].replace(" ", "") in page(assistant, f"{counter}?code={found[1].replace(' ', '')}")
    taken = assistant.post(counter, {"deed": "code", "code": found[1], "client_id": str(uuid7())})
    shown = page(assistant, taken["Location"])
    assert "已收 5 分" in shown and "王秀英" not in shown and str(till.account()) not in shown
    assert "面条一碗" in page(resident, "/merchants/")
    assert assistant.post(taken["Location"]).status_code == 302
    assert "当天撤销" in page(assistant, taken["Location"]) and till.balance() == 20


def test_the_phones_queue_sends_once_and_reads_why_it_was_not_taken(till: Till, enter: Enter) -> None:
    assistant, path = enter("merchant"), f"/till/{till.shop.id}/points/"
    told = slip(till)
    first = assistant.post(path, told, HTTP_ACCEPT="application/json")
    assert first.status_code == 302
    assert assistant.post(path, told)["Location"] == first["Location"]
    assert assistant.post(path, told | {"offer": str(till.noodles.id)}).status_code == 409
    assert Taking.objects.count() == 1 and till.balance() == 5
    row = Taking.objects.get()
    assert row.done_at == till.now - timedelta(hours=3)
    over = slip(till)
    for _time in range(2):
        answer = assistant.post(path, over, HTTP_ACCEPT="application/json")
        assert answer.status_code == 409
        assert (
            "data-reasons" in answer.content.decode() and "已留给社区工作人员核实" in answer.content.decode()
        )
    late = slip(till, done_at=(till.now - timedelta(days=9)).isoformat())
    assert "7 天" in assistant.post(path, late).content.decode()
    assert Taking.objects.filter(state="kept").count() == 2


def test_a_slip_whose_first_answer_was_lost_is_the_same_deed(till: Till, enter: Enter) -> None:
    assistant, path, told = enter("merchant"), f"/till/{till.shop.id}/points/", paper(till)
    first = assistant.post(path, told)
    again = assistant.post(path, told | {"offline": "1", "done_at": till.now.isoformat()})
    assert again["Location"] == first["Location"] and Taking.objects.get().how == "paper"


def test_the_page_lies_on_the_phone_of_the_account_and_knows_the_floor(till: Till, enter: Enter) -> None:
    answer = enter("rider").get(f"/till/{till.shop.id}/points/")
    shown = answer.content.decode()
    assert answer[KEEP] == str(till.scene.accounts["rider"].pk)
    assert 'data-queue="收积分 · 老街坊面馆"' in shown and 'data-floor="20"' in shown
    assert KEEP not in enter("rider").get(f"/till/{till.shop.id}/points/?code=1")
    Merchant.objects.update(floor=0)
    assert "data-queue=" not in page(enter("rider"), f"/till/{till.shop.id}/points/")


def test_a_moment_that_is_none_is_the_servers(till: Till, enter: Enter) -> None:
    assistant = enter("merchant")
    for said in ("nonsense", "2999-01-01T00:00:00Z", ""):
        told = slip(till, done_at=said, offer=str(till.noodles.id))
        assert assistant.post(f"/till/{till.shop.id}/points/", told).status_code == 302
    assert all(one.done_at == one.at for one in Taking.objects.all())


def test_a_scanned_page_leads_whoever_works_there_to_the_till(till: Till, enter: Enter) -> None:
    holder = enter("resident")
    printed = page(holder, f"/points/{till.account()}/print/")
    book = till.book()
    assert book.check in printed
    entries = Entry.objects.filter(account_id=till.account()).count()
    scanned = f"/points/check/?n={book.number}&e={entries}&b=20&d={till.now:%Y-%m-%d}&c={book.check}"
    assert "老街坊面馆：收积分" not in page(holder, scanned) + page(Client(), scanned)
    found = re.search(r'href="(/till/[^"]+)"', page(enter("rider"), scanned))
    assert found is not None
    shown = page(enter("rider"), found[1].replace("&amp;", "&"))
    assert f'value="{book.number}"' in shown and f'value="{book.check}"' in shown


def test_wrong_paper_gives_the_words_back_and_a_guesser_waits(
    till: Till, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant, path = enter("merchant"), f"/till/{till.shop.id}/points/"
    answer = assistant.post(path, paper(till, check="ABCD1234"))
    assert answer.status_code == 422 and "ABCD1234" in answer.content.decode()
    monkeypatch.setattr("mulin.services.exchange.views.takings.TRIES", 2)
    for _time in range(2):
        answer = assistant.post(path, {"deed": "code", "code": "00000000", "client_id": str(uuid7())})
    assert answer.status_code == 429


def test_the_holder_reads_where_and_when_and_is_told_once(till: Till, enter: Enter) -> None:
    enter("merchant").post(f"/till/{till.shop.id}/points/", slip(till))
    resident = enter("resident")
    assert "老街坊面馆：晚餐一份" in page(resident, f"/points/{till.account()}/")
    assert "没有网时收的" in page(resident, "/merchants/")
    assert (
        Notice.objects.filter(person_id=till.scene.persons["resident"].id, template="till_taken").count() == 1
    )


def test_a_clerk_agrees_on_points_and_a_floor_and_judges_a_slip(till: Till, enter: Enter) -> None:
    clerk, owner = enter("community_clerk"), enter("merchant")
    row = actions.apply(
        told=actions.MerchantTold("早点铺", "catering", "双虹路9号", "/001/003/"),
        by=till.scene.merchant,
        now=till.now,
    )
    told = {"deed": "offer", "title": "豆浆", "terms": "", "points": 3}
    assert owner.post(f"/till/{row.id}/", told).status_code == 302
    path, today = f"/desk/merchants/{row.id}/", till.now.date()
    days = {"act": "agree", "version": 1, "starts": today, "ends": today + timedelta(days=30)}
    assert clerk.post(path, days | {"takes_points": "on", "floor": 999}).status_code == 422
    assert clerk.post(path, days | {"takes_points": "on", "floor": 10}).status_code == 302
    assert (Merchant.objects.get(pk=row.id).takes_points, Merchant.objects.get(pk=row.id).floor) == (True, 10)
    assert "每本存折一天最多 10 分" in page(clerk, path)
    late = till.slip(done_at=till.now - timedelta(days=9))
    assert "老街坊面馆" in page(clerk, "/desk/slips/")
    where = f"/desk/slips/{late.id}/"
    assert clerk.post(where, {"words": "问过了"}).status_code == 422
    assert clerk.post(where, {"deed": "pay", "words": "问过了"}).status_code == 302
    assert "问过了" in page(clerk, where) and "问过了" in page(owner, f"/till/points/{late.id}/")
    assert "联盟垫付了 15 分" in page(clerk, f"/desk/alliances/{till.alliance.id}/")


def test_what_the_phone_of_a_dismissed_assistant_kept_goes_to_a_clerk(till: Till, enter: Enter) -> None:
    """He worked there when he took it; he sees nothing of the till any more."""
    assistant = enter("rider")
    left = till.now - timedelta(hours=1)
    named = MerchantPerson.objects.get(person=till.scene.rider.person, merchant=till.shop)
    actions.end_assistant(merchant=till.shop.id, assistant=named.id, by=till.scene.merchant, now=left)
    path = f"/till/{till.shop.id}/points/"
    assert assistant.get(path).status_code == 404
    after = slip(till, done_at=(left + timedelta(minutes=1)).isoformat())
    for told in (after, paper(till), slip(till, done_at="")):
        assert assistant.post(path, told).status_code == 404
    told = slip(till)
    for _time in range(2):
        answer = assistant.post(path, told, headers={"accept": "application/json"})
        assert answer.status_code == 409 and "留给社区工作人员核实" in answer.json()["message"]
    row = Taking.objects.get()
    assert (row.state, row.doubt, till.balance()) == ("kept", "left", 20)
    actions.judge(taking=row.id, pay=True, words="问过了", by=till.scene.community_clerk, now=till.now)
    assert Notice.objects.filter(template="till_judged").count() >= 2


def test_the_month_on_its_page(till: Till, enter: Enter) -> None:
    till.scan(till.code())
    till.slip()
    till.slip(offer=till.noodles)
    actions.draw_up(now=till.now + timedelta(days=31))
    shown = page(enter("merchant"), f"/till/statements/{Statement.objects.get().id}/")
    assert "25 分" in shown and "其中联盟垫付" in shown and "王秀英" not in shown


def test_a_visitor_is_asked_in(till: Till) -> None:
    for path in (
        f"/merchants/{till.shop.id}/points/",
        f"/till/{till.shop.id}/points/",
        f"/till/points/{uuid7()}/",
    ):
        assert "login" in Client().get(path)["Location"]
