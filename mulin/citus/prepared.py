"""Statements that a server prepares once per connection: for the few whose planning costs more than their doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


def rows(sql: str, params: Mapping[str, Any]) -> list[Any]:
    """Run a statement with its parameters bound by the server and return its rows.

    Where somebody watches statements (tests, the partition assertion, debugging) it goes through Django's cursor.
    """
    connection.ensure_connection()
    if connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql, params, prepare=True).fetchall()
