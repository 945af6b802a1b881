"""The hotline's limit of an order whose case was merged into another, or that was withdrawn."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Min

from mulin.kernel.actor import Actor
from mulin.services.cases.actions import merging
from mulin.services.cases.models import Case, HotlineOrder
from mulin.services.cases.rules import FINISHED
from mulin.services.cases.rules.clocks import outer_limits
from mulin.services.cases.rules.hotline import OrderKind


def of_report(*, case: UUID, until: datetime | None, by: Actor, now: datetime) -> None:
    """A report that was merged keeps the limit that it has once it stands for itself again. Its row is held. One statement
    for one that was not merged."""
    row = Case.objects.get(pk=case)
    if row.merged_into_id is not None:
        _limit(row, case, until, by, now)


def without(*, order: HotlineOrder, by: Actor, now: datetime) -> None:
    """An order was withdrawn: the earliest limit of the others on its case binds the case that goes on, or none does. Both
    cases are held."""
    left = HotlineOrder.objects.filter(case=order.case_id, withdrawn_at__isnull=True)
    left = left.exclude(kind=OrderKind.URGE)
    if left.filter(reporter__isnull=False).exists():  # a repeat was withdrawn: its limit never held
        return
    until = left.aggregate(first=Min("due_at"))["first"]
    of_report(case=order.case_id, until=until, by=by, now=now)
    row = Case.objects.get(pk=order.case_id)
    row = row.merged_into or row
    if row.state not in FINISHED:
        _limit(row, order.case_id, until, by, now)


def _limit(row: Case, of: UUID, until: datetime | None, by: Actor, now: datetime) -> None:
    if until is None and str(of) not in outer_limits(row.clocks, str(row.id)):
        return
    merging.limit_for(case=row, of=of, until=until, by=by, now=now)
    row.save(update_fields=["clocks", "due_at", "step_due_at", "next_check_at"])
