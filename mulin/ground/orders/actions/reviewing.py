"""What becomes of an ask: approved, refused, withdrawn, asked again, answered by the office."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.orders.actions.merging import bring_back, over
from mulin.ground.orders.actions.pool import let_out, start_again
from mulin.ground.orders.actions.steps import finish, release, tell, tell_asker
from mulin.ground.orders.models import Order
from mulin.ground.orders.permissions import asks, reviews
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.locked import begin, claims_of, not_too_many, reviewed, short, standing
from mulin.ground.orders.rules import State
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused

PUBLIC_LENGTH = 60


@transaction.atomic
def approve(
    *,
    order: UUID,
    by: Actor,
    now: datetime,
    public: bool = True,
    public_words: str = "",
    version: int | None = None,
) -> Order:
    """Let it go out. ``public`` False keeps it from the hall: it is dispatched. ``public_words``: what the hall says besides
    kind and place; a reviewer answers for their naming nobody."""
    row = reviewed(order, "approve", by, version)
    row.public_words = short(public_words, field="public_words", most=PUBLIC_LENGTH)
    row.private = not public
    row.reviewed_at, row.reviewed_by_id = now, by.person
    return let_out(row=row, deed="approve", by=by, now=now)


@transaction.atomic
def refuse(*, order: UUID, reason: str, by: Actor, now: datetime, version: int | None = None) -> Order:
    """It does not go out, or no longer; why is told to the asker."""
    row = reviewed(order, "refuse", by, version)
    row.reason = short(reason, field="reason")
    if not row.reason:
        raise Refused("no_reason", _("请写一句理由，求助的人会看到。"), field="reason")
    _close(row, "refuse", State.DECLINED, by, now)
    tell_asker(row=row, template="order_refused", by=by, now=now)
    return row


def _close(row: Order, deed: str, end: State, by: Actor, now: datetime, behalf: UUID | None = None) -> None:
    """It is over: whoever had it to do is told. What was served is still to be confirmed and counts: until then it stands
    there, and the other side is asked."""
    row.closing = end
    claims = claims_of(row)
    gone = release(claims=claims)
    worklist.done(
        by=by, now=now, subject_kind="order", subject_id=row.pk, but=("order_answer", "order_confirm")
    )
    finish(row=row, deed=deed, state=standing(row, claims), by=by, now=now, claims=claims, behalf=behalf)
    for person in gone:
        tell(row=row, person=person, template="order_withdrawn", by=by, now=now)
    if row.state == State.SERVED:
        tell_asker(row=row, template="order_served", by=by, now=now)
    bring_back(row=row, by=by, now=now)


def _askers(order: UUID, deed: str, by: Actor, version: int | None) -> Order:
    row = begin(order, deed, by=by, version=version)
    if not asks(by, row) and not reviews(by, row, kind_of(row.kind)):
        raise NotAllowed(_("由求助的人自己，或者本社区的工作人员来做。"))
    return row


def _behalf(row: Order, by: Actor) -> UUID | None:
    return row.asker_id if by.person != row.asker_id else None


@transaction.atomic
def withdraw(*, order: UUID, by: Actor, now: datetime, version: int | None = None) -> Order:
    """It is not needed any more, by itself or as a part of the one into which it was merged."""
    row = _askers(order, "withdraw", by, version)
    if row.state == State.MERGED:
        over(row=row, deed="withdraw", state=State.WITHDRAWN, by=by, now=now)
        return row
    _close(row, "withdraw", State.WITHDRAWN, by, now, behalf=_behalf(row, by))
    return row


@transaction.atomic
def reopen(*, order: UUID, by: Actor, now: datetime, version: int | None = None) -> Order:
    """Ask again for what was withdrawn, refused or expired, with fresh clocks and no hour; one that staff let out before
    goes out at once unless it was refused. Refuses more than MOST_LIVING at once."""
    row = _askers(order, "reopen", by, version)
    if row.asker_id is None:
        raise Refused("no_asker", _("求助的人已删除个人信息，不能重新提出。"), status=409)
    not_too_many(row.asker_id)
    passed = row.state != State.DECLINED and row.reviewed_at is not None
    row.wanted_at, row.expires_at, row.reason, row.closing = None, now + kind_of(row.kind).open_span, "", ""
    return start_again(row=row, deed="reopen", passed=passed, by=by, now=now, behalf=_behalf(row, by))


@transaction.atomic
def answer(*, order: UUID, words: str, by: Actor, now: datetime, version: int | None = None) -> Order:
    """The office answers an ask that nobody took, or an asker who was not satisfied: no ask dies unanswered."""
    row = reviewed(order, "answer", by, version)
    row.reason = short(words, field="words")
    if not row.reason:
        raise Refused("no_words", _("请写一句怎么答复的，求助的人会看到。"), field="words")
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk)
    finish(row=row, deed="answer", by=by, now=now)
    tell_asker(row=row, template="order_answered", by=by, now=now)
    return row
