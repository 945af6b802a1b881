"""Figures come from rows: counts, linear percentiles, the split by source, and the command's contract."""

from __future__ import annotations

import io
import json
import statistics
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope
from mulin.kernel.ids import public_number, uuid7
from mulin.readers.indicators.queries import figures, month_of, rows, sets
from mulin.readers.indicators.rules import INDICATORS, ORIGINS
from mulin.services.cases.models import Case
from tests.personas import COUNTY, NEIGHBOUR, Scene

START, END = date(2026, 5, 1), date(2026, 6, 1)
MAY = datetime(2026, 5, 10, 9, tzinfo=CHINA)


def case(at: datetime = MAY, wait: float | None = None, closed: bool = False, **more: Any) -> Case:
    answered = at + timedelta(hours=wait) if wait is not None else None
    end = (answered or at) + timedelta(hours=1) if closed else None
    return Case.objects.create(**{
        "number": public_number(COUNTY), "client_id": uuid7(), "source": "resident", "state": "closed" if closed else "reported",
        "title": "路灯", "text": "路灯", "place_path": "/", "reported_at": at, "reported_day": at.date(),
        "first_response_at": answered, "disposed_at": end, "closed_at": end, "result": "好" if closed else "", **more,
    })  # fmt: skip


def value(code: str, **more: Any) -> Any:
    (figure,) = figures(START, END, only=[code], **more)
    return figure


def test_an_empty_month_has_no_rate_and_no_error(county: Scene) -> None:
    told = {figure.indicator.code: figure for figure in figures(START, END)}
    plain = ("cases_reported", "cases_responded", "cases_closed", "due_closure_count", "carried_over")
    assert [told[code].value for code in plain] == [0, 0, 0, 0, 0]
    of_cases = [one for one in told.values() if sets.of_cases(one.indicator.base)]
    assert {one.value for one in of_cases if one.indicator.kind != "count"} == {None}
    assert {one.numerator for one in of_cases} == {0}
    assert value("response_hours_median").denominator == 0


def test_the_window_takes_its_first_midnight_and_leaves_its_last(county: Scene) -> None:
    case(datetime(2026, 5, 1, 0, 0, tzinfo=CHINA))
    case(datetime(2026, 5, 31, 23, 59, 59, tzinfo=CHINA))
    case(datetime(2026, 4, 30, 23, 59, 59, tzinfo=CHINA))
    case(datetime(2026, 6, 1, 0, 0, tzinfo=CHINA))
    assert value("cases_reported").value == 2


def test_percentiles_are_linear_and_the_unanswered_stand_beside(county: Scene) -> None:
    for wait in (1, 2, 3, 10):
        case(wait=wait)
    case()
    assert (value("response_hours_median").value, value("response_hours_mean").value) == (2.5, 4.0)
    ninety = value("response_hours_p90")
    assert ninety.value == pytest.approx(7.9)
    assert (ninety.numerator, ninety.denominator) == (4, 5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waits=st.lists(st.integers(0, 4000), min_size=2, max_size=30))
def test_they_agree_with_a_spreadsheet(county: Scene, waits: list[int]) -> None:
    Case.objects.all().delete()
    for wait in waits:
        case(wait=wait / 7)
    hours = [wait / 7 for wait in waits]
    assert value("response_hours_median").value == pytest.approx(statistics.median(hours), abs=1e-5)
    assert value("response_hours_mean").value == pytest.approx(statistics.fmean(hours), abs=1e-5)
    inclusive = statistics.quantiles(hours, n=10, method="inclusive")[8]
    assert value("response_hours_p90").value == pytest.approx(inclusive, abs=1e-5)


def test_what_staff_found_themselves_answers_nobody(county: Scene) -> None:
    case(wait=8)
    case(source="patrol", found_fixed=True, wait=0, closed=True)
    case(source="import", provenance="historic", wait=4, closed=True)
    reported, median = value("cases_reported"), value("response_hours_median")
    assert {origin: cell["value"] for origin, cell in reported.split.items()} == {
        "people": 1, "staff_found": 1, "historic": 1,
    }  # fmt: skip
    assert (median.value, median.denominator) == (6, 2)
    assert {origin: cell["value"] for origin, cell in median.split.items()} == {
        "people": 8, "staff_found": None, "historic": 4,
    }  # fmt: skip


