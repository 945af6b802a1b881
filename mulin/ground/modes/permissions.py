"""Who sees the modes and who declares them."""

from __future__ import annotations

from mulin.kernel.actor import Actor

DECLARERS = ("leader", "county_clerk", "street_clerk", "community_clerk")
"""Over the county, a street or a community: each within the own territory, the wider one below it too."""
STAFF = (
    *DECLARERS,
    "grid_worker",
    "grid_head",
    "department_officer",
    "property_clerk",
    "admin",
)


def may_see(actor: Actor) -> bool:
    """Every colleague: limits and duties go by the mode."""
    return bool(actor.system) or actor.holds(*STAFF)


def may_declare_somewhere(actor: Actor) -> bool:
    """Whether the form has anything for this person."""
    return actor.person is not None and bool(actor.paths(*DECLARERS))


def may_declare(actor: Actor, path: str) -> bool:
    """A named officer whose territory contains the place. The product itself declares nothing."""
    return actor.person is not None and actor.covers(path, *DECLARERS)
