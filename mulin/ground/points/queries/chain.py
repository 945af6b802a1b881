"""What of a transfer is hashed into the chain: everything but its erasable words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum

from mulin.ground.points.models import Act, Entry, Link, LotMove, Transfer

NOBODY: Final = UUID(int=0)
_TRANSFER: Final = (
    "id", "kind", "key", "body", "amount", "reverses_id", "at", "local_day", "by", "program", "on_behalf_of",
    "subject_kind", "subject_id", "digest",
)  # fmt: skip
_ENTRY: Final = ("id", "account_id", "delta", "number", "balance_after")
_MOVE: Final = ("id", "lot_id", "lot__expires_on", "amount")
_ACT: Final = (
    "id", "account_id", "person", "rule_id", "version_id", "done_on", "confirmed_by", "confirmed_on", "points", "reason",
)  # fmt: skip


def last_link() -> Link | None:
    """The newest link of the county's chain."""
    return Link.objects.order_by("-number").first()


def facts_of(keys: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """transfer → plain JSON of it with its entries, lot moves and act. Four statements."""
    wanted = list(keys)
    told: dict[UUID, dict[str, Any]] = {
        row[0]: {"transfer": _plain(row), "entries": [], "moves": [], "act": None}
        for row in Transfer.objects.filter(id__in=wanted).values_list(*_TRANSFER)
    }
    entries = Entry.objects.filter(transfer_id__in=wanted).order_by("id").values_list("transfer_id", *_ENTRY)
    for key, *row in entries:
        told[key]["entries"].append(_plain(row))
    moves = LotMove.objects.filter(entry__transfer_id__in=wanted).order_by("id")
    for key, *row in moves.values_list("entry__transfer_id", *_MOVE):
        told[key]["moves"].append(_plain(row))
    acts = Act.objects.filter(transfer_id__in=wanted).values_list("transfer_id", "paced_id", *_ACT)
    for key, paced, *row in acts:
        told[key]["act"] = _plain([*row, *([paced] if paced else [])])
    return told


def _plain(row: Iterable[Any]) -> list[Any]:
    return [_value(one) for one in row]


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID | date) else value


def sums_of(keys: Iterable[UUID]) -> list[tuple[UUID, int]]:
    """(system account, sum of its entries) of some transfers. One statement."""
    rows = Entry.objects.filter(transfer_id__in=list(keys), number__isnull=True)
    return list(rows.order_by().values_list("account_id").annotate(points=Sum("delta")))
