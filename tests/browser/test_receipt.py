"""A person of 70, in large print at 360 px, finds out what became of her matter and says what she has to say."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import CLERK, WORKER, Open, Person
from tests.browser.test_large_print import SMALL, large, look
from tests.browser.test_loop import neighbour, report

pytestmark = pytest.mark.browser


def open_case(person: Person, number: str) -> None:
    person.go(f"/desk/cases/?q={number}")
    person.press(person.page.locator(".case-title a").first)


def act(person: Person, name: str, **told: str) -> None:
    """One act on the case page, as staff do it."""
    page = person.page
    person.go(f"{page.url.split('?')[0].removeprefix(person.site.url)}?act={name}")
    form = page.locator(f"form[action$='/{name}/']")
    for field, words in told.items():
        form.locator(f"[name={field}]").fill(words)
    person.press(form.locator("button").last)


def typed(person: Person) -> None:
    """A matter type for the case: what has none is not shown to neighbours, who know it by its category only."""
    page = person.page
    person.go(f"{page.url.split('?')[0].removeprefix(person.site.url)}?act=reclassify")
    form = page.locator("form[action$='/reclassify/']")
    form.locator("select[name=matter]").select_option(index=1)
    form.locator("[name=reason]").fill("补上事项类型。")
    person.press(form.locator("button").last)


def test_she_is_asked_answers_and_reads_what_became_of_it(someone: Open, in_grid: dict[str, float]) -> None:
    sender = neighbour(someone, in_grid)
    number = report(sender, words="楼道的灯不亮了。", phone="13512344321")
    receipt = sender.page.url.split("?")[0].removeprefix(sender.site.url)
    worker = someone(WORKER)
    open_case(worker, number)
    act(worker, "ask", question="是几单元几楼的灯？")

    elder = large(someone)
    page = elder.page
    elder.go(receipt)
    look(elder, "asked")
    assert page.get_by_text("是几单元几楼的灯？").first.is_visible()
    assert re.search(r"请在 \d+月\d+日 \d\d:\d\d 前回答", page.locator("main").inner_text())
    elder.press(page.get_by_role("link", name="回答"))
    look(elder, "answer")
    page.locator("textarea").fill("二单元三楼，晚上全黑。")
    elder.press(page.get_by_role("button", name="提交回答"))
    look(elder, "answered")
    assert page.get_by_text("二单元三楼，晚上全黑。").is_visible()
    assert re.search(r"最迟 \d+月\d+日 \d\d:\d\d 会有人受理", page.locator("main").inner_text())
    elder.press(page.get_by_role("link", name="不用办了，撤回"))
    look(elder, "withdraw")

    open_case(worker, number)
    act(worker, "take_up")
    act(worker, "dispose", result="换了灯泡，亮了。")
    elder.go(receipt)
    look(elder, "result")
    assert page.get_by_text("换了灯泡，亮了。").first.is_visible()
    elder.press(page.get_by_role("link", name="请您评价"))
    look(elder, "score")


def test_she_is_refused_and_asks_for_another_look(someone: Open, in_grid: dict[str, float]) -> None:
    sender = neighbour(someone, in_grid)
    number = report(sender, words="邻居借钱不还。")
    receipt = sender.page.url.split("?")[0].removeprefix(sender.site.url)
    clerk = someone(CLERK)
    open_case(clerk, number)
    act(clerk, "refuse", reason="个人之间的借款，县里管不了。", where="县法院立案窗口。")
    elder = large(someone)
    elder.go(receipt)
    look(elder, "refused")
    elder.press(elder.page.get_by_role("link", name="不同意，申请复核"))
    look(elder, "appeal")
    elder.page.locator("textarea").fill("他在小区里贴条子吓人。")
    elder.press(elder.page.get_by_role("button", name="申请复核"))
    look(elder, "appealed")
    assert re.search(r"\d+月\d+日 \d\d:\d\d 前告诉您复核结果", elder.page.locator("main").inner_text())


def test_what_neighbours_met_too_is_one_press_in_large_print(
    someone: Open, in_grid: dict[str, float]
) -> None:
    clerk = someone(CLERK)
    for words in ("路面塌了一块。", "井盖响。"):
        open_case(clerk, report(neighbour(someone, in_grid), words=words))
        typed(clerk)
        act(clerk, "share")
    elder = large(someone)
    elder.go("/me-too/")
    look(elder, "me too")
    elder.press(elder.page.get_by_role("button", name="我也遇到"))
    look(elder, "said so")
    assert elder.page.get_by_text("您点过了").is_visible()
    assert elder.page.get_by_text("路面塌了").count() == 0 == elder.page.get_by_text("井盖响").count()
    person = someone(size=SMALL)
    person.go("/me-too/")
    assert person.page.get_by_role("button", name="我也遇到").count() >= 2
