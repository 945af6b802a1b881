"""The points ledger: accounts, transfers with their entries, lots and holds, the chain over transfers; rules, passbooks.

``Transfer``, ``Entry``, ``LotMove``, ``Act``, ``RuleVersion`` and ``Link`` are append-only to the web role. Accounts, lots
and holds carry running sums that `mulin check-books` proves from the entries.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.ground.points.rules import KINDS, MOST, REASONS, SYSTEM, AccountKind, HoldState

OPEN = Q(closed_at__isnull=True)


class Account(CountyScoped):
    """Points of one owner. ``owner`` is a person, a household, a community's division, or the nil UUID of the county.

    ``number`` counts its entries, so that none can go missing in the middle; system accounts keep no number and are
    rolled up when transfers are sealed.
    """

    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    owner = models.UUIDField()
    drawer = models.PositiveSmallIntegerField(default=0, help_text="which of a budget's rows")
    path = models.CharField(max_length=200, db_collation="C", help_text="its community, for whom staff serve")
    balance = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    number = models.BigIntegerField(default=0, help_text="entries so far")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "owner", "kind", "drawer"], name="points_account_one"),
            models.CheckConstraint(
                name="points_account_balance",
                condition=Q(kind__in=SYSTEM) | Q(balance__gte=0, held__gte=0, held__lte=F("balance")),
            ),
            models.CheckConstraint(
                name="points_account_closed_empty",
                condition=OPEN | Q(kind__in=SYSTEM) | Q(balance=0, held=0),
            ),
        ]
        indexes = [models.Index(fields=["county", "path", "kind", "id"], name="points_account_place")]


class Rule(CountyScoped):
    """What points are given for, by a code that never changes; its versions say how many."""

    code = models.CharField(max_length=40, db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "code"], name="points_rule_code")]

    def __str__(self) -> str:
        return self.code


class RuleVersion(CountyScoped):
    """A rule from a day on, until the next version's day. Never retroactive; ``ended`` means none are given any more."""

    append_only = True

    rule = CountyForeignKey(Rule, on_delete=models.PROTECT, related_name="versions", county_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    points = models.PositiveIntegerField()
    per_day = models.PositiveIntegerField(
        null=True, help_text="paid acts of one passbook, and of one person, in a day"
    )
    per_month = models.PositiveIntegerField(null=True)
    months = models.PositiveIntegerField(null=True, help_text="how long its points live; none: for ever")
    ended = models.BooleanField(default=False)
    effective_on = models.DateField()
    announced_on = models.DateField()
    note = models.CharField(max_length=200, blank=True, default="", help_text="the basis")
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "rule", "number"], name="points_rule_version"),
            models.UniqueConstraint(fields=["county", "rule", "effective_on"], name="points_rule_day"),
            models.CheckConstraint(
                name="points_rule_not_retroactive", condition=Q(effective_on__gte=F("announced_on"))
            ),
            models.CheckConstraint(name="points_rule_points", condition=Q(points__lte=MOST)),
        ]


class Transfer(CountyScoped):
    """Points moved, once per key. What it says of persons in words lies in ``Words`` and can be erased."""

    append_only = True

    kind = models.CharField(max_length=10, choices=[(one.code, one.words) for one in KINDS.values()])
    key = models.CharField(max_length=120, db_collation="C")
    body = models.CharField(max_length=64, help_text="SHA-256 of what was asked for")
    amount = models.PositiveIntegerField()
    reverses = CountyForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    at = models.DateTimeField()
    local_day = models.DateField()
    by = models.UUIDField(null=True, help_text="the person who did it")
    program = models.CharField(max_length=40, blank=True, default="")
    on_behalf_of = models.UUIDField(null=True, help_text="for whom a helper did it")
    subject_kind = models.CharField(max_length=40, blank=True, default="")
    subject_id = models.UUIDField(null=True)
    digest = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of salt and words")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], name="points_transfer_key"),
            models.UniqueConstraint(
                fields=["county", "reverses"],
                name="points_reversed_once",
                condition=Q(reverses__isnull=False),
            ),
            models.CheckConstraint(
                name="points_reverse_names_one",
                condition=Q(kind="reverse", reverses__isnull=False)
                | ~Q(kind="reverse") & Q(reverses__isnull=True),
            ),
            models.CheckConstraint(name="points_transfer_amount", condition=Q(amount__lte=1000 * MOST)),
        ]
        indexes = [
            models.Index(
                fields=["county", "subject_kind", "subject_id"],
                name="points_subject",
                condition=Q(subject_id__isnull=False),
            ),
            models.Index(fields=["county", "local_day", "kind"], name="points_transfer_day"),
        ]


