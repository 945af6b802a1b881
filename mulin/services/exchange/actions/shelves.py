"""Shops, who keeps them, goods and their stock: added, changed, received, counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions.steps import kept, locked_good, move, record, run
from mulin.services.exchange.models import Good, Redemption, Shop, ShopKeeper, StockMove
from mulin.services.exchange.permissions import may_run
from mulin.services.exchange.rules.shop import (
    DAYS_TO_RETURN,
    MOST_STOCK,
    WHO_RUNS,
    MoveKind,
    RedemptionState,
    Variance,
)


@dataclass(frozen=True)
class ShopTold:
    """What a shop's form says. ``path`` is a community's."""

    name: str
    path: str
    place: str
    hours: str
    days: int
    return_days: int = DAYS_TO_RETURN


@dataclass(frozen=True)
class GoodTold:
    """What a good's form says. ``price`` in points, ``per_month`` pieces for one passbook."""

    name: str
    unit: str
    price: int
    supplier: str
    words: str = ""
    per_month: int | None = None


# ── shops ─────


@transaction.atomic
def add_shop(*, told: ShopTold, by: Actor, now: datetime) -> Shop:
    """Open a shop in a community. Refused for a place that is none, and for a name that an open shop bears."""
    if not may_run(by, told.path):
        raise NotAllowed(str(WHO_RUNS))
    if territory.division_at_path(told.path) is None:
        raise Refused("no_place", _("没有这个社区。"), field="path")
    row = Shop(**asdict(told), opened_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("shop_name", _("已经有一家叫这个名字的超市。"), field="name") from None
    record(by=by, now=now, verb="shop.opened", kind="shop", key=row.id, name=row.name, path=row.path)
    return row


@transaction.atomic
def close_shop(*, shop: UUID, by: Actor, now: datetime) -> Shop:
    """Close a shop. Refused (409) while goods wait to be collected: hand them over or give the points back first."""
    goods = Good.objects.select_for_update(no_key=True).filter(shop=shop).order_by("id")
    list(goods.values_list("id"))  # nobody reserves meanwhile
    row = run(shop=shop, by=by)
    if row.ended_at is not None:
        return row
    waiting = Redemption.objects.filter(shop=row, state=RedemptionState.RESERVED).count()
    if waiting:
        words = _("还有 %(n)d 份等着取：先交货，或者在柜台上退回积分。") % {"n": waiting}
        raise Stale(words, code="still_waiting")
    row.ended_at = now
    row.save()
    record(by=by, now=now, verb="shop.closed", kind="shop", key=row.id)
    return row


@transaction.atomic
def name_keeper(*, shop: UUID, phone: str, by: Actor, now: datetime) -> ShopKeeper:
    """Somebody registered, found by his number, stands behind the counter from now on; named twice changes nothing."""
    row = run(shop=shop, by=by)
    who = people.find_by_phone(phone)
    if who is None:
        raise Refused("nobody", _("没有登记过这个手机号的人；请先登记。"), field="phone")
    known = ShopKeeper.objects.filter(shop=row, person=who.pk, ended_at__isnull=True).first()
    if known is not None:
        return known
    keeper = ShopKeeper.objects.create(shop=row, person_id=who.pk, since=now)
    record(by=by, now=now, verb="shop.keeper_named", kind="shop", key=row.id, about=who.pk)
    return keeper


@transaction.atomic
def end_keeper(*, shop: UUID, keeper: UUID, by: Actor, now: datetime) -> None:
    """Somebody no longer stands behind the counter, at once. Again changes nothing."""
    row = run(shop=shop, by=by)
    found = ShopKeeper.objects.select_for_update().filter(shop=row, pk=keeper).first()
    if found is None:
        raise NotFound(_("没有这位管理员。"))
    if found.ended_at is None:
        found.ended_at = now
        found.save()
        record(by=by, now=now, verb="shop.keeper_ended", kind="shop", key=row.id, about=found.person_id)


# ── goods ─────


@transaction.atomic
def add_good(*, shop: UUID, told: GoodTold, by: Actor, now: datetime) -> Good:
    """A new good with an empty shelf. Refused for a name that the shop has already."""
    row = Good(shop=run(shop=shop, by=by), **asdict(told), added_at=now)
    _saved(row, new=True)
    record(
        by=by,
        now=now,
        verb="shop.good_added",
        kind="good",
        key=row.id,
        name=row.name,
        price=row.price,
        supplier=row.supplier,
    )
    return row


@transaction.atomic
def change_good(*, good: UUID, told: GoodTold, version: int, by: Actor, now: datetime) -> Good:
    """Change words, price or supplier; what is reserved keeps its price. Refused (409) where it was changed meanwhile."""
    row = locked_good(key=good)
    run(shop=row.shop_id, by=by)
    if row.version != version:
        raise Stale(_("这件商品刚被别人改过，请看过再改。"))
    before = row.price
    for field, value in asdict(told).items():
        setattr(row, field, value)
    row.version += 1
    _saved(row)
    record(
        by=by,
        now=now,
        verb="shop.good_changed",
        kind="good",
        key=row.id,
        price=row.price,
        before=before,
        supplier=row.supplier,
    )
    return row


@transaction.atomic
def end_good(*, good: UUID, by: Actor, now: datetime) -> Good:
    """Offer it no more. What is reserved may still be collected."""
    row = locked_good(key=good)
    run(shop=row.shop_id, by=by)
    if row.ended_at is None:
        row.ended_at = now
        row.version += 1
        row.save()
        record(by=by, now=now, verb="shop.good_ended", kind="good", key=row.id)
    return row


def _saved(row: Good, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=new)
    except IntegrityError:
        raise Refused("good_name", _("这家超市已经有这件商品。"), field="name") from None


# ── stock ─────


@transaction.atomic
def receive(*, good: UUID, quantity: int, supplier: str, by: Actor, now: datetime, key: str = "") -> Good:
    """Goods came in, from whom. Refused for nothing and beyond what a shelf can hold. ``key`` is the form's: sent again it
    changes nothing, with anything else in it it is refused (409)."""
    row = locked_good(key=good)
    kept(shop=row.shop_id, by=by)
    supplier = supplier.strip()[:80] or row.supplier
    before = StockMove.objects.filter(key=key).first() if key else None
    if before is not None:
        if (before.good_id, before.delta, before.supplier) == (row.id, quantity, supplier):
            return row
        raise Stale(_("这一步刚才已经做过，内容不一样。"), code="key_taken")
    if quantity < 1 or row.stock + quantity > MOST_STOCK:
        raise Refused("quantity", _("数量要在 1 到 %(most)d 之间。") % {"most": MOST_STOCK}, field="quantity")
    move(
        good=row,
        kind=MoveKind.RECEIVED,
        delta=quantity,
        by=by,
        now=now,
        supplier=supplier,
        key=key,
    )
    return row


@transaction.atomic
def count(
    *, good: UUID, counted: int, seen: int, by: Actor, now: datetime, reason: str = "", words: str = ""
) -> Good:
    """What really stands on the shelf. ``seen``: what the books said when counting began.

    Refused where books and shelf differ and nobody says why, where the books moved meanwhile (409), and where fewer are
    there than wait for somebody: those redemptions are given back first.
    """
    row = locked_good(key=good)
    kept(shop=row.shop_id, by=by)
    if row.stock != seen:
        raise Stale(_("盘点时刚有人取货或进货，账上现在是 %(n)d，请再数一遍。") % {"n": row.stock})
    if not 0 <= counted <= MOST_STOCK:
        raise Refused("quantity", _("请填数到的件数。"), field="counted")
    delta = counted - row.stock
    if delta and reason not in Variance.values:
        raise Refused("no_reason", _("和账上不一样：请选一个原因。"), field="reason")
    if delta and reason == Variance.OTHER and not words.strip():
        raise Refused("no_words", _("请写一句是什么原因。"), field="words")
    if counted < row.reserved:
        short = _("有 %(n)d 件已经被预留，货不够：先在柜台上把给不出的退回积分，再盘点。") % {
            "n": row.reserved
        }
        raise Refused("below_reserved", short, field="counted", status=409)
    move(
        good=row,
        kind=MoveKind.COUNTED,
        delta=delta,
        by=by,
        now=now,
        reason=reason if delta else "",
        words=words.strip()[:200],
    )
    return row
