"""What can be done with cases: one function, one use case, one transaction."""

from mulin.services.cases.actions.closing import close, erase_reporter, follow_up, rate, reopen
from mulin.services.cases.actions.handling import (
    accept,
    dispose,
    inform,
    message_failed,
    refuse,
    reply,
    show_contact,
    take_up,
)
from mulin.services.cases.actions.intake import Reported, found_and_fixed, new_client_id, report
from mulin.services.cases.actions.lookup import look_up

__all__ = [
    "Reported",
    "accept",
    "close",
    "dispose",
    "erase_reporter",
    "follow_up",
    "found_and_fixed",
    "inform",
    "look_up",
    "message_failed",
    "new_client_id",
    "rate",
    "refuse",
    "reopen",
    "reply",
    "report",
    "show_contact",
    "take_up",
]
