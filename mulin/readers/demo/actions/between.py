"""Playing points between communities: the county's rule, an agreement, goods taken next door and at a merchant, two months
that both sides look at; an alliance that makes good what it advanced; old passbooks brought in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from random import Random
from typing import Any
from uuid import UUID

from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.ids import uuid7
from mulin.readers.demo.actions.merchants import Tills
from mulin.readers.demo.actions.patrols import Event
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import between as table
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules.points import CLEANING
from mulin.readers.demo.rules.reserve import BASIS
from mulin.services.exchange import actions, queries
from mulin.services.exchange.actions import acceptance, netting
from mulin.services.exchange.queries import acceptance as reads


def between_events(*, laid: Map, folk: Folk, since: datetime, now: datetime) -> list[Event]:
    """What happens about points between communities and when, oldest first."""
    pair, ruled = _Pair(laid, folk), since + timedelta(hours=3)
    this = day_start(local_day(now).replace(day=1))
    last, before = _month_before(this), _month_before(_month_before(this))
    drawn = timedelta(minutes=65)
    looked = min(this + timedelta(days=1, hours=10), now - timedelta(minutes=20))
    acts = [
        (ruled, pair.rule),
        (ruled + timedelta(hours=1), pair.propose),
        (ruled + timedelta(days=1), pair.agree),
        (ruled + timedelta(days=1, hours=2), pair.open),
        (before + timedelta(days=20, hours=10), pair.swap),
        (before + timedelta(days=24, hours=10), pair.swap),
        (last + drawn, pair.draw_up),
        (last + timedelta(days=1, hours=10), pair.confirm_both),
        (last + timedelta(days=6, hours=15), pair.settle),
        (last + timedelta(days=22, hours=10), pair.swap),
        (last + timedelta(days=23, hours=10), pair.come_over),
        (last + timedelta(days=24, hours=15), pair.come_over),
        (this + drawn, pair.draw_up),
    ]
    if looked > this + drawn:
        acts.append((looked, pair.confirm_next_door))
    return [(at, partial(act, at)) for at, act in acts]


def _month_before(first: datetime) -> datetime:
    """The midnight that began the month before."""
    return day_start(local_day(first - timedelta(days=1)).replace(day=1))


class _Pair:
    """The home community and the one next door, with a clerk and a neighbour of each."""

    def __init__(self, laid: Map, folk: Folk) -> None:
        codes = [code for code in sorted(folk.clerks) if code != names.HOME_COMMUNITY]
        next_door = codes[1]  # the first one is slowed
        self.folk, self.home, self.door = (
            folk,
            laid.community(names.HOME_COMMUNITY),
            laid.community(next_door),
        )
        self.clerks = {
            self.home.path: folk.clerks[names.HOME_COMMUNITY],
            self.door.path: folk.clerks[next_door],
        }
        self.goods: list[Any] = []
        self.taken = 0

    def rule(self, at: datetime) -> None:
        acceptance.publish_acceptance(
            reach="county", per_month=table.A_MONTH, effective_on=local_day(at), note=BASIS,
            by=self.folk.county_clerk, now=at,
        )  # fmt: skip

    def propose(self, at: datetime) -> None:
        on = local_day(at)
        acceptance.propose_agreement(
            own=self.home.path, other=self.door.path, starts_on=on, ends_on=on + timedelta(days=365),
            per_month=table.AGREED, words=table.AGREED_WORDS, by=self.clerks[self.home.path], now=at,
        )  # fmt: skip

    def agree(self, at: datetime) -> None:
        by = self.clerks[self.door.path]
        (row,) = reads.agreements(by)
        acceptance.agree(agreement=row.id, by=by, now=at)

    def open(self, at: datetime) -> None:
        """A shop next door."""
        by, (name, place, hours) = self.clerks[self.door.path], table.SHOP
        told = actions.ShopTold(name=name, path=self.door.path, place=place, hours=hours, days=7)
        shop = actions.add_shop(told=told, by=by, now=at)
        for good, unit, price, supplier, came in table.GOODS:
            kept = actions.GoodTold(good, unit, price, supplier)
            row = actions.add_good(shop=shop.id, told=kept, by=by, now=at)
            self.goods.append(actions.receive(good=row.id, quantity=came, supplier=supplier, by=by, now=at))

    def swap(self, at: datetime) -> None:
        """A neighbour of home takes something next door."""
        who, account = self._neighbour(self.home.path, at)
        good = self.goods[self.taken % len(self.goods)]
        self.taken += 1
        row = actions.reserve(
            good=good.id, quantity=1, price=good.price, account=account, key=str(uuid7()), by=who, now=at
        )
        by = self.clerks[self.door.path]
        actions.hand_over(redemption=row.id, by=by, now=at + timedelta(hours=1))

    def come_over(self, at: datetime) -> None:
        """A neighbour from next door pays the first merchant of home with points."""
        who, account = self._neighbour(self.door.path, at)
        owner = self.folk.door[names.MERCHANT]
        (shop, *_others) = queries.my_merchants(owner)
        offer = next(one for one in queries.offers_of(shop) if one.points)
        code = actions.show_points_code(merchant=shop.id, offer=offer.id, account=account, by=who, now=at)
        actions.take_by_code(
            merchant=shop.id, code=queries.code_of(code.id), key=str(uuid7()), by=owner, now=at
        )

    def _neighbour(self, path: str, at: datetime) -> tuple[Actor, UUID]:
        """The first resident with a passbook of the community, who swept the yard on the two days before; at home the one
        who stands at the door."""
        for one in (*self.folk.residents, self.folk.door[names.RESIDENT]):
            row = points_read.account_of(points_read.person(one.person)) if one.person else None
            if row is not None and row.path == path:
                self._sweep(one, row.id, path, at)
                return one, row.id
        raise ValueError("nobody lives there")

    def _sweep(self, who: Actor, account: UUID, path: str, at: datetime) -> None:
        clerk = self.folk.second_clerk
        assert clerk.person is not None, "clerks of the example are persons"
        for days in (1, 2):
            points.earn(
                by=clerk, now=at, rule_code=CLEANING.code, key=f"over:{path}:{at.isoformat()}:{days}",
                done_on=local_day(at - timedelta(days=days)), subject=("passbook", account), story=CLEANING.name,
                community_path=path, confirmed_by=clerk.person, person=who.person,
            )  # fmt: skip

    def draw_up(self, at: datetime) -> None:
        netting.draw_up_nettings(now=at)

    def confirm_next_door(self, at: datetime) -> None:
        self._confirm(self.door.path, at)

    def confirm_both(self, at: datetime) -> None:
        for path in self.clerks:
            self._confirm(path, at)

    def _confirm(self, path: str, at: datetime) -> None:
        (row, *_older) = reads.nettings(self.clerks[path])
        netting.confirm_netting(netting=row.id, side=path, by=self.clerks[path], now=at)

    def settle(self, at: datetime) -> None:
        side = self.door.path
        (row,) = reads.nettings(self.clerks[side])
        netting.settle_netting(netting=row.id, side=side, words=table.SETTLED, by=self.clerks[side], now=at)


# ── what an alliance owes ─────


def repaying_events(*, tills: Tills, folk: Folk, now: datetime) -> list[Event]:
    """A slip that the alliance paid for, a part that it made good, another part that waits for the community."""
    acts: list[tuple[datetime, Callable[..., Any]]] = [
        (tills.opened + timedelta(days=33, hours=1), _advance),
        (now - timedelta(days=4), _repay),
        (now - timedelta(hours=20), partial(_say, table.WAITING)),
    ]
    return [(at, partial(act, tills, folk, at)) for at, act in acts]


def _advance(tills: Tills, folk: Folk, at: datetime) -> None:
    row = tills.send_late(at, table.SLIP)
    by = folk.door[names.COMMUNITY_CLERK]
    actions.judge(taking=row.id, pay=True, words=table.JUDGED, by=by, now=at + timedelta(hours=18))


def _say(told: tuple[int, str], tills: Tills, _folk: Folk, at: datetime) -> Any:
    alliance = queries.alliance_of(queries.my_merchants(tills.owner)[0])
    assert alliance is not None, "it joined when it began"
    return actions.propose_repayment(
        alliance=alliance.id, points=told[0], means="goods", words=told[1], done_on=local_day(at),
        key=str(uuid7()), by=tills.owner, now=at,
    )  # fmt: skip


def _repay(tills: Tills, folk: Folk, at: datetime) -> None:
    row = _say(table.REPAID, tills, folk, at)
    by = folk.door[names.COMMUNITY_CLERK]
    actions.confirm_repayment(repayment=row.id, by=by, now=at + timedelta(hours=3))


# ── old passbooks ─────


def old_book_events(*, laid: Map, folk: Folk, seed: int, since: datetime) -> list[Event]:
    """Most communities bring their old paper passbooks in: entered by their clerk, let in by the county's."""
    at, rng = since + timedelta(days=1, hours=2), Random(f"old-books-{seed}")  # noqa: S311 a story, not a secret
    codes = [code for code in sorted(folk.clerks) if code != names.HOME_COMMUNITY][: -table.WITHOUT]
    lists = [(code, table.old_books(rng)) for code in codes]
    return [(at, partial(_bring_in, laid, folk, code, rows, at)) for code, rows in lists]


def _bring_in(laid: Map, folk: Folk, code: str, rows: str, at: datetime) -> None:
    row = points.propose_opening(
        file=BytesIO(rows.encode()), name="old.csv", path=laid.community(code).path, source=table.SOURCE,
        expires_on=local_day(at) + timedelta(days=730), by=folk.clerks[code], now=at,
    )  # fmt: skip
    points.decide_opening(opening=row.id, approve=True, by=folk.county_clerk, now=at + timedelta(hours=5))
