"""Roles, passwords, the door: decisions without a database."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from mulin.ground.access import rules
from mulin.ground.access.permissions import (
    may_grant,
    may_open_accounts,
    may_reset_accounts,
    may_see_grants,
    offers,
)
from mulin.kernel.actor import Actor, Held, system, visitor
from mulin.kernel.clock import CHINA
from mulin.kernel.ids import uuid7

CONTRACT = {
    "resident", "rider", "grid_worker", "grid_head", "community_clerk", "street_clerk", "department_officer",
    "county_clerk", "leader", "admin", "merchant", "property_clerk",
}  # fmt: skip


def holding(role: str, path: str = "", unit: object = None) -> Actor:
    return Actor(county=211322, held=(Held(role, path, unit),))  # type: ignore[arg-type]


def test_every_role_says_its_policy_and_grants_only_roles_that_exist() -> None:
    assert set(rules.ROLES) == CONTRACT
    for role in rules.ROLES.values():
        assert str(role.policy).endswith("。")
        assert set(role.may_grant) <= CONTRACT
        assert not role.needs_mfa or role.staff


def test_nobody_grants_what_stands_above_him() -> None:
    order = ["grid_worker", "community_clerk", "street_clerk", "county_clerk", "admin"]
    for place, code in enumerate(order):
        assert not set(rules.ROLES[code].may_grant) & set(order[place + 1 :])
    assert "county_clerk" not in rules.ROLES["county_clerk"].may_grant


@pytest.mark.parametrize(
    ("actor", "role", "path", "allowed"),
    [
        (holding("admin", "/"), "admin", "/", True),
        (holding("admin", "/"), "merchant", "", True),
        (holding("county_clerk", "/"), "admin", "/", False),
        (holding("street_clerk", "/001/"), "community_clerk", "/001/003/", True),
        (holding("street_clerk", "/001/"), "community_clerk", "/003/004/", False),
        (holding("street_clerk", "/001/"), "street_clerk", "/001/", False),
        (holding("street_clerk", "/001/"), "merchant", "", False),
        (holding("community_clerk", "/001/003/"), "grid_worker", "/001/003/g1001/", True),
        (holding("community_clerk", "/001/003/"), "grid_worker", "/001/004/g1001/", False),
        (holding("grid_worker", "/001/003/g1001/"), "grid_worker", "/001/003/g1001/", False),
        (holding("leader", "/"), "grid_worker", "/001/003/g1001/", False),
        (holding("department_officer", "", uuid7()), "department_officer", "", False),
        (visitor(211322), "resident", "", False),
        (system(211322, "demo"), "leader", "/", True),
        (system(211322, "demo"), "emperor", "/", False),
    ],
)
def test_roles_are_given_below_ones_own_place_and_list(
    actor: Actor, role: str, path: str, allowed: bool
) -> None:
    assert may_grant(actor, role, path=path) is allowed


def test_two_roles_never_lend_each_other_their_reach() -> None:
    both = Actor(county=211322, held=(Held("community_clerk", "/001/003/"), Held("leader", "/")))
    assert not may_grant(both, "grid_worker", path="/003/004/g1001/")


def test_offers_and_accounts() -> None:
    assert "grid_worker" in offers(holding("community_clerk", "/001/003/"))
    assert "resident" not in offers(holding("community_clerk", "/001/003/"))
    assert offers(holding("grid_worker", "/001/")) == frozenset()
    assert may_open_accounts(holding("community_clerk", "/001/003/"))
    assert not may_reset_accounts(holding("county_clerk", "/"))
    assert not may_see_grants(holding("grid_worker", "/001/003/g1001/"))


def test_a_role_in_a_unit_with_a_place_needs_both() -> None:
    unit = uuid7()
    held = Held("property_clerk", "/001/003/C1/", unit)
    assert rules.reaches(held, path="/001/003/C1/B1/", unit=unit)
    assert not rules.reaches(held, path="/001/003/C1/B1/", unit=uuid7())
    assert not rules.reaches(held, path="/003/", unit=unit)
    assert rules.reaches(Held("department_officer", "", unit), path="/003/", unit=unit)
    assert not rules.reaches(Held("resident"), path="/", unit=None)


@pytest.mark.parametrize("good", ["Abcdef1234", "abcdef-123", "ABC-def-gh", "长城abcD1234"])
def test_three_classes_of_characters_are_enough(good: str) -> None:
    rules.MixedCharacters().validate(good)


@pytest.mark.parametrize("bad", ["abcdefghij", "abcdef1234", "1234567890", "ABCDEF1234"])
def test_two_are_not(bad: str) -> None:
    with pytest.raises(ValidationError):
        rules.MixedCharacters().validate(bad)


def test_one_time_passwords_pass_the_rules_and_never_repeat() -> None:
    made = {rules.one_time_password() for _try in range(200)}
    assert len(made) == 200
    for one in made:
        rules.MixedCharacters(4).validate(one)
        assert not set(one) & set("0O1Il")


def test_waiting_is_said_in_whole_minutes() -> None:
    assert "1 " in rules.wait_words(timedelta(seconds=1))
    assert "15 " in rules.wait_words(timedelta(minutes=14, seconds=1))


def test_idle_time_begins_with_the_last_click_and_a_clock_set_back_is_forgiven() -> None:
    now = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
    assert not rules.is_idle(seen=None, now=now, minutes=30)
    assert not rules.is_idle(seen=now - timedelta(minutes=30), now=now, minutes=30)
    assert rules.is_idle(seen=now - timedelta(minutes=30, seconds=1), now=now, minutes=30)
    assert not rules.is_idle(seen=now + timedelta(days=1), now=now, minutes=30)


OPEN = {
    "switched_on": True,
    "example": True,
    "address": "127.0.0.1",
    "host": "127.0.0.1:8000",
    "headers": ["HTTP_HOST"],
}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"address": "::1", "host": "[::1]:8000"},
        {"address": "::ffff:127.0.0.1", "host": "localhost"},
        {"address": "127.0.0.53"},
    ],
)
def test_the_door_is_open_on_this_machine(told: dict[str, object]) -> None:
    assert rules.door_is_open(**{**OPEN, **told})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "told",
    [
        {"switched_on": False},
        {"example": False},
        {"address": "10.0.0.8"},
        {"address": ""},
        {"address": "unix"},
        {"host": "example.cn"},
        {"host": "127.0.0.1.example.cn"},
        {"host": "localhost.example.cn:80"},
        {"headers": ["HTTP_X_FORWARDED_FOR"]},
        {"headers": ["HTTP_FORWARDED"]},
        {"headers": ["HTTP_X_REAL_IP"]},
        {"headers": ["HTTP_VIA"]},
    ],
)
def test_and_nowhere_else(told: dict[str, object]) -> None:
    assert not rules.door_is_open(**{**OPEN, **told})  # type: ignore[arg-type]


@pytest.mark.parametrize("password", ["a", "12345678", "password"])
def test_what_is_wrong_with_a_password_is_said_in_chinese(password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert not [words for words in refused.value.messages if re.search("[A-Za-z]{3}", words)]
