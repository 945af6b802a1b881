"""What ``tick`` does about patrols: makes the tasks of the coming days, puts today's on lists, asks where nobody went.

Every pass may run twice, in many processes, and be killed anywhere: each step takes its rows FOR UPDATE SKIP LOCKED and
marks them in the same transaction. After days of downtime no task is made for a day that has gone, and one that nobody
was told of before its window closed is withdrawn: whoever was not asked has missed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from mulin.ground.access import queries as access
from mulin.ground.calendar import queries as calendar
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.services.patrols.actions.ending import close_work, stop, withdraw
from mulin.services.patrols.models import PatrolPlace, PatrolPlan, PatrolTask, PatrolTurn, PatrolWalker
from mulin.services.patrols.rules import (
    EXPLAIN,
    GRID_STAFF,
    HORIZON,
    UNIT_STAFF,
    PlanState,
    TaskState,
    Walker,
    Withdrawal,
    due_days,
    window,
)

BATCH = 100


def _tick() -> Actor:
    return system(current_county(), "patrols")


# ── making the tasks of the coming days ──────────────────────────────────────────────────────────────────────────


def arrange_due(*, now: datetime) -> int:
    """Once a day, each active plan: make what is still missing of its coming days, end it after its last day.

    Returns how many tasks were made or unmade.
    """
    today, moved = local_day(now), 0
    waiting = PatrolPlan.objects.filter(state=PlanState.ACTIVE)
    waiting = waiting.filter(Q(arranged_on__isnull=True) | Q(arranged_on__lt=today))
    for key in list(waiting.order_by("id").values_list("id", flat=True)):
        with transaction.atomic():
            rows = waiting.select_for_update(no_key=True, skip_locked=True)
            plan = rows.filter(pk=key).first()
            if plan is None:
                continue  # another process has it, or has done it
            if plan.ends_on is not None and plan.ends_on < today:
                stop(plan=plan, by=_tick(), now=now)
            else:
                moved += arrange(plan=plan, by=_tick(), now=now)
    return moved


@transaction.atomic(savepoint=False)
def arrange(*, plan: PatrolPlan, by: Actor, now: datetime, anew: bool = False) -> int:
    """Make the coming tasks of an active plan whose row is locked fit its days: one per place and day.

    Made: from today to HORIZON, today's only while its window is open, so that nothing comes into the world overdue.
    Unmade: what nobody was told of yet and the plan no longer says (or all of that, ``anew``). Told and finished tasks
    are never touched. Returns how many were made or unmade.
    """
    today = local_day(now)
    book = calendar.book()
    days = due_days(plan.rhythm, today, today + HORIZON, book.works_on)
    places = list(PatrolPlace.objects.filter(plan=plan, removed_at__isnull=True).order_by("position", "id"))
    wanted = {(place.id, day): place for day in days for place in places}
    known = PatrolTask.objects.filter(plan=plan, day__gte=today)
    loose = known.filter(state=TaskState.PLANNED, told_at__isnull=True, due_at__gt=now)
    locked = loose.select_for_update().order_by(
        "id"
    )  # one that is being told just now is no longer loose then
    needless = [
        key
        for key, place, day in locked.values_list("id", "place_id", "day")
        if anew or (place, day) not in wanted
    ]
    PatrolTask.objects.filter(pk__in=needless).delete()
    there = set(known.values_list("place_id", "day"))
    missing = [
        _task(plan, place, day, now) for (key, day), place in wanted.items() if (key, day) not in there
    ]
    made = PatrolTask.objects.bulk_create([task for task in missing if task.due_at > now])
    if plan.walker == Walker.NAMED:
        persons = list(
            PatrolWalker.objects.filter(plan=plan).order_by("id").values_list("person_id", flat=True)
        )
        turns = [PatrolTurn(task=task, person_id=person) for task in made for person in persons]
        PatrolTurn.objects.bulk_create(turns)
    plan.arranged_on = today
    plan.save(update_fields=["arranged_on"])
    if made or needless:
        _record_arranged(plan, len(made), len(needless), by, now)
    return len(made) + len(needless)


def _task(plan: PatrolPlan, place: PatrolPlace, day: date, now: datetime) -> PatrolTask:
    opens_at, due_at = window(day, plan.opens, plan.closes)
    return PatrolTask(
        plan=plan,
        place=place,
        day=day,
        opens_at=opens_at,
        due_at=due_at,
        place_path=place.place_path,
        grid_path=place.grid_path,
        walker=plan.walker,
        unit_id=plan.unit_id,
        parent_unit_id=plan.parent_unit_id,
        spots=plan.spots,
        checklist=[[line, ""] for line in plan.checklist],
        made_at=now,
    )


def _record_arranged(plan: PatrolPlan, made: int, unmade: int, by: Actor, now: datetime) -> None:
    facts: dict[str, Any] = {"made": made, "unmade": unmade, "on": local_day(now).isoformat()}
    trail.record(
        by=by, now=now, verb="patrol.arranged", subject_kind="patrol_plan", subject_id=plan.id, facts=facts
    )


# ── today's tasks onto lists ─────────────────────────────────────────────────────────────────────────────────────


def tell_due(*, now: datetime) -> int:
    """Put the tasks of the day on the lists of whoever walks them; withdraw those that came too late for that.

    Returns how many tasks were told or withdrawn.
    """
    untold = PatrolTask.objects.filter(state=TaskState.PLANNED, told_at__isnull=True, day__lte=local_day(now))
    return _in_batches(untold, _tell, now)


def _in_batches(
    waiting: Any, act: Callable[[PatrolTask, Actor, datetime, Holders], None], now: datetime
) -> int:
    """Take rows nobody else holds, a batch in each transaction, until there are none."""
    count, by = 0, _tick()
    while True:
        with transaction.atomic():
            rows = waiting.select_related("plan", "place__grid", "place__division").order_by("id")
            batch = list(rows.select_for_update(no_key=True, skip_locked=True, of=("self",))[:BATCH])
            holders = Holders()
            for task in batch:
                act(task, by, now, holders)
            count += len(batch)
        if len(batch) < BATCH:
            return count


class Holders:
    """Who holds a role where, asked once in a batch."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, UUID | None], bool] = {}

    def any(self, role: str, *, path: str = "", unit: UUID | None = None) -> bool:
        """Whether somebody holds the role over the path or in the unit."""
        key = (role, path, unit)
        if key not in self._known:
            self._known[key] = bool(access.holders(role, path=path, unit=unit))
        return self._known[key]


