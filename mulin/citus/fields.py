"""CountyForeignKey: one column to Django, (county_id, column) to the database and to every JOIN."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.sql.where import AND, WhereNode

from mulin.citus.scoping import county_field


class CountyForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key between two tenant models of the same county.

    The engine emits the composite constraint and the index (county_id, column); ``county_index=False`` leaves the
    index out where a unique constraint or a composite index already begins that way.
    """

    carries_county = True

    def __init__(self, to: Any, on_delete: Any, *, county_index: bool = True, **kwargs: Any) -> None:
        kwargs["db_index"] = False
        self.county_index = county_index
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_index", None)
        if not self.county_index:
            kwargs["county_index"] = False
        return name, path, args, kwargs

    def get_extra_restriction(self, alias: str | None, related_alias: str | None) -> Any:
        """Both sides of a JOIN share the county. With one side only (trimmed subquery) the compiler binds it."""
        if not (alias and related_alias):
            return None
        ours, theirs = county_field(self.model), county_field(self.related_model)
        where = WhereNode(connector=AND)
        where.add(ours.get_lookup("exact")(ours.get_col(related_alias), theirs.get_col(alias)), AND)
        return where

    def get_extra_descriptor_filter(self, instance: models.Model) -> dict[str, Any]:
        """``row.parent`` looks in the row's own county, under all_counties() too."""
        return {"county_id": instance.county_id}  # type: ignore[attr-defined]
