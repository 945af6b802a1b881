"""Statements that are prepared are prepared: once per connection, with one plan for all their parameters."""

from __future__ import annotations

import pytest
from django.db import connection

from mulin.citus.prepared import rows

pytestmark = [pytest.mark.django_db, pytest.mark.no_tenant_rows]
SQL = "SELECT n + %(more)s::int FROM unnest(%(list)s::int[]) AS x(n)"
KEPT = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT n + %%'"


def kept() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        return list(cursor.fetchall())


def test_a_statement_is_planned_once_for_all_its_turns() -> None:
    if connection.execute_wrappers:
        pytest.skip("every statement is watched here, so none is prepared")
    for turn in range(4):
        assert rows(SQL, {"more": turn, "list": [1, 2]}) == [(1 + turn,), (2 + turn,)]
    assert kept() == [(4, 0)]


def test_other_statements_are_not_prepared() -> None:
    for turn in range(12):
        with connection.cursor() as cursor:
            cursor.execute("SELECT n + %s FROM (VALUES (1)) AS x(n)", [turn])
    assert kept() == []
