"""Who uses whose passbook in his stead: family and staff in helper mode."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from mulin.ground.points.models import Account, Entry, Hold
from mulin.ground.points.rules import MEMBERS


def helpers_of(owners: Iterable[UUID], *, since: datetime) -> dict[UUID, set[UUID]]:
    """owner (person or household) → who spent, gave away or set points aside in his stead since then; who has none is left
    out. At most three statements, none for nobody."""
    wanted = list(owners)
    if not wanted:
        return {}
    rows = Account.objects.filter(owner__in=wanted, kind__in=MEMBERS, drawer=0)
    whose = dict(rows.values_list("id", "owner"))
    if not whose:
        return {}
    entries = Entry.objects.filter(
        account_id__in=list(whose), number__isnull=False, delta__lt=0, transfer__at__gte=since,
        transfer__on_behalf_of__isnull=False, transfer__by__isnull=False,
    )  # fmt: skip
    held = Hold.objects.filter(
        account_id__in=list(whose), made_at__gte=since, on_behalf_of__isnull=False, by__isnull=False
    )
    found: dict[UUID, set[UUID]] = {}
    for told in (entries.values_list("account_id", "transfer__by"), held.values_list("account_id", "by")):
        for account, person in told.distinct():
            if person is not None:
                found.setdefault(whose[account], set()).add(person)
    return found
