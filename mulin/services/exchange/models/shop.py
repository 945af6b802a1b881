"""The points shop: shops and who keeps them, goods, every move of stock, redemptions (row 87).

``Good.stock`` is what stands on the shelf, of it ``reserved`` for those who come to collect; it is the sum of its moves,
which are append-only to the web role.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.exchange.rules.shop import (
    DAYS_TO_COLLECT,
    DAYS_TO_RETURN,
    MOST_DAYS,
    MOST_PIECES,
    MOST_PRICE,
    MOST_STOCK,
    MoveKind,
    RedemptionState,
    Variance,
)

OPEN = Q(ended_at__isnull=True)


class Shop(CountyScoped):
    """A 文明超市 of a community: where and when goods are collected, and how long they wait."""

    name = models.CharField(max_length=60)
    path = models.CharField(max_length=200, db_collation="C", help_text="its community")
    place = models.CharField(max_length=120, help_text="where to collect")
    hours = models.CharField(max_length=120, help_text="when to collect")
    days = models.PositiveSmallIntegerField(default=DAYS_TO_COLLECT, help_text="how long goods wait")
    return_days = models.PositiveSmallIntegerField(
        default=DAYS_TO_RETURN, help_text="how long goods may come back; 0: on the same day"
    )
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "name"], name="exchange_shop_name", condition=OPEN),
            models.CheckConstraint(
                name="exchange_shop_days",
                condition=Q(days__gte=1, days__lte=MOST_DAYS, return_days__lte=MOST_DAYS),
            ),
        ]
        indexes = [models.Index(fields=["county", "path", "id"], name="exchange_shop_place")]

    def __str__(self) -> str:
        return self.name


class ShopKeeper(CountyScoped):
    """A neighbour who stands behind the counter: hands over, receives, counts; sets no price."""

    shop = CountyForeignKey(Shop, on_delete=models.CASCADE, related_name="keepers", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "shop", "person"], name="exchange_keeper_once", condition=OPEN
            )
        ]


class Good(CountyScoped):
    """Something to be had for points, with its price and its supplier."""

    shop = CountyForeignKey(Shop, on_delete=models.PROTECT, related_name="goods", county_index=False)
    name = models.CharField(max_length=40)
    unit = models.CharField(max_length=10, help_text="袋, 瓶, 盒")
    words = models.CharField(max_length=200, blank=True, default="")
    supplier = models.CharField(max_length=80, help_text="who gives or sells it to the shop")
    price = models.PositiveIntegerField(help_text="points")
    per_month = models.PositiveSmallIntegerField(null=True, help_text="pieces for one passbook in a month")
    stock = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1, help_text="a stale write is refused (409)")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "shop", "name"], name="exchange_good_name", condition=OPEN
            ),
            models.CheckConstraint(
                name="exchange_good_stock",
                condition=Q(stock__lte=MOST_STOCK, reserved__gte=0, reserved__lte=F("stock")),
            ),
            models.CheckConstraint(
                name="exchange_good_price", condition=Q(price__gte=1, price__lte=MOST_PRICE)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free(self) -> int:
        """Pieces that nobody has reserved."""
        return self.stock - self.reserved


class Redemption(CountyScoped):
    """Goods for points: reserved, then collected with a code, or out of time. The price is the one at reserving."""

    good = CountyForeignKey(Good, on_delete=models.PROTECT, related_name="redemptions", county_index=False)
    shop = CountyForeignKey(Shop, on_delete=models.PROTECT, related_name="+", county_index=False)
    number = models.CharField(max_length=20, db_collation="C", help_text="what is said at the counter")
    token = models.CharField(max_length=32, db_collation="C", help_text="what the QR code holds")
    quantity = models.PositiveSmallIntegerField()
    price = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    account = models.UUIDField(help_text="the passbook's account")
    owner_kind = models.CharField(max_length=12)
    owner = models.UUIDField()
    person = models.UUIDField(null=True, help_text="who reserved")
    on_behalf = models.BooleanField(
        default=False, help_text="staff did it at the counter, with the paper passbook"
    )
    key = models.CharField(max_length=80, db_collation="C")
    body = models.CharField(max_length=64)
    hold = models.UUIDField()
    transfer = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=RedemptionState.choices, default=RedemptionState.RESERVED)
    reserved_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True, default="")
    returned_at = models.DateTimeField(null=True)
    returned_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], name="exchange_redemption_key"),
            models.UniqueConstraint(fields=["county", "number"], name="exchange_redemption_number"),
            models.UniqueConstraint(fields=["county", "token"], name="exchange_redemption_token"),
            models.CheckConstraint(
                name="exchange_redemption_points",
                condition=Q(quantity__gte=1, quantity__lte=MOST_PIECES, points=F("price") * F("quantity")),
            ),
            models.CheckConstraint(
                name="exchange_redemption_whole",
                condition=Q(
                    state="reserved", ended_at__isnull=True, transfer__isnull=True, returned_at__isnull=True
                )
                | Q(
                    state="collected",
                    ended_at__isnull=False,
                    transfer__isnull=False,
                    returned_at__isnull=True,
                )
                | Q(state="returned", transfer__isnull=False, returned_at__gte=F("ended_at"))
                | Q(
                    state__in=["expired", "cancelled", "faulted"],
                    ended_at__isnull=False,
                    transfer__isnull=True,
                    returned_at__isnull=True,
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "shop", "state", "reserved_at"], name="exchange_redemption_shop"),
            models.Index(
                fields=["county", "account", "good", "reserved_at"], name="exchange_redemption_book"
            ),
            models.Index(fields=["county", "good"], name="exchange_redemption_good"),
            models.Index(
                fields=["county", "expires_at"], name="exchange_redemption_due", condition=Q(state="reserved")
            ),
        ]

    def __str__(self) -> str:
        return self.number


class StockMove(CountyScoped):
    """One change of a good's stock; of a count also what the books said, and why it differed."""

    append_only = True

    good = CountyForeignKey(Good, on_delete=models.PROTECT, related_name="moves", county_index=False)
    kind = models.CharField(max_length=10, choices=MoveKind.choices)
    delta = models.IntegerField()
    after = models.PositiveIntegerField()
    supplier = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=10, choices=Variance.choices, blank=True, default="")
    words = models.CharField(max_length=200, blank=True, default="")
    redemption = CountyForeignKey(
        Redemption, on_delete=models.PROTECT, null=True, related_name="moves", county_index=False
    )
    key = models.CharField(
        max_length=80, db_collation="C", blank=True, default="", help_text="of the form that told of it"
    )
    by = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "redemption", "kind"],
                name="exchange_move_once",
                condition=Q(redemption__isnull=False),
            ),
            models.UniqueConstraint(fields=["county", "key"], name="exchange_move_key", condition=~Q(key="")),
            models.CheckConstraint(
                name="exchange_move_reason",
                condition=Q(kind="counted", delta=0, reason="")
                | Q(kind="counted") & ~Q(delta=0) & ~Q(reason="")
                | ~Q(kind="counted") & ~Q(delta=0) & Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "good", "-at", "-id"], name="exchange_move_newest"),
            models.Index(fields=["county", "at"], name="exchange_move_counts", condition=Q(kind="counted")),
        ]
