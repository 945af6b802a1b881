"""Reads of merchants and discounts. What a merchant reads never comes near a person: see docs/security.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.points import queries as points
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import keyed_hash, mask_name
from mulin.services.exchange.models import (
    Alliance,
    AllianceMember,
    AllianceOffer,
    DiscountCode,
    DiscountUse,
    Entitlement,
    Merchant,
    MerchantPerson,
    MerchantSpan,
    Offer,
    Statement,
)
from mulin.services.exchange.permissions import overseen, works_at
from mulin.services.exchange.queries.shop import COMMUNITY
from mulin.services.exchange.rules.merchants import (
    ACTIVE_DAYS,
    CLERKS,
    TURNS,
    MerchantState,
    Trade,
    digits_of,
    in_force,
    next_month,
)

OPEN = Q(ended_at__isnull=True)

# ── who is entitled ─────


def gives(row: Merchant, on: date) -> bool:
    """Whether a merchant gives discounts on a day."""
    return in_force(state=row.state, starts=row.agreed_from, ends=row.agreed_until, on=on)


def is_entitled(person: UUID, trade: str, now: datetime) -> bool:
    """Whether somebody gets the discount in a kind of shop: granted to him or his household, or he takes part."""
    return trade in entitled_trades(person, now)


def entitled_trades(person: UUID, now: datetime) -> set[str]:
    """The kinds of shops in which somebody gets the discount. A handful of statements; never which of them decided."""
    home, today = people.household_of(person), local_day(now)
    owners = [person, *([home] if home else [])]
    rows = Entitlement.objects.filter(OPEN, owner__in=owners, starts_on__lte=today, ends_on__gte=today)
    granted = [trades or Trade.values for trades in rows.values_list("trades", flat=True)]
    if _takes_part(person, now):
        return set(Trade.values)
    return {one for trades in granted for one in trades}


def _takes_part(person: UUID, now: datetime) -> bool:
    """Whether points were earned into his passbook in the last ACTIVE_DAYS days."""
    owner = points.passbook_of(person)
    row = points.account_of(owner) if owner else None
    if row is None:
        return False
    return points.took_part(row.id, since=now - timedelta(days=ACTIVE_DAYS))


# ── codes ─────


def code_of(key: UUID) -> str:
    """The digits of a code: made from its id with the installation's key, stored nowhere."""
    return digits_of(keyed_hash(f"discount {key}"))


def lookup_of(merchant: UUID, digits: str) -> str:
    """How a code is found: only at its own merchant, in its own county."""
    return keyed_hash(f"discount {current_county()} {merchant} {digits}")


def my_code(actor: Actor, merchant: UUID, now: datetime) -> DiscountCode | None:
    """The actor's living code for a merchant."""
    rows = DiscountCode.objects.filter(
        person=actor.person, merchant=merchant, expires_at__gt=now, used_at__isnull=True, offer__isnull=True
    )
    return rows.order_by("-issued_at", "-id").first()


# ── for neighbours ─────


@dataclass(frozen=True)
class Shown:
    """A merchant as neighbours see it, with its offers, its alliance's name and what all of that give."""

    merchant: Merchant
    offers: list[Offer]
    alliance: str
    given_by_all: list[AllianceOffer]

    @property
    def takes_points(self) -> bool:
        """Whether something may be had for points there."""
        return self.merchant.takes_points and any(one.points for one in self.offers)


def merchants_shown(on: date) -> list[Shown]:
    """Merchants that take part on a day, by alliance. Four statements."""
    offers = Prefetch("offers", Offer.objects.filter(OPEN).order_by("added_at", "id"), to_attr="open_offers")
    rows = Merchant.objects.filter(_in_force(on)).prefetch_related(offers).order_by("path", "name", "id")
    members = AllianceMember.objects.filter(left_on__isnull=True, alliance__ended_on__isnull=True)
    names = {merchant: (key, name) for merchant, key, name in members.values_list(*ALLIED)}
    given: dict[UUID, list[AllianceOffer]] = {}
    for one in AllianceOffer.objects.filter(OPEN).order_by("added_at", "id"):
        given.setdefault(one.alliance_id, []).append(one)
    found = []
    for row in rows:
        key, name = names.get(row.id, (None, ""))
        found.append(Shown(row, row.open_offers, name, given.get(key, []) if key else []))  # type: ignore[attr-defined]
    return sorted(found, key=lambda one: one.alliance)


ALLIED = ("merchant_id", "alliance_id", "alliance__name")


def given_by_all(row: Merchant) -> list[AllianceOffer]:
    """What a merchant gives because its whole alliance does. One statement."""
    return list(
        AllianceOffer.objects.filter(
            OPEN, alliance__members__merchant=row, alliance__members__left_on__isnull=True
        ).order_by("added_at", "id")
    )


def _in_force(on: date) -> Q:
    return Q(state=MerchantState.ACTIVE, agreed_from__lte=on, agreed_until__gte=on)


