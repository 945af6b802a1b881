"""What holds on every page: it fits a narrow phone, it is light, and in English it speaks English."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import ADMIN, CLERK, DESKTOP, LEADER, RESIDENT, WORKER, Open, Person
from tests.browser.probes import CHINESE, TOO_WIDE
from tests.browser.test_accessibility import DOORS, POINTS_DESK, RESIDENT_PAGES, STRANGER_PAGES

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 740}
STAFF_PAGES = (
    "/desk/", "/desk/cases/", "/desk/dues/?whose=unit", "/desk/dues/?week=", "/desk/batches/", "/desk/report/", "/desk/map/", "/desk/figures/", "/desk/figures/response_hours_median/",
    "/desk/territory/", "/desk/people/", "/notices/", "/me/", "/desk/patrols/", "/desk/patrols/month/", "/desk/patrols/tasks/",
    "/desk/whose/?q=%E6%BC%8F%E6%B0%B4&place=/001/003/", "/desk/catalogue/", "/desk/catalogue/streets/",
)  # fmt: skip
PAGES = {
    "": (*STRANGER_PAGES, "/enter/"),
    RESIDENT: RESIDENT_PAGES,
    WORKER: (*STAFF_PAGES, "/desk/found-and-fixed/"),
    CLERK: (
        *STAFF_PAGES,
        "/desk/access/",
        "/desk/calendar/",
        "/desk/modes/",
        "/desk/modes/declare/",
        *POINTS_DESK,
    ),
    LEADER: (
        "/desk/",
        "/desk/figures/",
        "/desk/figures/department_link_coverage/?all=1",
        "/desk/figures/brief/",
        "/desk/figures/briefs/",
        "/desk/figures/months/",
        "/about/figures/",
        "/desk/trail/",
        "/desk/access/",
    ),
    ADMIN: (
        *STAFF_PAGES,
        "/desk/figures/baselines/",
        "/desk/access/",
        "/desk/trail/",
        "/desk/cases/?state=unfinished",
        "/desk/calendar/?year=2027",
        "/desk/calendar/import/",
        "/desk/calendar/day/",
        "/desk/calendar/hours/",
        "/desk/catalogue/new/",
        "/desk/catalogue/categories/",
        "/desk/catalogue/table/",
        "/desk/catalogue/admissions/",
        "/desk/points/rules/new/",
        "/desk/points/budgets/",
        *POINTS_DESK,
        *DOORS,
    ),
}
NAMES = ["stranger", "resident", "grid worker", "clerk", "leader", "admin"]


def first_case(person: Person) -> str:
    """The address of the newest case that this person sees."""
    person.go("/desk/cases/")
    return str(person.page.locator("td[data-head] a").first.get_attribute("href"))


@pytest.mark.parametrize("who", PAGES, ids=NAMES)
def test_no_page_scrolls_sideways_on_a_narrow_phone(someone: Open, who: str) -> None:
    person = someone(who, size=NARROW)
    more = (first_case(person),) if "·" in who else ()
    for path in (*PAGES[who], *more):
        assert person.go(path).status in (200, 404), path
        assert person.page.evaluate(TOO_WIDE) == [], path


@pytest.mark.parametrize("who", PAGES, ids=NAMES)
def test_in_english_the_program_speaks_english(someone: Open, who: str) -> None:
    person = someone(who, english=True, size=DESKTOP)
    wrong = {}
    for path in PAGES[who]:
        if path == "/enter/":  # the door is a list of the county's people and their posts
            continue
        person.go(path)
        wrong |= {path: found} if (found := person.page.evaluate(CHINESE)) else {}
    assert not wrong


@pytest.mark.parametrize("path", ["/", "/report/"])
def test_a_first_visit_weighs_less_than_200_kb(someone: Open, path: str) -> None:
    person = someone()
    session = person.context.new_cdp_session(person.page)
    session.send("Network.enable")
    sizes: dict[str, float] = {}
    addresses: dict[str, str] = {}

    def started(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def finished(event: dict[str, Any]) -> None:
        sizes[addresses.get(event["requestId"], "?")] = event["encodedDataLength"]

    session.on("Network.requestWillBeSent", started)
    session.on("Network.loadingFinished", finished)
    person.go(path)
    person.page.wait_for_load_state("networkidle")
    assert len(sizes) > 5
    assert sum(sizes.values()) < 200_000, sorted(sizes.items(), key=lambda one: -one[1])


def test_the_language_is_one_press_away_and_is_remembered(someone: Open) -> None:
    person = someone()
    person.go("/report/")
    person.press(person.page.get_by_role("button", name="English"))
    assert person.page.locator("html").get_attribute("lang") == "en"
    assert person.page.url.endswith("/report/")
    person.go("/")
    person.press(person.page.get_by_role("button", name="中文"))
    assert person.page.locator("html").get_attribute("lang") == "zh-Hans"


COLUMNS = """() => [...document.querySelectorAll('.small-month')].map(month => {
  const middle = cell => { const box = cell.getBoundingClientRect(); return Math.round(box.left + box.width / 2) };
  const rows = [...month.rows].filter(row => row.cells.length === 7);
  return rows.every(row => [...row.cells].every((cell, n) => Math.abs(middle(cell) - middle(rows[0].cells[n])) < 2));
})"""


def test_each_day_of_the_calendar_stands_below_its_weekday(someone: Open) -> None:
    for size in (NARROW, DESKTOP):
        person = someone(CLERK, size=size)
        person.go("/desk/calendar/")
        assert person.page.evaluate(COLUMNS) == [True] * 12, size
