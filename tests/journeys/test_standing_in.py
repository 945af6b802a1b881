"""A colleague goes on leave: whoever stands in finds what waits, opens it, and does it."""

from __future__ import annotations

from datetime import datetime

from mulin.ground.people import actions as people
from mulin.kernel.clock import local_day
from tests.cases.scenes import in_state
from tests.journeys.conftest import Enter
from tests.personas import Scene


def test_the_desk_marks_what_is_done_for_another_and_opens_it(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    case, _receipt = in_state(county, morning, "assigned")
    browser = enter("other_grid_worker")
    assert browser.get(f"/desk/cases/{case.id}/").status_code == 404
    people.enter_leave(
        person=county.persons["grid_worker"].id,
        stand_in=county.persons["other_grid_worker"].id,
        first_day=local_day(morning),
        last_day=local_day(morning),
        reason="annual",
        by=county.grid_worker,
        now=morning,
    )
    page = browser.get("/desk/").content.decode()
    assert case.number in page and "代 张工" in page
    assert browser.get(f"/desk/cases/{case.id}/").status_code == 200
    browser.post(f"/desk/cases/{case.id}/take_up/", {"version": case.version})
    story = enter("community_clerk").get(f"/desk/cases/{case.id}/").content.decode()
    assert "刘工（网格员），代张工办理" in story
