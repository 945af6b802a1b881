"""Who lets a system be told of events: whoever lets systems in."""

from __future__ import annotations

from mulin.ground.systems.queries import may_keep

__all__ = ["may_keep"]
