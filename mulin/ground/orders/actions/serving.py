"""Service and its end: the giver says it is done, the other side confirms, and rates; name and door are looked at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.orders.actions.claiming import _held
from mulin.ground.orders.actions.earning import earned
from mulin.ground.orders.actions.steps import finish, put, tell, tell_asker
from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.permissions import asks, is_asker, may_confirm, reviews
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.lists import THANKS, visible_to
from mulin.ground.orders.queries.locked import begin, claim_of, claims_of, short, standing, turn
from mulin.ground.orders.queries.offices import OVERDUE, office
from mulin.ground.orders.queries.one import Contact, contact, has_account, may_reveal
from mulin.ground.orders.rules import ClaimState, Rating
from mulin.ground.orders.rules.kinds import LATE_BOOK, NO_BOOK
from mulin.ground.people import queries as people
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.secrets import encrypt

THANKS_LENGTH = 200


@transaction.atomic
def serve(*, order: UUID, claim: UUID, by: Actor, now: datetime) -> OrderClaim:
    """The giver says that it is done: the first of the two confirmations."""
    row, one, claims = _held(order, claim, "serve", by)
    turn(one, "serve")
    one.served_at, one.confirm_due_at = now, now + kind_of(row.kind).confirm_span
    one.save()
    finish(row=row, deed="serve", state=standing(row, claims), by=by, now=now, claims=claims, claim=one)
    tell_asker(row=row, template="order_served", by=by, now=now)
    if not has_account(row):
        put(row=row, kind="order_confirm", by=by, now=now, due_at=one.confirm_due_at, **office(row.path))
    return one


@transaction.atomic
def confirm(*, order: UUID, claim: UUID, by: Actor, now: datetime) -> OrderClaim:
    """The other side says so too: it is an act, and its customer is told in the same transaction.

    By the asker; by staff after a call or a visit where he has no account, or has not answered in time. Never by the giver
    or somebody of his household. Again is refused: it is confirmed once.
    """
    row, one, claims = _others(order, claim, "confirm", by)
    giver = one.person_id
    if giver is not None and by.person is not None and by.person in people.housemates(giver):
        raise NotAllowed(_("不能由帮忙的人的家人来确认。"))
    turn(one, "confirm")
    one.confirmed_at, one.confirmed_by_id, one.confirm_due_at = now, by.person, None
    one.save()
    behalf = row.asker_id if by.person != row.asker_id else None
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, kinds=("order_confirm", OVERDUE))
    finish(
        row=row,
        deed="confirm",
        state=standing(row, claims),
        by=by,
        now=now,
        claims=claims,
        claim=one,
        behalf=behalf,
    )
    earned(row=row, one=one, by=by, now=now)
    if one.unpaid == NO_BOOK:
        until = local_day(now + LATE_BOOK).isoformat()
        tell(row=row, person=giver, template="order_confirmed_book", by=by, now=now, day=until)
    else:
        template = "order_confirmed_unpaid" if one.unpaid else "order_confirmed"
        tell(row=row, person=giver, template=template, by=by, now=now)
    return one


@transaction.atomic
def not_done(*, order: UUID, claim: UUID, by: Actor, now: datetime) -> OrderClaim:
    """The other side says that it is not done: the giver has it to do again, with a fresh clock; where the ask is over, not
    at all."""
    row, one, claims = _others(order, claim, "not_done", by)
    turn(one, "void" if row.closing else "not_done")
    one.served_at, one.confirm_due_at = None, None
    one.due_at = now + kind_of(row.kind).claim_span
    one.save()
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk, kinds=("order_confirm", OVERDUE))
    finish(row=row, deed="not_done", state=standing(row, claims), by=by, now=now, claims=claims, claim=one)
    template = "order_withdrawn" if row.closing else "order_not_done"
    tell(row=row, person=one.person_id, template=template, by=by, now=now)
    return one


def _others(order: UUID, claim: UUID, deed: str, by: Actor) -> tuple[Order, OrderClaim, list[OrderClaim]]:
    """A claim that the actor may confirm. Raises NotFound, NotAllowed, Refused."""
    row = begin(order, deed, by=by)
    one, claims = claim_of(row, claim, deed)
    late = one.confirm_due_at is None
    if not may_confirm(by, row, kind_of(row.kind), one, has_account=has_account(row), late=late):
        raise NotAllowed(_("由求助的人自己确认；他没有账号、或过了时间没有回音的，由社区问过以后代为确认。"))
    return row, one, claims


@transaction.atomic
def rate(
    *,
    order: UUID,
    claim: UUID,
    score: str,
    by: Actor,
    now: datetime,
    thanks: str = "",
    thanks_ok: bool = False,
) -> OrderClaim:
    """How it was, once, and a word of thanks to the giver; ``thanks_ok``: may be read out, without names. By the asker, or
    by staff for somebody without an account. Who is not satisfied hears from the office."""
    row = begin(order, "rate", by=by)
    one = next((found for found in claims_of(row) if found.pk == claim), None)
    if one is None:
        raise NotFound(_("没有这次认领。"))
    for_him = not has_account(row) and (asks(by, row) or reviews(by, row, kind_of(row.kind)))
    if by.person == one.person_id or not (is_asker(by, row) or for_him):
        raise NotAllowed(_("由求助的人来评价。"))
    if one.state != ClaimState.CONFIRMED or one.rating:
        raise Refused("not_now", _("确认帮完以后评价一次。"), status=409)
    if score not in Rating.values:
        raise Refused("no_score", _("请选一个评价。"), field="score")
    words = short(thanks, field="thanks", most=THANKS_LENGTH)
    one.rating, one.rated_at, one.thanks_ok = score, now, thanks_ok and bool(words)
    one.thanks_sealed = encrypt(words, bound_to=THANKS)
    one.save()
    behalf = row.asker_id if by.person != row.asker_id else None
    finish(row=row, deed="rate", by=by, now=now, claim=one, behalf=behalf)
    if score == Rating.BAD:
        put(
            row=row,
            kind="order_answer",
            by=by,
            now=now,
            due_at=now + kind_of(row.kind).review_span,
            **office(row.path),
        )
    return one


@transaction.atomic
def hush(*, order: UUID, claim: UUID, by: Actor, now: datetime) -> OrderClaim:
    """The asker does not want his thanks read out any more. Again changes nothing."""
    row = begin(order, "hush", by=by)
    one = next((found for found in claims_of(row) if found.pk == claim), None)
    if one is None:
        raise NotFound(_("没有这次认领。"))
    if not is_asker(by, row) and not (asks(by, row) and not has_account(row)):
        raise NotAllowed(_("由求助的人自己来做。"))
    if one.thanks_ok:
        one.thanks_ok = False
        one.save(update_fields=["thanks_ok"])
        behalf = row.asker_id if by.person != row.asker_id else None
        finish(row=row, deed="hush", by=by, now=now, claim=one, behalf=behalf)
    return one


@transaction.atomic
def reveal(*, order: UUID, by: Actor, now: datetime) -> Contact:
    """Name and door (and the number, where its owner agreed) for whoever has it to do, and for reviewers: each look is
    written down and told to its owner among "who looked"."""
    row = visible_to(by).filter(pk=order).first()
    if row is None:
        raise NotFound(_("没有这件求助，或者您看不到它。"))
    if not may_reveal(by, row, claims_of(row)):
        raise NotAllowed(_("答应来帮的人，在帮的期间才看得到姓名和门牌。"))
    told = contact(row)
    for person in (row.asker_id, *told.others):
        trail.record(
            by=by, now=now, verb="order.contact.viewed", subject_kind="order", subject_id=row.pk, about=person
        )
    return told
