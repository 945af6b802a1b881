"""Plans: added as a draft, changed, activated, ended. What is still to come follows each of these at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.patrols.actions.ending import record_plan, stop
from mulin.services.patrols.actions.schedule import arrange
from mulin.services.patrols.models import PatrolPlace, PatrolPlan, PatrolWalker
from mulin.services.patrols.permissions import may_manage, may_plan, may_plan_for, plan_openings
from mulin.services.patrols.rules import (
    CLERKS,
    NAMEABLE,
    WHO_PLANS,
    PlanState,
    Told,
    Walker,
    around,
    checked,
    common_path,
)


@transaction.atomic
def add_plan(*, told: Told, by: Actor, now: datetime) -> PatrolPlan:
    """Write a plan down as a draft. Nothing is walked before it is activated.

    Refused: places, people or a unit outside what the actor may plan for; what cannot be walked (see ``rules.checked``).
    """
    plan = PatrolPlan(made_by_id=by.person, made_at=now)
    places = _tell(plan, told, by, now)
    plan.save(force_insert=True)
    _settle(plan, places, checked(told), by, now)
    record_plan(plan=plan, verb="patrol.plan_added", by=by, now=now)
    return plan


@transaction.atomic
def change_plan(*, plan: UUID, told: Told, version: int | None, by: Actor, now: datetime) -> PatrolPlan:
    """Say it anew. An active plan's coming tasks that nobody was told of yet are unmade and made again;
    today's, once told, are walked as they were. Refused for an ended plan, and where it has changed since it was read.
    """
    row = _begin(plan, version, by)
    if row.state == PlanState.ENDED:
        raise Refused("ended", _("这个计划已经结束，不能再改；可以另建一个。"), status=409)
    places = _tell(row, told, by, now)
    row.version += 1
    row.save()
    _settle(row, places, checked(told), by, now)
    if row.state == PlanState.ACTIVE:
        arrange(plan=row, by=by, now=now, anew=True)
    record_plan(plan=row, verb="patrol.plan_changed", by=by, now=now)
    return row


@transaction.atomic
def activate(*, plan: UUID, version: int | None, by: Actor, now: datetime) -> PatrolPlan:
    """Begin walking: its days get their tasks, from today on as far as today's window is still open."""
    row = _begin(plan, version, by)
    if row.state != PlanState.DRAFT:
        raise Refused("not_draft", _("只有草稿可以启用。"), status=409)
    if row.ends_on is not None and row.ends_on < local_day(now):
        raise Refused("over", _("这个计划的结束日期已经过了，请先改日期。"), field="ends_on")
    row.state, row.activated_at, row.version = PlanState.ACTIVE, now, row.version + 1
    row.save()
    arrange(plan=row, by=by, now=now)
    record_plan(plan=row, verb="patrol.plan_activated", by=by, now=now)
    return row


@transaction.atomic
def end_plan(*, plan: UUID, version: int | None, by: Actor, now: datetime) -> PatrolPlan:
    """Walk it no more. Coming tasks fall away, today's open ones are withdrawn; one whose window has passed
    without a word stays and is still asked about: ending a plan explains nothing.
    """
    row = _begin(plan, version, by)
    if row.state == PlanState.ENDED:
        raise Refused("ended", _("这个计划已经结束。"), status=409)
    stop(plan=row, by=by, now=now)
    return row


# ── what a plan says ─────────────────────────────────────────────────────────────────────────────────────────────


def _begin(key: UUID, version: int | None, by: Actor) -> PatrolPlan:
    """The plan's row, locked. Raises NotFound, NotAllowed, Stale."""
    if not by.system and not PatrolPlan.objects.filter(plan_openings(by), pk=key).exists():
        raise NotFound(_("没有这个巡查计划，或者您看不到它。"))
    row = PatrolPlan.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这个巡查计划，或者您看不到它。"))
    if not by.system and not may_manage(by, row):
        raise NotAllowed(str(WHO_PLANS))
    if version is not None and version != row.version:
        raise Stale(_("在您填写期间，这个计划已经被别人改过。请看最新内容，您写的还在。"))
    return row


