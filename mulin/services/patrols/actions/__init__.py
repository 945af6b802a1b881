"""What can be done with patrols: one function, one use case, one transaction."""

from mulin.services.patrols.actions.plans import activate, add_plan, change_plan, end_plan
from mulin.services.patrols.actions.schedule import arrange_due, ask_due, tell_due
from mulin.services.patrols.actions.walking import Found, begin, erase_person, find, finish, miss
from mulin.services.patrols.rules import Rhythm, Told

__all__ = [
    "Found",
    "Rhythm",
    "Told",
    "activate",
    "add_plan",
    "arrange_due",
    "ask_due",
    "begin",
    "change_plan",
    "end_plan",
    "erase_person",
    "find",
    "finish",
    "miss",
    "tell_due",
]
