"""No ask waits without a clock: an office that is vacant, or does not answer, is passed by; who asks is told what comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.orders import actions, queries
from mulin.ground.orders.models import OrderHelper
from mulin.ground.orders.queries.offices import office, office_above
from mulin.ground.worklist.queries import lit, open_for
from mulin.kernel.actor import Held
from mulin.kernel.ids import uuid7
from mulin.services.mutual_aid.models import Vetting
from tests.conftest import as_owner
from tests.journeys.steps import asked as counted
from tests.orders.scenes import WORDS, asked, claimed, deeds, fresh, opened, served, told, work
from tests.personas import COUNTY, Scene, _person

Grant: Any = apps.get_model("access.Grant")
DAY = timedelta(days=1)


def vacate(*roles: str) -> None:
    """Nobody holds these roles any more."""
    Grant.objects.filter(role__in=roles).update(ended_on="2026-01-02")


def tick_through(row: Any, until: datetime) -> None:
    """Let tick act at each moment that the ask waits for, up to ``until``."""
    while (at := fresh(row).next_check_at) is not None and at <= until:
        actions.act_on_due(now=at)
        assert fresh(row).next_check_at != at  # it moves on


def addressed(kind: str) -> list[tuple[str, str]]:
    return [(one.role, one.path) for one in work(kind=kind)]


@pytest.mark.parametrize(
    ("gone", "first", "above"),
    [
        ((), ("community_clerk", "/001/003/"), ("street_clerk", "/001/")),
        (("community_clerk",), ("street_clerk", "/001/"), ("county_clerk", "/")),
        (("street_clerk",), ("community_clerk", "/001/003/"), ("county_clerk", "/")),
        (("community_clerk", "street_clerk"), ("county_clerk", "/"), None),
        (("community_clerk", "street_clerk", "county_clerk"), ("county_clerk", "/"), None),
    ],
)
def test_a_vacant_office_is_passed_by(
    county: Scene, gone: tuple[str, ...], first: tuple[str, str], above: tuple[str, str] | None
) -> None:
    vacate(*gone)
    found = office("/001/003/C1/")
    assert (found["role"], found["path"]) == first
    higher = office_above("/001/003/C1/", found["path"])
    assert (tuple(higher.values()) if higher else None) == above


def test_where_there_is_no_clerk_the_county_is_asked_to_review_find_and_answer(
    county: Scene, now: datetime
) -> None:
    vacate("community_clerk", "street_clerk", "grid_worker", "grid_head")
    row = asked(county, now)
    assert addressed("order_review") == [("county_clerk", "/")]
    tick_through(row, now + 2 * DAY)
    assert addressed("order_review_late") == [("county_clerk", "/")]
    row = actions.approve(order=row.id, by=county.county_clerk, now=now + 2 * DAY)
    assert addressed("order_find") == [("county_clerk", "/")]
    tick_through(row, now + 30 * DAY)
    assert fresh(row).state == "expired" and addressed("order_answer") == [("county_clerk", "/")]
    assert told(row.asker_id)[-1] == "order_expired"


def test_an_expired_ask_that_the_office_does_not_answer_goes_up_and_the_asker_is_told(
    county: Scene, now: datetime
) -> None:
    row = opened(county, now)
    tick_through(row, now + 14 * DAY)
    assert addressed("order_answer") == [("community_clerk", "/001/003/")]
    assert fresh(row).next_check_at == now + 15 * DAY
    tick_through(row, now + 15 * DAY)
    assert addressed("order_answer") == [("street_clerk", "/001/")]
    assert told(row.asker_id)[-1] == "order_raised" and deeds(row)[-1] == "raise_up"
    tick_through(row, now + 60 * DAY)
    (item,) = work(kind="order_answer")
    assert (item.role, item.path, item.due_at) == ("county_clerk", "/", now + 17 * DAY)
    (late,) = work(kind="order_overdue")
    assert (late.role, late.path, late.due_at) == ("leader", "/001/003/C1/", item.due_at), (
        "above stands its leader"
    )
    assert deeds(row).count("oversee") == 1 and item.due_at < now + 60 * DAY, "and both stay red"
    assert [one.light for one in lit(open_for(county.leader), now + 60 * DAY)] == ["red"]
    actions.answer(order=row.id, words="县里派人去看了。", by=county.county_clerk, now=now + 18 * DAY)
    assert work() == [] and fresh(row).next_check_at is None


def test_a_confirmation_that_never_comes_goes_up(county: Scene, now: datetime) -> None:
    row, _claim = served(county, now)
    tick_through(row, now + 3 * DAY)
    assert addressed("order_confirm") == [("community_clerk", "/001/003/")]
    assert told(row.asker_id)[-1] == "order_unconfirmed"
    tick_through(row, now + 6 * DAY)
    assert addressed("order_confirm") == [("street_clerk", "/001/")]
    tick_through(row, now + 60 * DAY)
    assert addressed("order_confirm") == [("county_clerk", "/")]
    assert addressed("order_overdue") == [("leader", "/001/003/C1/")]
    claim = row.claims.get()
    actions.confirm(order=row.id, claim=claim.id, by=county.county_clerk, now=now + 61 * DAY)
    assert fresh(row).state == "confirmed" and work() == [] and fresh(row).next_check_at is None


def test_without_a_leader_the_administrators_see_what_the_county_owes(county: Scene, now: datetime) -> None:
    vacate("leader")
    row, _claim = served(county, now)
    tick_through(row, now + 60 * DAY)
    assert addressed("order_overdue") == [("admin", "/001/003/C1/")]
    assert actions.act_on_due(now=now + 99 * DAY) == 0, "once"


def test_a_new_turn_of_what_the_county_owes_is_told_again(county: Scene, now: datetime) -> None:
    """Not done after all: served again and again not confirmed, the county is asked once more, and its leader sees it."""
    vacate("community_clerk", "street_clerk")
    row, claim = served(county, now)
    tick_through(row, now + 9 * DAY)
    assert addressed("order_overdue") == [("leader", "/001/003/C1/")]
    later = now + 9 * DAY
    actions.not_done(order=row.id, claim=claim.id, by=county.resident, now=later)
    assert work(kind="order_overdue") == [] == work(kind="order_confirm")
    actions.serve(order=row.id, claim=claim.id, by=county.other_resident, now=later)
    tick_through(row, later + 9 * DAY)
    assert addressed("order_overdue") == [("leader", "/001/003/C1/")]


def test_who_was_not_satisfied_is_answered_by_a_clock_too(county: Scene, now: datetime) -> None:
    row, claim = served(county, now)
    actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)
    actions.rate(order=row.id, claim=claim.id, score="bad", by=county.resident, now=now)
    assert fresh(row).next_check_at == now + DAY
    tick_through(row, now + DAY)
    assert addressed("order_answer") == [("street_clerk", "/001/")]


def test_who_asks_hears_that_the_office_looks_for_somebody(county: Scene, now: datetime) -> None:
    row = asked(county, now, kind="wish.thing")
    actions.approve(order=row.id, public=False, by=county.community_clerk, now=now)
    tick_through(row, now + 2 * DAY)
    assert addressed("order_find") == [("street_clerk", "/001/")]
    assert told(row.asker_id) == ["order_climbed"]


def test_news_of_somebody_without_an_account_reach_who_wrote_it_down(county: Scene, now: datetime) -> None:
    more: dict[str, Any] = {"kind": "help.phone", "place": county.places["compound"].id, "words": WORDS}
    row = actions.ask_for(by=county.grid_worker, now=now, client_id=uuid7(), name="李秀英", **more)
    claim = actions.claim(order=row.id, by=county.rider, now=now)
    actions.serve(order=row.id, claim=claim.id, by=county.rider, now=now)
    assert told(county.grid_worker.person) == ["order_claimed", "order_served"]


# ── rungs on which nobody may do anything ───────────────────────────────────────────────────────────────────────


def test_minding_waits_for_nobody_who_may_not_claim_it(county: Scene, now: datetime) -> None:
    opened(county, now, kind="help.minding")
    assert addressed("order_find") == [("community_clerk", "/001/003/")]  # the office hears at once


def test_minding_is_asked_of_grid_staff_who_were_checked(county: Scene, now: datetime) -> None:
    Vetting.objects.create(
        person_id=county.grid_worker.person, kind="child_care", evidence="record", path="/001/003/",
        checked_at=now, valid_until=(now + 30 * DAY).date(),
    )  # fmt: skip
    opened(county, now, kind="help.minding")
    assert addressed("order_find") == [("grid_worker", "/001/003/g1001/")]


def willing(scene: Scene, numbers: range, now: datetime) -> None:
    """So many neighbours more who would look after children, none of them checked."""
    place = scene.places["compound"]
    with as_owner():
        for number in numbers:
            _person(scene, COUNTY, f"helper{number}", "林晓", [Held("resident")], now)
    for number in numbers:
        person = scene.persons[f"helper{number}"].id
        OrderHelper.objects.create(
            person_id=person, kind="help.minding", place=place, path=place.path, since=now
        )


def test_thirty_candidates_cost_as_many_statements_as_three(county: Scene, now: datetime) -> None:
    row = opened(county, now, kind="help.minding")
    willing(county, range(3), now)
    with counted() as few:
        assert len(queries.candidates(row, now)) == 3
    willing(county, range(3, 30), now)
    with counted() as many:
        found = queries.candidates(row, now)
    assert len(found) == 30 and all(one.barred for one in found)
    assert len(many) == len(few) <= 10, str(many)


# ── what was served when the ask ends ───────────────────────────────────────────────────────────────────────────


def half_done(county: Scene, now: datetime) -> tuple[Any, Any, Any]:
    """Three seats: one served, one held, one free."""
    row, claim = claimed(county, now, seats=3)
    actions.serve(order=row.id, claim=claim.id, by=county.other_resident, now=now)
    held = actions.claim(order=row.id, by=county.rider, now=now)
    return fresh(row), fresh(claim), held


@pytest.mark.parametrize("deed", ["withdraw", "refuse", "withdraw_by_staff"])
def test_what_was_served_is_still_confirmed_when_the_ask_is_over(
    county: Scene, now: datetime, deed: str
) -> None:
    row, claim, held = half_done(county, now)
    if deed == "refuse":
        actions.refuse(order=row.id, reason="不要再去了。", by=county.community_clerk, now=now)
    else:
        by = county.resident if deed == "withdraw" else county.community_clerk
        actions.withdraw(order=row.id, by=by, now=now)
    row = fresh(row)
    assert (row.state, fresh(claim).state, fresh(held).state) == ("served", "served", "released")
    assert row.next_check_at == now + 3 * DAY and work() == []
    if deed != "withdraw":
        assert "order_served" in told(row.asker_id)[-2:]
    tick_through(row, now + 3 * DAY)
    assert addressed("order_confirm") == [("community_clerk", "/001/003/")]
    actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now + 4 * DAY)
    actions.rate(order=row.id, claim=claim.id, score="good", by=county.resident, now=now + 4 * DAY)
    assert fresh(row).state == "confirmed" and fresh(row).next_check_at is None and work() == []


@pytest.mark.parametrize(("deed", "end"), [("withdraw", "withdrawn"), ("refuse", "declined")])
def test_what_was_not_done_after_all_ends_with_the_ask(
    county: Scene, now: datetime, deed: str, end: str
) -> None:
    row, claim, _held = half_done(county, now)
    if deed == "refuse":
        actions.refuse(order=row.id, reason="不要再去了。", by=county.community_clerk, now=now)
    else:
        actions.withdraw(order=row.id, by=county.resident, now=now)
    actions.not_done(order=row.id, claim=claim.id, by=county.resident, now=now)
    assert (fresh(row).state, fresh(claim).state) == (end, "released")
    assert told(county.other_resident.person)[-1] == "order_withdrawn"
    again = actions.reopen(order=row.id, by=county.resident, now=now + DAY)
    assert again.closing == "" and again.state in ("open", "submitted")


def test_what_was_served_for_somebody_erased_is_the_offices_to_confirm(county: Scene, now: datetime) -> None:
    row, claim = served(county, now)
    actions.erase_person(person=county.resident.person, by=county.county_clerk, now=now)
    row = fresh(row)
    assert (row.state, row.asker_id, fresh(claim).state) == ("served", None, "served")
    assert addressed("order_confirm") == [("community_clerk", "/001/003/")]
    tick_through(row, now + 30 * DAY)
    assert addressed("order_confirm") == [("county_clerk", "/")]
    actions.confirm(order=row.id, claim=claim.id, by=county.community_clerk, now=now + 30 * DAY)
    assert fresh(row).state == "confirmed" and work() == []


def test_or_not_and_then_it_is_over(county: Scene, now: datetime) -> None:
    row, claim = served(county, now)
    actions.erase_person(person=county.resident.person, by=county.county_clerk, now=now)
    actions.not_done(order=row.id, claim=claim.id, by=county.community_clerk, now=now)
    assert (fresh(row).state, fresh(claim).state) == ("withdrawn", "released") and work() == []


def test_erasing_asker_and_giver_leaves_nothing_waiting(county: Scene, now: datetime) -> None:
    row, _claim = served(county, now)
    for who in ("resident", "other_resident"):
        actions.erase_person(person=county.persons[who].id, by=county.county_clerk, now=now)
    assert fresh(row).state == "withdrawn" and fresh(row).next_check_at is None and work() == []
