"""Lists of old passbooks: for whoever keeps the books of their place."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from mulin.ground.points.models import Opening, OpeningRow
from mulin.ground.points.rules import COUNTER, OPENING
from mulin.ground.points.rules.openings import DECLINED_DAYS
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import decrypt, mask_name, mask_phone


def _seen(actor: Actor) -> QuerySet[Opening]:
    seen = Q(pk__in=())
    for path in actor.paths(*COUNTER):
        seen |= Q(path__startswith=path)
    return Opening.objects.filter(seen).annotate(people=Count("rows"), points=Sum("rows__points"))


def openings(actor: Actor, *, at: str = "", size: int = 30) -> Page:
    """Lists of old passbooks of the actor's communities, newest first. One statement."""
    return page(_seen(actor), by="-entered_at", at=at, size=size)


def opening(actor: Actor, key: UUID) -> Opening:
    """One of them, however old. Raises NotFound. One statement."""
    row = _seen(actor).filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这份名单。"))
    return row


def opening_problems(row: Opening) -> list[str]:
    """A sentence for each row of the file that was left out; none once the list is decided."""
    if not row.problems_sealed:
        return []
    found: list[str] = json.loads(decrypt(row.problems_sealed, bound_to=OPENING))
    return found


def names_until(row: Opening) -> date | None:
    """The last day on which the names of a list that was sent back are kept; None for any other."""
    if row.state != "declined" or row.reviewed_at is None:
        return None
    return local_day(row.reviewed_at + timedelta(days=DECLINED_DAYS))


def opening_rows(key: UUID) -> list[dict[str, Any]]:
    """Its rows, names and telephones as they were entered until they are in the books. One statement."""
    return [
        {
            "number": one.number,
            "name": mask_name(decrypt(one.name_sealed, bound_to=OPENING)),
            "phone": mask_phone(decrypt(one.phone_sealed, bound_to=OPENING)),
            "old_number": one.old_number,
            "points": one.points,
            "done": one.transfer_id is not None,
        }
        for one in OpeningRow.objects.filter(opening_id=key).order_by("number")
    ]
