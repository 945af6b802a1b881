"""Working time as other apps ask for it, and the pages of the calendar."""

from mulin.ground.calendar.queries.pages import (
    UnitRow,
    Year,
    hours_in_force,
    known_years,
    next_provisional,
    year_at,
)
from mulin.ground.calendar.queries.working import (
    book,
    due,
    is_working,
    quiet,
    quiet_until,
    working_days,
    working_span,
)
from mulin.ground.calendar.rules import Book, Due
from mulin.ground.calendar.rules.hours_text import WEEKDAY_NAMES

__all__ = [
    "WEEKDAY_NAMES",
    "Book",
    "Due",
    "UnitRow",
    "Year",
    "book",
    "due",
    "hours_in_force",
    "is_working",
    "known_years",
    "next_provisional",
    "quiet",
    "quiet_until",
    "working_days",
    "working_span",
    "year_at",
]