class Words(CountyScoped):
    """What was done, told in words, and the evidence; erased on a person's request, the chain stays valid."""

    transfer = CountyForeignKey(Transfer, on_delete=models.PROTECT, related_name="words", county_index=False)
    about = models.UUIDField(null=True)
    salt = models.CharField(max_length=32)
    story = models.CharField(max_length=200, blank=True, default="")
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "transfer"], name="points_words_one")]
        indexes = [models.Index(fields=["county", "about"], name="points_words_about", condition=~Q(salt=""))]


class Entry(CountyScoped):
    """One account's side of a transfer; of a member or a budget with its number and the balance after it."""

    append_only = True

    transfer = CountyForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    account = CountyForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", county_index=False, db_constraint=False
    )
    delta = models.BigIntegerField()
    number = models.BigIntegerField(null=True)
    balance_after = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "account", "number"], name="points_entry_number"),
            models.CheckConstraint(
                name="points_entry_balance",
                condition=Q(number__isnull=True, balance_after__isnull=True)
                | Q(number__gte=1, balance_after__gte=0),
            ),
        ]


class Lot(CountyScoped):
    """A member's points that lapse after one day. ``held`` of them are pinned by holds and do not lapse."""

    account = CountyForeignKey(Account, on_delete=models.PROTECT, related_name="lots", county_index=False)
    expires_on = models.DateField()
    remaining = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    spent = models.BooleanField(default=False)
    warned_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "account", "expires_on"], name="points_lot_day"),
            models.CheckConstraint(
                name="points_lot_remaining",
                condition=Q(remaining__gte=0, held__gte=0, held__lte=F("remaining")),
            ),
            models.CheckConstraint(
                name="points_lot_spent",
                condition=Q(spent=True, remaining=0) | Q(spent=False, remaining__gt=0),
            ),
        ]
        indexes = [
            models.Index(
                fields=["county", "expires_on", "account"], name="points_lot_due", condition=Q(spent=False)
            )
        ]


class LotMove(CountyScoped):
    """How much of an entry went into (or, negative, out of) a lot: an entry of a member is the sum of its moves."""

    append_only = True

    entry = CountyForeignKey(Entry, on_delete=models.PROTECT, related_name="moves")
    lot = CountyForeignKey(Lot, on_delete=models.PROTECT, related_name="+", county_index=False)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="points_move_something", condition=~Q(amount=0))]


class Hold(CountyScoped):
    """Points set aside for an order until it is handed over, given back or out of time."""

    account = CountyForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    key = models.CharField(max_length=120, db_collation="C")
    body = models.CharField(max_length=64)
    amount = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=HoldState.choices, default=HoldState.OPEN)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    story = models.CharField(max_length=200, blank=True, default="")
    by = models.UUIDField(null=True)
    on_behalf_of = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    transfer = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], name="points_hold_key"),
            models.CheckConstraint(name="points_hold_amount", condition=Q(amount__gte=1)),
            models.CheckConstraint(
                name="points_hold_whole",
                condition=Q(state="open", ended_at__isnull=True, transfer__isnull=True)
                | Q(state="posted", ended_at__isnull=False, transfer__isnull=False)
                | Q(state="void", ended_at__isnull=False, transfer__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "expires_at"], name="points_hold_due", condition=Q(state="open"))
        ]


class HoldLot(CountyScoped):
    """Which lots a hold pins."""

    hold = CountyForeignKey(Hold, on_delete=models.CASCADE, related_name="pins", county_index=False)
    lot = CountyForeignKey(Lot, on_delete=models.PROTECT, related_name="+", county_index=False)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "hold", "lot"], name="points_pin_once"),
            models.CheckConstraint(name="points_pin_amount", condition=Q(amount__gte=1)),
        ]


class Act(CountyScoped):
    """An act that was recorded under a rule, with its points or the reason why there were none."""

    append_only = True

    transfer = CountyForeignKey(Transfer, on_delete=models.PROTECT, related_name="acts", county_index=False)
    account = CountyForeignKey(Account, on_delete=models.PROTECT, related_name="+", county_index=False)
    person = models.UUIDField(null=True, help_text="who did it; a household's passbook may get the points")
    rule = CountyForeignKey(Rule, on_delete=models.PROTECT, related_name="+", county_index=False)
    version = CountyForeignKey(
        RuleVersion, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    done_on = models.DateField()
    confirmed_by = models.UUIDField()
    confirmed_on = models.DateField()
    points = models.PositiveIntegerField()
    paced = CountyForeignKey(
        "points.CoverMonth",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        county_index=False,
        help_text="the announcement by which a part of the rule's points was given",
    )
    reason = models.CharField(max_length=12, blank=True, default="", choices=list(REASONS.items()))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "transfer"], name="points_act_one"),
            models.CheckConstraint(
                name="points_act_reason", condition=Q(points=0) & ~Q(reason="") | Q(points__gt=0, reason="")
            ),
        ]
        indexes = [
            models.Index(fields=["county", "account", "rule", "done_on"], name="points_act_cap"),
            models.Index(
                fields=["county", "person", "rule", "done_on"],
                name="points_act_own_cap",
                condition=Q(person__isnull=False),
            ),
            models.Index(fields=["county", "confirmed_by", "confirmed_on"], name="points_act_confirmer"),
            models.Index(fields=["county", "confirmed_on", "id"], name="points_act_day"),
        ]


