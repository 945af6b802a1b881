"""Playing merchants: they apply, agree, write offers, join alliances; a neighbour shows his code, a month is confirmed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.ids import uuid7
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import exchange as table
from mulin.readers.demo.rules import people as names
from mulin.services.exchange import actions, queries


def open_alliances(*, laid: Map, folk: Folk, now: datetime) -> None:
    """Alliances and merchants of the county, by its clerk and their owners; discounts of the last weeks."""
    opened = day_start(local_day(now - table.OPENED_BEFORE)) + timedelta(hours=10)
    clerk = folk.county_clerk
    owner = folk.door[names.MERCHANT]
    found = [
        (actions.found_alliance(name=name, path=laid.community(code).path, by=clerk, now=opened), code)
        for name, code in table.ALLIANCES
    ]
    shops = []
    for number, (name, trade, offer) in enumerate(table.MERCHANTS):
        alliance, code = found[number % len(found)]
        place = laid.community(code)
        told = actions.MerchantTold(name, trade, f"{place.name}临街门市{number + 1}号", place.path)
        by = owner if number == 0 else clerk
        phone = "" if number == 0 else _phone(folk, number)
        shop = actions.apply(told=told, by=by, now=opened, owner_phone=phone)
        actions.add_offer(merchant=shop.id, title=offer, terms="", by=by, now=opened)
        _take_part(shop.id, shop.version, clerk, opened)
        actions.join_alliance(merchant=shop.id, alliance=alliance.id, by=clerk, now=opened)
        shops.append(shop.id)
    last = ("城东烟酒店", "other", "九折")
    told = actions.MerchantTold(last[0], last[1], "双虹路88号", laid.community(names.HOME_COMMUNITY).path)
    waiting = actions.apply(told=told, by=clerk, now=now - timedelta(hours=5), owner_phone=_phone(folk, 0))
    actions.add_offer(merchant=waiting.id, title=last[2], terms="", by=clerk, now=now - timedelta(hours=5))
    _discounts(shops[0], folk, now)


def _take_part(shop: UUID, version: int, clerk: Actor, at: datetime) -> None:
    starts = local_day(at)
    ends = date(starts.year + 1, starts.month, 1)
    row = actions.turn(
        merchant=shop, act="agree", version=version, by=clerk, now=at, starts=starts, ends=ends
    )
    actions.turn(merchant=shop, act="activate", version=row.version, by=clerk, now=at)


def _phone(folk: Folk, number: int) -> str:
    person = folk.residents[number % len(folk.residents)].person
    if person is None:
        raise ValueError("nobody")
    return folk.phones[person][1]


def _discounts(shop: UUID, folk: Folk, now: datetime) -> None:
    """The elder is granted the discount; the resident takes part; the shop checks their codes day by day."""
    clerk, till = folk.door[names.COMMUNITY_CLERK], folk.door[names.MERCHANT]
    elder, resident = folk.door[names.ELDER], folk.door[names.RESIDENT]
    since = day_start(local_day(now - table.OPENED_BEFORE)) + timedelta(hours=11)
    person = elder.person
    if person is None:
        raise ValueError("nobody")
    actions.grant(
        phone=folk.phones[person][1],
        home=False,
        path=clerk.paths("community_clerk")[0],
        trades=["grocery", "pharmacy"],
        starts=local_day(since),
        ends=local_day(since) + timedelta(days=300),
        by=clerk,
        now=since,
    )
    for number, days in enumerate(table.DAYS_OF_DISCOUNTS):
        at = day_start(local_day(now - timedelta(days=days))) + timedelta(hours=10, minutes=7 * number)
        who = elder if number % 3 == 1 else resident
        code = queries.code_of(actions.show_code(merchant=shop, by=who, now=at).id)
        actions.check(code=code, key=str(uuid7()), by=till, now=at + timedelta(seconds=12))
    actions.draw_up(now=now)
