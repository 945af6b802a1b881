"""Large print: at most three controls a step, letters of 18 pt, nothing cut off at 360 px."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import CLERK, ELDER, WORKER, Open, Person
from tests.browser.probes import CONTROLS, SMALL_PRINT, TOO_WIDE, photo, upload
from tests.browser.test_loop import neighbour, report

pytestmark = pytest.mark.browser

SMALL = {"width": 360, "height": 740}
LEAST = 24.0
"""CSS pixels: 18 pt."""


def look(person: Person, step: str) -> None:
    """The three promises on the page as it is now."""
    page = person.page
    controls = page.evaluate(CONTROLS)
    assert 1 <= len(controls) <= 3, f"{step}: {controls}"
    assert page.evaluate(SMALL_PRINT, [LEAST, 1.3]) == [], step
    assert page.evaluate(TOO_WIDE) == [], step


def large(someone: Open, who: str = "") -> Person:
    return someone(who, size=SMALL, large=True)


def test_each_page_of_the_front_door_keeps_the_three_promises(someone: Open) -> None:
    person = large(someone)
    for path in (
        "/", "/call/", "/emergency/", "/progress/", "/grid-worker/", "/open/", "/me/", "/about/", "/preferences/",
        "/accounts/login/", "/no-such-page/",
    ):  # fmt: skip
        person.go(path)
        look(person, path)


def test_a_neighbour_finds_the_telephone_number_of_the_grid_worker(someone: Open) -> None:
    person = large(someone)
    page = person.page
    person.go("/")
    person.press(page.get_by_role("link", name="打电话"))
    person.press(page.get_by_role("link", name="找网格员"))
    page.locator("select").select_option(index=1)
    person.press(page.locator("main button"))
    look(person, "which grid")
    if page.locator("select").count():
        person.press(page.locator("main button"))
    look(person, "grid worker")
    assert page.locator("a[href^='tel:']").count() == 1


def test_every_step_of_a_report_its_receipt_progress_and_rating_keep_the_three_promises(
    someone: Open, in_grid: dict[str, float]
) -> None:
    person = neighbour(someone, in_grid, size=SMALL, large=True)
    page = person.page
    person.go("/")
    person.press(page.get_by_role("link", name="我要报事"))
    look(person, "words, empty")
    person.press(page.get_by_role("button", name="下一步"))
    assert page.locator(".error-summary, .has-error").count() >= 1
    page.locator("#id_text").fill("楼下垃圾桶三天没清了。")
    look(person, "words")
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("[data-place-button]").click()
    page.locator("[data-place-state].is-good").wait_for()
    look(person, "position")
    person.press(page.get_by_role("button", name="下一步"))
    look(person, "place in words")
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("#id_phone").fill("12")
    person.press(page.get_by_role("button", name="下一步"))
    look(person, "wrong number")
    page.locator("#id_phone").fill("13512344321")
    look(person, "number")
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("#id_photos").set_input_files([upload(photo(wide=1600, high=1200))])
    page.locator("[data-photo-list] img").wait_for()
    look(person, "photo")
    person.press(page.get_by_role("button", name="提交"))
    page.wait_for_url(re.compile(r"/r/"))
    look(person, "receipt")
    number = page.locator(".receipt-number").inner_text().strip()

    worker = someone(WORKER)
    worker.go("/desk/")
    worker.press(worker.page.locator(".todo", has_text=number))
    worker.press(worker.page.locator(".act form button", has_text="接单"))
    act = worker.page.locator(".act", has=worker.page.locator("summary", has_text="填写处置结果"))
    if act.get_attribute("open") is None:
        act.locator("summary").click()
    act.locator("textarea").fill("清了，以后每天早上清一次。")
    worker.press(act.get_by_role("button", name="填写处置结果"))
    worker.page.get_by_role("heading", name="处置结果", exact=True).wait_for()

    person.go("/progress/")
    page.locator("#id_number").fill(number)
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("#id_digits").fill("1111")
    look(person, "digits")
    person.press(page.get_by_role("button", name="查", exact=True))
    look(person, "not found")
    page.locator("#id_number").fill(number)
    person.press(page.get_by_role("button", name="下一步"))
    page.locator("#id_digits").fill("4321")
    person.press(page.get_by_role("button", name="查", exact=True))
    page.wait_for_url(re.compile(r"/r/"))
    look(person, "result")
    person.press(page.get_by_role("link", name="请您评价"))
    look(person, "score")
    page.locator("select").select_option(label="满意")
    person.press(page.get_by_role("button", name="下一步"))
    look(person, "comment")
    person.press(page.get_by_role("button", name="提交"))
    page.get_by_text("您已评价：满意").wait_for()
    look(person, "rated")


def test_the_pages_of_an_elder_who_signed_in_keep_the_three_promises(someone: Open) -> None:
    person = someone(ELDER, size=SMALL)
    person.cookie("mulin_large", "1")
    for path in ("/", "/my-reports/", "/notices/", "/me/export/", "/me/erase/"):
        person.go(path)
        look(person, path)
    person.go("/me/")
    steps = 0
    while True:
        look(person, person.page.url)
        steps += 1
        following = person.page.get_by_role("link", name="下一项")
        if not following.count():
            break
        person.press(following)
    assert steps >= 5


def test_large_print_and_back_are_one_press_away(someone: Open) -> None:
    person = someone()
    person.go("/progress/")
    person.press(person.page.get_by_role("button", name="长辈版"))
    assert person.page.locator("html.large").count() == 1
    assert person.page.url.endswith("/progress/")
    person.go("/call/")
    person.press(person.page.get_by_role("button", name="换回标准版"))
    assert person.page.locator("html.large").count() == 0


def test_the_desk_stays_usable_for_a_clerk_who_reads_large_print(
    someone: Open, in_grid: dict[str, float]
) -> None:
    report(neighbour(someone, in_grid), words="老人活动室的灯坏了。")
    person = someone(CLERK, size=SMALL, large=True)
    for path in ("/desk/", "/desk/cases/", "/desk/report/", "/desk/figures/"):
        assert person.go(path).status == 200
        assert person.page.evaluate(TOO_WIDE) == [], path
