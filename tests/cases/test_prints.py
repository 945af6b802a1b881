"""Paper of a case: the work order masks whom to call unless its reader may see it, and then the look is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from mulin.ground.trail import queries as trail
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions as cases
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.queries.locator import locator
from tests.cases.scenes import PHONE, browser, reported
from tests.personas import IN_GRID_A, IN_NO_GRID, Scene

NAME = "王秀英"


@pytest.fixture
def case(county: Scene, now: datetime) -> Case:
    return reported(county, now, name=NAME, phone=PHONE, place_text="3号楼东门").case


def page(scene: Scene, who: str, case: Case, what: str, *, post: bool = False) -> str:
    client = browser(scene, who)
    url = f"/desk/cases/{case.id}/{what}/"
    answer: Any = client.post(url) if post else client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def looks(case: Case) -> list[dict[str, Any]]:
    deeds = trail.of_subject("case", case.id)
    return [deed.facts for deed in deeds if deed.verb == "case.contact.viewed"]


def test_a_work_order_says_what_where_and_by_when_and_masks_whom_to_call(
    county: Scene, now: datetime, case: Case
) -> None:
    cases.accept(case=case, by=county.community_clerk, now=now, version=None)
    told = page(county, "grid_worker", case, "work-order")
    for words in (
        case.number,
        case.text,
        "3号楼东门",
        "双虹第一网格",
        "41.40500, 119.64500",
        "王**",
        "138****5678",
    ):
        assert words in told
    assert NAME not in told and PHONE not in told and looks(case) == []
    assert "<svg" in told and "到场时间" in told and "反映人信息已脱敏" in told


def test_with_whom_to_call_the_look_is_kept_and_says_that_it_was_printed(
    county: Scene, now: datetime, case: Case
) -> None:
    told = page(county, "grid_worker", case, "work-order", post=True)
    assert NAME in told and PHONE in told and "用完请收回" in told
    assert looks(case) == [{"number": case.number, "printed": True}]
    refused = browser(county, "leader")
    assert refused.post(f"/desk/cases/{case.id}/work-order/").status_code == 403
    assert "带联系方式打印" not in refused.get(f"/desk/cases/{case.id}/work-order/").content.decode()
    assert len(looks(case)) == 1


def test_the_slip_holds_nothing_that_lets_its_printer_rate(county: Scene, now: datetime, case: Case) -> None:
    receipt = CaseReporter.objects.get(case=case).receipt
    told = page(county, "community_clerk", case, "slip")
    assert case.number in told and "手机号的后四位" in told
    assert receipt not in told and PHONE not in told and NAME not in told
    bare = reported(county, now).case
    assert "没有留手机号" in page(county, "community_clerk", bare, "slip")


def test_what_nobody_reported_has_no_slip(county: Scene, now: datetime, case: Case) -> None:
    found = cases.found_and_fixed(
        by=county.grid_worker,
        now=now,
        client_id=uuid7(),
        text="扶正锥桶",
        result="已扶正",
        lon=IN_GRID_A[0],
        lat=IN_GRID_A[1],
    ).case
    clerk = browser(county, "community_clerk")
    assert "打印回执单" not in clerk.get(f"/desk/cases/{found.id}/").content.decode()
    assert clerk.get(f"/desk/cases/{found.id}/slip/").status_code == 404
    assert "打印回执单" in clerk.get(f"/desk/cases/{case.id}/").content.decode()


def test_a_case_in_no_grid_has_no_drawing_and_staff_find_nobody_to_call(county: Scene, now: datetime) -> None:
    found = reported(county, now, at=IN_NO_GRID).case
    assert locator(found, now.date()) is None
    assert "sheet-map" not in page(county, "county_clerk", found, "work-order")


def test_the_drawing_marks_the_spot_among_the_grids_of_its_community(
    county: Scene, now: datetime, case: Case, django_assert_num_queries: Any
) -> None:
    row = Case.objects.select_related("grid").get(pk=case.pk)
    with django_assert_num_queries(2):
        drawn = locator(row, now.date())
    assert drawn is not None and [(one.name, one.own) for one in drawn.outlines] == [
        ("双虹第一网格", True), ("双虹第二网格", False),
    ]  # fmt: skip
    assert drawn.x == 80.0 and drawn.y == pytest.approx(drawn.high / 2, abs=0.2)
