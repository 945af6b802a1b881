"""A neighbour of 75 with a passbook on paper, all on phones: helped through the grid worker, rice for her points, the paper
lost and replaced."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.browser.conftest import CLERK, ELDER, PHONE, WORKER, Open, Person
from tests.browser.probes import TOO_WIDE

pytestmark = pytest.mark.browser

RIDER = "示例骑手"
HELPED = "有人用您的积分存折办事"
WORDS = "想请人捎一袋盐、两斤鸡蛋，钱当面给。"


def text(person: Person) -> str:
    return str(person.page.locator("main").inner_text())


def own_data(person: Person) -> tuple[str, str]:
    """Name and telephone, out of what she may take along of herself."""
    person.go("/me/export/")
    with person.page.expect_download() as waiting:
        person.page.get_by_role("button", name="下载文件").click()
    told = json.loads(Path(waiting.value.path()).read_text())["person"]
    return str(told["name"]), str(told["phone"])


def asked_for(worker: Person, name: str, phone: str) -> str:
    """The grid worker writes down what she asks for; the address of the ask."""
    page = worker.page
    worker.go("/desk/neighbours/")
    worker.press(page.get_by_role("link", name="代居民：邻里互助"))
    worker.press(page.get_by_role("link", name="代买、跑腿"))
    page.locator("#id_name").fill(name)
    page.locator("#id_phone").fill(phone)
    page.locator("#id_agreed").check()
    page.locator("#id_words").fill(WORDS)
    home = page.locator("#id_place option", has_text="双虹家园").first.get_attribute("value")
    page.locator("#id_place").select_option(home)
    worker.press(page.get_by_role("button", name="提出"))
    return str(page.url.removeprefix(worker.site.url))


def points(person: Person, book: str) -> int:
    person.go(book)
    return int(person.page.locator(".points-balance").inner_text().split()[0])


def messages(person: Person) -> int:
    """How many messages say that somebody used the passbook in the holder's stead."""
    person.go("/notices/")
    return int(person.page.locator("main h2", has_text=HELPED).count())


def printed(worker: Person, book: str, paper: str) -> tuple[str, str]:
    """A page of the passbook: its number, and the address in its code."""
    assert worker.go(f"{book}print/?paper={paper}").status == 200
    assert worker.page.evaluate(TOO_WIDE) == []
    number = worker.page.locator(".sheet-number").inner_text().strip()
    address = worker.page.locator(".sheet-qr a").get_attribute("href")
    assert number and address
    return number, address.removeprefix(worker.site.url)


def at_the_counter(keeper: Person, number: str) -> None:
    """The keeper gives a bag of rice for what stands on the paper."""
    keeper.go("/shop/counter/")
    keeper.press(keeper.page.get_by_role("link", name=re.compile("大米")).first)
    keeper.page.locator("summary", has_text="凭纸质存折给货").click()
    form = keeper.page.locator("details[open] form")
    form.locator("input[name=book]").fill(number)
    keeper.press(form.get_by_role("button", name="给货、扣积分"))


def test_she_is_helped_and_gets_rice_for_the_points_on_her_paper(someone: Open) -> None:
    elder, worker, giver = someone(ELDER), someone(WORKER, size=PHONE), someone(RIDER)
    clerk = someone(CLERK, size=PHONE)
    name, phone = own_data(elder)
    ask = asked_for(worker, name, phone)

    giver.go(ask)
    giver.press(giver.page.get_by_role("button", name="我来帮"))
    assert WORDS in text(giver)
    giver.press(giver.page.get_by_role("button", name="帮完了"))
    elder.go(ask)
    assert WORDS in text(elder) and "代" in text(elder)
    elder.press(elder.page.get_by_role("button", name="确认帮完了"))
    giver.go("/points/")
    assert "帮邻居：代买、跑腿" in text(giver)

    worker.go("/desk/points/")
    worker.page.locator("#id_said").fill(phone)
    worker.press(worker.page.get_by_role("button", name="打开"))
    book = worker.page.url.removeprefix(worker.site.url)
    before = points(worker, book)
    number, address = printed(worker, book, "a5")
    assert printed(worker, book, "a4") == (number, address)
    stranger = someone()
    stranger.go(address)
    assert "这一页是真的" in text(stranger) and name not in text(stranger)

    told = messages(elder)
    at_the_counter(clerk, number)
    assert "已交货，积分从存折里扣了" in text(clerk)
    after = points(elder, book)
    assert after < before
    line = elder.page.locator("main li", has_text="大米").first.inner_text()
    assert "代" in line and "办理" in line and f"余额 {after}" in line
    assert messages(elder) == told + 1

    worker.go(book)
    worker.press(worker.page.get_by_role("button", name="纸质存折丢了，挂失"))
    worker.go(f"{book}print/")
    assert "先补发新号码再打印" in text(worker)
    stranger.go(address)
    assert "已挂失" in text(stranger) and "积分一分不少" in text(stranger)
    at_the_counter(clerk, number)
    assert "不能用来兑换" in text(clerk)
    clerk.go(book)
    clerk.press(clerk.page.get_by_role("button", name="补发新号码"))
    assert points(worker, book) == after
    new, genuine = printed(worker, book, "a5")
    assert new != number
    stranger.go(address)
    assert "已补发" in text(stranger) and "请出示新的存折" in text(stranger)
    stranger.go(genuine)
    assert "这一页是真的" in text(stranger)
