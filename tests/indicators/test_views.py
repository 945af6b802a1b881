"""The pages of figures: every one opens to its rows, narrowed to a place; a brief is sent up and read; tables are handed out."""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from mulin.ground.people import actions as people
from mulin.ground.territory import actions as territory
from mulin.readers.indicators.models import Brief, MonthTable
from mulin.readers.indicators.rules import INDICATORS
from tests.indicators.test_figures import case
from tests.indicators.test_sets import MAY, at, rated
from tests.journeys.conftest import Enter
from tests.journeys.steps import asked, text_of
from tests.personas import Scene

MONTH = "from=2026-05-01&to=2026-06-01"


@pytest.fixture
def furnished(county: Scene, morning: datetime) -> Scene:
    """A county with something behind every kind of figure, before May."""
    by, on, now = county.admin, MAY, at(1, 5)
    team = people.add_team(
        name="城管下沉分队",
        home=county.units["department"].id,
        by=by,
        now=now,
        started_on=on.replace(month=2),
    )
    officer = county.persons["department"].id
    people.join(
        organisation=team.id,
        person=officer,
        credential="2113220001",
        started_on=on.replace(month=2),
        by=by,
        now=now,
    )
    territory.assign_officer(
        person=officer, team=team.id, grid=county.grids["a"].id, on=on.replace(month=3), by=by, now=now
    )
    territory.link_department(
        organisation=county.units["department"].id,
        grid=county.grids["a"].id,
        on=on.replace(month=3),
        by=by,
        now=now,
        leads=True,
    )
    station = territory.add_station(
        division=county.places["community"].id, name="双虹站点", on=on.replace(month=3), by=by, now=now
    )
    territory.post_to_station(station=station.id, person=officer, on=on.replace(month=3), by=by, now=now)
    territory.count_households(
        division=county.places["compound"].id,
        households=400,
        counted_on=on.replace(month=3),
        source="社区",
        by=by,
        now=at(4, 5),
    )
    for number in range(3):
        rated(
            case(closed=True, wait=number, place_path="/001/003/", due_at=at(5, 12)), "satisfied", at(5, 20)
        )
    case(place_path="/003/004/", due_at=at(5, 12))
    return county


@pytest.mark.parametrize("code", INDICATORS)
def test_every_figure_opens_to_its_rows_for_everybody_who_reads_figures(
    furnished: Scene, enter: Enter, code: str
) -> None:
    for who in ("leader", "community_clerk", "department"):
        browser = enter(who)
        for more in ("", "&all=1", "&origin=people", "&at=spoilt"):
            page = browser.get(f"/desk/figures/{code}/?{MONTH}{more}")
            assert page.status_code == 200, (who, more)
            assert len(page.context["rows"]) == min(50, page.context["total"]), (who, more)


def test_the_people_of_the_field_are_behind_their_figures(furnished: Scene, enter: Enter) -> None:
    shown = {
        code: [row["title"] for row in enter("leader").get(f"/desk/figures/{code}/?{MONTH}").context["rows"]]
        for code in (
            "professional_teams",
            "officers_on_grids",
            "department_link_coverage",
            "stations_posted_rate",
        )
    }
    assert shown == {
        "professional_teams": ["城管下沉分队"], "officers_on_grids": ["吴工"], "department_link_coverage": ["双虹第一网格"],
        "stations_posted_rate": ["双虹站点"],
    }  # fmt: skip
    page = enter("leader").get(f"/desk/figures/?{MONTH}")
    told = {line["figure"].indicator.code: line["figure"] for line in page.context["lines"]}
    assert (told["department_link_coverage"].numerator, told["department_link_coverage"].denominator) == (
        1,
        3,
    )
    other = enter("other_clerk").get(f"/desk/figures/?{MONTH}")
    there = {line["figure"].indicator.code: line["figure"] for line in other.context["lines"]}
    assert (there["department_link_coverage"].numerator, there["department_link_coverage"].denominator) == (
        0,
        1,
    )
    assert (there["professional_teams"].value, there["officers_on_grids"].value) == (0, 0)


def test_nothing_to_count_from_is_no_nought(county: Scene, enter: Enter) -> None:
    page = text_of(enter("leader").get(f"/desk/figures/?{MONTH}"))
    rate = re.search(r'id="closure_rate">.*?</article>', page, re.DOTALL)
    walks = re.search(r'id="patrol_done_rate">.*?</article>', page, re.DOTALL)
    assert rate and "没有案件可算" in rate[0] and "%" not in rate[0].split("stat-name")[0]
    assert walks and "没有记录可算" in walks[0]


