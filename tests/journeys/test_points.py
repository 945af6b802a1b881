"""One good deed from its ask to a bag of rice, by page: ask, review, claim, serve, both confirm, passbook, shop, collected."""

from __future__ import annotations

import re
from datetime import datetime

from mulin.ground.orders.models import Order
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.services.exchange import actions as exchange
from mulin.services.exchange.models import Redemption
from tests.exchange.scenes import PLACE, budget
from tests.journeys.conftest import Enter
from tests.journeys.steps import fields, text_of
from tests.orders.scenes import DOOR, WORDS
from tests.orders.test_journeys import press, send
from tests.orders.test_wishes import the_claim
from tests.personas import Scene

NAME = "王秀英"


def corner_shop(scene: Scene, now: datetime) -> None:
    """Two points for a parcel, a budget, a passbook for who helps, and rice for two points."""
    clerk = scene.community_clerk
    budget(scene, 100, now)
    points.publish_rule(
        code="help_parcel", name="代收快递", points=2, effective_on=now.date(), by=scene.county_clerk, now=now
    )
    points.issue(owner=points_read.person(scene.persons["other_resident"].id), path=PLACE, by=clerk, now=now)
    told = exchange.ShopTold("双虹文明超市", PLACE, "党群服务中心一楼", "周一至周五 9:00–11:00", 7)
    shop = exchange.add_shop(told=told, by=clerk, now=now)
    rice = exchange.GoodTold(name="大米", unit="袋", price=2, supplier="永和超市")
    good = exchange.add_good(shop=shop.id, told=rice, by=clerk, now=now)
    exchange.name_keeper(shop=shop.id, phone=scene.phones["rider"], by=clerk, now=now)
    exchange.receive(good=good.id, quantity=5, supplier="", by=clerk, now=now)


def test_from_an_ask_to_a_bag_of_rice(county: Scene, enter: Enter, now: datetime) -> None:
    corner_shop(county, now)
    asker, giver, clerk, keeper = (
        enter(who) for who in ("resident", "other_resident", "community_clerk", "rider")
    )

    place = str(county.places["compound"].id)
    sent = send(asker, "/neighbours/ask/help/help.parcel/", words=WORDS, door=DOOR, place=place)
    assert sent.status_code == 302
    order = Order.objects.get()
    assert press(clerk, order, "approve", public="1").status_code == 302
    assert "2 分" in text_of(giver.get("/neighbours/"))
    assert press(giver, order, "claim").status_code == 302
    claim = the_claim(order)
    assert press(giver, order, "serve", claim=claim).status_code == 302
    owner = points_read.person(county.persons["other_resident"].id)
    before = points_read.balance(owner)
    assert before is not None and before.points == 0  # one side alone moves nothing
    assert press(asker, order, "confirm", claim=claim).status_code == 302

    account = points_read.account_of(owner)
    assert account is not None
    book = text_of(giver.get(f"/points/{account.id}/"))
    assert "帮邻居：代收快递" in book
    assert not [word for word in (NAME, DOOR, WORDS) if word in book]  # the story names nobody
    assert asker.get(f"/points/{account.id}/").status_code == 404

    shelf = text_of(giver.get("/shop/"))
    assert "可用 2 分" in shelf and "大米" in shelf
    (good,) = set(re.findall(r"/shop/goods/[0-9a-f-]{36}/", shelf))
    page = text_of(giver.get(good))
    told = fields(page) | {"quantity": "1", "book": str(account.id)}
    reserved = giver.post(good, told)
    assert reserved.status_code == 302
    row = Redemption.objects.get()
    scanned = keeper.get("/shop/counter/", {"code": row.number})
    assert scanned.status_code == 302
    counter = text_of(keeper.get(scanned["Location"]))
    assert "李建国" not in counter  # the counter never learns who reserved
    assert keeper.post(scanned["Location"], {"deed": "hand"}).status_code == 302
    assert "已取走" in text_of(giver.get(reserved["Location"]))
    balance = points_read.balance(owner)
    assert balance is not None and (balance.points, balance.held) == (0, 0)
    assert "大米" in text_of(giver.get(f"/points/{account.id}/"))
