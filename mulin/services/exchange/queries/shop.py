"""Reads of the shop: what is offered, one's own redemptions, the counter, the shelf and its variance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.points import queries as points
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound, Refused
from mulin.kernel.ids import is_token, read_public
from mulin.kernel.paging import Page, page
from mulin.services.exchange.models import Good, Redemption, Shop, ShopKeeper, StockMove
from mulin.services.exchange.permissions import books_of, kept_by, may_run, own
from mulin.services.exchange.rules.shop import COUNTER, RedemptionState, Variance, may_return

OPEN = Q(ended_at__isnull=True)
COMMUNITY: Final = 3
"""A community's path has so many strokes: /001/003/."""

# ── for neighbours ─────


def offered(home: str = "") -> list[tuple[Shop, list[Good]]]:
    """Open shops with what they offer, what is there first; those of ``home``, then of its street before the others. Two
    statements. Public: no stock of anybody's points."""
    street = f"/{home.split('/')[1]}/" if home else ""
    rows = sorted(
        Shop.objects.filter(OPEN).order_by("path", "name", "id"),
        key=lambda one: (one.path != home, not one.path.startswith(street)),
    )
    shops = {row.id: row for row in rows}
    found: dict[UUID, list[Good]] = {key: [] for key in shops}
    goods_there = Good.objects.filter(OPEN, shop__ended_at__isnull=True).select_related("shop")
    for row in goods_there.order_by("price", "name", "id"):
        found[row.shop_id].append(row)
    return [
        (shops[key], sorted(goods, key=lambda one: one.free == 0)) for key, goods in found.items() if goods
    ]


def good(key: UUID) -> Good:
    """Something offered, with its shop. Raises NotFound."""
    row = Good.objects.select_related("shop").filter(OPEN, pk=key, shop__ended_at__isnull=True).first()
    if row is None:
        raise NotFound(_("没有这件商品，或者不再兑换了。"))
    return row


@dataclass(frozen=True)
class Book:
    """A passbook to pay from: the account, whose, points free to spend; ``other``: somebody else's, for whom it is done."""

    account: UUID
    words: str
    free: int
    other: bool = False
    path: str = ""


def my_books(actor: Actor) -> list[Book]:
    """The actor's own passbook first, then his household's. Two statements."""
    words = {"person": _("我的存折"), "household": _("家庭存折")}
    return [
        Book(one.id, words[one.kind], one.balance - one.held, path=one.path) for one in points.mine(actor)
    ]


def usable_books(actor: Actor, also: str = "") -> list[Book]:
    """The same, then those of the family, whom he helps; ``also``: one more whose holder he serves, first of all. Up to
    thirteen statements."""
    mine, rows = my_books(actor), points.of_family(actor)
    served = _served(actor, also, {*(one.account for one in mine), *(one.id for one in rows)})
    names = points.names_of([one.owner for one in [*served, *rows]]) if served or rows else {}

    def told(one: Any) -> Book:
        whose = _("%(name)s的存折（替他办，会告诉他）") % {"name": names.get(one.owner) or _("家人")}
        return Book(one.id, whose, one.balance - one.held, other=True, path=one.path)

    first = [told(one) for one in [*served, *rows] if str(one.id) == also]
    return [*first, *mine, *(told(one) for one in rows if str(one.id) != also)]


def _served(actor: Actor, also: str, known: set[UUID]) -> list[Any]:
    """A passbook of somebody whom the actor serves; nothing for none, and for whoever's it is not to use."""
    try:
        key = UUID(also)
    except ValueError:
        return []
    return [points.account(actor, key)] if key not in known and points.usable(actor, key) else []


def mine(actor: Actor, *, at: str = "", size: int = 20) -> Page:
    """The actor's redemptions and those of his passbooks, newest first."""
    rows = Redemption.objects.filter(Q(person=actor.person) | Q(account__in=books_of(actor)))
    return page(rows.select_related("good", "shop"), by="-reserved_at", at=at, size=size)


def redemption(actor: Actor, key: UUID) -> Redemption:
    """One's own redemption. Raises NotFound."""
    row = Redemption.objects.select_related("good", "shop").filter(pk=key).first()
    if row is None or not own(actor, row):
        raise NotFound(_("没有这次兑换。"))
    return row


def address(actor: Actor, key: UUID) -> str:
    """Where a redemption is opened: its holder's page, or the counter of whoever keeps the shop; '' for others."""
    row = Redemption.objects.select_related("shop").filter(pk=key).first()
    if row is None:
        return ""
    if own(actor, row):
        return reverse("exchange:redemption", args=[key])
    kept = Shop.objects.filter(kept_by(actor), pk=row.shop_id).exists()
    return reverse("exchange:collect", args=[key]) if kept else ""


def export_person(person: UUID) -> dict[str, Any]:
    """What is kept of a person here: what he reserved, for himself or somebody else, and what was handed over for his
    passbook."""
    used = Q(on_behalf=True) | Q(person__isnull=False)
    his = Q(person=person) | used & Q(owner=person, owner_kind="person")
    rows = Redemption.objects.filter(his).select_related("good", "shop").order_by("reserved_at", "id")
    told = [
        {
            "number": one.number,
            "good": one.good.name,
            "quantity": one.quantity,
            "points": one.points,
            "shop": one.shop.name,
            "state": one.state,
            "reserved_at": one.reserved_at.isoformat(),
            "for_somebody_else": one.owner_kind == "person" and one.owner != person,
            "why": one.why if one.owner_kind != "person" or one.owner == person else "",
        }
        for one in rows
    ]
    return {"redemptions": told} if told else {}


# ── behind the counter ─────


