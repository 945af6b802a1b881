"""What services ask of the ledger at a counter: the passbook that is shown, whose family it is, what was put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hmac import compare_digest
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum

from mulin.ground.points.models import Account, Entry, Passbook, Transfer
from mulin.ground.points.queries.ledger import check_code, family, holders
from mulin.ground.points.rules import MEMBERS, system_id
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.ids import read_public

PAPER_DAYS: Final = 366
"""A printed page proves a passbook for so long; then it is printed anew."""


@dataclass(frozen=True)
class PaperBook:
    """A passbook of which number and check code were shown. ``holds``: it is neither lost nor replaced nor closed."""

    number: str
    account: UUID
    owner: UUID
    holds: bool


def book_shown(said: str, code: str, *, on: date) -> PaperBook | None:
    """The passbook of a number whose printed page of the last PAPER_DAYS bears this check code; None for anything else.
    Three statements."""
    known = read_public(said)
    if known is None or known[0] != current_county():
        return None
    book = Passbook.objects.select_related("account").filter(number=known[1]).first()
    if book is None:
        return None
    typed = "".join(code.split()).upper()[:20].encode()
    for number, points, day in _pages(book, on):
        if compare_digest(check_code(book.number, number, points, f"{day:%Y-%m-%d}").encode(), typed):
            holds = book.state == "active" and book.account.closed_at is None
            return PaperBook(book.number, book.account_id, book.account.owner, holds)
    return None


def _pages(book: Passbook, on: date) -> Iterator[tuple[int, int, date]]:
    """(entries, points, day) of every page that may have been printed of a passbook, newest first."""
    first = max(on - timedelta(days=PAPER_DAYS), local_day(book.issued_at))
    last = min(on, local_day(book.ended_at)) if book.ended_at else on
    entries = Entry.objects.filter(account_id=book.account_id, number__isnull=False).order_by("-number")
    told = entries.values_list("number", "balance_after", "transfer__local_day")
    for number, points, day in [*told.filter(transfer__local_day__gte=first), *_before(told, first)]:
        while last > day and last >= first:
            yield number or 0, points or 0, last
            last -= timedelta(days=1)
        if day >= first:
            yield number or 0, points or 0, day
            last = min(last, day)


def _before(told: Any, first: date) -> list[tuple[int, int, date]]:
    """How a passbook stood before the first day: its newest entry until then, or nothing."""
    return list(told.filter(transfer__local_day__lt=first)[:1]) or [(0, 0, date.min)]


def kept_at(account: UUID) -> tuple[UUID, str] | None:
    """(the person or household whose passbook an account is, path of its community). One statement."""
    rows = Account.objects.filter(kind__in=MEMBERS, pk=account)
    return rows.values_list("owner", "path").first()


def holders_of(account: UUID) -> set[UUID]:
    """The persons who hold a passbook; nobody for none. At most two statements."""
    row = Account.objects.filter(kind__in=MEMBERS, pk=account).first()
    return holders(row) if row else set()


def advanced() -> int:
    """Points that the county's alliances owe by the ledger. One statement."""
    rows = Entry.objects.filter(account_id=system_id(current_county(), "alliance"))
    return -(rows.aggregate(points=Sum("delta"))["points"] or 0)


def family_of(account: UUID) -> set[UUID]:
    """The holders of a passbook and who lives with them; nobody for none. At most three statements."""
    row = Account.objects.filter(kind__in=MEMBERS, pk=account).first()
    return family(row) if row else set()


def put_right(transfers: Iterable[UUID | None]) -> set[UUID]:
    """Those of some transfers that were reversed. One statement."""
    rows = Transfer.objects.filter(reverses_id__in=[one for one in transfers if one])
    return set(rows.values_list("reverses_id", flat=True))
