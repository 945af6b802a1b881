"""A till without a network: a paper passbook is kept on the phone within the floor, sent once, and seen by its holder."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import RESIDENT, Open, Person
from tests.browser.probes import TOO_WIDE
from tests.browser.test_accessibility import check
from tests.browser.test_offline import items, offline, ready

pytestmark = pytest.mark.browser
MERCHANT = "示例商户"


def printed(someone: Open) -> tuple[str, str]:
    """Number and check code of the page that the resident printed."""
    holder = someone(RESIDENT)
    holder.go("/points/")
    account = holder.page.url.rstrip("/").rsplit("/", 1)[1]
    holder.go(f"/points/{account}/print/")
    number = holder.page.locator(".sheet-number").inner_text().strip()
    code = holder.page.locator("table.sheet-facts td.code").inner_text().strip()
    return number, code


def at_till(someone: Open) -> tuple[Person, str]:
    """The merchant's page for points."""
    till = someone(MERCHANT)
    till.go("/till/")
    till.press(till.page.get_by_role("link", name=re.compile("收积分")).first)
    return till, till.page.url.removeprefix(till.site.url)


def taken(someone: Open) -> int:
    """How many slips the resident reads of."""
    holder = someone(RESIDENT)
    holder.go("/merchants/")
    return int(holder.page.get_by_text("没有网时收的").count())


def take(till: Person, number: str, code: str, what: str = "鸡蛋一斤") -> None:
    page = till.page
    page.get_by_label(re.compile(what)).check()
    page.get_by_label("存折编号").fill(number)
    page.get_by_label(re.compile("核对码")).fill(code)
    page.locator("form[data-till] button.btn-primary").click()


def test_a_passbook_taken_without_a_network_is_one_taking_when_there_is_one(someone: Open) -> None:
    (number, code), before = printed(someone), taken(someone)
    till, path = at_till(someone)
    page = till.page
    assert page.evaluate(TOO_WIDE) == []
    assert check(till, "the till") == []
    ready(till, path)
    offline(till)
    till.go(path)
    take(till, number[:-1] + ("0" if number[-1] != "0" else "1"), code)
    page.get_by_text("存折编号不对").wait_for()
    assert items(till) == []
    for place in range(2):
        till.go(path)
        take(till, number.lower(), code)
        page.get_by_role("heading", name="存在这部手机上了").wait_for()
        assert len(items(till)) == place + 1
        page.get_by_role("link", name="下一位").click()
    take(till, number, code)
    page.get_by_text("一天最多收 20 分").wait_for()
    assert [one[0] for one in items(till)] == ["waiting", "waiting"]
    assert "鸡蛋一斤" in items(till)[0][1] and number[-4:] in items(till)[0][1]
    till.go("/waiting/")
    offline(till, False)
    page.locator(".waiting-state.is-sent").nth(1).wait_for()
    till.go(path)
    assert page.get_by_role("link", name=re.compile("鸡蛋一斤.*8 分.*没有网时收的")).count() >= 2
    assert taken(someone) == before + 2
    holder = someone(RESIDENT)
    holder.go("/points/")
    assert "鸡蛋一斤" in holder.page.content() and "当时没有网" in holder.page.content()
