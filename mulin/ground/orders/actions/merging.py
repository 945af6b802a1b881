"""Many want the same: join, leave; two asks that are one become one, and are two again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mulin.ground.orders.actions.pool import start_again
from mulin.ground.orders.actions.steps import finish, tell, tell_asker
from mulin.ground.orders.models import Order, OrderJoin
from mulin.ground.orders.queries import kind_of
from mulin.ground.orders.queries.locked import begin, claims_of, reviewed
from mulin.ground.orders.queries.merging import kinship
from mulin.ground.orders.rules import LIVE, State
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused


@transaction.atomic
def join(*, order: UUID, by: Actor, now: datetime) -> Order:
    """Want the same. Again changes nothing. Refuses kinds that are one person's alone."""
    row = _joinable(order, "join", by)
    if (
        by.person is None
        or by.person == row.asker_id
        or OrderJoin.objects.filter(order=row, person=by.person).exists()
    ):
        return row
    OrderJoin(order=row, person_id=by.person, at=now).save(force_insert=True)
    return finish(row=row, deed="join", by=by, now=now)


@transaction.atomic
def leave(*, order: UUID, by: Actor, now: datetime) -> Order:
    """Want it no more; one's own ask that was merged into it is withdrawn. Again changes nothing."""
    row = _joinable(order, "leave", by)
    gone, _tables = OrderJoin.objects.filter(order=row, person=by.person).delete()
    for one in _merged(row).filter(asker=by.person):
        over(row=one, deed="withdraw", state=State.WITHDRAWN, by=by, now=now)
    return finish(row=row, deed="leave", by=by, now=now) if gone else row


def _joinable(order: UUID, deed: str, by: Actor) -> Order:
    row = begin(order, deed, by=by)
    if by.person is None:
        raise NotAllowed(_("请先登录。"))
    if not kind_of(row.kind).joinable:
        raise Refused("alone", _("这一种求助不能一起要。"), status=409)
    return row


@transaction.atomic
def merge_into(*, order: UUID, into: UUID, by: Actor, now: datetime, version: int | None = None) -> Order:
    """Two asks for the same become one: whoever wanted this one wants the other, and both sides are told. By staff of both
    places; of one kind, by one person or household or of a kind that many may want. Refuses one into itself, what is not
    open, and what has taken in others."""
    for key in sorted((order, into)):
        _lock(key)
    row, other = reviewed(order, "merge_into", by, version), reviewed(into, "take_in", by, None)
    if row.pk == other.pk or row.kind != other.kind or not kinship(row, other):
        words = _("只有同一种、同一家人的或者可以一起要的求助，能并到一起。")
        raise Refused("not_the_same", words, status=409)
    claims = claims_of(row)
    if any(one.state in LIVE for one in claims):
        raise Refused("claimed", _("已经有人接了，不能再并。"), status=409)
    if Order.objects.filter(into=row).exists():
        raise Refused("has_others", _("别的求助已经并到这一件，请反过来并，或者先撤销。"), status=409)
    wanting = {row.asker_id, *OrderJoin.objects.filter(order=row).values_list("person_id", flat=True)}
    there = {other.asker_id, *OrderJoin.objects.filter(order=other).values_list("person_id", flat=True)}
    fresh = [person for person in wanting - there if person is not None]
    OrderJoin.objects.bulk_create(
        [OrderJoin(order=other, person_id=one, at=now, via=row) for one in sorted(fresh)]
    )
    row.into = other
    finish(row=row, deed="merge_into", state=State.MERGED, by=by, now=now, claims=claims)
    finish(row=other, deed="take_in", by=by, now=now)
    tell_asker(row=row, template="order_merged", by=by, now=now)
    if other.asker_id != row.asker_id:
        tell(row=other, person=other.asker_id, template="order_took_in", by=by, now=now)
    return row


@transaction.atomic
def unmerge(*, order: UUID, by: Actor, now: datetime, version: int | None = None) -> Order:
    """They are two after all: this one is open (or waits for review) again with fresh clocks, and both sides are told."""
    into = Order.objects.filter(pk=order).values_list("into_id", flat=True).first()
    pair = {key: _lock(key) for key in sorted({order, into or order})}
    other = pair[into] if into else None
    row = reviewed(order, "unmerge", by, version)
    if other is None or row.into_id != other.pk:
        raise Refused("not_merged", _("它没有并到别的求助。"), status=409)
    if row.asker_id is None:
        raise Refused("no_asker", _("求助的人已删除个人信息，不能重新提出。"), status=409)
    _apart(row, other, by, now)
    other.version += 1
    other.save(update_fields=["version"])
    if other.asker_id != row.asker_id:
        tell(row=other, person=other.asker_id, template="order_apart", by=by, now=now)
    return row


@transaction.atomic(savepoint=False)
def bring_back(*, row: Order, by: Actor, now: datetime) -> None:
    """A locked ask is over for whoever made it: what others asked for and was merged into it is not."""
    for one in _merged(row).exclude(asker=row.asker_id).filter(asker__isnull=False):
        _apart(one, row, by, now)


@transaction.atomic(savepoint=False)
def expire_merged(*, row: Order, by: Actor, now: datetime) -> None:
    """Nobody took a locked ask in time: those merged into it are over as it is, and may be asked again."""
    for one in _merged(row):
        over(row=one, deed="expire", state=State.EXPIRED, by=by, now=now)


@transaction.atomic(savepoint=False)
def over(*, row: Order, deed: str, state: State, by: Actor, now: datetime) -> None:
    """A locked merged ask ends by itself."""
    OrderJoin.objects.filter(order=row.into_id, via=row, person=row.asker_id).delete()
    row.into = None
    finish(row=row, deed=deed, state=state, by=by, now=now)


def _lock(order: UUID) -> Order | None:
    return Order.objects.select_for_update(no_key=True).filter(pk=order).first()


def _merged(row: Order) -> QuerySet[Order]:
    found = Order.objects.select_for_update(no_key=True).filter(into=row, state=State.MERGED)
    return found.order_by("id")


def _apart(row: Order, other: Order, by: Actor, now: datetime) -> None:
    OrderJoin.objects.filter(order=other, via=row).delete()
    row.into = None
    row.expires_at = max(row.wanted_at or now, now) + kind_of(row.kind).open_span
    start_again(row=row, deed="unmerge", passed=row.reviewed_at is not None, by=by, now=now)
    tell_asker(row=row, template="order_apart", by=by, now=now)
