"""Read-only administration of the modes: every write is an action."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.modes.models import EmergencyMode


@admin.register(EmergencyMode)
class EmergencyModeAdmin(ReadOnlyAdmin):
    list_display = ("path", "title", "declared_at", "ends_at", "closed_at")
    ordering = ("-declared_at",)
