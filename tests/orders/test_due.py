"""The clocks: no ask dies unanswered, each due moment is acted on once, in however many processes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from mulin.ground.orders import actions
from mulin.ground.orders.models import Order, OrderStep
from mulin.kernel.county import county_scope
from tests.journeys.test_races import at_once
from tests.orders.scenes import asked, claimed, deeds, fresh, opened, told, work
from tests.personas import COUNTY, Scene


def test_the_ladder_is_climbed_and_the_office_answers(county: Scene, now: datetime) -> None:
    place = county.places["compound"].id
    actions.set_help(kinds=["help.parcel"], place=place, by=county.other_resident, now=now)
    row = opened(county, now)
    assert told(county.persons["other_resident"].id) == ["order_near"] and work() == []
    seen = []
    for hours in (12, 24, 48, 96, 24 * 14):
        actions.act_on_due(now=now + timedelta(hours=hours))
        actions.act_on_due(now=now + timedelta(hours=hours))
        seen.append([(one.kind, one.role, one.path) for one in work()])
    assert seen == [
        [("order_find", "grid_worker", "/001/003/g1001/")],
        [("order_find", "community_clerk", "/001/003/")],
        [("order_find", "street_clerk", "/001/")],
        [("order_find", "street_clerk", "/001/")],  # the last one keeps it until the end
        [("order_answer", "community_clerk", "/001/003/")],
    ]
    assert fresh(row).state == "expired"
    assert told(row.asker_id) == ["order_climbed", "order_climbed", "order_expired"]
    assert deeds(row) == ["ask", "approve", "climb", "climb", "climb", "climb", "expire"]
    actions.answer(
        order=row.id, words="明天网格员给您送去。", by=county.community_clerk, now=now + timedelta(days=15)
    )
    assert work() == [] and told(row.asker_id)[-1] == "order_answered"
    assert actions.reopen(order=row.id, by=county.resident, now=now + timedelta(days=16)).state == "open"


def test_the_ladder_hurries_when_there_is_an_hour(county: Scene, now: datetime) -> None:
    wanted = now + timedelta(hours=6)
    row = opened(county, now, wanted_at=wanted)
    while fresh(row).rung_due_at is not None:
        actions.act_on_due(now=fresh(row).rung_due_at)
    assert OrderStep.objects.filter(order=row, deed="climb").latest("at").at <= wanted
    assert [one.role for one in work()] == ["street_clerk"]
    assert fresh(row).next_check_at == wanted + timedelta(days=1)


def test_an_ask_that_nobody_reviewed_reaches_the_street_and_is_answered(county: Scene, now: datetime) -> None:
    row = asked(county, now)
    actions.act_on_due(now=now + timedelta(hours=24))
    actions.act_on_due(now=now + timedelta(hours=24))
    assert sorted((one.kind, one.role) for one in work()) == [
        ("order_review", "community_clerk"),
        ("order_review_late", "street_clerk"),
    ]
    actions.act_on_due(now=now + timedelta(days=14))
    assert fresh(row).state == "expired" and [one.kind for one in work()] == ["order_answer"]


def test_a_claim_that_is_not_kept_returns_to_the_pool(county: Scene, now: datetime) -> None:
    row, claim = claimed(county, now)
    actions.act_on_due(now=claim.due_at - timedelta(seconds=1))
    assert fresh(claim).state == "held"
    actions.act_on_due(now=claim.due_at)
    assert (fresh(claim).state, fresh(row).state) == ("lapsed", "open")
    assert told(county.persons["other_resident"].id) == ["order_lapsed"]
    assert [one.kind for one in work()] == ["order_find"]
    again = actions.claim(order=row.id, by=county.other_resident, now=claim.due_at)
    assert again.state == "held" and work() == []


def test_an_offer_that_is_not_answered_returns_to_the_pool(county: Scene, now: datetime) -> None:
    actions.set_help(kinds=["help.parcel"], place=county.places["community"].id, by=county.rider, now=now)
    row = opened(county, now)
    claim = actions.dispatch(
        order=row.id, person=county.persons["rider"].id, by=county.community_clerk, now=now
    )
    actions.act_on_due(now=claim.due_at)
    assert (fresh(claim).state, fresh(row).state) == ("lapsed", "open")
    assert told(county.persons["rider"].id) == [
        "order_near",
        "order_offered",
    ]  # declining, or silence, costs nothing


def test_a_private_wish_is_asked_of_offices_only(county: Scene, now: datetime) -> None:
    row = asked(county, now, kind="wish.thing")
    actions.approve(order=row.id, public=False, by=county.community_clerk, now=now)
    actions.act_on_due(now=now + timedelta(hours=24))
    assert [one.role for one in work()] == ["street_clerk"]
    actions.act_on_due(now=now + timedelta(days=60))
    assert fresh(row).state == "expired"


def test_one_that_cannot_be_moved_holds_up_no_other(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mulin.ground.orders.actions import due

    broken, whole = opened(county, now), opened(county, now)
    climb: Any = vars(due)["climb"]

    def sometimes(*, row: Order, **more: object) -> bool:
        if row.pk == broken.pk:
            raise RuntimeError("no")
        return bool(climb(row=row, **more))

    monkeypatch.setattr(due, "climb", sometimes)
    actions.act_on_due(now=now + timedelta(hours=12))
    assert (fresh(broken).rung, fresh(whole).rung) == (1, 2)
    monkeypatch.setattr(due, "climb", climb)
    actions.act_on_due(now=now + timedelta(hours=12))
    assert fresh(broken).rung == 2


# ── many at once ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_eight_ticks_at_once_act_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        rows = [opened(scene, now, by=who) for who in (scene.resident, scene.other_resident, scene.rider)]
        row, claim = claimed(scene, now, giver=scene.merchant, by=scene.leader)

    def tick() -> None:
        with county_scope(COUNTY):
            actions.act_on_due(now=now + timedelta(hours=48))

    at_once(*[tick] * 8)
    with county_scope(COUNTY):
        for one in rows:
            assert deeds(one) == ["ask", "approve", "climb", "climb"]
        assert deeds(row).count("lapse") == 1 and fresh(claim).state == "lapsed"


@pytest.mark.django_db(transaction=True)
def test_eight_claim_one_ask_and_one_gets_it(scene: Scene, now: datetime) -> None:
    names = (
        "other_resident", "rider", "merchant", "grid_worker", "community_clerk", "street_clerk", "department", "leader",
    )  # fmt: skip
    with county_scope(COUNTY):
        row = opened(scene, now)

    def reach(name: str) -> str:
        from mulin.kernel.errors import Refused

        with county_scope(COUNTY):
            try:
                actions.claim(order=row.id, by=scene.actors[name], now=now)
            except Refused as refused:
                return refused.code
            return "got it"

    found = at_once(*[lambda name=name: reach(name) for name in names])
    assert sorted(found) == ["got it"] + ["taken"] * 7
    with county_scope(COUNTY):
        assert deeds(row).count("claim") == 1 and fresh(row).claims.count() == 1


@pytest.mark.django_db(transaction=True)
def test_three_seats_are_taken_by_three_of_eight(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        row = opened(scene, now, seats=3)
    names = (
        "other_resident",
        "rider",
        "merchant",
        "grid_worker",
        "community_clerk",
        "department",
        "leader",
        "admin",
    )

    def reach(name: str) -> bool:
        from mulin.kernel.errors import Refused

        with county_scope(COUNTY):
            try:
                actions.claim(order=row.id, by=scene.actors[name], now=now)
            except Refused:
                return False
            return True

    assert sum(at_once(*[lambda name=name: reach(name) for name in names])) == 3
    with county_scope(COUNTY):
        assert fresh(row).state == "claimed"


@pytest.mark.django_db(transaction=True)
def test_two_confirm_at_once_and_it_counts_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        row, claim = claimed(scene, now)
        actions.serve(order=row.id, claim=claim.id, by=scene.other_resident, now=now)

    def confirm() -> str:
        from mulin.kernel.errors import Refused

        with county_scope(COUNTY):
            try:
                actions.confirm(order=row.id, claim=claim.id, by=scene.resident, now=now)
            except Refused as refused:
                return refused.code
            return "done"

    assert sorted(at_once(*[confirm] * 4)) == ["done", "not_now", "not_now", "not_now"]
