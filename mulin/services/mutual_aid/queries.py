"""Reads of mutual aid: who is checked, the register, the guard that the engine of orders asks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from mulin.ground.orders import queries as orders
from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import mask_phone
from mulin.services.mutual_aid.models import Vetting
from mulin.services.mutual_aid.permissions import may_check as checks
from mulin.services.mutual_aid.permissions import openings
from mulin.services.mutual_aid.rules import ALONE_WITH_CHILDREN, CUSTOMER, HELP, KINDS, why_barred

__all__ = [
    "ALONE_WITH_CHILDREN",
    "CUSTOMER",
    "HELP",
    "KINDS",
    "barred",
    "checks",
    "export_person",
    "register",
    "visible_to",
]


def visible_to(actor: Actor) -> QuerySet[Vetting]:
    """The checks that an actor may see: those of his area, and his own."""
    found = Vetting.objects.filter(openings(actor))
    return found | Vetting.objects.filter(person=actor.person) if actor.person else found


def register(actor: Actor, now: datetime, *, at: str = "", size: int = 50) -> Page:
    """The register of the actor's area, newest first, as lines: row, name, masked number, whether it is good today. Two
    statements."""
    shown = page(Vetting.objects.filter(openings(actor)), by="-checked_at", at=at, size=size)
    told = people.contacts({row.person_id for row in shown.rows} | {row.checked_by_id for row in shown.rows})
    staff = people.public_names({row.checked_by_id for row in shown.rows if row.checked_by_id})
    return shown.of(
        [
            {
                "row": row,
                "name": told[row.person_id].name or "—",
                "phone": mask_phone(told[row.person_id].phone),
                "by": staff.get(row.checked_by_id, ""),
                "good": row.ended_at is None and row.valid_until >= local_day(now),
            }
            for row in shown.rows
        ]
    )


def barred(*, kind: str, persons: Collection[UUID], now: datetime, held: bool = False) -> dict[UUID, str]:
    """The guard of orders: who of some persons may not claim a kind, and why; ``held``: no check ends before the transaction
    does. One statement, none for kinds that take no check."""
    needed = orders.kind_of(kind).vetted
    if not needed:
        return {}
    rows = Vetting.objects.filter(person__in=list(persons), kind=needed, ended_at__isnull=True)
    if held:
        rows = rows.select_for_update(no_key=True)
    until, today = dict(rows.values_list("person_id", "valid_until")), local_day(now)
    found = {one: why_barred(needed, valid_until=until.get(one), today=today) for one in persons}
    return {one: why for one, why in found.items() if why}


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: for what somebody was checked."""
    rows = Vetting.objects.filter(person=person).order_by("checked_at", "id")
    return {
        "vettings": [
            {
                "kind": row.kind,
                "evidence": row.evidence,
                "checked_at": row.checked_at.isoformat(),
                "valid_until": row.valid_until.isoformat(),
                "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            }
            for row in rows
        ]
    }
