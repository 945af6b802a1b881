"""Signs on poles and doors, and what staff say of where a report came from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseReporter, PlaceCode
from mulin.services.cases.queries import spots
from mulin.services.cases.rules import BY_STAFF
from tests.cases.scenes import PHONE, WORDS, browser
from tests.journeys.steps import fields, text_of
from tests.personas import IN_GRID_A, Scene


def made(
    scene: Scene, now: datetime, *, by: str = "community_clerk", place: str = "compound", **more: Any
) -> PlaceCode:
    told = {"label": "灯杆 17", "place": scene.places[place].id} | more
    return actions.make_code(by=getattr(scene, by), now=now, **told)


def test_a_scan_begins_a_report_that_knows_where_it_is(county: Scene, now: datetime) -> None:
    row = made(county, now, lon=IN_GRID_A[0], lat=IN_GRID_A[1])
    neighbour = browser(county)
    answer = neighbour.get(f"/p/{row.code}/")
    assert answer["Location"] == f"/report/?spot={row.code}"
    page = text_of(neighbour.get(answer["Location"]))
    assert "灯杆 17" in page
    said = fields(page)
    assert (float(said["lon"]), float(said["lat"])) == IN_GRID_A
    chosen = {"place": str(county.places["compound"].id), "place_text": "灯杆 17"}
    neighbour.post("/report/", said | chosen | {"text": WORDS})
    case = Case.objects.get()
    assert (case.grid_path, case.place_text) == ("/001/003/g1001/", "灯杆 17")
    assert case.place_id == county.places["compound"].id


def test_a_sign_that_was_taken_down_opens_an_empty_report(county: Scene, now: datetime) -> None:
    row = made(county, now)
    actions.end_code(code=row.id, by=county.grid_worker, now=now)
    actions.end_code(code=row.id, by=county.grid_worker, now=now)
    assert spots.by_code(row.code) is None and spots.begins_with(row.code) == {} == spots.begins_with("x")
    page = text_of(browser(county).get(f"/p/{row.code}/", follow=True))
    assert "已经停用" in page and "灯杆 17" not in page


def test_signs_are_made_in_ones_own_territory(county: Scene, now: datetime) -> None:
    made(county, now, by="grid_worker")
    for who in ("other_clerk", "other_grid_worker", "department", "leader", "admin", "resident"):
        with pytest.raises(NotAllowed):
            made(county, now, by=who)
        with pytest.raises(NotFound):
            actions.end_code(code=PlaceCode.objects.get().id, by=getattr(county, who), now=now)
    with pytest.raises(Refused, match="贴在哪里"):
        made(county, now, label=" ")
    with pytest.raises(Refused, match="哪个小区"):
        actions.make_code(label="x", place=None, by=county.community_clerk, now=now)
    assert len(spots.codes_page(county.grid_worker).rows) == 1
    assert spots.codes_page(county.other_clerk).rows == [] == spots.codes_page(county.leader).rows


def test_the_sheet_says_where_and_nothing_about_anybody(county: Scene, now: datetime) -> None:
    clerk = browser(county, "community_clerk")
    told = {"label": "灯杆 17", "place": str(county.places["community"].id)}
    answer = clerk.post("/desk/place-codes/", told)
    sheet = text_of(clerk.get(answer["Location"]))
    assert "灯杆 17" in sheet and "<svg" in sheet and f"/p/{PlaceCode.objects.get().code}/" in sheet
    assert "灯杆 17" in text_of(clerk.get("/desk/place-codes/"))
    assert clerk.post("/desk/place-codes/", {"label": ""}).status_code == 422


@pytest.mark.parametrize("source", BY_STAFF)
def test_staff_say_where_a_report_came_from(county: Scene, now: datetime, source: str) -> None:
    clerk = browser(county, "community_clerk")
    said = fields(text_of(clerk.get("/desk/report/")))
    phone = county.phones["resident"]
    assert (
        clerk.post("/desk/report/", said | {"text": WORDS, "source": source, "phone": phone}).status_code
        == 302
    )
    case = Case.objects.get()
    assert (case.source, case.reported_by_id, case.place_path) == (source, None, "/001/003/")
    assert CaseReporter.objects.get().person_id == county.persons["resident"].id
    page = text_of(clerk.get("/desk/report/"))
    assert f'value="{source}" selected' in page and "110" in page


def test_a_rider_who_reports_himself_is_the_reporter(county: Scene, now: datetime) -> None:
    rider = browser(county, "rider")
    rider.post("/report/", fields(text_of(rider.get("/report/"))) | {"text": WORDS, "phone": PHONE})
    assert Case.objects.get().reported_by_id == county.persons["rider"].id
    wrong = browser(county, "community_clerk")
    said = fields(text_of(wrong.get("/desk/report/"))) | {"text": WORDS, "source": "resident"}
    assert wrong.post("/desk/report/", said).status_code == 422
