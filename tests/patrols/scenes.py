"""Plans in use and tasks of the day, made by the real actions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps

from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.ids import uuid7
from mulin.services.patrols import actions
from mulin.services.patrols.models import PatrolPlan, PatrolTask
from mulin.services.patrols.rules import Rhythm, Told
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
AuditEntry: Any = apps.get_model("trail.AuditEntry")
LINES = ("消防通道有没有堵", "井盖全不全")


def told(scene: Scene, **more: Any) -> Told:
    """Every day from 8:30 to 17:00 through grid A by its staff, unless something else is said."""
    plain: dict[str, Any] = {
        "name": "楼院巡查",
        "walker": "grid",
        "rhythm": Rhythm("every", date(2026, 9, 1), every_days=1),
        "opens": time(8, 30),
        "closes": time(17, 0),
        "checklist": LINES,
    }
    if not {"grids", "divisions"} & set(more):
        plain["grids"] = (scene.grids["a"].id,)
    return Told(**(plain | more))


def planned(scene: Scene, now: datetime, *, by: Actor | None = None, **more: Any) -> PatrolPlan:
    """A plan in use, by default of the community's clerk."""
    who = by or scene.community_clerk
    plan = actions.add_plan(told=told(scene, **more), by=who, now=now)
    return actions.activate(plan=plan.id, version=plan.version, by=who, now=now)


def tick(now: datetime) -> None:
    """One pass of what ``tick`` does about patrols, in its order."""
    actions.arrange_due(now=now)
    actions.tell_due(now=now)
    actions.ask_due(now=now)


def today(scene: Scene, now: datetime, **more: Any) -> PatrolTask:
    """The task of today of a fresh plan in use, on somebody's list."""
    plan = planned(scene, now, **more)
    tick(now)
    return PatrolTask.objects.get(plan=plan, day=local_day(now))


def fresh(task: PatrolTask) -> PatrolTask:
    """The row as it stands now."""
    return PatrolTask.objects.get(pk=task.pk)


def found(task: PatrolTask, by: Actor, now: datetime, **more: Any) -> actions.Found:
    """Something found on the way."""
    plain: dict[str, Any] = {"client_id": uuid7(), "text": "3号楼门口井盖坏了", "lon": 119.645, "lat": 41.405}
    return actions.find(task=task.id, by=by, now=now, **(plain | more))


def work(**more: Any) -> list[Any]:
    """Open to-dos, oldest first."""
    return list(WorkItem.objects.filter(done_at=None, **more).order_by("id"))


def verbs(subject: Any) -> list[str]:
    """What the trail says of a subject, oldest first."""
    return list(AuditEntry.objects.filter(subject_id=subject).order_by("id").values_list("verb", flat=True))


def officer(scene: Scene, key: str, unit: Any, now: datetime) -> Actor:
    """A colleague who works in a unit, added to the scene."""
    from mulin.kernel.actor import Held
    from tests.conftest import as_owner
    from tests.personas import COUNTY, _person

    with as_owner():
        _person(scene, COUNTY, key, "杨光", [Held("department_officer", unit=unit.id)], now)
    return scene.actors[key]


def days_later(now: datetime, days: int, hour: int = 9) -> datetime:
    """The same hour of the scene some days later."""
    return (now + timedelta(days=days)).replace(hour=hour)
