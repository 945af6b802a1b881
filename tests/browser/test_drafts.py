"""Words once typed are not lost: not by a reload, a closed tab, a refusal; and they stay on this phone only."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error

from tests.browser.conftest import CLERK, Open, Person
from tests.browser.test_loop import neighbour

pytestmark = pytest.mark.browser

WORDS = "广场舞音响太大，孩子写不了作业。"
KEPT = "() => Object.keys(localStorage).filter((key) => key.startsWith('mulin.draft.'))"


def typed(person: Person) -> None:
    """Fill the report in, place and phone too."""
    person.go("/report/")
    person.page.locator("#id_text").press_sequentially(WORDS)
    person.page.locator("#id_place_text").fill("人民广场东侧")
    person.page.locator("[data-draft-note]").get_by_text("草稿已保存").wait_for()


def found(person: Person) -> tuple[str, str]:
    page = person.page
    return page.locator("#id_text").input_value(), page.locator("#id_place_text").input_value()


def test_a_reload_and_a_killed_tab_lose_no_word(someone: Open) -> None:
    person = someone()
    typed(person)
    person.page.reload()
    assert found(person) == (WORDS, "人民广场东侧")
    person.page.close(run_before_unload=False)
    person.new_page()
    person.go("/report/")
    assert found(person) == (WORDS, "人民广场东侧")
    assert "已找回" in person.page.locator("[data-draft-note]").inner_text()


def test_a_crashed_tab_loses_no_word(someone: Open) -> None:
    person = someone()
    typed(person)
    crashed = person.page
    with crashed.expect_event("crash"), suppress(Error):
        crashed.goto("chrome://crash", timeout=5_000)
    person.new_page()
    person.go("/report/")
    assert found(person) == (WORDS, "人民广场东侧")


def test_what_was_sent_is_forgotten(someone: Open) -> None:
    person = someone()
    typed(person)
    person.page.get_by_role("button", name="提交").click()
    person.page.wait_for_url(re.compile(r"/r/"))
    person.page.locator(".receipt-number").wait_for()
    assert person.page.evaluate(KEPT) == []
    person.go("/report/")
    assert found(person) == ("", "")


def test_a_refusal_keeps_every_word_and_the_chosen_place(someone: Open, in_grid: dict[str, float]) -> None:
    person = neighbour(someone, in_grid)
    page = person.page
    typed(person)
    page.locator("[data-place-button]").click()
    page.locator("[data-place-state].is-good").wait_for()
    page.locator("summary", has_text="或者选").click()
    page.locator("#id_place_1, select[name=place]").first.select_option(index=1)
    page.locator("select[name=place]").nth(1).wait_for()
    page.locator("select[name=place]").nth(1).select_option(index=1)
    chosen = page.locator("select[name=place]").nth(1).input_value()
    page.locator("#id_phone").fill("12")
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.get_by_role("button", name="提交").click()
    assert posted.value.status == 422
    page.locator(".error-summary").wait_for()
    assert found(person) == (WORDS, "人民广场东侧")
    assert page.locator("#id_phone").input_value() == "12"
    assert page.locator("select[name=place]").nth(1).input_value() == chosen
    assert float(page.locator("input[name=lon]").input_value()) == round(in_grid["longitude"], 6)
    page.locator("#id_phone").fill("")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/r/"))


def test_signing_out_wipes_what_a_member_of_staff_had_typed(someone: Open) -> None:
    person = someone()
    person.enter(CLERK)
    person.go("/desk/report/")
    person.page.locator("#id_text").fill("王大爷来电：楼上漏水。")
    person.page.locator("[data-draft-note]").get_by_text("草稿已保存").wait_for()
    assert person.page.evaluate(KEPT) != []
    person.page.locator(".phone-me > summary").click()
    person.press(person.page.locator(".phone-me").get_by_role("button", name="退出登录"))
    assert person.page.evaluate(KEPT) == []


def test_the_next_person_on_the_same_phone_does_not_find_another_ones_draft(someone: Open) -> None:
    person = someone()
    person.enter(CLERK)
    person.go("/desk/report/")
    person.page.locator("#id_text").fill("只给自己看的话。")
    person.page.locator("[data-draft-note]").get_by_text("草稿已保存").wait_for()
    person.context.clear_cookies()
    person.go("/")
    assert person.page.evaluate(KEPT) == []
