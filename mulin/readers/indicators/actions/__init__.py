"""Setting baselines, sending briefs up, making the monthly tables."""

from mulin.readers.indicators.actions.baselines import end_baseline, set_baseline
from mulin.readers.indicators.actions.briefs import send_up
from mulin.readers.indicators.actions.months import (
    KIND_ONE,
    KIND_ROUND,
    arrange_months,
    ask_for_month,
    make_month,
    make_round,
)

__all__ = [
    "KIND_ONE",
    "KIND_ROUND",
    "arrange_months",
    "ask_for_month",
    "end_baseline",
    "make_month",
    "make_round",
    "send_up",
    "set_baseline",
]
