"""To-dos in Django's admin: read-only."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.worklist.models import WorkItem


@admin.register(WorkItem)
class WorkItemAdmin(ReadOnlyAdmin):
    list_display = ["opened_at", "kind", "number", "title", "role", "path", "due_at", "done_at"]
    list_filter = ["kind", "role"]
    search_fields = ["number"]
    ordering = ["-id"]
