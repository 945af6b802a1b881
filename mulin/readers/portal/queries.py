"""What the front door reads. Everything here is public: no name of a resident, no address, no single case."""

from __future__ import annotations

from datetime import date
from typing import Any

from mulin.ground.territory import queries as territory
from mulin.readers.indicators import queries as indicators

PUBLIC_FIGURES = ("cases_reported", "cases_responded", "cases_closed", "response_hours_median")
"""The indicators that a resident can make something of."""


def communities() -> list[tuple[str, str]]:
    """(code, name) of the communities and villages that have grids, in the county's own order."""
    return territory.communities_with_grids()


def contacts(community: str, *, on: date) -> list[dict[str, Any]]:
    """Grids of a community: ``code``, ``name``, ``worker`` (public name) and ``phone`` (work), or ""."""
    return territory.grid_contacts(community, on=on)


def public_figures(start: date, end: date) -> list[dict[str, Any]]:
    """Public figures over [start, end), counted from what people reported (staff's own finds stand apart).

    Each: ``name``, ``value`` (None where there is nothing to compute from), ``unit``, ``numerator``,
    ``denominator``, ``definition``, ``found`` (the same figure for what staff found themselves).
    """
    shown = []
    for figure in indicators.figures(start, end, only=PUBLIC_FIGURES):
        people = figure.split["people"]
        value = people["value"]
        shown.append(
            {
                "name": figure.indicator.name,
                "value": round(value, 1) if isinstance(value, float) else value,
                "unit": figure.indicator.unit,
                "numerator": people["numerator"],
                "denominator": people["denominator"],
                "definition": figure.indicator.definition,
                "found": figure.split["staff_found"]["value"],
            }
        )
    return shown
