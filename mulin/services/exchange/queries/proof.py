"""What the shop and the merchants' statements must agree with, for `mulin check-books`. Rows 87 and 91."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from mulin.ground.points import queries as points
from mulin.services.exchange.models import Good, Redemption, Repayment, Statement, Taking
from mulin.services.exchange.queries.acceptance import wrong_between
from mulin.services.exchange.queries.merchants import lines_of
from mulin.services.exchange.queries.repaying import owed_in_all
from mulin.services.exchange.queries.takings import (
    BOOKED,
    digest_of,
    month_of,
    sums_of,
)
from mulin.services.exchange.rules.takings import TakingState


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
        takings = month_of(one.merchant_id, one.month)
        if digest_of(lines_of(one.merchant_id, one.month), takings) != one.digest:
            yield "statement_changed", "its lines are not those of the day it was drawn up", one.id
        sums = sums_of(takings)
        if (one.points, one.points_advanced) != (sums.points, sums.advanced):
            yield "statement_points", "it says other points than were taken in its month", one.id
    yield from _takings()
    yield from wrong_between()


def _takings() -> Iterator[tuple[str, str, UUID | None]]:
    """Points taken by merchants against passbooks and the alliances' account."""
    rows = list(Taking.objects.filter(state__in=BOOKED).order_by("id"))
    voided = [one for one in rows if one.state == TakingState.VOIDED]
    undone = points.put_right([key for one in voided for key in (one.transfer, one.advance)])
    for kind, column, amount in (("redeem", "transfer", "taken"), ("advance", "advance", "advanced")):
        moved = points.redeemed_for("taking", kind)
        for one in rows:
            key, said = getattr(one, column), getattr(one, amount)
            if moved.pop(one.id, (None, 0)) != (key, said):
                yield "taking_unpaid", f"taken, and no {kind} of its points", one.id
            if one in voided and key and key not in undone:
                yield "taking_kept", "voided, and its points did not come back", one.id
        for subject in moved:
            yield "taking_unknown", f"a {kind} for it, and it is not booked", subject
    yield from _repayments()
    if points.advanced() != owed_in_all():
        yield (
            "alliance_debt",
            "the alliances' account is not what their statements and repayments add up to",
            None,
        )


def _repayments() -> Iterator[tuple[str, str, UUID | None]]:
    """What alliances made good against the transfers of it."""
    moved = points.redeemed_for("repayment", "repay")
    for one in Repayment.objects.filter(transfer__isnull=False).order_by("id"):
        if moved.pop(one.id, None) != (one.transfer, one.points):
            yield "repayment_unpaid", "confirmed, and no transfer of its points", one.id
    for key in moved:
        yield "repayment_unknown", "an alliance was credited for it, and it is not confirmed", key
