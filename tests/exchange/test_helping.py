"""Helper mode reaches the shop: family and staff redeem from a holder's own passbook; both names stand, the holder is told."""

from __future__ import annotations

from typing import Any

import pytest

from mulin.ground.points import queries as points
from mulin.kernel.errors import NotFound, Refused
from mulin.services.exchange import actions, queries
from tests.exchange.fairs import family
from tests.exchange.scenes import Corner, Notice, fresh
from tests.exchange.tills import Till, make_till
from tests.journeys.conftest import Enter
from tests.journeys.steps import fields, text_of
from tests.personas import Scene


@pytest.fixture
def till(county: Scene, now: Any) -> Till:
    return make_till(county, now)


def helped(scene: Scene, who: str) -> int:
    return int(Notice.objects.filter(person_id=scene.persons[who].id, template="points_helped").count())


def newest(scene: Scene, account: Any, now: Any) -> Any:
    """The newest line of a passbook, as its holder reads it."""
    return points.passbook(scene.resident, account, now=now).lines.rows[0]


def test_a_daughter_reserves_from_her_mothers_own_passbook(corner: Corner, enter: Enter) -> None:
    scene = corner.scene
    family(scene, corner.now, "resident", "rider")
    daughter, account = enter("rider"), corner.account("resident")
    shop = text_of(daughter.get(f"/shop/?book={account}"))
    url = f"/shop/goods/{corner.rice.id}/?book={account}"
    assert url in shop or f"?book={account}" in shop
    page = text_of(daughter.get(url))
    assert "替他办，会告诉他" in page and str(account) in page
    done = daughter.post(url, fields(page) | {"book": str(account), "quantity": "1"})
    assert done.status_code == 302
    assert corner.balance("resident") == (100, 30) and helped(scene, "resident") == 1
    made = queries.mine(scene.resident).rows[0]
    assert (made.person, made.owner) == (scene.rider.person, scene.resident.person)
    assert "大米" in text_of(enter("resident").get("/shop/mine/"))  # hers to cancel too
    actions.hand_over(redemption=made.id, by=scene.community_clerk, now=corner.now)
    line = newest(scene, account, corner.now)
    assert line.by and line.for_whom and line.delta == -30


def test_a_grid_worker_reserves_for_an_elder_and_nobody_elsewhere_does(corner: Corner, enter: Enter) -> None:
    scene, account = corner.scene, corner.account("resident")
    page = text_of(enter("grid_worker").get(f"/points/{account}/"))
    assert f"/shop/?book={account}" in page and "替他换东西" in page
    url = f"/shop/goods/{corner.rice.id}/?book={account}"
    worker = enter("grid_worker")
    assert worker.post(url, fields(text_of(worker.get(url))) | {"quantity": "1"}).status_code == 302
    assert corner.balance("resident") == (100, 30) and helped(scene, "resident") == 1
    for who in ("other_grid_worker", "other_resident", "leader"):
        client = enter(who)
        assert str(account) not in text_of(client.get(url)).replace(f"?book={account}", "")
        with pytest.raises(NotFound):
            actions.reserve(
                good=corner.rice.id, quantity=1, price=30, account=account, key=who, by=scene.actors[who], now=corner.now
            )  # fmt: skip


def test_own_books_come_first_and_a_wrong_book_is_none(corner: Corner) -> None:
    scene = corner.scene
    family(scene, corner.now, "resident", "other_resident")
    rows = queries.usable_books(scene.other_resident)
    assert [(one.account, one.other) for one in rows] == [
        (corner.account("other_resident"), False),
        (corner.account("resident"), True),
    ]
    chosen = queries.usable_books(scene.other_resident, str(corner.account("resident")))
    assert [one.other for one in chosen] == [True, False]
    assert queries.usable_books(scene.resident, "nothing") == queries.usable_books(scene.resident)


def test_a_code_from_the_mothers_passbook_names_who_showed_it(till: Till) -> None:
    scene = till.scene
    family(scene, till.now, "resident", "rider")
    account, before = till.account("resident"), till.balance("resident")
    row = actions.show_points_code(
        merchant=till.shop.id, offer=till.noodles.id, account=account, by=scene.rider, now=till.now
    )
    assert helped(scene, "resident") == 0
    made = till.scan(queries.code_of(row.id))
    assert till.balance("resident") == before - 5 and helped(scene, "resident") == 1
    assert fresh(made).by == scene.merchant.person
    line = newest(scene, account, till.now)
    assert line.by and line.for_whom and line.by != line.for_whom


def test_a_stranger_shows_no_code_of_anothers_passbook(till: Till) -> None:
    with pytest.raises(Refused, match="自己或家里的存折"):
        actions.show_points_code(
            merchant=till.shop.id, offer=till.noodles.id, account=till.account("resident"),
            by=till.scene.other_resident, now=till.now,
        )  # fmt: skip
