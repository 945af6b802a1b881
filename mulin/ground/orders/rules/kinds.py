"""What a kind of ask declares: whose it is, who reviews and claims, how private it is, its seats, clocks and ladder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: ``who`` is asked (a key of hooks.order_rungs; "neighbour" is the engine's own), and for how
    long before the next one is."""

    who: str
    span: timedelta
    name: Words


LADDER: Final = (
    Rung("neighbour", timedelta(hours=12), _("附近愿意帮的邻居")),
    Rung("team", timedelta(hours=12), _("网格员和队伍")),
    Rung("office", timedelta(hours=24), _("社区")),
    Rung("street", timedelta(hours=48), _("街道")),
)
"""Nearest skilled neighbour → team → office, the street above it (hard parts §3, whose party branch stands on a rung of its
own once branches are registered). Hours are assumed."""

LATE_BOOK: Final = timedelta(days=30)
"""Whoever helped without a passbook and opens one within so long has the points of it entered. Assumed."""
NO_BOOK: Final = "no_passbook"

REVIEWERS: Final = ("community_clerk", "street_clerk", "county_clerk")
GRID_STAFF: Final = ("grid_worker", "grid_head")


@dataclass(frozen=True)
class Kind:
    """A declaration: a new customer of the engine adds one of these, and no state or column.

    ``customer``: whose hooks are called. ``private``: shown to nobody but reviewers until one of them says otherwise.
    ``grid_reviews``: grid staff review it too. ``seats``: how many may serve. ``joinable``: many may want the same one.
    ``vetted``: what whoever serves must have been checked for, such as being alone with children; '' for nothing.
    ``points``: the rule of the points bank that a confirmed claim is counted by, '' for none. ``hint``: what to write.
    """

    code: str
    customer: str
    name: Words
    hint: Words = ""
    icon: str = "users"
    private: bool = False
    review: bool = True
    grid_reviews: bool = True
    seats: int = 1
    joinable: bool = False
    vetted: str = ""
    points: str = ""
    review_span: timedelta = timedelta(hours=24)
    answer_span: timedelta = timedelta(hours=12)
    claim_span: timedelta = timedelta(hours=48)
    confirm_span: timedelta = timedelta(hours=72)
    open_span: timedelta = timedelta(days=14)
    ladder: Sequence[Rung] = LADDER


@dataclass(frozen=True)
class Customer:
    """How the form of asking speaks: ``ask`` on the button, ``lead`` above the kinds, ``privacy`` beside the words."""

    code: str
    name: Words
    ask: Words
    note: Words
    lead: Words
    privacy: Words
    icon: str = "users"


def next_rung(ladder: Sequence[Rung], after: int, standing: Collection[str]) -> int | None:
    """The next rung on which somebody stands; ``after`` is -1 before the first. None: nobody is left to be asked."""
    return next((place for place in range(after + 1, len(ladder)) if ladder[place].who in standing), None)


OFFICE: Final = ("office", "street")
"""The rungs that a private ask climbs: offices that are bound to keep it to themselves."""


def rung_span(ladder: Sequence[Rung], place: int, *, now: datetime, wanted_at: datetime | None) -> timedelta:
    """How long a rung is asked: its own span, but so short that every later one still has its turn before the hour that
    was asked for."""
    own = ladder[place].span
    if wanted_at is None or wanted_at <= now:
        return own
    return min(own, (wanted_at - now) / (len(ladder) - place))
