"""Look-ups that are asked at every request, put together once in a process.

Django builds a query's SQL anew each time; for a table of many columns that costs more than PostgreSQL's answer. A
``Kept`` look-up builds it once, for any county, and then only fills in what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, ValuesListIterable
from django.db.transaction import TransactionManagementError

from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope, current_county

_COUNTY = "county in force"
_STANDS_FOR: dict[type, Callable[[int], Any]] = {
    UUID: lambda n: UUID(int=(0xC0 << 120) + n),
    datetime: lambda n: datetime(1, 1, 2, tzinfo=CHINA) + timedelta(microseconds=n),
    date: lambda n: date(1, 1, 2) + timedelta(days=n),
    str: lambda n: f"\x01{n}",
}
"""A value of each type that nothing else in a query can be, to find where an argument went."""


Row = TypeVar("Row")


@dataclass(frozen=True)
class _Made:
    """The SQL; for each parameter the name of what is asked for, or '' and a constant of the query."""

    sql: str
    params: list[tuple[str, Any]]
    compiler: Any
    converters: Any
    locks: bool
    row: Callable[[tuple[Any, ...]], Any]


class Kept(Generic[Row]):
    """``Kept(lambda person, on: Grant.objects.filter(…))``; calling it with ``person=, on=`` returns the rows.

    The queryset is of whole rows of one model, or of ``values_list``; an argument is a UUID, date, datetime or text that
    is compared as it is. Raises TypeError where an argument is changed on its way into the SQL, or is of another type.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self._build = build
        self._made: _Made | None = None

    def __call__(self, **told: UUID | date | datetime | str) -> list[Row]:
        if None in told.values():
            raise TypeError("a kept look-up compares with values only: None is another SQL")
        made = self._made or self._make(told)
        if made.locks and connection.get_autocommit():
            raise TransactionManagementError("a row is locked within a transaction")
        values = [
            current_county() if name == _COUNTY else told[name] if name else value
            for name, value in made.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, values)
            found: Iterable[Any] = cursor.fetchall()
        if made.converters:
            found = map(tuple, made.compiler.apply_converters(found, made.converters))
        return [made.row(one) for one in found]

    def one(self, **told: UUID | date | datetime | str) -> Row | None:
        """The first row, or None."""
        return next(iter(self(**told)), None)

    def _make(self, told: dict[str, Any]) -> _Made:
        """Put together twice, with other arguments and another county: what differs is what was asked for."""
        rows, compiler, sql, params = self._compiled(told, 1)
        _rows, _compiler, other_sql, others = self._compiled(told, 2)
        if sql != other_sql or len(params) != len(others):
            raise TypeError("the SQL of a kept look-up depends on its arguments")
        for (name, value), (other, again) in zip(params, others, strict=True):
            if name != other or (not name and value != again):
                raise TypeError(f"an argument of a kept look-up is changed on its way: {value!r}")
        if missing := set(told) - {name for name, _value in params}:
            raise TypeError(f"not in the SQL: {missing}")
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        locks = bool(rows.query.select_for_update)
        self._made = _Made(sql, params, compiler, converters, locks, _reader(rows, compiler))
        return self._made

    def _compiled(self, told: dict[str, Any], turn: int) -> tuple[Any, Any, str, list[tuple[str, Any]]]:
        marks: dict[str, Any] = {}
        for place, (name, value) in enumerate(sorted(told.items())):
            if type(value) not in _STANDS_FOR:
                raise TypeError(f"{type(value)} is nothing that a kept look-up asks for")
            marks[name] = _STANDS_FOR[type(value)](1000 * turn + place)
        with county_scope(-turn):
            rows = self._build(**marks)
            compiler = rows.query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
        marks[_COUNTY] = -turn
        names = [
            next((name for name, mark in marks.items() if type(mark) is type(one) and mark == one), "")
            for one in params
        ]
        return rows, compiler, sql, list(zip(names, params, strict=True))


def _reader(rows: QuerySet[Any, Any], compiler: Any) -> Callable[[tuple[Any, ...]], Any]:
    """What makes a result of a row of columns."""
    kind = rows._iterable_class
    if kind is ValuesListIterable:
        return tuple
    if kind is not ModelIterable or rows.query.select_related or rows.query.annotations:
        raise TypeError("a kept look-up is of one model's rows, or of values_list")
    names = [column.target.attname for column, _sql, _alias in compiler.select]
    model = rows.model
    return lambda row: model.from_db(connection.alias, names, row)
