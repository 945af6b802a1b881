"""Working days, working hours and the arithmetic of working time. Pure: no database, no clock, no settings."""

from mulin.ground.calendar.rules.arithmetic import Book, Due
from mulin.ground.calendar.rules.festivals import statutory
from mulin.ground.calendar.rules.hours import ORDINARY, Hours, Line

__all__ = ["ORDINARY", "Book", "Due", "Hours", "Line", "statutory"]
