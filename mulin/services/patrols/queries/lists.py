"""Tasks and plans as an actor may see them: today's walk, the list behind a figure, a month by days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.services.cases import queries as cases
from mulin.services.patrols.models import PatrolFinding, PatrolPlace, PatrolPlan, PatrolTask, PatrolTurn
from mulin.services.patrols.permissions import (
    may_explain,
    may_fix,
    may_manage,
    may_walk,
    plan_openings,
    task_openings,
    walking,
)
from mulin.services.patrols.queries import figures
from mulin.services.patrols.rules import (
    FINISHED,
    STANDINGS,
    Standing,
    TaskState,
    Walker,
    standing,
    still_walkable,
)

PAGE = 50
COMING = 12
NOT_TODAY = Q(state=TaskState.WITHDRAWN)


def visible_to(actor: Actor) -> QuerySet[PatrolTask]:
    """The tasks that an actor may see: the one predicate of list, page, month and figures."""
    return PatrolTask.objects.filter(task_openings(actor))


def own(actor: Actor) -> QuerySet[PatrolTask]:
    """The tasks that are the actor's own to walk."""
    return PatrolTask.objects.filter(walking(actor))


def plans_visible_to(actor: Actor) -> QuerySet[PatrolPlan]:
    """The plans that an actor may see, newest first."""
    return PatrolPlan.objects.filter(plan_openings(actor)).order_by("-made_at", "-id")


# ── one task ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Finding:
    """Something found, as its task shows it. ``url`` is '' where the reader may not open the case."""

    number: str
    title: str
    state: str
    fixed: bool
    note: str
    at: datetime
    url: str


@dataclass(frozen=True)
class Line:
    """A task as lists show it."""

    task: PatrolTask
    standing: Standing
    late: bool


def standing_of(task: PatrolTask, now: datetime) -> Standing:
    """How a task stands now."""
    return standing(state=task.state, day=task.day, due_at=task.due_at, today=local_day(now), now=now)


def is_late(task: PatrolTask) -> bool:
    """Walked, and written down or finished after its window."""
    return task.state in FINISHED and task.finished_at is not None and task.finished_at > task.due_at


def lines(tasks: Iterable[PatrolTask], now: datetime) -> list[Line]:
    """Tasks with how they stand."""
    return [Line(task, standing_of(task, now), is_late(task)) for task in tasks]


def _joined(tasks: QuerySet[PatrolTask]) -> QuerySet[PatrolTask]:
    return tasks.select_related("plan", "place__grid", "place__division")


def find(actor: Actor, task_id: UUID) -> PatrolTask:
    """A task that the actor may see, with plan and place. Raises NotFound. One statement."""
    task = _joined(visible_to(actor)).filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("没有这次巡查，或者您看不到它。"))
    return task


def is_named(actor: Actor, task: PatrolTask) -> bool:
    """Whether the actor, or a colleague for whom he stands in, is named for the task. No statement where nobody is."""
    if not actor.persons or task.walker != Walker.NAMED:
        return False
    return PatrolTurn.objects.filter(task=task, person__in=actor.persons).exists()


@dataclass(frozen=True)
class May:
    """What the policy lets the reader do (``walks``, ``explains``, ``fixes``), and what state and hour leave of it."""

    walks: bool
    explains: bool
    fixes: bool
    walk: bool
    explain: bool


def may(actor: Actor, task: PatrolTask, now: datetime) -> May:
    """What the actor may do. One statement at most."""
    named = is_named(actor, task)
    today = local_day(now)
    walks = may_walk(actor, task, named=named)
    explains = may_explain(actor, task, named=named)
    still = still_walkable(state=task.state, day=task.day, due_at=task.due_at, today=today, now=now)
    return May(
        walks=walks,
        explains=explains,
        fixes=may_fix(actor, task),
        walk=walks and still,
        explain=explains and task.state == TaskState.PLANNED and task.day <= today,
    )


