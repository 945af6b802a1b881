"""Without a network: what is written stays on the phone, is seen there, and is sent once when there is one."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.browser.conftest import CLERK, DESKTOP, LEADER, WORKER, Open, Person
from tests.browser.probes import CHINESE, CONTROLS, SMALL_PRINT, TOO_WIDE, photo, upload
from tests.browser.test_accessibility import check
from tests.browser.test_large_print import LEAST
from tests.browser.test_loop import neighbour, report
from tests.browser.test_patrols import plan, walk_of

pytestmark = pytest.mark.browser

SMALL = {"width": 360, "height": 740}
PAGES = """async () => {
  const found = { controlled: navigator.serviceWorker.controller !== null };
  for (const name of await caches.keys()) {
    found[name] = (await (await caches.open(name)).keys()).map((key) => new URL(key.url).pathname);
  }
  return found;
}"""
"""What the worker keeps: name of the cache → paths; and whether it answers for this page."""
ITEMS = "() => mulinQueue.all().then((items) => items.map((item) => [item.state, item.text]))"
"""What the queue keeps: [state, words] in the order in which they were written."""


def ready(person: Person, *paths: str) -> None:
    """Wait until the worker answers for this page and keeps these pages."""
    told = {"/waiting/", *(path.removeprefix(person.site.url) for path in paths)}
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        kept = person.page.evaluate(PAGES)
        if kept.pop("controlled") and told <= {path for name in kept for path in kept[name]}:
            return
        person.page.wait_for_timeout(100)
    pytest.fail(f"the phone does not keep {told}: {kept}")


def offline(person: Person, gone: bool = True) -> None:
    person.context.set_offline(gone)


def items(person: Person) -> list[list[str]]:
    found: list[list[str]] = person.page.evaluate(ITEMS)
    return found


def write(person: Person, words: str, *, picture: bool = True) -> None:
    """Fill the report in and send it off: with no network it is kept."""
    page = person.page
    if picture:
        page.locator("#id_photos").set_input_files([upload(photo(wide=1600, high=1200))])
        page.locator("[data-photo-list] img").wait_for()
    page.locator("#id_text").fill(words)
    page.get_by_role("button", name="提交").click()


def posts(person: Person) -> list[str]:
    """Paths of the forms that the pages of this browser send from now on."""
    sent: list[str] = []
    person.context.on(
        "request",
        lambda one: sent.append(one.url.split("/", 3)[3]) if one.method == "POST" else None,
    )
    return sent


def cases(someone: Open, words: str) -> int:
    """How many cases there are with these words: a report without a place lies with the county."""
    leader = someone(LEADER, size=DESKTOP)
    leader.go(f"/desk/cases/?q={words}")
    return int(leader.page.locator("td[data-head] a").count())


# ── a report ─────
def test_a_report_written_without_a_network_outlives_the_page_and_becomes_one_case_with_its_photo(
    someone: Open,
) -> None:
    words = "河边护栏断了一截，没有信号时写的。"
    person = someone()
    person.go("/")
    ready(person, "/report/")
    offline(person)
    person.go("/report/")
    assert "没有网" in person.page.locator(".copy-bar").inner_text()
    write(person, words)
    person.page.get_by_role("heading", name="存在这部手机上了").wait_for()
    person.page.close()
    person.new_page()
    person.go("/")
    assert "1 件存在这部手机上" in person.page.locator(".queue-bar").inner_text()
    person.press(person.page.locator(".queue-bar a"))
    page = person.page
    line = page.locator(".waiting-item")
    assert (
        words in line.inner_text() and "1 张照片" in line.inner_text() and "等有网时发出" in line.inner_text()
    )
    offline(person, False)
    page.locator(".waiting-state.is-sent").wait_for()
    assert items(person) == [["sent", words]]
    person.press(page.get_by_role("link", name="看回执"))
    assert page.locator(".receipt-number").is_visible() and page.locator(".thumbs img").count() == 1
    assert cases(someone, "没有信号时写的") == 1
    person.go("/waiting/")  # the receipt is the only key: it stays until it is let go
    page.get_by_role("button", name="不用留了").click()
    page.get_by_role("button", name="再按一次就删掉").click()
    page.get_by_text("没有存着的").wait_for()
    assert items(person) == []


def test_two_reports_from_one_copy_are_two_cases(someone: Open) -> None:
    person = someone()
    person.go("/report/")
    ready(person, "/report/")
    offline(person)
    for words in ("一份底稿第一件：井盖响。", "一份底稿第二件：路灯闪。"):
        person.go("/report/")
        write(person, words, picture=False)
        person.page.locator(".kept").wait_for()
    offline(person, False)
    person.go("/waiting/")
    person.page.locator(".waiting-state.is-sent").nth(1).wait_for()
    assert cases(someone, "一份底稿") == 2


def test_two_tabs_and_the_worker_send_it_once(someone: Open) -> None:
    words = "两个窗口一起发：单元门锁坏。"
    person = someone()
    person.go("/report/")
    ready(person, "/report/")
    first = person.page
    person.new_page()
    person.go("/waiting/")
    second = person.page
    sent = posts(person)
    offline(person)
    person.page = first
    write(person, words)
    first.locator(".kept").wait_for()
    second.locator(".waiting-item").wait_for()
    offline(person, False)  # both pages hear of it, and the worker's sync
    first.wait_for_url(re.compile(r"/r/"))
    second.locator(".waiting-state.is-sent").wait_for()
    assert sent.count("report/") <= 1  # none, where the worker was first
    assert cases(someone, "两个窗口一起发") == 1


def test_an_answer_that_was_lost_makes_no_second_case(someone: Open) -> None:
    words = "回音丢了：水表井没盖。"
    person = someone()
    person.go("/report/")
    lost: list[int] = []

    def swallow(route: Any) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch(max_redirects=0).status)
        route.abort("connectionreset")

    person.page.route("**/report/", swallow)
    write(person, words)
    person.page.wait_for_url(re.compile(r"/r/"))
    assert lost == [302]  # the site had taken it
    assert cases(someone, "回音丢了") == 1


def test_what_is_not_taken_keeps_words_and_photo_until_it_is_changed(someone: Open) -> None:
    words = "号码写错了：楼顶漏水。"
    person = someone()
    person.go("/report/")
    ready(person, "/report/")
    offline(person)
    person.go("/report/")
    person.page.locator("#id_phone").fill("12")
    write(person, words)
    person.page.locator(".kept").wait_for()
    person.go("/waiting/")
    page = person.page
    offline(person, False)
    page.locator(".waiting-state.is-refused").wait_for()
    assert "电话号码好像不对" in page.locator(".waiting-state.is-refused").inner_text()
    person.press(page.get_by_role("button", name="改一改再发"))
    page.locator("[data-photo-list] img").wait_for()
    assert page.locator("#id_text").input_value() == words
    assert page.locator("#id_phone").input_value() == "12"
    page.locator("#id_phone").fill("")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/r/"))
    assert page.locator(".thumbs img").count() == 1
    person.go("/waiting/")
    page.get_by_text("没有存着的").wait_for()
    assert cases(someone, "号码写错了") == 1


def test_a_refusal_while_the_page_still_stands_gives_the_form_back(someone: Open) -> None:
    person = someone()
    person.go("/report/")
    page = person.page
    ready(person)
    offline(person)
    page.locator("#id_phone").fill("12")
    write(person, "当场退回：垃圾没人收。", picture=False)
    page.locator(".kept").wait_for()
    offline(person, False)
    page.locator(".kept.is-bad").wait_for()
    assert "电话号码好像不对" in page.locator(".kept").inner_text()
    page.locator("#id_phone").fill("")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/r/"))
    assert items(person) == []


def test_a_phone_that_cannot_keep_anything_says_so_and_loses_nothing(someone: Open) -> None:
    person = someone()
    person.context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined });")
    person.go("/report/")
    ready(person)
    offline(person)
    write(person, "存不下的手机：楼道灯不亮。")
    page = person.page
    page.locator(".sending.is-bad").wait_for()
    assert "请检查网络后再试" in page.locator(".sending").inner_text()
    assert page.locator("#id_text").input_value() == "存不下的手机：楼道灯不亮。"
    assert page.locator("[data-photo-list] img").count() == 1
    offline(person, False)
    page.get_by_role("button", name="再发一次").click()
    page.wait_for_url(re.compile(r"/r/"))
    assert page.locator(".thumbs img").count() == 1


def test_in_large_print_what_was_said_so_far_can_be_kept(someone: Open) -> None:
    person = someone(size=SMALL, large=True)
    person.go("/")
    ready(person, "/report/")
    offline(person)
    person.press(person.page.get_by_role("link", name="我要报事"))
    page = person.page

    def look(step: str) -> None:
        assert 1 <= len(page.evaluate(CONTROLS)) <= 3, step
        assert page.evaluate(SMALL_PRINT, [LEAST, 1.3]) == [], step
        assert page.evaluate(TOO_WIDE) == [], step

    look("copy")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="先存下，有网再发").click()
    assert "请先写一句" in page.locator(".sending").inner_text()
    page.locator("#id_text").fill("大字版没网：台阶塌了。")
    page.get_by_role("button", name="先存下，有网再发").click()
    page.locator(".kept").wait_for()
    look("kept")
    person.press(page.get_by_role("link", name="看存着的"))
    page.locator(".waiting-item").wait_for()
    look("list")
    offline(person, False)
    page.locator(".waiting-state.is-sent").wait_for()
    look("sent")
    person.go("/")
    person.press(page.get_by_role("link", name="查进度"))  # leads to what the phone keeps
    person.press(page.get_by_role("link", name="看回执"))
    assert page.locator(".receipt-number").is_visible()


# ── staff ─────
def in_hand(someone: Open, in_grid: dict[str, float], words: str) -> tuple[Person, str]:
    """A case that the grid worker has taken up, open before him, and its number."""
    number = report(neighbour(someone, in_grid), words=words)
    worker = someone(WORKER)
    worker.go(f"/desk/?q={number}")
    worker.press(worker.page.locator(".todo", has_text=number))
    worker.press(worker.page.locator(".act form button", has_text="接单"))
    ready(worker, worker.page.url.split("?")[0])
    return worker, number


def result(worker: Person, words: str) -> None:
    page = worker.page
    act = page.locator(".act", has=page.locator("summary", has_text="填写处置结果"))
    if act.get_attribute("open") is None:
        act.locator("summary").click()
    act.locator("textarea").fill(words)
    act.locator("input[type=file]").set_input_files([upload(photo(wide=1600, high=1200), "after.jpg")])
    act.locator("[data-photo-list] img").wait_for()
    act.get_by_role("button", name="填写处置结果").click()


def test_a_result_written_without_a_network_is_one_result_with_its_photo(
    someone: Open, in_grid: dict[str, float]
) -> None:
    worker, number = in_hand(someone, in_grid, "无网处置：楼道堆了旧家具。")
    case = worker.page.url.split("?")[0]
    offline(worker)
    worker.page.goto(case)  # the phone was put away meanwhile
    worker.page.locator(".copy-bar").wait_for()
    result(worker, "旧家具清走了，楼道通了。")
    worker.page.locator(".kept").wait_for()
    worker.page.close()
    worker.new_page()
    worker.go(
        "/desk/"
    )  # never opened on this phone while there was a network: the list of what waits instead, or its copy
    offline(worker, False)
    worker.go("/waiting/")
    page = worker.page
    page.locator(".waiting-state.is-sent").wait_for()
    worker.press(page.get_by_role("link", name="看办到哪了"))
    words = page.locator("main").inner_text()
    assert number in words and "旧家具清走了，楼道通了。" in words
    assert page.locator(".thumbs img").count() == 1
    assert page.locator(".timeline", has_text="旧家具清走了").count() == 1
    assert page.locator(".timeline .pre-line", has_text="旧家具清走了").count() <= 1


def test_a_result_for_a_case_that_moved_on_is_not_taken_and_its_words_stay(
    someone: Open, in_grid: dict[str, float]
) -> None:
    worker, _number = in_hand(someone, in_grid, "别人先办了：树枝压着电线。")
    case = worker.page.url.split("?")[0]
    other = someone(WORKER)
    offline(worker)
    worker.page.goto(case)
    result(worker, "我这边写的结果。")
    worker.page.locator(".kept").wait_for()
    other.page.goto(case)
    result(other, "另一部手机先写的结果。")
    other.page.get_by_role("heading", name="处置结果", exact=True).wait_for()
    worker.go("/waiting/")
    offline(worker, False)
    page = worker.page
    page.locator(".waiting-state.is-refused").wait_for()
    line = page.locator(".waiting-item").inner_text()
    assert "我这边写的结果。" in line and "1 张照片" in line and "已经被别人更新" in line


def test_a_finding_and_a_walk_without_a_network_become_one_case_and_one_finished_walk(
    someone: Open,
) -> None:
    plan(someone, "山里没信号")
    worker = someone(WORKER)
    task = walk_of(worker, "山里没信号")
    worker.go(task)
    ready(worker, task, f"{task}finding/")
    offline(worker)
    page = worker.page
    page.get_by_role("button", name="发现了问题").click()
    page.wait_for_url(re.compile(r"/finding/$"))
    page.locator("#id_text").fill("山里没信号时发现：河堤塌了一块。")
    page.locator("#id_photos").set_input_files([upload(photo(wide=1600, high=1200))])
    page.locator("[data-photo-list] img").wait_for()
    page.get_by_role("button", name="提交").click()
    page.locator(".kept").wait_for()
    worker.go(task)
    page.get_by_role("button", name="没有发现问题").click()
    page.locator(".kept").wait_for()
    assert [state for state, _words in items(worker)] == ["waiting", "waiting"]
    offline(worker, False)
    worker.go("/waiting/")
    page.locator(".waiting-state.is-sent").nth(1).wait_for()
    worker.go(task)
    assert "已走，有发现" in page.locator("main").inner_text()  # in the order in which they were written
    assert page.locator("#found + .rows li").count() == 1
    assert cases(someone, "山里没信号时发现") == 1


def test_what_needs_a_network_says_so_and_stays_where_it_is(someone: Open, in_grid: dict[str, float]) -> None:
    number = report(neighbour(someone, in_grid), words="无网接单：沙井堵了。")
    worker = someone(WORKER)
    worker.go(f"/desk/?q={number}")
    worker.press(worker.page.locator(".todo", has_text=number))
    ready(worker)
    offline(worker)
    here = worker.page.url
    worker.page.locator(".act form button", has_text="接单").click()
    worker.page.locator(".needs-net").wait_for()
    assert worker.page.url == here
    offline(worker, False)
    worker.press(worker.page.locator(".act form button", has_text="接单"))


# ── whose it is ─────
def kept_by_clerk(someone: Open, words: str) -> Person:
    """A clerk wrote a report for somebody without a network."""
    person = someone()
    person.enter(CLERK)
    person.go("/desk/report/")
    ready(person, "/desk/report/")
    offline(person)
    person.page.locator("#id_text").fill(words)
    person.page.get_by_role("button", name="上报").click()
    person.page.locator(".kept").wait_for()
    return person


HOLD = """(county) => mulinQueue.all().then((items) => Promise.all(items.map((item) =>
  mulinQueue.edit(item.key, (one) => { one.held = one.held || one.county; one.county = county || one.held; }))))"""


def hold(person: Person, held: bool = True) -> None:
    """What waits is another county's for now: neither page nor worker may send it."""
    person.page.evaluate(HOLD, "999999" if held else "")


