"""What every deed has in common: the row locked, the table asked, the step written, the clocks set, people told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from mulin.ground.notices import actions as notices
from mulin.ground.orders.models import Order, OrderClaim, OrderJoin, OrderStep
from mulin.ground.orders.queries import address
from mulin.ground.orders.queries.locked import claims_of, next_check, title, turn
from mulin.ground.orders.queries.offices import OWED
from mulin.ground.orders.queries.one import has_account
from mulin.ground.orders.rules import CLAIM_MOVES, ENDED, TRANSITIONS, State
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor


@transaction.atomic(savepoint=False)
def finish(
    *,
    row: Order,
    deed: str,
    by: Actor,
    now: datetime,
    state: State | None = None,
    claims: Iterable[OrderClaim] | None = None,
    claim: OrderClaim | None = None,
    behalf: UUID | None = None,
    rung: int | None = None,
) -> Order:
    """End a deed on a locked ask: its state (by the table, or it crashes), clocks, step, trail. ``state``: where it leads;
    left out, it stays."""
    known = list(claims) if claims is not None else claims_of(row)
    before, after = row.state, str(state or row.state)
    if deed in TRANSITIONS and not TRANSITIONS[deed].leads_to(after, before=before):
        raise ValueError(f"{deed} does not lead from {before} to {after}")
    row.state = after
    row.ended_at = (row.ended_at or now) if after in ENDED else None
    if after == State.CONFIRMED:
        row.confirmed_at = row.confirmed_at or now
    if after in ENDED:
        worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, but=("order_answer",))
    row.next_check_at = next_check(row, known, now)
    row.version += 1
    row.save()
    OrderStep.objects.create(
        order=row, at=now, deed=deed, state=after, claim=claim.pk if claim else None, person=by.person, behalf=behalf,
        rung=rung,
    )  # fmt: skip
    facts: dict[str, Any] = {"number": row.number, "kind": row.kind, "state": after}
    trail.record(
        by=by, now=now, verb=f"order.{deed}", subject_kind="order", subject_id=row.pk, facts=facts,
        on_behalf_of=behalf if behalf != by.person else None,
    )  # fmt: skip
    return row


@transaction.atomic(savepoint=False)
def put(*, row: Order, kind: str, by: Actor, now: datetime, due_at: datetime | None, **whose: Any) -> None:
    """A to-do about an ask. Where an office owes it, tick looks again when its time is over."""
    worklist.put(
        by=by, now=now, kind=kind, subject_kind="order", subject_id=row.pk, title=title(row), number=row.number,
        due_at=due_at, **whose,
    )  # fmt: skip
    sooner = due_at is not None and (row.next_check_at is None or due_at < row.next_check_at)
    if kind in OWED and sooner:
        row.next_check_at = due_at
        row.save(update_fields=["next_check_at"])


ALSO = {
    "order_claimed": "order_claimed_also", "order_refused": "order_over_also", "order_expired": "order_over_also",
    "order_answered": "",
}  # fmt: skip
"""What those who want the same are told in other words, since they read neither the answer nor who comes; '': nothing."""
ASKERS_OWN = ("order_served", "order_unconfirmed")
"""What only the asker himself is asked."""


def tell_asker(*, row: Order, template: str, by: Actor, now: datetime) -> None:
    """A message to whoever asks, to those who want the same, and to whoever wrote it down for somebody without an account:
    he carries the news."""
    persons = [row.asker_id]
    if row.entered_by_id is not None and not has_account(row):
        persons.append(row.entered_by_id)
    for person in dict.fromkeys(persons):
        tell(row=row, person=person, template=template, by=by, now=now)
    also = "" if template in ASKERS_OWN else ALSO.get(template, template)
    if also:
        others = OrderJoin.objects.filter(order=row).exclude(person__in=[one for one in persons if one])
        for person in others.order_by("id").values_list("person_id", flat=True):
            tell(row=row, person=person, template=also, by=by, now=now)


def tell(*, row: Order, person: UUID | None, template: str, by: Actor, now: datetime, **more: str) -> None:
    """A message about an ask to a person, once for each version of it; nobody where there is none, or who did it himself."""
    if person is None or person == by.person:
        return
    notices.tell(
        by=by, now=now, template=template, params={"number": row.number, **more}, subject_kind="order", subject_id=row.pk,
        key=f"order:{row.pk}:{template}:{row.version}:{person}", person=person, link=address(by, row.pk),
    )  # fmt: skip


@transaction.atomic(savepoint=False)
def release(*, claims: Iterable[OrderClaim]) -> list[UUID]:
    """Let go whoever still had it to do: the ask is over. Returns the persons to be told."""
    gone = [one for one in claims if one.state in CLAIM_MOVES["release"][0]]
    for one in gone:
        turn(one, "release")
        one.save(update_fields=["state"])
    return [one.person_id for one in gone if one.person_id is not None]
