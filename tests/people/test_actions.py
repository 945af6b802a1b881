"""Persons, organisations, households and consent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.people import actions, queries
from mulin.kernel.actor import visitor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db
PHONE = "13800138000"


def rows(label: str) -> Any:
    return apps.get_model(label).objects


def test_a_person_is_stored_encrypted_and_found_by_his_number(county: Scene, now: datetime) -> None:
    made = actions.add_person(
        by=county.community_clerk, now=now, name="王秀兰", phone="138 0013 8000", email="w@example.cn"
    )
    stored = json.dumps(rows("people.Person").filter(pk=made.pk).values()[0], default=str, ensure_ascii=False)
    assert "王秀兰" not in stored
    assert PHONE not in stored
    assert "example.cn" not in stored
    found = queries.find_by_phone("+86 138-0013-8000")
    assert found is not None
    assert found.pk == made.pk
    assert queries.contact(made.pk) == queries.Contact("王秀兰", PHONE, "w@example.cn", "")
    assert queries.contact(made.pk).masked().phone == "138****8000"


def test_a_number_belongs_to_one_person(county: Scene, now: datetime) -> None:
    actions.add_person(by=county.admin, now=now, phone=PHONE)
    with pytest.raises(Refused) as refused:
        actions.add_person(by=county.admin, now=now, name="另一人", phone="+8613800138000")
    assert (refused.value.code, refused.value.field) == ("phone_known", "phone")


def test_the_neighbour_county_knows_nobody_of_ours(county: Scene, now: datetime) -> None:
    made = actions.add_person(by=county.admin, now=now, phone=PHONE)
    with county_scope(NEIGHBOUR):
        assert queries.find_by_phone(PHONE) is None
        with pytest.raises(NotFound):
            queries.person(made.pk)
        actions.add_person(by=county.neighbour_admin, now=now, phone=PHONE)


def test_find_or_add_returns_the_same_person_and_never_takes_over_a_name(
    county: Scene, now: datetime
) -> None:
    first = actions.find_or_add(phone=PHONE, name="王秀兰", by=visitor(COUNTY), now=now)
    again = actions.find_or_add(phone="138-0013-8000", name="冒名者", by=visitor(COUNTY), now=now)
    assert first.pk == again.pk
    assert queries.contact(first.pk).name == "王秀兰"


def test_find_or_add_costs_four_statements_for_a_new_number_and_two_for_a_known_one(
    county: Scene, now: datetime
) -> None:
    with CaptureQueriesContext(connection) as fresh:
        actions.find_or_add(phone=PHONE, by=visitor(COUNTY), now=now)
    with CaptureQueriesContext(connection) as known:
        actions.find_or_add(phone=PHONE, by=visitor(COUNTY), now=now)
    assert len(fresh) == 4
    assert len(known) == 2


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_person(county: Scene, now: datetime) -> None:
    def report(_number: int) -> Any:
        try:
            with county_scope(COUNTY):
                return actions.find_or_add(phone=PHONE, by=visitor(COUNTY), now=now).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(report, range(8)))
    assert len(found) == 1
    assert rows("trail.AuditEntry").filter(verb="person.added").count() == 1


def test_the_trail_tells_which_fields_changed_and_never_their_values(county: Scene, now: datetime) -> None:
    person = county.persons["resident"].pk
    actions.change_person(
        person=person, by=county.resident, now=now, name="王秀英（改）", phone=PHONE, language="en"
    )
    entry = rows("trail.AuditEntry").get(verb="person.changed")
    assert entry.facts == {"fields": ["language", "name", "phone"]}
    told = json.dumps(list(rows("trail.AuditDetail").values("payload")), ensure_ascii=False)
    assert PHONE not in told
    assert "王秀英" not in told


def test_changing_nothing_leaves_no_trail(county: Scene, now: datetime) -> None:
    actions.change_person(person=county.persons["resident"].pk, by=county.resident, now=now, name="王秀英")
    assert not rows("trail.AuditEntry").filter(verb="person.changed").exists()


def test_nobody_changes_another_resident_or_calls_himself_staff(county: Scene, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.change_person(
            person=county.persons["resident"].pk, by=county.other_resident, now=now, name="x"
        )
    with pytest.raises(NotAllowed):
        actions.change_person(
            person=county.persons["resident"].pk, by=county.resident, now=now, public_name="县长"
        )


def test_a_reveal_is_a_look_that_the_person_can_read(county: Scene, now: datetime) -> None:
    person = county.persons["resident"].pk
    plain = actions.reveal(person=person, by=county.grid_worker, now=now, why="case 211322-1")
    assert plain.phone == county.phones["resident"]
    (look,) = queries.looks(person)
    assert look["who"] == "张工"
    assert queries.export(person)["who_looked"][0]["by"] == "张工"


# ── organisations ─────


def test_an_organisation_is_known_once_while_it_stands(county: Scene, now: datetime) -> None:
    unit = actions.add_organisation(
        by=county.county_clerk, now=now, kind="professional_team", name="供热抢修队", credit_code="91110000101623741K",
        duty_phone="0421-7812345", parent=county.units["department"], started_on=date(2026, 1, 1),
    )  # fmt: skip
    assert unit.sort_key == "供热抢修队"
    with pytest.raises(Refused) as refused:
        actions.add_organisation(by=county.admin, now=now, kind="professional_team", name="供热抢修队")
    assert refused.value.code == "organisation_known"
    actions.end_organisation(organisation=unit, by=county.admin, now=now)
    again = actions.add_organisation(by=county.admin, now=now, kind="professional_team", name="供热抢修队")
    assert again.pk != unit.pk


def test_clerks_of_a_community_found_no_departments(county: Scene, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.add_organisation(by=county.community_clerk, now=now, kind="department", name="我的局")
    with pytest.raises(NotAllowed):
        actions.join(
            organisation=county.units["department"],
            person=county.persons["resident"],
            by=county.leader,
            now=now,
        )


def test_memberships_are_dated_and_one_unit_counts_a_person_once(county: Scene, now: datetime) -> None:
    unit, person = county.units["department"], county.persons["department"]
    first = actions.join(organisation=unit, person=person, post="科员", by=county.admin, now=now)
    again = actions.join(organisation=unit.pk, person=person.pk, post="科长", by=county.admin, now=now)
    assert first.pk == again.pk
    with pytest.raises(Refused) as refused:
        actions.end_organisation(organisation=unit, by=county.admin, now=now)
    assert refused.value.code == "organisation_in_use"
    assert actions.leave(organisation=unit, person=person, by=county.admin, now=now)
    assert not actions.leave(organisation=unit, person=person, by=county.admin, now=now)
    later = actions.join(organisation=unit, person=person, by=county.admin, now=now + timedelta(days=1))
    assert later.pk != first.pk


def test_changing_an_organisation_moves_its_place_in_the_list_with_its_name(
    county: Scene, now: datetime
) -> None:
    unit = actions.change_organisation(
        organisation=county.units["shop"], by=county.admin, now=now, name="新永和超市"
    )
    assert unit.sort_key == "新永和超市"
    with pytest.raises(Refused):
        actions.change_organisation(organisation=unit, by=county.admin, now=now, credit_code="1")


# ── households and consent ─────


def test_a_person_lives_in_one_household_at_a_time(county: Scene, now: datetime) -> None:
    person = county.persons["resident"].pk
    home = actions.add_household(label="2单元301", by=county.community_clerk, now=now)
    other = actions.add_household(label="1单元101", by=county.community_clerk, now=now)
    member = actions.move_in(household=home.pk, person=person, by=county.community_clerk, now=now)
    assert (
        actions.move_in(household=home.pk, person=person, by=county.community_clerk, now=now).pk == member.pk
    )
    with pytest.raises(Refused) as refused:
        actions.move_in(household=other.pk, person=person, by=county.community_clerk, now=now)
    assert refused.value.code == "lives_elsewhere"
    assert actions.move_out(person=person, by=county.community_clerk, now=now)
    assert not actions.move_out(person=person, by=county.community_clerk, now=now)
    assert actions.move_in(household=other.pk, person=person, by=county.community_clerk, now=now)


def test_consent_keeps_the_words_that_were_shown_and_can_be_taken_back(county: Scene, now: datetime) -> None:
    person = county.persons["resident"].pk
    given = actions.give_consent(
        person=person, purpose="contact", by=county.resident, now=now, wording="当时的话"
    )
    again = actions.give_consent(person=person, purpose="contact", by=county.resident, now=now)
    assert (given.pk, again.wording) == (again.pk, "当时的话")
    assert queries.consented(person, "contact")
    with pytest.raises(NotAllowed):
        actions.withdraw_consent(person=person, purpose="contact", by=county.other_resident, now=now)
    assert actions.withdraw_consent(person=person, purpose="contact", by=county.resident, now=now)
    assert not queries.consented(person, "contact")
    assert rows("people.Consent").get(pk=given.pk).withdrawn_at == now
    with pytest.raises(Refused):
        actions.give_consent(person=uuid7(), purpose="marketing", by=county.resident, now=now)
