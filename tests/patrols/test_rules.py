"""On which days a plan is walked, and what a plan may say. Without a database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mulin.kernel.clock import CHINA
from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from mulin.services.patrols.rules import (
    LONGEST_REST,
    STANDINGS,
    Cadence,
    RestDays,
    Rhythm,
    Told,
    answered,
    around,
    checked,
    common_path,
    due_days,
    rhythm_words,
    standing,
    still_walkable,
    window,
)

FIRST = date(2026, 9, 1)  # a Tuesday
NATIONAL = {date(2026, 10, day) for day in range(1, 8)}


def always(_day: date) -> bool:
    return True


def workdays(day: date) -> bool:
    return day.isoweekday() < 6 and day not in NATIONAL


def weekly(*days: int, **more: object) -> Rhythm:
    return Rhythm(Cadence.WEEKDAYS, FIRST, weekdays=days, **more)  # type: ignore[arg-type]


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_weekdays_fall_on_their_weekdays() -> None:
    days = due_days(weekly(1, 3, 5), FIRST, date(2026, 9, 11), always)
    assert [day.day for day in days] == [2, 4, 7, 9, 11]


def test_every_n_days_counts_from_the_first_day() -> None:
    rhythm = Rhythm(Cadence.EVERY, FIRST, every_days=3)
    assert [day.day for day in due_days(rhythm, date(2026, 9, 3), date(2026, 9, 11), always)] == [4, 7, 10]


def test_the_thirty_first_is_the_last_day_of_every_month() -> None:
    rhythm = Rhythm(Cadence.MONTHLY, FIRST, month_days=(15, 31))
    found = due_days(rhythm, FIRST, date(2027, 3, 31), always)
    assert [(day.month, day.day) for day in found] == [
        (9, 15), (9, 30), (10, 15), (10, 31), (11, 15), (11, 30), (12, 15), (12, 31),
        (1, 15), (1, 31), (2, 15), (2, 28), (3, 15), (3, 31),
    ]  # fmt: skip


def test_the_thirtieth_and_the_thirty_first_are_one_walk_in_a_short_month() -> None:
    rhythm = Rhythm(Cadence.MONTHLY, FIRST, month_days=(30, 31))
    assert due_days(rhythm, FIRST, date(2026, 9, 30), always) == [date(2026, 9, 30)]
    assert len(due_days(rhythm, date(2026, 10, 1), date(2026, 10, 31), always)) == 2


def test_rest_days_are_walked_skipped_or_put_off() -> None:
    first, last = date(2026, 9, 28), date(2026, 10, 11)
    plain = due_days(weekly(4), first, last, workdays)
    assert plain == [date(2026, 10, 1), date(2026, 10, 8)]
    skipped = due_days(weekly(4, rest_days=RestDays.SKIP), first, last, workdays)
    assert skipped == [date(2026, 10, 8)]
    monthly = Rhythm(Cadence.MONTHLY, FIRST, month_days=(1,), rest_days=RestDays.NEXT)
    assert due_days(monthly, first, last, workdays) == [date(2026, 10, 8)]


def test_two_days_put_off_to_the_same_one_are_one_walk() -> None:
    rhythm = Rhythm(Cadence.EVERY, FIRST, every_days=1, rest_days=RestDays.NEXT)
    assert due_days(rhythm, date(2026, 10, 1), date(2026, 10, 9), workdays) == [
        date(2026, 10, 8),
        date(2026, 10, 9),
    ]


def test_nothing_is_put_off_beyond_the_end_of_the_plan() -> None:
    rhythm = Rhythm(
        Cadence.MONTHLY, FIRST, ends_on=date(2026, 10, 2), month_days=(1,), rest_days=RestDays.NEXT
    )
    assert due_days(rhythm, FIRST, date(2026, 12, 31), workdays) == [FIRST]


def test_a_county_that_never_works_puts_nothing_off_for_ever() -> None:
    rhythm = weekly(1, 2, 3, 4, 5, 6, 7, rest_days=RestDays.NEXT)
    assert due_days(rhythm, FIRST, FIRST + timedelta(days=30), lambda _day: False) == []


rhythms = st.builds(
    Rhythm,
    cadence=st.sampled_from(list(Cadence)),
    starts_on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    ends_on=st.none() | st.dates(date(2027, 1, 1), date(2027, 6, 30)),
    weekdays=st.sets(st.integers(1, 7), min_size=1).map(lambda found: tuple(sorted(found))),
    every_days=st.integers(1, 90),
    month_days=st.sets(st.integers(1, 31), min_size=1).map(lambda found: tuple(sorted(found))),
    rest_days=st.sampled_from(list(RestDays)),
)
calendars = st.sets(st.integers(0, 540), max_size=200).map(
    lambda rests: lambda day: (day - date(2026, 1, 1)).days not in rests
)
starts = st.dates(date(2026, 1, 1), date(2027, 6, 1))


@given(rhythms, calendars, starts, st.integers(0, 60))
def test_days_come_once_in_order_within_the_plan_and_on_days_that_it_allows(
    rhythm: Rhythm, works: object, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    found = due_days(rhythm, first, last, works)  # type: ignore[arg-type]
    assert found == sorted(set(found))
    assert all(first <= day <= last and day >= rhythm.starts_on for day in found)
    assert rhythm.ends_on is None or all(day <= rhythm.ends_on for day in found)
    if rhythm.rest_days != RestDays.WALK:
        assert all(works(day) for day in found)  # type: ignore[operator]


@given(rhythms, calendars, starts, st.integers(0, 60))
def test_every_day_of_the_cadence_is_walked_skipped_or_put_off_and_never_lost(
    rhythm: Rhythm, works: object, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    found = set(due_days(rhythm, first, last + timedelta(days=LONGEST_REST), works))  # type: ignore[arg-type]
    for step in range(length + 1):
        day = first + timedelta(days=step)
        if not rhythm.falls_on(day):
            continue
        if rhythm.rest_days == RestDays.WALK or works(day):  # type: ignore[operator]
            assert day in found
        elif rhythm.rest_days == RestDays.NEXT:
            after = (day + timedelta(days=more) for more in range(1, LONGEST_REST + 1))
            put_off = next((one for one in after if works(one)), None)  # type: ignore[operator]
            over = put_off is None or (rhythm.ends_on is not None and put_off > rhythm.ends_on)
            assert over or put_off in found
        else:
            assert day not in found


@given(rhythms, calendars, starts, st.integers(1, 40), st.integers(0, 39))
def test_looking_from_day_to_day_gives_what_looking_far_ahead_gives(
    rhythm: Rhythm, works: object, first: date, length: int, cut: int
) -> None:
    middle, last = first + timedelta(days=min(cut, length - 1)), first + timedelta(days=length)
    whole = due_days(rhythm, first, last, works)  # type: ignore[arg-type]
    parts = due_days(rhythm, first, middle, works) + due_days(rhythm, middle + timedelta(days=1), last, works)  # type: ignore[arg-type]
    assert whole == parts


def test_a_window_over_midnight_ends_on_the_next_morning() -> None:
    begin, end = window(FIRST, time(22, 0), time(2, 0))
    assert (begin, end) == (
        datetime(2026, 9, 1, 22, tzinfo=CHINA),
        datetime(2026, 9, 2, 2, tzinfo=CHINA),
    )
    assert window(FIRST, time(8, 30), time(11, 30))[1] == datetime(2026, 9, 1, 11, 30, tzinfo=CHINA)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rhythm_in_words() -> None:
    assert rhythm_words(weekly(1, 5)) == "每周：周一、周五"
    assert rhythm_words(weekly(1, 2, 3, 4, 5, 6, 7)) == "每天"
    assert rhythm_words(Rhythm(Cadence.EVERY, FIRST, every_days=1)) == "每天"
    assert rhythm_words(Rhythm(Cadence.EVERY, FIRST, every_days=3)) == "每 3 天一次"
    assert rhythm_words(Rhythm(Cadence.MONTHLY, FIRST, month_days=(1, 31))) == "每月：1 日、月末"
    with translation.override("en"):
        assert rhythm_words(weekly(1, 5)) == "Weekly: Mon, Fri"


def test_how_a_task_stands() -> None:
    now = datetime(2026, 9, 1, 9, tzinfo=CHINA)
    due = datetime(2026, 9, 1, 11, tzinfo=CHINA)

    def of(state: str = "planned", *, day: date = FIRST, due_at: datetime = due) -> str:
        return standing(state=state, day=day, due_at=due_at, today=FIRST, now=now).code

    assert of() == "open"
    assert of(day=FIRST + timedelta(days=1), due_at=due + timedelta(days=1)) == "coming"
    assert of(due_at=now - timedelta(minutes=1)) == "overdue"
    for state in ("done", "nothing_found", "missed", "withdrawn"):
        assert of(state) == state
    assert all(one.words and one.icon for one in STANDINGS.values())


def test_until_when_a_walk_may_be_written_down() -> None:
    due = datetime(2026, 9, 1, 11, tzinfo=CHINA)

    def may(state: str, hours: float, day: date = FIRST) -> bool:
        now = due + timedelta(hours=hours)
        return still_walkable(state=state, day=day, due_at=due, today=now.date(), now=now)

    assert may("planned", -2) and may("planned", 47) and not may("planned", 49)
    assert may("missed", -1) and not may("missed", 1)
    assert may("nothing_found", 40) and not may("nothing_found", 50)
    assert not may("planned", -2, day=FIRST + timedelta(days=1))


# ── what a plan says ─────────────────────────────────────────────────────────────────────────────────────────────


def told(**more: object) -> Told:
    plain: dict[str, object] = {
        "name": "楼院巡查",
        "walker": "grid",
        "rhythm": weekly(1),
        "opens": time(8, 30),
        "closes": time(11, 30),
        "grids": (uuid7(),),
    }
    return Told(**(plain | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"name": " "}, "no_name", "name"),
        ({"grids": ()}, "no_place", "places"),
        ({"grids": tuple(uuid7() for _n in range(61))}, "too_many_places", "places"),
        ({"walker": "unit"}, "no_unit", "unit"),
        ({"walker": "named"}, "no_person", "persons"),
        ({"rhythm": weekly()}, "no_weekday", "weekdays"),
        ({"rhythm": Rhythm("every", FIRST, every_days=0)}, "every_wrong", "every_days"),
        ({"rhythm": Rhythm("monthly", FIRST)}, "no_month_day", "month_days"),
        ({"rhythm": Rhythm("weekdays", FIRST, FIRST - timedelta(days=1), (1,))}, "ends_early", "ends_on"),
        ({"checklist": tuple(str(n) for n in range(21))}, "too_many_lines", "checklist"),
        ({"spots": ("长" * 61,)}, "line_too_long", "spots"),
    ],
)
def test_what_cannot_be_walked_is_refused_beside_its_field(
    more: dict[str, object], code: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        checked(told(**more))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_lines_are_trimmed_and_come_once() -> None:
    plan = checked(told(name=" 楼院巡查 ", checklist=("  消防  通道 ", "", "消防 通道", "井盖")))
    assert plan.name == "楼院巡查" and plan.checklist == ("消防 通道", "井盖")


def test_answers_take_their_place_and_nonsense_changes_nothing() -> None:
    before = [["消防通道", ""], ["井盖", "ok"]]
    assert answered(before, {0: "problem"}) == [["消防通道", "problem"], ["井盖", "ok"]]
    assert answered(before, {1: "", 7: "ok", 0: "nonsense"}) == [["消防通道", ""], ["井盖", ""]]


def test_the_nearest_place_around_several() -> None:
    assert common_path(["/001/003/g1001/"]) == "/001/003/g1001/"
    assert common_path(["/001/003/g1001/", "/001/003/C1/"]) == "/001/003/"
    assert common_path(["/001/003/", "/003/004/"]) == "/"
    assert common_path(["/001/003/", "/001/0031/"]) == "/001/"


def test_the_community_around_a_place() -> None:
    assert around("/001/003/g1001/") == around("/001/003/C1/B1/") == around("/001/003/") == "/001/003/"
    assert around("/001/") == "/001/" and around("/") == "/"
