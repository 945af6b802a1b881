"""Who serves: claim, dispatch, accept, decline, give back. A free seat is taken once, however many reach for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.orders.actions.climbing import again
from mulin.ground.orders.actions.steps import finish, put, tell, tell_asker
from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.permissions import UNIT_STAFF, asks, holds, reviews
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.helpers import named, near
from mulin.ground.orders.queries.lists import BACK, home
from mulin.ground.orders.queries.locked import begin, claim_of, claims_of, short, standing, turn
from mulin.ground.orders.queries.one import why_not_claim
from mulin.ground.orders.rules import LIVE, ClaimState, State
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.secrets import encrypt

BACK_LENGTH = 100
GONE = (State.OFFERED, State.CLAIMED, State.SERVED, State.CONFIRMED)


@transaction.atomic
def claim(
    *, order: UUID, by: Actor, now: datetime, passbook: bool = False, unit: UUID | None = None
) -> OrderClaim:
    """Take a free seat oneself; ``passbook``: opening one for the points; ``unit``: for the unit for which one speaks.
    Refused: one's own ask or of one's household, twice, whom the kind's guard bars, and once every seat is taken."""
    if unit is not None and unit not in by.units(*UNIT_STAFF):
        raise NotAllowed(_("只能代表您自己的单位认领。"))
    row = _reached_for(order, by)
    if row.private and not asks(by, row) and not reviews(by, row, kind_of(row.kind)):
        raise NotAllowed(_("这件不公开，由社区派单。"), code="barred")
    claims = claims_of(row)
    barred = why_not_claim(by, row, claims, now, held=True)
    if barred:
        raise NotAllowed(barred, code="barred")
    if unit is not None and any(one.unit_id == unit and one.state in LIVE for one in claims):
        raise NotAllowed(_("您的单位已经接了这一件。"), code="barred")
    mine = OrderClaim(
        order=row,
        person_id=by.person,
        unit_id=unit,
        state=ClaimState.HELD,
        made_at=now,
        due_at=_serve_by(row, now),
    )
    mine.save(force_insert=True)
    _taken(row, [*claims, mine], mine, "claim", by, now)
    tell_asker(row=row, template="order_claimed", by=by, now=now)
    _passbook(passbook, row, by, now)
    return mine


def _passbook(wanted: bool, row: Order, by: Actor, now: datetime) -> None:
    """One for whoever helps, in the community where he lives as far as that is known, else where he helps."""
    if wanted and by.person is not None:
        path = home(by.person) or territory.community_path(row.path)
        points.issue(owner=points_read.person(by.person), path=path, by=by, now=now)


def _reached_for(order: UUID, by: Actor) -> Order:
    """The row for whoever reaches for a seat. Who saw it in the hall and comes too late is told so."""
    row = Order.objects.select_for_update(no_key=True).filter(pk=order).first()
    shown = row is not None and not row.private and row.reviewed_at is not None
    if shown and row is not None and row.state in GONE:
        raise Refused("taken", _("刚刚有人接了。谢谢您的心意，看看别的。"), status=409)
    return begin(order, "claim", by=by)


def _serve_by(row: Order, now: datetime) -> datetime:
    return max(row.wanted_at or now, now) + kind_of(row.kind).claim_span


def _taken(
    row: Order, claims: list[OrderClaim], one: OrderClaim, deed: str, by: Actor, now: datetime
) -> None:
    state = standing(row, claims)
    if state != State.OPEN:
        worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, kinds=("order_find",))
    finish(row=row, deed=deed, state=state, by=by, now=now, claims=claims, claim=one)


