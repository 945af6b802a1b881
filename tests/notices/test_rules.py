"""Quiet hours, patience and words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from mulin.ground.notices.rules import TEMPLATES, check_params, next_try, not_before, quiet, words
from mulin.kernel.clock import CHINA


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("moment", "rest"),
    [
        ("2026-09-01T21:59", False),
        ("2026-09-01T22:00", True),
        ("2026-09-02T06:59", True),
        ("2026-09-02T07:00", False),
    ],
)
def test_the_night_is_quiet(moment: str, rest: bool) -> None:
    assert quiet(at(moment)) is rest


def test_quiet_is_counted_in_china() -> None:
    assert quiet(datetime.fromisoformat("2026-09-01T15:00:00+00:00"))


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-09-01T12:00", "2026-09-01T12:00"),
        ("2026-09-01T23:30", "2026-09-02T07:00"),
        ("2026-09-02T03:00", "2026-09-02T07:00"),
    ],
)
def test_ordinary_messages_wait_for_the_morning(moment: str, due: str) -> None:
    assert not_before(at(moment), urgent=False) == at(due)
    assert not_before(at(moment), urgent=True) == at(moment)


def test_patience_grows_and_ends() -> None:
    start = at("2026-09-01T08:00")
    waits = [next_try(start, attempts=number, urgent=True) for number in range(1, 7)]
    told = [wait - start if wait else None for wait in waits]
    minutes = [1, 5, 30, 120, 720]
    assert told == [*[timedelta(minutes=one) for one in minutes], None]
    assert next_try(at("2026-09-01T21:50"), attempts=3, urgent=False) == at("2026-09-02T07:00")


def test_every_message_has_a_short_title_and_no_unknown_gap() -> None:
    for code, told in TEMPLATES.items():
        with translation.override("zh-hans"):
            title, text = words(code, {"number": "211322-ABC"})
            assert len(title) <= 20 and "{" not in text and str(told.text)


def test_a_link_is_put_at_the_end() -> None:
    with translation.override("zh-hans"):
        assert words("case_closed", {"number": "N"}, "https://x/r/1/")[1].endswith("查看：https://x/r/1/")


def test_parameters_hold_no_phone_number() -> None:
    assert check_params({"number": "211322-7K3M9Q2T", "n": 3}) == {"number": "211322-7K3M9Q2T", "n": "3"}
    with pytest.raises(ValueError, match="'who'"):
        check_params({"who": "打13912345678"})
