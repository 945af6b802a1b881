"""Goods for points in two steps: reserved with the points set aside, then handed over, or both given back. Row 87.

Rows are locked in one order everywhere: redemption, good, the month of two communities, then the passbook (by the ledger);
what was made a moment ago in the same transaction nobody else can hold. Stock and points move in one transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from mulin.citus.prepared import alone
from mulin.ground.notices import actions as notices
from mulin.ground.points import actions as ledger
from mulin.ground.points import queries as points
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound, Refused, Stale
from mulin.kernel.ids import public_number, token, uuid7
from mulin.services.exchange.actions.acceptance import claim, free
from mulin.services.exchange.actions.steps import kept, locked_good, move, not_own, record
from mulin.services.exchange.models import Good, Redemption, Shop
from mulin.services.exchange.permissions import own
from mulin.services.exchange.rules.shop import (
    HELD_LONGER,
    MOST_PIECES,
    MoveKind,
    RedemptionState,
    body_digest,
    may_return,
)

KIND = "redemption"
BATCH = 200


@transaction.atomic
def reserve(
    *,
    good: UUID,
    quantity: int,
    price: int,
    account: UUID,
    key: str,
    by: Actor,
    now: datetime,
    on_behalf: bool = False,
) -> Redemption:
    """Reserve goods at the price that was shown, the points of a passbook set aside.

    The same key again gives the same redemption, whatever happened to it since; with anything else it is refused (409).
    Refused: sold out, another price by now (409), beyond the month's number for a passbook, points short, a passbook that
    the actor may not use, another community's points where they are not taken or beyond the month's limit (409).
    """
    book = points.account(by, account)
    body = body_digest(good=good, quantity=quantity, price=price, account=account)
    if (before := _known(key, body)) is not None:
        return before
    row = locked_good(key=good)
    if (before := _known(key, body)) is not None:
        return before
    shop = Shop.objects.get(pk=row.shop_id)
    _offered(row, shop, quantity, price, account, now)
    made = Redemption(
        id=uuid7(),
        good=row,
        shop=shop,
        number=public_number(by.county),
        token=token(by.county),
        quantity=quantity,
        price=price,
        points=price * quantity,
        account=account,
        owner_kind=book.kind,
        owner=book.owner,
        person=None if on_behalf else by.person,
        on_behalf=on_behalf,
        key=key,
        body=body,
        reserved_at=now,
        expires_at=_until(shop, now),
    )
    foreign = claim(home=book.path, taker=shop.path, points=made.points, day=local_day(now))
    made.hold = ledger.hold(
        by=by,
        now=now,
        owner=points.Owner(book.kind, book.owner),
        amount=made.points,
        key=f"{KIND}:{made.id}",
        expires_at=made.expires_at + HELD_LONGER,
        subject=(KIND, made.id),
        story=_story(row, quantity),
    ).id
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            if foreign is not None:
                foreign.redemption = made
                foreign.save(force_insert=True)
    except IntegrityError:
        raise Stale(_("这一步刚才已经做过，内容不一样。"), code="key_taken") from None
    row.reserved += quantity
    row.save()
    record(
        by=by,
        now=now,
        verb="redemption.reserved",
        kind=KIND,
        key=made.id,
        number=made.number,
        points=made.points,
    )
    return made


def _known(key: str, body: str) -> Redemption | None:
    row = Redemption.objects.select_related("good", "shop").filter(key=key).first()
    if row is not None and row.body != body:
        raise Stale(_("这一步刚才已经做过，内容不一样。"), code="key_taken")
    return row


def _offered(row: Good, shop: Shop, quantity: int, price: int, account: UUID, now: datetime) -> None:
    if row.ended_at is not None or shop.ended_at is not None:
        raise Refused("not_offered", _("这件商品不再兑换了。"), status=409)
    if not 1 <= quantity <= MOST_PIECES:
        raise Refused(
            "quantity", _("数量要在 1 到 %(most)d 之间。") % {"most": MOST_PIECES}, field="quantity"
        )
    if price != row.price:
        raise Stale(
            _("价格刚改成每%(unit)s %(n)d 分，请看过再兑换。") % {"unit": row.unit, "n": row.price},
            code="price",
        )
    if row.free < quantity:
        words = _("只剩 %(n)d %(unit)s了。") if row.free else _("已经兑完了，等超市进货。")
        raise Refused("sold_out", words % {"n": row.free, "unit": row.unit}, field="quantity", status=409)
    if row.per_month is not None:
        had = _this_month(row, account, now)
        if had + quantity > row.per_month:
            words = _("每本存折每月最多兑 %(most)d %(unit)s，这个月已经兑了 %(had)d。")
            told = {"most": row.per_month, "unit": row.unit, "had": had}
            raise Refused("month_cap", words % told, field="quantity")


def _this_month(row: Good, account: UUID, now: datetime) -> int:
    """Pieces of a good that a passbook reserved or took since the first of the month. The good's row is locked."""
    first = day_start(local_day(now).replace(day=1))
    rows = Redemption.objects.filter(
        good=row,
        account=account,
        reserved_at__gte=first,
        state__in=[RedemptionState.RESERVED, RedemptionState.COLLECTED],
    )
    found: int | None = rows.aggregate(pieces=Sum("quantity"))["pieces"]
    return found or 0


