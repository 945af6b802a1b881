"""Which office has to see to an ask: the community's clerks, where nobody is one the street's, then the county's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, Min, Q, QuerySet

from mulin.ground.access import queries as access
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import queries as worklist

COUNTY: dict[str, str] = {"role": "county_clerk", "path": "/"}
OWED = ("order_review_late", "order_confirm", "order_answer")
"""To-dos that go up an office when their time is over, so that none of them waits without a clock."""
OVERDUE = "order_overdue"
"""The to-do of whoever oversees the county: the last office is over its time too. It stays, red, until that is done."""


def _manned(path: str) -> Iterator[dict[str, str]]:
    """The offices of a place in which somebody works, the nearest first; the county's always. One statement each."""
    for role, over in (
        ("community_clerk", territory.community_path(path)),
        ("street_clerk", territory.street_path(path)),
    ):
        if access.holders(role, path=over):
            yield {"role": role, "path": over}
    yield COUNTY


def office(path: str) -> dict[str, str]:
    """Role and path of the nearest office in which somebody works. Up to two statements."""
    return next(_manned(path))


def office_above(path: str, below: str) -> dict[str, str] | None:
    """The next one above that of ``below`` (a path; '': of nobody's territory); None above the county's. Up to two
    statements."""
    if below == "/":
        return None
    depth = (below or territory.community_path(path)).count("/")
    return next(one for one in _manned(path) if one["path"].count("/") < depth)


def owed(order: UUID) -> QuerySet[Any]:
    """The open to-dos of an ask that somebody above can still be asked to see to: above the county's office its leaders,
    once."""
    known = worklist.of_subject("order", order).order_by()
    rows = worklist.of_subject("order", order).filter(kind__in=OWED, due_at__isnull=False)
    return rows.filter(~Q(path="/") | ~Exists(known.filter(kind=OVERDUE)))


def overseer(path: str) -> dict[str, str]:
    """Who sees that the county's office did not do what it owes: the leaders over the place, where there are none the
    administrators. One statement."""
    return {"role": "leader" if access.holders("leader", path=path) else "admin", "path": path}


def owed_at(order: UUID) -> datetime | None:
    """When the first of them is over. One statement."""
    found: datetime | None = owed(order).order_by().aggregate(at=Min("due_at"))["at"]
    return found
