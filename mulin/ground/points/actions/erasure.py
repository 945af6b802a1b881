"""A person asks to be forgotten: the words of his acts go, his passbook is closed; the chain stays valid."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from mulin.ground.points.actions.holding import void
from mulin.ground.points.actions.moving import close
from mulin.ground.points.models import Account, Hold, Words
from mulin.ground.points.rules import person as of_person
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor, system

ERASED = "trail.details_erased"
"""The verb that explains empty words to ``check-books``, as it does empty details to ``verify-trail``."""


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: what was set aside is given back, what is left lapses, every story about him is emptied."""
    row = Account.objects.filter(kind="person", owner=person, closed_at__isnull=True).first()
    product = system(by.county, "erasure")
    if row is not None:
        for key in Hold.objects.filter(account=row, state="open").values_list("id", flat=True):
            void(by=product, now=now, hold=key)
        close(by=product, now=now, owner=of_person(person), key=f"erased:{row.id}:{now.isoformat()}")
        Hold.objects.filter(account=row).exclude(story="").update(story="")
    emptied = Words.objects.filter(about=person).exclude(salt="").update(salt="", story="", evidence={})
    if emptied:
        told = {"details": emptied}
        record(by=by, now=now, verb=ERASED, subject_kind="person", subject_id=person, facts=told)
    return {"points_words": emptied, "points_passbooks": int(row is not None)}
