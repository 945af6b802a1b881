"""What the shop and the merchants' statements must agree with, for `mulin check-books`. Rows 87 and 91."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from mulin.ground.points import queries as points
from mulin.services.exchange.models import Good, Redemption, Statement
from mulin.services.exchange.queries.acceptance import wrong_between
from mulin.services.exchange.queries.merchants import lines_of
from mulin.services.exchange.rules.merchants import statement_digest


def wrong() -> Iterator[tuple[str, str, UUID | None]]:
    """(code, words, row): redemptions against transfers, shelves against their moves, statements against discounts."""
    posted = points.redeemed_for("redemption")
    collected = Redemption.objects.filter(state__in=["collected", "returned"])
    for key, transfer, amount in collected.values_list("id", "transfer", "points"):
        if posted.pop(key, None) != (transfer, amount):
            yield "redemption_unpaid", "collected, and no transfer of its points", key
    returned = dict(collected.filter(state="returned").values_list("transfer", "id"))
    for transfer in returned.keys() - points.put_right(returned):
        yield "redemption_kept", "the goods came back, and the points did not", returned[transfer]
    for key in posted:
        yield "redemption_unknown", "points were redeemed for it, and it was not collected", key
    moved = Good.objects.annotate(moved=Coalesce(Sum("moves__delta"), 0))
    for key in moved.exclude(stock=F("moved")).values_list("id", flat=True):
        yield "good_stock", "its stock is not the sum of its moves", key
    for one in Statement.objects.order_by("id"):
        told = (
            (use.number, use.at, use.voided_at is not None) for use in lines_of(one.merchant_id, one.month)
        )
        if statement_digest(told) != one.digest:
            yield "statement_changed", "its discounts are not those of the day it was drawn up", one.id
    yield from wrong_between()
