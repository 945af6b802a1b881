"""Setting baselines, sending briefs up, making the monthly tables, keeping counts."""

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
from mulin.readers.indicators.actions.tallies import ask_tally, keep_tallies

__all__ = [
    "KIND_ONE",
    "KIND_ROUND",
    "arrange_months",
    "ask_for_month",
    "ask_tally",
    "end_baseline",
    "keep_tallies",
    "make_month",
    "make_round",
    "send_up",
    "set_baseline",
]
