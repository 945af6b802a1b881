"""What stands of the ledger: transfers that were put right since no longer count."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from mulin.ground.points.models import Act, Transfer


def put_right(column: str = "transfer_id", *, before: datetime | None = None) -> Exists:
    """Whether a row's transfer (named by ``column``) was reversed, ``before`` a moment where one is given."""
    reversals = Transfer.objects.filter(reverses_id=OuterRef(column), county_id=OuterRef("county_id"))
    return Exists(reversals.filter(at__lt=before) if before else reversals)


def standing() -> QuerySet[Act]:
    """Acts that brought points and still do."""
    return Act.objects.filter(~put_right(), points__gt=0)
