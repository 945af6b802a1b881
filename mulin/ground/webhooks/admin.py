"""Read-only administration of what connected systems are told: every write is an action."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.webhooks.models import Delivery, Subscription


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("url", "opened_at", "paused_at", "ended_at")
    exclude = ("secret_sealed", "old_secret_sealed")
    ordering = ("-opened_at",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("event", "number", "version", "state", "attempts", "status", "failure")
    ordering = ("-id",)
