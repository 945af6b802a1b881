"""Background jobs run inside one county: ids in, one action out, never a name or a number in the payload."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from mulin.kernel.county import county_scope


def in_county(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a job so that it runs in the scope of its ``county`` argument: a worker inherits none."""

    @wraps(function)
    def job(*, county: int, **arguments: Any) -> Any:
        with county_scope(county):
            return function(county=county, **arguments)

    return job
