"""What deeds read under the lock of an ask's row: the row in a state that allows the deed, its claims, its next moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.permissions import reviews
from mulin.ground.orders.queries.lists import kind_of, visible_to
from mulin.ground.orders.queries.offices import owed_at
from mulin.ground.orders.rules import CLAIM_MOVES, ENDED, LIVE, TRANSITIONS, ClaimState, State, settled
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale

MOST_WORDS = 500
MOST_LIVING = 5
"""So many asks one person may have at a time."""


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
    return settled([one.state for one in claims], row.seats, row.closing)


def next_check(row: Order, claims: Iterable[OrderClaim], now: datetime) -> datetime | None:
    """The earliest moment at which tick has something to do; None for never. One statement."""
    owed = owed_at(row.pk)
    if row.state in ENDED:
        return owed
    waiting = [one for one in claims if one.state in (ClaimState.OFFERED, ClaimState.HELD)]
    served = [one.confirm_due_at for one in claims if one.state == ClaimState.SERVED]
    moments: list[datetime | None] = [owed, *(one.due_at for one in waiting), *served]
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


def short(text: str, *, field: str, most: int = MOST_WORDS) -> str:
    """Trimmed. Refuses what is too long."""
    plain = text.strip()
    if len(plain) > most:
        raise Refused("too_long", _("最多 %(most)d 个字，请写短一些。") % {"most": most}, field=field)
    return plain


def in_progress(claims: Iterable[OrderClaim]) -> bool:
    """Whether somebody has it to do, or its end is not confirmed."""
    return any(one.state in LIVE and one.state != ClaimState.CONFIRMED for one in claims)


def not_too_many(person: UUID) -> None:
    """Refuses one more ask of somebody who has MOST_LIVING. One statement."""
    living = Order.objects.filter(asker=person).exclude(state__in=[str(one) for one in ENDED])
    if living.count() >= MOST_LIVING:
        words = _("同时最多有 %(most)d 件没办完的求助；请先等等，或撤回不需要的。")
        raise Refused("too_many", words % {"most": MOST_LIVING}, status=409)


def reviewed(order: UUID, deed: str, by: Actor, version: int | None) -> Order:
    """The same as ``begin``, for reviewers. Raises NotAllowed for others."""
    row = begin(order, deed, by=by, version=version)
    if not reviews(by, row, kind_of(row.kind)):
        raise NotAllowed(_("由本社区的工作人员审核。"))
    return row
