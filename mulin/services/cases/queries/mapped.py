"""Cases on the map: many of them are counted by squares of what is in view, so that an answer is short in any county."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case
from mulin.services.cases.queries.filters import UNFINISHED, Filters, cell_size
from mulin.services.cases.queries.lists import light_of, narrowed
from mulin.services.cases.queries.lookup import page_address
from mulin.services.cases.rules import FINISHED

MOST_COUNTED: Final = 20_000
"""So many cases in view are counted, the newest; beyond it the map says so."""
MOST_CELLS: Final = 900
DEFAULT_ZOOM: Final = 13


@dataclass(frozen=True)
class Viewport:
    """What is in view, in degrees (None: everywhere), and how near."""

    west: float | None = None
    south: float | None = None
    east: float | None = None
    north: float | None = None
    zoom: int = DEFAULT_ZOOM

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Viewport:
        """From ``bbox=west,south,east,north`` and ``zoom``. What cannot be read shows everything."""
        try:
            zoom = max(3, min(19, math.floor(float(said.get("zoom", DEFAULT_ZOOM)))))
        except (ValueError, OverflowError):
            zoom = DEFAULT_ZOOM
        try:
            west, south, east, north = (float(part) for part in said.get("bbox", "").split(","))
        except ValueError:
            return cls(zoom=zoom)
        if not all(map(math.isfinite, (west, south, east, north))) or west >= east or south >= north:
            return cls(zoom=zoom)
        return cls(west, south, east, north, zoom)

    @property
    def cell_zoom(self) -> int:
        """The zoom whose squares are counted: coarser where the view would hold more than MOST_CELLS."""
        zoom = self.zoom
        if self.west is None or self.south is None or self.east is None or self.north is None:
            return min(zoom, DEFAULT_ZOOM)
        while zoom > 1:
            width, height = cell_size(zoom)
            if ((self.east - self.west) / width + 1) * ((self.north - self.south) / height + 1) <= MOST_CELLS:
                break
            zoom -= 1
        return zoom

    def within(self, cases: QuerySet[Case]) -> QuerySet[Case]:
        """The cases in view."""
        cases = cases.filter(lon__isnull=False)
        if self.west is None:
            return cases
        return cases.filter(lon__gte=self.west, lon__lt=self.east, lat__gte=self.south, lat__lt=self.north)


def points(
    actor: Actor, now: datetime, by: Filters | None = None, view: Viewport | None = None
) -> dict[str, Any]:
    """GeoJSON of the visible cases in view: one alone in its square as itself, several as their number, which opens their
    list. Unfinished ones only where no state is asked for. Two statements, at most MOST_CELLS features."""
    wanted, view = by or Filters(state=UNFINISHED), view or Viewport()
    zoom = view.cell_zoom
    cells = _cells(view.within(narrowed(actor, wanted, now)), zoom, now)
    alone = [one.key for one in cells if one.count == 1]
    rows = Case.objects.filter(pk__in=alone).only(
        "county_id", "number", "title", "state", "lon", "lat", "reported_at", "due_at", "disposed_at",
        "paused_since",
    )  # fmt: skip
    found = [_point(case, now) for case in rows.order_by("id")] if alone else []
    found += [_cluster(one, wanted, zoom) for one in cells if one.count > 1]
    return {
        "type": "FeatureCollection",
        "features": found,
        "capped": sum(one.count for one in cells) >= MOST_COUNTED,
    }


@dataclass(frozen=True)
class _Cell:
    x: int
    y: int
    count: int
    late: int
    lon: float
    lat: float
    key: UUID


def _cells(cases: QuerySet[Case], zoom: int, now: datetime) -> list[_Cell]:
    """The squares in which there are cases. One statement."""
    width, height = cell_size(zoom)
    newest = cases.order_by("-reported_at", "-id").values(
        "id", "lon", "lat", "due_at", "disposed_at", "state"
    )
    try:
        sql, params = newest[:MOST_COUNTED].query.sql_with_params()
    except EmptyResultSet:
        return []
    counted = f"""SELECT floor(lon / %s), floor(lat / %s), count(*),
        count(*) FILTER (WHERE due_at < %s AND disposed_at IS NULL AND state != ALL(%s)),
        avg(lon), avg(lat), (array_agg(id))[1] FROM ({sql}) found GROUP BY 1, 2 LIMIT {MOST_CELLS}"""  # noqa: S608
    values = (width, height, now, list(map(str, FINISHED)), *params)
    with connection.cursor() as cursor:  # sql: the compiler put the county into the inner query
        cursor.execute(counted, values)
        rows = cursor.fetchall()
    return [_Cell(int(x), int(y), count, late, lon, lat, key) for x, y, count, late, lon, lat, key in rows]


def _point(case: Case, now: datetime) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [case.lon, case.lat]},
        "properties": {
            "number": case.number,
            "title": case.title,
            "state": str(case.get_state_display()),
            "light": light_of(case, now),
            "url": page_address(case.id),
        },
    }


def _cluster(one: _Cell, by: Filters, zoom: int) -> dict[str, Any]:
    """Half-way between where its cases lie and the middle of its square, so that neighbours do not cover each other."""
    width, height = cell_size(zoom)
    lon, lat = (one.lon + (one.x + 0.5) * width) / 2, (one.lat + (one.y + 0.5) * height) / 2
    listed = replace(by, cell=f"{zoom}_{one.x}_{one.y}")
    words = ngettext("%(n)d 件", "%(n)d 件", one.count) % {"n": one.count}
    late = ngettext("其中 %(n)d 件已超期", "其中 %(n)d 件已超期", one.late) % {"n": one.late}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "count": one.count,
            "title": words,
            "note": late if one.late else "",
            "late": one.late,
            "url": f"{reverse('cases:list')}?{urlencode(listed.as_query())}",
        },
    }
