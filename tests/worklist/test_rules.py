"""The light: green, yellow in the last quarter of the clock's own time, red overdue, grey paused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from mulin.ground.worklist.rules import due_words, light, span_words
from tests.conftest import NOW

HOUR = timedelta(hours=1)
DUE = NOW + 8 * HOUR


@pytest.mark.parametrize(
    ("after", "colour"),
    [
        (0 * HOUR, "green"),
        (6 * HOUR - timedelta(seconds=1), "green"),
        (6 * HOUR, "yellow"),
        (8 * HOUR, "yellow"),
        (8 * HOUR + timedelta(seconds=1), "red"),
        (99 * HOUR, "red"),
    ],
)
def test_the_light_follows_the_clocks_own_time(after: timedelta, colour: str) -> None:
    assert light(opened_at=NOW, due_at=DUE, paused_since=None, now=NOW + after) == colour


def test_a_paused_clock_is_grey_even_when_overdue() -> None:
    assert light(opened_at=NOW, due_at=DUE, paused_since=NOW, now=NOW + 99 * HOUR) == "grey"


def test_without_a_due_time_it_is_green_and_says_nothing() -> None:
    assert light(opened_at=NOW, due_at=None, paused_since=None, now=NOW + 999 * HOUR) == "green"
    assert due_words(due_at=None, paused_since=None, now=NOW) == ""


def test_a_clock_due_before_it_opened_is_yellow_until_red() -> None:
    assert light(opened_at=DUE, due_at=NOW, paused_since=None, now=NOW) == "yellow"
    assert light(opened_at=DUE, due_at=NOW, paused_since=None, now=DUE) == "red"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "0 分钟"),
        (timedelta(minutes=40), "40 分钟"),
        (5 * HOUR, "5 小时"),
        (-49 * HOUR, "2 天"),
    ],
)
def test_spans_are_told_in_their_largest_unit(span: timedelta, words: str) -> None:
    with translation.override("zh-hans"):
        assert span_words(span) == words


def test_due_words_tell_what_is_left_and_what_is_overdue() -> None:
    with translation.override("zh-hans"):
        assert due_words(due_at=DUE, paused_since=None, now=NOW) == "还剩 8 小时"
        assert due_words(due_at=NOW, paused_since=None, now=DUE) == "超期 8 小时"
        assert due_words(due_at=NOW, paused_since=NOW, now=DUE) == "已暂停 8 小时"
