"""Who is willing to help with what; and what remains of somebody who is erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.orders.actions.climbing import again
from mulin.ground.orders.actions.steps import finish, release, tell
from mulin.ground.orders.models import Order, OrderClaim, OrderHelper, OrderJoin
from mulin.ground.orders.queries.locked import claims_of, standing
from mulin.ground.orders.rules import ENDED, ClaimState, State
from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused


@transaction.atomic
def set_help(*, kinds: Iterable[str], place: UUID | None, by: Actor, now: datetime) -> int:
    """With what somebody is willing to help from now on, near a place; none of them: not any more. Returns how many.

    Reviewers of that place may see the name, to ask him. Refuses unknown kinds, and kinds without a place.
    """
    if by.person is None:
        raise NotAllowed(_("请先登录。"))
    wanted = list(dict.fromkeys(kinds))
    if any(one not in hooks.order_kinds for one in wanted):
        raise Refused("no_kind", _("没有这一种，请重新选。"), field="kinds")
    OrderHelper.objects.filter(person=by.person).exclude(kind__in=wanted).delete()
    if wanted:
        spot = _place(place)
        for one in wanted:
            told = {"place_id": spot.pk, "path": spot.path, "since": now}
            OrderHelper.objects.update_or_create(person_id=by.person, kind=one, defaults=told)
    facts = {"kinds": wanted}
    trail.record(
        by=by,
        now=now,
        verb="order.willing",
        subject_kind="person",
        subject_id=by.person,
        facts=facts,
        about=by.person,
    )
    return len(wanted)


def _place(key: UUID | None) -> Any:
    if key is None:
        raise Refused("no_place", _("请选您住的地方，好找离得近的。"), field="place")
    try:
        return territory.division(key)
    except NotFound:
        raise Refused("no_place", _("没有这个地方，请重新选。"), field="place")


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: his asks end and say nothing more, what he had to do returns to the pool; that help was given stays,
    without his name."""
    living = (
        Order.objects.select_for_update(no_key=True)
        .filter(asker=person)
        .exclude(state__in=[str(s) for s in ENDED])
    )
    for row in living.order_by("id"):
        claims = claims_of(row)
        gone = release(claims=claims)
        done = any(one.state == ClaimState.CONFIRMED for one in claims)
        finish(
            row=row, deed="erase", by=by, now=now, claims=claims,
            state=State.CONFIRMED if done else State.WITHDRAWN,
        )  # fmt: skip
        for giver in gone:
            tell(row=row, person=giver, template="order_withdrawn", by=by, now=now)
    OrderClaim.objects.filter(order__asker=person).update(thanks_sealed="", thanks_ok=False)
    asked = Order.objects.filter(asker=person).update(
        asker=None, words_sealed="", door_sealed="", public_words="", reason="", phone_ok=False
    )
    mine = OrderClaim.objects.filter(person=person, state__in=["offered", "held", "served"]).order_by(
        "order_id"
    )
    for one in mine:
        _leave(one.order_id, one.pk, by, now)
    claims_gone = OrderClaim.objects.filter(person=person).update(person=None, thanks_sealed="")
    OrderClaim.objects.filter(confirmed_by=person).update(confirmed_by=None)
    OrderClaim.objects.filter(offered_by=person).update(offered_by=None)
    Order.objects.filter(entered_by=person).update(entered_by=None)
    Order.objects.filter(reviewed_by=person).update(reviewed_by=None)
    OrderJoin.objects.filter(person=person).delete()
    OrderHelper.objects.filter(person=person).delete()
    return {"orders_order": asked, "orders_orderclaim": claims_gone}


def _leave(order: UUID, claim: UUID, by: Actor, now: datetime) -> None:
    """What an erased giver had to do returns to the pool; who asks is told where he had said yes."""
    row = Order.objects.select_for_update(no_key=True).get(pk=order)
    claims = claims_of(row)
    one = next(found for found in claims if found.pk == claim)
    if one.state not in (ClaimState.OFFERED, ClaimState.HELD, ClaimState.SERVED):
        return
    agreed = one.state != ClaimState.OFFERED
    one.state = ClaimState.RETURNED
    one.save(update_fields=["state"])
    if row.state in ENDED:
        return
    state = standing(row, claims)
    if state == State.OPEN:
        again(row=row, by=by, now=now)
    finish(row=row, deed="erase", by=by, now=now, claims=claims, state=state)
    if agreed:
        tell(row=row, person=row.asker_id, template="order_back", by=by, now=now)
