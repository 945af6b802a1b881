"""A passbook on paper: its page in two sizes, what the code says once it is lost or replaced, what the counter offers (row 86)."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from mulin.ground.points import actions, queries
from tests.journeys.conftest import Enter
from tests.points.conftest import PLACE, Bank
from tests.points.test_views import enter, key_of

__all__ = ["enter"]


def checked(page: str) -> str:
    """What the address in the code of a printed page says, to a stranger."""
    (address,) = re.findall(r'class="sheet-qr"><a href="[^"?]*\?([^"]+)"', page)
    answer = Client().get(f"{reverse('points:check')}?{address.replace('&amp;', '&')}")
    assert "王秀英" not in answer.content.decode()
    return str(answer.content.decode())


def test_the_page_has_two_sizes_and_says_that_there_is_more(bank: Bank, enter: Enter) -> None:
    for number in range(9):
        bank.earn(bank.one, key=f"act{number}", done_on=(bank.now - timedelta(days=number)).date())
    client, url = enter("grid_worker"), reverse("points:sheet", args=[key_of(bank.one)])
    a4, a5 = (client.get(f"{url}?paper={size}").content.decode() for size in ("a4", "a5"))
    assert (a4.count("代取快递"), a5.count("代取快递")) == (9, 8)
    assert "paper-a5" in a5 and "paper-a5" not in a4
    assert "只印最近 8 笔" in a5 and "只印最近" not in a4
    assert "这一页是真的" in checked(a4)


def test_who_acted_for_the_holder_stands_on_the_page(bank: Bank, enter: Enter) -> None:
    bank.earn(bank.one)
    actions.give(
        by=bank.scene.grid_worker,
        now=bank.now,
        owner=bank.one,
        to=bank.other,
        amount=2,
        key="g",
        story="谢谢",
    )
    page = enter("resident").get(reverse("points:sheet", args=[key_of(bank.one)])).content.decode()
    line = page.split("谢谢")[1].split("</tr>")[0]
    assert re.search(r"代 .*办理", line) and "-2" in line and ">8<" in line


def test_lost_there_is_no_page_and_the_old_one_says_so_until_it_is_replaced(bank: Bank, enter: Enter) -> None:
    bank.earn(bank.one)
    key = key_of(bank.one)
    worker, clerk = enter("grid_worker"), enter("community_clerk")
    sheet, book = reverse("points:sheet", args=[key]), reverse("points:passbook", args=[key])
    old = worker.get(sheet).content.decode()
    assert worker.post(reverse("points:lose", args=[key])).status_code == 302
    answer = worker.get(sheet, follow=True)
    assert answer.redirect_chain[-1][0] == book
    assert "先补发新号码再打印" in answer.content.decode() and sheet not in answer.content.decode()
    assert "已挂失" in checked(old) and "积分一分不少" in checked(old)
    renew = reverse("points:replace", args=[key])
    assert renew not in worker.get(book).content.decode()
    assert clerk.get(book).content.decode().count(renew) == 1
    assert clerk.post(renew).status_code == 302
    new = worker.get(sheet).content.decode()
    assert "已补发" in checked(old) and "请出示新的存折" in checked(old)
    assert "这一页是真的" in checked(new)
    assert queries.balance(bank.one) == queries.Balance(10, 0)


def test_of_a_closed_one_the_code_promises_nothing(bank: Bank, enter: Enter) -> None:
    bank.earn(bank.one)
    old = enter("resident").get(reverse("points:sheet", args=[key_of(bank.one)])).content.decode()
    actions.close(by=bank.scene.resident, now=bank.now, owner=bank.one, key="close")
    said = checked(old)
    assert "已经作废" in said and "请出示" not in said and "补发" not in said


def test_whoever_opens_one_is_offered_his_own_communities(bank: Bank, enter: Enter) -> None:
    for who, most in (("grid_worker", 1), ("community_clerk", 1), ("street_clerk", 99)):
        page = enter(who).get(reverse("points:desk")).content.decode()
        select = page.split('name="path"')[1].split("</select>")[0]
        values = re.findall(r'value="(/[^"]*)"', select)
        assert PLACE in values and len(values) <= most and "/003/004/" not in values
        assert ('value=""' in select) == (len(values) > 1)


def test_a_deed_is_of_today_unless_another_day_is_said(bank: Bank, enter: Enter) -> None:
    page = enter("grid_worker").get(reverse("points:award", args=[key_of(bank.one)])).content.decode()
    assert 'value="2026-09-01"' in page
