"""The points of what was confirmed: at once, or when whoever helped opens a passbook within LATE_BOOK."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.queries.one import unpaid
from mulin.ground.points import queries as points
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import Refused

log = logging.getLogger(__name__)


@transaction.atomic(savepoint=False)
def earned(*, row: Order, one: OrderClaim, by: Actor, now: datetime) -> None:
    """Tell the customer of a confirmed claim, and keep what it says of the points."""
    after = hooks.order_confirmed.get(row.customer)
    told = after(order=row, claim=one, by=by, now=now) if after is not None else None
    if told is not None:
        one.points, one.unpaid = told
        one.save(update_fields=["points", "unpaid"])


@transaction.atomic
def earn_for(*, persons: Collection[UUID], by: Actor, now: datetime) -> int:
    """These hold a passbook from now on: what they did without one is entered, by the rule of its day. Returns how many. An
    ask that another deed has at this moment is left to tick."""
    return sum(_late(order, claim, by, now) for order, claim in _waiting(persons, now))


def _waiting(persons: Collection[UUID], now: datetime) -> list[tuple[UUID, UUID]]:
    found = unpaid(now).filter(person__in=persons).order_by("order_id", "id")
    return list(found.values_list("order_id", "pk"))


@transaction.atomic
def _late(order: UUID, claim: UUID, by: Actor, now: datetime) -> int:
    row = Order.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=order).first()
    one = unpaid(now).filter(pk=claim).first() if row is not None else None
    if row is None or one is None:
        return 0
    try:
        with transaction.atomic():
            earned(row=row, one=one, by=by, now=now)
    except Refused:
        return 0  # whoever confirmed it lives with him by now: it stays as it is
    return int(bool(one.points))


def earn_late(*, now: datetime) -> int:
    """The same for ``tick``, of all who helped without a passbook and have one by now, each by itself: one that fails is
    logged and stops no other."""
    waiting = set(unpaid(now).values_list("person_id", flat=True)) - {None}
    by, done = system(current_county(), "orders"), 0
    for order, claim in _waiting(points.with_passbook(waiting), now):
        try:
            done += _late(order, claim, by, now)
        except Exception:  # noqa: BLE001, RUF100  (logged; the next pass tries again)
            log.exception("the points of claim %s could not be entered", claim)
    return done
