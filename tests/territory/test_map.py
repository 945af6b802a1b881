"""Point → grid: every point of a partition gets exactly one grid, the same one every time, on its day."""

from __future__ import annotations

import random
import threading
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, box
from shapely.ops import polygonize, unary_union

from mulin.ground.territory import actions, queries
from mulin.ground.territory.queries import GridMap, Spot
from mulin.ground.territory.rules import read_outline
from mulin.kernel.county import county_scope
from tests.personas import IN_GRID_A, IN_GRID_B, IN_NO_GRID, NEIGHBOUR, Scene, square

WEST, SOUTH, SIDE = 119.6, 41.4, 0.05


def spot(number: int) -> Spot:
    return Spot(uuid4(), f"/001/003/g1{number:03d}/", f"{number}", uuid4(), "/001/003/")


def partition(seed: int, lines: int) -> list[MultiPolygon]:
    """A square cut by random lines, corners rounded as they are when stored."""
    chance = random.Random(seed)
    whole = box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
    cuts = [whole.exterior]
    for _line in range(lines):
        ends = [
            (WEST + (chance.random() * 3 - 1) * SIDE, SOUTH + (chance.random() * 3 - 1) * SIDE)
            for _end in range(2)
        ]
        cuts.append(LineString(ends).intersection(whole))
    parts = polygonize(unary_union(cuts))
    found = []
    for part in parts:
        ring = [[round(x, 7), round(y, 7)] for x, y in part.exterior.coords]
        if part.area > 1e-9:
            found.append(read_outline({"type": "Polygon", "coordinates": [ring]}))
    return found