def test_signing_out_says_what_is_unsent_and_wipes_queue_copies_and_drafts(someone: Open) -> None:
    person = kept_by_clerk(someone, "退出前没发：王大妈来电。")
    hold(person)
    offline(person, False)
    person.go("/desk/report/")
    page = person.page
    page.locator("#id_text").fill("草稿也要清。")
    page.locator("[data-draft-note]").get_by_text("草稿已保存").wait_for()
    page.locator(".queue-bar").wait_for()
    page.locator(".phone-me > summary").click()
    leave = page.locator(".phone-me").get_by_role("button", name="退出登录")
    leave.click()
    assert "还有 1 件没有发出去" in page.locator(".phone-me .wipe-told").inner_text()
    assert items(person) != []
    person.press(leave)
    assert items(person) == []
    assert (
        page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('mulin.draft.'))") == []
    )
    assert not [path for path in page.evaluate(PAGES).get("mulin.pages", []) if path.startswith("/desk/")]
    offline(person)
    person.go("/desk/report/")
    assert page.locator("[data-waiting]").count() == 1  # no copy of a page of the desk


def test_a_session_that_ended_keeps_what_waits_for_its_account_and_another_account_ends_it(
    someone: Open,
) -> None:
    person = kept_by_clerk(someone, "会话过期：李大爷来电。")
    person.context.clear_cookies()
    offline(person, False)
    person.go("/waiting/")
    page = person.page
    page.get_by_text("还有 1 件是登录后写的").wait_for()
    assert "李大爷" not in page.locator("main").inner_text()
    assert items(person) == [["waiting", "会话过期：李大爷来电。"]]
    person.enter(WORKER)
    page.wait_for_function("() => mulinQueue.all().then((items) => items.length === 0)")
    assert cases(someone, "会话过期") == 0


