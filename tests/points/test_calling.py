"""Acts are drawn by lot and asked back about by somebody who did not confirm them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mulin.ground.points import actions
from mulin.ground.points.models import (
    CallBack,
    Review,
)
from mulin.ground.points.queries import fairness as read
from mulin.ground.points.rules.fairness import TRIES
from mulin.kernel.actor import Actor, Held
from mulin.kernel.errors import NotAllowed, NotFound
from tests.personas import COUNTY
from tests.points.conftest import PLACE, Bank
from tests.points.fair import (
    acts_of,
    decide,
    open_work,
    points,
    refused,
)


@pytest.fixture
def lots(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def fix(value: float) -> None:
        monkeypatch.setattr("mulin.ground.points.actions.looking.lot", lambda _key: value)

    return fix


def drawn(bank: Bank, lots: Callable[[float], None], **told: Any) -> CallBack:
    lots(0.01)
    bank.earn(bank.one, **told)
    actions.look_daily(now=bank.now)
    return CallBack.objects.get()


def test_a_lot_is_the_same_again_and_no_act_is_drawn_twice(bank: Bank, lots: Callable[[float], None]) -> None:
    keys = [bank.earn(bank.one).transfer_id for _turn in range(5)]
    told_of = [read.lot(key) for key in keys if key]
    assert told_of == [read.lot(key) for key in keys if key] and all(0 <= one < 1 for one in told_of)
    assert len(set(told_of)) == 5
    lots(0.04)
    for days in range(3):
        actions.look_daily(now=bank.now + timedelta(days=days))
    assert CallBack.objects.count() == 5


def test_a_month_without_a_lot_gives_one_when_it_is_over(bank: Bank, lots: Callable[[float], None]) -> None:
    lots(0.5)
    bank.earn(bank.one)
    bank.earn(bank.other)
    actions.look_daily(now=bank.now)
    assert not CallBack.objects.exists()
    for days in (40, 41):
        actions.look_daily(now=bank.now + timedelta(days=days))
    row = CallBack.objects.get()
    assert row.account_path == PLACE and row.month == bank.now.date().replace(day=1)


def test_who_asks_back_did_not_confirm(bank: Bank, lots: Callable[[float], None]) -> None:
    row = drawn(bank, lots)
    assert (row.role, row.path) == ("street_clerk", "/001/"), "the only clerk of the community confirmed it"
    told_of = {"now": bank.now, "callback": row.id, "outcome": "confirmed"}
    for who in ("community_clerk", "resident", "grid_worker", "other_clerk", "leader"):
        with pytest.raises(NotAllowed):
            actions.call_back(by=getattr(bank.scene, who), **told_of)
    assert not read.open_callbacks(bank.scene.community_clerk).exists()
    colleague = Actor(
        COUNTY, person=bank.scene.persons["community_clerk"].id, held=(Held("street_clerk", "/001/"),)
    )
    with pytest.raises(NotAllowed):
        read.callback(colleague, row.id)
    with pytest.raises(NotFound):
        read.callback(bank.scene.community_clerk, row.id)
    assert read.open_callbacks(bank.scene.street_clerk).exists()
    actions.call_back(by=bank.scene.street_clerk, **told_of)
    assert open_work("points_callback") == []
    with refused("callback_ended", 409):
        actions.call_back(by=bank.scene.street_clerk, **told_of)


def test_whoever_was_not_reached_is_left_in_peace(bank: Bank, lots: Callable[[float], None]) -> None:
    row = drawn(bank, lots)
    for turn in range(TRIES):
        assert (row.refresh_from_db(), row.state)[1] == "open"
        assert len(open_work("points_callback")) == 1
        actions.call_back(
            by=bank.scene.street_clerk,
            now=bank.now + timedelta(days=turn),
            callback=row.id,
            outcome="no_answer",
        )
    row.refresh_from_db()
    assert (row.state, row.tries) == ("unreached", TRIES) and open_work("points_callback") == []
    assert points(bank.one) == 10


def test_what_is_said_to_be_untrue_is_laid_before_a_person(bank: Bank, lots: Callable[[float], None]) -> None:
    row = drawn(bank, lots)
    told_of = {"by": bank.scene.street_clerk, "now": bank.now, "callback": row.id, "outcome": "untrue"}
    with refused("words_needed"):
        actions.call_back(**told_of)
    actions.call_back(**told_of, words="说那天不在家")
    review = Review.objects.get(kind="callback")
    assert review.role == "street_clerk", "the clerk is concerned"
    assert {one.person for one in review.concerned.all()} == {
        bank.one.id, bank.scene.persons["community_clerk"].id,
    }  # fmt: skip
    assert points(bank.one) == 10, "nothing happens before a person decides"
    decide(bank, review, by=bank.scene.county_clerk, wrong=True, undo=acts_of(review))
    assert points(bank.one) == 0
    plea = actions.plead(by=bank.scene.resident, now=bank.now, review=review.id, words="我去了")
    assert (plea.role, plea.path) == ("admin", "/"), "above whoever decided"
