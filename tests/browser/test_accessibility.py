"""axe-core on every page: WCAG 2.2 AA, no serious or critical finding, in both languages and both sizes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import ADMIN, CLERK, DESKTOP, LEADER, RESIDENT, ROOT, WORKER, Open, Person
from tests.browser.test_loop import neighbour, report

pytestmark = pytest.mark.browser

AXE = ROOT / "static" / "vendor" / "axe" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
STRANGER_PAGES = (
    "/", "/report/", "/progress/", "/grid-worker/", "/open/", "/emergency/", "/call/", "/me/", "/about/",
    "/preferences/", "/accounts/login/", "/no-such-page/",
)  # fmt: skip
NEIGHBOURS_PAGES = (
    "/neighbours/", "/neighbours/mine/", "/neighbours/helping/", "/neighbours/ask/help/", "/neighbours/ask/help/help.parcel/",
    "/points/", "/points/rules/", "/points/check/", "/shop/", "/shop/mine/", "/merchants/", "/merchants/apply/", "/honours/", "/honours/mine/",
)  # fmt: skip
RESIDENT_PAGES = ("/me/", "/my-reports/", "/notices/", "/me/export/", "/me/erase/", *NEIGHBOURS_PAGES)
POINTS_DESK = (
    "/desk/neighbours/", "/desk/points/", "/desk/points/old/", "/desk/shops/", "/desk/merchants/", "/desk/alliances/", "/desk/honours/", "/desk/honours/new/",
    "/desk/discounts/",
)  # fmt: skip
DOORS = ("/desk/hotline/", "/desk/systems/", "/desk/systems/open/", "/api/v1/docs")
DESK_PAGES = {
    WORKER: (
        "/desk/",
        "/desk/cases/",
        "/desk/dues/",
        "/desk/dues/?week=",
        "/desk/batches/",
        "/desk/report/",
        "/desk/found-and-fixed/",
        "/desk/map/",
        "/notices/",
        "/me/",
        "/desk/catalogue/",
        "/desk/whose/?q=%E6%BC%8F%E6%B0%B4&place=/001/003/",
    ),
    CLERK: (
        "/desk/",
        "/desk/territory/",
        "/desk/people/",
        "/desk/access/",
        "/desk/catalogue/streets/",
        "/desk/calendar/",
        "/desk/modes/",
        "/desk/modes/declare/",
        "/desk/routing/1/",
        "/desk/territory/served/",
        "/desk/stations/",
        "/desk/people/leaves/",
        *POINTS_DESK,
    ),
    LEADER: (
        "/desk/figures/",
        "/desk/figures/cases_reported/",
        "/desk/figures/property_complaint_rate/?all=1",
        "/desk/figures/brief/",
        "/desk/figures/briefs/",
        "/desk/figures/months/",
        "/desk/map/",
        "/about/figures/",
    ),
    ADMIN: (
        "/desk/figures/baselines/",
        "/desk/trail/",
        "/desk/cases/",
        "/desk/calendar/?year=2027",
        "/desk/calendar/import/",
        "/desk/calendar/day/",
        "/desk/calendar/hours/",
        "/desk/catalogue/new/",
        "/desk/catalogue/categories/",
        "/desk/catalogue/table/",
        "/desk/catalogue/admissions/",
        "/desk/routing/",
        "/desk/routing/add/",
        "/desk/routing/table/",
        "/desk/teams/",
        "/desk/territory/officers/",
        "/desk/territory/compounds/",
        "/desk/territory/staff/table/",
        "/desk/points/rules/new/",
        "/desk/points/budgets/",
        *POINTS_DESK,
        *DOORS,
    ),
}
RUN = """async ([tags]) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.target.join(" ") + " — " + node.failureSummary).join(" | "));
}"""


def check(person: Person, name: str) -> list[str]:
    """Serious and critical findings on the page as it is now."""
    person.page.evaluate(AXE.read_text())
    found: Any = person.page.evaluate(RUN, [TAGS])
    return [f"{name}: {one}" for one in found]


def check_all(person: Person, paths: tuple[str, ...]) -> list[str]:
    wrong: list[str] = []
    for path in paths:
        person.go(path)
        wrong += check(person, path)
    return wrong


LOOKS = [
    pytest.param({}, id="Chinese"),
    pytest.param({"english": True}, id="English"),
    pytest.param({"large": True}, id="Chinese, large"),
    pytest.param({"english": True, "large": True}, id="English, large"),
]


@pytest.mark.parametrize("look", LOOKS)
def test_neighbour_pages_are_accessible(someone: Open, look: dict[str, bool]) -> None:
    wrong = check_all(someone(**look), STRANGER_PAGES)
    assert not wrong + check_all(someone(RESIDENT, **look), RESIDENT_PAGES)


@pytest.mark.parametrize("who", DESK_PAGES, ids=["grid worker", "clerk", "leader", "admin"])
def test_desk_pages_are_accessible(someone: Open, who: str) -> None:
    wrong = check_all(someone(who, size=DESKTOP), DESK_PAGES[who])
    assert not wrong + check_all(someone(who, english=True), DESK_PAGES[who])


def test_a_case_its_receipt_and_a_refused_form_are_accessible(
    someone: Open, in_grid: dict[str, float]
) -> None:
    person = neighbour(someone, in_grid)
    number = report(person, words="小区门口有人占消防通道停车，出不去。")
    wrong = check(person, "receipt")
    person.go("/report/")
    person.page.locator("#id_phone").fill("12")
    person.page.get_by_role("button", name="提交").click()
    person.page.locator(".error-summary").wait_for()
    wrong += check(person, "refused report")
    for size in (DESKTOP, {"width": 390, "height": 844}):
        worker = someone(WORKER, size=size)
        worker.go("/desk/")
        worker.press(worker.page.locator(".todo", has_text=number))
        for summary in worker.page.locator(".act:not([open]) > summary").all():
            summary.click()
        wrong += check(worker, f"case at {size['width']}")
    assert not wrong
