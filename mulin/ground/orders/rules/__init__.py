"""Pure decisions of orders: the state table, what a kind declares, who carries how much."""

from mulin.ground.orders.rules.kinds import LADDER, Customer, Kind, Rung, next_rung
from mulin.ground.orders.rules.load import FEW, Load, measured
from mulin.ground.orders.rules.near import alike
from mulin.ground.orders.rules.states import (
    CLAIM_MOVES,
    ENDED,
    LIVE,
    TONES,
    TRANSITIONS,
    ClaimState,
    Rating,
    State,
    allowed,
    next_words,
    settled,
)

__all__ = [
    "CLAIM_MOVES",
    "ENDED",
    "FEW",
    "LADDER",
    "LIVE",
    "TONES",
    "TRANSITIONS",
    "ClaimState",
    "Customer",
    "Kind",
    "Load",
    "Rating",
    "Rung",
    "State",
    "alike",
    "allowed",
    "measured",
    "next_rung",
    "next_words",
    "settled",
]
