"""The outbox in Django's admin: read-only, without addresses."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.notices.models import Notice


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "channel", "template", "state", "attempts", "failure"]
    list_filter = ["channel", "state"]
    exclude = ["address_sealed", "address_hash"]
    ordering = ["-id"]