def test_signed_in_again_it_is_sent_by_who_wrote_it(someone: Open) -> None:
    person = kept_by_clerk(someone, "重新登录：张阿姨来电。")
    person.context.clear_cookies()
    offline(person, False)
    person.go("/")
    person.enter(CLERK)
    person.go("/waiting/")
    person.page.locator(".waiting-state.is-sent").wait_for()
    assert cases(someone, "重新登录：张阿姨") == 1


def test_what_a_stranger_wrote_is_not_sent_under_the_name_of_who_signs_in(someone: Open) -> None:
    person = someone()
    person.go("/report/")
    ready(person, "/report/")
    offline(person)
    write(person, "没登录时写的：停电了。", picture=False)
    person.page.locator(".kept").wait_for()
    hold(person)
    offline(person, False)
    person.enter(CLERK)
    hold(person, False)
    person.go("/waiting/")
    page = person.page
    page.locator(".waiting-state", has_text="退出登录后自动发出").wait_for()
    assert items(person) == [["waiting", "没登录时写的：停电了。"]]
    page.get_by_role("button", name="是我写的，现在就发").click()
    page.locator(".waiting-state.is-sent").wait_for()
    assert cases(someone, "没登录时写的") == 1


# ── the site on the home screen ─────
def test_the_site_can_be_installed(someone: Open) -> None:
    person = someone()
    person.go("/")
    ready(person)
    session = person.context.new_cdp_session(person.page)
    wrong = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in wrong if one["errorId"] != "in-incognito"] == []
    found = session.send("Page.getAppManifest")
    assert found["errors"] == [] and "建平县" in found["data"]
    touch = person.page.locator("link[rel=apple-touch-icon]").get_attribute("href")
    assert person.page.request.get(person.site.url + str(touch)).headers["content-type"] == "image/png"


