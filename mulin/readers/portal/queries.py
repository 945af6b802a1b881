"""What the front door reads. Everything here is public: no name of a resident, no address, no word of a report."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from mulin.ground.territory import queries as territory
from mulin.kernel.paging import Page, page
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
                "code": figure.indicator.code,
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


_COMMUNITY = re.compile(r"^/[^/]+/[^/]+/")


def public_rows(code: str, start: date, end: date, *, at: str = "") -> tuple[Page, int] | None:
    """The cases behind a public figure and how many there are; None for a figure that is not public.

    A row says community, days, state and hours of waiting: nothing by which a neighbour knows who reported what.
    """
    if code not in PUBLIC_FIGURES:
        return None
    found = indicators.origin_rows(indicators.rows(indicators.base_of(code), start, end), "people")
    shown = page(found, by="-reported_at", at=at, size=30)
    paths = {match[0] for case in shown.rows if (match := _COMMUNITY.match(case.place_path))}
    names = territory.names_of_paths(paths)
    rows = []
    for case in shown.rows:
        match = _COMMUNITY.match(case.place_path)
        rows.append(
            {
                "place": names.get(match[0], "") if match else "",
                "reported": case.reported_day,
                "hours": indicators.hours_waited(case),
                "closed": case.closed_at if case.state == "closed" else None,
                "state": case.get_state_display(),
            }
        )
    return shown.of(rows), found.count()
