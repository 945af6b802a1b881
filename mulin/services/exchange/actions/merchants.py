"""Merchants: apply, agree with days, take part, pause, leave; offers, assistants, alliances. Rows 89 and 90."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions.steps import overseen_merchant, own_merchant, record
from mulin.services.exchange.models import (
    Alliance,
    AllianceMember,
    Merchant,
    MerchantPerson,
    MerchantSpan,
    Offer,
)
from mulin.services.exchange.permissions import may_agree
from mulin.services.exchange.rules.merchants import (
    MOST_ASSISTANTS,
    TURNS,
    WHO_AGREES,
    MerchantState,
    Trade,
)
from mulin.services.exchange.rules.shop import MOST_PRICE
from mulin.services.exchange.rules.takings import MOST_FLOOR


@dataclass(frozen=True)
class MerchantTold:
    """What an application says. ``path`` is a community's."""

    name: str
    trade: str
    address: str
    path: str
    phone: str = ""
    credit_code: str = ""


@transaction.atomic
def apply(*, told: MerchantTold, by: Actor, now: datetime, owner_phone: str = "") -> Merchant:
    """Ask to take part: a shop's owner for himself, or a clerk for an owner found by his number.

    Refused for a place or trade that is none, a credit code that is wrong, a name that is there already in the community.
    """
    if territory.division_at_path(told.path) is None:
        raise Refused("no_place", _("没有这个社区。"), field="path")
    if told.trade not in Trade.values:
        raise Refused("no_trade", _("请选一种行业。"), field="trade")
    owner = _owner(by, told.path, owner_phone)
    checked = replace(told, credit_code=people.checked_uscc(told.credit_code))
    unit = next(iter(by.units("merchant")), None)
    row = Merchant(**asdict(checked), unit_id=unit, applied_at=now, turned_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("merchant_name", _("这个社区已经有一家叫这个名字的商户。"), field="name") from None
    MerchantPerson.objects.create(merchant=row, person_id=owner, owner=True, since=now)
    record(
        by=by, now=now, verb="merchant.applied", kind="merchant", key=row.id, name=row.name, trade=row.trade
    )
    return row


def _owner(by: Actor, path: str, phone: str) -> UUID:
    if phone:
        if not may_agree(by, path):
            raise NotAllowed(str(WHO_AGREES))
        found = people.find_by_phone(phone)
        if found is None:
            raise Refused("nobody", _("没有登记过这个手机号的人；请先登记。"), field="owner_phone")
        return found.pk
    if by.person is None:
        raise NotAllowed(_("请先登录，再申请。"))
    return by.person


@transaction.atomic
def turn(
    *,
    merchant: UUID,
    act: str,
    version: int,
    by: Actor,
    now: datetime,
    why: str = "",
    starts: date | None = None,
    ends: date | None = None,
    takes_points: bool = False,
    floor: int | None = None,
) -> Merchant:
    """What a clerk does about a merchant, an act of ``rules.TURNS``: agree (with the days of the agreement,
    whether it takes points, and how many a day from one passbook without a network), decline, activate, suspend, end.

    Refused (409) where it was turned meanwhile or its state does not allow the act; without a reason where one is asked
    for; for an agreement whose days are wrong or over; activating without an offer.
    """
    row = overseen_merchant(key=merchant, by=by)
    step = TURNS.get(act)
    if step is None:
        raise NotFound(_("没有这一步。"))
    if row.version != version or row.state not in step.sources:
        raise Stale(_("这家商户现在是“%(state)s”，请看过再办。") % {"state": row.get_state_display()})
    if step.why and not why.strip():
        raise Refused("no_why", _("请写一句原因，对方看得到。"), field="why")
    if act == "agree":
        _agree(row, starts, ends, local_day(now))
        row.takes_points, row.floor = takes_points, _floor(takes_points, floor or 0)
    if act == "activate":
        _activate(row, now)
    if row.state == MerchantState.ACTIVE:
        MerchantSpan.objects.filter(merchant=row, until__isnull=True).update(until=now)
    row.state, row.why, row.turned_at = step.target, why.strip()[:200], now
    row.version += 1
    row.save()
    record(by=by, now=now, verb=f"merchant.{act}", kind="merchant", key=row.id)
    return row


def _agree(row: Merchant, starts: date | None, ends: date | None, today: date) -> None:
    if starts is None:
        raise Refused("no_days", _("请填协议的起止日期。"), field="starts")
    if ends is None or ends < starts or ends < today:
        raise Refused("no_days", _("协议的最后一天要在起日和今天之后。"), field="ends")
    if row.state == MerchantState.SUSPENDED and row.agreed_from is not None:
        starts = min(starts, row.agreed_from)  # figures of the past go on counting it
    row.agreed_from, row.agreed_until = starts, ends


def _floor(takes_points: bool, floor: int) -> int:
    if not 0 <= floor <= MOST_FLOOR:
        raise Refused(
            "floor", _("填 0 到 %(most)d，0 就是没有网时不收。") % {"most": MOST_FLOOR}, field="floor"
        )
    return floor if takes_points else 0


def _activate(row: Merchant, now: datetime) -> None:
    if row.agreed_until is None or row.agreed_until < local_day(now):
        raise Stale(_("协议已经到期，请另签。"), code="agreement_over")
    if not row.offers.filter(ended_at__isnull=True).exists():
        raise Refused("no_offer", _("商户还没有写优惠内容，先请他写上。"), status=409)
    MerchantSpan.objects.create(merchant=row, since=now)


@transaction.atomic
def add_offer(
    *, merchant: UUID, title: str, terms: str, by: Actor, now: datetime, points: int | None = None
) -> Offer:
    """What is given to whoever shows a code, or (``points``) for points; by its owner, or a clerk for him. Refused where it
    is there already, and for a price that is none."""
    row = own_merchant(key=merchant, by=by)
    if points is not None and not 1 <= points <= MOST_PRICE:
        raise Refused("points", _("积分是 1 到 %(most)d 的整数。") % {"most": MOST_PRICE}, field="points")
    try:
        with transaction.atomic():
            made = Offer.objects.create(
                merchant=row, title=title.strip(), terms=terms.strip(), points=points, added_at=now
            )
    except IntegrityError:
        raise Refused("offer_title", _("这项优惠已经有了。"), field="title") from None
    record(
        by=by,
        now=now,
        verb="merchant.offer_added",
        kind="merchant",
        key=row.id,
        title=made.title,
        points=points,
    )
    return made


@transaction.atomic
def end_offer(*, merchant: UUID, offer: UUID, by: Actor, now: datetime) -> None:
    """An offer ends now. Refused (409) for the last one of a merchant that takes part: pause or leave instead."""
    row = own_merchant(key=merchant, by=by)
    there = {one.id: one for one in row.offers.filter(ended_at__isnull=True)}
    if offer not in there:
        raise NotFound(_("没有这项优惠。"))
    if len(there) == 1 and row.state == MerchantState.ACTIVE:
        raise Stale(_("这是最后一项优惠：先添一项新的，或者请社区暂停。"), code="last_offer")
    there[offer].ended_at = now
    there[offer].save()
    record(by=by, now=now, verb="merchant.offer_ended", kind="merchant", key=row.id)


@transaction.atomic
def name_assistant(*, merchant: UUID, phone: str, by: Actor, now: datetime) -> MerchantPerson:
    """Somebody registered, found by his number, checks codes too; named twice changes nothing."""
    row = own_merchant(key=merchant, by=by)
    who = people.find_by_phone(phone)
    if who is None:
        raise Refused("nobody", _("没有登记过这个手机号的人；请先登记。"), field="phone")
    there = MerchantPerson.objects.filter(merchant=row, ended_at__isnull=True)
    known = there.filter(person=who.pk).first()
    if known is not None:
        return known
    if there.count() >= MOST_ASSISTANTS:
        raise Refused("too_many", _("最多 %(n)d 位。") % {"n": MOST_ASSISTANTS}, field="phone")
    made = MerchantPerson.objects.create(merchant=row, person_id=who.pk, since=now)
    record(by=by, now=now, verb="merchant.assistant_named", kind="merchant", key=row.id, about=who.pk)
    return made


@transaction.atomic
def end_assistant(*, merchant: UUID, assistant: UUID, by: Actor, now: datetime) -> None:
    """An assistant checks codes no more, at once. The owner stays."""
    row = own_merchant(key=merchant, by=by)
    found = MerchantPerson.objects.select_for_update().filter(merchant=row, pk=assistant, owner=False).first()
    if found is None:
        raise NotFound(_("没有这位店员。"))
    if found.ended_at is None:
        found.ended_at = now
        found.save()
        record(
            by=by,
            now=now,
            verb="merchant.assistant_ended",
            kind="merchant",
            key=row.id,
            about=found.person_id,
        )


# ── alliances ─────


@transaction.atomic
def found_alliance(*, name: str, path: str, by: Actor, now: datetime) -> Alliance:
    """A new alliance in a place. Refused for a name that an alliance bears."""
    if not may_agree(by, path):
        raise NotAllowed(str(WHO_AGREES))
    if territory.division_at_path(path) is None:
        raise Refused("no_place", _("没有这个地方。"), field="path")
    row = Alliance(name=name.strip(), path=path, founded_on=local_day(now))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("alliance_name", _("已经有一个叫这个名字的联盟。"), field="name") from None
    record(by=by, now=now, verb="alliance.founded", kind="alliance", key=row.id, name=row.name)
    return row


@transaction.atomic
def join_alliance(*, merchant: UUID, alliance: UUID, by: Actor, now: datetime) -> AllianceMember:
    """A merchant belongs to an alliance of the clerk's territory from today on, and to no other. Again changes nothing."""
    row = overseen_merchant(key=merchant, by=by)
    found = Alliance.objects.filter(pk=alliance, ended_on__isnull=True).first()
    if found is None or not may_agree(by, found.path):
        raise NotFound(_("没有这个联盟。"))
    today = local_day(now)
    known = row.memberships.filter(left_on__isnull=True).first()
    if known is not None and known.alliance_id == found.id:
        return known
    if known is not None:
        known.left_on = today
        known.save()
    made = AllianceMember.objects.create(alliance=found, merchant=row, joined_on=today)
    record(by=by, now=now, verb="alliance.joined", kind="alliance", key=found.id, merchant=row.name)
    return made
