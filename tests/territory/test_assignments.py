"""Departments and officers in grids, units in charge: dated, one lead, no overlap, each within the own territory."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from mulin.ground.people import actions as people
from mulin.ground.territory import actions, queries
from mulin.ground.territory.models import DepartmentGridLink, OfficerAssignment
from mulin.kernel.actor import Actor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, NEIGHBOUR, Scene

SINCE, TODAY, LATER = date(2026, 3, 1), date(2026, 9, 1), date(2026, 9, 20)
DAY = timedelta(days=1)
OUTSIDERS = ["other_clerk", "leader", "department", "grid_worker", "merchant", "resident", "stranger"]


def link(
    scene: Scene,
    now: datetime,
    unit: str = "department",
    grid: str = "a",
    by: Actor | None = None,
    **told: Any,
) -> DepartmentGridLink:
    told = {"on": SINCE} | told
    return actions.link_department(
        organisation=scene.units[unit].id,
        grid=scene.grids[grid],
        by=by or scene.community_clerk,
        now=now,
        **told,
    )


@pytest.fixture
def team(county: Scene, now: datetime) -> Any:
    """A team of the department with two officers, one of them with a credential."""
    made = people.add_team(
        name="市场监管下沉分队",
        home=county.units["department"].id,
        started_on=SINCE,
        by=county.admin,
        now=now,
    )
    for who, number in (("department", "辽N0012345"), ("grid_worker", "")):
        people.join(
            organisation=made, person=county.persons[who].id, credential=number, started_on=SINCE,
            by=county.admin, now=now,
        )  # fmt: skip
    return made


def assign(
    scene: Scene, now: datetime, team: Any, who: str = "department", grid: str = "a", by: Actor | None = None,
    **told: Any,
) -> OfficerAssignment:  # fmt: skip
    told = {"on": TODAY} | told
    return actions.assign_officer(
        person=scene.persons[who].id, team=team.pk, grid=scene.grids[grid], by=by or scene.community_clerk, now=now,
        **told,
    )  # fmt: skip


def leads(scene: Scene, day: date, grid: str = "a") -> list[tuple[UUID, bool]]:
    return [(row.organisation_id, row.leads) for row in queries.department_links(scene.grids[grid].path, day)]


class TestDepartments:
    def test_a_department_has_a_duty_from_a_day_to_a_day(self, county: Scene, now: datetime) -> None:
        row = link(county, now, leads=True)
        actions.end_department_link(link=row.pk, on=TODAY, by=county.community_clerk, now=now)
        unit = county.units["department"].id
        assert [leads(county, day) for day in (SINCE - DAY, SINCE, TODAY - DAY, TODAY)] == [
            [], [(unit, True)], [(unit, True)], [],
        ]  # fmt: skip

    def test_several_are_linked_and_the_leading_one_comes_first(self, county: Scene, now: datetime) -> None:
        link(county, now, "department")
        link(county, now, "other_department", leads=True)
        units = county.units
        assert leads(county, TODAY) == [(units["other_department"].id, True), (units["department"].id, False)]
        assert queries.department_links("", TODAY) == []
        assert queries.department_links("/001/003/", TODAY) == []

    def test_one_department_leads(self, county: Scene, now: datetime) -> None:
        link(county, now, leads=True)
        with pytest.raises(Refused) as refused:
            link(county, now, "other_department", leads=True)
        assert (refused.value.code, refused.value.status) == ("lead_known", 409)
        assert "县市场监督管理局" in refused.value.message

    def test_the_lead_is_handed_over_on_a_day(self, county: Scene, now: datetime) -> None:
        link(county, now, leads=True)
        second = link(county, now, "other_department")
        actions.lead_department(link=second.pk, on=TODAY, by=county.community_clerk, now=now)
        first, other = county.units["department"].id, county.units["other_department"].id
        assert dict(leads(county, TODAY - DAY)) == {first: True, other: False}
        assert dict(leads(county, TODAY)) == {first: False, other: True}

    def test_a_lead_named_on_the_first_day_needs_no_second_row(self, county: Scene, now: datetime) -> None:
        row = link(county, now, on=TODAY)
        actions.lead_department(link=row.pk, on=TODAY, by=county.community_clerk, now=now)
        assert DepartmentGridLink.objects.count() == 1

    def test_the_same_again_changes_nothing(self, county: Scene, now: datetime) -> None:
        assert link(county, now).pk == link(county, now, on=TODAY).pk
        with pytest.raises(Refused) as refused:
            link(county, now, on=TODAY, leads=True)
        assert refused.value.code == "link_known"

    @pytest.mark.parametrize("on", [SINCE, TODAY - DAY])
    def test_days_do_not_overlap(self, county: Scene, now: datetime, on: date) -> None:
        row = link(county, now)
        actions.end_department_link(link=row.pk, on=TODAY, by=county.community_clerk, now=now)
        with pytest.raises(Refused) as refused:
            link(county, now, on=on)
        assert refused.value.code == "overlap"
        link(county, now, on=TODAY)

    def test_one_that_begins_later_is_not_begun_earlier_beside_itself(
        self, county: Scene, now: datetime
    ) -> None:
        link(county, now, on=LATER)
        with pytest.raises(Refused) as refused:
            link(county, now, on=TODAY)
        assert refused.value.code == "overlap"

    def test_a_duty_taken_back_on_its_first_day_never_was(self, county: Scene, now: datetime) -> None:
        row = link(county, now, on=TODAY)
        actions.end_department_link(link=row.pk, on=TODAY, by=county.community_clerk, now=now)
        assert not DepartmentGridLink.objects.exists()
        link(county, now, on=SINCE)

    @pytest.mark.parametrize("unit", ["shop", "property"])
    def test_only_departments_have_duties(self, county: Scene, now: datetime, unit: str) -> None:
        with pytest.raises(Refused) as refused:
            link(county, now, unit)
        assert refused.value.code == "not_a_department"

    def test_no_duty_before_the_grid(self, county: Scene, now: datetime) -> None:
        with pytest.raises(Refused) as refused:
            link(county, now, on=date(2025, 1, 1))
        assert refused.value.code == "too_early"

    @pytest.mark.parametrize("who", OUTSIDERS)
    def test_only_whoever_keeps_the_grid_links_departments(
        self, county: Scene, now: datetime, who: str
    ) -> None:
        row, by = link(county, now), county.actors[who]
        for act in (
            lambda: link(county, now, "other_department", by=by),
            lambda: actions.lead_department(link=row.pk, on=TODAY, by=by, now=now),
            lambda: actions.end_department_link(link=row.pk, on=TODAY, by=by, now=now),
        ):
            with pytest.raises(NotAllowed):
                act()

    @pytest.mark.parametrize("who", ["community_clerk", "street_clerk", "county_clerk", "admin"])
    def test_whoever_keeps_the_grid_may(self, county: Scene, now: datetime, who: str) -> None:
        link(county, now, by=county.actors[who])

    def test_a_grid_and_a_department_take_their_links_along(self, county: Scene, now: datetime) -> None:
        link(county, now)
        link(county, now, "other_department")
        actions.end_grid(grid=county.grids["a"], on=TODAY, by=county.community_clerk, now=now)
        assert leads(county, TODAY) == []
        link(county, now, grid="b")
        people.end_organisation(organisation=county.units["department"].id, by=county.admin, now=now)
        assert leads(county, TODAY, "b") == []

    def test_the_database_keeps_one_lead_and_one_link(self, county: Scene, now: datetime) -> None:
        link(county, now)
        row = link(county, now, "other_department")
        with pytest.raises(IntegrityError), transaction.atomic():
            DepartmentGridLink.objects.update(leads=True)
        with pytest.raises(IntegrityError), transaction.atomic():
            DepartmentGridLink.objects.filter(pk=row.pk).update(organisation=county.units["department"])

    def test_the_neighbour_county_sees_no_link(self, county: Scene, now: datetime) -> None:
        row = link(county, now)
        with county_scope(NEIGHBOUR):
            assert queries.department_links(county.grids["a"].path, TODAY) == []
            with pytest.raises(NotFound):
                actions.end_department_link(link=row.pk, on=TODAY, by=county.neighbour_admin, now=now)


class TestOfficers:
    def test_an_officer_is_shown_with_team_and_credential(
        self, county: Scene, now: datetime, team: Any
    ) -> None:
        assign(county, now, team)
        (officer,) = queries.officers_of_grid(county.grids["a"].id, TODAY)
        assert (officer.name, officer.team_name, officer.credential, officer.role) == (
            "吴工", "市场监管下沉分队", "辽N0012345", "enforcement",
        )  # fmt: skip
        assert queries.officers_of_grid(county.grids["a"].id, TODAY - DAY) == []

    def test_reading_officers_costs_two_statements(self, county: Scene, now: datetime, team: Any) -> None:
        assign(county, now, team)
        assign(county, now, team, "grid_worker", role="patrol")
        with CaptureQueriesContext(connection) as made:
            assert len(queries.officers_of_grid(county.grids["a"].id, TODAY)) == 2
        assert len(made) == 2

    def test_an_officer_counts_once_however_many_grids_he_serves(
        self, county: Scene, now: datetime, team: Any
    ) -> None:
        for grid in ("a", "b"):
            assign(county, now, team, grid=grid)
        assign(county, now, team, "grid_worker", role="liaison")
        assert queries.officers_on_grids(on=TODAY).count() == 2
        assert len(list(queries.officers_on_grids(on=TODAY))) == 2
        assert queries.officers_on_grids(on=TODAY, under="/003/").count() == 0
        assert queries.officers_on_grids(on=TODAY - DAY).count() == 0

    def test_whoever_enforces_needs_a_credential(self, county: Scene, now: datetime, team: Any) -> None:
        with pytest.raises(Refused) as refused:
            assign(county, now, team, "grid_worker")
        assert refused.value.code == "credential_missing"

    @pytest.mark.parametrize(("who", "on"), [("admin", TODAY), ("department", SINCE - DAY)])
    def test_only_the_roster_of_that_day_serves(
        self, county: Scene, now: datetime, team: Any, who: str, on: date
    ) -> None:
        with pytest.raises(Refused) as refused:
            assign(county, now, team, who, on=on)
        assert refused.value.code == "not_on_roster"

    def test_a_department_is_no_team(self, county: Scene, now: datetime) -> None:
        unit = county.units["department"]
        people.join(organisation=unit, person=county.persons["department"].id, by=county.admin, now=now)
        with pytest.raises(Refused) as refused:
            assign(county, now, unit)
        assert refused.value.code == "not_on_roster"

    def test_once_per_grid_and_another_role_is_written_over(
        self, county: Scene, now: datetime, team: Any
    ) -> None:
        first = assign(county, now, team)
        assert assign(county, now, team, on=LATER).pk == first.pk
        assert assign(county, now, team, on=LATER, role="patrol").role == "patrol"
        assert OfficerAssignment.objects.count() == 1

    def test_days_do_not_overlap(self, county: Scene, now: datetime, team: Any) -> None:
        row = assign(county, now, team)
        actions.end_officer(assignment=row.pk, on=LATER, by=county.community_clerk, now=now)
        with pytest.raises(Refused) as refused:
            assign(county, now, team, on=LATER - DAY)
        assert refused.value.code == "overlap"
        assign(county, now, team, on=LATER)

    def test_whoever_leaves_the_team_serves_no_grid_for_it(
        self, county: Scene, now: datetime, team: Any
    ) -> None:
        assign(county, now, team)
        person = county.persons["department"].id
        people.leave(organisation=team, person=person, ended_on=LATER, by=county.admin, now=now)
        assert queries.officers_on_grids(on=LATER - DAY).count() == 1
        assert queries.officers_on_grids(on=LATER).count() == 0

    @pytest.mark.parametrize("who", OUTSIDERS)
    def test_only_whoever_keeps_the_grid_assigns_and_ends(
        self, county: Scene, now: datetime, team: Any, who: str
    ) -> None:
        row, by = assign(county, now, team), county.actors[who]
        with pytest.raises(NotAllowed):
            assign(county, now, team, grid="b", by=by)
        with pytest.raises(NotAllowed):
            actions.end_officer(assignment=row.pk, on=LATER, by=by, now=now)

    def test_the_team_sees_where_its_officers_are(self, county: Scene, now: datetime, team: Any) -> None:
        assign(county, now, team)
        found = queries.assignments_of_team(team.pk, on=TODAY)
        assert [row.grid.name for row in found[county.persons["department"].id]] == ["双虹第一网格"]


class TestCoverage:
    def test_covered_and_uncovered_grids_are_all_the_grids(self, county: Scene, now: datetime) -> None:
        link(county, now)
        parts = (queries.grids_with_department(on=TODAY), queries.grids_without_department(on=TODAY))
        assert [row.count() for row in parts] == [1, 2]
        assert queries.grids_in_force(on=TODAY).count() == 3
        assert queries.grids_in_force(on=TODAY, under="/001/").count() == 2
        assert queries.grids_with_department(on=SINCE - DAY).count() == 0

    def test_a_micro_grid_is_part_of_another_and_does_not_count(self, county: Scene, now: datetime) -> None:
        actions.draw_grid(
            community=county.places["community"],
            name="微网格",
            kind="3",
            on=SINCE,
            by=county.community_clerk,
            now=now,
        )
        assert queries.grids_in_force(on=TODAY).count() == 3


class TestInCharge:
    def test_the_nearest_place_answers_first(self, county: Scene, now: datetime) -> None:
        for place, unit in (
            ("compound", "property"),
            ("community", "other_department"),
            ("street", "department"),
        ):
            actions.put_in_charge(
                organisation=county.units[unit].id,
                division=county.places[place],
                on=SINCE,
                by=county.admin,
                now=now,
            )
        found = queries.units_at("/001/003/C1/B1/", TODAY)
        assert [(one.organisation.name, one.kind) for one in found] == [
            ("安居物业", "compound"), ("县水利局", "community"), ("县市场监督管理局", "subdistrict"),
        ]  # fmt: skip
        assert queries.units_at("/001/003/C1/B1/", SINCE - DAY) == []
        assert queries.units_at("", TODAY) == []

    def test_a_dissolved_unit_answers_for_nothing(self, county: Scene, now: datetime) -> None:
        unit, place = county.units["property"].id, county.places["compound"]
        actions.put_in_charge(organisation=unit, division=place, on=SINCE, by=county.admin, now=now)
        people.end_organisation(organisation=unit, by=county.admin, now=now)
        assert queries.units_at(place.path, TODAY) == []
        with pytest.raises(Refused) as refused:
            actions.put_in_charge(organisation=unit, division=place, on=TODAY, by=county.admin, now=now)
        assert refused.value.code == "organisation_ended"

    def test_two_times_in_charge_do_not_overlap(self, county: Scene, now: datetime) -> None:
        told = {"organisation": county.units["property"].id, "division": county.places["compound"]}
        actions.put_in_charge(**told, on=SINCE, by=county.admin, now=now)
        actions.relieve(**told, on=TODAY, by=county.admin, now=now)
        with pytest.raises(Refused) as refused:
            actions.put_in_charge(**told, on=TODAY - DAY, by=county.admin, now=now)
        assert refused.value.code == "overlap"

    def test_a_place_needs_a_unit_that_there_is(self, county: Scene, now: datetime) -> None:
        with pytest.raises(NotFound):
            actions.put_in_charge(
                organisation=county.persons["resident"].id, division=county.places["compound"], on=TODAY,
                by=county.admin, now=now,
            )  # fmt: skip


# ── many at once ─────


@pytest.mark.django_db(transaction=True)
def test_of_eight_departments_at_once_one_leads(scene: Scene, now: datetime) -> None:
    def lead(unit: str) -> str:
        try:
            with county_scope(COUNTY):
                link(scene, now, unit, leads=True)
        except Refused as refused:
            return refused.code
        return "leads"

    units = ["department", "other_department"] * 4
    found = at_once(*[lambda unit=unit: lead(unit) for unit in units])
    # the one that leads may say so again: the same twice changes nothing
    assert set(found) == {"leads", "lead_known"}
    with county_scope(COUNTY):
        assert DepartmentGridLink.objects.filter(leads=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_put_an_officer_into_a_grid_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        team = people.add_team(
            name="下沉分队", home=scene.units["department"].id, started_on=SINCE, by=scene.admin, now=now
        )
        people.join(
            organisation=team, person=scene.persons["department"].id, credential="辽N0012345", started_on=SINCE,
            by=scene.admin, now=now,
        )  # fmt: skip

    def click() -> UUID:
        with county_scope(COUNTY):
            return assign(scene, now, team).pk

    assert len(set(at_once(*[click] * 8))) == 1
    with county_scope(COUNTY):
        assert OfficerAssignment.objects.count() == 1
        assert apps.get_model("trail.AuditEntry").objects.filter(verb="territory.assign_officer").count() == 1
