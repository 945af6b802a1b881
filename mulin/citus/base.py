"""The engine that DATABASES names: PostgreSQL with composite keys by county (Citus later, same code)."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base, features

from mulin.citus.schema import DatabaseSchemaEditor


class DatabaseFeatures(features.DatabaseFeatures):
    # The database key is (county_id, id): GROUP BY id alone does not cover the other columns.
    allows_group_by_selected_pks = False


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    features_class = DatabaseFeatures

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ops.compiler_module = "mulin.citus.compiler"

    def init_connection_state(self) -> bool | None:  # type: ignore[override]
        from mulin.citus import partitions

        partitions.watch(self)
        return super().init_connection_state()