@transaction.atomic
def dispatch(
    *,
    order: UUID,
    by: Actor,
    now: datetime,
    person: UUID | None = None,
    unit: UUID | None = None,
    said: str = "",
    version: int | None = None,
) -> OrderClaim:
    """Ask a willing neighbour, a colleague, a unit of the place, or whoever is ``said`` by his number (volunteers, party
    members) to take it; they answer by a clock, declining costs nothing. By reviewers. Refuses whoever is none of these,
    and whom the kind's guard bars."""
    row = begin(order, "dispatch", by=by, version=version)
    if not reviews(by, row, kind_of(row.kind)):
        raise NotAllowed(_("由本社区的工作人员派单。"))
    if [person is not None, unit is not None, bool(said.strip())].count(True) != 1:
        raise Refused("nobody", _("请选派给谁，或者写他的手机号，只要一样。"), field="whom")
    claims = claims_of(row)
    if unit is None:
        if person is None:
            person = named(said)
        elif person not in near(row, now, any_kind=True) and person not in access.with_duty([person]):
            raise Refused("nobody", _("请从愿意帮的邻居里选。"), field="whom")
        barred = why_not_claim(access.actor_of_person(person), row, claims, now, held=True)
        if barred:
            field = "said" if said else "whom"
            raise Refused("barred", _("这位不能接：%(why)s") % {"why": barred}, field=field)
    elif unit not in {one.pk for one in territory.units_of_division(row.path)}:
        raise Refused("nobody", _("请从管这一片的单位里选。"), field="whom")
    due = now + kind_of(row.kind).answer_span
    one = OrderClaim(
        order=row, person_id=person, unit_id=unit, state=ClaimState.OFFERED, offered_by_id=by.person, made_at=now, due_at=due
    )  # fmt: skip
    one.save(force_insert=True)
    _taken(row, [*claims, one], one, "dispatch", by, now)
    if unit is not None:
        put(row=row, kind="order_offer", by=by, now=now, due_at=due, unit=unit)
    else:
        tell(row=row, person=person, template="order_offered", by=by, now=now)
    return one


@transaction.atomic
def accept(*, order: UUID, claim: UUID, by: Actor, now: datetime, passbook: bool = False) -> OrderClaim:
    """Say yes to what one was sent; of a unit, whoever of it says yes has it to do. ``passbook``: opening one for the
    points. Whom the kind's guard bars by now may not."""
    row, one, claims = _held(order, claim, "accept", by)
    barred = why_not_claim(by, row, [other for other in claims if other is not one], now, held=True)
    if barred:
        raise NotAllowed(barred, code="barred")
    one.person_id = by.person
    turn(one, "accept")
    one.due_at = _serve_by(row, now)
    one.save()
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, kinds=("order_offer",))
    finish(row=row, deed="accept", state=standing(row, claims), by=by, now=now, claims=claims, claim=one)
    tell_asker(row=row, template="order_claimed", by=by, now=now)
    _passbook(passbook, row, by, now)
    return one


@transaction.atomic
def decline(*, order: UUID, claim: UUID, by: Actor, now: datetime) -> OrderClaim:
    """Say no to what one was sent: no reason is asked, nothing is counted."""
    row, one, claims = _held(order, claim, "decline", by)
    return _back(row, one, claims, "decline", by, now)


@transaction.atomic
def give_back(*, order: UUID, claim: UUID, by: Actor, now: datetime, reason: str = "") -> OrderClaim:
    """One cannot do it after all: it returns to the pool at once, and the asker is told. ``reason``: for the reviewers who
    look for somebody else; nobody has to give one."""
    row, one, claims = _held(order, claim, "give_back", by)
    one.back_sealed = encrypt(short(reason, field="reason", most=BACK_LENGTH), bound_to=BACK)
    _back(row, one, claims, "give_back", by, now)
    tell_asker(row=row, template="order_back", by=by, now=now)
    return one


def _held(order: UUID, claim: UUID, deed: str, by: Actor) -> tuple[Order, OrderClaim, list[OrderClaim]]:
    """A claim that is the actor's own. Raises NotFound, NotAllowed, Refused."""
    row = begin(order, deed, by=by)
    one, claims = claim_of(row, claim, deed)
    if not by.system and not holds(by, one):
        raise NotAllowed(_("这是别人答应的事。"))
    return row, one, claims


def _back(
    row: Order, one: OrderClaim, claims: list[OrderClaim], deed: str, by: Actor, now: datetime
) -> OrderClaim:
    """A seat is free again. Whoever stood on the ladder's rung is asked anew."""
    turn(one, deed)
    one.save()
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, kinds=("order_offer",))
    state = standing(row, claims)
    if state == State.OPEN:
        again(row=row, by=by, now=now)
    finish(row=row, deed=deed, state=state, by=by, now=now, claims=claims, claim=one)
    return one


@transaction.atomic(savepoint=False)
def lapse(
    *,
    row: Order,
    one: OrderClaim,
    claims: list[OrderClaim],
    by: Actor,
    now: datetime,
    template: str = "order_lapsed",
) -> None:
    """Nobody answered, or served, in time, or he may do it no longer: back into the pool. The row is locked."""
    offered = one.state == ClaimState.OFFERED
    _back(row, one, claims, "lapse", by, now)
    if one.person_id is not None and not offered:
        tell(row=row, person=one.person_id, template=template, by=by, now=now)
        tell_asker(row=row, template="order_back", by=by, now=now)
