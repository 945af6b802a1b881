"""What was reported at the same spot before: the same stall for the sixth time is another matter than a first one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import cos, radians
from typing import Final, cast

from django.db.models import Q

from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case
from mulin.services.cases.queries.lists import visible_to
from mulin.services.cases.rules import (
    ALIKE,
    COMMUNITY_KINDS,
    HISTORY_DAYS,
    OTHER_ENDS,
    SAME_SPOT_METRES,
    STREET_KINDS,
    alike,
    metres_between,
)

Spot = tuple[float, float]
MOST_READ: Final = 200
MOST_SHOWN: Final = 5
_DEGREE: Final = 111_195.0
"""Metres of a degree of latitude."""
_WIDE: Final = (*COMMUNITY_KINDS, *STREET_KINDS, "county")
"""Kinds of places too wide to be a spot."""


@dataclass(frozen=True)
class History:
    """``times``: how often the matter came up at this spot within ``days``, this time included. ``rows``: the times before,
    the newest first, MOST_SHOWN at most."""

    times: int
    days: int
    rows: list[Case]

    @property
    def more(self) -> int:
        """Earlier times that are not shown."""
        return self.times - 1 - len(self.rows)


def history(actor: Actor, case: Case) -> History | None:
    """The times before, among the cases that the actor sees; None where it is the first, or where the spot is unknown.

    The same matter: of the same type, or, where one of both has no type yet, in words that are ALIKE. The same spot: within
    SAME_SPOT_METRES, or, where one of both has no position, in the same compound or building. What was withdrawn, not
    admitted, or merged did not happen once more. One statement, none where the spot is unknown.
    """
    spot = _spot(case)
    if spot is None:
        return None
    since = case.reported_at - timedelta(days=HISTORY_DAYS)
    rows = visible_to(actor).filter(spot, reported_at__gte=since, reported_at__lte=case.reported_at)
    rows = rows.exclude(pk=case.pk).exclude(state__in=OTHER_ENDS).select_related("matter")
    found = [one for one in rows.order_by("-reported_at", "-id")[:MOST_READ] if _again(case, one)]
    return History(len(found) + 1, HISTORY_DAYS, found[:MOST_SHOWN]) if found else None


def _spot(case: Case) -> Q | None:
    """A coarse filter that the indexes can use."""
    place = None
    if case.place_id is not None and case.place is not None and case.place.kind not in _WIDE:
        place = Q(place_path=case.place_path)
    if case.lon is None or case.lat is None:
        return place
    high = SAME_SPOT_METRES / _DEGREE
    wide = high / max(cos(radians(case.lat)), 0.01)
    near = Q(lon__range=(case.lon - wide, case.lon + wide), lat__range=(case.lat - high, case.lat + high))
    return near if place is None else near | (place & Q(lon__isnull=True))


def _again(case: Case, other: Case) -> bool:
    here, there = (case.lon, case.lat), (other.lon, other.lat)
    if None not in (*here, *there) and metres_between(cast(Spot, here), cast(Spot, there)) > SAME_SPOT_METRES:
        return False
    if case.matter is not None and other.matter is not None:
        return bool(case.matter.matter_type_id == other.matter.matter_type_id)
    return alike(case.text, other.text) >= ALIKE