def _until(shop: Shop, now: datetime) -> datetime:
    """The end of the last day on which it waits."""
    return day_start(local_day(now) + timedelta(days=shop.days + 1))


def _story(row: Good, quantity: int) -> str:
    return _("文明超市兑换：%(name)s × %(n)d %(unit)s") % {"name": row.name, "n": quantity, "unit": row.unit}


@transaction.atomic
def at_counter(
    *, good: UUID, quantity: int, price: int, account: UUID, key: str, by: Actor, now: datetime
) -> Redemption:
    """With the paper passbook in hand: reserved and handed over in one act, by staff who serve the passbook's community.

    The holder is told that somebody acted for him. Refused as ``reserve`` is; the same key again gives the same result.
    """
    alone(f"counter {key}")  # a second sending finds the redemption before it holds the good
    row = Good.objects.filter(pk=good).first()
    if row is None:
        raise NotFound(_("没有这件商品。"))
    kept(shop=row.shop_id, by=by)
    made = reserve(
        good=good, quantity=quantity, price=price, account=account, key=key, by=by, now=now, on_behalf=True
    )
    return hand_over(redemption=made.id, by=by, now=now)


@transaction.atomic
def hand_over(*, redemption: UUID, by: Actor, now: datetime) -> Redemption:
    """Goods and points go, both or none. Once: a second scan shows the same. Refused (409) once it was given back."""
    row = _locked(redemption)
    kept(shop=row.shop_id, by=by)
    if row.state == RedemptionState.COLLECTED:
        return row
    _still_reserved(row)
    good = locked_good(key=row.good_id)
    good.reserved -= row.quantity
    move(good=good, kind=MoveKind.HANDED, delta=-row.quantity, by=by, now=now, redemption=row)
    row.transfer = ledger.post(by=by, now=now, hold=row.hold, key=f"{KIND}:{row.id}")
    _end(row, RedemptionState.COLLECTED, by, now)
    return row


@transaction.atomic
def cancel(*, redemption: UUID, by: Actor, now: datetime) -> Redemption:
    """Who reserved it wants it no more: goods and points are free at once. Again changes nothing."""
    row = _locked(redemption)
    if not own(by, row):
        raise NotFound(_("没有这次兑换。"))
    if row.state != RedemptionState.CANCELLED:
        _still_reserved(row)
        _give_back(row, RedemptionState.CANCELLED, by, now)
    return row


@transaction.atomic
def fault(*, redemption: UUID, why: str, by: Actor, now: datetime) -> Redemption:
    """The shop cannot give what it promised: points come back, lapsed ones with a grace of thirty days; its holder is told.

    The reserved pieces stay on the books until the shelf is counted. Refused without a reason.
    """
    row = _locked(redemption)
    kept(shop=row.shop_id, by=by)
    if row.state == RedemptionState.FAULTED:
        return row
    _still_reserved(row)
    row.why = _why(why)
    _give_back(row, RedemptionState.FAULTED, by, now)
    _tell(row, "redemption_faulted", by, now)
    return row


