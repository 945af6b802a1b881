"""Writes of points. Every act may be asked for again with its key; see ``ledger`` for how points move."""

from mulin.ground.points.actions.asking import answer, ask
from mulin.ground.points.actions.awards import Earned, earn
from mulin.ground.points.actions.books import issue, lose, replace
from mulin.ground.points.actions.calling import call_back
from mulin.ground.points.actions.erasure import erase_person
from mulin.ground.points.actions.holding import end_holds, hold, post, void
from mulin.ground.points.actions.lapsing import expire_due, warn_due
from mulin.ground.points.actions.looking import look_daily
from mulin.ground.points.actions.moving import close, give, grant_budget, reverse
from mulin.ground.points.actions.openings import decide_opening, propose_opening, strip_openings
from mulin.ground.points.actions.reserve import end_pledge, enter_pledge, measure_covers, publish_pace
from mulin.ground.points.actions.reviewing import decide_plea, decide_review, plead
from mulin.ground.points.actions.rising import rise_due
from mulin.ground.points.actions.sealing import seal
from mulin.ground.points.actions.till import give_back, repay, take
from mulin.ground.points.actions.versions import publish_rule

__all__ = [
    "Earned",
    "answer",
    "ask",
    "call_back",
    "close",
    "decide_opening",
    "decide_plea",
    "decide_review",
    "earn",
    "end_holds",
    "end_pledge",
    "enter_pledge",
    "erase_person",
    "expire_due",
    "give",
    "give_back",
    "grant_budget",
    "hold",
    "issue",
    "look_daily",
    "lose",
    "measure_covers",
    "plead",
    "post",
    "propose_opening",
    "publish_pace",
    "publish_rule",
    "repay",
    "replace",
    "reverse",
    "rise_due",
    "seal",
    "strip_openings",
    "take",
    "void",
    "warn_due",
]
