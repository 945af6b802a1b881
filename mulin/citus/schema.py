"""DDL of tenant tables: composite keys, composite foreign keys, county-first indexes; partitions for the tests.

The same migrations run everywhere. Django believes in a single-column primary key ``id``; the database gets
``PRIMARY KEY (county_id, id)``, which a Citus distribution column requires.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.ddl_references import Columns
from django.db.backends.postgresql import schema

from mulin.citus.scoping import KEY, county_field, is_tenant


class EngineError(RuntimeError):
    """A tenant model breaks a rule of docs/adr/0002. Raised while migrating, never at run time."""


def partition_count() -> int:
    """How many hash partitions a tenant table gets: 0 in the product, some in the partitioned test run."""
    return int(getattr(settings, "MULIN_PARTITIONS", 0))


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    def column_sql(self, model: Any, field: Any, include_default: bool = False) -> Any:
        sql, params = super().column_sql(model, field, include_default)
        if sql and is_tenant(model) and field.primary_key:
            sql = sql.replace(" PRIMARY KEY", "")
        return sql, params

    def table_sql(self, model: Any) -> Any:
        sql, params = super().table_sql(model)
        if not is_tenant(model):
            return sql, params
        if not sql.endswith(")"):
            raise EngineError(f"{model._meta.label}: tablespaces are not for tenant tables")
        key = f'PRIMARY KEY ("{KEY}", "{model._meta.pk.column}")'
        tail = f' PARTITION BY HASH ("{KEY}")' if partition_count() else ""
        return f"{sql[:-1]}, {key}){tail}", params

    def create_model(self, model: Any) -> None:
        super().create_model(model)
        if not is_tenant(model):
            return
        table = model._meta.db_table
        for number in range(partition_count()):
            self.execute(
                f'CREATE TABLE "{table}_p{number}" PARTITION OF "{table}" '
                f"FOR VALUES WITH (MODULUS {partition_count()}, REMAINDER {number})"
            )

    def add_field(self, model: Any, field: Any) -> None:
        if is_tenant(model) and field.column == KEY:
            raise EngineError(
                f"{model._meta.label}: county belongs inside CreateModel, in a migration of its own"
            )
        if not getattr(field, "carries_county", False):
            super().add_field(model, field)
            return
        inline, self.sql_create_column_inline_fk = self.sql_create_column_inline_fk, None  # type: ignore[assignment]
        try:  # without the inline form Django defers the constraint to _create_fk_sql, which makes it composite
            super().add_field(model, field)
        finally:
            self.sql_create_column_inline_fk = inline

    def _create_fk_sql(self, model: Any, field: Any, suffix: str) -> Any:
        statement = super()._create_fk_sql(model, field, suffix)
        target = field.target_field.model
        if is_tenant(model) and is_tenant(target):
            statement.parts["column"] = Columns(model._meta.db_table, [KEY, field.column], self.quote_name)
            statement.parts["to_column"] = Columns(
                target._meta.db_table, [KEY, field.target_field.column], self.quote_name
            )
        return statement

    def _field_indexes_sql(self, model: Any, field: Any) -> Any:
        statements = super()._field_indexes_sql(model, field)
        if getattr(field, "carries_county", False) and field.county_index:
            statements.append(self._create_index_sql(model, fields=[county_field(model), field]))
        return statements

    def _create_unique_sql(self, model: Any, fields: Any, *args: Any, **kwargs: Any) -> Any:
        if is_tenant(model) and (not fields or fields[0].column != KEY):
            raise EngineError(f"{model._meta.label}: a unique constraint starts with county")
        return super()._create_unique_sql(model, fields, *args, **kwargs)
