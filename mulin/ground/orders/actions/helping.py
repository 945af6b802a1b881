"""Who is willing to help with what; and what remains of somebody who is erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.orders.actions.climbing import again
from mulin.ground.orders.actions.merging import bring_back
from mulin.ground.orders.actions.steps import finish, put, release, tell, tell_asker
from mulin.ground.orders.models import Order, OrderClaim, OrderHelper, OrderJoin
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.locked import claims_of, standing
from mulin.ground.orders.queries.offices import office
from mulin.ground.orders.rules import ENDED, ClaimState, State
from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
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
    """The erasure hook: his asks end and say nothing more (what was served for him is
    the office's to confirm), what he had to do returns to the pool; that help was given stays,
    without his name."""
    living = (
        Order.objects.select_for_update(no_key=True)
        .filter(asker=person)
        .exclude(state__in=[str(s) for s in ENDED])
    )
    for row in living.order_by("id"):
        claims = claims_of(row)
        gone = release(claims=claims)
        row.closing = row.closing or State.WITHDRAWN
        worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, but=("order_answer",))
        finish(row=row, deed="erase", by=by, now=now, claims=claims, state=standing(row, claims))
        if row.state == State.SERVED:  # nobody is left to confirm it: the office does
            due = now + kind_of(row.kind).confirm_span
            put(row=row, kind="order_confirm", by=by, now=now, due_at=due, **office(row.path))
        bring_back(row=row, by=by, now=now)
        for giver in gone:
            tell(row=row, person=giver, template="order_withdrawn", by=by, now=now)
    OrderClaim.objects.filter(order__asker=person).update(thanks_sealed="", thanks_ok=False, back_sealed="")
    asked = Order.objects.filter(asker=person).update(
        asker=None, words_sealed="", door_sealed="", public_words="", reason="", phone_ok=False
    )
    mine = OrderClaim.objects.filter(person=person, state__in=["offered", "held", "served"]).order_by(
        "order_id"
    )
    for one in mine:
        _leave(one.order_id, one.pk, by, now)
    claims_gone = OrderClaim.objects.filter(person=person).update(
        person=None, thanks_sealed="", thanks_ok=False, back_sealed=""
    )
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
        tell_asker(row=row, template="order_back", by=by, now=now)