def findings(actor: Actor, task: PatrolTask) -> list[Finding]:
    """What the walk found, oldest first. Two statements."""
    rows = list(PatrolFinding.objects.filter(task=task).select_related("case").order_by("at", "id"))
    if not rows:
        return []
    ids = [row.case_id for row in rows]
    seen = set(cases.visible_to(actor).filter(pk__in=ids).values_list("pk", flat=True))
    return [
        Finding(
            number=row.case.number,
            title=row.case.title,
            state=str(row.case.get_state_display()),
            fixed=row.fixed,
            note=row.note,
            at=row.at,
            url=reverse("cases:detail", args=[row.case_id]) if row.case_id in seen else "",
        )
        for row in rows
    ]


def walkers_of(task: PatrolTask) -> str:
    """Who walks it, in words: the unit, the persons' public names, or the grid's staff. One statement at most."""
    if task.walker == Walker.UNIT and task.unit_id is not None:
        return people.organisation_names([task.unit_id]).get(task.unit_id, "")
    if task.walker == Walker.NAMED:
        persons = list(
            PatrolTurn.objects.filter(task=task).order_by("id").values_list("person_id", flat=True)
        )
        return _("、").join(people.public_names(persons).values())
    return _("本网格的网格员")


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Own:
    """What the front page shows of one's own walks."""

    today: list[Line]
    unexplained: list[Line]
    coming: list[Line]