def merchant_shown(key: UUID, on: date) -> Merchant:
    """A merchant that takes part. Raises NotFound."""
    row = Merchant.objects.filter(_in_force(on), pk=key).first()
    if row is None:
        raise NotFound(_("这家商户现在不参加。"))
    return row


def my_uses(actor: Actor, *, size: int = 10) -> list[DiscountUse]:
    """Where the actor last got a discount; his own eyes only."""
    rows = DiscountUse.objects.filter(person=actor.person).select_related("merchant")
    return list(rows.order_by("-at")[:size]) if actor.person else []


def export_discounts(person: UUID) -> dict[str, Any]:
    """What is kept of a person here: discounts he used, grants to himself, merchants he works for."""
    uses = DiscountUse.objects.filter(person=person).select_related("merchant").order_by("at")
    grants = Entitlement.objects.filter(owner=person).order_by("granted_at")
    works = MerchantPerson.objects.filter(person=person).select_related("merchant").order_by("since")
    told = {
        "discounts": [{"merchant": one.merchant.name, "at": one.at.isoformat()} for one in uses],
        "discount_grants": [{"from": str(one.starts_on), "to": str(one.ends_on)} for one in grants],
        "merchants": [{"merchant": one.merchant.name, "owner": one.owner} for one in works],
    }
    return {key: rows for key, rows in told.items() if rows}


# ── at the till ─────


def my_merchants(actor: Actor, *, owner: bool = False) -> QuerySet[Merchant]:
    """The merchants at which the actor works, or that he owns, whatever their state."""
    return Merchant.objects.filter(works_at(actor, owner=owner)).order_by("name", "id")


def my_merchant(actor: Actor, key: UUID) -> tuple[Merchant, bool]:
    """(a merchant at which the actor works, whether he is its owner). Raises NotFound."""
    row = my_merchants(actor).filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这家商户。"))
    return row, my_merchants(actor, owner=True).filter(pk=key).exists()


def merchant_address(actor: Actor, key: UUID) -> str:
    """Where one is opened: the clerk's page, or that of whoever works there; '' for others. At most two statements."""
    if Merchant.objects.filter(overseen(actor), pk=key).exists():
        return reverse("exchange:desk_merchant", args=[key])
    return reverse("exchange:my_merchant", args=[key]) if my_merchants(actor).filter(pk=key).exists() else ""


USE_FIELDS = ("id", "number", "at", "by", "voided_at", "merchant_id")
"""What a merchant reads of a discount: whose it was is not among it."""


def uses_on(row: Merchant, day: date) -> list[DiscountUse]:
    """A merchant's discounts of a day, newest first, without whose they were."""
    rows = DiscountUse.objects.filter(merchant=row, local_day=day).only(*USE_FIELDS, "county_id")
    return list(rows.order_by("-at", "-id"))


def lines_of(merchant: UUID, month: date) -> list[DiscountUse]:
    """A merchant's discounts of a month, oldest first, without whose they were."""
    rows = DiscountUse.objects.filter(
        merchant=merchant, local_day__gte=month, local_day__lt=next_month(month)
    )
    return list(rows.only(*USE_FIELDS, "county_id").order_by("at", "id"))


def offers_of(row: Merchant) -> list[Offer]:
    """What a merchant gives now."""
    return list(row.offers.filter(OPEN).order_by("added_at", "id"))


def people_of(row: Merchant, *, whole: bool = False) -> list[tuple[MerchantPerson, str]]:
    """Who checks codes there: for its owner with stars, for clerks (``whole``) by name."""
    rows = list(row.people.filter(OPEN).order_by("-owner", "since", "id"))
    names = people.contacts([one.person_id for one in rows])
    called = {key: one.name if whole else mask_name(one.name) for key, one in names.items()}
    return [(one, called[one.person_id]) for one in rows]


def statements_of(row: Merchant) -> list[Statement]:
    """A merchant's statements, newest first."""
    return list(row.statements.order_by("-month")[:24])


def statement(actor: Actor, key: UUID) -> tuple[Statement, bool, bool]:
    """(a statement, whether the actor owns the merchant, whether he is its clerk). Raises NotFound for anybody else."""
    row = Statement.objects.select_related("merchant").filter(pk=key).first()
    if row is not None:
        owns = Merchant.objects.filter(works_at(actor, owner=True), pk=row.merchant_id).exists()
        clerk = actor.covers(row.merchant.path, *CLERKS)
        if owns or clerk:
            return row, owns, clerk
    raise NotFound(_("没有这张月结单。"))


# ── for clerks ─────


def merchants_overseen(actor: Actor, *, state: str = "", at: str = "") -> Page:
    """Merchants of the actor's territory, what was turned last first."""
    rows = Merchant.objects.filter(overseen(actor))
    if state in MerchantState.values:
        rows = rows.filter(state=state)
    return page(rows, by="-turned_at", at=at)


