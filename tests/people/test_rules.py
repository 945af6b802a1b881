"""Rules about people: numbers, codes, words. No database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.ground.people import rules
from mulin.ground.people.permissions import (
    may_erase,
    may_manage_organisations,
    may_manage_people,
    may_read_directory,
)
from mulin.kernel.actor import Actor, Held, system, visitor
from mulin.kernel.errors import Refused


@pytest.mark.parametrize("code", ["91110000101623741K", "91350100M000100Y43"])
def test_real_credit_codes_are_accepted_however_they_are_typed(code: str) -> None:
    assert rules.is_uscc(code)
    assert rules.checked_uscc(f" {code.lower()} ") == code
    assert rules.checked_uscc("".join(chr(ord(char) + 0xFEE0) for char in code)) == code


@pytest.mark.parametrize(
    "code", ["91110000101623741J", "9111000010162374", "91350100I000100Y43", "x" * 18, "０"]
)
def test_wrong_credit_codes_are_refused_in_one_sentence(code: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.checked_uscc(code)
    assert refused.value.code == "credit_code_invalid"
    assert refused.value.field == "credit_code"


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
def test_every_body_has_a_check_character_even_where_the_sum_is_a_multiple_of_31(body: str) -> None:
    assert rules.is_uscc(body + rules.uscc_check_character(body))


def test_one_changed_character_is_noticed() -> None:
    good = "91110000101623741K"
    for place in range(17):
        other = "2" if good[place] != "2" else "3"
        assert not rules.is_uscc(good[:place] + other + good[place + 1 :])


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("138 0013 8000", "13800138000"),
        ("+86-138-0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("0421-7812345", "04217812345"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, digits: str) -> None:
    assert rules.checked_phone(typed) == digits


@pytest.mark.parametrize("typed", ["1380013800", "12800138000", "call me", "138001380001", "王秀英"])
def test_what_is_no_number_is_refused_with_the_field(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.checked_phone(typed)
    assert (refused.value.code, refused.value.field) == ("phone_invalid", "phone")


def test_names_lose_control_characters_and_have_a_limit() -> None:
    assert rules.checked_name("  王\u0000\u200b 秀\n英 ") == "王 秀 英"
    with pytest.raises(Refused):
        rules.checked_name("王" * 41)


def test_an_address_needs_a_domain() -> None:
    assert rules.checked_email("a.b@example.cn") == "a.b@example.cn"
    for wrong in ("a@b", "a b@example.cn", "@example.cn", "a@example..cn"):
        with pytest.raises(Refused):
            rules.checked_email(wrong)


def _holding(role: str, path: str = "") -> Actor:
    return Actor(county=211322, held=(Held(role, path),))


def test_residents_read_no_directory_and_manage_nobody() -> None:
    for actor in (visitor(211322), _holding("resident"), _holding("merchant")):
        assert not may_read_directory(actor)
        assert not may_manage_people(actor)
        assert not may_manage_organisations(actor)
        assert not may_erase(actor)


def test_a_counter_registers_people_and_only_the_whole_county_manages_units_and_erases() -> None:
    clerk = _holding("community_clerk", "/001/003/")
    assert may_manage_people(clerk)
    assert not may_manage_organisations(clerk)
    assert not may_erase(clerk)
    for actor in (_holding("admin", "/"), _holding("county_clerk", "/"), system(211322, "import")):
        assert may_manage_organisations(actor)
        assert may_erase(actor)
    assert not may_erase(_holding("admin", "/001/"))
