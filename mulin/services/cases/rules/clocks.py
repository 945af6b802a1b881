"""The clocks of a case: which there are, what stops them, and how their rests are kept. Pure.

Three clocks run beside each other: the total one from the admission, the step's from each hand to the next, and the one
until the first answer. Only waiting for the reporter pauses all of them (hard parts §5). A statutory wait and a shelving are
states of their own, granted by another person until a day: meanwhile nobody owes work, so the total clock and the step's
stand still, and their due times move on by what was granted, never by more; the reporter still waits for his answer, and an
order from above still has its deadline, so those run. Every figure prints the share of what rests beside its rates.
An extension stops nothing: it moves the total clock to the day that was granted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mulin.services.cases.rules.choices import DeferralKind
from mulin.services.cases.rules.limits import URGE_HOURS
from mulin.services.cases.rules.states import State

TOTAL, STEP, RESPONSE = "total", "step", "response"
ASKED: Final = "asked"
"""The kind of a rest in which the reporter was asked; the others are kinds of deferrals."""

STOPS: Final[Mapping[str, tuple[str, ...]]] = {
    ASKED: (TOTAL, STEP, RESPONSE),
    DeferralKind.WAIT: (TOTAL, STEP),
    DeferralKind.SHELVE: (TOTAL, STEP),
}
"""Kind of a rest → the clocks that stand still in it."""

REST_STATE: Final[Mapping[str, State]] = {
    DeferralKind.WAIT: State.WAITING,
    DeferralKind.SHELVE: State.SHELVED,
}
"""The state of a case while a granted deferral of this kind lasts."""

DUES: Final = ("rest", "yellow", "step", "total", "response", "supervision")
"""What falls due, in the order in which it is acted on where two moments are one."""

RESTS, EXTENDED, SUPERVISED, URGED, OUTER = "rests", "extended", "supervised", "urged", "outer"
"""What else a case keeps beside its clocks: where they stood still, the due time of an extension, the deadline of an order
from above that is not answered yet, when it was urged last, and a limit from outside (the hotline's) with what our own
total clock would say."""


def outer_limit(clocks: Mapping[str, Any]) -> datetime | None:
    """The limit from outside that the total clock may not outlive; None where there is none."""
    told = clocks.get(OUTER)
    return datetime.fromisoformat(told["until"]) if told else None


def outer_limits(clocks: Mapping[str, Any], case: str) -> dict[str, str]:
    """The limits from outside by the case for whose report each was set: its own id, and those of what was merged into
    it."""
    told = clocks.get(OUTER)
    return dict(told.get("of") or {case: told["until"]}) if told else {}


def own_limit(clocks: Mapping[str, Any]) -> datetime | None:
    """Where the total clock would end without the limit from outside; None where there is none, or none of our own."""
    own = clocks.get(OUTER, {}).get("own")
    return datetime.fromisoformat(own) if own else None


@dataclass(frozen=True)
class Rest:
    """From when to when the clocks that ``kind`` stops stood still."""

    kind: str
    since: datetime
    until: datetime

    @property
    def span(self) -> timedelta:
        """How long."""
        return self.until - self.since


def rests_of(clocks: Mapping[str, Any], name: str = "", *, since: datetime | None = None) -> list[Rest]:
    """The rests that a case keeps (of one clock, and what of them lies after ``since``), oldest first."""
    kept = [
        Rest(kind, datetime.fromisoformat(first), datetime.fromisoformat(last))
        for kind, first, last in clocks.get(RESTS, ())
        if not name or name in STOPS.get(kind, ())
    ]
    if since is None:
        return kept
    return [Rest(one.kind, max(one.since, since), one.until) for one in kept if one.until > since]


def with_rests(clocks: Mapping[str, Any], rests: list[Rest]) -> dict[str, Any]:
    """The same with other rests."""
    told = [[one.kind, one.since.isoformat(), one.until.isoformat()] for one in rests]
    return {**clocks, RESTS: told}


def urged_lately(clocks: Mapping[str, Any], now: datetime) -> bool:
    """Whether it was urged within URGE_HOURS."""
    last = clocks.get(URGED)
    return last is not None and now - datetime.fromisoformat(last) < timedelta(hours=URGE_HOURS)


def yellow_at(*, since: datetime | None, due: datetime | None) -> datetime | None:
    """When the last quarter of a clock's own time begins; None where it has none."""
    return None if since is None or due is None or due <= since else due - (due - since) / 4
