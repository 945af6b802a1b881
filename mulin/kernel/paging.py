"""Keyset paging, the one service for every list: a page begins after a place in the order, so the thousandth page
costs what the first one does. Counts stop at ``MOST``, so that a number beside a list costs no more than its page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection
from django.db.models.query_utils import Q
from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused

MOST: Final = 1000
"""How far a count counts: beyond it a page says "1000+"."""


@dataclass(frozen=True)
class Page:
    """Rows of one page in the list's order, and the marks of its neighbours ('' where there is none)."""

    rows: list[Any]
    next: str = ""
    previous: str = ""

    def of(self, rows: list[Any]) -> Page:
        """The same place in the list, with what the rows became on the way to the page."""
        return replace(self, rows=rows)

    def links(self, keep: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What templates/parts/pager.html asks for: the neighbours' addresses with the list's filters kept."""
        said = {
            name: value for name, value in (keep or {}).items() if value not in (None, "") and name != "at"
        }

        def link(mark: str) -> str:
            return f"?{urlencode({**said, 'at': mark})}" if mark else ""

        return {
            "next_page": link(self.next),
            "previous_page": link(self.previous),
            "shown": len(self.rows),
        }


@dataclass(frozen=True)
class _Place:
    """Where a page begins: after (or, going back, before) this value and key."""

    back: bool
    value: Any
    key: Any


def page(found: Any, *, by: str = "-id", at: str = "", size: int = 50, strict: bool = False) -> Page:
    """One page of a queryset in the order of ``by`` and id, both ascending or ("-name") both descending. One statement.

    ``by`` is a column or annotation that is never null; ``at`` a mark of the page before or after. A mark that is
    spoilt, or was made for another order, begins at the front; ``strict``: is refused (400).
    """
    name, down = by.lstrip("-"), by.startswith("-")
    place = _read(found, by, at) if at else None
    if strict and at and place is None:
        raise Refused(
            "bad_cursor", _("cursor 只能用上一页给的 next，并且筛选条件不变。"), field="cursor", status=400
        )
    back = place is not None and place.back
    if place is not None:
        found = _beyond(found, name, place, forwards=down == back)
    sign = "-" if down != back else ""
    order = (f"{sign}id",) if name == "id" else (f"{sign}{name}", f"{sign}id")
    rows = list(found.order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    if not rows:
        return Page([])
    following = _mark(by, rows[-1], back=False) if more or back else ""
    before = _mark(by, rows[0], back=True) if (more if back else place is not None) else ""
    return Page(rows, following, before)


def counts(*lists: Any, whole: bool = False, of: str = "") -> list[int]:
    """How many rows each queryset has, in one statement for all; ``MOST`` + 1 where there are more than ``MOST``.
    ``whole``: to the last one. ``of``: the sum of that column over all rows instead."""
    what = f'coalesce(sum("{of}"), 0)::bigint' if of else "count(*)"
    parts, values, empty = [], [], []
    for place, found in enumerate(lists):
        try:
            rows = found.order_by().values(of or "pk")
            capped = rows if whole or of else rows[: MOST + 1]
            sql, params = capped.query.sql_with_params()
        except EmptyResultSet:
            empty.append(place)
            continue
        parts.append(f"(SELECT {what} FROM ({sql}) counted)")  # noqa: S608  (made by the compiler)
        values += params
    numbers: list[int] = []
    if parts:
        with connection.cursor() as cursor:  # sql: the compiler put the county into each
            cursor.execute(f"SELECT {', '.join(parts)}", values)
            numbers = list(cursor.fetchone())
    for place in empty:
        numbers.insert(place, 0)
    return numbers


def count_words(count: int) -> str:
    """A count as people read it: ``1000+`` where it went on, nothing for nothing."""
    if not count:
        return ""
    return str(count) if count <= MOST else f"{MOST}+"


def _mark(by: str, row: Any, *, back: bool) -> str:
    """An opaque place in a list."""
    value = getattr(row, by.lstrip("-"))
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    raw = "\n".join(("b" if back else "a", by, str(row.pk), text))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read(found: Any, by: str, mark: str) -> _Place | None:
    """The place behind a mark, or None where it is not ours or not of this order."""
    try:
        raw = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)).decode()
        direction, order, key, text = raw.split("\n", 3)
        if direction not in ("a", "b") or order != by or "\0" in text:
            return None
        value = _field(found, by.lstrip("-")).to_python(text)
        if isinstance(value, datetime) and value.tzinfo is None:
            return None
        return _Place(direction == "b", value, found.model._meta.pk.to_python(key))
    except (ValueError, binascii.Error, ValidationError):
        return None


def _field(found: Any, name: str) -> Any:
    annotation = found.query.annotations.get(name)
    return found.model._meta.get_field(name) if annotation is None else annotation.output_field


def _beyond(found: Any, name: str, place: _Place, *, forwards: bool) -> Any:
    step = "gt" if forwards else "lt"
    if name == "id":
        return found.filter(**{f"id__{step}": place.key})
    # the first condition lets the index seek, the second breaks ties
    return found.filter(**{f"{name}__{step}e": place.value}).filter(
        Q(**{f"{name}__{step}": place.value}) | Q(**{f"id__{step}": place.key})
    )
