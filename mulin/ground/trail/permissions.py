"""Who may read the county's trail."""

from __future__ import annotations

from mulin.kernel.actor import Actor

READERS = ("admin", "leader")


def may_read_log(actor: Actor) -> bool:
    """An administrator or leader of the whole county: the trail has no parts."""
    return actor.covers("/", *READERS)


def is_colleague(actor: Actor) -> bool:
    """Holds a duty over a territory or in a unit: learns that the page exists, though not what it says."""
    return any(held.path or held.unit for held in actor.held)
