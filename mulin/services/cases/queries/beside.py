"""What stands beside a report that is being written: which matters it may be about, and what near it is known already.

Staff see what they may see anyway. A resident is told of nothing but matters that staff let neighbours see, and of those
only what the list of them says: category, community, state and day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound
from mulin.services.cases.models import Case
from mulin.services.cases.queries import lessons, merging, sharing
from mulin.services.cases.rules import MOST_WORDS, community_of
from mulin.services.cases.rules.near import metres_between
from mulin.services.catalogue import queries as catalogue

SQUARE: Final = 0.002
"""Degrees: for a resident both positions count only as the square of about 200 metres in which they lie, so that nobody can
find out by trying where exactly another report lies."""
NEIGHBOURHOOD: Final = 450.0
"""Metres between the middles of two squares, one beside the other or at its corner, and a little more."""
SHOWN_WITHIN: Final = timedelta(days=14)
MOST_READ: Final = 100
MOST_SHOWN: Final = 3
LEAST_WORDS: Final = 4
"""Fewer characters say nothing yet."""


@dataclass(frozen=True)
class Spot:
    """Where a report says that it is. ``place_path``: of the picked division, '/' = unknown."""

    lon: float | None
    lat: float | None
    place_path: str
    grid_path: str = ""


@dataclass(frozen=True)
class Beside:
    """``hints``: None where nothing was learned; ``twins``: what staff see near it that is likely the same."""

    hints: list[lessons.Hint] | None
    twins: list[merging.Candidate]


def spot_of(lon: float | None, lat: float | None, place: UUID | None, now: datetime) -> Spot:
    """Where the form says that it is: a picked place, else the phone's position. Two statements at most."""
    path, grid = "/", ""
    if place is not None:
        try:
            path = territory.division(place).path
        except NotFound:
            path = "/"
    if lon is None or lat is None:
        return Spot(None, None, path)
    found = territory.grid_map(on=local_day(now)).at(lon, lat)
    if found is not None:
        grid = found.grid_path
        path = path if path != "/" else found.community_path
    return Spot(lon, lat, path, grid)


def for_staff(actor: Actor, text: str, spot: Spot, now: datetime) -> Beside:
    """Beside a report that staff write down. A fixed number of statements, none for a text that says nothing yet."""
    if len(text.strip()) < LEAST_WORDS:
        return Beside(None, [])
    said = text[:MOST_WORDS]
    hints = lessons.hints(said, catalogue.choices())
    if spot.lon is None and spot.place_path == "/":
        return Beside(hints, [])
    draft = Case(
        text=said,
        reported_at=now,
        lon=spot.lon,
        lat=spot.lat,
        place_path=spot.place_path,
        grid_path=spot.grid_path,
    )
    return Beside(hints, merging.likely(actor, draft))


def for_neighbour(actor: Actor, visitor: str, text: str, spot: Spot, now: datetime) -> list[sharing.Shared]:
    """What neighbours are let see that may be the same, the nearest first. Compared are the squares, the day and the matter
    of what is shown with what these words are about; never the other report's words. Six statements at most."""
    if len(text.strip()) < LEAST_WORDS or (spot.lon is None and spot.place_path == "/"):
        return []
    about = lessons.topics(text)
    if not about:
        return []
    rows = sharing.supportable(now).filter(
        _there(spot), matter__matter_type__in=list(about), reported_at__gt=now - SHOWN_WITHIN
    )
    rows = rows.select_related("matter__matter_type__category").order_by("-reported_at", "-id")
    near = [(far, row) for row in rows[:MOST_READ] if (far := _far(spot, row)) <= NEIGHBOURHOOD]
    near.sort(key=lambda one: one[0])
    return sharing.as_shared(actor, visitor, [row for _far_away, row in near[:MOST_SHOWN]])


def _there(spot: Spot) -> Q:
    """Shown cases around the spot; where a position is missing, those of the community."""
    community = community_of(spot.grid_path or spot.place_path)
    inside = Q(place_path__startswith=community) if community != "/" else Q(pk__in=())
    if spot.lon is None or spot.lat is None:
        return inside
    west, south, east, north = _square(spot.lon), _square(spot.lat), _square(spot.lon), _square(spot.lat)
    box = Q(
        lon__range=(west - 3 * SQUARE, east + 3 * SQUARE), lat__range=(south - 3 * SQUARE, north + 3 * SQUARE)
    )
    return box | (inside & Q(lon__isnull=True))


def _far(spot: Spot, row: Case) -> float:
    """Metres between the squares; 0 where either has no position: both lie in one community then."""
    if spot.lon is None or spot.lat is None or row.lon is None or row.lat is None:
        return 0.0
    return metres_between((_square(spot.lon), _square(spot.lat)), (_square(row.lon), _square(row.lat)))


def _square(degrees: float) -> float:
    """The middle of the square, along one axis."""
    return (degrees // SQUARE + 0.5) * SQUARE
