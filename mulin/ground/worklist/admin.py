"""To-dos in Django's admin: read-only."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.worklist.models import Copy, WorkItem


@admin.register(WorkItem)
class WorkItemAdmin(ReadOnlyAdmin):
    list_display = ["opened_at", "kind", "number", "title", "role", "path", "due_at", "done_at"]
    list_filter = ["kind", "role"]
    search_fields = ["number"]
    ordering = ["-id"]


@admin.register(Copy)
class CopyAdmin(ReadOnlyAdmin):
    list_display = ["since", "why", "number", "title", "role", "path", "seen_at"]
    search_fields = ["number"]
    ordering = ["-id"]
