"""The shop through its doors: a neighbour reserves, the counter hands over; an elder with a paper passbook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from mulin.ground.points import queries as points
from mulin.kernel.ids import uuid7
from mulin.services.exchange.models import Redemption
from tests.exchange.scenes import Corner, fresh
from tests.journeys.conftest import Enter


def page(client: Client, path: str, **more: Any) -> str:
    answer = client.get(path, **more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def wanted(corner: Corner, **more: Any) -> dict[str, Any]:
    """What the form of a good sends."""
    told = {"quantity": 1, "price": 30, "book": str(corner.account("resident")), "key": str(uuid7())}
    return told | more


def test_a_visitor_sees_what_there_is_and_is_asked_in_before_he_takes(
    corner: Corner, morning: datetime
) -> None:
    visitor = Client()
    assert "大米" in page(visitor, "/shop/")
    shown = page(visitor, f"/shop/goods/{corner.rice.id}/")
    assert "30" in shown and "党群服务中心一楼" in shown
    answer = visitor.post(f"/shop/goods/{corner.rice.id}/", wanted(corner))
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_a_neighbour_reserves_shows_the_code_and_the_keeper_hands_over(corner: Corner, enter: Enter) -> None:
    resident, keeper = enter("resident"), enter("rider")
    assert "可用 100 分" in page(resident, "/shop/")
    answer = resident.post(f"/shop/goods/{corner.rice.id}/", wanted(corner))
    assert answer.status_code == 302
    mine = page(resident, answer["Location"])
    row = Redemption.objects.get()
    assert row.number in mine and "<svg" in mine
    assert "柜台" in page(keeper, "/shop/")
    assert row.number in page(keeper, "/shop/counter/")
    scanned = keeper.get(f"/shop/counter/?code={row.token}")
    assert scanned.status_code == 302
    assert "交货" in page(keeper, scanned["Location"])
    assert keeper.post(scanned["Location"], {"deed": "hand"}).status_code == 302
    assert "已取走" in page(resident, answer["Location"])
    assert corner.balance("resident") == (70, 0)


def test_the_counter_never_learns_who_reserved(corner: Corner, enter: Enter) -> None:
    row = corner.reserve()
    for path in (
        "/shop/counter/",
        f"/shop/counter/collect/{row.id}/",
        f"/shop/counter/goods/{corner.rice.id}/",
    ):
        shown = page(enter("rider"), path)
        assert "王秀英" not in shown and str(row.person) not in shown and str(row.account) not in shown


def test_the_number_may_be_typed_and_a_wrong_one_is_told(corner: Corner, enter: Enter) -> None:
    row, keeper = corner.reserve(), enter("rider")
    assert keeper.get("/shop/counter/", {"code": row.number.lower()}).status_code == 302
    answer = keeper.get("/shop/counter/", {"code": "211322-00000000"})
    assert answer.status_code == 422
    assert "没有这个编号" in answer.content.decode()


def test_a_code_opens_only_at_its_own_shop(corner: Corner, enter: Enter) -> None:
    row = corner.reserve()
    assert enter("other_clerk").get("/shop/counter/", {"code": row.token}).status_code == 404


def test_the_same_form_sent_twice_reserves_once(corner: Corner, enter: Enter) -> None:
    resident, told = enter("resident"), wanted(corner)
    path = f"/shop/goods/{corner.rice.id}/"
    assert resident.post(path, told)["Location"] == resident.post(path, told)["Location"]
    assert resident.post(path, told | {"price": 31}).status_code == 409
    assert fresh(corner.rice).reserved == 1


def test_too_few_points_are_told_and_what_was_typed_comes_back(corner: Corner, enter: Enter) -> None:
    answer = enter("resident").post(f"/shop/goods/{corner.rice.id}/", wanted(corner, quantity=4))
    assert answer.status_code in (409, 422)
    assert 'value="4"' in answer.content.decode()
    assert fresh(corner.rice).reserved == 0


def test_nobody_pays_from_anothers_passbook(corner: Corner, enter: Enter) -> None:
    answer = enter("other_resident").post(f"/shop/goods/{corner.rice.id}/", wanted(corner))
    assert answer.status_code == 422
    assert corner.balance("resident") == (100, 0)


def test_who_wants_it_no_more_gives_it_back_on_the_phone(corner: Corner, enter: Enter) -> None:
    row = corner.reserve()
    assert enter("resident").post(f"/shop/mine/{row.id}/").status_code == 302
    assert fresh(row).state == "cancelled"


def test_an_elder_with_a_paper_passbook_gets_rice_at_the_counter(corner: Corner, enter: Enter) -> None:
    book = points.book_of(corner.account("resident"))
    assert book is not None
    path = f"/shop/counter/goods/{corner.rice.id}/"
    told = {"deed": "paper", "book": book.number, "quantity": 1, "price": 30, "key": str(uuid7())}
    clerk = enter("community_clerk")
    first = clerk.post(path, told)
    assert first.status_code == 302
    assert "已取走" in page(clerk, first["Location"])
    assert clerk.post(path, told)["Location"] == first["Location"]
    assert corner.balance("resident") == (70, 0)
    assert "凭存折代办" in page(enter("resident"), f"/shop/mine/{Redemption.objects.get().id}/")


def test_a_lost_paper_passbook_buys_nothing(corner: Corner, enter: Enter) -> None:
    from mulin.ground.points import actions as ledger

    book = points.book_of(corner.account("resident"))
    assert book is not None
    ledger.lose(by=corner.scene.community_clerk, now=corner.now, account=corner.account("resident"))
    told = {"deed": "paper", "book": book.number, "quantity": 1, "price": 30, "key": str(uuid7())}
    answer = enter("community_clerk").post(f"/shop/counter/goods/{corner.rice.id}/", told)
    assert answer.status_code == 422
    assert "挂失" in answer.content.decode()
    assert corner.balance("resident") == (100, 0)


def test_the_keeper_receives_and_counts_on_the_phone(corner: Corner, enter: Enter) -> None:
    keeper, path = enter("rider"), f"/shop/counter/goods/{corner.rice.id}/"
    came = {"deed": "receive", "quantity": 10, "supplier": "供销社", "key": str(uuid7())}
    assert keeper.post(path, came).status_code == 302
    assert keeper.post(path, {"deed": "count", "counted": 14, "seen": 15, "reason": ""}).status_code == 422
    told = {"deed": "count", "counted": 14, "seen": 15, "reason": "spoilt"}
    assert keeper.post(path, told).status_code == 302
    shown = page(keeper, path)
    assert "供销社" in shown and "过期或损坏" in shown


def test_the_clerk_sets_up_a_shop_and_reads_its_variance(corner: Corner, enter: Enter) -> None:
    clerk = enter("community_clerk")
    told = {"name": "二店", "path": "/001/003/", "place": "东门", "hours": "周六", "days": 5}
    made = clerk.post("/desk/shops/new/", told)
    assert made.status_code == 302
    good = {"name": "纸巾", "unit": "包", "price": 5, "supplier": "永和超市", "version": 1}
    assert clerk.post(f"{made['Location']}goods/new/", good).status_code == 302
    assert "纸巾" in page(clerk, made["Location"])
    enter("rider").post(
        f"/shop/counter/goods/{corner.rice.id}/", {"deed": "count", "counted": 3, "seen": 5, "reason": "lost"}
    )
    assert "丢失" in page(clerk, f"/desk/shops/{corner.shop.id}/")
    assert "二店" in page(clerk, "/desk/shops/")


def test_large_print_shows_one_good_at_a_time(corner: Corner, enter: Enter) -> None:
    resident = enter("resident")
    resident.cookies["mulin_large"] = "1"
    first = page(resident, "/shop/")
    assert ("大米" in first) != ("豆油" in first)
    following = page(resident, "/shop/?n=1")
    assert ("大米" in following) != ("大米" in first)
    path = f"/shop/goods/{corner.rice.id}/"
    assert page(resident, path).count("<button") == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_with_one_row_and_with_three(
    corner: Corner, enter: Enter, rows: int, django_assert_max_num_queries: Any
) -> None:
    for _one in range(rows):
        corner.reserve()
    resident, keeper = enter("resident"), enter("rider")
    with django_assert_max_num_queries(14):
        page(resident, "/shop/mine/")
    with django_assert_max_num_queries(14):
        page(keeper, "/shop/counter/")
    with django_assert_max_num_queries(14):
        page(resident, "/shop/")
