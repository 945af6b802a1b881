"""Read-only administration of the code table, the tree and the grids: every write is an action."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from mulin.ground.territory.models import Division, Grid, Region


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Region)
class RegionAdmin(ReadOnly):
    list_display = ("code", "name", "level", "started_on", "ended_on")
    list_filter = ("level",)
    search_fields = ("code__startswith", "name__startswith")
    ordering = ("code", "-started_on")


@admin.register(Division)
class DivisionAdmin(ReadOnly):
    list_display = ("path", "name", "kind", "region_code", "started_on", "ended_on")
    list_filter = ("kind",)
    search_fields = ("path__startswith", "name__startswith", "region_code__startswith")
    ordering = ("path",)
    exclude = ("geometry",)


@admin.register(Grid)
class GridAdmin(ReadOnly):
    list_display = ("code", "name", "kind", "path", "started_on", "ended_on")
    list_filter = ("kind",)
    search_fields = ("code__startswith", "name__startswith")
    ordering = ("code",)
