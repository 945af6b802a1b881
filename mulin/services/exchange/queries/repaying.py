"""Reads of what alliances owe: what they advanced, what they made good, by whom it was said and confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.services.exchange.models import Alliance, Repayment, Statement, Taking
from mulin.services.exchange.permissions import allied_with, answers_for_alliance, may_agree, overseen
from mulin.services.exchange.rules.merchants import next_month
from mulin.services.exchange.rules.repaying import RepaymentState
from mulin.services.exchange.rules.takings import TakingState


def alliance(actor: Actor, key: UUID) -> Alliance:
    """An alliance of the actor's territory, or to which a shop of his belongs. Raises NotFound. Two statements."""
    row = Alliance.objects.filter(overseen(actor) | allied_with(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这个联盟。"))
    return row


@dataclass(frozen=True)
class Debt:
    """Points that an alliance advanced, those that it made good, those of which it says so and nobody confirmed it yet."""

    advanced: int = 0
    repaid: int = 0
    waiting: int = 0

    @property
    def owed(self) -> int:
        """What it still owes; negative where it made good what was voided later, which counts for what is to come."""
        return self.advanced - self.repaid

    @property
    def open(self) -> int:
        """What may still be proposed."""
        return max(0, self.owed - self.waiting)

    @property
    def ahead(self) -> int:
        """What was made good beyond the debt."""
        return max(0, -self.owed)


def debt_of(row: Alliance) -> Debt:
    """How an alliance stands. Two statements."""
    advanced = _advanced().filter(alliance=row).aggregate(points=Sum("advanced"))["points"] or 0
    told = Repayment.objects.filter(alliance=row).order_by().values_list("state")
    by_state = dict(told.annotate(points=Sum("points")))
    return Debt(advanced, by_state.get(RepaymentState.CONFIRMED, 0), by_state.get(RepaymentState.PROPOSED, 0))


def debts_of(row: Alliance, *, at: str = "") -> Page:
    """The takings for which an alliance advanced points, newest first, without whose they were. One statement."""
    rows = _advanced().filter(alliance=row).select_related("merchant")
    return page(rows.defer("owner", "account", "book"), by="-at", at=at)


def _advanced() -> QuerySet[Taking]:
    return Taking.objects.filter(state=TakingState.TAKEN, advanced__gt=0)


def owed(alliances: list[UUID]) -> dict[UUID, int]:
    """alliance → points that it owes; who advanced and repaid nothing is left out. Two statements."""
    found: dict[UUID, int] = {}
    rows = _advanced().filter(alliance__in=alliances).order_by().values_list("alliance")
    found |= dict(rows.annotate(points=Sum("advanced")))
    paid = Repayment.objects.filter(alliance__in=alliances, state=RepaymentState.CONFIRMED).order_by()
    for key, points in paid.values_list("alliance").annotate(points=Sum("points")):
        found[key] = found.get(key, 0) - points
    return found


def owed_in_all() -> int:
    """Points that the county's alliances owe in all. Two statements."""
    paid = Repayment.objects.filter(state=RepaymentState.CONFIRMED).aggregate(points=Sum("points"))["points"]
    return int(_advanced().aggregate(points=Sum("advanced"))["points"] or 0) - int(paid or 0)


def alliances_paying(row: Statement) -> list[tuple[Alliance, int, Debt]]:
    """(alliance, points that it advanced in a merchant's month, how it stands now). One statement and two for each."""
    told = _advanced().filter(
        merchant=row.merchant_id, local_day__gte=row.month, local_day__lt=next_month(row.month)
    )
    sums = dict(told.order_by().values_list("alliance").annotate(points=Sum("advanced")))
    rows = Alliance.objects.filter(pk__in=list(sums)).order_by("name")
    return [(one, sums[one.pk], debt_of(one)) for one in rows]


def repayments_of(row: Alliance) -> list[Repayment]:
    """What an alliance said that it made good, newest first. One statement."""
    return list(row.repayments.order_by("-proposed_at", "-id")[:200])


@dataclass(frozen=True)
class RepaymentShown:
    """One of them, for a person who may see it: who said and confirmed it, what he may do now."""

    row: Repayment
    proposer: str
    answerer: str
    answers: bool
    withdraws: bool


def repayment(actor: Actor, key: UUID) -> RepaymentShown:
    """One. Raises NotFound for whoever has nothing to do with the alliance. At most nine statements."""
    row = Repayment.objects.select_related("alliance").filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这笔补还。"))
    alliance(actor, row.alliance_id)
    names = _names(row)
    waits = row.state == RepaymentState.PROPOSED
    return RepaymentShown(
        row,
        names.get(row.proposed_by, ""),
        names.get(row.answered_by, "") if row.answered_by else "",
        answers=waits and may_agree(actor, row.alliance.path) and not answers_for_alliance(actor, row),
        withdraws=waits and actor.person == row.proposed_by,
    )


def _names(row: Repayment) -> dict[UUID, str]:
    """Public names of officers; a shop's owner by his masked one."""
    keys = [one for one in (row.proposed_by, row.answered_by) if one is not None]
    return people.public_names(keys)


def export_repayments(person: UUID) -> dict[str, Any]:
    """What is kept of a person here: what he gave out of his own passbook for an alliance."""
    rows = Repayment.objects.filter(proposed_by=person, account__isnull=False).select_related("alliance")
    told = [
        {"alliance": one.alliance.name, "points": one.points, "at": one.proposed_at.isoformat()}
        for one in rows.order_by("proposed_at")
    ]
    return {"points_for_alliances": told} if told else {}