class Link(CountyScoped):
    """The chain over transfers, sealed afterwards by ``tick``; its head lies outside the database too (docs/adr/0006)."""

    append_only = True

    number = models.BigIntegerField()
    transfer = CountyForeignKey(Transfer, on_delete=models.PROTECT, related_name="+", county_index=False)
    sealed_at = models.DateTimeField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="points_link_number"),
            models.UniqueConstraint(fields=["county", "transfer"], name="points_link_transfer"),
        ]


class BookState(models.TextChoices):
    ACTIVE = "active", _("使用中")
    LOST = "lost", _("已挂失")
    REPLACED = "replaced", _("已补发")
    CLOSED = "closed", _("已销户")


class Passbook(CountyScoped):
    """A number under which an account is carried about, on paper or on the phone. Row 86: lost, replaced, closed."""

    account = CountyForeignKey(Account, on_delete=models.PROTECT, related_name="books")
    number = models.CharField(max_length=20, db_collation="C")
    state = models.CharField(max_length=10, choices=BookState.choices, default=BookState.ACTIVE)
    first = models.BooleanField(help_text="the account's first: replacements are not counted again")
    issued_at = models.DateTimeField()
    issued_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="points_book_number"),
            models.UniqueConstraint(
                fields=["county", "account"],
                name="points_book_one",
                condition=Q(state__in=["active", "lost"]),
            ),
            models.UniqueConstraint(
                fields=["county", "account"], name="points_book_first", condition=Q(first=True)
            ),
        ]
        indexes = [models.Index(fields=["county", "issued_at", "id"], name="points_book_issued")]


class Opening(CountyScoped):
    """Passbooks of an older system brought in as a list: one enters it, another one approves."""

    source = models.CharField(max_length=200, help_text="declared: which books, who kept them")
    path = models.CharField(max_length=200, db_collation="C")
    expires_on = models.DateField()
    entered_by = models.UUIDField()
    entered_at = models.DateTimeField()
    state = models.CharField(
        max_length=10,
        choices=[("proposed", _("待复核")), ("approved", _("已转入")), ("declined", _("已退回"))],
        default="proposed",
    )
    reviewed_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    digest = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="keyed, of place, source and rows: the same list is one",
    )
    left_out = models.PositiveIntegerField(default=0, help_text="rows of the file that were wrong")
    problems_sealed = models.TextField(
        blank=True, default="", help_text="which, and why, until it is decided"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "digest"],
                name="points_opening_once",
                condition=~Q(state="declined") & ~Q(digest=""),
            ),
            models.CheckConstraint(
                name="points_opening_second_person",
                condition=Q(state="proposed", reviewed_by__isnull=True)
                | ~Q(state="proposed") & Q(reviewed_by__isnull=False) & ~Q(reviewed_by=F("entered_by")),
            ),
        ]
        indexes = [models.Index(fields=["county", "-entered_at", "-id"], name="points_opening_newest")]


class OpeningRow(CountyScoped):
    """One old passbook: name and phone encrypted, the number it bore, its points; marked while its list stands."""

    opening = CountyForeignKey(Opening, on_delete=models.CASCADE, related_name="rows", county_index=False)
    number = models.PositiveIntegerField()
    name_sealed = models.TextField(blank=True, default="")
    phone_sealed = models.TextField(blank=True, default="")
    old_number = models.CharField(max_length=40, blank=True, default="")
    points = models.PositiveIntegerField()
    who_hash = models.CharField(
        max_length=64, blank=True, default="", help_text="keyed, of place, source and telephone or name"
    )
    name_hash = models.CharField(
        max_length=64, blank=True, default="", help_text="keyed, of the name; + where a telephone is known"
    )
    transfer = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "opening", "number"], name="points_opening_row"),
            models.UniqueConstraint(
                fields=["county", "who_hash"], name="points_opening_who", condition=~Q(who_hash="")
            ),
            models.CheckConstraint(
                name="points_opening_points", condition=Q(points__gte=1, points__lte=MOST)
            ),
        ]
