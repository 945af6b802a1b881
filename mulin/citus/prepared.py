"""Statements that a server prepares once per connection: for the few whose planning costs more than their doing; and
several that see one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, transaction

from mulin.kernel.county import current_county


@contextmanager
def one_moment() -> Iterator[None]:
    """Every read within sees the database as it was at the first of them, whatever is written meanwhile. Inside somebody
    else's transaction nothing changes."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


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


_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, %(county)s))"


def alone(what: str) -> None:
    """Until its transaction ends nobody else in the county is in this call with the same words: for what is looked at and
    then written where no row is there to lock. Taken before any row. One statement."""
    rows(_ALONE, {"what": what, "county": current_county()})
