"""How plans and tasks fall away, and their to-dos with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.services.patrols.models import PatrolPlan, PatrolTask, PatrolTurn
from mulin.services.patrols.rules import PlanState, TaskState, Walker, Withdrawal


@transaction.atomic(savepoint=False)
def stop(*, plan: PatrolPlan, by: Actor, now: datetime) -> None:
    """End a plan whose row is locked: by a manager, or by ``tick`` after its last day.

    Tasks that nobody was told of go; told ones whose window is open are withdrawn; one whose window has passed without a
    word stays, and is asked about: ending a plan explains nothing.
    """
    plan.state, plan.ended_at, plan.version = PlanState.ENDED, now, plan.version + 1
    plan.save()
    waiting = PatrolTask.objects.filter(plan=plan, state=TaskState.PLANNED, due_at__gte=now)
    locked = list(waiting.select_for_update().order_by("id"))  # whoever tells of one just now is waited for
    PatrolTask.objects.filter(pk__in=[task.id for task in locked if task.told_at is None]).delete()
    for task in locked:
        if task.told_at is not None:
            withdraw(task=task, why=Withdrawal.PLAN_ENDED, by=by, now=now)
    record_plan(plan=plan, verb="patrol.plan_ended", by=by, now=now)


@transaction.atomic(savepoint=False)
def withdraw(*, task: PatrolTask, why: str, by: Actor, now: datetime) -> None:
    """Nobody has to walk this task, nor to say why not: it leaves the lists and the figure. Its row is locked."""
    task.state, task.reason, task.finished_at = TaskState.WITHDRAWN, why, now
    task.version += 1
    task.save()
    close_work(task=task, by=by, now=now)
    facts = {"day": task.day.isoformat(), "why": str(why)}
    trail.record(
        by=by, now=now, verb="patrol.withdrawn", subject_kind="patrol_task", subject_id=task.id, facts=facts
    )


@transaction.atomic(savepoint=False)
def close_work(*, task: PatrolTask, by: Actor, now: datetime, kinds: tuple[str, ...] | None = None) -> None:
    """Finish the task's open to-dos, those of the persons named too."""
    worklist.done(by=by, now=now, subject_kind="patrol_task", subject_id=task.id, kinds=kinds)
    if task.walker == Walker.NAMED:
        for turn in PatrolTurn.objects.filter(task=task):
            worklist.done(by=by, now=now, subject_kind="patrol_turn", subject_id=turn.id, kinds=kinds)


@transaction.atomic(savepoint=False)
def record_plan(*, plan: PatrolPlan, verb: str, by: Actor, now: datetime) -> None:
    """A deed about a plan in the trail."""
    facts: dict[str, Any] = {
        "name": plan.name,
        "path": plan.path,
        "state": str(plan.state),
        "cadence": str(plan.cadence),
        "version": plan.version,
    }
    trail.record(by=by, now=now, verb=verb, subject_kind="patrol_plan", subject_id=plan.id, facts=facts)
