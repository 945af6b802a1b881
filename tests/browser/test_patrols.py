"""Patrols in a real browser: one thumb on a phone, no script, large print, a clerk's month."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.browser.conftest import CLERK, DESKTOP, PHONE, WORKER, Open, Person
from tests.browser.probes import TOO_WIDE
from tests.browser.test_accessibility import check

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 740}


def plan(someone: Open, name: str) -> str:
    """A plan of the clerk's through the form: all day, every day, the first grid, two lines to look at. Its name, which no
    other plan of this county has: a county may be served for many runs."""
    name = f"{name} {uuid4().hex[:6]}"
    person = someone(CLERK)
    page = person.page
    person.go("/desk/patrols/plans/new/")
    page.locator("#id_name").fill(name)
    page.locator("label", has_text="双虹第一网格").click()
    page.locator("#id_checklist").fill("楼道堆物\n消防通道")
    page.locator("label", has_text="网格员（各走各的网格）").click()
    page.locator("label", has_text="每隔几天一次").click()
    page.locator("#id_every_days").fill("1")
    page.locator("#id_opens").fill("00:00")
    page.locator("#id_closes").fill("23:59")
    person.press(page.get_by_role("button", name="保存并启用"))
    return name


def walk_of(person: Person, name: str) -> str:
    """The address of the walk that this plan has today, from the front page."""
    person.go("/desk/patrols/")
    return str(person.page.locator("a.row-link.walk", has_text=name).first.get_attribute("href"))


def look(person: Person, path: str) -> list[str]:
    """Findings of axe, and whatever is wider than the screen, with every part opened."""
    person.go(path)
    person.page.evaluate("document.querySelectorAll('main details').forEach((part) => { part.open = true; })")
    return check(person, path) + [f"{path}: {one}" for one in person.page.evaluate(TOO_WIDE)]


@pytest.mark.parametrize("large", [False, True], ids=["plain", "large"])
def test_the_walkers_pages_are_accessible_and_fit_a_narrow_phone(someone: Open, large: bool) -> None:
    name = plan(someone, "看页面")
    person = someone(WORKER, size=NARROW, large=large)
    task = walk_of(person, name)
    paths = ("/desk/patrols/", task, f"{task}finding/", "/desk/patrols/month/", "/desk/patrols/tasks/")
    assert [one for path in paths for one in look(person, path)] == []


@pytest.mark.parametrize("size", [NARROW, DESKTOP], ids=["phone", "desktop"])
def test_the_planners_pages_are_accessible(someone: Open, size: dict[str, int]) -> None:
    person = someone(CLERK, size=size)
    person.go("/desk/patrols/")
    first = str(person.page.locator("main td[data-head] a").first.get_attribute("href"))
    paths = ("/desk/patrols/", first, f"{first}change/", "/desk/patrols/plans/new/", "/desk/patrols/month/")
    assert [one for path in paths for one in look(person, path)] == []


def test_the_tap_that_ends_a_walk_is_in_sight_at_once_and_large(someone: Open) -> None:
    name = plan(someone, "一眼看到")
    person = someone(WORKER, size=PHONE)
    person.go(walk_of(person, name))
    button = person.page.get_by_role("button", name="没有发现问题")
    box = button.bounding_box()
    bar = person.page.locator(".phone-bar").bounding_box()
    assert box is not None and bar is not None
    assert box["height"] >= 64 and box["width"] >= 150
    assert box["y"] + box["height"] <= bar["y"]  # above the bar, without scrolling


def test_a_walk_needs_no_script(someone: Open) -> None:
    name = plan(someone, "不用脚本")
    person = someone(WORKER, java_script_enabled=False)
    page = person.page
    person.go(walk_of(person, name))
    page.locator("label.tick-problem").nth(1).click()
    person.press(page.get_by_role("button", name="发现了问题"))
    assert page.locator("select[name=note]").input_value() != ""  # the line that said so is chosen already
    page.locator("#id_text").fill("2号楼后面的消防通道被垃圾桶堵住了。")
    page.locator("#id_result").fill("和保洁一起挪开了。")
    page.locator("select[name=place]").select_option(index=1)
    person.press(page.get_by_role("button", name="提交"))
    assert "当场解决" in page.locator("main").inner_text()
    person.press(page.get_by_role("button", name="走完了"))
    words = page.locator("main").inner_text()
    assert "已走，有发现" in words and page.get_by_role("button", name="走完了").count() == 0


def test_a_plans_choices_open_what_belongs_to_them_without_a_script(someone: Open) -> None:
    person = someone(CLERK, size=PHONE, java_script_enabled=False)
    page = person.page
    person.go("/desk/patrols/plans/new/")
    assert not page.locator("#id_month_days").is_visible()
    page.locator("label", has_text="每月固定几号").click()
    assert page.locator("#id_month_days").is_visible()
    assert not page.locator("#id_weekdays_0").is_visible()
    page.locator("#id_name").fill("月末看一遍灭火器")
    page.locator("label", has_text="双虹第一网格").click()
    page.locator("label", has_text="网格员（各走各的网格）").click()
    page.locator("#id_month_days").fill("31")
    person.press(page.get_by_role("button", name="先存草稿"))
    words = page.locator("main").inner_text()
    assert "月末看一遍灭火器" in words and "还是草稿" in words and "每月：月末" in words