def _tell(task: PatrolTask, by: Actor, now: datetime, holders: Holders) -> None:
    if task.due_at <= now:
        withdraw(task=task, why=Withdrawal.NOT_TOLD, by=by, now=now)
        return
    _put(task, "patrol", task.due_at, by, now, holders)
    task.told_at = now
    task.save(update_fields=["told_at"])


# ── asking why ───────────────────────────────────────────────────────────────────────────────────────────────────


def ask_due(*, now: datetime) -> int:
    """Where the window has passed without a word, ask whoever should have gone. Once each. Returns how many."""
    silent = PatrolTask.objects.filter(
        state=TaskState.PLANNED, told_at__isnull=False, asked_at__isnull=True, due_at__lt=now
    )
    return _in_batches(silent, _ask, now)


def _ask(task: PatrolTask, by: Actor, now: datetime, holders: Holders) -> None:
    close_work(task=task, by=by, now=now, kinds=("patrol",))
    _put(task, "patrol_reason", now + EXPLAIN, by, now, holders)
    task.asked_at = now
    task.save(update_fields=["asked_at"])
    facts = {"day": task.day.isoformat()}
    trail.record(
        by=by, now=now, verb="patrol.asked", subject_kind="patrol_task", subject_id=task.id, facts=facts
    )


# ── to-dos ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _put(task: PatrolTask, kind: str, due_at: datetime, by: Actor, now: datetime, holders: Holders) -> None:
    """The to-do of a task: for the grid's staff, for the unit, or one for each person named.

    Where a grid or a team has nobody who could see it, the next one up gets it: nobody's to-do is somebody's.
    """
    told: dict[str, Any] = {
        "by": by,
        "now": now,
        "kind": kind,
        "title": f"{task.plan.name} · {task.place.name}",
        "due_at": due_at,
    }
    if task.walker == Walker.NAMED:
        for turn in PatrolTurn.objects.filter(task=task).order_by("id"):
            worklist.put(
                **told,
                subject_kind="patrol_turn",
                subject_id=turn.id,
                person=turn.person_id,
                path=task.place_path,
            )
        return
    where = _address(task, holders)
    worklist.put(**told, subject_kind="patrol_task", subject_id=task.id, **where)


def _address(task: PatrolTask, holders: Holders) -> dict[str, Any]:
    if task.walker == Walker.UNIT:
        staffed = any(holders.any(role, unit=task.unit_id) for role in UNIT_STAFF)
        unit = task.unit_id if staffed or task.parent_unit_id is None else task.parent_unit_id
        return {"unit": unit, "path": task.place_path}
    for role in GRID_STAFF:
        if holders.any(role, path=task.grid_path):
            return {"role": role, "path": task.grid_path}
    return {"role": "community_clerk", "path": task.grid_path}
