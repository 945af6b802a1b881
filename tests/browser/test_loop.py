"""The main job, on a phone, by the people who do it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from tests.browser.conftest import CLERK, DESKTOP, LEADER, WORKER, Open, Person
from tests.browser.probes import photo, upload

pytestmark = pytest.mark.browser

WORDS = "双虹家园3号楼东门口的路灯坏了三天，晚上看不见路。"
SPOKEN_TITLE = "（语音反映"
RESULT = "已换好灯泡，当晚试亮正常。"
CHOSEN = """async (input) => {
  const file = input.files[0];
  const picture = await createImageBitmap(file);
  return { width: picture.width, height: picture.height, bytes: file.size, type: file.type };
}"""


def report(person: Person, *, words: str = WORDS, phone: str = "", photos: list[bytes] | None = None) -> str:
    """Photo, place, words on the report page; the case number on the receipt."""
    page = person.page
    person.go("/report/")
    if photos:
        page.locator("#id_photos").set_input_files([upload(one) for one in photos])
        page.locator("[data-photo-list] img").first.wait_for()
    page.locator("[data-place-button]").click()
    page.locator("[data-place-state].is-good").wait_for()
    page.locator("#id_text").fill(words)
    page.locator("#id_phone").fill(phone)
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/r/"))
    return str(page.locator(".receipt-number").inner_text().strip())


def neighbour(someone: Open, in_grid: dict[str, float], **more: Any) -> Person:
    """A stranger with a phone that tells where it is."""
    return someone(geolocation=in_grid, permissions=["geolocation"], **more)


def test_a_photo_is_made_small_on_the_phone_and_turned_upright(
    someone: Open, in_grid: dict[str, float]
) -> None:
    person = neighbour(someone, in_grid)
    person.go("/report/")
    taken = photo(place=(in_grid["longitude"], in_grid["latitude"]))
    person.page.locator("#id_photos").set_input_files([upload(taken)])
    person.page.locator("[data-photo-list] img").wait_for()
    sent = person.page.locator("#id_photos").evaluate(CHOSEN)
    assert (sent["width"], sent["height"], sent["type"]) == (1200, 1600, "image/jpeg")
    assert sent["bytes"] < len(taken) / 2


def test_a_report_is_spoken_heard_again_and_sent(someone: Open, in_grid: dict[str, float]) -> None:
    person = someone(geolocation=in_grid, permissions=["geolocation", "microphone"])
    page = person.page
    person.go("/report/")
    start = page.locator("[data-sound-start]")
    start.click()
    page.locator("[data-sound-clock]", has_text=re.compile(r"^1 / 60")).wait_for()
    start.click()
    page.locator("[data-sound-heard]").wait_for()
    sent = page.locator("#id_sound").evaluate("input => [input.files[0].size, input.files[0].type]")
    assert sent[0] > 500 and sent[1] == "audio/webm"
    page.locator("[data-sound-drop]").click()
    assert page.locator("#id_sound").evaluate("input => input.files.length") == 0
    start.click()
    page.locator("[data-sound-clock]", has_text=re.compile(r"^1 / 60")).wait_for()
    start.click()
    page.locator("[data-sound-heard]").wait_for()
    page.locator("[data-place-button]").click()
    page.locator("[data-place-state].is-good").wait_for()
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/r/"))
    number = str(page.locator(".receipt-number").inner_text().strip())
    clerk = someone(CLERK, size=DESKTOP)
    clerk.go(f"/desk/cases/?q={number}")
    clerk.press(clerk.page.locator('main a[href*="/desk/cases/"]', has_text=SPOKEN_TITLE).first)
    plays = "(sound) => new Promise((done) => { sound.onloadeddata = () => done(true); sound.load(); })"
    sound = clerk.page.locator("audio")
    sound.evaluate("(sound) => { sound.preload = 'auto'; }")
    assert sound.evaluate(plays)


def test_a_recording_outlives_a_refusal_and_goes_along_when_sent_while_it_runs(
    someone: Open, in_grid: dict[str, float]
) -> None:
    person = someone(geolocation=in_grid, permissions=["geolocation", "microphone"])
    page = person.page
    person.go("/report/")
    assert not page.get_by_text(re.compile("Choose File")).count()
    clock = page.locator("[data-sound-clock]", has_text=re.compile(r"^1 / 60"))
    page.locator("[data-sound-start]").click()
    clock.wait_for()
    page.fill("[name=phone]", "12345")
    page.get_by_role("button", name="提交").click()
    page.locator(".has-error", has_text="电话号码好像不对").wait_for()
    page.locator("[data-sound-heard] audio").wait_for()
    assert page.locator("#id_sound").evaluate("input => input.files[0].size") > 500, (
        "it was ended, sent and kept"
    )
    page.locator("[data-sound-drop]").click()
    page.locator("[data-sound-start]").click()
    clock.wait_for()
    page.fill("[name=phone]", "")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/r/"))
    assert page.get_by_text(SPOKEN_TITLE).first.is_visible()


def test_a_report_travels_from_the_phone_to_the_grid_worker_and_back_and_into_the_figures(
    someone: Open, in_grid: dict[str, float]
) -> None:
    person = neighbour(someone, in_grid)
    number = report(
        person, phone="13812345678", photos=[photo(place=(in_grid["longitude"], in_grid["latitude"]))]
    )
    receipt = person.page.url.split("?")[0]
    stored = person.page.request.get(
        person.site.url + person.page.locator(".thumbs a").first.get_attribute("href")
    )
    picture = Image.open(io.BytesIO(stored.body()))
    assert picture.size == (1200, 1600)
    assert not picture.getexif() and b"Example phone" not in stored.body()

    worker = someone(WORKER)
    worker.go("/desk/")
    before = int(worker.page.locator(".tabs a[aria-current] .tab-count").inner_text())
    assert worker.page.locator(".todo").count() == min(before, 50)
    worker.press(worker.page.locator(".todo", has_text=number))
    assert "138****5678" in worker.page.locator("main").inner_text()
    assert "13812345678" not in worker.page.content()
    worker.press(worker.page.locator(".act form button", has_text="接单"))
    act = worker.page.locator(".act", has=worker.page.locator("summary", has_text="填写处置结果"))
    if act.get_attribute("open") is None:
        act.locator("summary").click()
    act.locator("textarea").fill(RESULT)
    act.locator("input[type=file]").set_input_files([upload(photo(wide=2400, high=1800), "after.jpg")])
    act.locator("[data-photo-list] img").wait_for()
    act.get_by_role("button", name="填写处置结果").click()
    worker.page.get_by_role("heading", name="处置结果", exact=True).wait_for()
    assert RESULT in worker.page.locator("main").inner_text()

    person.page.goto(receipt)
    assert RESULT in person.page.locator("main").inner_text()
    assert person.page.locator(".thumbs img").count() == 2
    person.press(person.page.get_by_role("button", name="满意", exact=True))
    person.page.get_by_text("您已评价：满意").wait_for()

    leader = someone(LEADER, size=DESKTOP)
    leader.go("/desk/figures/")
    number_of_closed = leader.page.locator("#cases_closed .stat-value a")
    count = int(number_of_closed.inner_text())
    leader.press(number_of_closed)
    assert f"{count} 件" in leader.page.locator(".page-lead").inner_text()
    leader.press(leader.page.locator("tr", has_text=number).locator("a").first)
    assert number in leader.page.locator("main").inner_text()
    assert "已结案" in leader.page.locator("main").inner_text()


def test_progress_is_found_by_number_and_the_last_four_digits(
    someone: Open, in_grid: dict[str, float]
) -> None:
    number = report(neighbour(someone, in_grid), phone="13912340099", words="单元门关不上，夜里有人进来。")
    asking = someone()
    asking.go("/progress/")
    asking.page.locator("#id_number").fill(number.lower())
    asking.page.locator("#id_digits").fill("0099")
    asking.press(asking.page.locator("main button.btn-primary"))
    asking.page.wait_for_url(re.compile(r"/r/"))
    assert number in asking.page.locator("main").inner_text()


def test_a_report_without_network_says_so_keeps_everything_and_is_sent_once(
    someone: Open, in_grid: dict[str, float]
) -> None:
    person = neighbour(someone, in_grid)
    page = person.page
    person.go("/report/")
    page.locator("#id_photos").set_input_files([upload(photo(wide=1600, high=1200))])
    page.locator("[data-photo-list] img").wait_for()
    page.locator("#id_text").fill("楼道灯不亮，老人上楼害怕。")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    person.context.set_offline(True)
    page.get_by_role("button", name="提交").click()
    page.get_by_role("heading", name="存在这部手机上了").wait_for()
    person.context.set_offline(False)  # the page is still open: it goes on by itself
    page.wait_for_url(re.compile(r"/r/"))
    assert page.locator(".thumbs img").count() == 1


def test_the_phone_says_why_it_has_no_position(someone: Open) -> None:
    person = someone()
    person.go("/report/")
    person.page.locator("[data-place-button]").click()
    person.page.locator("[data-place-state].is-bad").wait_for()
    assert "请用文字写清地点" in person.page.locator("[data-place-state]").inner_text()
