"""Playing merchants: they apply, agree, write offers, join alliances; neighbours pay with points and show their codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from mulin.ground.points import queries as points
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.ids import uuid7
from mulin.readers.demo.actions.patrols import Event
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import exchange as table
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules.moments import awake
from mulin.services.exchange import actions, queries


def till_events(*, tills: Tills, now: datetime) -> list[Event]:
    """Alliances and merchants of the county, by its clerk and their owners; what the first one took for points since."""
    opened, lately = tills.opened, awake(now - timedelta(days=1))

    def after(days: int, act: Callable[[datetime], None]) -> Event:
        at = opened + timedelta(days=days, hours=1)
        return at, partial(act, at)

    return [
        (opened, tills.open),
        after(13, tills.take_by_code),
        after(20, tills.take_by_paper),
        after(24, tills.take_offline),
        after(27, tills.take_and_cancel),
        after(31, tills.send_late_and_judge),
        (lately, partial(tills.send_late, lately)),
    ]


class Tills:
    """The merchants as they are played: the first one takes points, also without a network."""

    def __init__(self, laid: Map, folk: Folk, now: datetime) -> None:
        self.laid, self.folk = laid, folk
        self.opened = day_start(local_day(now - table.OPENED_BEFORE)) + timedelta(hours=10)
        self.near_end = local_day(now) + timedelta(days=table.ENDS_SOON)
        self.clerk, self.owner = folk.county_clerk, folk.door[names.MERCHANT]
        self.resident, self.elder = folk.door[names.RESIDENT], folk.door[names.ELDER]
        self.shop: UUID | None = None
        self.offers: dict[str, UUID] = {}

    def open(self) -> None:
        """Four alliances, the merchants that take part, one that applied this morning."""
        alliances = [
            (
                actions.found_alliance(
                    name=name, path=self.laid.community(code).path, by=self.clerk, now=self.opened
                ),
                code,
            )
            for name, code in table.ALLIANCES
        ]
        for number, (name, trade, offer) in enumerate(table.MERCHANTS):
            alliance, code = alliances[number % len(alliances)]
            place = self.laid.community(code)
            told = actions.MerchantTold(name, trade, f"{place.name}临街门市{number + 1}号", place.path)
            by = self.owner if number == 0 else self.clerk
            phone = "" if number == 0 else _phone(self.folk, number)
            row = actions.apply(told=told, by=by, now=self.opened, owner_phone=phone)
            actions.add_offer(merchant=row.id, title=offer, terms="", by=by, now=self.opened)
            if number == 0:
                self._price(row.id)
            if name == table.SALON:
                self._assist(row.id, owner_phone=number)
            ends = self.near_end if number == len(table.MERCHANTS) - 1 else None
            _take_part(row.id, row.version, self.clerk, self.opened, points=number == 0, ends=ends)
            actions.join_alliance(merchant=row.id, alliance=alliance.id, by=self.clerk, now=self.opened)
        for (alliance, _code), (title, terms) in zip(alliances, table.GIVEN_BY_ALL, strict=False):
            actions.add_alliance_offer(
                alliance=alliance.id, title=title, terms=terms, by=self.clerk, now=self.opened
            )

    def _price(self, shop: UUID) -> None:
        self.shop = shop
        for title, terms, price in table.FOR_POINTS:
            made = actions.add_offer(
                merchant=shop, title=title, terms=terms, points=price, by=self.owner, now=self.opened
            )
            self.offers[title] = made.id

    def _assist(self, salon: UUID, *, owner_phone: int) -> None:
        """The hairdresser of the door checks codes at the salon; its owner, whose number was given, names her."""
        hairdresser = self.folk.door[names.HAIRDRESSER].person
        assert hairdresser is not None, "the people of the door are registered"
        actions.name_assistant(
            merchant=salon,
            phone=self.folk.phones[hairdresser][1],
            by=self.folk.residents[owner_phone],
            now=self.opened,
        )

    def take_by_code(self, at: datetime) -> None:
        """The resident shows his phone."""
        self._code(at)

    def take_and_cancel(self, at: datetime) -> None:
        """The same, and it was a mistake."""
        actions.void_taking(taking=self._code(at).id, by=self.owner, now=at + timedelta(minutes=3))

    def take_by_paper(self, at: datetime) -> None:
        """The elder shows the paper."""
        self._paper(at, "鸡蛋一斤")

    def take_offline(self, at: datetime) -> None:
        """The same where there was no network; it came three hours later."""
        self._paper(at, "鸡蛋一斤", came=at + timedelta(hours=3))

    def send_late_and_judge(self, at: datetime) -> None:
        """A slip that lay on a phone for ten days; the community asked, and the alliance paid."""
        row = self.send_late(at)
        by = self.folk.door[names.COMMUNITY_CLERK]
        words = "问过老人和店里，那天确实拿了。"
        actions.judge(taking=row.id, pay=True, words=words, by=by, now=at + timedelta(hours=20))

    def send_late(self, at: datetime, title: str = "豆浆一杯") -> Any:
        """A slip of ten days ago comes in."""
        return self._paper(at - timedelta(days=10), title, came=at)

    def _at(self) -> UUID:
        if self.shop is None:
            raise ValueError("not opened")
        return self.shop

    def _code(self, at: datetime) -> Any:
        offer, account = self.offers["豆浆一杯"], _book(self.resident).id
        row = actions.show_points_code(
            merchant=self._at(), offer=offer, account=account, by=self.resident, now=at
        )
        return actions.take_by_code(
            merchant=self._at(), code=queries.code_of(row.id), key=str(uuid7()), by=self.owner, now=at
        )

    def _paper(self, at: datetime, title: str, *, came: datetime | None = None) -> Any:
        row = _book(self.elder)
        book = points.book_of(row.id)
        if book is None:
            raise ValueError("no passbook")
        day = f"{local_day(came or at):%Y-%m-%d}"
        return actions.take_by_paper(
            merchant=self._at(),
            offer=self.offers[title],
            paper=actions.Paper(book.number, points.check_code(book.number, row.number, row.balance, day)),
            key=str(uuid7()),
            by=self.owner,
            now=came or at,
            offline=came is not None,
            done_at=at,
        )


def _book(actor: Actor) -> Any:
    row = points.account_of(points.person(actor.person)) if actor.person else None
    if row is None:
        raise ValueError("no passbook")
    return row


def give_discounts(*, laid: Map, folk: Folk, now: datetime) -> None:
    """One more merchant has applied; discounts of the last weeks; last month's statement; whose turn it is now."""
    clerk, applied = folk.county_clerk, awake(now - timedelta(hours=5))
    last = ("城东烟酒店", "other", "九折")
    told = actions.MerchantTold(last[0], last[1], "双虹路88号", laid.community(names.HOME_COMMUNITY).path)
    waiting = actions.apply(told=told, by=clerk, now=applied, owner_phone=_phone(folk, 0))
    actions.add_offer(merchant=waiting.id, title=last[2], terms="", by=clerk, now=applied)
    (shop, *_others) = queries.my_merchants(folk.door[names.MERCHANT])
    _discounts(shop.id, folk, now)


