"""Working hours as text: read, refused line by line, written back to the same."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mulin.ground.calendar.rules import Hours, Line
from mulin.ground.calendar.rules.hours import line_of
from mulin.ground.calendar.rules.hours_text import hours_text, read_hours

ORDINARY = ((510, 720), (810, 1050))


class TestReading:
    def test_lunch_saturday_and_summer(self) -> None:
        lines = read_hours(
            "周一至周五 08:30–12:00 13:30–17:30\n周六 9:00-12:00\n6月1日至9月30日 周一至周五 8:30-12:00，14:00-18:00"
        )
        assert lines == (
            Line((1, 2, 3, 4, 5), ORDINARY),
            Line((6,), ((540, 720),)),
            Line((1, 2, 3, 4, 5), ((510, 720), (840, 1080)), ((6, 1), (9, 30))),
        )

    def test_english_and_single_weekdays(self) -> None:
        assert read_hours("Mon-Fri 08:30-12:00 13:30-17:30\nSat closed") == (
            Line((1, 2, 3, 4, 5), ORDINARY),
            Line((6,), ()),
        )
        assert read_hours("周二、周四、周六 09:00–17:00")[0].weekdays == (2, 4, 6)
        assert read_hours("每天 00:00–24:00")[0] == Line((1, 2, 3, 4, 5, 6, 7), ((0, 1440),))

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("上午八点", "第 1 行"),
            ("周一至周五 08:30–12:00\n周六 12:00–08:00", "第 2 行"),
            ("周一至周五 08:30–12:00 11:00–17:30", "重叠"),
            ("周一至周五 25:00–26:00", "25:00"),
            ("周一至周五", "没有写时间"),
            ("周一至周五 休", "至少要有一天上班"),
            ("周五至周一 08:30–12:00", "倒过来"),
            ("2月30日至3月1日 周一 08:30–12:00", "2 月 30 日"),
            ("周一至周五 08:30–12:00\n周三 09:00–10:00", "周三写了两次"),
            ("6月1日至9月30日 周一至周五 08:30–12:00", "没有一天上班"),
            ("周一 08:30–12:00\n6月1日至9月30日 周一 休", "没有一天上班"),
            ("周一 08:30–12:00\n6月1日至9月30日 周一 8:30-9:00\n9月1日至10月1日 周一 9:00-9:30", "两次"),
        ],
    )
    def test_what_cannot_stand_says_why(self, text: str, word: str) -> None:
        with pytest.raises(ValueError, match=word):
            read_hours(text)

    @given(
        st.dictionaries(
            st.integers(1, 7), st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True), min_size=1
        ),
        st.sampled_from(["zh-hans", "en"]),
    )
    def test_what_was_written_is_read_back(self, week: dict[int, list[int]], language: str) -> None:
        lines = tuple(
            Line((weekday,), tuple(zip(cuts[::2], cuts[1::2], strict=False)))
            for weekday, cuts in ((key, sorted(value)) for key, value in sorted(week.items()))
        )
        with translation.override(language):
            assert read_hours(hours_text(lines)) == lines
        assert tuple(line_of(line.plain()) for line in lines) == lines

    def test_a_season_is_written_back_in_both_languages(self) -> None:
        lines = read_hours(
            "周一至周五 08:30–12:00\n10月1日至4月30日 周一、周三 09:00–12:00\n7月1日至7月2日 周六 休"
        )
        for language in ("zh-hans", "en"):
            with translation.override(language):
                assert read_hours(hours_text(lines)) == lines


class TestSeasons:
    def test_a_winter_goes_over_the_new_year(self) -> None:
        hours = Hours(read_hours("周一至周五 08:30–12:00\n10月1日至4月30日 周一至周五 09:00–12:00"))
        assert hours.spans(date(2026, 12, 31)) == hours.spans(date(2026, 4, 30)) == ((540, 720),)
        assert hours.spans(date(2026, 5, 1)) == hours.spans(date(2026, 9, 30)) == ((510, 720),)

    def test_a_dated_row_holds_from_its_first_day_until_the_day_before_its_last(self) -> None:
        hours = Hours(read_hours("周一 08:30–12:00"), date(2026, 3, 1), date(2026, 4, 1))
        assert [hours.in_force(date(2026, *day)) for day in ((2, 28), (3, 1), (3, 31), (4, 1))] == [
            False, True, True, False,
        ]  # fmt: skip
