"""Whose turn it is with a merchant: to-dos with a clock for the office that may act and for owners, messages to those who
wait. Rows 89–91."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mulin.ground.access import queries as access
from mulin.ground.notices import actions as notices
from mulin.ground.points.actions.desks import Desk, desk, due
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.services.exchange.models import Merchant, Statement
from mulin.services.exchange.permissions import kin_of
from mulin.services.exchange.rules.merchants import CLERKS, OWNER_DAYS

MERCHANT, STATEMENT = "merchant", "statement"
DECIDE, START, RENEW, OWNER = "merchant_decide", "merchant_start", "merchant_renew", "merchant_owner"
CONFIRM, SILENT, DISPUTE, SETTLE = (
    "statement_confirm", "statement_silent", "statement_dispute", "statement_settle",
)  # fmt: skip


class Subject(NamedTuple):
    """What somebody has to see to."""

    kind: str
    key: UUID
    title: str
    number: str = ""


def of_merchant(*, row: Merchant) -> Subject:
    """The merchant itself."""
    return Subject(MERCHANT, row.id, row.name)


def of_statement(*, row: Statement) -> Subject:
    """Its month."""
    return Subject(STATEMENT, row.id, f"{row.merchant.name} · {row.month:%Y-%m}")


def ask_clerk(
    *, row: Merchant, kind: str, about: Subject, by: Actor, now: datetime, due_at: datetime
) -> None:
    """A to-do for the lowest office over a merchant's place at which somebody sits whose own shop it is not."""
    ask_office(path=row.path, barred=kin_of(row), kind=kind, about=about, by=by, now=now, due_at=due_at)


def ask_office(
    *,
    path: str,
    barred: Collection[UUID],
    kind: str,
    about: Subject,
    by: Actor,
    now: datetime,
    due_at: datetime,
) -> None:
    """A to-do for the lowest office over a place at which somebody sits who is not barred; where there is none, for the
    county's administrators."""
    at = desk(path=path, barred=barred)
    if not at.role:
        at = Desk(CLERKS[-1], "/")
    worklist.put(
        by=by, now=now, kind=kind, subject_kind=about.kind, subject_id=about.key, title=about.title,
        number=about.number, role=at.role, path=at.path, due_at=due_at,
    )  # fmt: skip


def owners_of(*, row: Merchant) -> list[UUID]:
    """Those who answer for a merchant, who was named first before the others. At most two statements."""
    rows = row.people.filter(owner=True, ended_at__isnull=True).order_by("since", "id")
    named = list(rows.values_list("person_id", flat=True))
    unit = access.holders("merchant", unit=row.unit_id) if row.unit_id else []
    return [*named, *(one for one in unit if one not in named)]


def ask_owner(
    *, row: Merchant, kind: str, about: Subject, by: Actor, now: datetime, due_at: datetime
) -> bool:
    """The same for its owner. False where there is none."""
    owners = owners_of(row=row)
    if owners:
        worklist.put(
            by=by, now=now, kind=kind, subject_kind=about.kind, subject_id=about.key, title=about.title,
            person=owners[0], due_at=due_at,
        )  # fmt: skip
    return bool(owners)


def tell(
    *,
    persons: Collection[UUID],
    template: str,
    about: Subject,
    by: Actor,
    now: datetime,
    **params: str | int,
) -> None:
    """A message to each of some persons, once for a moment."""
    for person in persons:
        notices.tell(
            by=by, now=now, template=template, params=params, subject_kind=about.kind, subject_id=about.key,
            person=person, key=f"{template}:{about.key}:{person}:{now:%y%m%d%H%M%S}",
        )  # fmt: skip


def finish(*, about: Subject, by: Actor, now: datetime, kinds: tuple[str, ...] | None = None) -> None:
    """Its to-dos (of these kinds) are done."""
    worklist.done(by=by, now=now, subject_kind=about.kind, subject_id=about.key, kinds=kinds)


def ownerless(*, row: Merchant, by: Actor, now: datetime) -> None:
    """A merchant for which nobody answers any more: a clerk finds out who does."""
    due_at = due(now=now, days=OWNER_DAYS)
    ask_clerk(row=row, kind=OWNER, about=of_merchant(row=row), by=by, now=now, due_at=due_at)
