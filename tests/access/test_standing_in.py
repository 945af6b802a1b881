"""Somebody on leave, and the colleague who stands in: what he may do for the time, what never passes to him."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.access import queries
from mulin.ground.access.rules import ROLES, STOOD_IN
from mulin.ground.people import queries as people
from mulin.ground.worklist import actions as work
from mulin.ground.worklist import queries as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, Scene

TODAY = date(2026, 9, 1)


def away(scene: Scene, who: str, stand_in: str | None, now: datetime, **days: Any) -> Any:
    """The row of a leave, written past the action: today only unless told otherwise."""
    told: dict[str, Any] = {"first_day": TODAY, "last_day": TODAY, "reason": "annual"} | days
    other = scene.persons[stand_in] if stand_in else None
    leave = apps.get_model("people.Leave").objects
    return leave.create(person=scene.persons[who], stand_in=other, entered_at=now, **told)


def as_of(scene: Scene, who: str, day: date = TODAY) -> Actor:
    return queries.actor_for(scene.accounts[who], COUNTY, on=day)


def todo(scene: Scene, now: datetime, title: str, **address: Any) -> None:
    work.put(
        by=scene.admin,
        now=now,
        kind="handle",
        subject_kind="case",
        subject_id=uuid7(),
        title=title,
        **address,
    )


def test_duties_that_give_rights_to_others_never_pass_to_a_stand_in() -> None:
    assert [code for code in STOOD_IN if ROLES[code].may_grant] == []
    assert {"leader", "admin", "county_clerk"}.isdisjoint(STOOD_IN)


def test_while_a_leave_runs_the_stand_in_handles_what_the_other_handles(county: Scene, now: datetime) -> None:
    away(county, "grid_worker", "other_grid_worker", now)
    actor = as_of(county, "other_grid_worker")
    assert actor.stands_for == (county.persons["grid_worker"].id,)
    assert actor.covers(county.grids["a"].path, "grid_worker")
    assert actor.person == county.persons["other_grid_worker"].id


@pytest.mark.parametrize("day", [TODAY - timedelta(1), TODAY + timedelta(1)])
def test_before_the_first_day_and_after_the_last_nothing_passes(
    county: Scene, now: datetime, day: date
) -> None:
    away(county, "grid_worker", "other_grid_worker", now)
    actor = as_of(county, "other_grid_worker", day)
    assert actor.stands_for == () and not actor.covers(county.grids["a"].path, "grid_worker")


def test_a_cancelled_leave_passes_nothing(county: Scene, now: datetime) -> None:
    away(county, "grid_worker", "other_grid_worker", now, cancelled_at=now)
    assert as_of(county, "other_grid_worker").stands_for == ()


def test_an_administrators_stand_in_gets_his_named_to_dos_and_no_right_of_his(
    county: Scene, now: datetime
) -> None:
    away(county, "admin", "grid_worker", now)
    todo(county, now, "点名给管理员", person=county.persons["admin"].id)
    todo(county, now, "凡管理员", role="admin")
    actor = as_of(county, "grid_worker")
    assert not actor.holds("admin")
    assert [item.title for item in worklist.open_for(actor)] == ["点名给管理员"]


def test_to_dos_of_the_one_on_leave_are_on_both_lists_and_marked_on_one(county: Scene, now: datetime) -> None:
    away(county, "grid_worker", "other_grid_worker", now)
    todo(county, now, "点名", person=county.persons["grid_worker"].id)
    todo(county, now, "本网格", role="grid_worker", path=county.grids["a"].path)
    todo(county, now, "自己的", role="grid_worker", path=county.grids["c"].path)
    stand_in = worklist.tab_page(as_of(county, "other_grid_worker"), worklist.MINE, now).rows
    marks = {item.title: item.behalf_words for item in stand_in}
    assert marks == {"点名": "代 张工", "本网格": "代 张工", "自己的": ""}
    his = worklist.tab_page(as_of(county, "grid_worker"), worklist.MINE, now).rows
    assert {item.title: item.behalf_words for item in his} == {"点名": "", "本网格": ""}


def test_what_the_other_is_kept_informed_of_waits_for_him(county: Scene, now: datetime) -> None:
    away(county, "grid_worker", "other_grid_worker", now)
    work.copy(
        by=county.admin,
        now=now,
        subject_kind="case",
        subject_id=uuid7(),
        title="抄送",
        why="assist",
        person=county.persons["grid_worker"].id,
    )
    assert not worklist.copies_for(as_of(county, "other_grid_worker")).exists()
    assert worklist.copies_for(as_of(county, "grid_worker")).exists()


def test_what_both_hold_is_the_stand_ins_own(county: Scene, now: datetime) -> None:
    unit = county.units["department"].id
    away(county, "department", "grid_worker", now)
    apps.get_model("access.Grant").objects.create(
        person=county.persons["grid_worker"], role="department_officer", unit_id=unit, started_on=TODAY
    )
    todo(county, now, "部门", unit=unit)
    (item,) = worklist.tab_page(as_of(county, "grid_worker"), worklist.MINE, now).rows
    assert item.behalf_words == ""


def test_a_stand_in_who_is_away_himself_is_replaced_by_his_own(county: Scene, now: datetime) -> None:
    away(county, "grid_worker", "other_grid_worker", now)
    away(county, "other_grid_worker", "community_clerk", now)
    worker, other, clerk = (
        county.persons[who].id for who in ("grid_worker", "other_grid_worker", "community_clerk")
    )
    assert people.on_leave([worker, other, clerk], now) == {worker: clerk, other: clerk}
    assert set(as_of(county, "community_clerk").stands_for) == {worker, other}


def test_on_leave_tells_who_is_away_and_who_stands_in(county: Scene, now: datetime) -> None:
    away(county, "grid_worker", None, now)
    away(county, "community_clerk", "street_clerk", now)
    persons = {who: county.persons[who].id for who in ("grid_worker", "community_clerk", "street_clerk")}
    with CaptureQueriesContext(connection) as made:
        found = people.on_leave(persons.values(), now)
    assert found == {persons["grid_worker"]: None, persons["community_clerk"]: persons["street_clerk"]}
    assert len(made) == 2
    assert people.on_leave(persons.values(), TODAY + timedelta(1)) == {}
    assert people.on_leave([], now) == {}


@pytest.mark.parametrize("who", ["resident", "grid_worker"])
def test_standing_in_costs_nobody_a_statement(county: Scene, now: datetime, who: str) -> None:
    away(county, "community_clerk", "grid_worker", now)
    with CaptureQueriesContext(connection) as made:
        as_of(county, who)
    assert len(made) == 2


def test_why_says_that_one_acts_in_anothers_place(county: Scene, now: datetime) -> None:
    away(county, "grid_worker", "other_grid_worker", now)
    (words,) = queries.why(as_of(county, "other_grid_worker"), path=county.grids["a"].path)
    assert "张工请假" in words and "双虹社区第一网格" in words


def test_a_neighbour_countys_leave_passes_nothing_here(scene: Scene, now: datetime) -> None:
    from mulin.kernel.county import county_scope
    from tests.personas import NEIGHBOUR

    with county_scope(NEIGHBOUR):
        person = scene.persons["neighbour_admin"]
        apps.get_model("people.Leave").objects.create(
            person=person, first_day=TODAY, last_day=TODAY, reason="annual", entered_at=now
        )
        assert people.on_leave([person.id], now) == {person.id: None}
    with county_scope(COUNTY):
        assert people.on_leave([scene.persons["neighbour_admin"].id], now) == {}
