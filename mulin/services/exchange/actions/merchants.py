"""Merchants: apply, agree with days, renew, take part, pause, leave; offers. Rows 89 and 90."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.points.actions.desks import due
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions import waiting
from mulin.services.exchange.actions.steps import overseen_merchant, own_merchant, record
from mulin.services.exchange.models import Merchant, MerchantPerson, MerchantSpan, Offer
from mulin.services.exchange.permissions import may_agree
from mulin.services.exchange.rules.merchants import (
    DECIDE_DAYS,
    START_DAYS,
    TURNS,
    WHO_AGREES,
    MerchantState,
    Trade,
    renewed_from,
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
    due_at = due(now=now, days=DECIDE_DAYS)
    row = Merchant(**asdict(checked), unit_id=unit, applied_at=now, turned_at=now, due_at=due_at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("merchant_name", _("这个社区已经有一家叫这个名字的商户。"), field="name") from None
    MerchantPerson.objects.create(merchant=row, person_id=owner, owner=True, since=now)
    record(
        by=by, now=now, verb="merchant.applied", kind="merchant", key=row.id, name=row.name, trade=row.trade
    )
    about = waiting.of_merchant(row=row)
    waiting.ask_clerk(row=row, kind=waiting.DECIDE, about=about, by=by, now=now, due_at=due_at)
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
    """What a clerk does about a merchant, an act of ``rules.TURNS``: agree or renew (with the days of the agreement,
    whether it takes points, and how many a day from one passbook without a network), decline, activate, suspend, end.
    Its owner is told.

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
    if act in ("agree", "renew"):
        _agree(row, starts, ends, local_day(now), goes_on=act == "renew")
        row.takes_points, row.floor = takes_points, _floor(takes_points, floor or 0)
    row.spans.filter(until__isnull=True).update(until=now)
    if act == "activate" and not row.offers.filter(ended_at__isnull=True).exists():
        raise Refused("no_offer", _("商户还没有写优惠内容，先请他写上。"), status=409)
    if step.target == MerchantState.ACTIVE:
        _begin(row, now)
    row.state, row.why, row.turned_at = step.target, why.strip()[:200], now
    row.renew_asked = None
    row.version += 1
    if act == "end":
        row.memberships.filter(left_on__isnull=True).update(left_on=local_day(now))
    _next(row, act, by, now)
    row.save()
    record(by=by, now=now, verb=f"merchant.{act}", kind="merchant", key=row.id)
    return row


def _next(row: Merchant, act: str, by: Actor, now: datetime) -> None:
    """The clerk has done his part, the owner is told; once agreed, a clerk lets it begin on its first day."""
    about = waiting.of_merchant(row=row)
    waiting.finish(about=about, by=by, now=now, kinds=(waiting.DECIDE, waiting.START, waiting.RENEW))
    waiting.tell(
        persons=waiting.owners_of(row=row), template=f"merchant_{act}", about=about, by=by, now=now,
        until=f"{row.agreed_until or ''}",
    )  # fmt: skip
    row.due_at = None
    if row.state == MerchantState.AGREED and row.agreed_from is not None:
        row.due_at = due(now=max(now, day_start(row.agreed_from)), days=START_DAYS)
        waiting.ask_clerk(row=row, kind=waiting.START, about=about, by=by, now=now, due_at=row.due_at)


def _agree(row: Merchant, starts: date | None, ends: date | None, today: date, *, goes_on: bool) -> None:
    """``goes_on``: the merchant takes part while it is renewed, so that no day may lie between the two agreements."""
    if starts is None:
        raise Refused("no_days", _("请填协议的起止日期。"), field="starts")
    if ends is None or ends < starts or ends < today:
        raise Refused("no_days", _("协议的最后一天要在起日和今天之后。"), field="ends")
    first: date | None = starts
    if goes_on:
        old = {"agreed_from": row.agreed_from, "agreed_until": row.agreed_until}
        first = renewed_from(starts=starts, today=today, **old)
    if first is None:
        words = _("续签要接上现在的协议，最晚从它到期的第二天起；中间要停，请先暂停。")
        raise Refused("gap", words, field="starts")
    row.agreed_from, row.agreed_until = first, ends


def _floor(takes_points: bool, floor: int) -> int:
    if not 0 <= floor <= MOST_FLOOR:
        raise Refused(
            "floor", _("填 0 到 %(most)d，0 就是没有网时不收。") % {"most": MOST_FLOOR}, field="floor"
        )
    return floor if takes_points else 0


def _begin(row: Merchant, now: datetime) -> None:
    if row.agreed_from is None or row.agreed_until is None or row.agreed_until < local_day(now):
        raise Stale(_("协议已经到期，请另签。"), code="agreement_over")
    MerchantSpan.objects.create(merchant=row, since=now, first_day=row.agreed_from, last_day=row.agreed_until)


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
