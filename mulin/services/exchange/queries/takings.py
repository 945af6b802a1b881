"""Reads of points taken by merchants: the till's offers and day, one's own, a month, slips to judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import keyed_hash
from mulin.services.exchange import permissions
from mulin.services.exchange.models import Alliance, DiscountCode, DiscountUse, Merchant, Offer, Taking
from mulin.services.exchange.permissions import books_of, overseen, works_at
from mulin.services.exchange.queries.merchants import merchant_shown, offers_of
from mulin.services.exchange.rules.merchants import next_month, statement_digest
from mulin.services.exchange.rules.takings import DOUBT_WORDS, SLIP_DAYS, How, TakingState, taken_lines

BOOKED = (TakingState.TAKEN, TakingState.VOIDED)
TAKING_FIELDS = (
    "id", "merchant_id", "title", "points", "number", "how", "done_at", "at", "by", "state", "doubt", "local_day",
    "ended_at", "words",
)  # fmt: skip
"""What a merchant reads of points taken: neither passbook nor owner, and not what the passbook could not give."""


def points_lookup(merchant: UUID, digits: str) -> str:
    """How a code for points is found: only at its own merchant, in its own county, and never as a discount's."""
    return keyed_hash(f"points {current_county()} {merchant} {digits}")


def allied_on(row: Merchant, day: date) -> Alliance | None:
    """The alliance to which a merchant belonged on a day."""
    lasting = Q(left_on__isnull=True) | Q(left_on__gt=day)
    found = row.memberships.filter(lasting, joined_on__lte=day).select_related("alliance").first()
    return found.alliance if found else None


# ── the holder ─────


def merchant_for_points(key: UUID, on: date) -> tuple[Merchant, list[Offer]]:
    """A merchant that takes points, with what it gives for them. Raises NotFound."""
    row = merchant_shown(key, on)
    offers = points_offers(row)
    if not row.takes_points or not offers:
        raise NotFound(_("这家商户现在不收积分。"))
    return row, offers


def points_offers(row: Merchant) -> list[Offer]:
    """What a merchant gives for points now."""
    return [one for one in offers_of(row) if one.points is not None]


def my_points_code(actor: Actor, merchant: UUID, now: datetime) -> DiscountCode | None:
    """The actor's living code for points at a merchant, with its offer."""
    rows = DiscountCode.objects.filter(
        person=actor.person, merchant=merchant, expires_at__gt=now, used_at__isnull=True, offer__isnull=False
    )
    return rows.select_related("offer").order_by("-issued_at", "-id").first()


def my_takings(actor: Actor, *, size: int = 10) -> list[Taking]:
    """What merchants took from the actor's passbooks, newest first; his own eyes only. At most three statements."""
    rows = Taking.objects.filter(account__in=books_of(actor), state__in=BOOKED).select_related("merchant")
    return list(rows.order_by("-done_at", "-id")[:size]) if actor.person else []


def export_takings(person: UUID) -> dict[str, Any]:
    """What is kept of a person here: points that merchants took from his own passbook."""
    rows = Taking.objects.filter(owner=person, state__in=BOOKED).select_related("merchant")
    told = [
        {
            "merchant": one.merchant.name,
            "what": one.title,
            "points": one.taken,
            "at": one.done_at.isoformat(),
            "voided": one.state == TakingState.VOIDED,
        }
        for one in rows.order_by("done_at")
    ]
    return {"points_at_merchants": told} if told else {}


# ── the till ─────


@dataclass(frozen=True)
class Till:
    """A merchant's till: what it gives for points, the floor without a network (0: none), the day's takings."""

    merchant: Merchant
    offers: list[Offer]
    floor: int
    today: list[Taking]


