"""Who looks at the calendar and who keeps it."""

from __future__ import annotations

from mulin.kernel.actor import Actor

KEEPERS = ("admin", "county_clerk")
STAFF = (
    "grid_worker",
    "grid_head",
    "community_clerk",
    "street_clerk",
    "department_officer",
    "property_clerk",
    "county_clerk",
    "leader",
    "admin",
)


def may_see(actor: Actor) -> bool:
    """Whoever works here: deadlines are counted by it."""
    return bool(actor.system) or actor.holds(*STAFF)


def may_keep(actor: Actor) -> bool:
    """Administrators and clerks of the whole county; the product itself."""
    return bool(actor.system) or actor.covers("/", *KEEPERS)
