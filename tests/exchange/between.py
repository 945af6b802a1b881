"""Two communities of the scene: an agreement that one proposed, and a month in which nothing went between them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mulin.services.exchange.actions.acceptance import propose_agreement
from mulin.services.exchange.models import Netting
from mulin.services.exchange.rules.acceptance import digest
from tests.personas import Scene

OURS, THEIRS = "/001/003/", "/003/004/"


def make_between(scene: Scene, now: datetime) -> dict[str, Any]:
    """``between`` and ``netted``, inside the county's scope."""
    on = now.date()
    agreement = propose_agreement(
        own=OURS, other=THEIRS, starts_on=on, ends_on=on, by=scene.community_clerk, now=now
    )
    month = Netting.objects.create(
        month=on.replace(day=1), first=OURS, second=THEIRS, first_gave=0, second_gave=0, uses=0,
        digest=digest([]), made_at=now, turned_at=now,
    )  # fmt: skip
    return {"between": agreement.id, "netted": month.id}
