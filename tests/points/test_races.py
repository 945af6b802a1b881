"""Many hands on one passbook at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from mulin.citus.prepared import one_moment
from mulin.ground.points import actions, queries
from mulin.ground.points.models import Account, HoldLot, Lot
from mulin.ground.points.rules import person
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, Bank, make_bank


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
def test_the_export_of_the_books_shows_one_moment(scene: Scene, now: datetime, tmp_path: Path) -> None:
    """A passbook that is opened and paid while the file is written is in the next file."""
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        bank.earn(bank.one)
    late = person(scene.persons["grid_worker"].id)

    def meanwhile() -> None:
        with county_scope(COUNTY):
            actions.issue(by=bank.by, now=now, owner=late, path=PLACE)
            bank.earn(late)

    with county_scope(COUNTY), one_moment():
        lines = queries.beancount()
        begun = [next(lines) for _line in range(3)]
        at_once(meanwhile)
        text = "\n".join([*begun, *lines])
    with county_scope(COUNTY):
        key = Account.objects.get(owner=late.id).id
        assert key.hex not in text
        assert key.hex in "\n".join(queries.beancount())
        call_command("export_books", county=COUNTY, output=tmp_path / "books")
    assert key.hex in (tmp_path / "books").read_text()


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
