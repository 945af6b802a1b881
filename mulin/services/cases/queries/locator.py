"""Where a case lies, as a small drawing for paper: the grids around it and a mark."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from mulin.ground.territory import queries as territory
from mulin.services.cases.models import Case
from mulin.services.cases.rules import community_of_grid

WIDE: Final = 320
"""Units of the drawing, of which the page makes millimetres."""


@dataclass(frozen=True)
class Outline:
    """A grid's outline as an SVG path, with its name where it goes."""

    name: str
    path: str
    x: float
    y: float
    own: bool


@dataclass(frozen=True)
class Locator:
    """A drawing of ``WIDE`` × ``high``; ``x``, ``y`` the mark, None where only the grid is known."""

    outlines: list[Outline]
    high: float
    x: float | None
    y: float | None


def locator(case: Case, on: date) -> Locator | None:
    """The grids of the case's community on a day. None where it lies in no grid, or none is drawn. Two statements."""
    if case.grid is None:
        return None
    drawn = territory.grids_geojson(on=on, under=community_of_grid(case.grid_path))["features"]
    points = [one for feature in drawn for ring in _rings(feature) for one in ring]
    if not points:
        return None
    west, east = min(one[0] for one in points), max(one[0] for one in points)
    south, north = min(one[1] for one in points), max(one[1] for one in points)
    scale = WIDE / max(east - west, 1e-6)
    tall = scale / math.cos(math.radians((south + north) / 2))

    def at(point: Iterable[float]) -> tuple[float, float]:
        lon, lat = list(point)[:2]
        return round((lon - west) * scale, 1), round((north - lat) * tall, 1)

    outlines = []
    for feature in drawn:
        rings = [[at(one) for one in ring] for ring in _rings(feature)]
        path = "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)
        xs, ys = [x for x, _y in rings[0]], [y for _x, y in rings[0]]
        middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
        own = feature["properties"]["code"] == case.grid.code
        outlines.append(Outline(feature["properties"]["name"], path, *middle, own))
    x, y = at((case.lon, case.lat)) if case.lon is not None and case.lat is not None else (None, None)
    return Locator(outlines, round((north - south) * tall, 1), x, y)


def _rings(feature: dict[str, Any]) -> list[list[list[float]]]:
    shape = feature["geometry"]
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [polygon[0] for polygon in polygons]