def _tell(plan: PatrolPlan, told: Told, by: Actor, now: datetime) -> list[PatrolPlace]:
    """Put what was told into the row; returns the places, unsaved. Refuses what the actor may not plan for."""
    if not by.system and not may_plan(by):
        raise NotAllowed(str(WHO_PLANS))
    told = checked(told)
    places = _places(plan, told, now)
    path = common_path([place.place_path for place in places])
    unit = _unit(told)
    _may(by, [place.place_path for place in places], told, unit)
    rhythm = told.rhythm
    plan.name, plan.path, plan.walker = told.name, path, told.walker
    plan.unit_id = unit.id if unit is not None else None
    plan.parent_unit_id = unit.parent_id if unit is not None else None
    plan.cadence, plan.rest_days = rhythm.cadence, rhythm.rest_days
    plan.weekdays = sorted(set(rhythm.weekdays) & set(range(1, 8)))
    plan.every_days = rhythm.every_days or 0
    plan.month_days = sorted(set(rhythm.month_days) & set(range(1, 32)))
    plan.starts_on, plan.ends_on = rhythm.starts_on, rhythm.ends_on
    plan.opens, plan.closes = told.opens, told.closes
    plan.spots, plan.checklist = list(told.spots), list(told.checklist)
    return places


def _unit(told: Told) -> Any:
    if told.walker != Walker.UNIT:
        return None
    unit = people.organisations().filter(pk__in=[told.unit]).first()
    if unit is None:
        raise Refused("no_unit", _("没有这个单位，请重新选择。"), field="unit")
    return unit


def _may(by: Actor, paths: list[str], told: Told, unit: Any) -> None:
    if by.system:
        return
    of: dict[str, Any] = {
        "walker": told.walker,
        "unit": unit.id if unit is not None else None,
        "parent_unit": unit.parent_id if unit is not None else None,
    }
    if not all(may_plan_for(by, path=path, **of) for path in paths):
        field = "unit" if told.walker == Walker.UNIT else "places"
        raise Refused("not_yours", str(WHO_PLANS), field=field)


def _places(plan: PatrolPlan, told: Told, now: datetime) -> list[PatrolPlace]:
    """The places in the order told. Grid staff walk what lies in one grid; a division over several is refused for them."""
    on = local_day(now)
    found = []
    for key in told.grids:
        grid = _known(territory.grid, key)
        if grid.ended_on is not None:
            raise Refused("no_place", _("“%(name)s”已经撤销，请改选。") % {"name": grid.name}, field="places")
        found.append(PatrolPlace(plan=plan, grid=grid, place_path=grid.path, grid_path=grid.path))
    for key in told.divisions:
        place = _known(territory.division, key)
        spot = territory.grid_of_place(place.id, on=on) if place.path != "/" else None
        if told.walker == Walker.GRID and spot is None:
            words = _("“%(name)s”不在哪一个网格里，网格员去走请直接选网格。") % {"name": place.name}
            raise Refused("no_grid", words, field="places")
        grid_path = spot.grid_path if spot else ""
        found.append(PatrolPlace(plan=plan, division=place, place_path=place.path, grid_path=grid_path))
    for number, place in enumerate(found):
        place.position = number
    return found


def _known(read: Any, key: UUID) -> Any:
    try:
        return read(key)
    except NotFound:
        raise Refused("no_place", _("没有这个地方，请重新选择。"), field="places")


def _settle(plan: PatrolPlan, places: list[PatrolPlace], told: Told, by: Actor, now: datetime) -> None:
    """Places and persons beside the plan. A place that was there before keeps its row, and with it its past tasks."""
    kept = {(row.grid_id, row.division_id): row for row in PatrolPlace.objects.filter(plan=plan)}
    for place in places:
        old = kept.pop((place.grid_id, place.division_id), None)
        if old is None:
            place.save(force_insert=True)
            continue
        old.position, old.removed_at = place.position, None
        old.place_path, old.grid_path = place.place_path, place.grid_path
        old.save()
    for gone in kept.values():
        if gone.removed_at is None:
            gone.removed_at = now
            gone.save(update_fields=["removed_at"])
    wanted = set(told.persons) if told.walker == Walker.NAMED else set()
    _check_persons(plan, wanted, by)
    walkers = PatrolWalker.objects.filter(plan=plan)
    known = set(walkers.values_list("person_id", flat=True))
    walkers.exclude(person__in=wanted).delete()
    for person in told.persons:
        if person in wanted - known:
            known.add(person)
            PatrolWalker(plan=plan, person_id=person).save(force_insert=True)


def _check_persons(plan: PatrolPlan, persons: set[UUID], by: Actor) -> None:
    """Each person named serves, as grid staff or clerk, in the community (or larger place) that the plan lies in, and
    below the planner himself."""
    held, near = access.held_by(persons), around(plan.path)
    for person in persons:
        serves = any(
            one.role in NAMEABLE and one.path.startswith(near) and (by.system or by.covers(one.path, *CLERKS))
            for one in held.get(person, ())
        )
        if not serves:
            raise Refused("not_serving", _("选的人里有人不在这一片工作，请重新选择。"), field="persons")
