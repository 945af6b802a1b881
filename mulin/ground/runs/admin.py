"""Runs in Django's admin: read-only."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.runs.models import Run


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "title", "state", "tries", "done", "of", "finished_at"]
    list_filter = ["kind", "state"]
    ordering = ["-id"]
