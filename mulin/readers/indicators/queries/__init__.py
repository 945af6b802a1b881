"""Figures, and the rows behind each."""

from mulin.readers.indicators.queries.choices import (
    Choices,
    choices_for,
    scope_for,
    scope_named,
    scope_words,
)
from mulin.readers.indicators.queries.figures import (
    Base,
    CompoundLine,
    Figure,
    base_of,
    before,
    compound_lines,
    figures,
    hours_waited,
    month_from,
    month_of,
    origin_rows,
    rows,
)
from mulin.readers.indicators.queries.sets import Scope, kind_of, look_at, rows_of

__all__ = [
    "Base",
    "Choices",
    "CompoundLine",
    "Figure",
    "Scope",
    "base_of",
    "before",
    "choices_for",
    "compound_lines",
    "figures",
    "hours_waited",
    "kind_of",
    "look_at",
    "month_from",
    "month_of",
    "origin_rows",
    "rows",
    "rows_of",
    "scope_for",
    "scope_named",
    "scope_words",
]
