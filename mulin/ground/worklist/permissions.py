"""Who may hand a to-do to somebody else."""

from __future__ import annotations

from mulin.ground.worklist.models import WorkItem
from mulin.kernel.actor import Actor

OVERSEERS = ("community_clerk", "street_clerk", "county_clerk", "admin")


def may_reassign(actor: Actor, item: WorkItem) -> bool:
    """A clerk or administrator over the item's territory; without a territory, over the whole county."""
    return actor.covers(item.path or "/", *OVERSEERS)