def test_a_place_narrows_the_page_and_what_is_not_ones_own_narrows_nothing(
    furnished: Scene, enter: Enter
) -> None:
    def closing(who: str, place: str) -> tuple[Any, Any]:
        page = enter(who).get(f"/desk/figures/?{MONTH}&place={place}")
        (one,) = [
            line["figure"]
            for line in page.context["lines"]
            if line["figure"].indicator.code == "closure_rate"
        ]
        return one.numerator, one.denominator

    assert closing("leader", "") == (3, 4)
    assert closing("leader", "/003/") == (0, 1)
    assert closing("community_clerk", "/003/") == closing("community_clerk", "") == (3, 3)
    assert "3 / 4" not in text_of(enter("leader").get(f"/desk/figures/?{MONTH}&place=/003/"))


def test_days_that_make_no_sense_say_so(county: Scene, enter: Enter) -> None:
    leader = enter("leader")
    for days in ("from=x&to=y", "from=2026-05-02&to=2026-05-02", "from=9999-01-01&to=9999-12-31"):
        for path in ("/desk/figures/", "/desk/figures/closure_rate/", "/desk/figures/brief/"):
            assert leader.get(f"{path}?{days}").status_code == 422, (path, days)


def test_rows_cost_the_same_for_one_and_for_three(county: Scene, enter: Enter) -> None:
    leader = enter("leader")
    case(closed=True)
    leader.get("/desk/")
    with asked() as one:
        leader.get(f"/desk/figures/closure_rate/?{MONTH}")
    case(closed=True)
    case(closed=True)
    with asked() as three:
        leader.get(f"/desk/figures/closure_rate/?{MONTH}")
    assert len(one) == len(three)


def test_a_clerk_sends_a_month_up_and_the_street_reads_it(
    furnished: Scene, enter: Enter, clock_at: Any
) -> None:
    clerk, street = enter("community_clerk"), enter("street_clerk")
    page = text_of(clerk.get(f"/desk/figures/brief/?{MONTH}"))
    assert "叶柏寿街道双虹社区2026年5月网格治理简报" in page
    sent = clerk.post(f"/desk/figures/brief/send/?{MONTH}", {"note": ""})
    row = Brief.objects.get()
    assert sent["Location"] == f"/desk/figures/briefs/{row.id}/"
    assert clerk.post(f"/desk/figures/brief/send/?{MONTH}", {"note": ""}).status_code == 422
    assert row.title in text_of(street.get("/desk/?tab=copied"))
    before = street.get(f"/desk/figures/briefs/{row.id}/docx/").content
    case(closed=True, place_path="/001/003/", due_at=at(5, 12))
    shown = text_of(street.get(f"/desk/figures/briefs/{row.id}/"))
    assert "结案件数" in shown and "上报以后变了什么" in shown
    assert street.get(f"/desk/figures/briefs/{row.id}/docx/").content == before == bytes(row.word)
    assert street.get(f"/desk/figures/briefs/{row.id}/md/").content.decode() == row.markdown


def test_a_monthly_table_is_handed_out_as_it_was_made(furnished: Scene, enter: Enter) -> None:
    rows = [{
        "code": "closure_rate", "name": "结案率", "value": 75.0, "unit": "%", "numerator": 3, "denominator": 4, "definition": "…",
        "source": {origin: {"value": None} for origin in ("people", "staff_found", "historic")},
    }]  # fmt: skip
    table = MonthTable.objects.create(
        first=MAY, path="/001/003/", name="双虹社区", rows=rows, made_at=at(6, 1)
    )
    clerk = enter("community_clerk")
    assert "双虹社区" in text_of(clerk.get("/desk/figures/months/"))
    sheet = openpyxl.load_workbook(io.BytesIO(clerk.get(f"/desk/figures/months/{table.id}/").content)).active
    assert [cell.value for cell in sheet[3]][:5] == ["结案率", 75, "%", 3, 4]
    assert (
        clerk.post("/desk/figures/months/ask/", {"month": "2026-05", "whose": "/001/003/"})["Location"]
        == "/desk/files/"
    )
    assert (
        clerk.post("/desk/figures/months/ask/", {"month": "2026-05", "whose": "/003/004/"}).status_code == 422
    )
    assert (
        clerk.post("/desk/figures/months/ask/", {"month": "2026-13", "whose": "/001/003/"}).status_code == 422
    )
