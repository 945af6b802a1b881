"""Who plans patrols, who walks them, who sees them. One list of conditions decides page, list, count and figure."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from mulin.kernel.actor import Actor
from mulin.services.patrols.models import PatrolPlace, PatrolPlan, PatrolTask, PatrolTurn
from mulin.services.patrols.rules import CLERKS, GRID_STAFF, OVERSIGHT, UNIT_STAFF, Walker

# ── plans ────────────────────────────────────────────────────────────────────────────────────────────────────────


def may_plan(actor: Actor) -> bool:
    """Whether somebody may plan anything at all: clerks over a territory, officers of a department or team."""
    return bool(actor.paths(*CLERKS)) or bool(actor.units("department_officer"))


def may_plan_for(
    actor: Actor, *, path: str, walker: str, unit: UUID | None, parent_unit: UUID | None
) -> bool:
    """Clerks within their own area, for grid staff and people they name; the county's clerks also for units;
    officers of a department for the department and its teams, wherever these walk."""
    if walker == Walker.UNIT:
        own = actor.units("department_officer")
        return (
            actor.covers("/", "county_clerk")
            or unit in own
            or (parent_unit in own and parent_unit is not None)
        )
    return actor.covers(path, *CLERKS)


def may_manage(actor: Actor, plan: PatrolPlan) -> bool:
    """Change, activate and end it: whoever might have made it."""
    return may_plan_for(
        actor, path=plan.path, walker=plan.walker, unit=plan.unit_id, parent_unit=plan.parent_unit_id
    )


def plan_openings(actor: Actor) -> Q:
    """Which plans an actor sees: those with a place in his territory, and those of his units and their teams."""
    condition = Q(pk__in=())
    paths = actor.paths(*CLERKS, *OVERSIGHT)
    if "/" in paths:
        return Q()
    for path in paths:
        here = PatrolPlace.objects.filter(
            plan=OuterRef("pk"), place_path__startswith=path, removed_at__isnull=True
        )
        condition |= Q(Exists(here))
    if units := actor.units("department_officer"):
        condition |= Q(unit__in=units) | Q(parent_unit__in=units)
    return condition


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def walking(actor: Actor) -> Q:
    """The tasks that are the actor's own to walk: of his grid, of his unit (a team's also for its department), by name;
    a colleague's for whom he stands in."""
    condition = Q(pk__in=())
    for path in actor.paths(*GRID_STAFF):
        condition |= Q(walker=Walker.GRID, grid_path__startswith=path)
    if units := actor.units(*UNIT_STAFF):
        condition |= Q(walker=Walker.UNIT, unit__in=units)
    if officers := actor.units("department_officer"):
        condition |= Q(walker=Walker.UNIT, parent_unit__in=officers)
    if actor.persons:
        mine = PatrolTurn.objects.filter(task=OuterRef("pk"), person__in=actor.persons)
        condition |= Q(Exists(mine))
    return condition


def task_openings(actor: Actor) -> Q:
    """Which tasks an actor sees: his own to walk, those in his territory, those of his units."""
    condition = walking(actor)
    paths = actor.paths(*CLERKS, *OVERSIGHT)
    if "/" in paths:
        return Q()
    for path in paths:
        condition |= Q(place_path__startswith=path)
    for path in actor.paths(*GRID_STAFF):
        condition |= Q(grid_path__startswith=path)
    return condition


def may_walk(actor: Actor, task: PatrolTask, *, named: bool) -> bool:
    """The row at hand, by the conditions of ``walking``. ``named``: he is one of those named for it."""
    if task.walker == Walker.GRID:
        return actor.covers(task.grid_path, *GRID_STAFF)
    if task.walker == Walker.UNIT:
        officer = task.parent_unit_id is not None and task.parent_unit_id in actor.units("department_officer")
        return officer or task.unit_id in actor.units(*UNIT_STAFF)
    return named


def may_explain(actor: Actor, task: PatrolTask, *, named: bool) -> bool:
    """Say why it was not walked: whoever should have, or whoever manages its plan, or the clerk of its place."""
    return (
        may_walk(actor, task, named=named)
        or may_manage(actor, task.plan)
        or actor.covers(task.place_path, *CLERKS)
    )


def may_fix(actor: Actor, task: PatrolTask) -> bool:
    """Record something as fixed on the spot: grid staff within their own grid."""
    return actor.covers(task.grid_path, *GRID_STAFF)


def may_look(actor: Actor) -> bool:
    """Whether the patrol pages have anything for this person: every duty walks, plans or oversees."""
    return any(held.role in (*CLERKS, *GRID_STAFF, *OVERSIGHT, *UNIT_STAFF) for held in actor.held)
