"""Which grid covers a point on a day: an STRtree in memory, checked against the county's map version
row.

A look-up costs one SQL statement (the version) however many points it asks for. Every process builds
its own tree; a change of the map changes the version in the same transaction, so a stale tree is never
used after the commit.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy
import shapely
from django.db.models import Q
from shapely.geometry import MultiPolygon

from mulin.citus.kept import Kept
from mulin.ground.territory.models import (
    OPEN,
    Division,
    DivisionKind,
    Grid,
    GridKind,
    GridShape,
    MapVersion,
)
from mulin.ground.territory.rules import (
    area_m2,
    from_wgs84,
    in_china,
    known_datum,
    outline_geojson,
    stored_outline,
)
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county

COMPOUND_KINDS = (DivisionKind.COMPOUND, DivisionKind.STANDALONE_BUILDING)
SNAP: Final = 1e-7
"""Degrees, about a centimetre: a point in the hairline between two outlines whose corners were rounded
apart."""
FAR_FUTURE: Final = date(9999, 1, 1)
"""A day on which whatever has not ended is in force."""
KEPT_MAPS: Final = 64
KIND_WORDS: Final[Mapping[str, str]] = {"1": "basic", "2": "dedicated", "3": "micro"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a point or place is: its grid and that grid's community."""

    grid_id: UUID
    grid_path: str
    grid_name: str
    community_id: UUID
    community_path: str


@dataclass(frozen=True, slots=True)
class Home:
    """A compound or standalone building that has an outline of its own."""

    id: UUID
    path: str


class GridMap:
    """The outlines of one county on one day. Immutable; safe in threads.

    Of several outlines that touch a point the one with the smallest grid code wins, so that a shared
    edge or corner always gives the same one grid. Micro grids lie inside other grids and are not looked
    up.
    """

    def __init__(
        self,
        spots: Sequence[Spot],
        shapes: Sequence[MultiPolygon],
        outline: MultiPolygon | None = None,
        since: date = date.min,
        until: date = date.max,
        homes: Sequence[tuple[Home, MultiPolygon]] = (),
    ) -> None:
        """``spots`` and ``shapes`` in the order of grid codes; in force from ``since`` until the day
        before ``until``. ``homes``: the compounds that have an outline."""
        self.spots: list[Spot] = list(spots)
        self.outline = outline
        self.since, self.until = since, until
        self._shapes = numpy.array(list(shapes), dtype=object)
        self._tree = shapely.STRtree(self._shapes)
        shapely.prepare(self._shapes)
        self._homes = [home for home, _shape in homes]
        self._home_shapes = numpy.array([shape for _home, shape in homes], dtype=object)
        self._home_tree = shapely.STRtree(self._home_shapes)
        shapely.prepare(self._home_shapes)
        if outline is not None:
            shapely.prepare(outline)
        if len(self._shapes):  # GEOS builds its indexes at the first question: ask it here, before threads do
            west, south, east, north = shapely.bounds(self._shapes).T
            shapely.intersects_xy(self._shapes, (west + east) / 2, (south + north) / 2)
            self._tree.query(shapely.Point(0, 0))
            self._home_tree.query(shapely.Point(0, 0))

    def at(self, lon: float, lat: float) -> Spot | None:
        """The grid of a WGS-84 point, or None in a hole or outside every grid."""
        found = self._tree.query(shapely.Point(lon, lat)).tolist()
        if not found:
            return self._near(lon, lat)
        for place in sorted(found):
            if shapely.intersects_xy(self._shapes[place], lon, lat):
                return self.spots[int(place)]
        return self._near(lon, lat)

    def _near(self, lon: float, lat: float) -> Spot | None:
        if not (math.isfinite(lon) and math.isfinite(lat)):
            return None
        found = self._tree.query(shapely.Point(lon, lat), predicate="dwithin", distance=SNAP).tolist()
        return self.spots[int(min(found))] if found else None

    def home_at(self, lon: float, lat: float) -> Home | None:
        """The compound whose outline a WGS-84 point lies in; of several the smallest. None in none."""
        found = self._home_tree.query(shapely.Point(lon, lat)).tolist()
        inside = [place for place in found if shapely.intersects_xy(self._home_shapes[place], lon, lat)]
        wide = shapely.area(self._home_shapes)
        return self._homes[min(inside, key=lambda place: float(wide[place]))] if inside else None

    def many(self, points: Any) -> list[Spot | None]:
        """The same for many points at once: an (n, 2) array or a sequence of (lon, lat)."""
        xy = numpy.asarray(points, dtype=float).reshape(-1, 2)
        none = len(self.spots)
        best = numpy.full(len(xy), none)
        dots = shapely.points(xy)
        asked, boxes = self._tree.query(dots)
        x, y = xy[:, 0], xy[:, 1]
        hit = shapely.intersects_xy(self._shapes[boxes], x[asked], y[asked])
        numpy.minimum.at(best, asked[hit], boxes[hit])
        missed = numpy.flatnonzero((best == none) & numpy.isfinite(xy).all(axis=1))
        if len(missed) and none:
            asked, near = self._tree.query(dots[missed], predicate="dwithin", distance=SNAP)
            numpy.minimum.at(best, missed[asked], near)
        spots: list[Spot | None] = [*self.spots, None]
        return [spots[place] for place in best.tolist()]

    def inside(self, lon: float, lat: float) -> bool | None:
        """Whether the point is in the county: by the county's outline; without one True in a grid, else
        None (unknown).

        A point outside the rectangle of China is False in any case.
        """
        if self.outline is not None:
            return bool(shapely.intersects_xy(self.outline, lon, lat))
        if self.at(lon, lat) is not None:
            return True
        return None if in_china(lon, lat) else False


