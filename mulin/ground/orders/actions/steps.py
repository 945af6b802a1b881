"""What every deed has in common: the row locked, the table asked, the step written, the clocks set, people told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.notices import actions as notices
from mulin.ground.orders.models import Order, OrderClaim, OrderStep
from mulin.ground.orders.queries import address, kind_of
from mulin.ground.orders.queries.lists import visible_to
from mulin.ground.orders.rules import CLAIM_MOVES, ENDED, LIVE, TRANSITIONS, ClaimState, State, settled
from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused, Stale

MOST_WORDS = 500


def begin(key: UUID, deed: str, *, by: Actor, version: int | None = None) -> Order:
    """An ask that the actor may see, its row locked, in a state that allows the deed. Raises NotFound, Stale, Refused."""
    if not by.system and not visible_to(by).filter(pk=key).exists():
        raise NotFound(_("没有这件求助，或者您看不到它。"))
    row = Order.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这件求助，或者您看不到它。"))
    if version is not None and version != row.version:
        raise Stale(_("在您看的时候，这件求助有了变化。请看最新的情况。"))
    if row.state not in TRANSITIONS[deed].sources:
        raise not_now(row)
    return row


def not_now(row: Order) -> Refused:
    """The state does not allow it."""
    words = _("这件求助现在是“%(state)s”，不能这样做。") % {"state": row.get_state_display()}
    return Refused("not_now", words, status=409)


def claims_of(row: Order) -> list[OrderClaim]:
    """Every claim on a locked ask, oldest first."""
    return list(OrderClaim.objects.filter(order=row).order_by("id"))


def claim_of(row: Order, key: UUID, deed: str) -> tuple[OrderClaim, list[OrderClaim]]:
    """One claim of a locked ask in a state that allows the deed, and all of them. Raises NotFound, Refused."""
    every = claims_of(row)
    found = next((one for one in every if one.pk == key), None)
    if found is None:
        raise NotFound(_("没有这次认领。"))
    if found.state not in CLAIM_MOVES[deed][0]:
        words = _("这次认领现在是“%(state)s”，不能这样做。") % {"state": found.get_state_display()}
        raise Refused("not_now", words, status=409)
    return found, every


def turn(claim: OrderClaim, deed: str) -> None:
    """Move a claim as its table says. Not saved."""
    claim.state = CLAIM_MOVES[deed][1]


def standing(row: Order, claims: Iterable[OrderClaim]) -> State:
    """Where an ask stands by its claims."""
    return settled([one.state for one in claims], row.seats)


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
    if after in ENDED:
        worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, but=("order_answer",))
    return row


def next_check(row: Order, claims: Iterable[OrderClaim], now: datetime) -> datetime | None:
    """The earliest moment at which tick has something to do; None for never."""
    if row.state in ENDED:
        return None
    waiting = [one for one in claims if one.state in (ClaimState.OFFERED, ClaimState.HELD)]
    served = [one.confirm_due_at for one in claims if one.state == ClaimState.SERVED]
    moments: list[datetime | None] = [*(one.due_at for one in waiting), *served]
    if row.state == State.SUBMITTED:
        moments += [row.review_due_at, row.expires_at]
    if row.state == State.OPEN:
        moments.append(row.rung_due_at)
        if not waiting and not served:
            moments.append(max(row.expires_at, now))
    return min((one for one in moments if one is not None), default=None)


def title(row: Order) -> str:
    """What a to-do is called: kind and rough place, nobody's name."""
    return f"{kind_of(row.kind).name} · {territory.name_of_path(row.path)}"


@transaction.atomic(savepoint=False)
def put(*, row: Order, kind: str, by: Actor, now: datetime, due_at: datetime | None, **whose: Any) -> None:
    """A to-do about an ask."""
    worklist.put(
        by=by, now=now, kind=kind, subject_kind="order", subject_id=row.pk, title=title(row), number=row.number,
        due_at=due_at, **whose,
    )  # fmt: skip


@transaction.atomic(savepoint=False)
def tell(*, row: Order, person: UUID | None, template: str, by: Actor, now: datetime) -> None:
    """A message about an ask to a person, once for each version of it; nobody where there is none, or who did it himself."""
    if person is None or person == by.person:
        return
    notices.tell(
        by=by, now=now, template=template, params={"number": row.number}, subject_kind="order", subject_id=row.pk,
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


def short(text: str, *, field: str, most: int = MOST_WORDS) -> str:
    """Trimmed. Refuses what is too long."""
    plain = text.strip()
    if len(plain) > most:
        raise Refused("too_long", _("最多 %(most)d 个字，请写短一些。") % {"most": most}, field=field)
    return plain


def in_progress(claims: Iterable[OrderClaim]) -> bool:
    """Whether somebody has it to do, or its end is not confirmed."""
    return any(one.state in LIVE and one.state != ClaimState.CONFIRMED for one in claims)
