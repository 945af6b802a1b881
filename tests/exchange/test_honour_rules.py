"""Rules of commendations: tables that hang together, what decides between equals, clocks and days (row 88)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.services.exchange.rules import honours as rules

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("moves", "states", "beginnings"),
    [
        (rules.ROUND, rules.RoundState, {"planned"}),
        (rules.NOMINATION, rules.NominationState, {"asked"}),
        (rules.OBJECTION, rules.ObjectionState, {"open"}),
    ],
)
def test_every_state_is_reached_by_a_deed(moves: rules.Moves, states: type, beginnings: set[str]) -> None:
    known = set(states.values)  # type: ignore[attr-defined]
    assert {target for _sources, target in moves.values()} | beginnings == known
    assert {source for sources, _target in moves.values() for source in sources} <= known


@given(
    seats=st.integers(1, 6),
    chosen=st.integers(0, 5),
    equal=st.integers(0, 5),
    counts=st.lists(st.integers(0, 4), min_size=5, max_size=5),
)
def test_priority_only_decides_between_equals_for_seats_that_are_left(
    seats: int, chosen: int, equal: int, counts: list[int]
) -> None:
    first, even = [f"c{n}" for n in range(chosen)], [f"e{n}" for n in range(equal)]
    priority = {name: counts[number] for number, name in enumerate(even)}
    found = rules.settle(seats=seats, chosen=first, equal=even, priority=priority)
    if found.why:
        assert found.chosen == ()
        return
    assert set(first) <= set(found.chosen) <= set(first) | set(even)
    assert len(found.chosen) == min(seats, chosen + equal)
    passed = set(even) - set(found.chosen)
    taken = set(found.by_priority)
    assert taken == (set(found.chosen) - set(first) if passed else set())
    assert all(priority[one] > priority[other] for one in taken for other in passed)


@pytest.mark.parametrize(
    ("chosen", "equal", "priority", "why"),
    [
        ([], [], {}, "nobody"),
        ([1, 2], [], {}, "too_many"),
        ([1], [2], {2: 9}, "too_many"),
        ([], [1, 2], {1: 3, 2: 3}, "still_equal"),
        ([], [1, 2], {}, "still_equal"),
        ([], [1, 2], {1: 3, 2: 4}, ""),
    ],
)
def test_what_cannot_be_settled_is_said(
    chosen: list[int], equal: list[int], priority: dict[int, int], why: str
) -> None:
    assert rules.settle(seats=1, chosen=chosen, equal=equal, priority=priority).why == why


@pytest.mark.parametrize("state", rules.RoundState.values)
def test_nothing_waits_without_a_clock_while_somebody_has_to_act(state: str) -> None:
    found = rules.next_check(
        state=state, opens=NOW, closes=NOW + timedelta(1), late_at=NOW + timedelta(2), others=[]
    )
    assert (found is None) == (state in ("done", "cancelled"))


def test_days_that_cannot_be_are_named() -> None:
    def wrong(first: int, last: int, since: int, until: int) -> tuple[str, str]:
        days = [TODAY + timedelta(days=number) for number in (first, last, since, until)]
        return rules.days_wrong(
            first=days[0], last=days[1], counted_from=days[2], counted_until=days[3], today=TODAY
        )

    assert wrong(0, 5, -100, 0) == ("", "")
    assert wrong(-1, 5, -100, 0) == ("nominate_from", "past")
    assert wrong(3, 2, -100, 0) == ("nominate_until", "order")
    assert wrong(0, 400, -100, 0) == ("nominate_until", "order")
    assert wrong(0, 5, 1, 0) == ("counted_until", "window")
    assert wrong(0, 5, 0, 6) == ("counted_until", "window")
    assert wrong(0, 5, -900, 0) == ("counted_until", "window")
    assert set(rules.DAYS_WORDS) == {"past", "order", "window"}
