"""What ``tick`` does about orders: each due moment is acted on once, in however many processes, killed anywhere."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Min

from mulin.ground.orders.actions.claiming import lapse
from mulin.ground.orders.actions.climbing import climb
from mulin.ground.orders.actions.merging import expire_merged
from mulin.ground.orders.actions.steps import finish, put, tell_asker
from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.locked import claims_of, in_progress, next_check
from mulin.ground.orders.queries.offices import OVERDUE, office, office_above, overseer, owed
from mulin.ground.orders.rules import ClaimState, State
from mulin.ground.worklist import queries as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county

log = logging.getLogger(__name__)
WAITING = (ClaimState.OFFERED, ClaimState.HELD)


def act_on_due(*, now: datetime) -> int:
    """Every ask with a due moment: its row is taken SKIP LOCKED; deed, step and next moment in one transaction. One that
    fails is logged, tried again at the next pass and stops no other. Returns how many were moved."""
    due = Order.objects.filter(next_check_at__lte=now)
    moved = 0
    for key in list(due.order_by("next_check_at", "id").values_list("pk", flat=True)):
        try:
            moved += _one(key, now)
        except Exception:  # noqa: BLE001, RUF100  (logged; one ask must not hold up the others)
            log.exception("order %s could not be moved", key)
    return moved


@transaction.atomic
def _one(key: UUID, now: datetime) -> int:
    row = (
        Order.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=key, next_check_at__lte=now)
        .first()
    )
    if row is None:
        return 0  # another process has it, or has done it
    by = system(current_county(), "orders")
    if row.state == State.SUBMITTED and row.review_due_at is not None and row.review_due_at <= now:
        _review_late(row, by, now)
    claims = claims_of(row)
    for one in claims:
        if one.state in WAITING and one.due_at <= now:
            lapse(row=row, one=one, claims=claims, by=by, now=now)
        elif one.state == ClaimState.SERVED and one.confirm_due_at is not None and one.confirm_due_at <= now:
            _confirm_late(row, one, claims, by, now)
    if row.state in (State.SUBMITTED, State.OPEN) and row.expires_at <= now and not in_progress(claims):
        _expire(row, claims, by, now)
    elif row.state == State.OPEN and row.rung_due_at is not None and row.rung_due_at <= now:
        climb(row=row, by=by, now=now)
    for item in list(owed(row.pk).filter(due_at__lte=now)):
        if item in owed(row.pk):  # the first of the county's told its overseers of the whole ask
            _raise_up(row, item.kind, item.path, by, now)
    row.next_check_at = next_check(row, claims, now)
    row.save(update_fields=["rung_due_at", "next_check_at"])
    return 1


def _raise_up(row: Order, kind: str, below: str, by: Actor, now: datetime) -> None:
    """The office did not do what it owes in time: the next one above is asked, and the asker is told. Above the county's
    the leaders are to look into it; what is owed stays with the county."""
    above = office_above(row.path, below)
    if above is None:
        due = owed(row.pk).aggregate(at=Min("due_at"))["at"]
        finish(row=row, deed="oversee", by=by, now=now)
        put(row=row, kind=OVERDUE, by=by, now=now, due_at=due, **overseer(row.path))
        return
    told = kind_of(row.kind)
    asking = kind == "order_confirm"
    span = told.confirm_span if asking else told.review_span
    put(row=row, kind=kind, by=by, now=now, due_at=now + span, **above)
    finish(row=row, deed="raise_up", by=by, now=now)
    tell_asker(row=row, template="order_unconfirmed" if asking else "order_raised", by=by, now=now)


def _review_late(row: Order, by: Actor, now: datetime) -> None:
    """The office above is asked to see to it, and the asker is told; the to-do of the first one stays."""
    row.review_due_at = None
    first = worklist.of_subject("order", row.pk).filter(kind="order_review").first()
    above = office_above(row.path, first.path if first else "") or office(row.path)
    due = now + kind_of(row.kind).review_span
    put(row=row, kind="order_review_late", by=by, now=now, due_at=due, **above)
    finish(row=row, deed="review_late", by=by, now=now)
    tell_asker(row=row, template="order_raised", by=by, now=now)


def _confirm_late(row: Order, one: OrderClaim, claims: list[OrderClaim], by: Actor, now: datetime) -> None:
    """The office asks the asker, and may confirm for him from now on."""
    one.confirm_due_at = None
    one.save(update_fields=["confirm_due_at"])
    span = kind_of(row.kind).confirm_span
    put(row=row, kind="order_confirm", by=by, now=now, due_at=now + span, **office(row.path))
    finish(row=row, deed="confirm_late", by=by, now=now, claims=claims, claim=one)
    tell_asker(row=row, template="order_unconfirmed", by=by, now=now)


def _expire(row: Order, claims: list[OrderClaim], by: Actor, now: datetime) -> None:
    """Nobody took it in time: the asker is told, and the office has to answer. Where some seats were filled and confirmed,
    it is done with those who came."""
    served = any(one.state == ClaimState.CONFIRMED for one in claims)
    finish(
        row=row,
        deed="expire",
        state=State.CONFIRMED if served else State.EXPIRED,
        by=by,
        now=now,
        claims=claims,
    )
    if served:
        return
    tell_asker(row=row, template="order_expired", by=by, now=now)
    expire_merged(row=row, by=by, now=now)
    put(
        row=row, kind="order_answer", by=by, now=now, due_at=now + kind_of(row.kind).review_span,
        **office(row.path),
    )  # fmt: skip
