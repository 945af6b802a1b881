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
from mulin.ground.people import queries as people
from mulin.ground.systems.models import OPEN, System, SystemDay
from mulin.ground.systems.permissions import may_keep
from mulin.ground.systems.rules import ACTS_AS, OF_API, USE_DAYS, Scope
from mulin.kernel.actor import Actor, Held
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound, Refused
from mulin.kernel.ids import is_token, read_public
from mulin.kernel.secrets import keyed_hash

__all__ = [
    "ACT",
    "CONTACT",
    "FIGURES",
    "HOTLINE",
    "OF_API",
    "READ",
    "REPORT",
    "acting",
    "actor_of",
    "answering",
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
ACT: Final = Scope.ACT.value
CONTACT: Final = Scope.CONTACT.value
FIGURES: Final = Scope.FIGURES.value

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
    """The system as whoever acts: it holds its scopes, over no place, and none of the product's own powers.

    For the unit that it acts for it also holds the duty of the officer who answers for it, as long as he has that duty:
    its powers end with his. One statement more then.
    """
    held = tuple(Held(scope) for scope in row.scopes)
    role = acting(row)
    if role:
        held += (Held(role, unit=row.unit_id),)
    hand = row.answerable_id if role else None
    return Actor(county=current_county(), held=held, connected=row.id, called=row.name, answerable=hand)


def acting(row: System) -> str:
    """The duty in which a system acts for its unit; '' where it acts for none, or its officer has left that duty."""
    if row.unit_id is None or row.answerable_id is None or ACT not in row.scopes:
        return ""
    held = access.held_by([row.answerable_id]).get(row.answerable_id, ())
    role = next((one.role for one in held if one.unit == row.unit_id and one.role in ACTS_AS), "")
    account = access.account_of(row.answerable_id) if role else None
    return "" if account is not None and not account.is_active else role


def answering() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a choice of who answers for a system: [(unit, [("unit:person" ids, his public name)])]. Three statements."""
    units = {row.pk: row.name for row in people.organisations()}
    staff = access.holders_in(units, *ACTS_AS)
    names = people.public_names({person for persons in staff.values() for person in persons})
    return [
        (name, [(f"{unit}:{person}", names.get(person, "")) for person in dict.fromkeys(staff[unit])])
        for unit, name in units.items()
        if unit in staff
    ]


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
    answered = System.objects.filter(answerable_id=person).order_by("opened_at")
    closed = System.objects.filter(closed_by_id=person).order_by("closed_at")
    return {
        "systems_opened": [{"name": row.name, "at": row.opened_at.isoformat()} for row in rows],
        "systems_answered_for": [row.name for row in answered],
        "systems_closed": [
            {"name": row.name, "at": row.closed_at.isoformat() if row.closed_at else ""} for row in closed
        ],
    }
