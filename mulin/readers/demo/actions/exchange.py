"""Playing the points shop: opened, stocked, counted; neighbours who earned points reserve, collect, forget to collect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.ids import uuid7
from mulin.readers.demo.actions.patrols import Event
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import exchange as table
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules.moments import awake
from mulin.readers.demo.rules.points import CLEANING
from mulin.services.exchange import actions


def shop_events(*, laid: Map, folk: Folk, now: datetime) -> list[Event]:
    """The shop of the home community and its first weeks, by clerk, keeper and customers through the real actions."""
    opened = day_start(local_day(now - table.OPENED_BEFORE)) + timedelta(hours=9, minutes=20)
    shop, lately = _Shop(laid, folk, opened), awake(now - timedelta(days=1))

    def after(days: int, act: Callable[[datetime], None]) -> Event:
        at = opened + timedelta(days=days)
        return at, partial(act, at)

    mornings = [after(day, shop.sweep) for day in range(table.MORNINGS)]
    return [
        (opened, shop.open),
        *mornings,
        after(9, shop.reserve_rice),
        after(11, shop.hand_over_rice),
        after(14, shop.reserve_and_forget),
        after(18, shop.serve_on_paper),
        after(23, shop.end_what_nobody_collected),
        after(30, shop.count),
        (lately, partial(shop.reserve_detergent, lately)),
    ]


class _Shop:
    """The shop as it is played: its goods by name, what was set aside."""

    def __init__(self, laid: Map, folk: Folk, opened: datetime) -> None:
        self.home, self.opened, self.phones = laid.community(names.HOME_COMMUNITY), opened, folk.phones
        self.county = folk.county_clerk  # who helps with a passbook does not confirm what it earns
        self.clerk, self.keeper = folk.door[names.COMMUNITY_CLERK], folk.door[names.RIDER]
        self.resident, self.elder = folk.door[names.RESIDENT], folk.door[names.ELDER]
        self.goods: dict[str, Any] = {}
        self.rice: UUID | None = None

    def open(self) -> None:
        name, place, hours = table.SHOP
        told = actions.ShopTold(name=name, path=self.home.path, place=place, hours=hours, days=7)
        shop = actions.add_shop(told=told, by=self.clerk, now=self.opened)
        phone = self.phones[_person(self.keeper)][1]
        actions.name_keeper(shop=shop.id, phone=phone, by=self.clerk, now=self.opened)
        for good, unit, price, supplier, words, per_month, came in table.GOODS:
            kept = actions.GoodTold(good, unit, price, supplier, words, per_month)
            row = actions.add_good(shop=shop.id, told=kept, by=self.clerk, now=self.opened)
            self.goods[good] = row
            if came:
                actions.receive(
                    good=row.id, quantity=came, supplier=supplier, by=self.keeper, now=self.opened
                )

    def sweep(self, at: datetime) -> None:
        """The first customers come to their points."""
        for one in (self.resident, self.elder):
            points.earn(
                by=self.clerk, now=at, rule_code=CLEANING.code, key=f"sweep:{one.person}:{local_day(at)}",
                done_on=local_day(at), subject=("division", self.home.id), story=CLEANING.name,
                community_path=self.home.path, confirmed_by=_person(self.clerk), person=one.person,
            )  # fmt: skip

    def reserve_rice(self, at: datetime) -> None:
        self.rice = self._reserve("大米", at)

    def hand_over_rice(self, at: datetime) -> None:
        assert self.rice is not None, "reserved before"
        actions.hand_over(redemption=self.rice, by=self.keeper, now=at)

    def reserve_and_forget(self, at: datetime) -> None:
        self._reserve("牙膏", at)

    def reserve_detergent(self, at: datetime) -> None:
        self._reserve("洗衣液", at)

    def end_what_nobody_collected(self, at: datetime) -> None:
        actions.expire_due(now=at)

    def serve_on_paper(self, at: datetime) -> None:
        paper = self.goods["抽纸"]
        actions.at_counter(
            good=paper.id, quantity=1, price=paper.price, account=_account(self.elder), key=str(uuid7()),
            by=self.county, now=at,
        )  # fmt: skip

    def count(self, at: datetime) -> None:
        seen = table.GOODS[4][6]
        actions.count(
            good=self.goods["牙膏"].id, counted=seen - 1, seen=seen, reason="spoilt", by=self.keeper, now=at
        )

    def _reserve(self, good: str, at: datetime) -> UUID:
        row = actions.reserve(
            good=self.goods[good].id, quantity=1, price=self.goods[good].price, account=_account(self.resident),
            key=str(uuid7()), by=self.resident, now=at,
        )  # fmt: skip
        found: UUID = row.id
        return found


def _person(actor: Actor) -> UUID:
    if actor.person is None:
        raise ValueError("nobody")
    return actor.person


def _account(actor: Actor) -> UUID:
    row = points_read.account_of(points_read.person(_person(actor)))
    if row is None:
        raise ValueError("no passbook")
    found: UUID = row.id
    return found
