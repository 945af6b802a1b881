"""Professional teams: a home, a leader, a roster with credentials, and where they were sent; all of it dated."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from mulin.ground.people import actions, queries
from mulin.ground.people.models import Membership, Organisation, Secondment
from mulin.ground.people.rules import checked_credential
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, NEIGHBOUR, Scene

SINCE, TODAY, LATER = date(2026, 3, 1), date(2026, 9, 1), date(2026, 9, 20)


def a_team(scene: Scene, now: datetime, name: str = "市场监管下沉分队") -> Organisation:
    home = scene.units["department"].id
    return actions.add_team(name=name, home=home, started_on=SINCE, by=scene.county_clerk, now=now)


def enrol(scene: Scene, now: datetime, team: Organisation, who: str, **told: Any) -> Membership:
    person = scene.persons[who].id
    told = {"post": "队员", "started_on": SINCE} | told
    return actions.join(organisation=team, person=person, by=scene.county_clerk, now=now, **told)


def an_office(scene: Scene, now: datetime) -> Organisation:
    return actions.add_organisation(
        kind="subdistrict_office", name="叶柏寿街道办事处", by=scene.admin, now=now, started_on=SINCE
    )


@pytest.mark.parametrize(
    ("typed", "kept"), [(" 辽 n0012 345 ", "辽N0012345"), ("１２３４５", "12345"), ("", "")]
)
def test_the_number_of_a_credential_is_kept_as_it_is_printed(typed: str, kept: str) -> None:
    assert checked_credential(typed) == kept


@pytest.mark.parametrize("typed", ["123", "12;DROP", "x" * 41])
def test_what_cannot_be_a_credential_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_credential(typed)
    assert refused.value.code == "credential_invalid"


class TestTeam:
    def test_a_team_belongs_to_a_department(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        assert (team.kind, team.parent_id) == ("professional_team", county.units["department"].id)
        with pytest.raises(Refused) as refused:
            actions.add_team(name="商户队", home=county.units["shop"].id, by=county.admin, now=now)
        assert (refused.value.code, refused.value.field) == ("team_home", "home")

    @pytest.mark.parametrize(
        "who",
        ["street_clerk", "community_clerk", "leader", "department", "grid_worker", "resident", "stranger"],
    )
    def test_only_the_whole_countys_clerks_and_administrators_manage_teams(
        self, county: Scene, now: datetime, who: str
    ) -> None:
        team, office = a_team(county, now), an_office(county, now)
        enrol(county, now, team, "department")
        by, person = county.actors[who], county.persons["department"].id
        for act in (
            lambda: actions.add_team(name="又一队", home=county.units["department"].id, by=by, now=now),
            lambda: actions.name_leader(team=team.pk, person=person, by=by, now=now),
            lambda: actions.second(team=team.pk, host=office.pk, by=by, now=now),
            lambda: actions.recall(team=team.pk, by=by, now=now),
        ):
            with pytest.raises(NotAllowed):
                act()

    def test_a_team_is_active_while_somebody_is_on_its_roster(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        assert not queries.active_teams(on=TODAY).exists()
        enrol(county, now, team, "department", started_on=date(2026, 5, 1))
        assert [list(queries.active_teams(on=day)) for day in (date(2026, 4, 30), date(2026, 5, 1))] == [
            [], [team],
        ]  # fmt: skip
        person = county.persons["department"].id
        actions.leave(organisation=team, person=person, by=county.admin, now=now, ended_on=TODAY)
        assert queries.active_teams(on=TODAY - timedelta(1)).exists()
        assert not queries.active_teams(on=TODAY).exists()

    def test_a_department_finds_its_active_teams(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        enrol(county, now, team, "department")
        assert queries.teams_of_department(county.units["department"].id, on=TODAY) == [team]
        assert queries.teams_of_department(county.units["other_department"].id, on=TODAY) == []

    def test_the_neighbour_county_knows_no_team_of_ours(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        with county_scope(NEIGHBOUR):
            assert not queries.teams(on=TODAY).exists()
            with pytest.raises(Refused):
                actions.recall(team=team.pk, by=county.neighbour_admin, now=now)

    def test_a_list_of_teams_costs_the_same_for_one_and_for_three(self, county: Scene, now: datetime) -> None:
        costs = []
        for name in ("一队", "二队", "三队"):
            enrol(county, now, a_team(county, now, name), "department")
            with CaptureQueriesContext(connection) as made:
                lines = queries.team_lines(on=TODAY)
            costs.append(len(made))
        assert [line.size for line in lines] == [1, 1, 1]
        assert costs == [3, 3, 3]


class TestRoster:
    def test_a_credential_is_written_once_and_corrected_in_place(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        enrol(county, now, team, "department", credential="辽N0012345")
        enrol(county, now, team, "department", credential="辽N0012346")
        member = Membership.objects.get(organisation=team)
        assert member.credential == "辽N0012346"
        assert queries.credentials([(team.pk, member.person_id)]) == {
            (team.pk, member.person_id): "辽N0012346"
        }

    def test_nobody_bears_another_ones_credential(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        enrol(county, now, team, "department", credential="辽N0012345")
        with pytest.raises(Refused) as refused:
            enrol(county, now, team, "grid_worker", credential="辽n 0012345")
        assert (refused.value.code, refused.value.field) == ("credential_known", "credential")
        assert Membership.objects.filter(organisation=team).count() == 1

    def test_joining_without_a_word_about_it_keeps_the_credential(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        enrol(county, now, team, "department", credential="辽N0012345")
        assert enrol(county, now, team, "department", post="副队长").credential == "辽N0012345"

    def test_erasing_a_person_takes_his_credential_along(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        enrol(county, now, team, "resident", credential="辽N0012345")
        person = county.persons["resident"].id
        actions.erase(person=person, by=county.admin, now=now, reason="counter_request")
        assert not Membership.objects.filter(person_id=person).exclude(credential="").exists()


class TestLeader:
    def test_the_days_tell_who_led_when(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        for who in ("department", "grid_worker"):
            enrol(county, now, team, who, credential=f"辽N{len(who):04d}")
        first, second = county.persons["department"].id, county.persons["grid_worker"].id
        actions.name_leader(team=team.pk, person=first, by=county.admin, now=now, on=SINCE)
        actions.name_leader(team=team.pk, person=second, by=county.admin, now=now, on=TODAY)

        def leader(day: date) -> list[UUID]:
            return [one.person_id for one in queries.roster(team.pk, on=day) if one.leads]

        assert leader(TODAY - timedelta(1)) == [first]
        assert leader(TODAY) == [second]
        assert [queries.roster(team.pk, on=day).count() for day in (SINCE, TODAY, LATER)] == [2, 2, 2]
        assert {one.credential for one in queries.roster(team.pk, on=TODAY)} == {"辽N0010", "辽N0011"}

    def test_who_leads_already_is_left_alone(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        enrol(county, now, team, "department")
        person = county.persons["department"].id
        for day in (TODAY, LATER):
            actions.name_leader(team=team.pk, person=person, by=county.admin, now=now, on=day)
        assert Membership.objects.filter(organisation=team, leads=True).count() == 1

    def test_only_somebody_of_the_roster_leads(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        with pytest.raises(Refused) as refused:
            actions.name_leader(
                team=team.pk, person=county.persons["grid_worker"].id, by=county.admin, now=now
            )
        assert refused.value.code == "not_on_roster"

    def test_nobody_leads_before_he_came(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        enrol(county, now, team, "department")
        person = county.persons["department"].id
        with pytest.raises(Refused) as refused:
            actions.name_leader(
                team=team.pk, person=person, by=county.admin, now=now, on=SINCE - timedelta(1)
            )
        assert refused.value.code == "too_early"

    def test_the_database_keeps_one_leader(self, county: Scene, now: datetime) -> None:
        team = a_team(county, now)
        for who in ("department", "grid_worker"):
            enrol(county, now, team, who)
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(organisation=team).update(leads=True)


class TestSecondment:
    def test_a_team_works_at_one_place_at_a_time(self, county: Scene, now: datetime) -> None:
        team, office = a_team(county, now), an_office(county, now)
        other = county.units["other_department"].id
        actions.second(team=team.pk, host=office.pk, on=SINCE, by=county.admin, now=now)
        actions.second(team=team.pk, host=other, on=TODAY, by=county.admin, now=now)
        assert queries.hosts_of([team.pk], on=TODAY - timedelta(1))[team.pk].pk == office.pk
        assert queries.hosts_of([team.pk], on=TODAY)[team.pk].pk == other
        assert actions.recall(team=team.pk, on=LATER, by=county.admin, now=now)
        assert queries.hosts_of([team.pk], on=LATER) == {}
        assert [row.home_id for row in queries.secondments(team.pk)] == [county.units["department"].id] * 2

    def test_the_same_again_changes_nothing(self, county: Scene, now: datetime) -> None:
        team, office = a_team(county, now), an_office(county, now)
        for day in (SINCE, TODAY):
            actions.second(team=team.pk, host=office.pk, on=day, by=county.admin, now=now)
        assert Secondment.objects.count() == 1
        assert not actions.recall(team=a_team(county, now, "二队").pk, by=county.admin, now=now)

    def test_days_do_not_overlap(self, county: Scene, now: datetime) -> None:
        team, office = a_team(county, now), an_office(county, now)
        actions.second(team=team.pk, host=office.pk, on=SINCE, by=county.admin, now=now)
        actions.recall(team=team.pk, on=TODAY, by=county.admin, now=now)
        with pytest.raises(Refused) as refused:
            actions.second(team=team.pk, host=office.pk, on=TODAY - timedelta(1), by=county.admin, now=now)
        assert refused.value.code == "secondment_overlaps"

    def test_a_secondment_taken_back_on_its_first_day_never_was(self, county: Scene, now: datetime) -> None:
        team, office = a_team(county, now), an_office(county, now)
        actions.second(team=team.pk, host=office.pk, on=TODAY, by=county.admin, now=now)
        actions.recall(team=team.pk, on=TODAY, by=county.admin, now=now)
        assert not Secondment.objects.exists()
        verbs = apps.get_model("trail.AuditEntry").objects.filter(subject_id=team.pk).order_by("id")
        assert list(verbs.values_list("verb", flat=True))[-2:] == ["team.seconded", "team.recalled"]

    @pytest.mark.parametrize("host", ["department", "shop"])
    def test_nobody_is_sent_home_or_to_a_shop(self, county: Scene, now: datetime, host: str) -> None:
        team = a_team(county, now)
        with pytest.raises(Refused) as refused:
            actions.second(team=team.pk, host=county.units[host].id, by=county.admin, now=now)
        assert refused.value.code == "team_host"

    def test_a_host_is_not_dissolved_over_the_head_of_a_team(self, county: Scene, now: datetime) -> None:
        team, office = a_team(county, now), an_office(county, now)
        actions.second(team=team.pk, host=office.pk, on=SINCE, by=county.admin, now=now)
        with pytest.raises(Refused) as refused:
            actions.end_organisation(organisation=office, by=county.admin, now=now)
        assert refused.value.code == "organisation_in_use"

    def test_a_dissolved_team_is_nowhere(self, county: Scene, now: datetime) -> None:
        team, office = a_team(county, now), an_office(county, now)
        actions.second(team=team.pk, host=office.pk, on=SINCE, by=county.admin, now=now)
        actions.end_organisation(organisation=team, by=county.admin, now=now)
        assert queries.hosts_of([team.pk], on=TODAY) == {}
        with pytest.raises(Refused):
            actions.second(team=team.pk, host=office.pk, by=county.admin, now=now)

    def test_an_unknown_team_is_not_found(self, county: Scene, now: datetime) -> None:
        with pytest.raises((NotFound, Refused)) as refused:
            actions.recall(team=county.units["department"].id, by=county.admin, now=now)
        assert refused.value.status == 404


@pytest.mark.django_db(transaction=True)
def test_two_clerks_naming_a_leader_at_once_leave_one(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        team = a_team(scene, now)
        for who in ("department", "grid_worker"):
            enrol(scene, now, team, who)

    def name(who: str) -> None:
        with county_scope(COUNTY):
            person = scene.persons[who].id
            actions.name_leader(team=team.pk, person=person, by=scene.admin, now=now, on=TODAY)

    at_once(*[lambda who=who: name(who) for who in ("department", "grid_worker") * 4])
    with county_scope(COUNTY):
        assert queries.roster(team.pk, on=TODAY).filter(leads=True).count() == 1
        assert queries.roster(team.pk, on=TODAY).count() == 2