def merchant(actor: Actor, key: UUID) -> Merchant:
    """A merchant of the actor's territory. Raises NotFound."""
    row = Merchant.objects.filter(overseen(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这家商户。"))
    return row


def turns_of(row: Merchant) -> list[tuple[str, Any]]:
    """What a clerk may do about a merchant now: (act, turn)."""
    return [(act, turn) for act, turn in TURNS.items() if row.state in turn.sources]


def alliance_of(row: Merchant) -> Alliance | None:
    """The alliance to which a merchant belongs now."""
    found = row.memberships.filter(left_on__isnull=True).select_related("alliance").first()
    return found.alliance if found else None


def alliance_offers(row: Alliance) -> list[AllianceOffer]:
    """What all members of an alliance give now. One statement."""
    return list(row.offers.filter(OPEN).order_by("added_at", "id"))


def members_of(row: Alliance) -> list[Merchant]:
    """The merchants that belong to an alliance now. One statement."""
    return [
        one.merchant
        for one in row.members.filter(left_on__isnull=True)
        .select_related("merchant")
        .order_by("joined_on", "id")
    ]


def alliances_ended(actor: Actor) -> list[Alliance]:
    """Alliances of the actor's territory that are over, the last one first. One statement."""
    return list(
        Alliance.objects.filter(overseen(actor), ended_on__isnull=False).order_by("-ended_on", "name")[:50]
    )


def alliances_overseen(actor: Actor) -> list[tuple[Alliance, list[str]]]:
    """Alliances of the actor's territory with their merchants' names. Two statements."""
    rows = list(Alliance.objects.filter(overseen(actor), ended_on__isnull=True).order_by("path", "name"))
    members = AllianceMember.objects.filter(alliance__in=rows, left_on__isnull=True)
    names: dict[UUID, list[str]] = {row.id: [] for row in rows}
    for alliance, name in members.order_by("joined_on", "id").values_list("alliance_id", "merchant__name"):
        names[alliance].append(name)
    return [(row, names[row.id]) for row in rows]


def places(actor: Actor) -> list[tuple[str, str]]:
    """(path, name) of every settlement in the actor's territory."""
    found: dict[str, str] = {}
    for path in actor.paths(*CLERKS):
        found |= territory.settlements(path)
    return list(found.items())


def every_community() -> list[tuple[str, str]]:
    """(path, name) of the county's communities and villages: where a shop may lie."""
    found = territory.settlements("/")
    return [(path, name) for path, name in found.items() if path.count("/") == COMMUNITY]


def entitlements(actor: Actor, *, at: str = "") -> Page:
    """Grants of the actor's territory, newest first, each with whose it is, masked."""
    shown = page(Entitlement.objects.filter(overseen(actor)), by="-granted_at", at=at)
    persons = people.contacts([one.owner for one in shown.rows if one.owner_kind == "person"])
    homes = people.household_labels([one.owner for one in shown.rows if one.owner_kind == "household"])
    told = [
        {
            "row": one,
            "whose": mask_name(persons[one.owner].name if one.owner in persons else homes.get(one.owner, "")),
            "trades": [Trade(trade).label for trade in one.trades],
        }
        for one in shown.rows
    ]
    return shown.of(told)


def owners_of(row: Entitlement) -> set[UUID]:
    """The persons to whom a grant was given; of a household whoever lives there now. At most one statement."""
    return people.household_members(row.owner) if row.owner_kind == "household" else {row.owner}


def whose(row: Entitlement) -> str:
    """To whom a grant was given, by name: only for a look that is recorded."""
    if row.owner_kind == "household":
        return people.household_labels([row.owner]).get(row.owner, "")
    return people.contacts([row.owner])[row.owner].name


# ── figures ─────


def active_at(moment: datetime) -> QuerySet[Merchant]:
    """Merchants that took part at a moment: active then, within the days of the agreement."""
    day = local_day(moment)
    spans = MerchantSpan.objects.filter(
        merchant=OuterRef("pk"), since__lte=moment, first_day__lte=day, last_day__gte=day
    )
    return Merchant.objects.filter(Exists(spans.filter(Q(until__isnull=True) | Q(until__gt=moment))))


def alliances_at(moment: datetime) -> QuerySet[Alliance]:
    """Alliances that stood at a moment with at least one merchant that took part."""
    day = local_day(moment)
    lasting = Q(left_on__isnull=True) | Q(left_on__gt=day)
    member = AllianceMember.objects.filter(
        lasting, alliance=OuterRef("pk"), joined_on__lte=day, merchant__in=active_at(moment)
    )
    standing = Q(ended_on__isnull=True) | Q(ended_on__gt=day)
    return Alliance.objects.filter(standing, Exists(member), founded_on__lte=day)


def uses_between(start: date, end: date) -> QuerySet[DiscountUse]:
    """Discounts given from a day to before another; voided ones do not count."""
    return DiscountUse.objects.filter(local_day__gte=start, local_day__lt=end, voided_at__isnull=True)


def moment_of(day: date) -> datetime:
    """Its last microsecond."""
    return day_start(day + timedelta(days=1)) - timedelta(microseconds=1)
