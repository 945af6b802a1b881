"""Playing the points shop: opened, stocked, counted; neighbours who earned points reserve, collect, forget to collect."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.ids import uuid7
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import exchange as table
from mulin.readers.demo.rules import people as names
from mulin.services.exchange import actions


def open_shop(*, laid: Map, folk: Folk, by: Actor, now: datetime) -> None:
    """The shop of the home community and its first weeks, by clerk, keeper and customers through the real actions."""
    opened = day_start(local_day(now - table.OPENED_BEFORE)) + timedelta(hours=9, minutes=20)
    home = laid.community(names.HOME_COMMUNITY)
    clerk, keeper = folk.door[names.COMMUNITY_CLERK], folk.door[names.RIDER]
    name, place, hours = table.SHOP
    told = actions.ShopTold(name=name, path=home.path, place=place, hours=hours, days=7)
    shop = actions.add_shop(told=told, by=clerk, now=opened)
    actions.name_keeper(shop=shop.id, phone=folk.phones[_person(keeper)][1], by=clerk, now=opened)
    goods = {}
    for good, unit, price, supplier, words, per_month, came in table.GOODS:
        row = actions.add_good(
            shop=shop.id,
            told=actions.GoodTold(good, unit, price, supplier, words, per_month),
            by=clerk,
            now=opened,
        )
        goods[good] = row
        if came:
            actions.receive(good=row.id, quantity=came, supplier=supplier, by=keeper, now=opened)
    _earn(home.path, home.id, [folk.door[names.RESIDENT], folk.door[names.ELDER]], clerk, by, opened)
    resident, elder = folk.door[names.RESIDENT], folk.door[names.ELDER]
    rice = _reserve(goods["大米"], resident, opened + timedelta(days=9))
    actions.hand_over(redemption=rice, by=keeper, now=opened + timedelta(days=11))
    _reserve(goods["牙膏"], resident, opened + timedelta(days=14))
    actions.expire_due(now=opened + timedelta(days=23))
    paper = goods["抽纸"]
    actions.at_counter(
        good=paper.id,
        quantity=1,
        price=paper.price,
        account=_account(elder),
        key=str(uuid7()),
        by=clerk,
        now=opened + timedelta(days=18),
    )
    tooth = goods["牙膏"]
    seen = table.GOODS[4][6]
    counted = opened + timedelta(days=30)
    actions.count(good=tooth.id, counted=seen - 1, seen=seen, reason="spoilt", by=keeper, now=counted)
    _reserve(goods["洗衣液"], resident, now - timedelta(days=1))


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


def _earn(path: str, division: UUID, who: list[Actor], clerk: Actor, by: Actor, at: datetime) -> None:
    """A passbook for each of them, and points for a few mornings' sweeping."""
    code, name, worth = table.RULE
    day = local_day(at)
    points.publish_rule(by=by, now=at, code=code, name=name, points=worth, effective_on=day)
    note = name
    points.grant_budget(
        by=by, now=at, path=path, division=division, amount=table.BUDGET, note=note, key=f"demo:{code}"
    )
    for one in who:
        points.issue(by=clerk, now=at, owner=points_read.person(_person(one)), path=path)
        for number in range(table.ACTS):
            done = at + timedelta(days=number)
            points.earn(
                by=by,
                now=done,
                rule_code=code,
                key=f"demo:{code}:{one.person}:{number}",
                done_on=local_day(done),
                subject=("division", division),
                story=name,
                community_path=path,
                confirmed_by=_person(clerk),
                person=one.person,
            )


def _reserve(good: Any, who: Actor, at: datetime) -> UUID:
    row = actions.reserve(
        good=good.id,
        quantity=1,
        price=good.price,
        account=_account(who),
        key=str(uuid7()),
        by=who,
        now=at,
    )
    found: UUID = row.id
    return found
