"""The engine that DATABASES names: PostgreSQL with composite keys by county (Citus later, same code)."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base, features

from mulin.citus.schema import DatabaseSchemaEditor


class DatabaseFeatures(features.DatabaseFeatures):
    # The database key is (county_id, id): GROUP BY id alone does not cover the other columns.
    allows_group_by_selected_pks = False


ON_REQUEST = 2**31 - 1
"""Executions after which a statement is prepared unasked: never. Without a number psycopg prepares none at all, not even
those of ``citus.prepared``; those are planned once per connection."""


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    features_class = DatabaseFeatures

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ops.compiler_module = "mulin.citus.compiler"

    def get_connection_params(self) -> dict[str, Any]:
        return super().get_connection_params() | {"prepare_threshold": ON_REQUEST}

    def _configure_connection(self, connection: Any) -> bool:
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute("SET plan_cache_mode = force_generic_plan")  # sql: of the session, no table
        return True

    def init_connection_state(self) -> bool | None:  # type: ignore[override]
        from mulin.citus import partitions

        partitions.watch(self)
        return super().init_connection_state()
