"""The county of the running code: one context variable, and a loud refusal where there is none.

Threads, jobs and streamed bodies do not inherit it: they open their own scope. See docs/adr/0002.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final


class NoCounty(RuntimeError):
    """A tenant row was touched outside ``county_scope()`` or across counties. Never caught."""


class _All:
    def __repr__(self) -> str:
        return "all counties"


ALL: Final = _All()
_scope: ContextVar[int | _All | None] = ContextVar("mulin_county", default=None)


@contextmanager
def county_scope(county: int) -> Iterator[None]:
    """Run the block inside one county, given by its six-digit code."""
    if not isinstance(county, int) or isinstance(county, bool):
        raise NoCounty(f"a county is a six-digit int, not {county!r}")
    token = _scope.set(county)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def all_counties() -> Iterator[None]:
    """Run the block over every county: nationwide reports and migrations only."""
    token = _scope.set(ALL)
    try:
        yield
    finally:
        _scope.reset(token)


def scope() -> int | _All:
    """The county in force, or ALL. Raises NoCounty where nobody opened a scope."""
    county = _scope.get()
    if county is None:
        raise NoCounty("tenant rows are reached only inside county_scope() or all_counties()")
    return county


def scope_or_none() -> int | _All | None:
    """The county in force, ALL, or None. For the engine and log lines."""
    return _scope.get()


def current_county() -> int:
    """The one county in force. Raises NoCounty under all_counties() too."""
    county = scope()
    if isinstance(county, _All):
        raise NoCounty("this needs one county, not all of them")
    return county


def default_county() -> int | None:
    """Field default: new rows belong to the county in force; None elsewhere, which the INSERT refuses."""
    county = _scope.get()
    return county if isinstance(county, int) else None
