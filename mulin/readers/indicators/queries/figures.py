"""Figures computed from raw records: numerator, denominator, value, the split by origin, and the baseline beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, DurationField, ExpressionWrapper, F, QuerySet

from mulin.kernel.clock import day_start
from mulin.readers.indicators.models import Baseline, BaselineKind
from mulin.readers.indicators.queries.sets import (
    CASE,
    RATINGS,
    Counts,
    Look,
    Scope,
    compounds,
    count_all,
    count_others,
    households,
    kind_of,
    look_at,
    of_cases,
    rows_of,
)
from mulin.readers.indicators.queries.tallies import Held, Waits, held
from mulin.readers.indicators.rules import (
    CHANGE,
    COUNT,
    HOURS,
    INDICATORS,
    ORIGINS,
    SMALL,
    Indicator,
    change,
    hours,
    share,
)
from mulin.services.cases.queries import figures as cases

Number = float | int | None


class Percentile(Aggregate):
    """``percentile_cont``: the percentile by linear interpolation, over intervals."""

    function = "percentile_cont"
    template = "percentile_cont(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, *, fraction: float, **extra: Any) -> None:
        super().__init__(expression, fraction=f"{fraction:.4f}", output_field=DurationField(), **extra)


@dataclass(frozen=True)
class Base:
    """The baseline beside a figure. ``value`` is None where its window has no rows."""

    value: float | None
    declared: bool
    row: Baseline

    def as_json(self) -> dict[str, Any]:
        """As ``mulin indicators --format json`` tells it."""
        row = self.row
        told: dict[str, Any] = {"value": self.value, "kind": row.kind}
        if self.declared:
            signed = row.signed_on.isoformat() if row.signed_on else None
            return told | {"document": row.document, "signer": row.signer, "signed_on": signed}
        return told | {"from": str(row.starts_on), "to": str(row.ends_on)}


@dataclass(frozen=True)
class Figure:
    """One computed figure. ``value`` is None where there is nothing to compute from (printed as —)."""

    indicator: Indicator
    start: date
    end: date
    value: Number
    numerator: int | None
    denominator: int | None
    split: dict[str, dict[str, Number]]
    baseline: Base | None = None
    kept: bool = False
    """Its window is kept: only what was written since was counted."""

    @property
    def small(self) -> bool:
        """So few rows that the value says little."""
        if self.indicator.kind == COUNT:
            return False
        counted = self.numerator if self.indicator.kind in (HOURS, CHANGE) else self.denominator
        return counted is not None and 0 < counted < SMALL

    def as_json(self) -> dict[str, Any]:
        """The contract of ``mulin indicators --format json``; ``source`` is the split by origin."""
        told = {
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
        return told | ({"baseline": self.baseline.as_json()} if self.baseline else {})


_WAIT = ExpressionWrapper(F("first_response_at") - F("reported_at"), output_field=DurationField())
_NOTHING: dict[str, Number] = {"value": None, "numerator": None, "denominator": None}


def _measures(found: QuerySet[Any]) -> Waits:
    """Waiting times in hours: median, mean, p90; in all (key "") and per origin. Two statements, or one where all rows are
    of one origin: sorting them is what costs."""
    measured = {
        "median": Percentile(_WAIT, fraction=0.5),
        "p90": Percentile(_WAIT, fraction=0.9),
        "mean": Avg(_WAIT),
    }
    split = cases.with_origin(found).order_by().values("origin").annotate(**measured)
    rows = {row["origin"]: row for row in split}
    rows[""] = found.order_by().aggregate(**measured) if len(rows) > 1 else dict(*rows.values())
    return {key: {name: hours(row.get(name)) for name in measured} for key, row in rows.items()}


def figures(
    start: date,
    end: date,
    *,
    only: Iterable[str] | None = None,
    scope: Scope | None = None,
    now: datetime | None = None,
) -> list[Figure]:
    """The indicators over [start, end) in Asia/Shanghai, as things stood at its end (or ``now``, where it is not over).

    ``scope`` narrows the records (a reader's own, a place, a unit); default is the whole county in force. Few statements
    whatever their number: one for all cases, five for what moved since, three for each computed baseline.
    """
    wanted = [INDICATORS[code] for code in (only or INDICATORS)]
    return _compute(wanted, start, end, scope or Scope(), now)


def _compute(
    wanted: list[Indicator], start: date, end: date, scope: Scope, now: datetime | None, bare: bool = False
) -> list[Figure]:
    names = list(dict.fromkeys(name for one in wanted for name in (one.base, one.over) if name))
    measured = any(_measure_of(one) for one in wanted)
    kept = any(kind_of(name) == CASE or name in RATINGS for name in names)
    known = held(scope, start, end, now) if kept else None
    waits: Waits | None
    if known is None:
        look = _look(names, start, end, now)
        counted, waits = count_all(names, scope, look), waits_of(scope, look) if measured else {}
    else:
        counted, waits = _told_by(known, names, scope, _unmoved(start, end, now)), known.waits
        if waits is None:
            waits = waits_of(scope, look_at(start, end, now)) if measured else {}
    made = [replace(_figure(one, start, end, counted, waits), kept=known is not None) for one in wanted]
    return made if bare else _with_baselines(made, scope, now)


def _told_by(known: Held, names: Sequence[str], scope: Scope, look: Look) -> Counts:
    """What is kept of cases and ratings; everything else is counted."""
    told = {name: known.of(name) for name in names if of_cases(name)}
    return told | count_others(names, scope, look, known.complaints)


def waits_of(scope: Scope, look: Look) -> Waits:
    """How long people waited for the first answer to what they reported."""
    return _measures(rows_of("responded", scope, look))


def _look(names: Iterable[str], start: date, end: date, now: datetime | None) -> Look:
    """What moved since is asked only where a set of cases or ratings depends on it."""
    names = set(names) - {"reported", "closed_still"}
    if any(kind_of(name) == CASE or name in RATINGS for name in names):
        return look_at(start, end, now)
    return _unmoved(start, end, now)


def _unmoved(start: date, end: date, now: datetime | None) -> Look:
    last = day_start(end)
    return Look(day_start(start), last, last if now is None else max(day_start(start), min(last, now)))


def _measure_of(one: Indicator) -> str:
    """Which waiting time an indicator is made of: median, mean, p90, or none of them."""
    if one.kind == HOURS:
        return one.of
    return INDICATORS[one.of].of if one.kind == CHANGE else ""


def _figure(one: Indicator, start: date, end: date, counted: Counts, waits: Waits) -> Figure:
    """The figure before its baseline is known."""
    above, below = counted[one.base], counted[one.over] if one.over else None

    def cell(origin: str | None) -> dict[str, Number]:
        def number(found: dict[str, int]) -> int:
            return sum(found.values()) if origin is None else found.get(origin, 0)

        n = number(above)
        over = number(below) if below is not None else None
        value: Number = n
        if measure := _measure_of(one):
            value = waits.get(origin or "", {}).get(measure)
        elif one.kind != COUNT:
            value = share(INDICATORS[one.of].kind if one.kind == CHANGE else one.kind, n, over)
        return {"value": value, "numerator": n, "denominator": over}

    whole = cell(None)
    split = {origin: cell(origin) if of_cases(one.base) else dict(_NOTHING) for origin in ORIGINS}
    n, over = (None if whole[key] is None else int(whole[key] or 0) for key in ("numerator", "denominator"))
    return Figure(one, start, end, whole["value"], n, over, split)


# ── baselines ────────────────────────────────────────────────────────────────────────────────────────────────────


def baseline_in_force(code: str, path: str, rows: Iterable[Baseline]) -> Baseline | None:
    """The place's own, else the nearest computed one of a place around it: a declared number holds only where it was
    declared."""
    fitting = [
        row
        for row in rows
        if row.code == code
        and (row.path == path or (row.kind == BaselineKind.COMPUTED and path.startswith(row.path)))
    ]
    return max(fitting, key=lambda row: len(row.path), default=None)


def _with_baselines(made: list[Figure], scope: Scope, now: datetime | None) -> list[Figure]:
    """Figures that are a change get their value: how what was computed stands to its baseline."""
    if not any(one.indicator.kind == CHANGE for one in made):
        return made
    rows = list(Baseline.objects.filter(ended_at__isnull=True))
    done = []
    for one in made:
        if one.indicator.kind != CHANGE:
            done.append(one)
            continue
        row = baseline_in_force(one.indicator.of, scope.path, rows) if scope.unit is None else None
        base = _base(row, one.indicator.of, scope, now) if row is not None else None
        value = change(one.value, base.value if base else None)
        done.append(
            replace(one, value=value, baseline=base, split={key: dict(_NOTHING) for key in one.split})
        )
    return done


def _base(row: Baseline, code: str, scope: Scope, now: datetime | None) -> Base:
    if row.kind == BaselineKind.DECLARED or row.starts_on is None or row.ends_on is None:
        return Base(row.value, True, row)
    (then,) = _compute([INDICATORS[code]], row.starts_on, row.ends_on, scope, now, bare=True)
    return Base(None if then.value is None else float(then.value), False, row)


# ── the rows behind ──────────────────────────────────────────────────────────────────────────────────────────────


def rows(
    base: str, start: date, end: date, *, scope: Scope | None = None, now: datetime | None = None
) -> QuerySet[Any]:
    """The rows of a set over a window (see ``sets``). Raises KeyError for an unknown set."""
    return rows_of(base, scope or Scope(), look_at(start, end, now))


def base_of(code: str) -> str:
    """The set of rows behind an indicator, for ``rows``. Raises KeyError for an unknown code."""
    return INDICATORS[code].base


def hours_waited(case: Any) -> float | None:
    """Hours from a case's report to its first response; None while it has none."""
    return hours(case.first_response_at - case.reported_at if case.first_response_at else None)


def origin_rows(found: QuerySet[Any], origin: str) -> QuerySet[Any]:
    """Cases of one origin of the split; '' is all."""
    return cases.from_origin(found, origin) if origin in ORIGINS else found


@dataclass(frozen=True)
class CompoundLine:
    """A compound with its complaints against property services and its households, in a window."""

    compound: Any
    complaints: int
    households: int | None

    @property
    def rate(self) -> float | None:
        """Per thousand households; None where they were never counted, or there are none."""
        return share("per_thousand", self.complaints, self.households)


def compound_lines(scope: Scope, look: Look) -> tuple[list[CompoundLine], list[CompoundLine]]:
    """Compounds with a count of households, and those without one. Four statements."""
    known = households(scope, look)
    found = cases.complaints_by_compound(replace(scope, unit=None).cases(), look)
    lines = [
        CompoundLine(row, found.get(row.pk, 0), known.get(row.pk))
        for row in compounds(scope, look).order_by("path")
    ]
    return [one for one in lines if one.households is not None], [
        one for one in lines if one.households is None
    ]


# ── windows ──────────────────────────────────────────────────────────────────────────────────────────────────────


def month_of(moment: datetime) -> tuple[date, date]:
    """[first day of the month, first day of the next) in the moment's own zone."""
    first = moment.date().replace(day=1)
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def before(start: date, end: date) -> tuple[date, date]:
    """The window to compare with: the month before a whole month, else as many days before."""
    if start.day == 1 and end.day == 1 and (end - timedelta(days=1)).replace(day=1) == start:
        return (start - timedelta(days=1)).replace(day=1), start
    return start - (end - start), start


def month_from(text: str) -> tuple[date, date] | None:
    """``2026-03`` → its first day and the first of the next month; None for anything else."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1)
