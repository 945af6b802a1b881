"""What falls due on which day: the total clocks of cases that are not disposed of yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from mulin.ground.calendar import queries as calendar
from mulin.kernel.actor import Actor
from mulin.kernel.clock import CHINA, day_start
from mulin.services.cases.models import Case, DuesFeed
from mulin.services.cases.queries.filters import Filters, running
from mulin.services.cases.queries.lists import SHOWN, narrowed

LATE: Final = timedelta(days=60)
MOST_COMING: Final = 500
MOST_LINES: Final = 60
"""Cases that a week names; the days say how many there are."""


@dataclass
class Day:
    """A day, how many cases fall due on it, whether people work on it, and whether its year is provisional still."""

    day: date
    count: int = 0
    works: bool = True
    provisional: bool = False
    cases: list[Case] = field(default_factory=list)


def _open(actor: Actor, whose: str, now: datetime) -> QuerySet[Case]:
    """The cases whose total clock runs, seen by the actor, and not disposed of yet."""
    return running(narrowed(actor, Filters(whose=whose), now)).filter(disposed_at__isnull=True)


def coming(actor: Actor, now: datetime, *, whose: str = "") -> list[Case]:
    """What falls due, and what has been late for LATE at most, the soonest first, with their matters. One statement."""
    cases = _open(actor, whose, now).filter(due_at__gte=now - LATE)
    return list(cases.select_related("matter").order_by("due_at", "id")[:MOST_COMING])


def feed(person: UUID) -> DuesFeed | None:
    """The address at which somebody's calendar reads what falls due. One statement."""
    return DuesFeed.objects.filter(person=person).first()


def export_feed(person: UUID) -> dict[str, Any]:
    """The export hook: since when somebody's calendar reads what falls due, and when it last came."""
    row = feed(person)
    if row is None:
        return {}
    return {
        "dues_feed": {
            "made_at": row.made_at.isoformat(),
            "read_at": row.read_at.isoformat() if row.read_at else "",
        }
    }


def days(
    actor: Actor, first: date, last: date, now: datetime, *, whose: str = "", lines: bool = False
) -> list[Day]:
    """Each day from ``first`` to ``last``. Two statements; three where the cases are named (``lines``)."""
    book = calendar.book()
    found = {}
    for step in range((last - first).days + 1):
        day = first + timedelta(days=step)
        found[day] = Day(day, works=book.works_on(day), provisional=day.year not in book.official)
    cases = _open(actor, whose, now).filter(
        due_at__gte=day_start(first),
        due_at__lt=day_start(last + timedelta(days=1)),
    )
    counted = cases.annotate(day=TruncDate("due_at", tzinfo=CHINA)).order_by().values("day")
    for row in counted.annotate(n=Count("pk")):
        found[row["day"]].count = row["n"]
    if lines:
        for case in cases.only(*SHOWN[:11], "grid_path", "county_id").order_by("due_at", "id")[:MOST_LINES]:
            found[case.due_at.astimezone(CHINA).date()].cases.append(case)  # type: ignore[union-attr]
    return list(found.values())
