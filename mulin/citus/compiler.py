"""SQL compilers that add the county to every SELECT, UPDATE and DELETE, and check it on every INSERT.

The compiler does it, not the manager: ``as_manager()``, historical models, related managers, ``bulk_update``,
deletion by the collector and hand-built queries all pass here and cannot drop it.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import compiler
from django.db.models.expressions import Value
from django.db.models.sql.datastructures import BaseTable, Join
from django.db.models.sql.where import AND

from mulin.citus.scoping import InCounty, county_field, is_tenant, tenant_tables
from mulin.kernel.county import ALL, NoCounty, scope


def _tenant_of(query: Any, table: Any) -> Any:
    """The tenant model behind a table of the query, or None."""
    if query.model is not None and query.model._meta.db_table == table.table_name:
        return query.model if is_tenant(query.model) else None
    registry = query.model._meta.apps if query.model is not None else None
    return tenant_tables(registry).get(table.table_name) if registry is not None else None


def _check_join(query: Any, join: Join, model: Any) -> None:
    """A tenant table is joined from a tenant table by a CountyForeignKey, or not at all."""
    parent = query.alias_map[join.parent_alias]
    if _tenant_of(query, parent) is None:
        raise NoCounty(f"{model._meta.label} joined from {parent.table_name}, which has no county")
    field = getattr(join.join_field, "field", join.join_field)
    if not getattr(field, "carries_county", False):
        raise NoCounty(f"{model._meta.label} joined by {field!r}, which is no CountyForeignKey")


def put_in_county(query: Any) -> None:
    """Bind every tenant table that the query reads first-hand to the county in force. Twice changes nothing."""
    if getattr(query, "combinator", None):
        return
    if query.model is not None and is_tenant(query.model) and not query.alias_map:
        query.get_initial_alias()
    for alias, table in query.alias_map.items():
        if not query.alias_refcount.get(alias):
            continue
        model = _tenant_of(query, table)
        if model is None:
            continue
        if isinstance(table, Join):
            _check_join(query, table, model)
        elif isinstance(table, BaseTable):
            scope()  # says NoCounty here, where the trace still shows who asked
            if not any(isinstance(node, InCounty) and node.alias == alias for node in query.where.children):
                _and(query, InCounty(county_field(model).get_col(alias)))


def _and(query: Any, condition: InCounty) -> None:
    where = query.where
    if where.connector != AND or where.negated:
        fresh = where.create([where], AND)
        query.where = where = fresh
    # not where.add(): it compares with every child, and equality of expressions is slow
    where.children.append(condition)


class SQLCompiler(compiler.SQLCompiler):
    def pre_sql_setup(self, with_col_aliases: bool = False) -> Any:
        # Ordering and selection may add joins, so the county is bound before (base tables) and checked after.
        put_in_county(self.query)
        result = super().pre_sql_setup(with_col_aliases=with_col_aliases)
        put_in_county(self.query)
        return result


class SQLInsertCompiler(compiler.SQLInsertCompiler):
    def as_sql(self) -> Any:
        model = self.query.get_meta().model
        if is_tenant(model):
            county = scope()
            for row in self.query.objs:
                if row.county_id is None or (county is not ALL and row.county_id != county):
                    raise NoCounty(
                        f"a {model._meta.label} of county {row.county_id} inserted in scope {county}"
                    )
        return super().as_sql()


class SQLDeleteCompiler(compiler.SQLDeleteCompiler):
    def _as_sql(self, query: Any) -> Any:
        put_in_county(query)
        return super()._as_sql(query)


class SQLUpdateCompiler(compiler.SQLUpdateCompiler):
    def pre_sql_setup(self) -> Any:
        self._refuse_moving()
        put_in_county(self.query)
        result = super().pre_sql_setup()
        put_in_county(self.query)
        return result

    def as_sql(self) -> Any:
        self._refuse_moving()
        return super().as_sql()

    def _refuse_moving(self) -> None:
        """The county of a row never changes. Saving it unchanged (as ``save()`` does) is no move."""
        model = self.query.get_meta().model
        if not is_tenant(model):
            return
        county, kept = scope(), []
        for field, via, value in self.query.values:
            if field.column != "county_id":
                kept.append((field, via, value))
                continue
            told = value.value if isinstance(value, Value) else getattr(value, "pk", value)
            if county is ALL or told != county:
                raise NoCounty(f"{model._meta.label}: the county of a row cannot be changed (to {told!r})")
        self.query.values = kept


class SQLAggregateCompiler(compiler.SQLAggregateCompiler):
    pass
