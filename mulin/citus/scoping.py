"""What is a tenant table, and the condition that every statement on one carries."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.apps import apps as live_apps
from django.core.exceptions import FullResultSet
from django.db import models
from django.db.models.expressions import Col, Expression

from mulin.kernel.county import ALL, scope

KEY = "county_id"
"""The distribution column of every tenant table."""


def is_tenant(model: Any) -> bool:
    """Whether rows of this model (live or historical) belong to one county each."""
    return any(field.column == KEY for field in model._meta.local_fields)


def county_field(model: Any) -> Any:
    """The county field of a tenant model."""
    return model._meta.get_field("county")


@lru_cache(maxsize=1)
def _live_tables() -> dict[str, Any]:
    return {model._meta.db_table: model for model in live_apps.get_models() if is_tenant(model)}


def tenant_tables(registry: Any = live_apps) -> dict[str, Any]:
    """Table name → tenant model, of the live registry or of a migration's."""
    if registry is live_apps:
        return _live_tables()
    return {model._meta.db_table: model for model in registry.get_models() if is_tenant(model)}


class InCounty(Expression):
    """``county_id = <the county in force>``, resolved when the SQL is compiled.

    A queryset may therefore be built where no county is known (a form's class body) and is still safe.
    """

    conditional = True

    def __init__(self, column: Col) -> None:
        super().__init__(output_field=models.BooleanField())
        self.column = column

    @property
    def alias(self) -> str:
        """The table that is bound, as the query calls it."""
        return str(self.column.alias)

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        (self.column,) = exprs

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        county = scope()
        if county is ALL:
            raise FullResultSet
        sql, params = compiler.compile(self.column)
        return f"{sql} = %s", [*params, county]