@transaction.atomic
def take_back(*, redemption: UUID, why: str, by: Actor, now: datetime, at_fault: bool = False) -> Redemption:
    """Goods came back to the counter: they stand on the shelf again, the points lie in their lots again, both or none; with
    their last days as they were. ``at_fault``: it was the shop's; points that lapsed meanwhile live GRACE longer from today.

    Refused without a reason, for what was not handed over or came back already (409), once the shop's days are over (409),
    and to the passbook's own family. Its holder is told once, by the ledger.
    """
    row = _locked(redemption)
    kept(shop=row.shop_id, by=by)
    if row.state != RedemptionState.COLLECTED or row.transfer is None or row.ended_at is None:
        raise _not_now(row)
    if not may_return(collected=local_day(row.ended_at), days=row.shop.return_days, on=local_day(now)):
        words = (
            _("交货以后 %(n)d 天内可以退，已经过了。")
            if row.shop.return_days
            else _("只能当天退，已经过了。")
        )
        raise Stale(words % {"n": row.shop.return_days}, code="too_late")
    not_own(account=row.account, by=by)
    row.why = _why(why)
    good = locked_good(key=row.good_id)
    move(good=good, kind=MoveKind.RETURNED, delta=row.quantity, by=by, now=now, redemption=row)
    free(redemption=row)
    ledger.give_back(
        by=by, now=now, transfer=row.transfer, why=row.why, key=f"returned:{row.id}", at_fault=at_fault
    )
    row.state, row.returned_at, row.returned_by = RedemptionState.RETURNED, now, by.person
    row.save()
    record(
        by=by,
        now=now,
        verb="redemption.returned",
        kind=KIND,
        key=row.id,
        number=row.number,
        points=row.points,
        at_fault=int(at_fault),
    )
    return row


def expire_due(*, now: datetime) -> int:
    """For ``tick``: what nobody collected in time; goods and points are free again, who reserved is told. How many."""
    by, done = system(current_county(), "tick"), 0
    due = Redemption.objects.filter(state=RedemptionState.RESERVED, expires_at__lte=now)
    for key in list(due.order_by("expires_at", "id").values_list("id", flat=True)[:BATCH]):
        with transaction.atomic():
            row = _locked(key)
            if row.state != RedemptionState.RESERVED:
                continue
            _give_back(row, RedemptionState.EXPIRED, by, now)
            _tell(row, "redemption_expired", by, now)
            done += 1
    return done


# ── what they have in common ─────


def _locked(key: UUID) -> Redemption:
    rows = Redemption.objects.select_related("good", "shop").select_for_update(no_key=True, of=("self",))
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这次兑换。"))
    return row


def _still_reserved(row: Redemption) -> None:
    if row.state != RedemptionState.RESERVED:
        raise _not_now(row)


def _not_now(row: Redemption) -> Stale:
    return Stale(
        _("这次兑换现在是“%(state)s”，不能再这样做。") % {"state": row.get_state_display()}, code="not_now"
    )


def _why(said: str) -> str:
    plain = said.strip()[:200]
    if not plain:
        raise Refused("no_why", _("请写一句原因，对方看得到。"), field="why")
    return plain


def _give_back(row: Redemption, state: str, by: Actor, now: datetime) -> None:
    good = locked_good(key=row.good_id)
    good.reserved -= row.quantity
    good.save()
    free(redemption=row)
    ledger.void(by=by, now=now, hold=row.hold, at_fault=state == RedemptionState.FAULTED)
    _end(row, state, by, now)


def _end(row: Redemption, state: str, by: Actor, now: datetime) -> None:
    row.state, row.ended_at, row.ended_by = state, now, by.person
    row.save()
    record(
        by=by,
        now=now,
        verb=f"redemption.{state}",
        kind=KIND,
        key=row.id,
        number=row.number,
        points=row.points,
    )


def _tell(row: Redemption, template: str, by: Actor, now: datetime) -> None:
    """Tell who reserved it; at the counter nobody did by name."""
    if row.person is not None:
        notices.tell(
            by=by,
            now=now,
            template=template,
            params={"number": row.number},
            subject_kind=KIND,
            subject_id=row.id,
            person=row.person,
            key=f"{template}:{row.id}",
        )


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: who reserved is forgotten, with what was written of it; what moved stays in the books. It runs
    before the passbook is closed: a counter, too, locks what is handed over first."""
    own = Redemption.objects.filter(Q(person=person) | Q(owner_kind="person", owner=person))
    emptied = own.update(why="")
    Redemption.objects.filter(person=person).update(person=None)
    return {"exchange_redemption": emptied}