def till(actor: Actor, key: UUID, today: date) -> Till:
    """For whoever works there. Raises NotFound. Five statements."""
    row = Merchant.objects.filter(works_at(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这个页面。"))
    floor = row.floor if row.takes_points and allied_on(row, today) else 0
    return Till(row, points_offers(row) if row.takes_points else [], floor, takings_on(row, today))


def worked_at(actor: Actor, key: UUID, at: datetime) -> bool:
    """Whether the actor worked at a merchant's till at a moment, and does no more: what his phone kept still comes in."""
    rows = Merchant.objects.filter(permissions.worked_at(actor, at), pk=key)
    return rows.exclude(works_at(actor)).exists()


def tills_for(actor: Actor, number: str, code: str) -> list[tuple[str, str]]:
    """(words, address) of the tills at which the actor may take a passbook whose page he scanned. One statement."""
    if actor.person is None:
        return []
    rows = Merchant.objects.filter(works_at(actor), takes_points=True).order_by("name", "id")
    told = urlencode({"number": number, "check": code})
    return [
        (
            _("%(name)s：收积分") % {"name": one.name},
            f"{reverse('exchange:till_points', args=[one.id])}?{told}",
        )
        for one in rows
    ]


def takings_on(row: Merchant, day: date) -> list[Taking]:
    """What the house heard of from a merchant on a day, newest first, without whose it was."""
    rows = Taking.objects.filter(Q(local_day=day) | Q(local_day__isnull=True, state="kept"), merchant=row)
    return list(rows.only(*TAKING_FIELDS, "county_id").order_by("-at", "-id")[:100])


def taking_at_till(actor: Actor, key: UUID) -> Taking:
    """One, for whoever works there, without whose it was. Raises NotFound."""
    rows = Taking.objects.select_related("merchant").filter(pk=key)
    row = rows.filter(merchant__in=Merchant.objects.filter(works_at(actor))).first()
    if row is None:
        raise NotFound(_("没有这一笔。"))
    return row


def doubt_words(row: Taking) -> str:
    """Why a slip was kept for a person, as its sender reads it."""
    return str(DOUBT_WORDS[row.doubt]) % {"floor": row.merchant.floor, "days": SLIP_DAYS}


def taking_address(actor: Actor, key: UUID) -> str:
    """Where one is opened: the till's page, or the clerk's; '' for others."""
    row = Taking.objects.select_related("merchant").filter(pk=key).first()
    if row is None:
        return ""
    if Merchant.objects.filter(works_at(actor), pk=row.merchant_id).exists():
        return reverse("exchange:taken", args=[key])
    there = Merchant.objects.filter(overseen(actor), pk=row.merchant_id).exists()
    return reverse("exchange:slip", args=[key]) if there else ""


# ── the month ─────


def month_of(merchant: UUID, month: date) -> list[Taking]:
    """What a merchant's month booked, oldest first, without whose it was."""
    rows = Taking.objects.filter(
        merchant=merchant, local_day__gte=month, local_day__lt=next_month(month), state__in=BOOKED
    )
    return list(rows.only(*TAKING_FIELDS, "advanced", "county_id").order_by("at", "id"))


@dataclass(frozen=True)
class Sums:
    """Of a month: how many takings stand and how many were voided, their points, of these without a network and advanced."""

    takings: int
    voided: int
    points: int
    offline: int
    advanced: int


def sums_of(lines: list[Taking]) -> Sums:
    """The sums of a month's takings; voided ones only count as such."""
    stand = [one for one in lines if one.state == TakingState.TAKEN]
    return Sums(
        len(stand),
        len(lines) - len(stand),
        sum(one.points for one in stand),
        sum(one.points for one in stand if one.how == How.OFFLINE),
        sum(one.advanced for one in stand),
    )


def digest_of(uses: list[DiscountUse], takings: list[Taking]) -> str:
    """What is confirmed of a month: its discounts and its points."""
    taken = taken_lines(
        (one.number, one.local_day, one.state == TakingState.VOIDED, one.how, one.points, one.advanced)
        for one in takings
        if one.local_day is not None
    )
    return statement_digest(((one.number, one.at, one.voided_at is not None) for one in uses), taken)


# ── clerks ─────


def slips(actor: Actor, *, at: str = "") -> Page:
    """Slips of the actor's territory that wait for a clerk, newest first."""
    rows = Taking.objects.filter(
        state=TakingState.KEPT, merchant__in=Merchant.objects.filter(overseen(actor))
    )
    return page(rows.select_related("merchant"), by="-at", at=at)


def slip(actor: Actor, key: UUID) -> Taking:
    """A slip that was kept, for a clerk over the merchant's community. Raises NotFound."""
    rows = Taking.objects.select_related("merchant").exclude(doubt="").filter(pk=key)
    row = rows.filter(merchant__in=Merchant.objects.filter(overseen(actor))).first()
    if row is None:
        raise NotFound(_("没有这一笔。"))
    return row