@pytest.mark.parametrize("look", [{}, {"english": True}, {"large": True}], ids=["plain", "English", "large"])
def test_the_list_is_accessible_fits_and_speaks_the_readers_language(
    someone: Open, look: dict[str, bool]
) -> None:
    person = someone(size=SMALL, **look)
    person.go("/report/")
    person.page.evaluate(
        """() => Promise.all(["waiting", "refused", "sent"].map((state, n) => mulinQueue.put({
          key: "k" + n, url: "/report/", page: "/report/", title: "X", text: "A".repeat(90), scope: "", county: "999999",
          fields: [["photos", new Blob(["x"], { type: "image/jpeg" }), "x.jpg"]], at: 1, state: state, told: "Y",
          address: location.origin + "/r/211322-X/", sent_at: Date.now(), next: Date.now() + 600000 })))"""
    )
    person.go("/")
    person.page.locator(".queue-bar").nth(2).wait_for()
    wrong = check(person, "home") + person.page.evaluate(TOO_WIDE)
    person.go("/waiting/")
    person.page.locator(".waiting-item").nth(2).wait_for()
    wrong += check(person, "waiting") + person.page.evaluate(TOO_WIDE)
    wrong += person.page.evaluate(CHINESE) if "english" in look else []
    assert wrong == []


def test_a_copy_is_a_day_old_at_most(someone: Open) -> None:
    person = someone()
    person.go("/report/")
    ready(person, "/report/")
    aged = """async () => {
      const cache = await caches.open("mulin.pages");
      for (const key of await cache.keys()) {
        const copy = await cache.match(key);
        const headers = new Headers(copy.headers);
        headers.set("X-Kept-At", String(Date.now() - 24 * 3600 * 1000 - 1000));
        await cache.put(key, new Response(await copy.text(), { headers }));
      }
    }"""
    person.page.evaluate(aged)
    offline(person)
    with suppress(Error):
        person.go("/report/")
    assert person.page.locator("[data-waiting]").count() == 1
