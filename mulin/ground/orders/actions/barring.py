"""Whoever may do a kind no longer: what he was sent or has to do returns to the pool, the asker told.

An ask's row is locked before what its guard rests on, here as in every claim: the two never wait for each other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from mulin.ground.orders.actions.claiming import lapse
from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.queries import kinds
from mulin.ground.orders.queries.helpers import barred
from mulin.ground.orders.queries.locked import claims_of
from mulin.ground.orders.rules import CLAIM_MOVES, ENDED
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county

log = logging.getLogger(__name__)
WAITING = CLAIM_MOVES["lapse"][0]


def _waiting(vetted: Iterable[str]) -> QuerySet[OrderClaim]:
    """The claims that somebody answers or has to do, of kinds for which one must be checked."""
    codes = [one.code for one in kinds() if one.vetted and one.vetted in vetted]
    return OrderClaim.objects.filter(state__in=WAITING, order__kind__in=codes, person__isnull=False)


@transaction.atomic(savepoint=False)
def hold_claimed(*, person: UUID, vetted: str) -> list[UUID]:
    """Lock the asks in which somebody has a claim that rests on his check, before the check itself is locked."""
    keys = _waiting([vetted]).filter(person=person).values_list("order_id", flat=True)
    locked = Order.objects.select_for_update(no_key=True).filter(pk__in=list(keys)).order_by("id")
    return [one.pk for one in locked]


@transaction.atomic
def let_go(*, person: UUID, orders: Iterable[UUID], by: Actor, now: datetime) -> None:
    """Somebody may do these asks no longer."""
    for row in Order.objects.select_for_update(no_key=True).filter(pk__in=list(orders)).order_by("id"):
        _return(row, {person}, by, now)


def _return(row: Order, persons: set[UUID], by: Actor, now: datetime) -> int:
    if row.state in ENDED:
        return 0
    claims = claims_of(row)
    gone = [one for one in claims if one.person_id in persons and one.state in WAITING]
    for one in gone:
        lapse(row=row, one=one, claims=claims, by=by, now=now, template="order_barred")
    return len(gone)


def return_barred(*, now: datetime) -> int:
    """For ``tick``: whose check has run out by itself, or ended while he was claiming. Returns how many claims went back;
    an ask that fails is logged and stops no other."""
    vetted = {one.vetted for one in kinds() if one.vetted}
    keys = _waiting(vetted).order_by("order_id").values_list("order_id", flat=True)
    gone = 0
    for key in dict.fromkeys(keys):
        try:
            gone += _look(key, now)
        except Exception:  # noqa: BLE001, RUF100  (logged; the next pass tries again)
            log.exception("the claims on order %s could not be looked at", key)
    return gone


@transaction.atomic
def _look(key: UUID, now: datetime) -> int:
    row = Order.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=key).first()
    if row is None:
        return 0  # another process has it
    persons = [one.person_id for one in claims_of(row) if one.person_id and one.state in WAITING]
    return _return(row, set(barred(row, persons, now)), system(current_county(), "orders"), now)
