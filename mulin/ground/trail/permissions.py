"""Who may read the county's trail."""

from __future__ import annotations

from mulin.kernel.actor import Actor

READERS = ("admin", "leader")


def may_read_log(actor: Actor) -> bool:
    """An administrator or leader of the whole county: the trail has no parts."""
    return actor.covers("/", *READERS)
