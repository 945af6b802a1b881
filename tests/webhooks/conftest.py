"""A connected system that may read every case, and the hour at which things happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from mulin.ground.systems import actions as systems
from mulin.ground.webhooks import actions
from mulin.ground.webhooks.models import Subscription
from mulin.kernel import hooks
from tests.journeys.conftest import clock_at, enter, files_home, morning
from tests.personas import Scene
from tests.webhooks.consumer import Consumer, consumer

__all__ = ["clock_at", "enter", "files_home", "morning"]

Subscribe = Callable[..., tuple[Subscription, str]]


def a_system(
    scene: Scene, now: datetime, *, scopes: tuple[str, ...] = ("system_read",), name: str = "城管平台"
) -> Any:
    told = {"purpose": "看案件到了哪一步", "scopes": scopes, "per_minute": 60}
    return systems.open_system(name=name, **told, by=scene.admin, now=now)[0]


@pytest.fixture
def peer(settings: Any) -> Iterator[Consumer]:
    """A consumer on this machine, which the setting of developers lets us send to."""
    settings.WEBHOOKS_PRIVATE = True
    with consumer() as made:
        yield made


@pytest.fixture
def subscribe(county: Scene, now: datetime, peer: Consumer) -> Subscribe:
    """``subscribe()`` tells the peer of every event; or of some, for another system."""

    def add(**more: Any) -> tuple[Subscription, str]:
        system = more.pop("system", None) or a_system(county, now)
        told = {
            "system": system.id,
            "url": peer.url,
            "events": list(hooks.event_words),
            "by": county.admin,
            "now": now,
        }
        return actions.subscribe(**(told | more))

    return add
