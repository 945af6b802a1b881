"""Which systems are let in, what they may do, how often they came, and of which county a request is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.systems.models import OPEN, System, SystemDay
from mulin.ground.systems.permissions import may_keep
from mulin.ground.systems.rules import USE_DAYS, Scope
from mulin.kernel.actor import Actor, Held
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound, Refused
from mulin.kernel.ids import is_token, read_public
from mulin.kernel.secrets import keyed_hash

__all__ = [
    "HOTLINE",
    "READ",
    "REPORT",
    "actor_of",
    "by_key",
    "county_of",
    "county_of_key",
    "export_person",
    "may_keep",
    "system",
    "systems",
    "uses",
]

REPORT: Final = Scope.REPORT.value
READ: Final = Scope.READ.value
HOTLINE: Final = Scope.HOTLINE.value

_CODE = re.compile(r"[1-9][0-9]{5}")


# ── of which county a request is ─────


def county_of(*, host: str, told: str = "", hints: Iterable[int | None] = ()) -> int:
    """The opened county that a program's request means, by its six-digit code. No statement but the counties' own.

    ``told``: the county that the request names; ``hints``: those of its key and of the number it asks for. An address
    that belongs to one county serves no other. NotFound for a county that is not here; Refused ``no_county`` (400) where
    nothing says which of several is meant.
    """
    opened, of_host = access.counties(), access.county_of_host(host)
    if told:
        code = int(told) if _CODE.fullmatch(told) else None
        if code not in opened or of_host not in (None, code):
            raise NotFound(_("这里没有这个县（jurisdiction_id 是六位行政区划代码）。"), code="no_such_county")
        return int(code or 0)
    if of_host is not None:
        return of_host
    for hint in hints:
        if hint in opened:
            return int(hint or 0)
    if len(opened) != 1:
        words = _("请写明是哪个县：jurisdiction_id 是六位行政区划代码。")
        raise Refused("no_county", words, field="jurisdiction_id", status=400)
    return next(iter(opened))


def county_of_key(key: str) -> int | None:
    """The county with which a key begins, whether the key is valid or not; None for what can be no key."""
    known = read_public(key[:60])
    return known[0] if known is not None and is_token(known[1]) else None


# ── systems ─────


def by_key(key: str) -> System | None:
    """The open system of the county in force with this key, or None. One statement, none for what can be no key."""
    known = read_public(key[:60])
    if known is None or known[0] != current_county():
        return None
    return System.objects.filter(OPEN, key_hash=keyed_hash(known[1])).first()


def actor_of(row: System) -> Actor:
    """The system as whoever acts: it holds its scopes, over no place, and none of the product's own powers."""
    held = tuple(Held(scope) for scope in row.scopes)
    return Actor(county=current_county(), held=held, connected=row.id, called=row.name)


def systems() -> list[System]:
    """Every system of the county: those let in first, each kind newest first. One statement."""
    rows = System.objects.order_by("-opened_at", "-id")
    return sorted(rows, key=lambda row: row.closed_at is not None)


def system(key: UUID) -> System:
    """One of them, open or closed. Raises NotFound."""
    row = System.objects.filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这个系统。"))
    return row


def uses(*, on: date) -> dict[UUID, tuple[int, int]]:
    """(requests, of them refused) of the last USE_DAYS days by system. One statement."""
    rows = SystemDay.objects.filter(day__gt=on - timedelta(days=USE_DAYS), day__lte=on)
    found = rows.values("system_id").annotate(came=Sum("calls"), turned=Sum("refused"))
    return {row["system_id"]: (row["came"], row["turned"]) for row in found}


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: which systems an administrator let in or closed."""
    rows = System.objects.filter(opened_by_id=person).order_by("opened_at")
    closed = System.objects.filter(closed_by_id=person).order_by("closed_at")
    return {
        "systems_opened": [{"name": row.name, "at": row.opened_at.isoformat()} for row in rows],
        "systems_closed": [
            {"name": row.name, "at": row.closed_at.isoformat() if row.closed_at else ""} for row in closed
        ],
    }
