"""Files in Django's admin: read-only."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    list_display = ["uploaded_at", "purpose", "subject_kind", "subject_id", "media_type", "size"]
    list_filter = ["purpose"]
    ordering = ["-id"]
