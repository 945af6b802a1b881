"""Many hands on one passbook at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from mulin.ground.points.models import Account, HoldLot, Lot
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.points.conftest import Bank, make_bank


@pytest.mark.django_db(transaction=True)
def test_holds_at_once_pin_points_that_no_other_hold_pins(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        bank.earn(bank.one)
        later = now + timedelta(days=40)
        bank.earn(bank.one, now=later, done_on=later.date())

    def holding(bank: Bank, amount: int) -> Callable[[], Any]:
        def run() -> int:
            with county_scope(COUNTY):
                try:
                    bank.hold(bank.one, amount)
                except Refused as short:
                    assert short.code == "points_short"
                    return 0
                return amount

        return run

    held = at_once(*[holding(bank, 4) for _hand in range(8)])
    assert sum(held) == 20
    with county_scope(COUNTY):
        assert Account.objects.get(owner=bank.one.id).held == 20
        assert sorted(Lot.objects.values_list("held", flat=True)) == [10, 10]
        assert sum(HoldLot.objects.values_list("amount", flat=True)) == 20


@pytest.mark.django_db(transaction=True)
def test_a_confirmer_is_not_beyond_his_month_by_confirming_everything_at_once(
    scene: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mulin.ground.points.rules.CONFIRMATIONS", 3)
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
    rider = scene.persons["rider"].id

    def confirm(place: int) -> int:
        with county_scope(COUNTY):
            try:
                return bank.earn(bank.one if place % 2 else bank.other, confirmed_by=rider).points
            except Refused as refused:
                assert refused.code == "confirmer_month"
                return 0

    assert sum(at_once(*[lambda place=place: confirm(place) for place in range(8)])) == 30
