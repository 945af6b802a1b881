"""Rules by groups and by months: cells open to their acts, few people are not told, nor found from the sums."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from mulin.ground.people import actions as people
from mulin.ground.points import actions, queries
from mulin.ground.points.queries import crossing, overview
from mulin.ground.points.rules.crossing import untold
from mulin.ground.points.rules.fairness import SMALL
from mulin.kernel.actor import Actor
from tests.journeys.steps import asked as counted
from tests.points.conftest import PLACE, Bank, family
from tests.points.test_views import Enter, enter, without_second_factor

__all__ = ["enter", "without_second_factor"]


# ── which cells are told ─────


def test_a_cell_of_few_takes_another_of_its_row_and_column_with_it() -> None:
    members = {("a", "x"): 2, ("a", "y"): 9, ("a", "z"): 7, ("b", "x"): 8, ("b", "y"): 6, ("b", "z"): 6}
    assert untold(members) == {("a", "x"), ("a", "z"), ("b", "x"), ("b", "z")}


def test_many_everywhere_are_told() -> None:
    assert untold({("a", "x"): 5, ("a", "y"): 5, ("b", "x"): 0, ("b", "y"): 99}) == set()


def test_where_all_of_a_row_are_few_it_is_not_told_in_which_column_they_are() -> None:
    members = {("a", "x"): 3, ("a", "y"): 0, ("b", "x"): 9, ("b", "y"): 9}
    assert {("a", "x"), ("a", "y")} <= untold(members)


@given(st.lists(st.integers(0, 20), min_size=12, max_size=12))
def test_no_few_are_found_by_taking_what_is_told_from_a_sum(numbers: list[int]) -> None:
    members = dict(zip(product("abc", "wxyz"), numbers, strict=True))
    out = untold(members)
    assert all(place in out for place, n in members.items() if 0 < n < SMALL)
    for axis in (0, 1):
        for line in {place[axis] for place in members}:
            cells = [place for place in members if place[axis] == line]
            gone = [place for place in cells if place in out]
            enough = len(gone) >= 2 and sum(members[place] for place in gone) >= SMALL
            assert not gone or enough or len(gone) == len(cells)


# ── the table ─────


def do(bank: Bank, who: str, rule: str, number: int) -> None:
    """So many neighbours, or households, with one act each."""
    for n in range(number):
        person = people.add_person(by=bank.by, now=bank.now, name=f"{who}{rule}{n}")
        owner = queries.person(person.pk)
        if who == "family":
            home = people.add_household(label=f"{rule}{n}", by=bank.by, now=bank.now)
            people.move_in(household=home.pk, person=person.pk, by=bank.by, now=bank.now)
            owner = queries.household(home.pk)
        actions.issue(by=bank.by, now=bank.now, owner=owner, path=PLACE)
        bank.earn(owner, rule_code=rule)


@pytest.fixture
def two_rules(bank: Bank) -> Bank:
    """Of "help" 6 neighbours and 6 families, of "snow" 7 neighbours and 6 families, of "tree" 2 neighbours, 6 families."""
    for code, name in (("snow", "扫雪"), ("tree", "种树")):
        actions.publish_rule(
            by=bank.by, now=bank.now, code=code, name=name, points=4, effective_on=bank.now.date()
        )
    for rule, residents in (("help", 6), ("snow", 7), ("tree", 2)):
        do(bank, "resident", rule, residents)
        do(bank, "family", rule, 6)
    return bank


def asked(bank: Bank) -> overview.Asked:
    day = bank.now.date()
    return overview.Asked(day.replace(day=1), day)


def test_rules_by_groups_tell_no_few_people(two_rules: Bank) -> None:
    columns, rows = crossing.by_group(two_rules.scene.county_clerk, asked(two_rules))
    assert {one.codes for one in columns} == {"family", "resident"}
    told = {(row.rule, cell.codes): cell.acts for row in rows for cell in row.cells if cell.told}
    assert set(told) <= {("help", "family"), ("help", "resident"), ("snow", "family"), ("snow", "resident")}
    assert ("tree", "resident") not in told and ("tree", "family") not in told, "2 of 8 would be found"
    assert told and all(told[place] in (6, 7) for place in told)


def test_every_cell_that_is_told_opens_to_its_acts_and_no_other(two_rules: Bank, enter: Enter) -> None:
    client = enter("county_clerk")
    month = f"{two_rules.now:%Y-%m}"
    _columns, rows = crossing.by_group(two_rules.scene.county_clerk, asked(two_rules))
    text = client.get(reverse("points:overview"), {"month": month}).content.decode()
    assert "按规则和人群" in text and "＊" in text
    for row in rows:
        for cell in row.cells:
            found = opened(client, month=month, rule=row.rule, group=cell.codes)
            every = sum(one.acts for one in row.cells)
            assert found == (cell.acts if cell.told else every), "what is not told narrows by the rule alone"
            assert (f"rule={row.rule}&amp;group={cell.codes}" in text) == cell.told


def opened(client: Client, **params: str) -> int:
    return client.get(reverse("points:overview_rows"), params).content.decode().count("points-side")


def test_rules_by_months_open_to_their_acts(two_rules: Bank, enter: Enter) -> None:
    last, bank = two_rules.now, two_rules
    bank.now = last + timedelta(days=31)
    do(bank, "resident", "snow", 3)
    months, rows = crossing.by_month(bank.scene.county_clerk, bank.now.date())
    assert (
        len(months) == crossing.MONTHS
        and months == sorted(months)
        and months[-1] == bank.now.date().replace(day=1)
    )
    snow = next(row for row in rows if row.rule == "snow")
    assert [(cell.acts, cell.points) for cell in snow.cells[-2:]] == [(13, 52), (3, 12)]
    client = enter("county_clerk")
    now = snow.cells[-2]
    assert opened(client, month=f"{now.month:%Y-%m}", rule="snow") == now.acts


def test_the_tables_take_as_many_statements_for_any_number_of_acts(two_rules: Bank) -> None:
    actor, day = two_rules.scene.county_clerk, two_rules.now.date()
    with counted() as found:
        crossing.by_group(actor, asked(two_rules))
    assert len(found.statements) <= 6
    with counted() as found:
        crossing.by_month(actor, day)
    assert len(found.statements) <= 2


@pytest.mark.parametrize("who", ["resident", "rider", "grid_worker", "leader", "other_clerk"])
def test_nobody_else_reads_the_tables(two_rules: Bank, who: str) -> None:
    actor: Actor = getattr(two_rules.scene, who)
    assert crossing.by_group(actor, asked(two_rules))[1] == []
    assert crossing.by_month(actor, two_rules.now.date())[1] == []


def test_whoever_is_in_no_passbook_of_his_own_counts_with_his_household_once(bank: Bank) -> None:
    home = family(bank.scene, bank.now, "rider", "merchant")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    for _turn in range(2):
        bank.earn(home)
    do(bank, "family", "help", 4)
    do(bank, "resident", "help", 5)
    columns, rows = crossing.by_group(bank.scene.county_clerk, asked(bank))
    assert {one.codes: one.group.members for one in columns} == {"family": 5, "resident": 5}
    assert [cell.acts for row in rows for cell in row.cells if cell.codes == "family"] == [6]
