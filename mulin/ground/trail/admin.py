"""The trail in Django's admin: read-only, and without the personal details."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.trail.models import AuditEntry, Seal


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "verb", "subject_kind", "subject_id", "person", "system"]
    ordering = ["-id"]


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    list_display = ["number", "entry_id", "sealed_at", "hash"]
    ordering = ["-number"]
