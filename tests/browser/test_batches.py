"""A clerk moves twenty cases in one act, and takes it back."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.browser.conftest import CLERK, DESKTOP, Open, Person

pytestmark = pytest.mark.browser

REPORT = """async ([count, place, words]) => {
  for (let n = 1; n <= count; n++) {
    const page = new DOMParser().parseFromString(await (await fetch("/report/")).text(), "text/html");
    const form = page.querySelector("main form");
    const said = new FormData(form);
    said.set("text", words + n + "号路灯不亮");
    said.set("lon", place.longitude);
    said.set("lat", place.latitude);
    said.set("accuracy", "12");
    const answer = await fetch("/report/", { method: "POST", body: said });
    if (!answer.ok) throw new Error("HTTP " + answer.status);
  }
}"""


def reports(person: Person, count: int, place: dict[str, Any], words: str) -> None:
    """So many reports that begin with these words, as the page's own form sends them."""
    person.go("/report/")
    person.page.evaluate(REPORT, [count, place, words])


def test_a_clerk_accepts_twenty_cases_in_one_act_and_takes_it_back(
    someone: Open, in_grid: dict[str, float]
) -> None:
    reports(someone(), 20, in_grid, "批量试")
    clerk = someone(CLERK, size=DESKTOP)
    clerk.go("/desk/cases/?state=reported&q=批量试")
    page = clerk.page
    assert page.locator('tbody input[name="case"]').count() == 20
    page.get_by_label("本页全选").check()
    page.locator(".batch-bar").get_by_text("(20)").wait_for()
    page.locator(".batch-bar select").select_option("accept")
    clerk.press(page.get_by_role("button", name="批量办理"))
    assert page.get_by_role("heading", name="可以办的 20 件").is_visible()
    clerk.press(page.get_by_role("button", name=re.compile("20 件$")))
    assert page.get_by_role("heading", name="办了 20 件").is_visible()
    clerk.press(page.get_by_role("button", name="整批撤回"))
    page.get_by_text("20 件已回到原来的状态").wait_for()
    clerk.go("/desk/cases/?state=reported&q=批量试")
    assert page.locator('tbody input[name="case"]').count() == 20


def test_on_a_phone_three_to_dos_are_taken_up_with_a_thumb(someone: Open, in_grid: dict[str, float]) -> None:
    reports(someone(), 3, in_grid, "拇指按")
    clerk = someone(CLERK)
    clerk.go("/desk/cases/?state=reported&q=拇指按")
    page = clerk.page
    for row in page.locator("td.pick label").all()[:3]:
        box = row.bounding_box()
        assert box and min(box["width"], box["height"]) >= 44
        row.click()
    page.locator(".batch-bar select").select_option("take_up")
    clerk.press(page.get_by_role("button", name="批量办理"))
    assert page.get_by_role("heading", name="可以办的 3 件").is_visible()


def test_what_answers_a_form_in_place_can_be_sent_on_loaded_again_and_left(
    someone: Open, in_grid: dict[str, float]
) -> None:
    reports(someone(), 1, in_grid, "原地答复")
    clerk = someone(CLERK, size=DESKTOP)
    clerk.go("/desk/cases/?state=reported&q=原地答复")
    page = clerk.page
    page.locator("input[name=case]").first.check()
    page.locator("form[data-pick] select").select_option("accept")
    clerk.press(page.get_by_role("button", name="批量办理"))
    assert "选了 1 件" in page.locator("main").inner_text()
    assert page.url.endswith("state=reported&q=" + quote("原地答复"))  # its own address takes no GET
    clerk.press(page.get_by_role("button", name="受理并派到网格，1 件"))
    assert "/desk/batches/" in page.url
    clerk.go("/desk/people/leaves/")
    clerk.press(page.get_by_role("link", name="我要请假"))
    form = page.url
    page.locator("[name=last_day]").fill("2020-01-01")
    clerk.press(page.get_by_role("button", name="保存"))
    assert page.locator(".error-summary").count() == 1 and page.url == form
    clerk.go("/desk/")
    page.go_back()
    assert page.locator("[name=last_day]").count() == 1 and page.url == form
