"""What all dated assignments share: when one may begin, and how it ends."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.territory.models import OPEN
from mulin.kernel.errors import Refused

Row = TypeVar("Row", bound=Model)


def standing(*, rows: QuerySet[Row], on: date) -> Row | None:
    """The open one among ``rows`` (all of one assignment) that holds on a day already, else None.

    Refuses a day on which an ended one still held, and a day before one that begins later ("overlap").
    """
    there: Any = rows.filter(OPEN).first()
    if there is not None and there.started_on <= on:
        return there  # type: ignore[no-any-return]
    held: Any = there or rows.filter(ended_on__gt=on).order_by("started_on").first()
    if held is not None:
        said = {"from": held.started_on, "until": held.ended_on or _("现在")}
        words = _("已经登记过 %(from)s 至 %(until)s，日期不能重叠。") % said
        raise Refused("overlap", words, field="on", status=409)
    return None


def end_rows(*, rows: QuerySet[Any], on: date) -> int:
    """End the open ones on a day. One that would end on its first day never held: it goes, the trail keeps the deed."""
    gone, _by_model = rows.filter(OPEN, started_on__gte=on).delete()
    return gone + rows.filter(OPEN).update(ended_on=on)


def require_begun(*, row: Any, on: date) -> None:
    """Refuses to end what begins only later ("too_early")."""
    if on < row.started_on:
        words = _("日期早于开始的日期 %(day)s。") % {"day": row.started_on}
        raise Refused("too_early", words, field="on")
