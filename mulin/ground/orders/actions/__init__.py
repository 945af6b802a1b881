"""What can be done with orders: one function, one use case, one transaction."""

from mulin.ground.orders.actions.asking import ask, ask_for
from mulin.ground.orders.actions.barring import hold_claimed, let_go, return_barred
from mulin.ground.orders.actions.claiming import accept, claim, decline, dispatch, give_back
from mulin.ground.orders.actions.due import act_on_due
from mulin.ground.orders.actions.earning import earn_for, earn_late
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
    "earn_for",
    "earn_late",
    "erase_person",
    "give_back",
    "hold_claimed",
    "hush",
    "join",
    "leave",
    "let_go",
    "merge_into",
    "not_done",
    "rate",
    "refuse",
    "reopen",
    "return_barred",
    "reveal",
    "serve",
    "set_help",
    "unmerge",
    "withdraw",
]
