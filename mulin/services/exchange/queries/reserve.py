"""What stands on the shelves as a part of the reserve behind the points. Hard parts §1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from mulin.kernel.hooks import Backing
from mulin.services.exchange.models import Good, StockMove


def shelved(until: datetime) -> QuerySet[Good]:
    """Goods that were offered just before ``until``: ``pieces`` on the shelf then, and their worth in points (``delta``)
    at the price of today."""
    later = StockMove.objects.filter(good=OuterRef("pk"), county_id=OuterRef("county_id"), at__gte=until)
    moved = later.order_by().values("good").annotate(sum=Sum("delta")).values("sum")
    there = F("stock") - Coalesce(Subquery(moved, output_field=BigIntegerField()), 0)
    ended = Q(ended_at__isnull=True) | Q(ended_at__gte=until)
    closed = Q(shop__ended_at__isnull=True) | Q(shop__ended_at__gte=until)
    rows = Good.objects.filter(ended, closed, added_at__lt=until).annotate(pieces=there)
    return rows.annotate(delta=F("pieces") * F("price")).filter(delta__gt=0)


def backing(at: datetime, path: str) -> Iterator[Backing]:
    """The hook: every good at or below a place. One statement."""
    rows = shelved(at).filter(shop__path__startswith=path).select_related("shop")
    one: Any
    for one in rows.order_by("shop__path", "shop__name", "name", "id"):
        told = f"{one.shop.name} · {one.name}"
        now = one.ended_at is None and one.shop.ended_at is None
        url = reverse("exchange:good", args=[one.pk]) if now else ""
        yield Backing(one.shop.path, told, one.pieces, one.delta, url)
