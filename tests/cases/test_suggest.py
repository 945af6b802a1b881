"""Whom a case might be given to: the numbers beside each name are true, and nothing is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.access import actions as access
from mulin.ground.people import actions as people
from mulin.ground.territory import actions as territory
from mulin.kernel.clock import local_day
from mulin.services.cases import actions
from mulin.services.cases.queries import offers, suggest
from tests.cases.scenes import reported
from tests.personas import IN_GRID_A, SINCE, Scene


def colleague(scene: Scene, now: datetime, name: str, grid: str) -> UUID:
    """A grid worker of a grid, who serves only there."""
    made = people.add_person(name=name, public_name=name, by=scene.county_clerk, now=now)
    access.grant(
        person=made.pk, role="grid_worker", grid=scene.grids[grid].id, by=scene.county_clerk, now=now
    )
    return UUID(str(made.pk))


def test_the_numbers_beside_each_name(county: Scene, now: datetime) -> None:
    busy, far, away = (colleague(county, now, name, "a") for name in ("忙同事", "远同事", "假同事"))
    free = county.persons["grid_worker"].id
    posting = apps.get_model("territory.GridPosting").objects.filter(person_id=far)
    posting.update(grid=county.grids["c"])
    worker = county.grid_worker
    for _n in range(2):
        case = reported(county, now).case
        case = actions.accept(case=case, by=county.community_clerk, now=now, version=case.version)
        actions.name_officers(
            case=case, persons=[busy], by=county.community_clerk, now=now, version=case.version
        )
    people.enter_leave(
        person=away, stand_in=free, first_day=local_day(now), last_day=local_day(now), reason="annual",
        by=county.county_clerk, now=now,
    )  # fmt: skip
    unit = county.units["department"].id
    team = people.add_team(name="城管分队", home=unit, by=county.county_clerk, now=now, started_on=SINCE).id
    people.join(
        organisation=team, person=worker.person, credential="LN0001", by=county.county_clerk, now=now,  # type: ignore[arg-type]
    )  # fmt: skip
    case = reported(county, now, at=IN_GRID_A).case
    found = {one.person: one for one in suggest.candidates(case, local_day(now))}
    assert set(found) == {free, busy, far, away}
    assert (found[busy].load, found[free].load, found[far].load) == (2, 0, 0)
    assert (found[free].metres, found[busy].metres) == (0, 0)
    assert found[far].metres is not None and 2400 < found[far].metres < 3100, (
        "three hundredths of a degree east"
    )
    assert (found[free].bears, found[free].helps, found[busy].bears) == (("城管分队",), 1, ())
    assert (found[away].away, found[away].instead, found[free].away) == (True, "张工", False)
    assert [one.person for one in suggest.candidates(case, local_day(now))] == [free, busy, far, away]
    words = dict(offers.persons(case, local_day(now)))
    assert words[str(free)] == "张工（手上 0 件，就在他的网格，执法证：城管分队，正代 1 位同事）"
    assert "手上 2 件" in words[str(busy)] and "请假，张工代办" in words[str(away)]


def test_who_serves_the_grid_and_could_not_see_the_case_is_not_named(county: Scene, now: datetime) -> None:
    made = people.add_person(name="无权同事", public_name="无权同事", by=county.county_clerk, now=now)
    territory.post_to_grid(
        person=made.pk, grid=county.grids["a"], on=local_day(now), by=county.county_clerk, now=now
    )
    case = reported(county, now, at=IN_GRID_A).case
    free = county.persons["grid_worker"].id
    assert [one.person for one in suggest.candidates(case, local_day(now))] == [free]


def test_without_a_position_no_distance_is_said_and_nothing_is_written(county: Scene, now: datetime) -> None:
    case = reported(county, now, at=None, place=county.places["community"].id).case
    case = actions.accept(case=case, by=county.community_clerk, now=now, version=case.version)
    with CaptureQueriesContext(connection) as asked:
        found = suggest.candidates(case, local_day(now))
    assert [one.metres for one in found] == [None] * len(found) and found
    assert all(one["sql"].startswith("SELECT") for one in asked)


def test_units_say_how_many_they_have_in_hand(county: Scene, now: datetime) -> None:
    unit = county.units["department"].id
    for _n in range(2):
        case = reported(county, now).case
        actions.dispatch(
            case=case, level="county", unit=unit, by=county.county_clerk, now=now, version=case.version
        )
    case = reported(county, now + timedelta(hours=1)).case
    groups = dict(offers.holders(case, local_day(now)))
    words = dict(groups["县级部门"])
    assert words[f"u:county:{unit}"] == "县市场监督管理局（在办 2 件）"
    assert words[f"u:county:{county.units['other_department'].id}"] == "县水利局（在办 0 件）"


def test_it_costs_the_same_for_one_colleague_and_for_many(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    with CaptureQueriesContext(connection) as few:
        suggest.candidates(case, local_day(now))
    for number in range(5):
        colleague(county, now, f"同事{number}", "a")
    with CaptureQueriesContext(connection) as many:
        suggest.candidates(case, local_day(now))
    assert len(many) <= len(few), [one["sql"] for one in many]
