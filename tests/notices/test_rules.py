"""Patience and words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from mulin.ground.notices.rules import TEMPLATES, check_params, next_try, words
from mulin.kernel.clock import CHINA


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_patience_grows_and_ends() -> None:
    start = at("2026-09-01T08:00")
    waits = [next_try(start, attempts=number) for number in range(1, 7)]
    told = [wait - start if wait else None for wait in waits]
    minutes = [1, 5, 30, 120, 720]
    assert told == [*[timedelta(minutes=one) for one in minutes], None]


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
