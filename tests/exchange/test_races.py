"""The last bag of rice, wanted by eight at once."""

from __future__ import annotations

from datetime import datetime

import pytest

from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions
from mulin.services.exchange.models import Redemption
from tests.exchange.scenes import fresh, give_points, make_corner
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene

EIGHT = (
    "resident", "other_resident", "rider", "merchant", "grid_worker", "other_grid_worker", "department", "leader",
)  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_last_bag_is_one_persons_and_his_retry_gives_the_same(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        corner = make_corner(scene, now, bags=1)
        for who in EIGHT[2:]:
            give_points(scene, who, 40, now)
    keys = {who: str(uuid7()) for who in EIGHT}

    def want(who: str) -> str:
        with county_scope(COUNTY):
            try:
                return corner.reserve(who, key=keys[who]).number
            except Refused as refused:
                return refused.code

    found = dict(zip(EIGHT, at_once(*[lambda who=who: want(who) for who in EIGHT]), strict=True))
    losers = [who for who, told in found.items() if told == "sold_out"]
    assert len(losers) == 7, found
    (winner,) = set(EIGHT) - set(losers)
    assert want(winner) == found[winner]
    with county_scope(COUNTY):
        assert Redemption.objects.count() == 1
        assert (fresh(corner.rice).stock, fresh(corner.rice).reserved) == (1, 1)
        assert corner.balance(winner)[1] == 30
        assert [corner.balance(who)[1] for who in losers] == [0] * 7


@pytest.mark.django_db(transaction=True)
def test_eight_scans_of_one_code_hand_over_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        corner = make_corner(scene, now)
        row = corner.reserve()

    def scan() -> str:
        with county_scope(COUNTY):
            return str(actions.hand_over(redemption=row.id, by=scene.rider, now=now).transfer)

    assert len(set(at_once(*[scan] * 8))) == 1
    with county_scope(COUNTY):
        assert fresh(corner.rice).stock == 4
        assert corner.balance("resident") == (70, 0)


@pytest.mark.django_db(transaction=True)
def test_eight_equal_sendings_reserve_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        corner = make_corner(scene, now)
    key = str(uuid7())

    def send() -> str:
        with county_scope(COUNTY):
            return corner.reserve(key=key).number

    assert len(set(at_once(*[send] * 8))) == 1
    with county_scope(COUNTY):
        assert fresh(corner.rice).reserved == 1
        assert corner.balance("resident") == (100, 30)
