"""Reads of acceptance between communities: what is taken where, agreements, and the months between two communities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.errors import NotFound
from mulin.services.exchange.models import (
    AcceptanceRule,
    Agreement,
    ForeignMonth,
    ForeignUse,
    Netting,
    Shop,
)
from mulin.services.exchange.permissions import sides_of
from mulin.services.exchange.rules.acceptance import Line, Pair, Reach, digest, given, pair_of, within
from mulin.services.exchange.rules.merchants import next_month
from mulin.services.exchange.rules.takings import TakingState

FEW = 5
"""So many places are named where points are taken instead."""


def rules() -> list[AcceptanceRule]:
    """Every version of the county's rule, newest first. One statement."""
    return list(AcceptanceRule.objects.order_by("-effective_on"))


def rule_on(day: date) -> AcceptanceRule | None:
    """The county's rule of a day; without one points go through the county and without a limit. One statement."""
    return AcceptanceRule.objects.filter(effective_on__lte=day).order_by("-effective_on").first()


def in_force(day: date) -> QuerySet[Agreement]:
    """Agreements that both sides made and that hold on a day."""
    lasts = Q(ended_on__isnull=True) | Q(ended_on__gt=day)
    return Agreement.objects.filter(lasts, agreed_at__isnull=False, starts_on__lte=day, ends_on__gte=day)


def agreement_on(pair: Pair, day: date) -> Agreement | None:
    """The newest agreement of two communities in force on a day. One statement."""
    return in_force(day).filter(first=pair[0], second=pair[1]).order_by("-agreed_at").first()


@dataclass(frozen=True)
class Terms:
    """On what terms points of one community are taken at another one's shops: not at all, by an agreement, by the rule."""

    taken: bool
    per_month: int | None = None
    agreement: Agreement | None = None


def terms(home: str, taker: str, day: date) -> Terms:
    """The terms of a day between two different communities. At most two statements."""
    agreed = agreement_on(pair_of(home, taker), day)
    if agreed is not None:
        return Terms(True, agreed.per_month, agreed)
    rule = rule_on(day)
    if rule is None:
        return Terms(True)
    return Terms(within(rule.reach, home, taker), rule.per_month)


def places_taking(home: str, day: date, *, but: str = "") -> list[str]:
    """Names of the communities with an open shop that takes the points of ``home``, its own first. Four statements."""
    rule = rule_on(day)
    reach = rule.reach if rule else Reach.COUNTY
    pairs = in_force(day).filter(Q(first=home) | Q(second=home))
    agreed = {one.second if one.first == home else one.first for one in pairs}
    shops = Shop.objects.filter(ended_at__isnull=True).exclude(path=but).order_by("path")
    found = list(dict.fromkeys(shops.values_list("path", flat=True)))
    taking = [path for path in found if path in agreed or within(reach, home, path)]
    names = territory.names_of_paths(taking)
    return [names[path] for path in sorted(taking, key=lambda path: path != home) if path in names][:FEW]


def used(home: str, taker: str, month: date) -> int:
    """Points of one community reserved or taken at another one's shops in a month. One statement."""
    row = ForeignMonth.objects.filter(home=home, taker=taker, month=month).first()
    return row.points if row else 0


# ── agreements ─────


def _mine(actor: Actor) -> Q:
    found = Q(pk__in=())
    for path in sides_of(actor):
        found |= Q(first__startswith=path) | Q(second__startswith=path)
    return found


def agreements(actor: Actor) -> list[Agreement]:
    """Agreements of the communities in an actor's territory, newest first. One statement."""
    return list(Agreement.objects.filter(_mine(actor)).order_by("-proposed_at", "-id")[:200])


