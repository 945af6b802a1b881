"""The state table, the ladder and the load guard, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.ground.orders.rules import (
    CLAIM_MOVES,
    ENDED,
    LADDER,
    LIVE,
    TONES,
    TRANSITIONS,
    ClaimState,
    State,
    allowed,
    measured,
    next_rung,
    next_words,
    settled,
)
from mulin.ground.orders.rules.kinds import rung_span

NOW = datetime(2026, 9, 1, tzinfo=UTC)
claims = st.lists(st.sampled_from([str(one) for one in ClaimState]), max_size=6)


@given(claims, st.integers(1, 4))
def test_an_order_stands_where_its_slowest_claim_stands(found: list[str], seats: int) -> None:
    state = settled(found, seats)
    live = [one for one in found if one in LIVE]
    assert (state == State.OPEN) == (len(live) < seats)
    assert (state == State.CONFIRMED) == (len(live) >= seats and set(live) == {ClaimState.CONFIRMED})
    assert state == settled(list(reversed(found)), seats)


def test_every_state_can_be_reached_and_left_unless_it_is_an_end() -> None:
    reached = {State.SUBMITTED} | {move.target for move in TRANSITIONS.values()}
    reached |= {one for move in TRANSITIONS.values() for one in move.others}
    assert set(State) <= reached
    assert all(allowed(state) for state in State if state not in ENDED)
    assert allowed(State.MERGED) == ("unmerge", "withdraw", "expire")
    assert set(TONES) == set(State) and all(next_words(state) for state in State)


def test_a_claim_that_is_over_stays_over() -> None:
    sources = {one for froms, _to in CLAIM_MOVES.values() for one in froms}
    over = {
        ClaimState.CONFIRMED,
        ClaimState.DECLINED,
        ClaimState.RETURNED,
        ClaimState.LAPSED,
        ClaimState.RELEASED,
    }
    assert not sources & over


@pytest.mark.parametrize(
    ("after", "standing", "place"),
    [
        (-1, {"neighbour", "office"}, 0),
        (-1, {"office", "street"}, 2),
        (0, {"neighbour", "office"}, 2),
        (2, {"neighbour", "office"}, None),
        (-1, set(), None),
    ],
)
def test_the_next_rung_is_the_next_on_which_somebody_stands(
    after: int, standing: set[str], place: int | None
) -> None:
    assert next_rung(LADDER, after, standing) == place


@given(st.integers(1, 60 * 24 * 10))
def test_every_rung_has_its_turn_before_the_hour_that_was_asked_for(minutes: int) -> None:
    wanted, at = NOW + timedelta(minutes=minutes), NOW
    for place in range(len(LADDER)):
        span = rung_span(LADDER, place, now=at, wanted_at=wanted)
        assert timedelta() < span <= LADDER[place].span
        at += span
    assert at <= wanted or minutes * 60 < 1


def test_without_an_hour_a_rung_has_its_own_span() -> None:
    assert rung_span(LADDER, 0, now=NOW, wanted_at=None) == LADDER[0].span
    assert rung_span(LADDER, 0, now=NOW, wanted_at=NOW - timedelta(hours=1)) == LADDER[0].span


@pytest.mark.parametrize(
    ("counts", "heavy"),
    [
        ([], False),
        ([3, 3, 3], False),  # nine are too few to say anything
        ([5, 3, 2], True),  # ten, all by three
        ([2] * 10, False),
        ([4, 4, 4, 2, 2, 2, 2], True),  # twelve of twenty
        ([4, 4, 3, 2, 2, 2, 2, 1], False),  # eleven of twenty
        ([9], True),  # much for one
    ],
)
def test_the_guard_speaks_when_the_same_few_carry_everything(counts: list[int], heavy: bool) -> None:
    assert measured(dict(enumerate(counts))).heavy is heavy
