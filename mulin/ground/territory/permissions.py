"""Who may look at the map and who may change it."""

from __future__ import annotations

from uuid import UUID

from mulin.ground.territory.models import Station
from mulin.kernel.actor import Actor

STAFF = (
    "grid_worker",
    "grid_head",
    "community_clerk",
    "street_clerk",
    "department_officer",
    "county_clerk",
    "leader",
    "admin",
)
"""Who works for the county: they may see its whole tree. Residents pick a place from the public list
instead."""
EDITORS = ("admin", "county_clerk", "street_clerk", "community_clerk")
"""Who keeps the map, each within the own territory."""


def may_see_tree(actor: Actor) -> bool:
    """Any colleague, over the whole county: names of places and of who serves them are no secret among
    staff."""
    return bool(actor.system) or actor.holds(*STAFF)


def may_edit(actor: Actor, path: str) -> bool:
    """An administrator or clerk whose territory contains the place; the product itself (imports, the
    example county)."""
    return bool(actor.system) or actor.covers(path, *EDITORS)


def may_edit_somewhere(actor: Actor) -> bool:
    """Whether the import page has anything for this person."""
    return bool(actor.system) or bool(actor.paths(*EDITORS))


def may_write_visit(actor: Actor, station: Station, person: UUID) -> bool:
    """What somebody did at a station: himself, or whoever keeps the place."""
    return actor.person == person or may_edit(actor, station.path)


def may_keep_teams(actor: Actor) -> bool:
    """Rosters, leaders and secondments of teams: for the county's administrators and clerks."""
    return bool(actor.system) or actor.covers("/", "admin", "county_clerk")
