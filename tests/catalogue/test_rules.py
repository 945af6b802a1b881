"""Pure rules of the catalogue. No database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.services.catalogue.rules import (
    ADMISSION_TRANSITIONS,
    CATEGORIES,
    CODE,
    DEFAULTS,
    AdmissionState,
    Clock,
    DisposalLevel,
    Limit,
    LimitRow,
    Mode,
    Step,
    admission_allows,
    is_below,
    next_level,
    resolve,
)

LEVELS = st.sampled_from([level.value for level in DisposalLevel])
ROWS = st.lists(
    st.builds(
        LimitRow,
        level=st.sampled_from(["", *(level.value for level in DisposalLevel)]),
        mode=st.sampled_from([mode.value for mode in Mode]),
        step=st.sampled_from([step.value for step in Step]),
        minutes=st.integers(1, 10_000),
        clock=st.sampled_from([clock.value for clock in Clock]),
    ),
    unique_by=lambda row: (row.level, row.mode, row.step),
)


class TestLevels:
    def test_the_ladder_is_climbed_one_step_at_a_time(self) -> None:
        climbed, level = ["grid"], "grid"
        while (above := next_level(level)) is not None:
            climbed.append(above.value)
            level = above
        assert climbed == ["grid", "compound", "community", "street", "county"]

    @given(LEVELS, LEVELS)
    def test_of_two_levels_one_is_below_the_other(self, one: str, other: str) -> None:
        assert is_below(one, other) + is_below(other, one) == (one != other)

    def test_what_is_no_level_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="village"):
            next_level("village")


class TestLimits:
    def test_where_nothing_is_set_the_defaults_of_the_mode_speak(self) -> None:
        assert resolve([], level="grid", mode="routine") == DEFAULTS["routine"]
        assert resolve([], level="grid", mode="emergency") == DEFAULTS["emergency"]

    def test_a_limit_of_the_level_wins_over_one_of_every_level(self) -> None:
        rows = [
            LimitRow("street", "routine", "dispose", 600, "working"),
            LimitRow("", "routine", "dispose", 300, "elapsed"),
        ]
        assert resolve(rows, level="street", mode="routine").dispose == Limit(timedelta(hours=10), "working")
        assert resolve(rows, level="grid", mode="routine").dispose == Limit(timedelta(hours=5), "elapsed")
        assert resolve(rows[::-1], level="street", mode="routine").dispose.span == timedelta(hours=10)

    def test_an_emergency_has_its_own_limits_and_falls_back_to_those_of_routine(self) -> None:
        rows = [
            LimitRow("", "emergency", "accept", 10, "elapsed"),
            LimitRow("grid", "routine", "accept", 60, "elapsed"),
            LimitRow("grid", "routine", "dispose", 90, "elapsed"),
        ]
        found = resolve(rows, level="grid", mode="emergency")
        assert found.accept.span == timedelta(minutes=10)
        assert found.dispose.span == timedelta(minutes=90)
        assert found.verify == DEFAULTS["emergency"].verify

    @given(ROWS, LEVELS, st.sampled_from(["routine", "emergency"]))
    def test_every_step_has_its_limit_from_the_most_telling_row(
        self, rows: list[LimitRow], level: str, mode: str
    ) -> None:
        found = resolve(rows, level=level, mode=mode)
        telling = [(level, "routine"), ("", "routine")]
        if mode == "emergency":
            telling = [(level, "emergency"), ("", "emergency"), *telling]
        for step in Step:
            by_place = {(row.level, row.mode): row for row in rows if row.step == step}
            row = next((by_place[place] for place in telling if place in by_place), None)
            expected = (
                Limit(timedelta(minutes=row.minutes), row.clock)
                if row
                else getattr(DEFAULTS[Mode(mode)], step.value)
            )
            assert getattr(found, step.value) == expected

    def test_whole_working_days_are_told_apart_from_hours(self) -> None:
        assert Limit(timedelta(hours=24), "working").days == 3
        assert Limit(timedelta(hours=4), "working").days is None
        assert Limit(timedelta(hours=24), "elapsed").days is None


class TestAdmission:
    def test_a_decision_is_made_once(self) -> None:
        assert admission_allows("submitted") == ("review", "admit", "refuse", "withdraw")
        assert admission_allows("reviewing") == ("admit", "refuse", "withdraw")
        assert admission_allows("admitted") == ("revoke",)
        assert admission_allows("refused") == ()
        assert admission_allows("withdrawn") == ()

    def test_every_state_but_the_first_is_reached(self) -> None:
        reached = {target for _sources, target in ADMISSION_TRANSITIONS.values()}
        assert reached == set(AdmissionState) - {AdmissionState.SUBMITTED}


class TestCategories:
    def test_there_are_eight_and_the_article_named_three(self) -> None:
        assert len(CATEGORIES) == len({one.code for one in CATEGORIES}) == 8
        assert [one.name for one in CATEGORIES if one.named] == ["党建引领", "社会治安", "公共安全"]

    @pytest.mark.parametrize(
        ("code", "good"),
        [("WY03", True), ("A-12", True), ("wy03", False), ("0601", False), ("WY", False), ("6E01", False)],
    )
    def test_a_code_is_never_taken_for_a_number(self, code: str, good: bool) -> None:
        assert bool(CODE.fullmatch(code)) is good