_maps: OrderedDict[tuple[int, UUID, int, date], GridMap] = OrderedDict()
_lock = threading.Lock()


_MARK: Kept[tuple[UUID, int]] = Kept(
    lambda: MapVersion.objects.order_by("id").values_list("id", "version")[:1]
)


def map_mark() -> tuple[int, UUID, int] | None:
    """(county, row, version): equal marks mean an unchanged map. One SQL statement; None where no map
    was begun."""
    row = _MARK.one()
    return (current_county(), row[0], row[1]) if row else None


def grid_map(*, on: date) -> GridMap:
    """The map of the county in force on a day: one SQL statement when it is in memory, four more when
    not."""
    mark = map_mark()
    if mark is None:
        return _build(on)
    with _lock:
        for key in reversed(_maps):
            if key[:3] == mark and _maps[key].since <= on < _maps[key].until:
                _maps.move_to_end(key)
                return _maps[key]
    built = _build(on)
    with _lock:
        for key in [key for key in _maps if key[:2] == mark[:2] and key[2] != mark[2]]:
            del _maps[key]
        _maps[*mark, built.since] = built
        while len(_maps) > KEPT_MAPS:
            _maps.popitem(last=False)
    return built


def _build(on: date) -> GridMap:
    shapes = (
        GridShape.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on), started_on__lte=on)
        .exclude(grid__kind=GridKind.MICRO)
        .select_related("grid__community")
        .order_by("grid__code")
    )
    rows = list(shapes)
    spots = [
        Spot(row.grid_id, row.grid.path, row.grid.name, row.grid.community_id, row.grid.community.path)
        for row in rows
    ]
    since, until = date.min, date.max
    drawn = list(
        Division.objects.filter(kind__in=COMPOUND_KINDS, geometry__isnull=False).order_by("path", "id")
    )
    days = set(GridShape.objects.values_list("started_on", "ended_on").distinct())
    for started, ended in days | {(one.started_on, one.ended_on) for one in drawn}:
        for day in (started, ended):
            if day is not None and day <= on:
                since = max(since, day)
            elif day is not None:
                until = min(until, day)
    county = Division.objects.filter(path="/").values_list("geometry", flat=True).first()
    outline = stored_outline(county) if county else None
    homes = [
        (Home(one.id, one.path), stored_outline(one.geometry))
        for one in drawn
        if one.geometry is not None and one.started_on <= on and (one.ended_on is None or one.ended_on > on)
    ]
    shapes_of = [stored_outline(row.geometry) for row in rows]
    return GridMap(spots, shapes_of, outline, since, until, homes)


