"""Leave: who enters it, that it does not overlap, who stands in, and that nobody learns the reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from mulin.ground.people import actions, queries
from mulin.ground.people.models import Leave
from mulin.ground.people.rules import check_leave_days
from mulin.kernel.actor import Actor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, NEIGHBOUR, Scene

TODAY = date(2026, 9, 1)
DAY = timedelta(days=1)


def away(
    scene: Scene, now: datetime, who: str = "grid_worker", by: Actor | None = None, **told: Any
) -> Leave:
    stand_in = told.pop("stand_in", "other_grid_worker")
    days = {"first_day": TODAY, "last_day": TODAY + 3 * DAY, "reason": "annual"} | told
    return actions.enter_leave(
        person=scene.persons[who].id,
        stand_in=scene.persons[stand_in].id if stand_in else None,
        by=by or scene.actors[who],
        now=now,
        **days,
    )


class TestDays:
    @given(st.integers(-400, 400), st.integers(-400, 400))
    def test_days_stand_in_order_are_not_over_and_last_a_year_at_most(self, first: int, last: int) -> None:
        told = {"first_day": TODAY + first * DAY, "last_day": TODAY + last * DAY, "today": TODAY}
        if first <= last and last >= 0 and last - first < 366:
            check_leave_days(**told)
        else:
            with pytest.raises(Refused):
                check_leave_days(**told)

    @pytest.mark.parametrize(("first", "last"), [(0, 0), (3, 5), (-2, 9), (1, 2)])
    def test_a_leave_that_shares_a_day_with_another_is_refused(
        self, county: Scene, now: datetime, first: int, last: int
    ) -> None:
        away(county, now)
        with pytest.raises(Refused) as refused:
            away(county, now, first_day=TODAY + first * DAY, last_day=TODAY + last * DAY)
        assert (refused.value.code, refused.value.status) == ("leave_overlaps", 409)

    def test_the_day_after_is_free_and_so_is_a_cancelled_one(self, county: Scene, now: datetime) -> None:
        later = {"first_day": TODAY + 4 * DAY, "last_day": TODAY + 5 * DAY}
        away(county, now)
        row = away(county, now, **later)
        actions.end_leave(leave=row.pk, by=county.grid_worker, now=now)
        away(county, now, **later)
        assert Leave.objects.count() == 3

    def test_the_reason_is_one_of_a_list(self, county: Scene, now: datetime) -> None:
        with pytest.raises(Refused) as refused:
            away(county, now, reason="感冒发烧")
        assert refused.value.code == "leave_reason"


class TestWhoMay:
    @pytest.mark.parametrize("who", ["community_clerk", "street_clerk", "county_clerk", "admin"])
    def test_a_superior_enters_it_too(self, county: Scene, now: datetime, who: str) -> None:
        row = away(county, now, by=county.actors[who])
        assert row.entered_by == county.actors[who].person

    @pytest.mark.parametrize(
        "who",
        ["other_clerk", "other_grid_worker", "leader", "department", "merchant", "resident", "stranger"],
    )
    def test_nobody_else_enters_changes_or_ends_it(self, county: Scene, now: datetime, who: str) -> None:
        by = county.actors[who]
        with pytest.raises(NotAllowed):
            away(county, now, by=by)
        row = away(county, now)
        with pytest.raises(NotAllowed):
            actions.end_leave(leave=row.pk, by=by, now=now)
        with pytest.raises(NotAllowed):
            actions.change_stand_in(leave=row.pk, stand_in=None, by=by, now=now)

    def test_the_leader_of_a_team_enters_it_for_his_people(self, county: Scene, now: datetime) -> None:
        team = actions.add_team(
            name="下沉分队", home=county.units["department"].id, by=county.admin, now=now, started_on=TODAY
        )
        for who in ("department", "other_grid_worker"):
            actions.join(organisation=team, person=county.persons[who].id, by=county.admin, now=now)
        leader = county.persons["department"].id
        actions.name_leader(team=team.pk, person=leader, by=county.admin, now=now)
        away(county, now, "other_grid_worker", by=county.department, stand_in=None)
        with pytest.raises(NotAllowed):
            away(county, now, "grid_worker", by=county.department)

    def test_a_stand_in_is_nobodys_superior(self, county: Scene, now: datetime) -> None:
        from mulin.ground.access import queries as access

        away(county, now, "community_clerk", stand_in="other_grid_worker")
        actor = access.actor_for(county.accounts["other_grid_worker"], COUNTY, on=TODAY)
        assert actor.stands_for
        with pytest.raises(NotAllowed):
            away(county, now, by=actor, stand_in=None)

    def test_residents_take_no_leave_and_stand_in_for_nobody(self, county: Scene, now: datetime) -> None:
        with pytest.raises(Refused) as refused:
            away(county, now, "resident", stand_in=None)
        assert refused.value.code == "not_a_colleague"
        with pytest.raises(Refused) as refused:
            away(county, now, stand_in="resident")
        assert (refused.value.code, refused.value.field) == ("stand_in_unknown", "stand_in")

    def test_a_neighbour_countys_leave_does_not_exist(self, county: Scene, now: datetime) -> None:
        row = away(county, now)
        with county_scope(NEIGHBOUR), pytest.raises(NotFound):
            actions.end_leave(leave=row.pk, by=county.neighbour_admin, now=now)


class TestStandIn:
    def test_one_who_is_away_himself_stands_in_for_nobody(self, county: Scene, now: datetime) -> None:
        away(
            county,
            now,
            "other_grid_worker",
            stand_in=None,
            first_day=TODAY + 3 * DAY,
            last_day=TODAY + 9 * DAY,
        )
        with pytest.raises(Refused) as refused:
            away(county, now)
        assert refused.value.code == "stand_in_away"
        away(county, now, last_day=TODAY + 2 * DAY)

    def test_nobody_stands_in_for_himself(self, county: Scene, now: datetime) -> None:
        with pytest.raises(Refused) as refused:
            away(county, now, stand_in="grid_worker")
        assert refused.value.code == "stand_in_self"

    def test_another_one_takes_over_in_the_middle(self, county: Scene, now: datetime) -> None:
        row = away(county, now)
        clerk = county.persons["community_clerk"].id
        actions.change_stand_in(leave=row.pk, stand_in=clerk, by=county.grid_worker, now=now + DAY)
        worker = county.persons["grid_worker"].id
        assert queries.on_leave([worker], TODAY + DAY) == {worker: clerk}

    def test_whoever_stands_in_may_fall_ill_too(self, county: Scene, now: datetime) -> None:
        away(county, now)
        away(county, now, "other_grid_worker", stand_in="community_clerk", reason="other")
        worker, clerk = county.persons["grid_worker"].id, county.persons["community_clerk"].id
        assert queries.on_leave([worker], now) == {worker: clerk}

    def test_the_choice_is_among_those_one_works_with(self, county: Scene, now: datetime) -> None:
        unit = county.units["department"]
        for who in ("department", "community_clerk"):
            actions.join(organisation=unit, person=county.persons[who].id, by=county.admin, now=now)
        names = queries.colleagues_of(county.persons["department"].id)
        assert [one.pk for one in names] == [county.persons["community_clerk"].id]
        everybody = queries.colleagues_of(county.persons["grid_worker"].id)
        assert county.persons["resident"].id not in {one.pk for one in everybody}
        assert len(everybody) > 5


class TestEnd:
    def test_back_today_means_away_until_yesterday(self, county: Scene, now: datetime) -> None:
        row = away(county, now, last_day=TODAY + 9 * DAY)
        actions.end_leave(leave=row.pk, by=county.grid_worker, now=now + 2 * DAY)
        person = county.persons["grid_worker"].id
        assert [bool(queries.on_leave([person], TODAY + n * DAY)) for n in range(4)] == [
            True,
            True,
            False,
            False,
        ]

    def test_one_that_has_not_begun_never_was(self, county: Scene, now: datetime) -> None:
        row = away(county, now, first_day=TODAY + DAY)
        actions.end_leave(leave=row.pk, by=county.grid_worker, now=now)
        assert queries.on_leave([row.person_id], TODAY + DAY) == {}
        with pytest.raises(NotFound):
            actions.end_leave(leave=row.pk, by=county.grid_worker, now=now)

    def test_one_that_is_over_is_left_alone(self, county: Scene, now: datetime) -> None:
        row = away(county, now)
        with pytest.raises(Refused) as refused:
            actions.end_leave(leave=row.pk, by=county.grid_worker, now=now + 9 * DAY)
        assert refused.value.code == "leave_over"


class TestWhatOthersLearn:
    def test_the_trail_tells_the_days_and_not_the_reason(self, county: Scene, now: datetime) -> None:
        away(county, now, reason="other")
        (entry,) = apps.get_model("trail.AuditEntry").objects.filter(verb="leave.entered")
        assert set(entry.facts) == {"first_day", "last_day", "stand_in"}

    @pytest.mark.parametrize(
        ("who", "sees"),
        [("grid_worker", True), ("other_grid_worker", True), ("community_clerk", True), ("admin", True),
         ("other_clerk", False), ("department", False), ("leader", False)],
    )  # fmt: skip
    def test_a_leave_is_seen_by_both_and_by_superiors(
        self, county: Scene, now: datetime, who: str, sees: bool
    ) -> None:
        away(county, now)
        assert queries.leaves_visible_to(county.actors[who]).exists() == sees

    def test_erasing_a_person_takes_his_leaves_along(self, county: Scene, now: datetime) -> None:
        person = apps.get_model("people.Person").objects.get(pk=county.persons["resident"].id)
        Leave.objects.create(person=person, first_day=TODAY, last_day=TODAY, reason="other", entered_at=now)
        told = queries.export(person.pk)
        assert told["leaves"] == [{"from": "2026-09-01", "until": "2026-09-01", "reason": "other"}]
        actions.erase(person=person.pk, by=county.admin, now=now, reason="counter_request")
        assert not Leave.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_enter_one_leave(scene: Scene, now: datetime) -> None:
    def enter() -> str:
        try:
            with county_scope(COUNTY):
                away(scene, now)
        except Refused as refused:
            return refused.code
        return "entered"

    assert sorted(at_once(*[enter] * 8)) == ["entered"] + ["leave_overlaps"] * 7
