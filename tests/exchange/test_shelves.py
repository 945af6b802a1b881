"""Shops, keepers, goods and their stock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import StockMove
from tests.exchange.scenes import OIL, PLACE, RICE, Corner, fresh


def test_shops_are_opened_by_clerks_of_the_place(corner: Corner) -> None:
    told = actions.ShopTold("铁西超市", "/003/004/", "服务站", "周三上午", 3)
    for who in ("resident", "community_clerk", "grid_worker", "merchant", "leader"):
        with pytest.raises(NotAllowed):
            actions.add_shop(told=told, by=corner.scene.actors[who], now=corner.now)
    assert actions.add_shop(told=told, by=corner.scene.other_clerk, now=corner.now).path == "/003/004/"


def test_two_open_shops_bear_no_one_name(corner: Corner) -> None:
    told = actions.ShopTold("双虹文明超市", PLACE, "二楼", "周三", 7)
    with pytest.raises(Refused) as refused:
        actions.add_shop(told=told, by=corner.scene.county_clerk, now=corner.now)
    assert refused.value.field == "name"


def test_a_keeper_sets_no_prices_and_a_stranger_learns_of_no_shop(corner: Corner) -> None:
    with pytest.raises(NotAllowed):
        actions.add_good(shop=corner.shop.id, told=OIL, by=corner.scene.rider, now=corner.now)
    with pytest.raises(NotFound):
        actions.add_good(shop=corner.shop.id, told=OIL, by=corner.scene.other_clerk, now=corner.now)


def test_a_good_stands_once_in_a_shop(corner: Corner) -> None:
    with pytest.raises(Refused) as refused:
        actions.add_good(shop=corner.shop.id, told=RICE, by=corner.scene.community_clerk, now=corner.now)
    assert refused.value.field == "name"


def test_two_who_change_a_good_do_not_overwrite_each_other(corner: Corner) -> None:
    clerk = corner.scene.community_clerk
    actions.change_good(good=corner.oil.id, told=OIL, version=1, by=clerk, now=corner.now)
    with pytest.raises(Stale):
        actions.change_good(good=corner.oil.id, told=OIL, version=1, by=clerk, now=corner.now)


def test_goods_come_from_somebody(corner: Corner) -> None:
    actions.receive(good=corner.rice.id, quantity=3, supplier="供销社", by=corner.scene.rider, now=corner.now)
    assert fresh(corner.rice).stock == 8
    newest = StockMove.objects.filter(good=corner.rice).order_by("-id").first()
    assert newest is not None
    assert (newest.supplier, newest.delta, newest.after) == ("供销社", 3, 8)


def test_only_the_counter_receives_and_counts(corner: Corner) -> None:
    for who in ("resident", "other_clerk", "merchant", "grid_worker"):
        by = corner.scene.actors[who]
        with pytest.raises(NotAllowed):
            actions.receive(good=corner.rice.id, quantity=3, supplier="", by=by, now=corner.now)
        with pytest.raises(NotAllowed):
            actions.count(good=corner.rice.id, counted=5, seen=5, by=by, now=corner.now)


def test_a_count_that_agrees_needs_no_reason_and_one_that_differs_does(corner: Corner) -> None:
    told = {"good": corner.rice.id, "seen": 5, "by": corner.scene.rider, "now": corner.now}
    actions.count(**told, counted=5)  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        actions.count(**told, counted=4)  # type: ignore[arg-type]
    assert refused.value.field == "reason"
    with pytest.raises(Refused) as refused:
        actions.count(**told, counted=4, reason="other")  # type: ignore[arg-type]
    assert refused.value.field == "words"
    actions.count(**told, counted=4, reason="spoilt")  # type: ignore[arg-type]
    assert fresh(corner.rice).stock == 4


def test_a_count_begun_before_somebody_collected_is_done_anew(corner: Corner) -> None:
    actions.receive(good=corner.rice.id, quantity=1, supplier="", by=corner.scene.rider, now=corner.now)
    with pytest.raises(Stale):
        actions.count(good=corner.rice.id, counted=5, seen=5, by=corner.scene.rider, now=corner.now)


def test_what_waits_for_somebody_cannot_be_counted_away(corner: Corner) -> None:
    corner.reserve(quantity=2)
    told = {"good": corner.rice.id, "seen": 5, "reason": "lost", "by": corner.scene.rider, "now": corner.now}
    with pytest.raises(Refused) as refused:
        actions.count(**told, counted=1)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.status) == ("below_reserved", 409)
    actions.count(**told, counted=2)  # type: ignore[arg-type]
    assert fresh(corner.rice).free == 0


def test_variance_is_told_by_good_and_reason(corner: Corner) -> None:
    told = {"good": corner.rice.id, "by": corner.scene.rider, "now": corner.now}
    actions.count(**told, seen=5, counted=3, reason="spoilt")  # type: ignore[arg-type]
    actions.count(**told, seen=3, counted=2, reason="spoilt")  # type: ignore[arg-type]
    actions.count(**told, seen=2, counted=4, reason="found")  # type: ignore[arg-type]
    since = corner.now - timedelta(days=1)
    lines = [
        (one["good"], one["pieces"], one["times"]) for one in queries.variances(corner.shop, since=since)
    ]
    assert lines == [("大米", 2, 1), ("大米", -3, 2)]


def test_a_keeper_is_somebody_known(corner: Corner) -> None:
    clerk = corner.scene.community_clerk
    with pytest.raises(Refused) as refused:
        actions.name_keeper(shop=corner.shop.id, phone="13700000000", by=clerk, now=corner.now)
    assert refused.value.field == "phone"
    phone = corner.scene.phones["rider"]
    again = actions.name_keeper(shop=corner.shop.id, phone=phone, by=clerk, now=corner.now)
    assert [keeper.id for keeper, _name in queries.keepers_of(corner.shop)] == [again.id]
