"""The ladder: who is asked next, and for how long (hard parts §3). Declining costs nothing; nobody is asked twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from mulin.ground.access import queries as access
from mulin.ground.orders.actions.steps import finish, put, tell, tell_asker
from mulin.ground.orders.models import Order
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.helpers import NEAREST, barred, near
from mulin.ground.orders.rules import next_rung
from mulin.ground.orders.rules.kinds import OFFICE, rung_span
from mulin.kernel import hooks
from mulin.kernel.actor import Actor


@transaction.atomic(savepoint=False)
def climb(*, row: Order, by: Actor, now: datetime) -> bool:
    """Ask whoever stands on the next rung of an open ask whose row is locked. False where nobody is left: it stays with
    whoever has it on his list, until it expires and is answered."""
    ladder = kind_of(row.kind).ladder
    addresses = _standing(row, now)
    place = next_rung(ladder, row.rung, addresses)
    if place is None:
        row.rung_due_at = None
        return False
    asked_before, row.rung = row.rung >= 0, place
    _ask(row, addresses[ladder[place].who], by, now)
    finish(row=row, deed="climb", by=by, now=now, rung=place)
    if asked_before and ladder[place].who in OFFICE:
        tell_asker(row=row, template="order_climbed", by=by, now=now)
    return True


@transaction.atomic(savepoint=False)
def again(*, row: Order, by: Actor, now: datetime) -> None:
    """An ask is back in the pool: whoever stood on its rung is asked again, with a fresh clock; where nobody
    does any more, tick asks the next one. Not saved."""
    ladder = kind_of(row.kind).ladder
    found = _standing(row, now).get(ladder[row.rung].who) if 0 <= row.rung < len(ladder) else None
    if found is not None:
        _ask(row, found, by, now)
    else:
        row.rung_due_at = now


def _ask(row: Order, address: Any, by: Actor, now: datetime) -> None:
    """Neighbours by message, everybody else by a to-do with a clock."""
    kind = kind_of(row.kind)
    row.rung_due_at = now + rung_span(kind.ladder, row.rung, now=now, wanted_at=row.wanted_at)
    if isinstance(address, list):
        for person in address[:NEAREST]:
            tell(row=row, person=person, template="order_near", by=by, now=now)
    else:
        put(row=row, kind="order_find", by=by, now=now, due_at=row.rung_due_at, **address)


def _standing(row: Order, now: datetime) -> dict[str, Any]:
    """rung → whom to ask; rungs on which nobody stands, or may do anything about it, are left out. A private ask climbs to
    the office at once."""
    found: dict[str, Any] = {}
    for rung in kind_of(row.kind).ladder:
        if row.private and rung.who not in OFFICE:
            continue
        if rung.who == "neighbour":
            willing = near(row, now)
            out = barred(row, willing, now)
            if persons := [one for one in willing if one not in out]:
                found[rung.who] = persons
        elif (
            rung.who in hooks.order_rungs
            and (address := hooks.order_rungs[rung.who](row.path, row.grid_path)) is not None
            and (rung.who in OFFICE or _some_may(row, address, now))
        ):
            found[rung.who] = dict(address)
    return found


def _some_may(row: Order, address: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody there may review and dispatch the ask, or claim it."""
    if kind_of(row.kind).grid_reviews:
        return True
    persons = access.holders(address["role"], path=address["path"])
    return len(barred(row, persons, now)) < len(persons)
