"""Points of one community at a merchant of another one: taken by the same rule as at a shop, netted by the day on which the
house heard of them; what may not be taken offline is the alliance's, never the resident's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from mulin.ground.points import actions as ledger
from mulin.ground.points import queries as points
from mulin.kernel.actor import system
from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.actions import acceptance, netting
from mulin.services.exchange.models import Agreement, ForeignMonth, ForeignUse, Netting, Taking
from mulin.services.exchange.queries.acceptance import lines_of
from tests.conftest import as_owner
from tests.exchange.scenes import PLACE
from tests.exchange.test_acceptance import FAR
from tests.exchange.tills import Till, make_till
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene

WHO = "other_grid_worker"


def from_far(till: Till, amount: int = 40, who: str = WHO) -> None:
    """A passbook of 铁西社区 with points, held by somebody who works at no till."""
    by, owner = system(COUNTY, "test"), points.person(till.scene.persons[who].id)
    ledger.issue(by=by, now=till.now, owner=owner, path=FAR)
    ledger.grant_budget(
        by=by, now=till.now, path=FAR, division=till.scene.places["other_community"].id, amount=1000, note="年度",
        key=str(uuid7()),
    )  # fmt: skip
    ledger.publish_rule(
        by=by, now=till.now, code=f"far_{amount}", name="互助", points=amount, effective_on=till.now.date()
    )
    ledger.earn(
        by=by, now=till.now, rule_code=f"far_{amount}", key=str(uuid7()), done_on=till.now.date(),
        subject=("aid_act", uuid7()), story="帮忙", community_path=FAR,
        confirmed_by=till.scene.persons["other_clerk"].id, person=owner.id,
    )  # fmt: skip


@pytest.fixture
def till(county: Scene, now: datetime) -> Till:
    made = make_till(county, now)
    from_far(made)
    return made


def rule(till: Till, reach: str = "own", per_month: int | None = None) -> None:
    acceptance.publish_acceptance(
        reach=reach,
        per_month=per_month,
        effective_on=till.now.date(),
        by=till.scene.county_clerk,
        now=till.now,
    )


def first_of_next(now: datetime) -> datetime:
    first = (now.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime(first.year, first.month, 1, 9, tzinfo=CHINA)


def counted() -> int:
    return sum(ForeignMonth.objects.values_list("points", flat=True))


def test_a_merchant_takes_the_points_of_another_community_and_it_is_a_use(till: Till) -> None:
    row = till.scan(till.code(WHO))
    used = ForeignUse.objects.get()
    assert (used.taking_id, used.redemption_id, used.home, used.taker) == (row.id, None, FAR, PLACE)
    assert (used.points, counted()) == (5, 5)
    till.scan(till.code())
    assert ForeignUse.objects.count() == 1, "the community's own points are none"
    assert list(queries.wrong()) == []


def test_where_the_rule_says_own_only_the_holder_and_the_till_are_told(till: Till) -> None:
    code = till.code(WHO)
    rule(till, "own")
    with pytest.raises(Refused) as told:
        till.code(WHO)
    assert told.value.code == "not_taken_here"
    assert "铁南街道铁西社区的积分" in told.value.message
    for act in (lambda: till.scan(code), lambda: till.paper(till.book(WHO))):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "not_taken_here"
        assert "铁西" not in refused.value.message, "a till learns not whose passbook it is"
    assert till.balance(WHO) == 40 and not Taking.objects.exists() and counted() == 0
    assert till.scan(till.code()).state == "taken"


def test_an_agreement_opens_the_till_and_its_limit_closes_it(till: Till) -> None:
    rule(till, "own")
    row = acceptance.propose_agreement(
        own=PLACE, other=FAR, starts_on=till.now.date(), ends_on=till.now.date() + timedelta(days=50),
        per_month=20, by=till.scene.community_clerk, now=till.now,
    )  # fmt: skip
    acceptance.agree(agreement=row.id, by=till.scene.other_clerk, now=till.now)
    first = till.scan(till.code(WHO, till.dinner))
    till.paper(till.book(WHO))
    for act in (lambda: till.paper(till.book(WHO)), lambda: till.code(WHO)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "month_full"
    assert {one.agreement_id for one in ForeignUse.objects.all()} == {row.id}
    actions.void_taking(taking=first.id, by=till.scene.merchant, now=till.now)
    assert counted() == 5
    assert till.scan(till.code(WHO)).state == "taken"
    assert list(queries.wrong()) == []


def test_offline_what_is_not_taken_there_is_the_alliances_and_not_the_residents(till: Till) -> None:
    rule(till, "own")
    row = till.slip(till.book(WHO))
    assert (row.state, row.taken, row.advanced) == ("taken", 0, 15)
    assert till.balance(WHO) == 40 and points.advanced() == 15
    assert not ForeignUse.objects.exists() and counted() == 0
    assert list(queries.wrong()) == []


def test_offline_beyond_the_months_limit_is_the_alliances_too(till: Till) -> None:
    rule(till, "county", 10)
    assert till.slip(till.book(WHO), offer=till.noodles).taken == 5
    row = till.slip(till.book(WHO))
    assert (row.taken, row.advanced, till.balance(WHO)) == (0, 15, 35)
    assert counted() == 5 and list(queries.wrong()) == []


def test_what_the_passbook_lacks_is_no_use_of_its_community(till: Till) -> None:
    ledger.give(
        by=till.scene.actors[WHO], now=till.now, owner=points.person(till.scene.persons[WHO].id),
        to=points.person(till.scene.persons["resident"].id), amount=32, key="g",
    )  # fmt: skip
    row = till.slip(till.book(WHO))
    assert (row.taken, row.advanced) == (8, 7)
    assert ForeignUse.objects.get().points == 8 and counted() == 8
    ended = till.slip(till.book(WHO), offer=till.noodles)
    assert (ended.taken, ended.advanced) == (0, 5)
    assert ForeignUse.objects.count() == 1 and counted() == 8
    assert list(queries.wrong()) == []


# ── the month ─────


def test_a_month_nets_what_merchants_took_and_leaves_out_what_was_voided(till: Till) -> None:
    till.scan(till.code(WHO, till.dinner))
    gone = till.paper(till.book(WHO))
    actions.void_taking(taking=gone.id, by=till.scene.merchant, now=till.now)
    later = first_of_next(till.now)
    assert netting.draw_up_nettings(now=later) == 1
    row = Netting.objects.get()
    assert (row.first, row.second, row.first_gave, row.second_gave, row.uses) == (PLACE, FAR, 15, 0, 1)
    assert list(queries.wrong()) == []
    Taking.objects.filter(state="taken").update(local_day=later.date())
    assert "netting_changed" in {code for code, _words, _row in queries.wrong()}


def test_a_slip_that_comes_after_the_month_was_drawn_up_is_in_the_next_one(
    till: Till, enter: Enter, clock_at: Any
) -> None:
    till.scan(till.code(WHO))
    paper, later = till.book(WHO), first_of_next(till.now)
    assert netting.draw_up_nettings(now=later) == 1
    evening = later - timedelta(hours=12)
    row = till.slip(paper, done_at=evening, now=later + timedelta(hours=1))
    assert (row.state, row.done_on.month, row.local_day.month) == ("taken", evening.month, later.month)  # type: ignore[union-attr]
    after = first_of_next(later)
    assert netting.draw_up_nettings(now=after) == 1
    old, new = Netting.objects.order_by("month")
    assert (old.first_gave, new.first_gave) == (5, 15)
    (line,) = lines_of(new.month)
    assert line.late and line.merchant
    assert {one.month.month for one in ForeignMonth.objects.all()} == {evening.month}, (
        "the limit is of the day"
    )
    assert list(queries.wrong()) == []
    clock_at(after)
    page = text_of(enter("community_clerk").get(reverse("exchange:netting", args=[new.id])))
    assert "当时没有网，这个月才发来，算在本月" in page


def test_a_month_is_drawn_up_when_what_began_in_it_has_ended(till: Till) -> None:
    till.scan(till.code(WHO))
    midnight = first_of_next(till.now).replace(hour=0)
    assert netting.draw_up_nettings(now=midnight + timedelta(minutes=59)) == 0
    assert actions.draw_up(now=midnight + timedelta(minutes=59)) == 0
    assert netting.draw_up_nettings(now=midnight + timedelta(minutes=60)) == 1
    assert actions.draw_up(now=midnight + timedelta(minutes=60)) == 1


# ── the table, the books, races ─────


def test_a_use_names_one_redemption_or_one_taking(till: Till) -> None:
    row = till.scan(till.code(WHO))
    told: dict[str, Any] = {"home": FAR, "taker": PLACE, "month": till.now.date().replace(day=1), "points": 1}
    for more in ({}, {"taking": row}, {"taking": row, "points": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ForeignUse.objects.create(**(told | more))


def test_the_books_find_a_use_and_a_count_that_were_changed(till: Till) -> None:
    till.scan(till.code(WHO))
    with as_owner():
        ForeignUse.objects.update(points=4)
    assert {"foreign_use", "foreign_month"} == {code for code, _words, _row in queries.wrong()}


@pytest.mark.django_db(transaction=True)
def test_two_proposals_at_once_make_one_agreement(scene: Scene, now: datetime) -> None:
    def want(who: str, own: str, other: str) -> str:
        with county_scope(COUNTY):
            try:
                acceptance.propose_agreement(
                    own=own,
                    other=other,
                    starts_on=now.date(),
                    ends_on=now.date(),
                    by=scene.actors[who],
                    now=now,
                )
            except Stale as stale:
                return stale.code
            return "made"

    ours, theirs = ("community_clerk", PLACE, FAR), ("other_clerk", FAR, PLACE)
    found = at_once(*[lambda told=told: want(*told) for told in (ours, theirs) * 4])
    assert sorted(found) == ["agreed_already"] * 7 + ["made"]
    with county_scope(COUNTY):
        assert Agreement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_tills_that_take_at_once_stay_within_the_months_limit(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        till = make_till(scene, now)
        from_far(till)
        rule(till, "county", 12)
        paper = till.book(WHO)

    def take(offline: bool) -> str:
        with county_scope(COUNTY):
            try:
                row = till.slip(paper, offer=till.noodles) if offline else till.paper(paper)
                return f"{row.taken}"
            except Refused as refused:
                return refused.code

    found = at_once(*[lambda place=place: take(place % 2 == 0) for place in range(8)])
    assert found.count("5") == 2, found
    with county_scope(COUNTY):
        assert counted() == 10 and till.balance(WHO) == 30
        assert list(queries.wrong()) == []


@tried(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(
        st.tuples(st.sampled_from(["code", "slip", "late", "void"]), st.integers(0, 9)), max_size=8
    ),
    limit=st.sampled_from([None, 10, 25]),
)
def test_whatever_is_taken_the_month_is_what_left_the_passbook(
    till: Till, deeds: list[tuple[str, int]], limit: int | None
) -> None:
    around = transaction.savepoint()
    rule(till, "county", limit)
    paper, rows = till.book(WHO), []
    for deed, place in deeds:
        try:
            with transaction.atomic():
                offer = (till.noodles, till.dinner)[place % 2]
                if deed == "code":
                    rows.append(till.scan(till.code(WHO, offer)))
                elif deed != "void":
                    back = timedelta(days=place) if deed == "late" else timedelta(hours=1)
                    rows.append(till.slip(paper, offer=offer, done_at=till.now - back))
                elif rows:
                    actions.void_taking(taking=rows[place % len(rows)].id, by=till.scene.rider, now=till.now)
        except Refused:
            continue
    left, month = 40 - till.balance(WHO), till.now.date().replace(day=1)
    ruled = ForeignMonth.objects.filter(month=month)  # the rule begins with it
    assert left >= 0 and (limit is None or all(one.points <= limit for one in ruled))
    assert sum(one.points for one in lines_of(month)) == left
    netting.draw_up_nettings(now=first_of_next(till.now))
    assert list(queries.wrong()) == []
    transaction.savepoint_rollback(around)
