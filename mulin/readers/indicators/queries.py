"""Figures computed from raw records, and the rows behind each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet

from mulin.kernel.clock import day_start
from mulin.readers.indicators.rules import INDICATORS, ORIGINS, Indicator, hours
from mulin.services.cases.queries import figures as cases


class Percentile(Aggregate):
    """``percentile_cont``: the percentile by linear interpolation, over intervals."""

    function = "percentile_cont"
    template = "percentile_cont(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, *, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=f"{fraction:.4f}", output_field=DurationField(), **extra)


@dataclass(frozen=True)
class Figure:
    """One computed figure. ``value`` is None where there is nothing to compute from (printed as —)."""

    indicator: Indicator
    start: date
    end: date
    value: float | int | None
    numerator: int | None
    denominator: int | None
    split: dict[str, dict[str, float | int | None]]

    def as_json(self) -> dict[str, Any]:
        """The contract of ``mulin indicators --format json``; ``source`` is the split by origin."""
        return {
            "code": self.indicator.code,
            "name": str(self.indicator.name),
            "value": self.value,
            "unit": str(self.indicator.unit),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "source": self.split,
            "definition": str(self.indicator.definition),
        }


_WAIT = ExpressionWrapper(F("first_response_at") - F("reported_at"), output_field=DurationField())
_ANSWERED = Q(first_response_at__isnull=False)


def rows(base: str, start: date, end: date, *, among: QuerySet[Any] | None = None) -> QuerySet[Any]:
    """The cases behind a figure: ``reported``, ``asked`` (the denominator of a response), ``responded``, ``closed``."""
    first, last = day_start(start), day_start(end)
    every = cases.every_case() if among is None else among
    if base == "closed":
        return cases.closed_between(every, first, last)
    reported = cases.reported_between(every, first, last)
    if base == "reported":
        return reported
    asked = cases.by_people(reported)
    return asked.filter(_ANSWERED) if base == "responded" else asked


def _measures(found: QuerySet[Any], by_origin: bool) -> dict[str, dict[str, Any]]:
    """Counts and waiting times, in all (key "") or per origin; one statement."""
    measures = {
        "n": Count("id"),
        "answered": Count("id", filter=_ANSWERED),
        "median": Percentile(_WAIT, fraction=0.5),
        "p90": Percentile(_WAIT, fraction=0.9),
        "mean": Avg(_WAIT),
    }
    if not by_origin:
        return {"": found.aggregate(**measures)}
    split: QuerySet[Any] = cases.with_origin(found)  # Any: the types do not follow an annotation over a call
    grouped = split.order_by().values("origin").annotate(**measures)
    return {row["origin"]: row for row in grouped}


_EMPTY: dict[str, Any] = {"n": 0, "answered": 0, "median": None, "p90": None, "mean": None}


def _cell(code: str, sets: dict[str, dict[str, Any]]) -> dict[str, float | int | None]:
    """value, numerator, denominator of one indicator from the measured sets."""
    if code == "cases_reported":
        count = sets["reported"]["n"]
        return {"value": count, "numerator": count, "denominator": None}
    if code == "cases_closed":
        count = sets["closed"]["n"]
        return {"value": count, "numerator": count, "denominator": None}
    asked = sets["asked"]
    counts = {"numerator": asked["answered"], "denominator": asked["n"]}
    if code == "cases_responded":
        return {"value": asked["answered"], **counts}
    return {"value": hours(asked[code.rpartition("_")[2]]), **counts}


def figures(
    start: date, end: date, *, only: Iterable[str] | None = None, among: QuerySet[Any] | None = None
) -> list[Figure]:
    """The indicators over [start, end) in Asia/Shanghai, six statements whatever their number.

    ``among`` narrows the records (a reader's own scope); default is the whole county in force.
    """
    wanted = [INDICATORS[code] for code in (only or INDICATORS)]
    measured = {base: rows(base, start, end, among=among) for base in ("reported", "asked", "closed")}
    whole = {base: _measures(found, by_origin=False)[""] for base, found in measured.items()}
    parts = {base: _measures(found, by_origin=True) for base, found in measured.items()}
    result = []
    for indicator in wanted:
        split = {
            origin: _cell(indicator.code, {base: parts[base].get(origin, _EMPTY) for base in parts})
            for origin in ORIGINS
        }
        total = _cell(indicator.code, whole)
        numbers = {
            key: value if value is None else int(value) for key, value in total.items() if key != "value"
        }
        result.append(Figure(indicator, start, end, total["value"], split=split, **numbers))
    return result


def base_of(code: str) -> str:
    """The set of rows behind an indicator, for ``rows``. Raises KeyError for an unknown code."""
    return INDICATORS[code].base


def hours_waited(case: Any) -> float | None:
    """Hours from a case's report to its first response; None while it has none."""
    return hours(case.first_response_at - case.reported_at if case.first_response_at else None)


def origin_rows(found: QuerySet[Any], origin: str) -> QuerySet[Any]:
    """Rows of one origin of the split; '' is all."""
    return cases.from_origin(found, origin) if origin in ORIGINS else found


def month_of(moment: datetime) -> tuple[date, date]:
    """[first day of the month, first day of the next) in the moment's own zone."""
    first = moment.date().replace(day=1)
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1)
