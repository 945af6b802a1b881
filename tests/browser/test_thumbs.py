"""The grid worker's pages on a phone: whatever is pressed is large enough for a thumb, and nothing runs off the side."""

from __future__ import annotations

import pytest

from tests.browser.conftest import CLERK, WORKER, Open

pytestmark = pytest.mark.browser

SMALL = """() => {
  const pressed = "main .btn, main button, main select, main summary, main .row-link, main .chips a, main .tabs a, " +
    "main .month-cell, main label.pick, main td.pick label, main td.case-title a, main input[type=text], main input[type=search], main input[type=date], main textarea, " +
    ".phone-bar > a, .phone-bar > details > summary";
  return Array.from(document.querySelectorAll(pressed)).filter((one) => {
    const box = one.getBoundingClientRect();
    const hidden = !box.width || getComputedStyle(one).visibility === "hidden" || one.closest(".leaflet-container");
    return !hidden && (box.height < 43.5 || box.width < 43.5);
  }).map((one) => one.tagName + "." + one.className + " " + one.textContent.trim().slice(0, 20) + " " +
    Math.round(one.getBoundingClientRect().width) + "x" + Math.round(one.getBoundingClientRect().height));
}"""

PAGES = (
    "/desk/", "/desk/?tab=unit", "/desk/?tab=copied", "/desk/?tab=done", "/desk/cases/", "/desk/cases/?state=unfinished",
    "/desk/dues/", "/desk/dues/?week=", "/desk/map/", "/desk/batches/", "/desk/files/", "/desk/report/",
    "/desk/found-and-fixed/",
)  # fmt: skip


@pytest.mark.parametrize("who", [WORKER, CLERK])
def test_whatever_is_pressed_is_large_enough_for_a_thumb(someone: Open, who: str) -> None:
    person = someone(who)
    paths = [path for path in PAGES if who == WORKER or path != "/desk/found-and-fixed/"]
    person.go("/desk/cases/")
    case = person.page.locator("td.case-title a").first.get_attribute("href")
    wrong = {}
    for path in [*paths, case, f"{case}work-order/", f"{case}slip/"]:
        person.go(path)
        assert person.page.evaluate("document.documentElement.scrollWidth") <= 390, path
        if small := person.page.evaluate(SMALL):
            wrong[path] = small
    assert wrong == {}
