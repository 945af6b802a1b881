"""The map works without any tile, any script from elsewhere, or a mouse."""

from __future__ import annotations

import pytest

from tests.browser.conftest import CLERK, DESKTOP, WORKER, Open
from tests.browser.test_loop import neighbour, report

pytestmark = pytest.mark.browser


def test_grids_and_cases_are_drawn_without_tiles(someone: Open, in_grid: dict[str, float]) -> None:
    report(neighbour(someone, in_grid), words="井盖翘起来了，骑车危险。")
    clerk = someone(CLERK, size=DESKTOP)
    clerk.go("/desk/map/")
    page = clerk.page
    page.locator(".leaflet-overlay-pane path").first.wait_for()
    names = page.evaluate(
        "async () => (await (await fetch('/desk/map/grids.geojson')).json()).features.map((one) => one.properties.name)"
    )
    assert page.locator(".leaflet-overlay-pane path").count() == len(names)
    assert page.locator(".leaflet-tile").count() == 0
    assert page.locator(".leaflet-marker-icon").count() >= 1
    assert page.locator("[data-map-key] li").count() >= 1
    assert names[0] in page.locator("[data-map]").inner_text()


def test_what_the_map_shows_is_a_list_for_the_keyboard_too(someone: Open) -> None:
    worker = someone(WORKER, size=DESKTOP)
    worker.go("/desk/map/")
    page = worker.page
    page.locator(".leaflet-marker-icon").first.wait_for()
    points = page.evaluate("async () => (await (await fetch('/desk/map/cases.geojson')).json()).features")
    listed = page.locator("main table").inner_text()
    assert points
    alone = [one["properties"]["number"] for one in points if "count" not in one["properties"]]
    missing = [number for number in alone if number not in listed]
    # the page lists twenty; the way to the rest stands below them
    assert not missing or page.locator("main p.mt a[href^='/desk/cases/']").count() == 1
    page.locator(".leaflet-control-zoom-out").focus()
    for _press in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("() => Boolean(document.activeElement.closest('main table'))"):
            break
    assert page.evaluate("() => Boolean(document.activeElement.closest('main table'))")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/desk/cases/" in url)


def test_the_whole_way_from_the_front_door_to_a_sent_report_works_by_keyboard(someone: Open) -> None:
    person = someone(size=DESKTOP)
    page = person.page
    person.go("/")
    page.keyboard.press("Tab")
    assert "skip" in (page.evaluate("() => document.activeElement.className") or "")

    def reach(selector: str) -> None:
        for _press in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"the keyboard never reached {selector}")

    reach("a[href='/report/']")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/report/"))
    reach("#id_text")
    page.keyboard.type("树枝快断了，挂在电线上。")
    reach(".form-end button")
    page.keyboard.press("Enter")
    page.locator(".receipt-number").wait_for()