def kept_shops(actor: Actor) -> QuerySet[Shop]:
    """Open shops at whose counter the actor stands."""
    return Shop.objects.filter(kept_by(actor), OPEN).order_by("path", "name", "id")


def waiting(shops: list[Shop], *, at: str = "", size: int = 50) -> Page:
    """What waits to be collected in some shops, oldest first. No names."""
    rows = Redemption.objects.filter(shop__in=shops, state=RedemptionState.RESERVED)
    return page(rows.select_related("good", "shop"), by="reserved_at", at=at, size=size)


def by_code(actor: Actor, said: str) -> Redemption:
    """The redemption whose QR code or number was given, for whoever keeps its shop. Refused for whatever else it is."""
    known = read_public(said.rsplit("code=", 1)[-1])
    row = None
    if known is not None and known[0] == actor.county:
        column = "token" if is_token(known[1]) else "number"
        rows = Redemption.objects.select_related("good", "shop").filter(**{column: known[1]})
        row = rows.filter(shop__in=Shop.objects.filter(kept_by(actor))).first()
    if row is None:
        raise Refused("no_redemption", _("这家超市没有这个编号，请核对。"), field="code")
    return row


def at_counter(actor: Actor, key: UUID) -> Redemption:
    """A redemption of a shop that the actor keeps. Raises NotFound."""
    row = Redemption.objects.select_related("good", "shop").filter(pk=key).first()
    if row is None or not Shop.objects.filter(kept_by(actor), pk=row.shop_id).exists():
        raise NotFound(_("没有这次兑换。"))
    return row


def returnable(row: Redemption, now: datetime) -> bool:
    """Whether its goods may still come back."""
    if row.state != RedemptionState.COLLECTED or row.ended_at is None:
        return False
    return may_return(collected=local_day(row.ended_at), days=row.shop.return_days, on=local_day(now))


def kept_good(actor: Actor, key: UUID) -> Good:
    """A good of a shop that the actor keeps, one no longer offered too. Raises NotFound."""
    row = Good.objects.select_related("shop").filter(pk=key).first()
    if row is None or not Shop.objects.filter(kept_by(actor), pk=row.shop_id).exists():
        raise NotFound(_("没有这件商品。"))
    return row


def goods_of(shops: list[Shop]) -> list[Good]:
    """What some shops offer, with their shops."""
    rows = Good.objects.filter(OPEN, shop__in=shops).select_related("shop")
    return list(rows.order_by("shop__name", "name", "id"))


def moves(good: UUID, *, at: str = "", size: int = 30) -> Page:
    """Every change of a good's stock, newest first, with the public name of who did it."""
    shown = page(StockMove.objects.filter(good=good), by="-at", at=at, size=size)
    names = people.public_names({one.by for one in shown.rows if one.by})
    return shown.of([{"move": one, "by": names.get(one.by, "")} for one in shown.rows])


def paper_book(actor: Actor, said: str) -> tuple[UUID, str]:
    """(account, whose) of the paper passbook whose number, or holder's telephone, was given to staff.

    Refused for one that was reported lost or replaced, and for whatever the actor may not open.
    """
    row = points.found(actor, said)
    book = points.book_of(row.id) if row is not None else None
    if row is None or book is None:
        raise Refused("no_book", _("没有这本存折，或者不在您服务的社区。"), field="book")
    typed = read_public(said)
    if book.state != "active" or (typed is not None and typed[1] != book.number):
        raise Refused("book_void", _("这本存折已经挂失、补发或销户，不能用来兑换。"), field="book")
    return row.id, points.holder_name(row)


# ── for whoever runs it ─────


def shops_run(actor: Actor) -> list[Shop]:
    """Shops in the actor's territory, each with how much it offers and how many wait; closed ones last."""
    lies = Q(pk__in=())
    for path in actor.paths(*COUNTER):
        lies |= Q(path__startswith=path)
    goods = Count("goods", filter=Q(goods__ended_at__isnull=True))
    return list(
        Shop.objects.filter(lies)
        .annotate(offers=goods)
        .order_by(F("ended_at").asc(nulls_first=True), "path", "name")
    )


def shop(actor: Actor, key: UUID) -> Shop:
    """A shop that the actor runs. Raises NotFound."""
    row = Shop.objects.filter(pk=key).first()
    if row is None or not may_run(actor, row.path):
        raise NotFound(_("没有这家超市。"))
    return row


def keepers_of(row: Shop) -> list[tuple[ShopKeeper, str]]:
    """Who stands behind the counter now, by name: for whoever runs the shop."""
    rows = list(ShopKeeper.objects.filter(OPEN, shop=row).order_by("since", "id"))
    names = people.contacts([one.person_id for one in rows])
    return [(one, names[one.person_id].name) for one in rows]


def variances(row: Shop, *, since: datetime) -> list[dict[str, Any]]:
    """By good and reason: how many counts differed and by how many pieces in all. One statement."""
    found = StockMove.objects.filter(good__shop=row, kind="counted", at__gte=since).exclude(delta=0)
    lines = (
        found.values("good__name", "good__unit", "reason")
        .annotate(pieces=Sum("delta"), times=Count("id"))
        .order_by("good__name", "reason")
    )
    return [
        {
            "good": one["good__name"],
            "unit": one["good__unit"],
            "reason": Variance(one["reason"]).label,
            "pieces": one["pieces"],
            "times": one["times"],
        }
        for one in lines
    ]


def communities(actor: Actor) -> list[tuple[str, str]]:
    """(path, name) of the communities and villages in the actor's territory."""
    found: dict[str, str] = {}
    for path in actor.paths(*COUNTER):
        found |= {
            key: name for key, name in territory.settlements(path).items() if key.count("/") == COMMUNITY
        }
    return list(found.items())