def grid_at(lon: float, lat: float, *, on: date) -> Spot | None:
    """The grid that covers a WGS-84 point on a day, or None."""
    return grid_map(on=on).at(lon, lat)


def grids_at(points: Iterable[tuple[float, float]], *, on: date) -> list[Spot | None]:
    """The same for many points, in their order, with one look at the map version."""
    return grid_map(on=on).many(points if hasattr(points, "__len__") else list(points))


def in_county(lon: float, lat: float, *, on: date | None = None) -> bool | None:
    """Whether a WGS-84 point lies in the county; None where no outline of the county is known and no
    grid covers it.

    Grids of some communities say nothing about the rest of a county, so no hull is guessed from them.
    """
    return grid_map(on=on or FAR_FUTURE).inside(lon, lat)


# ── GeoJSON out ───────────────────────────────────────────────────────────────────────────────────────────
def _seen_by(actor: Actor | None) -> Q:
    """Grids within the actor's territories; all for a colleague without one, for the product and for None."""
    paths = {held.path for held in actor.held if held.path} if actor else set()
    if not paths or "/" in paths:
        return Q()
    within = Q()
    for path in paths:
        within |= Q(path__startswith=path)
    return within


def grids_geojson(
    *,
    on: date,
    actor: Actor | None = None,
    under: str = "/",
    datum: str = "wgs84",
    places: bool = False,
    urls: Any = None,
) -> dict[str, Any]:
    """A FeatureCollection of the grids of a day (and of compounds with an outline), in WGS-84 or the
    asked datum.

    ``urls``: grid id → address, put into the properties. ``import_grids`` reads it back unchanged.
    """
    datum = known_datum(datum)
    features = []
    grids = Grid.objects.filter(_seen_by(actor), path__startswith=under).select_related("community")
    shapes = {
        row.grid_id: row
        for row in GridShape.objects.filter(
            Q(ended_on__isnull=True) | Q(ended_on__gt=on), started_on__lte=on, grid__path__startswith=under
        )
    }
    for grid in grids.order_by("code"):
        shape = shapes.get(grid.id)
        if shape is None:
            continue
        properties = {
            "code": grid.code,
            "name": grid.name,
            "kind": KIND_WORDS[grid.kind],
            "community_code": grid.community.region_code,
            "community": grid.community.name,
            "source_datum": shape.source_datum,
        }
        if urls is not None:
            properties["url"] = urls(grid.id)
        features.append(_feature(shape.geometry, properties, datum))
    if places:
        features += _place_features(under, datum)
    return {"type": "FeatureCollection", "datum": datum, "features": features}


def _feature(geometry: Mapping[str, Any], properties: dict[str, Any], datum: str) -> dict[str, Any]:
    if datum not in ("wgs84", "cgcs2000"):
        geometry = outline_geojson(stored_outline(geometry), datum=datum)
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _place_features(under: str, datum: str) -> list[dict[str, Any]]:
    rows = Division.objects.filter(
        OPEN, path__startswith=under, kind__in=("compound", "standalone_building"), geometry__isnull=False
    )
    features = []
    for row in rows.select_related("parent").order_by("path"):
        if row.parent is None or not row.parent.region_code:
            continue
        properties = {
            "code": row.path.rstrip("/").rpartition("/")[2],
            "name": row.name,
            "kind": row.kind,
            "community_code": row.parent.region_code,
            "source_datum": row.source_datum,
        }
        features.append(_feature(row.geometry or {}, properties, datum))
    return features


def centre(geometry: Mapping[str, Any], *, datum: str = "wgs84") -> tuple[float, float]:
    """A point inside an outline, in the asked datum."""
    point = stored_outline(geometry).representative_point()
    return from_wgs84(point.x, point.y, datum)


def square_metres(geometry: Mapping[str, Any]) -> float:
    """The area of a stored outline."""
    return area_m2(stored_outline(geometry))
