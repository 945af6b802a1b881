"""What can be done with orders: one function, one use case, one transaction."""

from mulin.ground.orders.actions.asking import ask, ask_for
from mulin.ground.orders.actions.claiming import accept, claim, decline, dispatch, give_back, let_go
from mulin.ground.orders.actions.due import act_on_due
from mulin.ground.orders.actions.helping import erase_person, set_help
from mulin.ground.orders.actions.merging import join, leave, merge_into, unmerge
from mulin.ground.orders.actions.reviewing import answer, approve, refuse, reopen, withdraw
from mulin.ground.orders.actions.serving import confirm, hush, not_done, rate, reveal, serve

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
    "hush",
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
    "unmerge",
    "withdraw",
]
