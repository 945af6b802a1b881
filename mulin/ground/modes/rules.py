"""Stages of a mode and what each means for time limits. Pure.

routine → alert → response → recovery → routine. Whoever must act at once may go from routine straight to response,
and back to response while recovering.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

ROUTINE: Final = "routine"
ALERT: Final = "alert"
RESPONSE: Final = "response"
RECOVERY: Final = "recovery"
EMERGENCY: Final = "emergency"

TRANSITIONS: Final = {
    ROUTINE: (ALERT, RESPONSE),
    ALERT: (RESPONSE, ROUTINE),
    RESPONSE: (RECOVERY,),
    RECOVERY: (ROUTINE, RESPONSE),
}
"""stage → the stages that may follow it. To routine means: the mode is closed."""

URGENCY: Final = (ROUTINE, RECOVERY, ALERT, RESPONSE)
"""From the least urgent to the most urgent."""

LONGEST: Final = timedelta(days=30)
"""A mode is declared, or extended, for at most so long at a time: somebody looks at it again every month."""


def may_follow(stage: str, wanted: str) -> bool:
    """Whether a stage may come right after another."""
    return wanted in TRANSITIONS[stage]


def prefixes(path: str) -> list[str]:
    """``/001/003/`` → ``/``, ``/001/``, ``/001/003/``: everything that covers a place, itself last."""
    steps = [step for step in path.split("/") if step]
    return ["/", *("/" + "/".join(steps[:number]) + "/" for number in range(1, len(steps) + 1))]


def most_urgent(stages: Iterable[str]) -> str:
    """The most urgent of the stages; routine where there is none."""
    return max(stages, key=URGENCY.index, default=ROUTINE)


def limits_of(stage: str) -> str:
    """By which limits the work goes in a stage: 'emergency' in the response, 'routine' in every other.

    An alert means to be ready, not yet to act; in recovery the ordinary work comes back with its ordinary limits.
    """
    return EMERGENCY if stage == RESPONSE else ROUTINE
