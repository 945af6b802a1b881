"""Whose is this? Matters, duties and units, with the reason, for whoever answers the telephone."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.kernel.clock import local_day
from mulin.services.catalogue import actions, queries
from tests.catalogue.scenes import limit, matter, unit
from tests.personas import SINCE, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(county: Scene, now: datetime) -> Scene:
    """Three matters, one duty of two streets, offices with telephones."""
    water = unit("县自来水公司", "other")
    leak = matter(
        "JF01", now, name="楼上楼下漏水纠纷", keywords="漏水、渗水", level="grid", of="dispute_mediation"
    )
    limit(leak, "dispose", 480, clock="working")
    limit(leak, "dispose", 960, level="grid", clock="working")
    matter(
        "WY03",
        now,
        name="停水和水压不足",
        keywords="停水、水压",
        level="county",
        lead_unit=water,
        emergency=True,
    )
    matter("JF05", now, name="赡养纠纷", keywords="赡养", level="community", of="dispute_mediation")
    office, committee = (
        unit("叶柏寿街道办事处", "subdistrict_office"),
        unit("双虹社区居委会", "residents_committee"),
    )
    charge = apps.get_model("territory.Jurisdiction").objects
    charge.create(division=county.places["street"], organisation=office, started_on=SINCE)
    charge.create(division=county.places["community"], organisation=committee, started_on=SINCE)
    for street in ("street", "other_street"):
        row = actions.save_mandate(
            division=county.places[street].id,
            duties=[actions.Duty("调解邻里漏水纠纷"), actions.Duty("供水设施检查", "taken_back", water.id)],
            by=county.county_clerk,
            now=now,
        )
        actions.publish_mandate(mandate=row.id, by=county.county_clerk, now=now)
    return county


def test_a_matter_by_place_names_who_has_it_there_now(listed: Scene, now: datetime) -> None:
    told = queries.search(listed.community_clerk, "楼上漏水", path="/001/003/", on=local_day(now))
    hit = told.matters[0]
    assert (hit.version.matter_type.code, "漏水" in "".join(hit.words)) == ("JF01", True)
    assert [(desk.name, desk.people) for desk in hit.desks] == [
        ("双虹第一网格", ("张工",)),
        ("双虹第二网格", ()),
    ]
    assert hit.limits.dispose.days == 2


def test_without_a_place_it_says_the_level_and_guesses_nobody(listed: Scene) -> None:
    told = queries.search(listed.grid_worker, "赡养老人的事")
    assert told.matters[0].desks == ()
    there = queries.search(listed.grid_worker, "赡养老人的事", path="/001/003/")
    assert [desk.name for desk in there.matters[0].desks] == ["双虹社区居委会"]


def test_a_matter_with_a_lead_unit_names_it_and_its_telephone(listed: Scene) -> None:
    (desk,) = queries.search(listed.street_clerk, "停水了").matters[0].desks
    assert (desk.name, desk.phone) == ("县自来水公司", "0421-0000001")


def test_a_duty_of_two_streets_is_one_answer_and_of_the_street_asked_for_its_own(listed: Scene) -> None:
    told = queries.search(listed.county_clerk, "漏水")
    assert [(hit.item.text, [street.name for street in hit.streets]) for hit in told.duties] == [
        ("调解邻里漏水纠纷", ["叶柏寿街道", "铁南街道"])
    ]
    there = queries.search(listed.county_clerk, "漏水", path="/003/004/")
    assert [street.name for street in there.duties[0].streets] == ["铁南街道"]


def test_a_duty_in_other_words_is_found_by_the_name_of_the_matter(listed: Scene) -> None:
    told = queries.search(listed.county_clerk, "渗水")
    assert told.duties[0].akin
    assert told.duties[0].item.text == "调解邻里漏水纠纷"


def test_a_unit_that_was_named_is_shown_with_what_it_leads(listed: Scene) -> None:
    told = queries.search(listed.county_clerk, "找自来水公司")
    assert [(hit.unit.name, [row.name for row in hit.leads]) for hit in told.units] == [
        ("县自来水公司", ["停水和水压不足"])
    ]


def test_drafts_and_retired_matters_are_no_answer(listed: Scene, now: datetime) -> None:
    matter("WY20", now, name="泳池漏水", keywords="泳池", state="draft")
    matter("WY21", now, name="喷泉漏水", keywords="喷泉", state="retired")
    told = queries.search(listed.county_clerk, "泳池喷泉")
    assert told.matters == ()


@pytest.mark.parametrize("who", ["resident", "rider", "merchant", "stranger"])
def test_only_those_who_work_for_the_county_are_answered(listed: Scene, who: str) -> None:
    assert not queries.search(getattr(listed, who), "漏水")


def test_an_answer_costs_the_same_whatever_the_catalogue_holds(listed: Scene, now: datetime) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            queries.search(listed.county_clerk, "漏水", path="/001/003/", on=local_day(now))
        return len(asked)

    few = cost()
    for number in range(30, 40):
        matter(f"WY{number}", now, name=f"{number}号楼漏水", keywords="漏水", level="grid")
    assert cost() <= few <= 9
