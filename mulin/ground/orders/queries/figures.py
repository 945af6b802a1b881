"""What figures count (rows 61 and 92): confirmed claims, confirmed asks, published ones, in a window."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.rules import ClaimState, State

EARNED = "order:"
"""What the key of the points given for a claim begins with; the claim's id follows."""


def claims(start: datetime, end: datetime, *customers: str) -> QuerySet[OrderClaim]:
    """The claims on the asks of some customers that both sides confirmed in [start, end): one act each."""
    rows = OrderClaim.objects.filter(
        state=ClaimState.CONFIRMED,
        order__customer__in=customers,
        confirmed_at__gte=start,
        confirmed_at__lt=end,
    )
    return rows.select_related("order")


def of_customers(keys: Iterable[UUID], customers: Iterable[str]) -> set[UUID]:
    """Those of some asks that are of some customers. One statement."""
    rows = Order.objects.filter(pk__in=list(keys), customer__in=list(customers))
    return set(rows.values_list("pk", flat=True))


def confirmed_orders(customer: str, start: datetime, end: datetime) -> QuerySet[Order]:
    """A customer's asks that were fulfilled and confirmed in [start, end)."""
    return Order.objects.filter(
        customer=customer, state=State.CONFIRMED, confirmed_at__gte=start, confirmed_at__lt=end
    )


def published_orders(
    customer: str, start: datetime, end: datetime, *, done_by: datetime | None = None
) -> QuerySet[Order]:
    """A customer's asks that passed review in [start, end); ``done_by``: of these, those confirmed before then."""
    rows = Order.objects.filter(customer=customer, reviewed_at__gte=start, reviewed_at__lt=end)
    rows = rows.exclude(state__in=[State.DECLINED, State.MERGED])
    return rows.filter(state=State.CONFIRMED, confirmed_at__lt=done_by) if done_by else rows
