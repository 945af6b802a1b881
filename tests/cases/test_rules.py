"""The table, and the decisions around it. No database."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from mulin.services.cases.rules import (
    FINISHED,
    LIMITS,
    OPEN,
    PAUSED,
    TONES,
    TRANSITIONS,
    WHO,
    Address,
    State,
    above,
    allowed,
    clerk_at,
    community_of_grid,
    emergency_numbers,
    next_for_reporter,
    same_words,
    sampled,
    skips,
    step_due,
    title_of,
)

EXPECTED = {
    "reported": {
        "accept",
        "answer_supervision",
        "ask",
        "dispatch",
        "go_on",
        "inform",
        "merge_into",
        "reclassify",
        "refuse",
        "relocate",
        "reply",
        "share",
        "sign_off_supervision",
        "split",
        "supervise",
        "take_up",
        "unshare",
        "urge",
        "withdraw",
        "transcribe",
    },
    "asked": {
        "answer",
        "answer_supervision",
        "ask_expired",
        "inform",
        "merge_into",
        "refuse",
        "sign_off_supervision",
        "unshare",
        "withdraw",
        "transcribe",
    },
    "assigned": {
        "accept",
        "answer_supervision",
        "ask",
        "assist_report",
        "decide_deferral",
        "defer",
        "dispatch",
        "escalate",
        "go_on",
        "inform",
        "merge_into",
        "name_officers",
        "reclassify",
        "relocate",
        "reply",
        "return_not_ours",
        "share",
        "sign_off_supervision",
        "split",
        "supervise",
        "take_up",
        "unshare",
        "urge",
        "visit",
        "withdraw",
        "transcribe",
    },
    "in_hand": {
        "answer_supervision",
        "ask",
        "assist_report",
        "decide_deferral",
        "defer",
        "dispatch",
        "dispose",
        "escalate",
        "go_on",
        "inform",
        "merge_into",
        "name_officers",
        "reclassify",
        "relocate",
        "reply",
        "return_not_ours",
        "share",
        "sign_off_supervision",
        "split",
        "supervise",
        "unshare",
        "urge",
        "visit",
        "withdraw",
        "transcribe",
    },
    "returned": {
        "accept",
        "answer_supervision",
        "ask",
        "dispatch",
        "escalate",
        "go_on",
        "inform",
        "merge_into",
        "reclassify",
        "relocate",
        "reply",
        "share",
        "sign_off_supervision",
        "split",
        "supervise",
        "unshare",
        "urge",
        "withdraw",
        "transcribe",
    },
    "disputed": {
        "answer_supervision",
        "arbitrate",
        "inform",
        "reclassify",
        "reply",
        "share",
        "sign_off_supervision",
        "supervise",
        "unshare",
        "urge",
        "transcribe",
    },
    "waiting": {
        "answer_supervision",
        "assist_report",
        "inform",
        "reply",
        "resume",
        "share",
        "sign_off_supervision",
        "supervise",
        "unshare",
        "urge",
        "visit",
        "transcribe",
    },
    "shelved": {
        "answer_supervision",
        "assist_report",
        "inform",
        "reply",
        "resume",
        "share",
        "sign_off_supervision",
        "supervise",
        "unshare",
        "urge",
        "visit",
        "transcribe",
    },
    "disposed": {
        "answer_supervision",
        "close",
        "decide_exclusion",
        "exclude",
        "follow_up",
        "inform",
        "rate",
        "reopen",
        "share",
        "sign_off_supervision",
        "supervise",
        "unshare",
        "urge",
        "verify_fail",
        "verify_pass",
        "transcribe",
    },
    "verified": {
        "answer_supervision",
        "close",
        "decide_exclusion",
        "exclude",
        "follow_up",
        "inform",
        "rate",
        "reopen",
        "share",
        "sign_off_supervision",
        "unshare",
        "verify_fail",
    },
    "closed": {
        "check_fail",
        "check_pass",
        "decide_exclusion",
        "exclude",
        "follow_up",
        "rate",
        "reopen",
        "sign_off_hard",
        "unshare",
    },
    "not_admitted": {"answer_supervision", "appeal", "inform", "sign_off_supervision"},
    "appealed": {"answer_supervision", "decide_appeal", "sign_off_supervision"},
    "merged": {"answer_supervision", "sign_off_supervision", "unmerge"},
    "withdrawn": {"answer_supervision", "sign_off_supervision"},
}
TARGETS = {
    "accept": "assigned",
    "ask": "asked",
    "answer": None,
    "ask_expired": None,
    "go_on": None,
    "refuse": "not_admitted",
    "appeal": "appealed",
    "decide_appeal": None,
    "withdraw": "withdrawn",
    "reclassify": None,
    "relocate": None,
    "split": None,
    "merge_into": "merged",
    "unmerge": None,
    "share": None,
    "unshare": None,
    "dispatch": "assigned",
    "take_up": "in_hand",
    "name_officers": None,
    "visit": None,
    "assist_report": None,
    "return_not_ours": "returned",
    "arbitrate": "assigned",
    "escalate": "assigned",
    "defer": None,
    "decide_deferral": None,
    "resume": "in_hand",
    "urge": None,
    "supervise": None,
    "answer_supervision": None,
    "sign_off_supervision": None,
    "transcribe": None,
    "reply": None,
    "dispose": "disposed",
    "inform": None,
    "verify_pass": "verified",
    "verify_fail": "in_hand",
    "rate": None,
    "follow_up": None,
    "close": "closed",
    "reopen": "in_hand",
    "check_pass": None,
    "check_fail": "in_hand",
    "sign_off_hard": None,
    "exclude": None,
    "decide_exclusion": None,
}
OTHERS = {
    "accept": {"returned"},
    "answer": {"assigned", "in_hand", "reported", "returned"},
    "ask_expired": {"assigned", "in_hand", "reported", "returned"},
    "withdraw": {"assigned", "in_hand", "reported", "returned"},
    "decide_appeal": {"not_admitted", "reported"},
    "relocate": {"assigned", "reported", "returned"},
    "unmerge": {"asked", "assigned", "in_hand", "reported", "returned"},
    "return_not_ours": {"disputed"},
    "decide_deferral": {"shelved", "waiting"},
    "resume": {"assigned"},
}


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("action", sorted(TRANSITIONS))
def test_every_action_from_every_state(state: str, action: str) -> None:
    assert (action in allowed(state)) == (action in EXPECTED[state])


def test_where_each_action_leads_and_who_may() -> None:
    assert {action: move.target for action, move in TRANSITIONS.items()} == TARGETS
    assert {action: set(move.others) for action, move in TRANSITIONS.items() if move.others} == OTHERS
    assert set(WHO) == {*TRANSITIONS, "show_contact"}
    assert all(str(who.words) for who in WHO.values())


def leads_to(action: str) -> set[State]:
    move = TRANSITIONS[action]
    return {state for state in State if move.leads_to(state)}


def test_every_state_can_be_reached_and_left_or_is_an_end() -> None:
    reached = {state for action in TRANSITIONS for state in leads_to(action)} | {State.REPORTED}
    assert set(State) <= reached
    for state in State:
        ways = {target for action in allowed(state) for target in leads_to(action)}
        assert ways or state == State.WITHDRAWN, state


def test_a_case_is_closed_by_closing_only_and_never_without_a_result_before() -> None:
    assert [action for action in TRANSITIONS if State.CLOSED in leads_to(action)] == ["close"]
    assert set(TRANSITIONS["close"].sources) == {State.DISPOSED, State.VERIFIED}
    assert {action for action in TRANSITIONS if leads_to(action) & {State.DISPOSED, State.VERIFIED}} == {
        "dispose",
        "verify_pass",
    }


def test_only_a_question_to_the_reporter_rests_the_clocks() -> None:
    assert PAUSED == (State.ASKED,)
    assert [action for action in TRANSITIONS if State.ASKED in leads_to(action)] == ["ask", "unmerge"]


def test_a_finished_case_is_no_open_one() -> None:
    assert set(FINISHED) | set(OPEN) == set(State) and not set(FINISHED) & set(OPEN)
    assert set(TONES) == set(State)


@pytest.mark.parametrize(
    ("before", "after", "empty", "skipped"),
    [
        ("grid", "compound", (), False),
        ("grid", "community", (), True),
        ("grid", "community", ("compound",), False),
        ("grid", "street", ("compound",), True),
        ("community", "county", (), True),
        ("street", "county", (), False),
        ("county", "grid", (), False),
        ("", "county", (), False),
    ],
)
def test_going_up_leaves_no_level_out(before: str, after: str, empty: tuple[str, ...], skipped: bool) -> None:
    assert skips(before, after, empty=empty) == skipped


@pytest.mark.parametrize(
    ("role", "path", "to"),
    [
        ("grid_worker", "/001/003/g1001/", Address("community_clerk", "/001/003/g1001/")),
        ("property_clerk", "/001/003/C1/", Address("community_clerk", "/001/003/C1/")),
        ("community_clerk", "/001/003/", Address("street_clerk", "/001/003/")),
        ("street_clerk", "/001/", Address("county_clerk", "/")),
        ("county_clerk", "/", Address("county_clerk", "/")),
        ("community_clerk", "/", Address("county_clerk", "/")),
        ("grid_worker", "", Address("county_clerk", "/")),
    ],
)
def test_above_everybody_stands_a_clerk(role: str, path: str, to: Address) -> None:
    assert above(role, path) == to


def test_a_step_never_outlives_the_whole() -> None:
    early, late = datetime(2026, 9, 1), datetime(2026, 9, 2)
    assert step_due(step=late, total=early) == early
    assert step_due(step=early, total=late) == early
    assert step_due(step=None, total=late) == late


def test_about_a_tenth_is_drawn_for_a_check_and_a_resend_draws_the_same() -> None:
    keys = [uuid4() for _n in range(2000)]
    drawn = sum(sampled(key) for key in keys)
    assert 120 <= drawn <= 280
    assert [sampled(key) for key in keys] == [sampled(UUID(str(key))) for key in keys]


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
    assert [state for state in State if told[state] is None] == list(FINISHED)
    assert len({str(told[state]) for state in OPEN}) == len(OPEN)
    assert next_for_reporter("reported", in_grid=False, rated=False) != told[State.REPORTED]
    assert next_for_reporter("disposed", in_grid=True, rated=True) != told[State.DISPOSED]


def test_no_step_may_take_longer_than_the_whole() -> None:
    assert max(LIMITS.screen, LIMITS.handle) <= LIMITS.total
