"""Adding and measuring working time: two exact inverses, whatever the hours and the calendar are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulin.ground.calendar.rules import Book, Hours, Line
from mulin.ground.calendar.rules.hours import Spans
from mulin.kernel.clock import CHINA

UNIT = uuid4()
SUMMER = Hours(
    (
        Line((1, 2, 3, 4, 5), ((510, 720), (810, 1050))),
        Line((6,), ((540, 720),)),
        Line((1, 2, 3, 4, 5), ((510, 720), (840, 1080)), season=((6, 1), (9, 30))),
        Line((6,), (), season=((10, 1), (4, 30))),
    )
)
BOOK = Book(
    days={
        date(2026, 1, 1): False,
        date(2026, 1, 2): False,
        date(2026, 1, 4): True,
        date(2026, 2, 14): True,
        **{date(2026, 2, number): False for number in range(15, 24)},
        date(2026, 2, 28): True,
        date(2026, 10, 10): True,
        **{date(2026, 10, number): False for number in range(1, 8)},
    },
    official=frozenset({2026}),
    units={UNIT: [SUMMER]},
)
FIRST, LAST = datetime(2025, 11, 1, tzinfo=CHINA), datetime(2028, 2, 1, tzinfo=CHINA)
moments = st.datetimes(
    min_value=FIRST.replace(tzinfo=None), max_value=LAST.replace(tzinfo=None), timezones=st.just(CHINA)
)
spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=900))
units = st.sampled_from([None, UNIT])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


class TestInverse:
    @given(moments, spans, units)
    def test_what_was_added_is_what_is_measured(self, start: datetime, span: timedelta, unit: object) -> None:
        assert BOOK.between(start, BOOK.add(start, span, unit), unit) == span  # type: ignore[arg-type]

    @given(moments, moments, units)
    def test_adding_what_was_measured_comes_to_the_same_moment_of_work(
        self, one: datetime, other: datetime, unit: object
    ) -> None:
        start, end = sorted((one, other))
        span = BOOK.between(start, end, unit)  # type: ignore[arg-type]
        due = BOOK.add(start, span, unit)  # type: ignore[arg-type]
        assert start <= due <= end
        assert BOOK.between(due, end, unit) == timedelta(0)  # type: ignore[arg-type]
        if BOOK.is_working(end, unit) and BOOK.is_working(end - timedelta(microseconds=1), unit):  # type: ignore[arg-type]
            assert due == end

    @given(moments, spans, spans, units)
    def test_two_spans_after_each_other_are_one(
        self, start: datetime, one: timedelta, other: timedelta, unit: object
    ) -> None:
        step = BOOK.add(BOOK.add(start, one, unit), other, unit)  # type: ignore[arg-type]
        whole = BOOK.add(start, one + other, unit)  # type: ignore[arg-type]
        assert step == whole

    @given(moments, moments, units)
    def test_measured_backwards_it_is_the_negative(
        self, one: datetime, other: datetime, unit: object
    ) -> None:
        assert BOOK.between(one, other, unit) == -BOOK.between(other, one, unit)  # type: ignore[arg-type]

    @given(moments, spans)
    def test_the_time_zone_of_the_question_does_not_matter(self, start: datetime, span: timedelta) -> None:
        assert BOOK.add(start.astimezone(UTC), span) == BOOK.add(start, span)

    @settings(max_examples=25)
    @given(moments, st.integers(1, 4000), units)
    def test_it_agrees_with_counting_every_minute(self, start: datetime, count: int, unit: object) -> None:
        start = start.replace(second=0, microsecond=0)
        moment, left = start, count
        while left:
            left -= BOOK.is_working(moment, unit)  # type: ignore[arg-type]
            moment += timedelta(minutes=1)
        assert BOOK.add(start, timedelta(minutes=count), unit) == moment  # type: ignore[arg-type]


class TestEdges:
    def test_no_span_is_due_at_once_even_at_night(self) -> None:
        assert BOOK.add(at("2026-03-03 23:15"), timedelta(0)) == at("2026-03-03 23:15")

    def test_a_span_that_fills_the_day_is_due_at_its_end(self) -> None:
        assert BOOK.add(at("2026-03-03 08:30"), timedelta(hours=7.5)) == at("2026-03-03 17:30")
        assert BOOK.add(at("2026-03-03 08:30"), timedelta(hours=3.5)) == at("2026-03-03 12:00")

    def test_a_negative_span_and_a_moment_without_a_zone_are_errors(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            BOOK.add(at("2026-03-03 09:00"), timedelta(hours=-1))
        with pytest.raises(ValueError, match="zone"):
            BOOK.add(datetime(2026, 3, 3), timedelta(hours=1))
        with pytest.raises(ValueError, match="clock"):
            BOOK.due(start=at("2026-03-03 09:00"), span=timedelta(hours=1), clock="worked")

    def test_hours_in_which_nobody_works_are_an_error_and_no_endless_search(self) -> None:
        idle = Book(hours=[Hours((Line((1,), ()),))])
        with pytest.raises(ValueError, match="no working time"):
            idle.add(at("2026-03-03 09:00"), timedelta(hours=1))

    def test_a_make_up_day_of_a_unit_that_works_saturdays_has_the_hours_of_a_weekday(self) -> None:
        assert BOOK.spans(date(2026, 10, 10), UNIT) == ((510, 720), (810, 1050))
        assert BOOK.spans(date(2026, 5, 16), UNIT) == ((540, 720),)
        assert BOOK.spans(date(2026, 12, 5), UNIT) == ()

    def test_a_working_day_is_as_long_as_most_weekdays_are(self) -> None:
        short_friday = Hours((Line((1, 2, 3, 4), ((480, 720), (780, 1020))), Line((5,), ((480, 720),))))
        assert Book().working_days(1) == timedelta(hours=7.5)
        assert Book(hours=[short_friday]).working_days(3) == timedelta(hours=24)
        assert BOOK.working_days(0.5, UNIT) == timedelta(hours=3.75)

    def test_a_span_of_ten_years_looks_at_no_more_days_than_one_of_an_hour(self) -> None:
        looked: list[date] = []

        class Watched(Book):
            def spans(self, day: date, unit: UUID | None = None) -> Spans:
                looked.append(day)
                return super().spans(day, unit)

        watched = Watched()
        watched.add(at("2026-03-03 09:00"), timedelta(hours=18_000))
        looked.clear()
        assert watched.add(at("2026-03-03 09:00"), timedelta(hours=18_000)).year > 2034
        assert len(looked) == 2

    def test_elapsed_time_knows_no_night_and_is_never_provisional(self) -> None:
        due = Book().due(start=at("2031-12-31 23:00"), span=timedelta(hours=2), clock="elapsed")
        assert (due.at, due.provisional) == (at("2032-01-01 01:00"), False)


class TestProvisional:
    def test_a_span_that_reaches_into_a_year_without_a_notice_is_provisional(self) -> None:
        inside = BOOK.due(start=at("2026-12-30 16:30"), span=timedelta(hours=1), clock="working")
        across = BOOK.due(start=at("2026-12-31 17:00"), span=timedelta(hours=1), clock="working")
        assert (inside.at, inside.provisional) == (at("2026-12-30 17:30"), False)
        assert (across.at, across.provisional) == (at("2027-01-04 09:00"), True)

    def test_without_a_notice_the_days_that_the_law_frees_are_free(self) -> None:
        free = [
            "2027-01-01", "2027-02-05", "2027-02-08", "2027-04-05", "2027-05-01", "2027-06-09", "2027-09-15",
            "2027-10-01", "2029-05-02", "2028-10-03", "2060-01-01", "2060-10-02",
        ]  # fmt: skip
        assert [day for day in free if Book().works_on(date.fromisoformat(day))] == []
        assert Book().works_on(date(2027, 2, 9))
