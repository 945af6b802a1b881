"""Who is willing to help near an ask, who carries how much, and whom staff wrote asks down for before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.orders.models import Order, OrderClaim, OrderHelper
from mulin.ground.orders.permissions import working
from mulin.ground.orders.queries.lists import grid_kinds
from mulin.ground.orders.rules import Load, measured
from mulin.ground.orders.rules.load import DAYS
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.kernel.secrets import normal_phone

NEAREST = 5
MOST = 40
OTHERS = 10
WORKED = ("held", "served", "confirmed")


@dataclass(frozen=True)
class Candidate:
    """Somebody who might be asked: how much he took on in the last days, whether he lives in the same compound, why he may
    not claim it ('' where he may), and whether he offered this kind or only others."""

    person: UUID
    name: str
    load: int
    same: bool
    barred: str
    offered: bool = True


def helps_with(person: UUID) -> list[OrderHelper]:
    """With what somebody is willing to help, and where. One statement."""
    return list(OrderHelper.objects.filter(person=person).select_related("place").order_by("kind"))


def loads(persons: Iterable[UUID], now: datetime) -> dict[UUID, int]:
    """How many claims each of some persons took in the last DAYS days. One statement."""
    rows = OrderClaim.objects.filter(
        person__in=list(persons), state__in=WORKED, made_at__gt=now - timedelta(days=DAYS), made_at__lte=now
    )
    return dict(rows.values_list("person_id").annotate(count=Count("id")))


def near(order: Order, now: datetime, *, any_kind: bool = False) -> list[UUID]:
    """Who is willing to help with this kind (or with ``any_kind``) in the community: the same compound first, then who
    carries least. Nobody who lives with the asker, or who had it before. Five statements."""
    found = _willing(order, any_kind=any_kind)
    return _nearest(order, found, _left_out(order), loads(found, now))


def _willing(order: Order, *, any_kind: bool) -> dict[UUID, str]:
    """person → the path near which he offered help, in the asker's compound rather than elsewhere. Two statements."""
    rows = OrderHelper.objects.filter(path__startswith=territory.community_path(order.path)).order_by("id")
    rows = rows if any_kind else rows.filter(kind=order.kind)
    same = rows.filter(path__startswith=order.path).values_list("person_id", "path")[: MOST * 5]
    return dict(rows.values_list("person_id", "path")[: MOST * 5]) | dict(same)


def _left_out(order: Order) -> set[UUID | None]:
    """Who lives with the asker, wrote it down, or had it before. Two statements."""
    before = OrderClaim.objects.filter(order=order).values_list("person_id", flat=True)
    home = people.housemates(order.asker_id) if order.asker_id else set()
    return {*before, order.entered_by_id, *home}


def _nearest(
    order: Order, found: Mapping[UUID, str], left_out: Collection[UUID | None], known: Mapping[UUID, int]
) -> list[UUID]:
    ranked = sorted(
        (one for one in found if one not in left_out),
        key=lambda one: (not found[one].startswith(order.path), known.get(one, 0), str(one)),
    )
    return ranked[:MOST]


def barred(
    order: Order, persons: Collection[UUID], now: datetime, *, held: bool = False
) -> Mapping[UUID, str]:
    """Who of some persons may not claim an ask, and why: what its customer's guard says of the hour for which it is asked;
    ``held``: nobody changes that before the transaction ends. The guard's one statement."""
    guard = hooks.order_guards.get(order.customer)
    at = max(now, order.wanted_at or now)
    return guard(kind=order.kind, persons=persons, now=at, held=held) if guard and persons else {}


def candidates(order: Order, now: datetime) -> list[Candidate]:
    """Whom a reviewer may send it to: who offered this kind, then a few who offered others, the nearest first. Nine
    statements and the guard's one, however many they are."""
    offered, left_out = _willing(order, any_kind=False), _left_out(order)
    paths = _willing(order, any_kind=True) | offered
    known = loads(paths, now)
    others = {one: path for one, path in paths.items() if one not in offered}
    keys = _nearest(order, offered, left_out, known) + _nearest(order, others, left_out, known)[:OTHERS]
    out = barred(order, keys, now)
    names, shown = people.contacts(keys), people.public_names(keys)
    return [
        Candidate(
            one,
            shown.get(one) or names[one].name or "—",
            known.get(one, 0),
            paths[one].startswith(order.path),
            out.get(one, ""),
            one in offered,
        )
        for one in keys
    ]


def named(said: str) -> UUID:
    """Whom a clerk means by a telephone number or a colleague's public name: a volunteer, a party member, anybody who is
    registered and can answer. Refuses nobody, several, and who has no account. Three statements."""
    if normal_phone(said):
        found = people.find_by_phone(said)
        if found is None:
            raise Refused("unknown", _("没有登记过这个号码，请先请他注册。"), field="said")
    else:
        found = people.colleague(said, field="said")
    if access.account_of(found.pk) is None:
        raise Refused("no_account", _("他还没有账号，收不到也答应不了；请他先注册。"), field="said")
    return found.pk


def load(actor: Actor, now: datetime) -> Load:
    """How the claims of the last DAYS days in the actor's area spread over people. One statement."""
    orders = Order.objects.filter(working(actor, grid_kinds()))
    rows = OrderClaim.objects.filter(
        order__in=orders.values("pk"),
        person__isnull=False,
        state__in=WORKED,
        made_at__gt=now - timedelta(days=DAYS),
    )
    counted: dict[UUID, int] = dict(rows.order_by().values_list("person_id").annotate(count=Count("id")))  # type: ignore[arg-type]
    return measured(counted)


def past_askers(actor: Actor) -> list[tuple[UUID, str]]:
    """The people for whom staff wrote asks down in the actor's area, for a choice: id and name. Two statements."""
    rows = Order.objects.filter(working(actor, grid_kinds()), entered_by__isnull=False, asker__isnull=False)
    keys = list(dict.fromkeys(rows.order_by("-made_at").values_list("asker_id", flat=True)[:200]))
    names = people.contacts([key for key in keys if key is not None])
    return [(key, names[key].name) for key in keys if key in names and names[key].name]
