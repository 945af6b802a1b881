"""The calendar has changed: running clocks in working time are counted again, and both due times are kept.

The change itself only notes that there is something to count: a county with a million open cases waits for nothing. ``tick``
counts a batch of cases in each transaction, in the order of their ids, and notes how far it is: killed anywhere, or in
several processes at once, each case is counted once for each change, and counting again changes nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import takewhile
from typing import Any, Final

from django.db import transaction

from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import Clock, day_start, stopped
from mulin.kernel.county import current_county
from mulin.services.cases.actions import happening, steps, timing
from mulin.services.cases.models import Case, Recount
from mulin.services.cases.rules import COUNTED

BATCH: Final = 50
MOST: Final = 2000
"""Cases in one pass; the next pass goes on."""


@transaction.atomic(savepoint=False)
def calendar_changed(*, first: date, last: date, by: Actor, now: datetime) -> None:
    """The hook of the calendar: days or hours from ``first`` on have changed. One statement."""
    Recount.objects.create(first=first, last=last, asked_at=now)


def recount_due(*, now: datetime, clock: Clock | None = None) -> int:
    """What ``tick`` does: go on counting, each case at the moment that ``clock`` says then (without one: ``now``). Returns
    how many cases got another due time."""
    by, changed, looked, clock = system(current_county(), "calendar"), 0, 0, clock or stopped(now)
    while looked < MOST:
        taken, moved = _batch(by, clock)
        looked, changed = looked + taken, changed + moved
        if taken == 0:
            break
    return changed


@transaction.atomic
def _batch(by: Actor, clock: Clock) -> tuple[int, int]:
    """(cases looked at, cases that got another due time) of the oldest change that is not done. A row that somebody has in
    hand ends the batch before it, and is the first of the next one: nobody waits for anybody, and none is left out."""
    open_ones = Recount.objects.select_for_update(no_key=True, skip_locked=True).filter(done_at__isnull=True)
    recount = open_ones.order_by("asked_at", "id").first()
    if recount is None:
        return 0, 0
    # What was due before the change began is over; whatever begins from now on is counted by the calendar of now.
    rows = Case.objects.filter(
        state__in=COUNTED, due_at__gte=day_start(recount.first), reported_at__lt=recount.asked_at
    )
    if recount.at is not None:
        rows = rows.filter(pk__gt=recount.at)
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    free = {row.pk: row for row in rows.filter(pk__in=keys).select_for_update(no_key=True, skip_locked=True)}
    batch = [free[key] for key in takewhile(free.__contains__, keys)]
    moved = sum(_recount(row, by, clock()) for row in batch)
    recount.moved += moved
    if batch:
        recount.at = batch[-1].pk
    elif not keys:
        recount.done_at = clock()
    recount.save()
    return len(batch), moved


def _recount(row: Case, by: Actor, now: datetime) -> bool:
    """Count one case again; step and deed say what its due times were and are."""
    moved = timing.recounted(case=row)
    if not moved:
        return False
    timing.schedule(case=row, now=now)
    if "total" in moved:
        timing.look_at_once(case=row, now=now)
    row.save(update_fields=["due_at", "step_due_at", "response_due_at", "next_check_at"])
    facts: dict[str, Any] = {
        name: [was.isoformat() if was else None, is_.isoformat() if is_ else None]
        for name, (was, is_) in moved.items()
    }
    happening.write_step(
        case=row, by=by, at=now, action="due_changed", from_state=row.state, to_state=row.state, system=by.system,
        public="total" in moved, facts=facts,
    )  # fmt: skip
    steps.record(case=row, verb="case.due_changed", by=by, now=now, facts=facts)
    steps.follow_clocks(case=row, by=by, now=now)
    return True
