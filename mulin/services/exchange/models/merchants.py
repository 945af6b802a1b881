"""Merchants and their agreements, alliances, offers; entitlements, one-time codes and what became of them (rows 89–91).

No table says why somebody is entitled; ``DiscountUse`` does not even say by what.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.exchange.rules.merchants import MerchantState, StatementState, Trade
from mulin.services.exchange.rules.shop import MOST_PRICE
from mulin.services.exchange.rules.takings import MOST_FLOOR

OPEN = Q(ended_at__isnull=True)


class Merchant(CountyScoped):
    """A shop that gives discounts under an agreement with days."""

    name = models.CharField(max_length=60)
    trade = models.CharField(max_length=10, choices=Trade.choices)
    credit_code = models.CharField(max_length=18, blank=True, default="", help_text="GB 32100-2015")
    address = models.CharField(max_length=120)
    phone = models.CharField(max_length=20, blank=True, default="", help_text="the shop's public number")
    path = models.CharField(max_length=200, db_collation="C", help_text="its community")
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=MerchantState.choices, default=MerchantState.APPLIED)
    agreed_from = models.DateField(null=True)
    agreed_until = models.DateField(null=True, help_text="the last day")
    takes_points = models.BooleanField(default=False, help_text="its agreement says so")
    floor = models.PositiveSmallIntegerField(
        default=0, help_text="points a day from one passbook without a network; 0: none"
    )
    why = models.CharField(max_length=200, blank=True, default="")
    applied_at = models.DateTimeField()
    turned_at = models.DateTimeField(help_text="when its state last changed")
    due_at = models.DateTimeField(null=True, help_text="by when a clerk takes the next step")
    renew_asked = models.DateField(null=True, help_text="the last day for which a clerk was asked to renew")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "name", "path"],
                name="exchange_merchant_name",
                condition=~Q(state__in=["declined", "ended"]),
            ),
            models.CheckConstraint(
                name="exchange_merchant_days",
                condition=Q(agreed_from__isnull=True, agreed_until__isnull=True)
                | Q(agreed_until__gte=F("agreed_from")),
            ),
            models.CheckConstraint(
                name="exchange_merchant_floor",
                condition=Q(floor=0) | Q(takes_points=True, floor__lte=MOST_FLOOR),
            ),
            models.CheckConstraint(
                name="exchange_merchant_agreed",
                condition=Q(state__in=["applied", "declined"]) | Q(agreed_from__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["county", "path", "state", "name"], name="exchange_merchant_place")]

    def __str__(self) -> str:
        return self.name


class MerchantSpan(CountyScoped):
    """From when to when a merchant was active, under an agreement of which days: what figures of the past count, whatever is
    agreed afterwards."""

    merchant = CountyForeignKey(Merchant, on_delete=models.CASCADE, related_name="spans", county_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    first_day = models.DateField(help_text="of the agreement in force then")
    last_day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "merchant"], name="exchange_span_one", condition=Q(until__isnull=True)
            ),
            models.CheckConstraint(
                name="exchange_span_order", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(name="exchange_span_days", condition=Q(last_day__gte=F("first_day"))),
        ]
        indexes = [models.Index(fields=["county", "merchant", "since"], name="exchange_span_when")]


class MerchantPerson(CountyScoped):
    """Who checks codes in a merchant's shop: its owner, or an assistant whom he named."""

    merchant = CountyForeignKey(Merchant, on_delete=models.CASCADE, related_name="people", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    owner = models.BooleanField(default=False)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "merchant", "person"], name="exchange_merchant_person", condition=OPEN
            )
        ]


class Alliance(CountyScoped):
    """A 互助联盟 of merchants in one place."""

    name = models.CharField(max_length=60)
    path = models.CharField(max_length=200, db_collation="C")
    founded_on = models.DateField()
    ended_on = models.DateField(null=True)
    why = models.CharField(max_length=200, blank=True, default="", help_text="it ended; its members read it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "name"], name="exchange_alliance_name", condition=Q(ended_on__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["county", "path", "id"], name="exchange_alliance_place")]

    def __str__(self) -> str:
        return self.name


class AllianceMember(CountyScoped):
    """A merchant belongs to one alliance at a time."""

    alliance = CountyForeignKey(Alliance, on_delete=models.CASCADE, related_name="members")
    merchant = CountyForeignKey(
        Merchant, on_delete=models.CASCADE, related_name="memberships", county_index=False
    )
    joined_on = models.DateField()
    left_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "merchant"], name="exchange_member_one", condition=Q(left_on__isnull=True)
            ),
            models.CheckConstraint(
                name="exchange_member_days",
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("joined_on")),
            ),
        ]
        indexes = [models.Index(fields=["county", "merchant", "joined_on"], name="exchange_member_when")]


