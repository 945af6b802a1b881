"""Orders: an ask, who claims it, who wants the same, who is willing to help, and each step. Words and door are sealed."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.ground.orders.rules import ENDED, LIVE, ClaimState, Rating, State

LIVING = models.Q(state__in=[str(one) for one in LIVE])


class Order(CountyScoped):
    """An ask. ``kind`` is a code of hooks.order_kinds, ``customer`` whose it is."""

    number = models.CharField(max_length=40)
    client_id = models.UUIDField(help_text="made by the form: a resend finds the same one")
    kind = models.CharField(max_length=40)
    customer = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=State.choices)
    asker = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    entered_by = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    place = CountyForeignKey("territory.Division", on_delete=models.PROTECT, related_name="+")
    path = models.CharField(
        max_length=200, db_collation="C", help_text="of the place: a compound or community"
    )
    grid_path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    private = models.BooleanField(default=False, help_text="in no hall until a reviewer says otherwise")
    public_words = models.CharField(
        max_length=60, blank=True, default="", help_text="written by a reviewer for the hall: nobody's name"
    )
    words_sealed = models.TextField(blank=True, default="")
    door_sealed = models.TextField(blank=True, default="")
    phone_ok = models.BooleanField(default=False, help_text="whoever claims may see the telephone number")
    seats = models.PositiveSmallIntegerField(default=1)
    wanted_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    review_due_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    rung = models.SmallIntegerField(default=-1, help_text="place in the kind's ladder; -1 before it began")
    rung_due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True, help_text="when tick has something to do")
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    closing = models.CharField(
        max_length=20, blank=True, default="", help_text="over, and ends so once what was served is settled"
    )
    reason = models.TextField(blank=True, default="", help_text="why refused, or what the office answered")
    into = CountyForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", county_index=False)
    version = models.PositiveIntegerField(default=1, help_text="a stale write is refused (409)")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "client_id"], name="order_client"),
            models.UniqueConstraint(fields=["county", "number"], name="order_number"),
            models.CheckConstraint(
                name="order_ended",
                condition=models.Q(state__in=[str(one) for one in ENDED], ended_at__isnull=False)
                | (~models.Q(state__in=[str(one) for one in ENDED]) & models.Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(name="order_seats", condition=models.Q(seats__gte=1)),
        ]
        indexes = [
            models.Index(
                fields=["county", "path", "-made_at"], name="order_hall", condition=models.Q(state="open")
            ),
            models.Index(fields=["county", "-made_at", "-id"], name="order_newest"),
            models.Index(fields=["county", "customer", "confirmed_at"], name="order_confirmed"),
            models.Index(fields=["county", "entered_by", "-made_at"], name="order_entered"),
            models.Index(
                fields=["county", "next_check_at"],
                name="order_due",
                condition=models.Q(next_check_at__isnull=False),
            ),
        ]


class OrderClaim(CountyScoped):
    """A seat: offered to somebody or a unit, or claimed; served; confirmed by another; rated."""

    order = CountyForeignKey(Order, on_delete=models.CASCADE, related_name="claims", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=20, choices=ClaimState.choices)
    offered_by = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="answer or serve by then; afterwards it returns to the pool")
    served_at = models.DateTimeField(null=True)
    confirm_due_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    points = models.PositiveIntegerField(
        null=True, help_text="that whoever served got; null before, and where the kind earns none"
    )
    unpaid = models.CharField(
        max_length=12, blank=True, default="", help_text="why there were none, as the points bank says"
    )
    rating = models.CharField(max_length=10, choices=Rating.choices, blank=True, default="")
    rated_at = models.DateTimeField(null=True)
    back_sealed = models.TextField(
        blank=True, default="", help_text="why it was given back, for reviewers: nobody is asked for it"
    )
    thanks_sealed = models.TextField(blank=True, default="")
    thanks_ok = models.BooleanField(
        default=False, help_text="may be read out in the community, without names"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "order", "person"], name="order_claim_once", condition=LIVING
            ),
            models.CheckConstraint(
                name="order_claim_whose",
                condition=models.Q(person__isnull=False)
                | models.Q(unit__isnull=False)
                | models.Q(state__in=["confirmed", "declined", "returned", "lapsed", "released"]),
            ),
            models.CheckConstraint(
                name="order_claim_two",
                condition=models.Q(confirmed_by__isnull=True)
                | models.Q(person__isnull=True)
                | ~models.Q(confirmed_by=models.F("person")),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "order", "id"], name="order_claim_order"),
            models.Index(fields=["county", "confirmed_at"], name="order_claim_confirmed"),
            models.Index(
                fields=["county", "confirmed_at"],
                name="order_claim_no_book",
                condition=models.Q(unpaid="no_passbook"),
            ),
        ]


class OrderJoin(CountyScoped):
    """Somebody else who wants the same: a household that wants this course."""

    order = CountyForeignKey(Order, on_delete=models.CASCADE, related_name="joins", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    via = CountyForeignKey(
        Order,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        county_index=False,
        help_text="the ask with which it came, so that merging can be undone",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "order", "person"], name="order_join_once")]


class OrderStep(CountyScoped):
    """One deed on an order, kept for ever; no word that somebody wrote."""

    append_only = True

    order = CountyForeignKey(Order, on_delete=models.PROTECT, related_name="steps", county_index=False)
    at = models.DateTimeField()
    deed = models.CharField(max_length=20)
    state = models.CharField(max_length=20, help_text="where it led")
    claim = models.UUIDField(null=True)
    person = models.UUIDField(null=True, help_text="who did it")
    behalf = models.UUIDField(null=True, help_text="for whom, where it was entered for somebody else")
    rung = models.SmallIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["county", "order", "at", "id"], name="order_step_order")]


class OrderHelper(CountyScoped):
    """Somebody is willing to help with a kind, in a place."""

    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", county_index=False)
    kind = models.CharField(max_length=40)
    place = CountyForeignKey("territory.Division", on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=200, db_collation="C")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "person", "kind"], name="order_helper_once")]
        indexes = [models.Index(fields=["county", "kind", "path"], name="order_helper_near")]
