"""The table, and the decisions around it. No database."""

from __future__ import annotations

import pytest

from mulin.services.cases.rules import (
    LIMITS,
    TRANSITIONS,
    WHO,
    Address,
    State,
    allowed,
    clerk_at,
    community_of_grid,
    emergency_numbers,
    next_for_reporter,
    same_words,
    title_of,
)

EXPECTED = {
    "reported": {"accept", "refuse", "take_up", "reply", "inform"},
    "assigned": {"accept", "take_up", "reply", "inform"},
    "in_hand": {"reply", "dispose", "inform"},
    "disposed": {"inform", "rate", "follow_up", "close", "reopen"},
    "closed": {"rate", "follow_up", "reopen"},
    "not_admitted": {"inform"},
}
TARGETS = {
    "accept": "assigned",
    "refuse": "not_admitted",
    "take_up": "in_hand",
    "dispose": "disposed",
    "close": "closed",
    "reopen": "in_hand",
    "reply": None,
    "inform": None,
    "rate": None,
    "follow_up": None,
}


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("action", sorted(TRANSITIONS))
def test_every_action_from_every_state(state: str, action: str) -> None:
    assert (action in allowed(state)) == (action in EXPECTED[state])


def test_where_each_action_leads_and_who_may() -> None:
    assert {action: move.target for action, move in TRANSITIONS.items()} == TARGETS
    assert set(WHO) == {*TRANSITIONS, "show_contact"}
    assert all(str(who.words) for who in WHO.values())


def test_every_state_can_be_reached_and_left_or_is_an_end() -> None:
    reached = {move.target for move in TRANSITIONS.values()} | {State.REPORTED}
    assert set(State) <= reached
    assert all(
        any(TRANSITIONS[a].target for a in allowed(state)) for state in State if state != State.NOT_ADMITTED
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("路灯坏了。三天了", "路灯坏了"),
        ("\n\n  井盖   丢了！快来", "井盖 丢了"),
        ("没有句号的一句话", "没有句号的一句话"),
        ("长" * 60, "长" * 39 + "…"),
        ("我电话13812345678，路灯坏了", "我电话***，路灯坏了"),
        ("身份证 211322 1990 0101 1234 丢了", "身份证 *** 丢了"),
        ("3号楼2单元漏水", "3号楼2单元漏水"),
        ("。。。", "。。。"),
    ],
)
def test_the_title_is_the_first_sentence_without_long_numbers(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("三楼着火了，有人被困", ("119",)),
        ("楼下打架，有人晕倒", ("110", "120")),
        ("路灯坏了", ()),
        ("希望配灭火器", ()),
    ],
)
def test_words_of_danger_name_the_emergency_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert emergency_numbers(text) == numbers


def test_a_resend_is_known_by_its_words() -> None:
    assert same_words("路灯坏了\r\n快修 ", "路灯坏了\n快修")
    assert not same_words("路灯坏了", "井盖丢了")


@pytest.mark.parametrize(
    ("path", "kind", "to"),
    [
        ("/", "county", Address("county_clerk", "/")),
        ("", "", Address("county_clerk", "/")),
        ("/001/", "subdistrict", Address("street_clerk", "/001/")),
        ("/101/", "town", Address("street_clerk", "/101/")),
        ("/001/003/", "community", Address("community_clerk", "/001/003/")),
        ("/001/003/C1/", "compound", Address("community_clerk", "/001/003/C1/")),
    ],
)
def test_who_screens_what_lies_in_no_grid(path: str, kind: str, to: Address) -> None:
    assert clerk_at(path, kind) == to


def test_a_grid_belongs_to_the_community_above_it() -> None:
    assert community_of_grid("/001/003/g1001/") == "/001/003/"


def test_the_reporter_is_told_what_comes_next_until_nothing_does() -> None:
    told = {state: next_for_reporter(state, in_grid=True, rated=False) for state in State}
    assert told[State.CLOSED] is None and told[State.NOT_ADMITTED] is None
    assert all(told[state] for state in (State.REPORTED, State.ASSIGNED, State.IN_HAND, State.DISPOSED))
    assert next_for_reporter("reported", in_grid=False, rated=False) != told[State.REPORTED]
    assert next_for_reporter("disposed", in_grid=True, rated=True) != told[State.DISPOSED]


def test_no_step_may_take_longer_than_the_whole() -> None:
    assert max(LIMITS.screen, LIMITS.handle) <= LIMITS.total
