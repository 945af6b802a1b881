"""The exclusive discount: granted, shown as a code that lives a minute, checked once, voided on the same day. Row 91.

What a merchant learns is one bit. Answer, list, statement, trail and log are the same for every reason and every group.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import public_number
from mulin.kernel.secrets import keyed_hash
from mulin.services.exchange.actions.steps import record
from mulin.services.exchange.models import DiscountCode, DiscountUse, Entitlement, Merchant
from mulin.services.exchange.permissions import kin_of, may_agree, works_at
from mulin.services.exchange.queries.merchants import code_of, gives, is_entitled, lookup_of, owners_of, whose
from mulin.services.exchange.rules.merchants import (
    CODE_SECONDS,
    CODES_KEPT,
    LONGEST_GRANT,
    WHO_AGREES,
    Trade,
)

# ── entitlement ─────


@transaction.atomic
def grant(
    *,
    phone: str,
    home: bool,
    path: str,
    trades: Sequence[str],
    starts: date,
    ends: date,
    by: Actor,
    now: datetime,
) -> Entitlement:
    """Entitle somebody found by his number, or (``home``) all who live with him, in some kinds of shops for some days; never
    oneself or whoever lives with one.

    There is no field for a reason, here or anywhere. Refused: nobody of that number, no household, days that are wrong,
    over, or longer than a year.
    """
    if not may_agree(by, path):
        raise NotAllowed(str(WHO_AGREES))
    who = people.find_by_phone(phone)
    if who is None:
        raise Refused("nobody", _("没有登记过这个手机号的人；请先登记。"), field="phone")
    if not people.with_families({who.pk}).isdisjoint(by.persons):
        raise NotAllowed(_("给自己和家里人的，请别的工作人员来办。"), code="own_act")
    household = people.household_of(who.pk) if home else None
    if home and household is None:
        raise Refused("no_household", _("这个人还没有登记在哪一户；可以只给他本人。"), field="home")
    if any(one not in Trade.values for one in trades):
        raise Refused("no_trade", _("请选一种行业。"), field="trades")
    if ends < starts or ends < local_day(now) or ends - starts > LONGEST_GRANT:
        raise Refused("days", _("最后一天要在今天和起日之后，一次最多一年。"), field="ends")
    row = Entitlement.objects.create(
        owner_kind="household" if household else "person",
        owner=household or who.pk,
        path=path,
        trades=sorted(set(trades)),
        starts_on=starts,
        ends_on=ends,
        granted_by=by.person,
        granted_at=now,
    )
    record(by=by, now=now, verb="discount.granted", kind="entitlement", key=row.id, about=who.pk)
    return row


@transaction.atomic
def end_grant(*, entitlement: UUID, by: Actor, now: datetime) -> None:
    """A grant ends at once, codes that are shown right now included. Again changes nothing."""
    row = Entitlement.objects.select_for_update().filter(pk=entitlement).first()
    if row is None or not may_agree(by, row.path):
        raise NotFound(_("没有这项优惠资格。"))
    if row.ended_at is None:
        row.ended_at = now
        row.save()
        record(by=by, now=now, verb="discount.grant_ended", kind="entitlement", key=row.id)


@transaction.atomic
def look_at_grant(*, entitlement: UUID, by: Actor, now: datetime) -> str:
    """Whose a grant is, unmasked, for a clerk over its place; that he looked stands in the trail of everybody whose it
    is."""
    row = Entitlement.objects.filter(pk=entitlement).first()
    if row is None or not may_agree(by, row.path):
        raise NotFound(_("没有这项优惠资格。"))
    nobody: list[UUID | None] = [None]
    for one in sorted(owners_of(row)) or nobody:
        record(by=by, now=now, verb="discount.grant_looked", kind="entitlement", key=row.id, about=one)
    return whose(row)


# ── the code ─────


@transaction.atomic
def show_code(*, merchant: UUID, by: Actor, now: datetime) -> DiscountCode:
    """A new code of the actor's own for one merchant, good for a minute; those he had before hold no more.

    Refused where the merchant does not take part, and for whoever is not entitled or has to do with the shop: told to
    himself only.
    """
    if by.person is None:
        raise NotAllowed(_("请先登录。"))
    row = Merchant.objects.filter(pk=merchant).first()
    if row is None or not gives(row, local_day(now)):
        raise NotFound(_("这家商户现在不参加。"))
    if not is_entitled(by.person, row.trade, now):
        words = _("您现在没有专属折扣：多参加邻里互助，攒了积分就有。")
        raise Refused("not_entitled", words, status=409)
    if by.person in kin_of(row):
        raise Refused("own_shop", _("您或家里人在这家店做事，在这里不能用折扣。"), status=409)
    DiscountCode.objects.filter(person=by.person, expires_at__gt=now, used_at__isnull=True).update(
        expires_at=now
    )
    made = DiscountCode(
        merchant=row, person_id=by.person, issued_at=now, expires_at=now + timedelta(seconds=CODE_SECONDS)
    )
    made.lookup = lookup_of(row.id, code_of(made.id))
    made.save(force_insert=True)
    return made


@transaction.atomic
def check(*, code: str, key: str, by: Actor, now: datetime) -> bool:
    """Whether a code shown at the till holds; if it does it is used up and counted. One bit, whatever the reason.

    ``key`` is the till's form: with the same code again it gives the same answer and counts once. Raises NotFound for
    whoever works at no merchant.
    """
    shops = {one.id: one for one in Merchant.objects.filter(works_at(by)).order_by("id")}
    if not shops:
        raise NotFound(_("没有这个页面。"))
    digits = "".join(str(int(char)) for char in code[:40] if char.isdecimal())
    key = f"{key}:{keyed_hash(f'till {digits}')[:32]}"
    sent_again = DiscountUse.objects.filter(merchant__in=shops, key=key)
    if sent_again.exists():
        return True
    row = _held(digits, list(shops), now)
    if row is None and sent_again.all().exists():
        return True  # twice at once: the other one came first
    valid = row is not None and _holds(row, shops[row.merchant_id], now)
    at = shops[row.merchant_id] if row is not None and valid else next(iter(shops.values()))
    if row is not None and valid:
        row.used_at = now
        row.save()
        DiscountUse.objects.create(
            merchant=at,
            person_id=row.person_id,
            number=public_number(current_county()),
            key=key,
            at=now,
            local_day=local_day(now),
            by=by.person,
        )
    record(by=by, now=now, verb="discount.checked", kind="merchant", key=at.id, valid=valid)
    return valid


def _held(digits: str, shops: list[UUID], now: datetime) -> DiscountCode | None:
    """The living code of these digits at one of the shops, locked."""
    wanted = [lookup_of(shop, digits) for shop in shops]
    rows = DiscountCode.objects.select_for_update().filter(
        merchant__in=shops,
        lookup__in=wanted,
        offer__isnull=True,
        used_at__isnull=True,
        expires_at__gt=now,
    )
    return rows.order_by("id").first()


def _holds(row: DiscountCode, shop: Merchant, now: datetime) -> bool:
    """Whether shop and person are still what they were a minute ago. Nobody redeems at his own or his family's till."""
    allowed = gives(shop, local_day(now)) and is_entitled(row.person_id, shop.trade, now)
    return allowed and row.person_id not in kin_of(shop)


