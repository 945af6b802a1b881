"""Keyset paging: a page begins after a (moment, id) pair, so the thousandth page costs what the first one does."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.query_utils import Q


@dataclass(frozen=True)
class Page:
    """Rows of one page, newest first, and the marks of its neighbours ('' where there is none)."""

    rows: list[Any]
    older: str
    newer: str


def mark(moment: datetime, key: UUID, direction: str) -> str:
    """An opaque place in a list; ``direction`` is o (older than) or n (newer than)."""
    raw = f"{direction}{moment.isoformat()}|{key}"
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def read_mark(text: str) -> tuple[str, datetime, UUID] | None:
    """The place behind a mark, or None where it is missing or not ours."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        moment, _, key = raw[1:].partition("|")
        parsed = datetime.fromisoformat(moment)
        return (raw[0], parsed, UUID(key)) if raw[0] in "on" and parsed.tzinfo else None
    except (ValueError, IndexError, binascii.Error):
        return None


def page(found: Any, *, by: str, at: str = "", size: int = 50) -> Page:
    """One page of a queryset ordered by (``by``, id), newest first. One statement."""
    place = read_mark(at) if at else None
    backwards = place is not None and place[0] == "n"
    order = (by, "id") if backwards else (f"-{by}", "-id")
    if place is not None:
        found = _beyond(found, by, place)
    rows = list(found.order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([], "", "")
    older = mark(getattr(rows[-1], by), rows[-1].id, "o") if (more or backwards) else ""
    newer = mark(getattr(rows[0], by), rows[0].id, "n") if (more if backwards else place is not None) else ""
    return Page(rows, older, newer)


def _beyond(found: Any, by: str, place: tuple[str, datetime, UUID]) -> Any:
    direction, moment, key = place
    step = "lt" if direction == "o" else "gt"
    # the first condition lets the index seek, the second breaks ties
    return found.filter(**{f"{by}__{step}e": moment}).filter(
        Q(**{f"{by}__{step}": moment}) | Q(**{f"id__{step}": key})
    )
