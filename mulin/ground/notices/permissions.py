"""Who may see how messages leave the house."""

from __future__ import annotations

from mulin.kernel.actor import Actor


def may_see_channels(actor: Actor) -> bool:
    """An administrator of the whole county."""
    return actor.covers("/", "admin")


def is_colleague(actor: Actor) -> bool:
    """Holds a duty over a territory or in a unit."""
    return any(held.path or held.unit for held in actor.held)