@transaction.atomic
def void(*, use: UUID, by: Actor, now: datetime) -> DiscountUse:
    """A discount that was not given after all counts no more; by whoever works there, on the same day. Again: the same.

    Refused (409) on a later day: the month's statement has a place to dispute it.
    """
    row = DiscountUse.objects.select_for_update(no_key=True).filter(pk=use).first()
    if row is None or not Merchant.objects.filter(works_at(by), pk=row.merchant_id).exists():
        raise NotFound(_("没有这一笔。"))
    if row.voided_at is not None:
        return row
    if row.local_day != local_day(now):
        raise Stale(_("只能撤销当天的；以前的请在月结单上提出异议。"), code="too_late")
    row.voided_at, row.voided_by = now, by.person
    row.save()
    record(by=by, now=now, verb="discount.voided", kind="merchant", key=row.merchant_id, number=row.number)
    return row


def forget_codes(*, now: datetime) -> int:
    """For ``tick``: who asked for a code where is forgotten after a day. How many."""
    gone, _tables = DiscountCode.objects.filter(issued_at__lt=now - CODES_KEPT).delete()
    return gone


@transaction.atomic
def erase_discounts(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: who used a discount is forgotten; that one was given stays in the merchant's month."""
    DiscountCode.objects.filter(person=person).delete()
    ended = Entitlement.objects.filter(owner=person, owner_kind="person").delete()[0]
    used = DiscountUse.objects.filter(person=person).update(person=None)
    return {"exchange_discountuse": used, "exchange_entitlement": ended}
