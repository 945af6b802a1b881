"""Read-only administration of the connected systems: every write is an action."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.systems.models import System


@admin.register(System)
class SystemAdmin(ReadOnlyAdmin):
    list_display = ("name", "purpose", "per_minute", "opened_at", "closed_at")
    exclude = ("key_hash",)
    ordering = ("-opened_at",)
