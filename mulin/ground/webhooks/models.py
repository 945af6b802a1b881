"""Who is told which events where, and each event on its way there."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.ground.webhooks.rules import Failure, State

OPEN = models.Q(ended_at__isnull=True)
PENDING = models.Q(state__in=[State.WAITING.value, State.SENDING.value])


class Subscription(CountyScoped):
    """A connected system's wish to be told of events at an address. It is never changed but for its secret: another address
    is another subscription."""

    system = CountyForeignKey("systems.System", on_delete=models.PROTECT, related_name="+")
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    secret_sealed = models.TextField(help_text="encrypted")
    old_secret_sealed = models.TextField(
        blank=True, default="", help_text="encrypted; signs too, until old_until"
    )
    old_until = models.DateTimeField(null=True)
    opened_by = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, related_name="+", county_index=False
    )
    opened_at = models.DateTimeField()
    begins_at = models.DateTimeField(help_text="what happens from then on is told, all of it")
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    silences = models.PositiveIntegerField(default=0, help_text="times in a row that nobody answered there")
    rests_until = models.DateTimeField(null=True, help_text="left alone until then")

    class Meta:
        indexes = [models.Index(fields=["county", "-opened_at", "-id"], name="webhook_newest")]

    def __str__(self) -> str:
        return self.url


class Delivery(CountyScoped):
    """An event for a subscription: written in the deed's transaction, sent afterwards. Its id is the ``webhook-id``.

    In the order of ``(version, id)`` per subject, which is the order in which the deeds were committed: whoever moves a
    case holds its row.
    """

    subscription = CountyForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="deliveries", county_index=False
    )
    event = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    number = models.CharField(max_length=40, blank=True, default="")
    version = models.PositiveIntegerField(default=0)
    subject_state = models.CharField(max_length=20, blank=True, default="")
    at = models.DateTimeField(help_text="when it happened")
    made_at = models.DateTimeField(help_text="patience counts from here: sent again by hand, it begins anew")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="of the last answer")
    failure = models.CharField(max_length=20, choices=Failure.choices, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["county", "next_try_at", "id"],
                name="webhook_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["county", "subscription", "subject_id", "version", "id"],
                name="webhook_order",
                condition=PENDING,
            ),
            models.Index(fields=["county", "subscription", "-id"], name="webhook_of"),
            models.Index(fields=["county", "settled_at"], name="webhook_settled"),
            models.Index(
                fields=["county", "leased_until"], name="webhook_leased", condition=models.Q(state="sending")
            ),
        ]