class TestPartitions:
    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10_000), st.integers(1, 12))
    def test_every_point_has_exactly_one_grid(self, seed: int, lines: int) -> None:
        shapes = partition(seed, lines)
        grids = GridMap([spot(n) for n in range(len(shapes))], shapes)
        chance = random.Random(seed + 1)
        points = [(WEST + chance.random() * SIDE, SOUTH + chance.random() * SIDE) for _n in range(100)]
        corners = [corner for shape in shapes for corner in shape.geoms[0].exterior.coords]
        middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(corners)]
        for lon, lat in points:
            inside = [n for n, shape in enumerate(shapes) if shape.contains(Point(lon, lat))]
            found = grids.at(lon, lat)
            if inside:
                assert found == grids.spots[inside[0]]
            edge = min(lon - WEST, WEST + SIDE - lon, lat - SOUTH, SOUTH + SIDE - lat)
            if edge > 1e-6 and all(shape.area > 1e-9 for shape in shapes) and inside:
                assert found is not None
        for lon, lat in corners + middles:
            touching = [n for n, shape in enumerate(shapes) if shape.intersects(Point(lon, lat))]
            if touching:
                assert grids.at(lon, lat) == grids.spots[min(touching)]
        everything = points + corners + middles
        assert grids.many(everything) == [grids.at(lon, lat) for lon, lat in everything]

    def test_an_edge_with_corners_of_one_side_only_leaves_no_gap(self) -> None:
        """Two small grids meet a big one along a slanted edge; their common corner is rounded off that
        edge."""
        slanted = [[119.6, 41.4], [119.61, 41.4], [119.6133333, 41.41], [119.6, 41.41], [119.6, 41.4]]
        middle = [119.6116667, 41.405]
        lower = [[119.61, 41.4], [119.63, 41.4], [119.63, 41.405], middle, [119.61, 41.4]]
        upper = [middle, [119.63, 41.405], [119.63, 41.41], [119.6133333, 41.41], middle]
        shapes = [
            read_outline({"type": "Polygon", "coordinates": [ring]}) for ring in (slanted, lower, upper)
        ]
        grids = GridMap([spot(n) for n in range(3)], shapes)
        for step in range(2001):
            part = step / 2000
            lon, lat = 119.61 + part * 0.0033333, 41.4 + part * 0.01
            assert grids.at(lon, lat) is not None, (lon, lat)
            assert grids.many([(lon, lat)] * 2) == [grids.at(lon, lat)] * 2

    def test_a_hole_is_outside_and_its_edge_inside(self) -> None:
        outer = square(119.6, 41.4)["coordinates"][0][0]
        inner = square(119.603, 41.403, 0.002)["coordinates"][0][0]
        ring = read_outline({"type": "Polygon", "coordinates": [outer, inner]})
        grids = GridMap([spot(0)], [ring])
        assert grids.at(119.604, 41.404) is None
        assert grids.at(119.603, 41.404) == grids.at(119.601, 41.401) == grids.spots[0]
        assert grids.many([(119.604, 41.404), (119.601, 41.401)]) == [None, grids.spots[0]]

    def test_two_parts_are_one_grid_and_an_island_in_a_hole_another(self) -> None:
        hole = square(119.603, 41.403, 0.002)["coordinates"][0][0]
        first = {
            "type": "MultiPolygon",
            "coordinates": [
                [square(119.6, 41.4)["coordinates"][0][0], hole],
                [square(119.7, 41.4)["coordinates"][0][0]],
            ],
        }
        grids = GridMap(
            [spot(0), spot(1)], [read_outline(first), read_outline(square(119.603, 41.403, 0.002))]
        )
        assert grids.at(119.705, 41.405) == grids.at(119.601, 41.401) == grids.spots[0]
        assert grids.at(119.604, 41.404) == grids.spots[1]

    def test_an_empty_map_and_no_points(self) -> None:
        grids = GridMap([], [])
        assert grids.at(119.6, 41.4) is None
        assert grids.many([(119.6, 41.4)]) == [None]
        assert grids.many([]) == []
        assert grids.inside(119.6, 41.4) is None
        assert grids.inside(2.35, 48.86) is False

    def test_what_is_no_number_is_nowhere(self) -> None:
        nan, inf = float("nan"), float("inf")
        grids = GridMap([spot(0)], [read_outline(square(119.6, 41.4))])
        assert grids.at(nan, 41.4) is grids.at(inf, nan) is None
        assert grids.many([(nan, nan), (119.605, 41.405), (inf, -inf)]) == [None, grids.spots[0], None]
        assert grids.inside(nan, nan) is False

    def test_eight_threads_get_the_same_answers(self) -> None:
        shapes = partition(5, 10)
        grids = GridMap([spot(n) for n in range(len(shapes))], shapes)
        chance = random.Random(1)
        points = [(WEST + chance.random() * SIDE, SOUTH + chance.random() * SIDE) for _n in range(2000)]
        wanted, wrong = grids.many(points), []

        def ask() -> None:
            if [grids.at(*point) for point in points] != wanted:
                wrong.append(1)

        threads = [threading.Thread(target=ask) for _n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


class TestOnTheCounty:
    ON = date(2026, 9, 1)

    def test_a_point_finds_its_grid_and_community(self, county: Scene) -> None:
        found = queries.grid_at(*IN_GRID_A, on=self.ON)
        assert found is not None
        assert (found.grid_id, found.grid_path) == (county.grids["a"].id, "/001/003/g1001/")
        assert (found.community_id, found.community_path) == (county.places["community"].id, "/001/003/")
        assert queries.grid_at(*IN_NO_GRID, on=self.ON) is None
        on_edge = queries.grid_at(119.65, 41.405, on=self.ON)
        assert on_edge is not None
        assert on_edge.grid_id == county.grids["a"].id

    def test_many_points_cost_one_statement_when_the_map_is_in_memory(self, county: Scene) -> None:
        points = [IN_GRID_A, IN_GRID_B, IN_NO_GRID] * 10
        first = queries.grids_at(points, on=self.ON)
        with CaptureQueriesContext(
            connection,
        ) as statements:
            assert queries.grids_at(points, on=self.ON) == first
        assert len(statements) == 1
        assert [spot.grid_name if spot else None for spot in first[:3]] == [
            "双虹第一网格",
            "双虹第二网格",
            None,
        ]

    def test_a_change_is_seen_at_once_and_an_undone_one_never(self, county: Scene, now: datetime) -> None:
        here = IN_NO_GRID
        assert queries.grid_at(*here, on=self.ON) is None

        def draw(name: str) -> None:
            actions.draw_grid(
                community=county.places["community"],
                name=name,
                on=self.ON,
                by=county.admin,
                now=now,
                geometry=square(119.695, 41.445),
            )

        with pytest.raises(RuntimeError), transaction.atomic():
            draw("会撤回的网格")
            undone = queries.grid_at(*here, on=self.ON)
            raise RuntimeError
        assert undone is not None
        assert queries.grid_at(*here, on=self.ON) is None
        draw("新网格")
        found = queries.grid_at(*here, on=self.ON)
        assert found is not None
        assert found.grid_name == "新网格"
        assert queries.grid_at(*here, on=self.ON - timedelta(days=1)) is None

    def test_a_re_split_answers_for_its_day(self, county: Scene, now: datetime) -> None:
        """On 1 October grid A gives its eastern half to grid B."""
        day = date(2026, 10, 1)
        half = square(119.64, 41.40)
        for point in half["coordinates"][0][0]:
            point[0] = min(point[0], 119.645)
        wide = square(119.65, 41.40)
        for point in wide["coordinates"][0][0]:
            point[0] = 119.645 if point[0] == 119.65 else point[0]
        outlines = [(county.grids["a"], half), (county.grids["b"], wide)]
        actions.resplit(outlines=outlines, on=day, by=county.community_clerk, now=now)

        def at(lon: float, on: date) -> str:
            found = queries.grid_at(lon, 41.405, on=on)
            return found.grid_name if found else ""

        before, after = day - timedelta(days=1), day
        assert [at(119.648, before), at(119.648, after)] == ["双虹第一网格", "双虹第二网格"]
        assert [at(119.642, before), at(119.642, after)] == ["双虹第一网格"] * 2
        assert at(119.645, after) == "双虹第一网格"
        assert [at(119.648, date(2025, 12, 31)), at(119.648, date(2030, 1, 1))] == ["", "双虹第二网格"]

    def test_the_neighbouring_county_shares_nothing(self, county: Scene) -> None:
        assert queries.grid_at(*IN_GRID_A, on=self.ON) is not None
        with county_scope(NEIGHBOUR):
            assert queries.grid_at(*IN_GRID_A, on=self.ON) is None
            assert queries.grids_geojson(on=self.ON)["features"] == []

    def test_whether_a_point_is_in_the_county(self, county: Scene, now: datetime) -> None:
        assert queries.in_county(*IN_GRID_A) is True
        assert queries.in_county(*IN_NO_GRID) is None
        assert queries.in_county(-0.1, 51.5) is False
        outline: Any = square(119.5, 41.3, 0.3)
        actions.outline_division(
            division=county.places["root"], geometry=outline, by=county.county_clerk, now=now
        )
        assert queries.in_county(*IN_NO_GRID) is True
        assert queries.in_county(118.0, 41.0) is False

    def test_micro_grids_are_not_looked_up(self, county: Scene, now: datetime) -> None:
        actions.draw_grid(
            community=county.places["community"],
            name="微网格",
            kind="3",
            on=self.ON,
            by=county.admin,
            now=now,
            geometry=square(119.644, 41.404, 0.002),
        )
        found = queries.grid_at(*IN_GRID_A, on=self.ON)
        assert found is not None
        assert found.grid_name == "双虹第一网格"

    def test_a_point_in_a_compound_finds_it_while_it_stands(self, county: Scene, now: datetime) -> None:
        def home(lon: float, lat: float, on: date = self.ON) -> str:
            found = queries.grid_map(on=on).home_at(lon, lat)
            return found.path if found else ""

        assert home(*IN_GRID_A) == ""  # it has no outline yet
        wide: Any = square(119.643, 41.403, 0.004)
        compound = county.places["compound"]
        actions.outline_division(division=compound, geometry=wide, by=county.admin, now=now)
        assert home(*IN_GRID_A) == compound.path
        assert home(119.649, 41.405) == ""
        inner = actions.add_division(
            parent=county.places["community"], kind="standalone_building", name="独栋", on=self.ON,
            geometry=square(119.6445, 41.4045, 0.001), by=county.admin, now=now,
        )  # fmt: skip
        assert home(*IN_GRID_A) == inner.path  # the smaller one
        assert home(*IN_GRID_A, on=self.ON - timedelta(days=1)) == compound.path
        gone = self.ON + timedelta(days=10)
        actions.end_division(division=inner, on=gone, by=county.admin, now=now)
        assert [home(*IN_GRID_A, on=day) for day in (self.ON, gone)] == [inner.path, compound.path]
