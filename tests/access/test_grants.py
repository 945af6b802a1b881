"""Roles given and ended, accounts opened and reset, and why somebody sees something."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.access import actions, queries
from mulin.ground.people import actions as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import system
from mulin.kernel.clock import local_day
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(county: Scene, now: datetime) -> Any:
    return people.add_person(
        by=county.admin, now=now, name="新同事", public_name="小新", work_phone="0421-7800001"
    )


def test_a_grid_worker_gets_role_and_posting_at_once_and_loses_both(
    county: Scene, newcomer: Any, now: datetime
) -> None:
    grid = county.grids["b"]
    given = actions.grant(
        person=newcomer.pk, role="grid_worker", grid=grid.pk, by=county.community_clerk, now=now
    )
    assert given.path == grid.path
    assert queries.actor_of_person(newcomer.pk).covers(grid.path, "grid_worker")
    assert newcomer.pk in territory.grid_workers(grid.pk, on=local_day(now))
    again = actions.grant(person=newcomer, role="grid_worker", grid=grid, by=county.community_clerk, now=now)
    assert again.pk == given.pk
    actions.end_grant(grant=given.pk, by=county.community_clerk, now=now)
    actions.end_grant(grant=given, by=county.community_clerk, now=now)
    assert queries.actor_of_person(newcomer.pk).held == ()
    assert newcomer.pk not in territory.grid_workers(grid.pk, on=local_day(now))
    verbs = list(
        apps.get_model("trail.AuditEntry").objects.filter(subject_id=given.pk).values_list("verb", flat=True)
    )
    assert sorted(verbs) == ["grant.ended", "grant.given"]


def test_nobody_gives_beyond_his_own_place(county: Scene, newcomer: Any, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.grant(
            person=newcomer.pk,
            role="grid_worker",
            grid=county.grids["c"].pk,
            by=county.community_clerk,
            now=now,
        )
    with pytest.raises(NotAllowed):
        actions.grant(
            person=newcomer.pk,
            role="leader",
            division=county.places["root"].pk,
            by=county.county_clerk,
            now=now,
        )
    with pytest.raises(NotAllowed):
        actions.grant(
            person=newcomer.pk, role="admin", division=county.places["root"].pk, by=county.leader, now=now
        )
    with pytest.raises(NotAllowed):
        actions.end_grant(grant=county.admin.held[0].grant, by=county.county_clerk, now=now)


@pytest.mark.parametrize(
    ("role", "told", "code"),
    [
        ("emperor", {}, "role_unknown"),
        ("grid_worker", {}, "grant_grid"),
        ("grid_worker", {"grid": "a", "division": "community"}, "grant_division"),
        ("community_clerk", {}, "grant_division"),
        ("community_clerk", {"division": "street"}, "grant_division_kind"),
        ("street_clerk", {"division": "community"}, "grant_division_kind"),
        ("admin", {"division": "street"}, "grant_division_kind"),
        ("department_officer", {}, "grant_unit"),
        ("department_officer", {"unit": "shop"}, "grant_unit_kind"),
        ("merchant", {"unit": "department"}, "grant_unit_kind"),
        ("resident", {"division": "community"}, "grant_division"),
        ("leader", {"division": "root", "unit": "department"}, "grant_unit"),
    ],
)
def test_a_grant_names_what_its_role_asks_for(
    county: Scene, newcomer: Any, now: datetime, role: str, told: dict[str, str], code: str
) -> None:
    shelves = {"grid": county.grids, "division": county.places, "unit": county.units}
    bound = {field: shelves[field][key].pk for field, key in told.items()}
    with pytest.raises(Refused) as refused:
        actions.grant(person=newcomer.pk, role=role, by=county.admin, now=now, **bound)
    assert refused.value.code == code


def test_a_property_clerk_may_be_bound_to_a_compound_as_well(
    county: Scene, newcomer: Any, now: datetime
) -> None:
    given = actions.grant(
        person=newcomer.pk, role="property_clerk", unit=county.units["property"].pk,
        division=county.places["compound"].pk, by=county.admin, now=now,
    )  # fmt: skip
    assert (given.path, given.unit_id) == ("/001/003/C1/", county.units["property"].pk)


def test_the_last_administrator_stays(county: Scene, newcomer: Any, now: datetime) -> None:
    with pytest.raises(Refused) as refused:
        actions.end_grant(grant=county.admin.held[0].grant, by=county.admin, now=now)
    assert refused.value.code == "last_admin"
    actions.grant(
        person=newcomer.pk, role="admin", division=county.places["root"].pk, by=county.admin, now=now
    )
    actions.end_grant(grant=county.admin.held[0].grant, by=county.admin, now=now)


def test_grants_of_another_county_do_not_exist(county: Scene, now: datetime) -> None:
    with county_scope(NEIGHBOUR), pytest.raises(NotFound):
        actions.end_grant(grant=county.admin.held[0].grant, by=county.neighbour_admin, now=now)
    with county_scope(NEIGHBOUR):
        assert {one.person_id for one in queries.visible_to(county.neighbour_admin)} == {
            county.persons["neighbour_admin"].pk
        }


def test_everybody_sees_the_grants_below_him_and_his_own(county: Scene) -> None:
    def seen(name: str) -> set[str]:
        return {one.role for one in queries.visible_to(getattr(county, name))}

    assert seen("community_clerk") == {"community_clerk", "grid_worker"}
    assert seen("street_clerk") == {"street_clerk", "community_clerk", "grid_worker"}
    assert seen("grid_worker") == {"grid_worker"}
    assert seen("resident") == {"resident"}
    assert seen("stranger") == set()
    assert "merchant" in seen("admin")


@pytest.mark.parametrize("more", [0, 8])
def test_a_page_of_grants_costs_the_same_for_few_and_many(county: Scene, now: datetime, more: int) -> None:
    for number in range(more):
        someone = people.add_person(by=county.admin, now=now, public_name=f"同事{number}")
        actions.grant(
            person=someone.pk, role="grid_worker", grid=county.grids["b"].pk, by=county.admin, now=now
        )
    with CaptureQueriesContext(connection) as made:
        page = queries.grants_page(county.admin, size=50)
    assert len(page.rows) == 10 + more
    assert len(made) == 5


def test_pages_follow_each_other_without_gap(county: Scene) -> None:
    first = queries.grants_page(county.admin, size=6)
    second = queries.grants_page(county.admin, size=6, at=first.next)
    keys = [line["grant"].pk for line in (*first.rows, *second.rows)]
    assert len(keys) == len(set(keys)) == 10
    assert second.next == ""


def test_an_actor_costs_two_statements(county: Scene) -> None:
    with CaptureQueriesContext(connection) as made:
        actor = queries.actor_for(county.accounts["grid_worker"], COUNTY)
    assert len(made) == 2
    assert actor == county.grid_worker


def test_why_says_role_place_and_policy(county: Scene) -> None:
    (words,) = queries.why(county.grid_worker, path="/001/003/g1001/")
    assert "网格员" in words
    assert "叶柏寿街道双虹社区第一网格" in words
    assert str(queries.roles()["grid_worker"].policy) in words
    assert queries.why(county.grid_worker, path="/003/004/g1001/") == []
    assert "县市场监督管理局" in queries.why(county.department, unit=county.units["department"].pk)[0]
    assert queries.why(county.resident, owner=county.persons["resident"].pk) == ["这是您本人的。"]
    assert queries.why(county.stranger, path="/001/003/g1001/") == []


# ── accounts ─────


def test_an_account_is_opened_once_with_a_password_for_one_time(
    county: Scene, newcomer: Any, now: datetime
) -> None:
    account, once = actions.open_account(
        username=" XiaoXin ", person=newcomer.pk, by=county.community_clerk, now=now
    )
    assert account.username == "xiaoxin"
    assert account.must_change_password
    assert account.check_password(once)
    with pytest.raises(Refused) as refused:
        actions.open_account(username="xiaoxin2", person=newcomer.pk, by=county.admin, now=now)
    assert refused.value.code == "account_known"
    other = people.add_person(by=county.admin, now=now)
    with pytest.raises(Refused) as refused:
        actions.open_account(username="xiaoxin", person=other.pk, by=county.admin, now=now)
    assert (refused.value.code, refused.value.field) == ("username_taken", "username")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("13800138000", "username_is_phone"),
        ("小新", "username_invalid"),
        ("ab", "username_invalid"),
        ("example-x", "username_reserved"),
    ],
)
def test_user_names_carry_no_number_and_no_example_prefix(
    county: Scene, newcomer: Any, now: datetime, name: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.open_account(username=name, person=newcomer.pk, by=county.admin, now=now)
    assert refused.value.code == code


def test_example_people_are_made_by_the_product_in_an_example_county_only(
    county: Scene, newcomer: Any, now: datetime
) -> None:
    account, once = actions.open_account(
        username="example-xin", person=newcomer.pk, by=system(COUNTY, "demo"), now=now, password=""
    )
    assert once == ""
    assert not account.has_usable_password()
    with county_scope(NEIGHBOUR):
        stranger = people.add_person(by=county.neighbour_admin, now=now)
        with pytest.raises(Refused):
            actions.open_account(
                username="example-he", person=stranger.pk, by=system(NEIGHBOUR, "demo"), now=now, password=""
            )


def test_only_the_countys_administrator_takes_accounts_over(
    county: Scene, newcomer: Any, now: datetime
) -> None:
    account, once = actions.open_account(username="xiaoxin", person=newcomer.pk, by=county.admin, now=now)
    for other in (county.county_clerk, county.community_clerk, county.leader, county.resident):
        with pytest.raises(NotAllowed):
            actions.reset_password(account=account, by=other, now=now)
    fresh = actions.reset_password(account=account, by=county.admin, now=now)
    assert fresh != once
    assert account.check_password(fresh)
    account.is_superuser = True
    with pytest.raises(Refused) as refused:
        actions.remove_second_factor(account=account, by=county.admin, now=now)
    assert refused.value.code == "account_of_installation"


def test_an_account_of_two_counties_is_reset_by_neither(county: Scene, now: datetime) -> None:
    account = county.accounts["grid_worker"]
    apps.get_model("access.AccountCounty").objects.create(
        account=account,
        county_code=NEIGHBOUR,
        person_id=county.persons["neighbour_admin"].pk.__class__(int=7),
    )
    with pytest.raises(Refused) as refused:
        actions.reset_password(account=account, by=county.admin, now=now)
    assert refused.value.code == "account_elsewhere"


def test_an_account_is_closed_at_once_but_never_ones_own(county: Scene, now: datetime) -> None:
    with pytest.raises(Refused):
        actions.close_account(account=county.accounts["admin"], by=county.admin, now=now)
    actions.close_account(account=county.accounts["grid_worker"], by=county.admin, now=now)
    assert not queries.account(county.accounts["grid_worker"].pk).is_active
    actions.reopen_account(account=county.accounts["grid_worker"], by=county.admin, now=now)
    assert queries.account(county.accounts["grid_worker"].pk).is_active


def test_nobody_opens_an_account_for_somebody_above_him(county: Scene, newcomer: Any, now: datetime) -> None:
    actions.grant(
        person=newcomer.pk, role="admin", division=county.places["root"].pk, by=county.admin, now=now
    )
    for other in (county.community_clerk, county.street_clerk, county.county_clerk):
        with pytest.raises(NotAllowed):
            actions.open_account(username="xiaoxin", person=newcomer.pk, by=other, now=now)
    actions.open_account(username="xiaoxin", person=newcomer.pk, by=county.admin, now=now)


def test_a_resident_gets_his_account_at_the_communitys_counter(
    county: Scene, newcomer: Any, now: datetime
) -> None:
    actions.grant(person=newcomer.pk, role="resident", by=county.admin, now=now)
    assert actions.open_account(username="xiaoxin", person=newcomer.pk, by=county.community_clerk, now=now)