def _take_part(
    shop: UUID, version: int, clerk: Actor, at: datetime, *, points: bool, ends: date | None = None
) -> None:
    starts = local_day(at)
    ends = ends or date(starts.year + 1, starts.month, 1)
    row = actions.turn(
        merchant=shop,
        act="agree",
        version=version,
        by=clerk,
        now=at,
        starts=starts,
        ends=ends,
        takes_points=points,
        floor=table.FLOOR,
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
    _months(shop, folk, now)
    actions.tend_merchants(now=now)


def _months(shop: UUID, folk: Folk, now: datetime) -> None:
    """The month before the last one was confirmed and settled; the last one waits for the owner."""
    clerk, owner = folk.door[names.COMMUNITY_CLERK], folk.door[names.MERCHANT]
    first = local_day(now).replace(day=1) - timedelta(days=1)
    at = day_start(first.replace(day=1)) + timedelta(hours=9)
    if actions.draw_up(now=at):
        for row in queries.statements_of(queries.my_merchant(owner, shop)[0]):
            actions.confirm(statement=row.id, by=owner, now=at + timedelta(days=1))
            words = "按协议：社区公示栏表扬一次，送了一批环保袋。"
            actions.settle(statement=row.id, words=words, by=clerk, now=at + timedelta(days=3))
    actions.draw_up(now=now)
