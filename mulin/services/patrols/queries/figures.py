"""The raw records behind ``patrol_done_rate`` (row 17): querysets over the tasks of the county in force.

rate = done ÷ due. Due: its day lies in [start, end), its window has ended by ``now``, and it was not withdrawn (nobody
was told of it, or its plan had ended). Done: walked, whether something was found or not, also where it was written down
late. The rest was missed with a reason, or is without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from mulin.services.patrols.models import PatrolTask
from mulin.services.patrols.rules import FINISHED, TaskState

DONE = Q(state__in=FINISHED)
NOTHING_FOUND = Q(state=TaskState.NOTHING_FOUND)
MISSED = Q(state=TaskState.MISSED)
UNEXPLAINED = Q(state=TaskState.PLANNED)
LATE = DONE & Q(finished_at__gt=F("due_at"))


def every_task() -> QuerySet[PatrolTask]:
    """All tasks of the county in force. For figures only: pages for a person start at ``visible_to``."""
    return PatrolTask.objects.all()


def due(tasks: QuerySet[PatrolTask], now: datetime) -> QuerySet[PatrolTask]:
    """Those whose window has ended, the withdrawn ones left out."""
    return tasks.filter(due_at__lt=now).exclude(state=TaskState.WITHDRAWN)


def due_between(tasks: QuerySet[PatrolTask], start: date, end: date, now: datetime) -> QuerySet[PatrolTask]:
    """The denominator: the days [start, end), as far as they have come to pass."""
    return due(tasks, now).filter(day__gte=start, day__lt=end)


def done(rows: QuerySet[PatrolTask]) -> QuerySet[PatrolTask]:
    """The numerator, out of the due ones: walked, with or without a finding."""
    return rows.filter(DONE)


def missed(rows: QuerySet[PatrolTask]) -> QuerySet[PatrolTask]:
    """Out of the due ones: not walked, and somebody said why."""
    return rows.filter(MISSED)


def unexplained(rows: QuerySet[PatrolTask]) -> QuerySet[PatrolTask]:
    """Out of the due ones: the window passed, and nobody has said anything."""
    return rows.filter(UNEXPLAINED)


@dataclass(frozen=True)
class Rate:
    """done ÷ due with what makes up the rest. ``percent`` is None where nothing was due (printed as —)."""

    due: int = 0
    done: int = 0
    nothing_found: int = 0
    late: int = 0
    missed: int = 0
    unexplained: int = 0

    @property
    def found(self) -> int:
        """Walked, and something was found."""
        return self.done - self.nothing_found

    @property
    def percent(self) -> float | None:
        """One decimal."""
        return round(100 * self.done / self.due, 1) if self.due else None


_COUNTS = {
    "due": Count("id"),
    "done": Count("id", filter=DONE),
    "nothing_found": Count("id", filter=NOTHING_FOUND),
    "late": Count("id", filter=LATE),
    "missed": Count("id", filter=MISSED),
    "unexplained": Count("id", filter=UNEXPLAINED),
}


def rate(tasks: QuerySet[PatrolTask], start: date, end: date, now: datetime) -> Rate:
    """The figure over some tasks. One statement."""
    return Rate(**due_between(tasks, start, end, now).order_by().aggregate(**_COUNTS))


def rates(
    tasks: QuerySet[PatrolTask], plans: Iterable[UUID], start: date, end: date, now: datetime
) -> Mapping[UUID, Rate]:
    """plan id → the figure of each plan; plans with nothing due are left out. One statement."""
    found = due_between(tasks.filter(plan__in=list(plans)), start, end, now).order_by()
    rows: Iterable[dict[str, Any]] = found.values("plan_id").annotate(**_COUNTS)  # type: ignore[assignment]
    return {row["plan_id"]: Rate(**{name: row[name] for name in _COUNTS}) for row in rows}