def test_closed_counts_the_month_of_closing_and_not_what_was_reopened(county: Scene) -> None:
    case(datetime(2026, 4, 30, 20, tzinfo=CHINA), wait=5, closed=True)
    reopened = case(wait=1, closed=True)
    reopened.state, reopened.closed_at = "in_hand", None
    reopened.save()
    case(datetime(2026, 5, 31, 22, tzinfo=CHINA), wait=1.5, closed=True)
    assert value("cases_closed").value == 1


def test_every_figure_opens_to_exactly_its_rows(county: Scene) -> None:
    for wait in (None, 3, 4):
        case(wait=wait, closed=wait is not None)
    for figure in figures(START, END):
        code, over = figure.indicator.code, figure.indicator.over
        assert behind(figure.indicator.base) == figure.numerator, code
        if over and over != "compounds_counted":
            assert behind(over) == figure.denominator, code


def behind(name: str) -> int:
    """How many rows a set has, a sum those of its parts."""
    return sum(rows(part, START, END).count() for part in sets.parts_of(name))


def test_a_neighbours_cases_do_not_count(scene: Scene) -> None:
    with county_scope(NEIGHBOUR):
        case(wait=1)
    with county_scope(COUNTY):
        assert value("cases_reported").value == 0


def test_figures_take_few_statements_however_many(county: Scene, django_assert_max_num_queries: Any) -> None:
    """What moved since, and rests: 4. Cases: a statement for each of four bases, two for waiting times. Ratings, points,
    everything else, households (2), baselines: 6."""
    with django_assert_max_num_queries(15):
        figures(START, END)
    with django_assert_max_num_queries(8):
        figures(START, END, only=[code for code, one in INDICATORS.items() if one.base == "responded"][:4])


@pytest.mark.no_tenant_rows("calendar only")
@pytest.mark.parametrize(
    ("day", "end"), [(date(2026, 12, 31), date(2027, 1, 1)), (date(2024, 2, 29), date(2024, 3, 1))]
)
def test_a_month_ends_where_the_next_begins(day: date, end: date) -> None:
    assert month_of(datetime(day.year, day.month, day.day, 12, tzinfo=CHINA)) == (day.replace(day=1), end)


def test_the_command_prints_one_json_list(scene: Scene) -> None:
    with county_scope(COUNTY):
        case(wait=2)
    out = io.StringIO()
    call_command("indicators", county=COUNTY, start=START, end=END, format="json", stdout=out)
    said = json.loads(out.getvalue())
    assert [row["code"] for row in said] == list(INDICATORS)
    for row in said:
        assert {"code", "name", "value", "unit", "numerator", "denominator", "from", "to"} <= set(row)
        assert set(row["source"]) == set(ORIGINS)
        assert (row["from"], row["to"]) == ("2026-05-01", "2026-06-01")
    out = io.StringIO()
    call_command("indicators", county=COUNTY, start=START, end=END, format="csv", stdout=out)
    assert len(out.getvalue().splitlines()) == 1 + len(INDICATORS)
    out = io.StringIO()
    call_command("indicators", county=COUNTY, start=START, end=END, only="response_hours_median", stdout=out)
    assert "2.00 小时" in out.getvalue()


@pytest.mark.no_tenant_rows("refused before a row is read")
@pytest.mark.parametrize(
    ("options", "word"),
    [({"only": "made_up"}, "made_up"), ({"start": END, "end": START}, "晚于"), ({"county": 999999}, "开通")],
)
def test_the_command_refuses_in_one_line(scene: Scene, options: dict[str, Any], word: str) -> None:
    with pytest.raises(CommandError, match=word):
        call_command("indicators", **{"county": COUNTY, "start": START, "end": END, **options})
