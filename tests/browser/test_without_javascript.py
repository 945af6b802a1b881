"""The same things with scripts switched off."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import DESKTOP, WORKER, Open, Person
from tests.browser.probes import photo, upload

pytestmark = pytest.mark.browser

RESULT = "已和邻居谈好，杂物清走了。"


def places(person: Person) -> str:
    """Pick street, community and, where there is one, compound with the button; the words of the last choice."""
    page = person.page
    page.locator("summary", has_text="或者选").click()
    chosen = ""
    for wanted in ("叶柏寿街道", "双虹社区", "双虹家园"):
        page.locator("select[name=place]").last.select_option(label=wanted)
        chosen = wanted
        person.press(page.get_by_role("button", name="显示下一级"))
    return chosen


def test_reporting_following_rating_and_handling_need_no_script(someone: Open) -> None:
    person = someone(java_script_enabled=False)
    page = person.page
    person.go("/report/")
    page.locator("#id_text").fill("楼道里堆着旧家具，门都打不开。")
    places(person)
    assert page.locator("#id_text").input_value() == "楼道里堆着旧家具，门都打不开。"
    page.locator("#id_phone").fill("13700001234")
    page.locator("#id_photos").set_input_files([upload(photo(wide=800, high=600))])
    person.press(page.get_by_role("button", name="提交"))
    number = page.locator(".receipt-number").inner_text().strip()
    receipt = page.url.split("?")[0]
    assert page.locator(".thumbs img").count() == 1

    person.go("/progress/")
    page.locator("#id_number").fill(number)
    page.locator("#id_digits").fill("1234")
    person.press(page.locator("main button.btn-primary"))
    assert page.url == receipt

    worker = someone(WORKER, java_script_enabled=False)
    worker.go("/desk/")
    worker.press(worker.page.locator(".todo", has_text=number))
    worker.press(worker.page.locator(".act form button", has_text="接单"))
    act = worker.page.locator(".act", has=worker.page.locator("summary", has_text="填写处置结果"))
    if act.get_attribute("open") is None:
        act.locator("summary").click()
    act.locator("textarea").fill(RESULT)
    worker.press(act.get_by_role("button", name="填写处置结果"))
    assert RESULT in worker.page.locator("main").inner_text()

    page.goto(receipt)
    page.locator("#id_comment").fill("谢谢")
    person.press(page.get_by_role("button", name="基本满意"))
    assert "您已评价：基本满意" in page.locator("main").inner_text()


def test_large_print_needs_no_script(someone: Open) -> None:
    person = someone(java_script_enabled=False, size={"width": 360, "height": 740})
    page = person.page
    person.go("/")
    person.press(page.get_by_role("button", name="长辈版"))
    person.press(page.get_by_role("link", name="我要报事"))
    page.locator("#id_text").fill("门口台阶碎了，老人容易摔。")
    person.press(page.get_by_role("button", name="下一步"))
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("#id_place_text").fill("双虹家园1号楼")
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("#id_phone").fill("13600005678")
    person.press(page.get_by_role("button", name="上一步"))
    assert page.locator("#id_place_text").input_value() == "双虹家园1号楼"
    person.press(page.get_by_role("button", name="下一步"))
    assert page.locator("#id_phone").input_value() == "13600005678"
    person.press(page.get_by_role("button", name="下一步"))
    person.press(page.get_by_role("button", name="提交"))
    number = page.locator(".receipt-number").inner_text().strip()
    person.go("/progress/")
    page.locator("#id_number").fill(number)
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("#id_digits").fill("5678")
    person.press(page.get_by_role("button", name="查", exact=True))
    page.wait_for_url(re.compile(r"/r/"))
    person.go("/call/")
    person.press(page.get_by_role("button", name="换回标准版"))
    assert page.get_by_role("button", name="长辈版").is_visible()


@pytest.mark.parametrize(
    "path", ["/desk/cases/?state=closed", "/desk/map/", "/desk/figures/", "/desk/territory/"]
)
def test_desk_pages_are_readable_without_script(someone: Open, path: str) -> None:
    person = someone(WORKER, java_script_enabled=False, size=DESKTOP)
    assert person.go(path).status == 200
    assert person.page.locator("main a").count() > 2
