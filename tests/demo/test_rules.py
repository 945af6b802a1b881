"""The tables and plans of the example county, without a database."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest
from shapely import unary_union
from shapely.geometry import Point, Polygon

from mulin.kernel.clock import CHINA
from mulin.kernel.secrets import normal_phone
from mulin.readers.demo.rules import aid, catalogue, matters, outlines, people, places
from mulin.readers.demo.rules.moments import OPENS, SHUTS
from mulin.readers.demo.rules.pictures import SUBJECTS, photo
from mulin.readers.demo.rules.stories import Plan, plans
from mulin.services.catalogue.queries import shipped

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=CHINA)
NIGHT = datetime(2026, 2, 1, 3, 0, tzinfo=CHINA)


def told(seed: int = 1, scale: float = 1.0, now: datetime = NOON) -> list[Plan]:
    return plans(seed=seed, scale=scale, now=now, blocks=outlines.Blocks(seed))


def test_the_four_streets_have_their_27_published_communities() -> None:
    rows = places.region_rows()
    codes = [code for code, _name in rows]
    assert len(codes) == len(set(codes)) == 3 + 4 + len(places.TOWNS) + 27
    assert ("211322001003", "双虹社区居民委员会") in rows
    assert ("211322003004", "铁西社区居民委员会") in rows
    assert sum(count for _community, count in places.grid_counts()) == places.COLUMNS * places.ROWS == 60


@pytest.mark.parametrize("seed", range(5))
def test_grids_tile_the_town_without_gap_or_overlap(seed: int) -> None:
    blocks = outlines.Blocks(seed)
    shapes = [Polygon(blocks.ring(*cell)) for cell in outlines.walk()]
    assert all(shape.is_valid and shape.exterior.is_ccw for shape in shapes)
    whole = unary_union(shapes)
    assert whole.geom_type == "Polygon" and not whole.interiors
    assert abs(sum(shape.area for shape in shapes) - whole.area) < 1e-12
    assert Polygon(places.OUTLINE).contains(whole)


def test_positions_and_compounds_lie_well_inside_their_block() -> None:
    from random import Random

    blocks, rng = outlines.Blocks(1), Random(1)
    for cell in outlines.walk():
        shape = Polygon(blocks.ring(*cell))
        assert shape.contains(Polygon(blocks.compound(*cell, rng)))
        assert all(shape.contains(Point(blocks.inside(*cell, u, v))) for u in (0.2, 0.8) for v in (0.2, 0.8))


def test_communities_take_blocks_that_lie_together() -> None:
    walk = iter(outlines.walk())
    for _community, count in places.grid_counts():
        cells = [next(walk) for _grid in range(count)]
        assert all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in pairwise(cells))


def test_telephone_numbers_pass_validation_and_are_each_given_once() -> None:
    names = people.Names(1)
    phones = [names.phone() for _person in range(500)]
    assert len(set(phones)) == 500
    assert all(normal_phone(phone) == phone and phone.startswith("1990000") for phone in phones)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("now", [NOON, NIGHT])
def test_every_plan_begins_with_its_report_and_moves_forward_until_now(seed: int, now: datetime) -> None:
    for plan in told(seed, now=now):
        moments = [step.at for step in plan.steps]
        assert plan.steps[0].act == ("found_and_fixed" if plan.found else "report")
        assert moments == sorted(set(moments)) and moments[-1] <= now
        assert moments[0] > now - timedelta(days=76)
        assert "{" not in plan.title + plan.text + plan.result


def test_the_same_seed_and_now_tell_the_same_stories() -> None:
    assert told(3) == told(3)
    assert [plan.text for plan in told(3)] != [plan.text for plan in told(4)]


def test_the_texts_are_many_and_the_answers_come_in_about_half_a_day() -> None:
    made = told()
    assert 150 <= len(made) <= 200
    assert len({plan.text for plan in made}) >= 120
    assert sum(len(every) for every in matters.MATTERS.values()) >= 60
    waits = [
        (next(step.at for step in plan.steps if step.act == "reply") - plan.steps[0].at).total_seconds()
        / 3600
        for plan in told(scale=5)
        if any(step.act == "reply" for step in plan.steps)
    ]
    assert 9 < median(waits) < 15


def test_every_category_has_matters_in_every_month() -> None:
    for every in matters.MATTERS.values():
        assert all(len([one for one in every if one.in_month(month)]) >= 8 for month in range(1, 13))


@pytest.mark.parametrize("kind", SUBJECTS)
def test_pictures_are_drawn_the_same_again_and_differ_after_the_work(kind: str) -> None:
    before = photo(kind, repaired=False, seed="1")
    assert before == photo(kind, repaired=False, seed="1")
    assert before[:3] == b"\xff\xd8\xff" and before != photo(kind, repaired=True, seed="1")


def test_every_story_is_a_matter_of_the_shipped_catalogue() -> None:
    codes = {row["code"] for row in shipped()}
    every = [one for rows in matters.MATTERS.values() for one in rows] + matters.FOUND + matters.ELSEWHERE
    assert {one.title for one in every} == set(catalogue.CODES)
    assert set(catalogue.CODES.values()) <= codes
    assert len(set(catalogue.CODES.values())) > 70


def test_the_catalogue_names_only_units_that_the_example_county_has() -> None:
    units = {name for name, _english in (*people.DEPARTMENTS, *people.UTILITIES, people.COUNTY_OFFICE)}
    units |= {name for name, _english, _department in people.TEAMS}
    for row in shipped():
        assert {row["lead_unit"], *row["assists"].split("、")} - {""} <= units, row["code"]
    for mandate in catalogue.MANDATES.values():
        assert {unit for _text, unit in (*mandate.helps, *mandate.taken_back)} <= units
        assert len(mandate.own) == len(set(mandate.own)) >= 8
    assert {one.unit for one in catalogue.APPLICATIONS} <= units


def test_every_matter_with_a_picture_can_be_drawn() -> None:
    every = [
        *matters.FOUND,
        *matters.ELSEWHERE,
        matters.OUTSIDE,
        *(one for some in matters.MATTERS.values() for one in some),
    ]
    assert {one.picture for one in every} - {""} <= set(SUBJECTS)


@pytest.mark.parametrize("hour", range(24))
def test_every_story_has_begun_whatever_the_hour(hour: int) -> None:
    now = datetime(2026, 11, 2, hour, 0, tzinfo=CHINA)
    assert all(plan.steps and plan.steps[0].at <= now for plan in told(scale=0.1, now=now))


@pytest.mark.parametrize("hour", [3, 12, 23])
def test_neighbours_ask_and_help_by_day_whenever_the_county_is_made(hour: int) -> None:
    now = datetime(2026, 9, 1, hour, 30, tzinfo=CHINA)
    told = aid.stories(seed=7, scale=1, now=now)
    for one in told:
        assert list(one.at) == sorted(set(one.at)) and one.at[-1] < now
        assert len(one.at) == aid.UNTIL[one.ends] + 1
        assert all(OPENS <= at.astimezone(CHINA).hour < SHUTS for at in one.at), one
    assert {one.ends for one in told} == set(aid.UNTIL)
