"""The invented map: blocks between bent streets, cut so that neighbours share their edges to the last
digit."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

from mulin.readers.demo.rules import places

Point = tuple[float, float]
Ring = list[Point]
DIGITS = 6
"""Decimals of a degree kept: about a decimetre."""


def _at(column: float, row: float, jitter: Point) -> Point:
    """A corner of the lattice: evenly spaced, bent by two slow waves, moved by its own jitter (fractions
    of a block)."""
    wide = (places.SEAT_EAST - places.SEAT_WEST) / places.COLUMNS
    high = (places.SEAT_NORTH - places.SEAT_SOUTH) / places.ROWS
    bend_x = 0.10 * math.sin(1.1 * row + 0.4 * column)
    bend_y = 0.12 * math.sin(0.7 * column + 0.5)
    lon = places.SEAT_WEST + (column + bend_x + jitter[0]) * wide
    lat = places.SEAT_NORTH - (row + bend_y + jitter[1]) * high
    return round(lon, DIGITS), round(lat, DIGITS)


class Blocks:
    """COLUMNS × ROWS blocks. Corners and the bends of each edge are drawn once and used by both
    neighbours."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"outlines-{seed}")  # noqa: S311 drawn the same each time
        self.corners: dict[tuple[int, int], Point] = {}
        for row in range(places.ROWS + 1):
            for column in range(places.COLUMNS + 1):
                jitter = (rng.uniform(-0.12, 0.12), rng.uniform(-0.12, 0.12))
                self.corners[column, row] = _at(column, row, jitter)
        self._bends: dict[tuple[tuple[int, int], tuple[int, int]], Ring] = {}
        for row in range(places.ROWS + 1):
            for column in range(places.COLUMNS + 1):
                for other in ((column + 1, row), (column, row + 1)):
                    if other in self.corners:
                        self._bends[(column, row), other] = self._bend((column, row), other, rng)

    def _bend(self, start: tuple[int, int], end: tuple[int, int], rng: Random) -> Ring:
        """One or two points beside the straight line between two corners, in order from start to end."""
        (x0, y0), (x1, y1) = self.corners[start], self.corners[end]
        points = []
        for part in (0.5,) if rng.random() < 0.5 else (0.33, 0.67):
            off = rng.uniform(-0.06, 0.06)
            x = x0 + part * (x1 - x0) + off * (y1 - y0)
            y = y0 + part * (y1 - y0) + off * (x1 - x0)
            points.append((round(x, DIGITS), round(y, DIGITS)))
        return points

    def _edge(self, start: tuple[int, int], end: tuple[int, int]) -> Ring:
        """Points from start up to, not including, end."""
        if (start, end) in self._bends:
            return [self.corners[start], *self._bends[start, end]]
        return [self.corners[start], *reversed(self._bends[end, start])]

    def ring(self, column: int, row: int) -> Ring:
        """The closed outline of a block, anticlockwise as GeoJSON wants it."""
        walk = [(column, row), (column, row + 1), (column + 1, row + 1), (column + 1, row), (column, row)]
        points = [point for start, end in pairwise(walk) for point in self._edge(start, end)]
        return [*points, points[0]]

    def inside(self, column: int, row: int, u: float, v: float) -> Point:
        """A point of the block: u eastward and v southward, both in (0, 1); well inside for 0.2 to 0.8."""
        (ax, ay), (bx, by) = self.corners[column, row], self.corners[column + 1, row]
        (cx, cy), (dx, dy) = self.corners[column, row + 1], self.corners[column + 1, row + 1]
        lon = (1 - v) * ((1 - u) * ax + u * bx) + v * ((1 - u) * cx + u * dx)
        lat = (1 - v) * ((1 - u) * ay + u * by) + v * ((1 - u) * cy + u * dy)
        return round(lon, DIGITS), round(lat, DIGITS)

    def compound(self, column: int, row: int, rng: Random) -> Ring:
        """A closed, slightly turned rectangle well inside the block."""
        u, v = rng.uniform(0.30, 0.42), rng.uniform(0.30, 0.42)
        wide, high = rng.uniform(0.22, 0.34), rng.uniform(0.22, 0.34)
        corners = [(u, v), (u, v + high), (u + wide, v + high), (u + wide, v)]
        ring = [self.inside(column, row, a, b) for a, b in corners]
        return [*ring, ring[0]]


def walk() -> list[tuple[int, int]]:
    """(column, row) of every block along the winding walk: bands of two rows, so that its stretches are
    compact.

    It is unbroken but for the step before the last band, where a street ends anyway.
    """
    path: list[tuple[int, int]] = []
    for band in range(places.ROWS // 2):
        top, bottom = 2 * band, 2 * band + 1
        columns = range(places.COLUMNS) if band % 2 == 0 else reversed(range(places.COLUMNS))
        for step, column in enumerate(columns):
            down = (step + (band == 0)) % 2 == 0
            path += [(column, top), (column, bottom)] if down else [(column, bottom), (column, top)]
    return path


def multipolygon(ring: Ring) -> dict[str, object]:
    """GeoJSON MultiPolygon of one closed ring."""
    return {"type": "MultiPolygon", "coordinates": [[[list(point) for point in ring]]]}


def county_outline() -> dict[str, object]:
    """GeoJSON of the county's rough hull."""
    return multipolygon([*places.OUTLINE, places.OUTLINE[0]])
