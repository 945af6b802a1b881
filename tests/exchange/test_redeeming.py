"""Reserve, collect, expire, give back: stock and points move together or not at all (row 87)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.kernel.actor import system
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import Good, Redemption, Shop, StockMove
from tests.exchange.scenes import PLACE, Corner, Hold, Notice, fresh, verbs
from tests.personas import COUNTY


def test_reserving_sets_points_and_a_bag_aside_and_handing_over_takes_both(corner: Corner) -> None:
    row = corner.reserve(quantity=2)
    assert corner.balance("resident") == (100, 60)
    assert (fresh(corner.rice).stock, fresh(corner.rice).reserved) == (5, 2)
    done = actions.hand_over(redemption=row.id, by=corner.scene.rider, now=corner.now)
    assert done.state == "collected"
    assert corner.balance("resident") == (40, 0)
    assert (fresh(corner.rice).stock, fresh(corner.rice).reserved) == (3, 0)
    assert verbs(row.id) == ["redemption.reserved", "redemption.collected"]


def test_the_same_key_gives_the_same_redemption_whatever_happened_since(corner: Corner) -> None:
    key = str(uuid7())
    first = corner.reserve(key=key)
    actions.hand_over(redemption=first.id, by=corner.scene.rider, now=corner.now)
    again = corner.reserve(key=key)
    assert (again.id, again.state) == (first.id, "collected")
    assert corner.balance("resident") == (70, 0)


def test_the_same_key_with_another_price_quantity_or_good_is_refused(corner: Corner) -> None:
    key = str(uuid7())
    corner.reserve(key=key)
    for more in ({"price": 31}, {"quantity": 2}, {"good": corner.oil.id, "price": 50}):
        with pytest.raises(Stale) as refused:
            corner.reserve(key=key, **more)
        assert (refused.value.code, refused.value.status) == ("key_taken", 409)
    assert corner.balance("resident") == (100, 30)


def test_nobody_gets_at_anothers_redemption_with_his_key(corner: Corner) -> None:
    key = str(uuid7())
    corner.reserve(key=key)
    with pytest.raises(NotFound):
        corner.reserve("other_resident", key=key, account=corner.account("resident"))
    with pytest.raises(Stale):
        corner.reserve("other_resident", key=key)


def test_a_price_that_changed_meanwhile_is_told_before_anything_is_taken(corner: Corner) -> None:
    dear = actions.GoodTold(name="大米", unit="袋", price=35, supplier="永和超市")
    actions.change_good(
        good=corner.rice.id, told=dear, version=1, by=corner.scene.community_clerk, now=corner.now
    )
    with pytest.raises(Stale) as refused:
        corner.reserve()
    assert refused.value.code == "price"
    assert "35" in str(refused.value)
    assert corner.balance("resident") == (100, 0)


def test_what_was_reserved_keeps_its_price(corner: Corner) -> None:
    row = corner.reserve()
    dear = actions.GoodTold(name="大米", unit="袋", price=35, supplier="永和超市")
    actions.change_good(
        good=corner.rice.id, told=dear, version=1, by=corner.scene.community_clerk, now=corner.now
    )
    actions.hand_over(redemption=row.id, by=corner.scene.rider, now=corner.now)
    assert corner.balance("resident") == (70, 0)


def test_points_that_do_not_suffice_leave_no_trace(corner: Corner) -> None:
    with pytest.raises(Refused):
        corner.reserve("other_resident", quantity=2)
    assert fresh(corner.rice).reserved == 0
    assert not Redemption.objects.exists()


def test_a_passbook_gets_so_many_a_month_and_no_more(corner: Corner) -> None:
    corner.reserve(good=corner.oil)
    with pytest.raises(Refused) as refused:
        corner.reserve(good=corner.oil)
    assert refused.value.code == "month_cap"
    next_month = corner.now + timedelta(days=31)
    assert corner.reserve(good=corner.oil, now=next_month).state == "reserved"


def test_what_is_given_back_counts_no_more_in_the_month(corner: Corner) -> None:
    row = corner.reserve(good=corner.oil)
    actions.cancel(redemption=row.id, by=corner.scene.resident, now=corner.now)
    assert corner.reserve(good=corner.oil).state == "reserved"


def test_cancelling_frees_both_and_may_be_said_twice(corner: Corner) -> None:
    row = corner.reserve()
    for _time in range(2):
        done = actions.cancel(redemption=row.id, by=corner.scene.resident, now=corner.now)
        assert done.state == "cancelled"
    assert corner.balance("resident") == (100, 0)
    assert fresh(corner.rice).reserved == 0


def test_only_who_reserved_cancels(corner: Corner) -> None:
    row = corner.reserve()
    for who in ("other_resident", "community_clerk", "merchant"):
        with pytest.raises(NotFound):
            actions.cancel(redemption=row.id, by=corner.scene.actors[who], now=corner.now)


def test_only_the_counter_hands_over(corner: Corner) -> None:
    row = corner.reserve()
    for who in ("resident", "other_resident", "other_clerk", "merchant", "grid_worker", "leader"):
        with pytest.raises(NotAllowed):
            actions.hand_over(redemption=row.id, by=corner.scene.actors[who], now=corner.now)
    assert fresh(row).state == "reserved"


def test_a_keeper_whose_turn_ended_hands_over_no_more(corner: Corner) -> None:
    row = corner.reserve()
    ((keeper, _name),) = queries.keepers_of(corner.shop)
    clerk = corner.scene.community_clerk
    actions.end_keeper(shop=corner.shop.id, keeper=keeper.id, by=clerk, now=corner.now)
    with pytest.raises(NotAllowed):
        actions.hand_over(redemption=row.id, by=corner.scene.rider, now=corner.now)


def test_a_second_scan_shows_the_same_and_takes_nothing(corner: Corner) -> None:
    row = corner.reserve()
    for _scan in range(2):
        actions.hand_over(redemption=row.id, by=corner.scene.rider, now=corner.now)
    assert corner.balance("resident") == (70, 0)
    assert StockMove.objects.filter(redemption=row).count() == 1


def test_what_nobody_collects_goes_back_once_and_its_holder_is_told(corner: Corner) -> None:
    row = corner.reserve()
    assert actions.expire_due(now=row.expires_at - timedelta(seconds=1)) == 0
    assert actions.expire_due(now=row.expires_at) == 1
    assert actions.expire_due(now=row.expires_at) == 0
    assert fresh(row).state == "expired"
    assert corner.balance("resident") == (100, 0)
    assert fresh(corner.rice).reserved == 0
    assert Notice.objects.filter(template="redemption_expired", person=row.person).count() == 1
    with pytest.raises(Stale):
        actions.hand_over(redemption=row.id, by=corner.scene.rider, now=row.expires_at)


def test_it_waits_to_the_end_of_the_shops_last_day(corner: Corner) -> None:
    row = corner.reserve()
    assert row.expires_at.isoformat() == "2026-09-09T00:00:00+08:00"
    assert Hold.objects.get(pk=row.hold).expires_at > row.expires_at


def test_points_that_lapsed_while_the_shop_failed_live_thirty_days_longer(corner: Corner) -> None:
    from tests.exchange.scenes import give_points

    scene = corner.scene
    give_points(scene, "merchant", 30, corner.now, months=1)
    row = corner.reserve("merchant")
    was = Hold.objects.get(pk=row.hold).pins.get().lot.expires_on
    late = corner.now + timedelta(days=90)
    actions.fault(redemption=row.id, why="米受潮了", by=scene.rider, now=late)
    lot = Hold.objects.get(pk=row.hold).account.lots.get(spent=False)
    assert lot.expires_on == late.date() + timedelta(days=30)
    assert lot.expires_on > was
    assert corner.balance("merchant") == (30, 0)
    assert Notice.objects.filter(template="redemption_faulted").count() == 1


def test_a_shop_that_cannot_give_says_why(corner: Corner) -> None:
    row = corner.reserve()
    with pytest.raises(Refused) as refused:
        actions.fault(redemption=row.id, why=" ", by=corner.scene.rider, now=corner.now)
    assert refused.value.field == "why"


def test_with_a_paper_passbook_staff_reserve_and_hand_over_in_one_act(corner: Corner) -> None:
    clerk, key = corner.scene.community_clerk, str(uuid7())
    told = {
        "good": corner.rice.id,
        "quantity": 1,
        "price": 30,
        "account": corner.account("resident"),
        "key": key,
    }
    first = actions.at_counter(**told, by=clerk, now=corner.now)  # type: ignore[arg-type]
    again = actions.at_counter(**told, by=clerk, now=corner.now)  # type: ignore[arg-type]
    assert (first.id, first.state, first.on_behalf) == (again.id, "collected", True)
    assert corner.balance("resident") == (70, 0)
    assert Notice.objects.filter(template="points_helped").exists()


def test_a_keeper_without_duty_cannot_use_anothers_paper_passbook(corner: Corner) -> None:
    with pytest.raises(NotFound):
        actions.at_counter(
            good=corner.rice.id, quantity=1, price=30, account=corner.account("resident"), key="k",
            by=corner.scene.rider, now=corner.now,
        )  # fmt: skip
    assert corner.balance("resident") == (100, 0)


def test_a_shop_closes_only_when_nobody_waits(corner: Corner) -> None:
    row = corner.reserve()
    clerk = corner.scene.community_clerk
    with pytest.raises(Stale):
        actions.close_shop(shop=corner.shop.id, by=clerk, now=corner.now)
    actions.cancel(redemption=row.id, by=corner.scene.resident, now=corner.now)
    actions.close_shop(shop=corner.shop.id, by=clerk, now=corner.now)
    with pytest.raises(Refused):
        corner.reserve()
    assert queries.offered() == []


def test_the_shop_of_ones_own_community_comes_first_then_its_streets(corner: Corner) -> None:
    names = {"/001/002/": "前面的店", "/001/009/": "同街道的店", "/000/001/": "最前的店"}
    for path, name in names.items():
        row = Shop.objects.get(pk=corner.shop.id)
        row.pk, row.path, row.name = uuid7(), path, name
        row.save(force_insert=True)
        good = Good.objects.get(pk=corner.rice.id)
        good.pk, good.shop_id = uuid7(), row.pk
        good.save(force_insert=True)
    mine = corner.shop.name
    assert [shop.name for shop, _goods in queries.offered(PLACE)] == [
        mine,
        "前面的店",
        "同街道的店",
        "最前的店",
    ]
    assert [shop.name for shop, _goods in queries.offered()] == ["最前的店", "前面的店", mine, "同街道的店"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["reserve", "hand", "cancel", "fault", "expire"]), st.integers(0, 5)),
        max_size=14,
    )
)
def test_whatever_happens_the_shelf_and_the_passbook_add_up(
    corner: Corner, deeds: list[tuple[str, int]]
) -> None:
    from django.db import transaction

    with transaction.atomic():
        rows: list[Redemption] = []
        for deed, place in deeds:
            try:
                with transaction.atomic():
                    if deed == "reserve":
                        rows.append(corner.reserve())
                    elif deed == "expire":
                        actions.expire_due(now=corner.now + timedelta(days=9))
                    elif rows:
                        _do(deed, rows[place % len(rows)], corner)
            except Refused:
                continue
        _adds_up(corner)
        transaction.set_rollback(True)


def _do(deed: str, row: Redemption, corner: Corner) -> None:
    if deed == "hand":
        actions.hand_over(redemption=row.id, by=corner.scene.rider, now=corner.now)
    elif deed == "cancel":
        actions.cancel(redemption=row.id, by=corner.scene.resident, now=corner.now)
    else:
        actions.fault(redemption=row.id, why="没货", by=corner.scene.rider, now=corner.now)


def _adds_up(corner: Corner) -> None:
    rice = fresh(corner.rice)
    states = list(Redemption.objects.values_list("state", flat=True))
    assert rice.stock == sum(StockMove.objects.filter(good=rice).values_list("delta", flat=True))
    assert rice.reserved == states.count("reserved")
    assert rice.stock == 5 - states.count("collected")
    assert corner.balance("resident") == (100 - 30 * states.count("collected"), 30 * states.count("reserved"))


def test_an_erased_person_is_forgotten_and_the_books_stay(corner: Corner) -> None:
    row = corner.reserve()
    by = system(COUNTY, "test")
    assert row.person is not None
    emptied = actions.erase_person(person=row.person, by=by, now=corner.now)
    assert emptied == {"exchange_redemption": 1}
    assert fresh(row).person is None
    assert queries.export_person(row.person) == {}


def test_the_books_find_a_shelf_and_a_redemption_that_do_not_agree(corner: Corner) -> None:
    row = corner.reserve()
    actions.hand_over(redemption=row.id, by=corner.scene.actors["rider"], now=corner.now)
    assert list(queries.wrong()) == []
    Good.objects.filter(pk=corner.rice.pk).update(stock=F("stock") + 1)
    Redemption.objects.filter(pk=row.pk).update(transfer=uuid7())
    assert {code for code, _words, _key in queries.wrong()} == {"good_stock", "redemption_unpaid"}
