"""Into the pool of asks, or to a reviewer first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from mulin.ground.orders.actions.climbing import climb
from mulin.ground.orders.actions.steps import finish, put
from mulin.ground.orders.models import Order
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.offices import office
from mulin.ground.orders.rules import State
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor


@transaction.atomic(savepoint=False)
def wait_for_review(*, row: Order, by: Actor, now: datetime) -> None:
    """A reviewer is asked, with a clock. Not saved."""
    span = kind_of(row.kind).review_span
    if row.wanted_at is not None and row.wanted_at > now:
        span = min(span, (row.wanted_at - now) / 3)
    row.review_due_at = now + span
    put(row=row, kind="order_review", by=by, now=now, due_at=row.review_due_at, **office(row.path))


@transaction.atomic(savepoint=False)
def let_out(*, row: Order, deed: str, by: Actor, now: datetime, behalf: UUID | None = None) -> Order:
    """Into the pool, from the first rung on."""
    row.rung, row.rung_due_at, row.review_due_at = -1, None, None
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk)
    finish(row=row, deed=deed, state=State.OPEN, by=by, now=now, behalf=behalf)
    climb(row=row, by=by, now=now)
    return row


@transaction.atomic(savepoint=False)
def start_again(
    *, row: Order, deed: str, passed: bool, by: Actor, now: datetime, behalf: UUID | None = None
) -> Order:
    """What was over lives again: into the pool where it ``passed`` review before, else to a reviewer."""
    if passed:
        return let_out(row=row, deed=deed, by=by, now=now, behalf=behalf)
    row.private, row.reviewed_at, row.reviewed_by_id = kind_of(row.kind).private, None, None
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk)
    wait_for_review(row=row, by=by, now=now)
    return finish(row=row, deed=deed, state=State.SUBMITTED, by=by, now=now, behalf=behalf)