def own_tasks(actor: Actor, now: datetime) -> Own:
    """Today's (with last night's that still runs), those whose window passed without a word, and the next ones.

    Three statements.
    """
    today = local_day(now)
    mine = _joined(own(actor)).exclude(NOT_TODAY)
    running = Q(day=today) | Q(day=today - timedelta(days=1), due_at__gte=now)
    shown = mine.filter(running).order_by("opens_at", "place_path", "id")[:PAGE]
    late = mine.filter(state=TaskState.PLANNED, due_at__lt=now, day__lt=today).order_by("due_at", "id")[:PAGE]
    ahead = mine.filter(day__gt=today).order_by("day", "opens_at", "id")[:COMING]
    return Own(lines(shown, now), lines(late, now), lines(ahead, now))


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to; ``start`` and ``end`` are days, both included; ``due``: as figures count."""

    start: date | None = None
    end: date | None = None
    standing: str = ""
    plan: UUID | None = None
    due: bool = False


def _standing_q(code: str, now: datetime) -> Q:
    today = local_day(now)
    planned = Q(state=TaskState.PLANNED)
    return {
        "overdue": planned & Q(due_at__lt=now),
        "coming": planned & Q(due_at__gte=now, day__gt=today),
        "open": planned & Q(due_at__gte=now, day__lte=today),
    }.get(code, Q(state=code))


def filtered(tasks: QuerySet[PatrolTask], by: Filters, now: datetime) -> QuerySet[PatrolTask]:
    """A list narrowed."""
    if by.start:
        tasks = tasks.filter(day__gte=by.start)
    if by.end:
        tasks = tasks.filter(day__lte=by.end)
    if by.standing in STANDINGS:
        tasks = tasks.filter(_standing_q(by.standing, now))
    if by.plan:
        tasks = tasks.filter(plan=by.plan)
    return figures.due(tasks, now) if by.due else tasks


def listing(actor: Actor, by: Filters, now: datetime, *, at: str = "", size: int = PAGE) -> Page:
    """A page of the filtered list, latest due first. One statement."""
    return page(_joined(filtered(visible_to(actor), by, now)), by="-due_at", at=at, size=size)


def found_counts(tasks: Sequence[PatrolTask]) -> Mapping[UUID, int]:
    """task id → how many findings. One statement."""
    rows = PatrolFinding.objects.filter(task__in=[task.id for task in tasks])
    return dict(rows.values_list("task_id").annotate(count=Count("id")))


def month(
    actor: Actor, first: date, last: date, now: datetime, *, plan: UUID | None = None
) -> dict[date, dict[str, int]]:
    """day → standing → how many tasks, from ``first`` to ``last``. One statement."""
    whens = [When(_standing_q(code, now), then=Value(code)) for code in STANDINGS]
    tasks = filtered(visible_to(actor), Filters(first, last, plan=plan), now)
    counted: QuerySet[Any] = tasks.order_by().annotate(
        stands=Case(*whens, default=Value(""), output_field=CharField())
    )
    days: dict[date, dict[str, int]] = {}
    for row in counted.values("day", "stands").annotate(count=Count("id")).order_by("day"):
        days.setdefault(row["day"], {})[row["stands"]] = row["count"]
    return days


# ── plans ────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan(actor: Actor, plan_id: UUID) -> PatrolPlan:
    """A plan that the actor may see. Raises NotFound."""
    found = plans_visible_to(actor).select_related("unit", "made_by").filter(pk=plan_id).first()
    if found is None:
        raise NotFound(_("没有这个巡查计划，或者您看不到它。"))
    return found


def plans_page(actor: Actor, *, at: str = "", size: int = PAGE, ended: bool = False) -> Page:
    """A page of the plans, newest first, the ended ones apart. One statement."""
    found = plans_visible_to(actor).select_related("unit")
    found = found.filter(state="ended") if ended else found.exclude(state="ended")
    return page(found, by="-made_at", at=at, size=size)


def places_of(plans: Sequence[PatrolPlan]) -> Mapping[UUID, list[PatrolPlace]]:
    """plan id → its places, in their order. One statement."""
    rows = PatrolPlace.objects.filter(plan__in=[one.id for one in plans], removed_at__isnull=True)
    found: dict[UUID, list[PatrolPlace]] = {}
    for row in rows.select_related("grid", "division").order_by("position", "id"):
        found.setdefault(row.plan_id, []).append(row)
    return found


def people_of(one: PatrolPlan) -> str:
    """Who walks a plan, in words. One or two statements."""
    if one.walker == Walker.UNIT and one.unit is not None:
        return str(one.unit)
    if one.walker == Walker.NAMED:
        persons = list(one.walkers.order_by("id").values_list("person_id", flat=True))
        return _("、").join(people.public_names(persons).values())
    return str(Walker(one.walker).label)


def manages(actor: Actor, one: PatrolPlan) -> bool:
    """Whether the actor may change, activate and end the plan."""
    return may_manage(actor, one)


# ── call-backs ───────────────────────────────────────────────────────────────────────────────────────────────────


def address(actor: Actor, task_id: UUID) -> str:
    """The page of a task, for to-dos and the trail."""
    return reverse("patrols:task", args=[task_id])


def turn_address(actor: Actor, turn_id: UUID) -> str:
    """The page of the task in which somebody has a turn. One statement; '' where the task has been unmade."""
    found = PatrolTurn.objects.filter(pk=turn_id).values_list("task_id", flat=True).first()
    return address(actor, found) if found else ""


def plan_address(actor: Actor, plan_id: UUID) -> str:
    """The page of a plan."""
    return reverse("patrols:plan", args=[plan_id])


def reach(actor: Actor, task_id: UUID) -> Mapping[str, Any] | None:
    """For "why can I see this?": where the task is and whose; None for whoever may not see it."""
    task = visible_to(actor).filter(pk=task_id).select_related("plan").first()
    if task is None:
        return None
    held = actor.paths("grid_worker", "grid_head")
    inside = any(task.grid_path.startswith(path) for path in held) and bool(task.grid_path)
    owner = actor.person if is_named(actor, task) else None
    unit = task.parent_unit_id if task.parent_unit_id in actor.units("department_officer") else task.unit_id
    return {
        "path": task.grid_path if inside else task.place_path,
        "unit": unit,
        "owner": owner,
        "title": task.plan.name,
    }


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: the patrols for which somebody was named, and those that he finished or explained."""
    condition = Q(finished_by=person) | Q(pk__in=PatrolTurn.objects.filter(person=person).values("task"))
    rows = PatrolTask.objects.filter(condition).select_related("plan").order_by("day", "id")
    return {
        "patrols": [
            {
                "plan": row.plan.name,
                "day": row.day.isoformat(),
                "state": row.state,
                "finished_at": row.finished_at.isoformat()
                if row.finished_at and row.finished_by_id == person
                else None,
                "reason": row.reason if row.finished_by_id == person else "",
                "words": row.reason_words if row.finished_by_id == person else "",
                "note": row.note if row.finished_by_id == person else "",
            }
            for row in rows.iterator()
        ]
    }