class Offer(CountyScoped):
    """What a merchant gives to whoever shows a code: a discount, or (``points``) something for points."""

    merchant = CountyForeignKey(Merchant, on_delete=models.CASCADE, related_name="offers", county_index=False)
    title = models.CharField(max_length=40)
    terms = models.CharField(max_length=200, blank=True, default="", help_text="any money beside it, too")
    points = models.PositiveIntegerField(
        null=True, help_text="its price; never changed, another one is another offer"
    )
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "merchant", "title"], name="exchange_offer_title", condition=OPEN
            ),
            models.CheckConstraint(
                name="exchange_offer_points",
                condition=Q(points__isnull=True) | Q(points__gte=1, points__lte=MOST_PRICE),
            ),
        ]


class AllianceOffer(CountyScoped):
    """What every merchant of an alliance gives to whoever shows a code, as long as it belongs to it."""

    alliance = CountyForeignKey(Alliance, on_delete=models.CASCADE, related_name="offers", county_index=False)
    title = models.CharField(max_length=40)
    terms = models.CharField(max_length=200, blank=True, default="")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "alliance", "title"], name="exchange_alliance_offer_title", condition=OPEN
            )
        ]


class Entitlement(CountyScoped):
    """A discount granted to a person or a household, for some kinds of shops and some days. Never why."""

    owner_kind = models.CharField(max_length=12, choices=[("person", "person"), ("household", "household")])
    owner = models.UUIDField()
    path = models.CharField(max_length=200, db_collation="C", help_text="whose clerks granted it")
    trades = models.JSONField(default=list, help_text="kinds of shops; none: all of them")
    starts_on = models.DateField()
    ends_on = models.DateField()
    granted_by = models.UUIDField(null=True)
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="exchange_entitlement_days", condition=Q(ends_on__gte=F("starts_on")))
        ]
        indexes = [
            models.Index(fields=["county", "owner", "ends_on"], name="exchange_entitlement_owner"),
            models.Index(fields=["county", "path", "-granted_at"], name="exchange_entitlement_new"),
        ]


class DiscountCode(CountyScoped):
    """A code asked for by a person for one merchant, good once and for a minute: for the discount, or for an ``offer`` paid
    in points from a passbook. Only its keyed hash is stored."""

    merchant = CountyForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", county_index=False)
    lookup = models.CharField(max_length=64, db_collation="C", help_text="keyed hash of merchant and digits")
    offer = CountyForeignKey(Offer, on_delete=models.CASCADE, null=True, related_name="+", county_index=False)
    account = models.UUIDField(null=True, help_text="the passbook's account that pays")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="exchange_code_pays",
                condition=Q(offer__isnull=True, account__isnull=True)
                | Q(offer__isnull=False, account__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["county", "merchant", "lookup"], name="exchange_code_lookup"),
            models.Index(fields=["county", "person", "merchant", "issued_at"], name="exchange_code_person"),
            models.Index(fields=["county", "issued_at"], name="exchange_code_old"),
        ]


class Statement(CountyScoped):
    """A merchant's month: how many discounts, how many points; confirmed or disputed by it, settled by a clerk."""

    merchant = CountyForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="statements", county_index=False
    )
    month = models.DateField(help_text="its first day")
    uses = models.PositiveIntegerField()
    voided = models.PositiveIntegerField()
    takings = models.PositiveIntegerField(
        default=0, help_text="times points were taken, voided ones left out"
    )
    takings_voided = models.PositiveIntegerField(default=0)
    points = models.PositiveIntegerField(default=0, help_text="what is to be settled")
    points_offline = models.PositiveIntegerField(default=0, help_text="of these without a network")
    points_advanced = models.PositiveIntegerField(default=0, help_text="of these by the alliance")
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=StatementState.choices, default=StatementState.ISSUED)
    made_at = models.DateTimeField()
    said = models.CharField(max_length=200, blank=True, default="", help_text="what the merchant disputes")
    answer = models.CharField(max_length=200, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="", help_text="how it was settled")
    turned_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="by when whoever has it takes the next step")
    silent = models.BooleanField(default=False, help_text="its owner let his day pass: a clerk asks him")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "merchant", "month"], name="exchange_statement_month")
        ]


class DiscountUse(CountyScoped):
    """A discount given: when, by whom at the till, under which number. Merchants never read ``person``."""

    merchant = CountyForeignKey(Merchant, on_delete=models.PROTECT, related_name="uses", county_index=False)
    person = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    number = models.CharField(max_length=20, db_collation="C")
    key = models.CharField(max_length=80, db_collation="C", help_text="of the till's form")
    at = models.DateTimeField()
    local_day = models.DateField()
    by = models.UUIDField(null=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="exchange_use_number"),
            models.UniqueConstraint(fields=["county", "merchant", "key"], name="exchange_use_key"),
        ]
        indexes = [
            models.Index(fields=["county", "merchant", "local_day", "at"], name="exchange_use_day"),
            models.Index(fields=["county", "person", "-at"], name="exchange_use_person"),
            models.Index(fields=["county", "local_day"], name="exchange_use_when"),
        ]
