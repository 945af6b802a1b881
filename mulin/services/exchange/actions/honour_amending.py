"""Changing a published round within ``rules.amending``: what it said before stays to be read, whoever stands is told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import Refused, Stale
from mulin.services.exchange.actions.honour_steps import (
    inform,
    move_round,
    note,
    overseen_round,
    schedule,
    words,
)
from mulin.services.exchange.actions.honours import RoundTold, check_told
from mulin.services.exchange.models import Commendation, RoundVersion
from mulin.services.exchange.rules.amending import FIELDS, WRONG, change_wrong, changed
from mulin.services.exchange.rules.honours import RoundState


@transaction.atomic
def amend(*, round: UUID, told: RoundTold, why: str, seen: int, by: Actor, now: datetime) -> Commendation:
    """Change what a round declares, with the reason that everybody reads beside what it said before.

    ``seen``: the version that lay before it. Refused: what may not be changed any more or is not as ``hold`` wants it
    (beside its field), without a reason, another version since, and everything from the notice on (409).
    """
    row = overseen_round(key=round, by=by)
    if row.state not in (RoundState.PLANNED, RoundState.NOMINATING, RoundState.DECIDING):
        raise Stale(_("这一轮评选现在是“%(state)s”，公告不能再改。") % {"state": row.get_state_display()})
    if row.version != seen:
        raise Stale(_("公告刚刚被别人改过，请看过再改。"))
    before, after, today = _plain(asdict(as_it_is(row=row))), _plain(asdict(told)), local_day(now)
    nominated = row.nominations.exists()
    field, wrong = change_wrong(
        state=row.state, nominated=nominated, before=before, after=after, today=today.isoformat()
    )
    if wrong:
        raise Refused(wrong, str(WRONG[wrong]), field=field)
    found = changed(before, after)
    if not nominated:
        check_told(told=told, by=by, now=now, since=min(today, row.nominate_from))
    reason = words(said=why, field="why", most=200)
    if row.version == 1:
        RoundVersion.objects.create(round=row, number=1, told=before, by=row.made_by, at=row.made_at)
    row.version += 1
    RoundVersion.objects.create(round=row, number=row.version, told=after, why=reason, by=by.person, at=now)
    for name in found:
        setattr(row, name, getattr(told, name))
    if row.state != RoundState.DECIDING:
        move_round(row=row, deed="plan")
        if row.nominate_from <= today:
            move_round(row=row, deed="open")
    schedule(row=row)
    note(row=row, verb="commendation.amended", by=by, now=now, version=row.version, changed=found)
    for one in row.nominations.filter(state__in=("asked", "standing")).order_by("made_at", "id"):
        one.round = row
        inform(one=one, template="honour_amended", by=by, now=now)
    return row


def as_it_is(*, row: Commendation) -> RoundTold:
    """What a round declares now."""
    return RoundTold(**{name: getattr(row, name) for name in FIELDS})


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    said = {key: one.isoformat() if isinstance(one, date) else one for key, one in told.items()}
    said |= {name: said[name].strip() for name in ("title", "basis", "committee")}
    return said | {"counts": sorted(said["counts"])}
