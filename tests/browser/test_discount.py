"""A hairdresser checks a one-time code on her phone: valid, then the same code again, and on the same day taken back."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import RESIDENT, Open, Person
from tests.browser.probes import TOO_WIDE

pytestmark = pytest.mark.browser
HAIRDRESSER, SALON = "示例理发师", "一剪轻松理发店"
NEW, NEXT = "换一个新的", "下一位"


def shown(resident: Person) -> str:
    """The digits on the resident's phone after one more tap."""
    page = resident.page
    resident.press(page.get_by_role("button", name=re.compile(f"显示折扣码|{NEW}")))
    return str(page.locator(".receipt-number").inner_text()).replace(" ", "")


def checked(till: Person, digits: str, *, scanned: bool = True) -> bytes:
    """What the till answers, to the byte: the camera opens the address of the square, or she types the digits."""
    page = till.page
    if scanned:
        till.go(f"/till/?code={digits}")
    else:
        till.press(page.get_by_role("link", name=NEXT))
        page.locator("#id_code").fill(digits)
    with page.expect_navigation() as answer:
        page.get_by_role("button", name="核对").click()
    assert page.evaluate(TOO_WIDE) == []
    return bytes(answer.value.body())


def uses(person: Person) -> str:
    """The resident's own page tells where he used a code."""
    person.go("/merchants/")
    return str(person.page.locator("section", has_text="我用过的").last.inner_text())


def test_a_hairdresser_scans_a_code_and_takes_it_back_on_the_same_day(someone: Open) -> None:
    resident, till = someone(RESIDENT), someone(HAIRDRESSER)
    resident.go("/merchants/")
    resident.press(resident.page.get_by_role("link", name=f"我的折扣码 · {SALON}"))
    assert resident.page.evaluate(TOO_WIDE) == []
    digits = shown(resident)
    assert resident.page.locator("main svg.qr").count() == 1

    valid = checked(till, digits)
    assert "有效" in valid.decode() and "请给优惠" in valid.decode()
    again = checked(till, digits, scanned=False)
    assert "无效" in again.decode()
    late = shown(resident)
    shown(resident)  # a newer one: the one before holds no more
    assert {checked(till, late), checked(till, "00000000", scanned=False), checked(till, "x")} == {again}

    till.press(till.page.get_by_role("link", name=NEXT))
    till.press(till.page.get_by_role("link", name=re.compile("今天的")))
    today = till.page.locator("section", has_text="今天的").first
    assert "示例居民" not in till.page.content()
    assert "月结单" not in till.page.locator("main h2").all_inner_texts()  # the owner's
    assert uses(resident).count(SALON) == 1
    till.press(today.get_by_role("button", name=re.compile("撤销")).first)
    assert "已撤销" in till.page.locator("main").inner_text()
    assert "已撤销" in uses(resident)
