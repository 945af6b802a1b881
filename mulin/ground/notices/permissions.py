"""Who may see how messages leave the house."""

from __future__ import annotations

from mulin.kernel.actor import Actor


def may_see_channels(actor: Actor) -> bool:
    """An administrator of the whole county."""
    return actor.covers("/", "admin")
