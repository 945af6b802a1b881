"""Who lets other systems in."""

from __future__ import annotations

from mulin.kernel.actor import Actor


def may_keep(actor: Actor) -> bool:
    """A named administrator of the whole county. The product itself lets nobody in."""
    return actor.person is not None and actor.covers("/", "admin")
