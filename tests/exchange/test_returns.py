"""Goods come back after hand-over; a holder hears of one deed once; a form sent twice counts once (row 87)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.urls import reverse

from mulin.ground.points import actions as ledger
from mulin.kernel import hooks
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import Entitlement, Redemption, StockMove
from tests.exchange.fairs import Fair, family
from tests.exchange.scenes import AuditEntry, Corner, Hold, Notice, fresh, give_points, make_corner, verbs
from tests.exchange.test_shop_views import page
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene

Lot: Any = apps.get_model("points.Lot")
AuditDetail: Any = apps.get_model("trail.AuditDetail")


def taken(corner: Corner, **more: Any) -> Redemption:
    """A bag of rice that the resident has carried home."""
    row = corner.reserve(**more)
    return actions.hand_over(redemption=row.id, by=corner.scene.rider, now=corner.now)


def lots(corner: Corner) -> list[tuple[Any, int]]:
    rows = Lot.objects.filter(account_id=corner.account("resident"), spent=False).order_by("expires_on")
    return list(rows.values_list("expires_on", "remaining"))


def back(corner: Corner, row: Redemption, **more: Any) -> Redemption:
    told: dict[str, Any] = {
        "by": corner.scene.rider,
        "now": corner.now + timedelta(hours=2),
        "why": "袋子破了",
    }
    return actions.take_back(redemption=row.id, **(told | more))


def test_goods_and_points_come_back_into_the_same_lots(corner: Corner) -> None:
    before = lots(corner)
    row = taken(corner)
    assert lots(corner) != before
    done = back(corner, row)
    assert (done.state, done.why, fresh(corner.rice).stock) == ("returned", "袋子破了", 5)
    assert (corner.balance("resident"), lots(corner)) == ((100, 0), before)
    assert verbs(row.id)[-1] == "redemption.returned" and "shop.returned" in verbs(corner.rice.id)
    assert list(queries.wrong()) == []


def test_they_come_back_once_and_with_a_reason(corner: Corner) -> None:
    row = taken(corner)
    with pytest.raises(Refused) as refused:
        back(corner, row, why=" ")
    assert refused.value.code == "no_why"
    back(corner, row)
    with pytest.raises(Stale):
        back(corner, row)
    assert StockMove.objects.filter(kind="returned").count() == 1
    with pytest.raises(Stale):
        back(corner, corner.reserve())


def test_they_come_back_within_the_shops_days(corner: Corner) -> None:
    row = taken(corner)
    with pytest.raises(Stale) as late:
        back(corner, row, now=corner.now + timedelta(days=corner.shop.return_days + 1))
    assert late.value.code == "too_late"
    type(corner.shop).objects.update(return_days=0)
    with pytest.raises(Stale, match="当天"):
        back(corner, row, now=corner.now + timedelta(days=1))
    assert back(corner, row).state == "returned"


def test_nobody_takes_back_from_himself_or_his_family(corner: Corner) -> None:
    row = taken(corner)
    family(corner.scene, corner.now, "resident", "rider")
    with pytest.raises(NotAllowed):
        back(corner, row)
    with pytest.raises(NotAllowed):
        back(corner, row, by=corner.scene.other_resident)
    assert back(corner, row, by=corner.scene.community_clerk).state == "returned"


def test_what_came_back_counts_no_more_towards_the_months_pieces(corner: Corner) -> None:
    row = corner.reserve(good=corner.oil)
    actions.hand_over(redemption=row.id, by=corner.scene.rider, now=corner.now)
    with pytest.raises(Refused):
        corner.reserve(good=corner.oil)
    back(corner, row)
    assert corner.reserve(good=corner.oil).state == "reserved"


def test_the_books_find_goods_that_came_back_without_their_points(corner: Corner) -> None:
    row = taken(corner)
    Redemption.objects.filter(pk=row.pk).update(state="returned", returned_at=corner.now)
    assert [code for code, _words, _row in queries.wrong()] == ["redemption_kept"]


def test_a_holder_hears_once_of_a_return_and_once_of_a_deed_at_the_counter(corner: Corner) -> None:
    person = corner.scene.persons["resident"].id
    row = actions.at_counter(
        good=corner.rice.id, quantity=1, price=30, account=corner.account("resident"), key="k",
        by=corner.scene.community_clerk, now=corner.now,
    )  # fmt: skip
    ledger.seal(now=corner.now)
    back(corner, row)
    ledger.seal(now=corner.now)
    told = Notice.objects.filter(person_id=person, template__startswith="points_").order_by("id")
    assert list(told.values_list("template", flat=True)) == ["points_helped", "points_reversed"]


def test_the_counter_takes_back_on_its_page(corner: Corner, enter: Enter) -> None:
    row, keeper = taken(corner), enter("rider")
    path = f"/shop/counter/collect/{row.id}/"
    assert "收回货、退积分" in page(keeper, path)
    assert keeper.post(path, {"deed": "return", "why": ""}).status_code == 422
    assert keeper.post(path, {"deed": "return", "why": "拿错了"}).status_code == 302
    assert "收回货、退积分" not in page(keeper, path)
    assert "拿错了" in page(enter("resident"), f"/shop/mine/{row.id}/")
    assert keeper.post(path, {"deed": "return", "why": "再退"}).status_code == 409


def test_goods_received_by_a_form_sent_twice_stand_once_on_the_shelf(corner: Corner, enter: Enter) -> None:
    keeper, path = enter("rider"), f"/shop/counter/goods/{corner.rice.id}/"
    told = {"deed": "receive", "quantity": 10, "supplier": "供销社", "key": str(uuid7())}
    for _time in range(2):
        assert keeper.post(path, told).status_code == 302
    assert fresh(corner.rice).stock == 15
    assert keeper.post(path, told | {"quantity": 11}).status_code == 409
    assert keeper.post(path, {key: told[key] for key in told if key != "key"}).status_code == 422
    assert fresh(corner.rice).stock == 15


def test_whose_a_grant_is_stays_masked_until_somebody_looks(fair: Fair, enter: Enter) -> None:
    clerk = enter("community_clerk")
    shown = page(clerk, "/desk/discounts/")
    assert "李**" in shown and "李建国" not in shown
    row = Entitlement.objects.get()
    looked = clerk.post("/desk/discounts/", {"look": str(row.id)})
    assert "李建国" in looked.content.decode()
    entry = AuditEntry.objects.get(verb="discount.grant_looked")
    assert (entry.subject_id, entry.person) == (row.id, fair.scene.community_clerk.person)
    assert AuditDetail.objects.get(entry=entry).about == row.owner
    assert enter("leader").post("/desk/discounts/", {"look": str(row.id)}).status_code == 403


def test_a_look_at_a_households_grant_stands_in_the_trail_of_each_who_lives_there(fair: Fair) -> None:
    family(fair.scene, fair.now, "rider", "department")
    row = fair.grant("rider", home=True)
    actions.look_at_grant(entitlement=row.id, by=fair.scene.community_clerk, now=fair.now)
    looks = AuditDetail.objects.filter(entry__verb="discount.grant_looked")
    assert {one.about for one in looks} == {fair.scene.persons[name].id for name in ("rider", "department")}
    told = hooks_export(fair.scene.persons["department"].id)
    assert "discount.grant_looked" in told, "who lives there reads that somebody looked"


def hooks_export(person: UUID) -> str:
    return json.dumps([one(person) for one in hooks.person_export], default=str)


@pytest.mark.parametrize("on_behalf", [False, True])
def test_why_goods_came_back_is_exported_and_erased(corner: Corner, on_behalf: bool) -> None:
    row = taken(corner, on_behalf=on_behalf)
    back(corner, row, why="袋子破了，他说是家里老人弄的")
    owner = corner.scene.persons["resident"].id
    (told,) = queries.export_person(owner)["redemptions"]
    assert told["why"] == "袋子破了，他说是家里老人弄的"
    assert actions.erase_person(person=owner, by=system(COUNTY, "test"), now=corner.now) == {
        "exchange_redemption": 1
    }
    assert fresh(row).why == ""


@pytest.mark.parametrize(("at_fault", "days"), [(False, None), (True, 30)])
def test_points_that_lapsed_meanwhile_live_longer_only_where_the_shop_was_at_fault(
    corner: Corner, at_fault: bool, days: int | None
) -> None:
    give_points(corner.scene, "merchant", 30, corner.now, months=1)
    row = corner.reserve("merchant")
    was = Hold.objects.get(pk=row.hold).pins.get().lot.expires_on
    late = corner.now + timedelta(days=90)
    actions.hand_over(redemption=row.id, by=corner.scene.rider, now=late)
    back(corner, row, now=late, at_fault=at_fault)
    lot = Lot.objects.get(account_id=corner.account("merchant"), spent=False)
    assert lot.expires_on == (late.date() + timedelta(days=days) if days else was)
    assert AuditEntry.objects.get(verb="redemption.returned").facts["at_fault"] == int(at_fault)
    ledger.warn_due(now=late)
    ledger.expire_due(now=late + timedelta(days=9))
    assert corner.balance("merchant") == ((30, 0) if at_fault else (0, 0)), "told first, then it lapses again"


def test_the_counter_says_whose_fault_it_was(corner: Corner, enter: Enter, clock_at: Any) -> None:
    clock_at(corner.now)
    row = taken(corner)
    client, url = enter("rider"), reverse("exchange:collect", args=[row.id])
    assert "到期日不变" in text_of(client.get(url)) and "是超市的原因" in text_of(client.get(url))
    told = {"deed": "return", "why": "米有虫", "at_fault": "on"}
    assert client.post(url, told).status_code == 302
    assert AuditEntry.objects.get(verb="redemption.returned").facts["at_fault"] == 1


def test_the_points_desk_sends_what_was_redeemed_to_the_counter(
    corner: Corner, enter: Enter, clock_at: Any
) -> None:
    clock_at(corner.now)
    row = taken(corner)
    told: dict[str, Any] = {"transfer": row.transfer, "why": "退", "key": "r", "now": corner.now}
    with pytest.raises(NotAllowed):
        ledger.reverse(by=corner.scene.other_clerk, **told)
    with pytest.raises(Refused) as refused:
        ledger.reverse(by=corner.scene.community_clerk, **told)
    assert refused.value.code == "points_elsewhere" and "到超市柜台退货" in refused.value.message
    assert corner.balance("resident") == (70, 0) and list(queries.wrong()) == []
    clerk, book = enter("community_clerk"), reverse("points:passbook", args=[corner.account("resident")])
    url = reverse("points:reverse", args=[row.transfer])
    assert url not in clerk.get(book).content.decode()
    assert "到超市柜台退货" in text_of(clerk.get(url)) and "<textarea" not in clerk.get(url).content.decode()
    assert clerk.post(url, {"why": "退", "key": str(uuid7())}).status_code == 409
    assert corner.balance("resident") == (70, 0)


@pytest.mark.django_db(transaction=True)
def test_paper_sent_twice_and_a_hand_over_at_once_lock_in_one_order(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        corner = make_corner(scene, now)
    keys = [str(uuid7()) for _one in range(2)]

    def serve(place: int) -> str:
        with county_scope(COUNTY):
            row = actions.at_counter(
                good=corner.rice.id, quantity=1, price=30, account=corner.account("resident"),
                key=keys[place % 2], by=scene.community_clerk, now=now,
            )  # fmt: skip
            return actions.hand_over(redemption=row.id, by=scene.rider, now=now).number

    assert len(set(at_once(*[lambda place=place: serve(place) for place in range(8)]))) == 2
    with county_scope(COUNTY):
        assert Redemption.objects.count() == 2 and fresh(corner.rice).stock == 3
        assert corner.balance("resident") == (40, 0)
        assert list(queries.wrong()) == []
