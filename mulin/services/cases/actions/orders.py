"""The hotline's table of orders comes in: every row as if it had been pushed, so that a table and a key say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.clock import Clock
from mulin.kernel.errors import Refused
from mulin.kernel.tables import Row
from mulin.services.cases.actions.hotline import WORDS, Order, kind_of, take_order, urgency_of
from mulin.services.cases.actions.imports import BATCH, Outcome, import_messages
from mulin.services.cases.queries.ledgers import ORDER_COLUMNS
from mulin.services.cases.rules.hotline import SOURCE_NAME, is_hotline, yes

_TITLES: Final = {column.name: column.title for column in ORDER_COLUMNS}
_FIELDS: Final = {
    "number": "number", "text": "text", "title": "subject", "name": "user", "phone": "phone", "place": "place",
    "due_at": "due_at", "related": "related", "appeal": "appeal", "unit": "unit", "urgency": "urgency",
    "order_type": "order_type", "confidential": "confidential", "received_at": "reported_at",
}  # fmt: skip
"""Field of an order → the table's."""


class _Undone(Exception):
    """Nothing of a row that is only checked stays."""


def importer(*, source: str, live: bool) -> Callable[..., Outcome]:
    """What brings a source's table in: today's work of the hotline is orders, everything else messages."""
    return import_orders if live and is_hotline(source) else import_messages


def import_orders(
    *,
    rows: Iterable[Row],
    by: Actor,
    clock: Clock,
    source: str = SOURCE_NAME,
    live: bool = True,
    dry_run: bool = False,
    keep_raw: bool = True,
    progress: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Bring the hotline's orders in, each row in its own transaction and at its own moment, keyed by the hotline's number.

    Again changes nothing; a row that says something new is told in ``changed``; an urging or a repeat goes to the case that
    it names. A row that cannot stand is refused with the reason, and the others do. Rows with an answer and its time are
    over: history, as ``import_messages`` keeps it. ``dry_run`` does the same and keeps nothing of it.
    """
    outcome, over = Outcome(), []
    seen: set[str] = set()
    for row in rows:
        said = {name: value for name, value in row.values.items() if value is not None}
        if not row.problems and "reply" in said and "replied_at" in said:
            over.append(row)
            continue
        outcome.read += 1
        try:
            if row.problems:
                raise Refused("problems", "；".join(row.problems))
            now = clock()
            _bring(row, _order(said, now), seen, outcome, by, now, dry_run)
        except Refused as refused:
            outcome.refused.append((row.number, _reason(refused), row.raw if keep_raw else ()))
        if progress and outcome.read % BATCH == 0:
            progress(outcome)
    if over:
        history = import_messages(
            rows=over, by=by, clock=clock, source=SOURCE_NAME, dry_run=dry_run, keep_raw=keep_raw
        )
        outcome.read += history.read
        outcome.add(history)
    return outcome


def _bring(
    row: Row, order: Order, seen: set[str], outcome: Outcome, by: Actor, now: datetime, dry_run: bool
) -> None:
    if dry_run and order.related in seen:  # the order that it names would be there by now
        outcome.updated += 1
        return
    taken = None
    try:
        with transaction.atomic():
            taken = take_order(order=order, by=by, now=now)
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    if taken is None:
        return
    seen.add(order.number)
    if taken.what == "new":
        outcome.imported += 1
    elif taken.what == "same":
        outcome.unchanged += 1
    else:
        outcome.updated += 1
        outcome.changed.append((row.number, _news(taken.what, taken.changed, order, taken.note)))


def _news(what: str, changed: tuple[str, ...], order: Order, note: str) -> str:
    """What a row says anew, as the page of the import tells it."""
    if what == "attached":
        said = _("归到原工单 %(number)s 的案件") % {"number": order.related}
        return f"{said}（{note}）" if note else said
    return _("改了：%(fields)s") % {"fields": "、".join(WORDS[name] for name in changed)}


def _order(said: dict[str, Any], now: datetime) -> Order:
    """A row as an order. Refused with the column for a word that is not known, and a call that is still to come."""
    word = str(said.get("confidential", ""))
    hidden = yes(word) if word else None
    if word and hidden is None:
        raise Refused("no_yes", _("写是或否。"), field="confidential")
    if said["reported_at"] > now + timedelta(days=1):
        raise Refused("ahead", _("时间在将来。"), field="received_at")
    told = {ours: said[theirs] for ours, theirs in _FIELDS.items() if theirs in said}
    kind, urgent = str(told.pop("order_type", "")), str(told.pop("urgency", ""))
    return Order(
        **(told | {"confidential": hidden}), kind=kind_of(word=kind), urgency=urgency_of(word=urgent) if urgent else "",
    )  # fmt: skip


def _reason(refused: Refused) -> str:
    """A refusal with the name of its column."""
    title = _TITLES.get(_FIELDS.get(refused.field, ""), "")
    words = str(refused.message)
    return f"{title}：{words}" if title and title not in words else words
