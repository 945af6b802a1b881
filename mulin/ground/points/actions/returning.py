"""What services put right of their own: points that they took come back. Who may is theirs to say."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.points.actions.moving import reversal, undone
from mulin.ground.points.models import Transfer
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound

TAKEN = ("redeem", "advance")


@transaction.atomic
def give_back(*, by: Actor, now: datetime, transfer: UUID, why: str, key: str) -> UUID:
    """Goods came back, or were not given after all: the points return into the same lots, lapsed ones with GRACE; what an
    alliance advanced is its own again. The holder is told when it is sealed. Refused as ``reverse`` is.
    """
    kept = Transfer.objects.filter(id=transfer, kind__in=TAKEN).first()
    if kept is None:
        raise NotFound(_("没有这笔积分。"))
    return undone(deed=reversal(kept=kept, by=by, now=now, why=why, key=key), kept=kept)
