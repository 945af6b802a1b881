"""Plans: who may make which, and what each deed does to what is still to come."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.actor import Actor
from mulin.kernel.clock import CHINA, local_day
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.patrols import actions, queries
from mulin.services.patrols.models import PatrolPlace, PatrolPlan, PatrolTask, PatrolTurn, PatrolWalker
from mulin.services.patrols.rules import HORIZON, Rhythm
from tests.patrols.scenes import fresh, officer, planned, tick, told, verbs, work
from tests.personas import NEIGHBOUR, Scene

pytestmark = pytest.mark.usefixtures("county")
DAY = timedelta(days=1)


def days_of(plan: PatrolPlan) -> list[date]:
    return list(PatrolTask.objects.filter(plan=plan).order_by("day", "id").values_list("day", flat=True))


# ── a plan comes into use ────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_asks_nobody_for_anything(county: Scene, now: datetime) -> None:
    plan = actions.add_plan(told=told(county), by=county.community_clerk, now=now)
    tick(now)
    assert plan.state == "draft" and plan.path == "/001/003/g1001/"
    assert not PatrolTask.objects.exists() and work() == []
    assert verbs(plan.id) == ["patrol.plan_added"]


def test_an_active_plan_has_a_task_for_every_place_and_day_ahead(county: Scene, now: datetime) -> None:
    grids = (county.grids["a"].id, county.grids["b"].id)
    plan = planned(county, now, grids=grids, divisions=(county.places["compound"].id,))
    assert plan.path == "/001/003/" and plan.arranged_on == local_day(now)
    assert len(days_of(plan)) == 3 * (HORIZON.days + 1)
    task = PatrolTask.objects.get(plan=plan, place__grid=grids[1], day=local_day(now))
    assert (task.grid_path, task.walker, task.state) == ("/001/003/g1002/", "grid", "planned")
    assert task.checklist == [["消防通道有没有堵", ""], ["井盖全不全", ""]]
    compound = PatrolTask.objects.get(
        plan=plan, place__division=county.places["compound"], day=local_day(now)
    )
    assert (compound.place_path, compound.grid_path) == ("/001/003/C1/", "/001/003/g1001/")
    assert verbs(plan.id) == ["patrol.plan_added", "patrol.arranged", "patrol.plan_activated"]


def test_what_is_over_today_begins_tomorrow(county: Scene, now: datetime) -> None:
    plan = planned(county, now, opens=time(7, 0), closes=time(8, 30))
    assert days_of(plan)[0] == local_day(now) + DAY


def test_a_plan_that_skips_rest_days_asks_the_countys_calendar(county: Scene, now: datetime) -> None:
    rhythm = Rhythm("every", date(2026, 9, 1), every_days=1, rest_days="skip")
    days = days_of(planned(county, now, rhythm=rhythm))
    assert {day.isoweekday() for day in days} == {1, 2, 3, 4, 5}


def test_activating_twice_or_too_late_is_refused(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    with pytest.raises(Refused, match="只有草稿"):
        actions.activate(plan=plan.id, version=None, by=county.community_clerk, now=now)
    over = Rhythm("every", date(2026, 8, 1), date(2026, 8, 31), every_days=1)
    late = actions.add_plan(told=told(county, rhythm=over), by=county.community_clerk, now=now)
    with pytest.raises(Refused, match="已经过了"):
        actions.activate(plan=late.id, version=1, by=county.community_clerk, now=now)


# ── a plan changes ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_reaches_what_nobody_was_told_of_and_nothing_else(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    tick(now)
    first = PatrolTask.objects.get(plan=plan, day=local_day(now))
    rhythm = Rhythm("weekdays", date(2026, 9, 1), weekdays=(6,))
    new = told(county, rhythm=rhythm, checklist=("路灯亮不亮",), opens=time(19, 0), closes=time(21, 0))
    changed = actions.change_plan(
        plan=plan.id, told=new, version=plan.version, by=county.community_clerk, now=now
    )
    assert days_of(plan) == [local_day(now), date(2026, 9, 5), date(2026, 9, 12)]
    assert fresh(first).checklist[0][0] == "消防通道有没有堵" and changed.version == plan.version + 1
    later = PatrolTask.objects.get(plan=plan, day=date(2026, 9, 5))
    assert later.checklist == [["路灯亮不亮", ""]] and later.opens_at.astimezone(CHINA).hour == 19
    assert len(work(kind="patrol")) == 1


def test_a_place_taken_out_keeps_its_past_and_comes_back_as_itself(county: Scene, now: datetime) -> None:
    a, b = county.grids["a"].id, county.grids["b"].id
    plan = planned(county, now, grids=(a, b))
    tick(now)
    clerk = county.community_clerk
    plan = actions.change_plan(plan=plan.id, told=told(county, grids=(b,)), version=None, by=clerk, now=now)
    assert PatrolTask.objects.filter(plan=plan, place__grid=a).count() == 1  # today's, told already
    plan = actions.change_plan(plan=plan.id, told=told(county, grids=(b, a)), version=None, by=clerk, now=now)
    assert PatrolPlace.objects.filter(plan=plan).count() == 2
    assert PatrolTask.objects.filter(plan=plan, place__grid=a).count() == HORIZON.days + 1


def test_two_hands_on_one_plan_and_one_is_told(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    clerk = county.community_clerk
    actions.change_plan(plan=plan.id, told=told(county), version=plan.version, by=clerk, now=now)
    with pytest.raises(Stale):
        actions.change_plan(plan=plan.id, told=told(county), version=plan.version, by=clerk, now=now)


# ── a plan ends ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_ending_a_plan_withdraws_what_is_open_and_explains_nothing(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    tick(now)
    tomorrow = now + DAY
    tick(tomorrow)
    actions.end_plan(plan=plan.id, version=None, by=county.community_clerk, now=tomorrow)
    tick(tomorrow)
    states = dict(PatrolTask.objects.filter(plan=plan).values_list("day", "state"))
    assert states == {local_day(now): "planned", local_day(tomorrow): "withdrawn"}
    assert [item.kind for item in work()] == ["patrol_reason"]
    assert verbs(plan.id)[-1] == "patrol.plan_ended"
    with pytest.raises(Refused, match="已经结束"):
        actions.end_plan(plan=plan.id, version=None, by=county.community_clerk, now=tomorrow)
    with pytest.raises(Refused, match="已经结束"):
        actions.change_plan(
            plan=plan.id, told=told(county), version=None, by=county.community_clerk, now=tomorrow
        )


def test_a_plan_ends_by_itself_after_its_last_day(county: Scene, now: datetime) -> None:
    rhythm = Rhythm("every", date(2026, 9, 1), date(2026, 9, 3), every_days=1)
    plan = planned(county, now, rhythm=rhythm)
    assert len(days_of(plan)) == 3
    tick(now + 2 * DAY)
    assert PatrolPlan.objects.get(pk=plan.pk).state == "active"
    tick(now + 3 * DAY)
    assert PatrolPlan.objects.get(pk=plan.pk).state == "ended"


# ── who plans what ───────────────────────────────────────────────────────────────────────────────────────────────

GRID_PLANS = {
    "community_clerk": True,
    "street_clerk": True,
    "county_clerk": True,
    "other_clerk": False,
    "grid_worker": False,
    "department": False,
    "leader": False,
    "admin": False,
    "resident": False,
    "merchant": False,
    "stranger": False,
}


@pytest.mark.parametrize(("who", "allowed"), GRID_PLANS.items())
def test_who_plans_a_grids_walk(who: str, allowed: bool, county: Scene, now: datetime) -> None:
    actor = getattr(county, who)
    if allowed:
        assert actions.add_plan(told=told(county), by=actor, now=now).made_by_id == actor.person
    else:
        with pytest.raises((NotAllowed, Refused)) as refused:
            actions.add_plan(told=told(county), by=actor, now=now)
        assert refused.value.code in ("not_allowed", "not_yours")
        assert not PatrolPlan.objects.exists()


@pytest.mark.parametrize(("who", "allowed"), GRID_PLANS.items())
def test_who_changes_activates_and_ends_it(who: str, allowed: bool, county: Scene, now: datetime) -> None:
    plan = actions.add_plan(told=told(county), by=county.community_clerk, now=now)
    actor = getattr(county, who)

    def deeds() -> None:
        actions.change_plan(plan=plan.id, told=told(county), version=None, by=actor, now=now)
        actions.activate(plan=plan.id, version=None, by=actor, now=now)
        actions.end_plan(plan=plan.id, version=None, by=actor, now=now)

    if allowed:
        deeds()
        return
    for act in (actions.activate, actions.end_plan):
        with pytest.raises((NotAllowed, NotFound)):
            act(plan=plan.id, version=None, by=actor, now=now)
    with pytest.raises((NotAllowed, NotFound)):
        actions.change_plan(plan=plan.id, told=told(county), version=None, by=actor, now=now)


@pytest.fixture
def team(county: Scene) -> Any:
    """A field team of the market supervision bureau."""
    return apps.get_model("people.Organisation").objects.create(
        kind="professional_team",
        name="市场监管下沉分队",
        parent=county.units["department"],
        started_on=date(2026, 1, 1),
        sort_key="team",
    )


def test_a_department_plans_for_itself_and_its_teams_wherever_they_walk(
    county: Scene, now: datetime, team: Any
) -> None:
    place = county.places["other_community"].id
    for unit in (team.id, county.units["department"].id):
        plan = planned(county, now, by=county.department, walker="unit", unit=unit, divisions=(place,))
        assert plan.unit_id == unit and plan.path == "/003/004/"
    with pytest.raises(Refused) as refused:
        planned(
            county, now, by=county.department, walker="unit",
            unit=county.units["other_department"].id, divisions=(place,),
        )  # fmt: skip
    assert refused.value.field == "unit"
    member = officer(county, "member", team, now)
    plan = planned(county, now, by=member, walker="unit", unit=team.id, divisions=(place,))
    assert queries.manages(county.department, plan) and queries.manages(member, plan)
    other = officer(county, "outsider", county.units["other_department"], now)
    assert not queries.manages(other, plan)
    with pytest.raises(NotFound):
        actions.end_plan(plan=plan.id, version=None, by=other, now=now)


def test_clerks_below_the_county_send_no_unit(county: Scene, now: datetime, team: Any) -> None:
    for who in (county.community_clerk, county.street_clerk):
        with pytest.raises(Refused) as refused:
            planned(county, now, by=who, walker="unit", unit=team.id, grids=(county.grids["a"].id,))
        assert refused.value.code == "not_yours"
    assert planned(county, now, by=county.county_clerk, walker="unit", unit=team.id).unit_id == team.id


def test_a_clerk_names_people_who_serve_where_they_are_to_walk(county: Scene, now: datetime) -> None:
    worker, clerk = county.grid_worker.person, county.community_clerk
    plan = planned(county, now, walker="named", persons=(worker, clerk.person))
    assert PatrolWalker.objects.filter(plan=plan).count() == 2
    assert PatrolTurn.objects.filter(task__plan=plan).count() == 2 * (HORIZON.days + 1)
    for stranger in (county.other_grid_worker.person, county.resident.person, county.leader.person, uuid7()):
        with pytest.raises(Refused) as refused:
            planned(county, now, walker="named", persons=(stranger,))
        assert refused.value.field == "persons"
    changed = told(county, walker="named", persons=(worker,))
    actions.change_plan(plan=plan.id, told=changed, version=None, by=clerk, now=now)
    ahead = PatrolTurn.objects.filter(task__plan=plan, task__day__gt=local_day(now))
    assert set(ahead.values_list("person_id", flat=True)) == {worker}


def test_grid_staff_walk_what_lies_in_one_grid(county: Scene, now: datetime) -> None:
    with pytest.raises(Refused, match="网格员去走请直接选网格"):
        planned(county, now, divisions=(county.places["community"].id,))
    with pytest.raises(Refused) as refused:
        planned(county, now, grids=(uuid7(),))
    assert refused.value.code == "no_place"


def test_a_place_outside_ones_own_is_refused_even_beside_ones_own(county: Scene, now: datetime) -> None:
    with pytest.raises(Refused) as refused:
        planned(county, now, grids=(county.grids["a"].id, county.grids["c"].id))
    assert (refused.value.code, refused.value.field) == ("not_yours", "places")


SEES = {
    "community_clerk": True,
    "street_clerk": True,
    "county_clerk": True,
    "leader": True,
    "admin": True,
    "other_clerk": False,
    "grid_worker": False,
    "other_grid_worker": False,
    "department": False,
    "resident": False,
    "stranger": False,
}


@pytest.mark.parametrize(("who", "sees"), SEES.items())
def test_who_sees_a_plan(who: str, sees: bool, county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    actor: Actor = getattr(county, who)
    assert [row.id for row in queries.plans_page(actor).rows] == ([plan.id] if sees else [])
    if sees:
        assert queries.plan(actor, plan.id).id == plan.id
    else:
        with pytest.raises(NotFound):
            queries.plan(actor, plan.id)


def test_a_community_sees_a_teams_plan_that_comes_through_it(county: Scene, now: datetime, team: Any) -> None:
    both = (county.places["community"].id, county.places["other_community"].id)
    plan = planned(county, now, by=county.county_clerk, walker="unit", unit=team.id, divisions=both)
    assert plan.path == "/"
    for who in (county.community_clerk, county.other_clerk, county.department):
        assert [row.id for row in queries.plans_page(who).rows] == [plan.id]
    assert not queries.manages(county.community_clerk, plan)


def test_a_neighbour_county_sees_nothing(county: Scene, now: datetime) -> None:
    plan = planned(county, now)
    with county_scope(NEIGHBOUR):
        assert not PatrolPlan.objects.exists() and not PatrolTask.objects.exists()
        with pytest.raises(NotFound):
            queries.plan(county.neighbour_admin, plan.id)


# ── what a planner chooses from ──────────────────────────────────────────────────────────────────────────────────


def test_what_may_be_chosen(county: Scene, now: datetime, team: Any) -> None:
    clerk, day = county.community_clerk, local_day(now)
    assert queries.areas(clerk, "") == [("/001/003/", "叶柏寿街道双虹社区")]
    assert [path for path, _name in queries.areas(county.street_clerk, "")] == ["/001/", "/001/003/"]
    assert [path for path, _name in queries.areas(county.department, "")] == ["/", "/001/", "/003/"]
    chosen = queries.areas(county.county_clerk, "/001/")
    assert [path for path, _name in chosen] == ["/", "/001/", "/003/", "/001/003/"]
    groups = dict(queries.places_in("/001/003/", on=day))
    assert [name for _value, name in groups["网格"]] == ["双虹第一网格", "双虹第二网格"]
    assert [name for _value, name in groups["小区、楼栋、场所"]] == ["双虹家园", "整个双虹社区"]
    assert queries.places_in("/nowhere/", on=day) == []
    assert {one.name for one in queries.candidates(clerk, "/001/003/")} == {"张工", "陈工"}
    assert queries.candidates(clerk, "/003/004/") == [] == queries.candidates(county.department, "/001/003/")
    assert [name for _key, name in queries.units_for(county.department)] == [
        "市场监管下沉分队",
        "县市场监督管理局",
    ]
    assert queries.units_for(clerk) == []
    assert len(queries.units_for(county.county_clerk)) == 4