def agreement(actor: Actor, key: UUID) -> Agreement:
    """One of them. Raises NotFound."""
    row = Agreement.objects.filter(_mine(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这份互认协议。"))
    return row


# ── months between two communities ─────


@dataclass(frozen=True)
class Used:
    """A line of a month: goods given by ``taker`` for points of ``home``, or (negative) come back. ``source``: the
    redemption or, where a merchant gave, the taking. ``done_on``: in the shop, where that was another day."""

    number: str
    home: str
    taker: str
    day: date
    points: int
    source: UUID
    merchant: bool = False
    done_on: date | None = None

    @property
    def line(self) -> Line:
        """What is hashed."""
        return self.number, self.taker, self.day, self.points

    @property
    def late(self) -> bool:
        """Given in a month before and sent by its phone in this one: it counts here and nowhere else."""
        return self.done_on is not None and self.done_on < self.day.replace(day=1)


def lines_of(month: date, pair: Pair | None = None) -> list[Used]:
    """What was handed over or booked and what came back in a month between two communities, or any two, oldest first: each
    line on the day on which the house heard of it, so that none falls into a month that was drawn up before. Two
    statements."""
    uses = ForeignUse.objects.all()
    if pair is not None:
        uses = uses.filter(home__in=pair, taker__in=pair)
    return sorted([*_redeemed(uses, month), *_taken(uses, month)], key=lambda one: (one.day, one.number))


def _redeemed(uses: QuerySet[ForeignUse], month: date) -> Iterator[Used]:
    start, end = day_start(month), day_start(next_month(month))
    rows = uses.filter(
        Q(redemption__ended_at__gte=start, redemption__ended_at__lt=end)
        | Q(redemption__returned_at__gte=start, redemption__returned_at__lt=end),
        redemption__state__in=["collected", "returned"],
    )
    for one in rows.select_related("redemption"):
        row: Any = one.redemption
        for at, sign in ((row.ended_at, 1), (row.returned_at, -1)):
            if at is not None and start <= at < end:
                yield Used(row.number, one.home, one.taker, local_day(at), sign * one.points, row.pk)


def _taken(uses: QuerySet[ForeignUse], month: date) -> Iterator[Used]:
    """What merchants took; it is voided on the day of its booking or never, so that a month that is over stays."""
    rows = uses.filter(
        taking__local_day__gte=month, taking__local_day__lt=next_month(month), taking__state=TakingState.TAKEN
    )
    for one in rows.select_related("taking"):
        row: Any = one.taking
        done = row.done_on if row.done_on != row.local_day else None
        yield Used(row.number, one.home, one.taker, row.local_day, one.points, row.pk, True, done)


def nets(lines: Iterable[Used]) -> dict[Pair, int]:
    """pair → what the second owes the first for these lines."""
    by_pair: dict[Pair, list[Line]] = {}
    for one in lines:
        by_pair.setdefault(pair_of(one.home, one.taker), []).append(one.line)
    return {pair: given(told, pair[0]) - given(told, pair[1]) for pair, told in by_pair.items()}


def nettings(actor: Actor) -> list[Netting]:
    """Months between communities of which one lies in an actor's territory, newest first. One statement."""
    return list(Netting.objects.filter(_mine(actor)).order_by("-month", "first", "second")[:200])


def netting(actor: Actor, key: UUID) -> Netting:
    """One of them. Raises NotFound."""
    row = Netting.objects.filter(_mine(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这张轧差单。"))
    return row


def names_for(rows: Iterable[Any]) -> dict[str, str]:
    """Names of both communities of agreements or months. Two statements."""
    return territory.names_of_paths({path for row in rows for path in (row.first, row.second)})


def officers(*persons: UUID | None) -> dict[UUID, str]:
    """Public names of those who said something for a side."""
    return people.public_names([one for one in persons if one is not None])


# ── the proof ─────


def wrong_between() -> Iterator[tuple[str, str, UUID | None]]:
    """(code, words, row): uses against what they are of, counts of months against uses, months against their lines."""
    sums: dict[tuple[str, str, date], int] = {}
    for one in ForeignUse.objects.select_related("redemption__shop", "taking__merchant").order_by("id"):
        if one.redemption is not None:
            row = one.redemption
            told, counts = (row.points, row.shop.path), row.state in ("reserved", "collected")
        else:
            taken: Any = one.taking
            told = taken.taken, taken.merchant.path
            counts = taken.state == TakingState.TAKEN
        if (one.points, one.taker) != told:
            yield "foreign_use", "it is not what its redemption or taking took, or where", one.id
        if counts:
            key = one.home, one.taker, one.month
            sums[key] = sums.get(key, 0) + one.points
    for kept in ForeignMonth.objects.order_by("id"):
        if kept.points != sums.pop((kept.home, kept.taker, kept.month), 0):
            yield "foreign_month", "its points are not those of its redemptions and takings", kept.id
    for home, taker, first in sums:
        yield (
            "foreign_month",
            f"points of {home} were taken at {taker} in {first:%Y-%m} and no count kept",
            None,
        )
    for month in Netting.objects.order_by("id"):
        lines = [one.line for one in lines_of(month.month, (month.first, month.second))]
        said = month.first_gave, month.second_gave, month.uses, month.digest
        if said != (given(lines, month.first), given(lines, month.second), len(lines), digest(lines)):
            yield "netting_changed", "its lines are not those of the day it was drawn up", month.id
