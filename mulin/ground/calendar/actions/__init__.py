"""Keeping the calendar. One function = one use case = one transaction; whoever counts deadlines hears of each."""

from mulin.ground.calendar.actions.days import Change, Imported, import_notice, set_day
from mulin.ground.calendar.actions.hours import set_hours
from mulin.ground.calendar.actions.package import seed, seed_missing

__all__ = ["Change", "Imported", "import_notice", "seed", "seed_missing", "set_day", "set_hours"]
