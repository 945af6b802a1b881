"""What can be done with orders: one function, one use case, one transaction."""

from mulin.ground.orders.actions.asking import (
    answer,
    approve,
    ask,
    ask_for,
    join,
    leave,
    merge_into,
    refuse,
    reopen,
    withdraw,
)
from mulin.ground.orders.actions.claiming import accept, claim, decline, dispatch, give_back, let_go
from mulin.ground.orders.actions.due import act_on_due
from mulin.ground.orders.actions.helping import erase_person, set_help
from mulin.ground.orders.actions.serving import confirm, not_done, rate, reveal, serve

__all__ = [
    "accept",
    "act_on_due",
    "answer",
    "approve",
    "ask",
    "ask_for",
    "claim",
    "confirm",
    "decline",
    "dispatch",
    "erase_person",
    "give_back",
    "join",
    "leave",
    "let_go",
    "merge_into",
    "not_done",
    "rate",
    "refuse",
    "reopen",
    "reveal",
    "serve",
    "set_help",
    "withdraw",
]
