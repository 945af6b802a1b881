"""Points of one community at another one's shops: the county's rule, agreements of two, and each use within its limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.citus.prepared import alone
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions import between
from mulin.services.exchange.actions.steps import record
from mulin.services.exchange.models import (
    AcceptanceRule,
    Agreement,
    ForeignMonth,
    ForeignUse,
    Redemption,
    Taking,
)
from mulin.services.exchange.permissions import may_keep_acceptance, may_speak_for
from mulin.services.exchange.queries.acceptance import Terms, places_taking, terms, used
from mulin.services.exchange.rules.acceptance import MOST_A_MONTH, Reach, pair_of

AGREEMENT, RULE = "acceptance_agreement", "acceptance_rule"
LONGEST = timedelta(days=3 * 366)


# ── the county's rule ─────


def publish_acceptance(
    *, reach: str, per_month: int | None, effective_on: date, by: Actor, now: datetime, note: str = ""
) -> AcceptanceRule:
    """Announce today how far points go without an agreement from a day on, and how many a month between two communities.

    Refused with a day gone by, a limit out of bounds, and (409) where another version begins on that day.
    """
    if not may_keep_acceptance(by):
        raise NotAllowed(_("积分通用的范围由县级工作人员规定。"))
    today = local_day(now)
    if reach not in Reach.values:
        raise Refused("reach", _("请选择范围。"), field="reach")
    _limit(per_month)
    if effective_on < today:
        raise Refused("day", _("不能从已经过去的日子算起，最早从今天开始。"), field="effective_on")
    try:
        with transaction.atomic():
            row = AcceptanceRule.objects.create(
                number=AcceptanceRule.objects.count() + 1,
                reach=reach,
                per_month=per_month,
                effective_on=effective_on,
                announced_on=today,
                note=note.strip()[:200],
                made_by=by.person,
                made_at=now,
            )
            record(
                by=by,
                now=now,
                verb="acceptance.ruled",
                kind=RULE,
                key=row.id,
                reach=reach,
                per_month=per_month,
            )
    except IntegrityError as twice:
        words = _("这条规则在这一天已经有一个版本，请换一天。")
        raise Refused("day_taken", words, field="effective_on", status=409) from twice
    return row


def _limit(per_month: int | None) -> None:
    if per_month is not None and not 1 <= per_month <= MOST_A_MONTH:
        raise Refused("per_month", _("不限请留空，否则至少填 1。"), field="per_month")


# ── agreements ─────


@transaction.atomic
def propose_agreement(
    *,
    own: str,
    other: str,
    starts_on: date,
    ends_on: date,
    by: Actor,
    now: datetime,
    per_month: int | None = None,
    words: str = "",
) -> Agreement:
    """An officer of one community proposes that the two take each other's points. It holds once the other side agrees.

    Refused for the same community twice, for days gone by or in the wrong order, and (409) while another agreement of
    the two holds or waits in those days.
    """
    if by.person is None or not may_speak_for(by, own):
        raise NotAllowed(_("由本社区的工作人员提出互认。"))
    if own == other or territory.division_at_path(other) is None:
        raise Refused("other", _("请选另一个社区。"), field="other")
    _limit(per_month)
    if starts_on < local_day(now):
        raise Refused("day", _("不能从已经过去的日子算起，最早从今天开始。"), field="starts_on")
    if not starts_on <= ends_on <= starts_on + LONGEST:
        raise Refused("end", _("最后一天不能早于第一天，也不能超过三年。"), field="ends_on")
    first, second = pair_of(own, other)
    alone(f"agreement {first} {second}")
    lasts = Q(ended_on__isnull=True) | Q(ended_on__gt=starts_on)
    clash = Agreement.objects.filter(
        lasts, first=first, second=second, starts_on__lte=ends_on, ends_on__gte=starts_on
    )
    if clash.exists():
        raise Stale(_("这两个社区在这段时间已经有一份互认协议，或正在等对方同意。"), code="agreed_already")
    row = Agreement.objects.create(
        first=first,
        second=second,
        starts_on=starts_on,
        ends_on=ends_on,
        per_month=per_month,
        words=words.strip()[:200],
        proposed_for=own,
        proposed_by=by.person,
        proposed_at=now,
    )
    record(by=by, now=now, verb="acceptance.proposed", kind=AGREEMENT, key=row.id, own=own, other=other)
    between.proposed(row=row, other=other, by=by, now=now)
    return row


def _locked(key: UUID) -> Agreement:
    row = Agreement.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这份互认协议。"))
    return row


@transaction.atomic
def agree(*, agreement: UUID, by: Actor, now: datetime) -> Agreement:
    """An officer of the other community agrees: another person than the one who proposed. Again changes nothing.

    Refused (409) once it was declined or ended, or its last day is over.
    """
    row = _locked(agreement)
    answering = row.second if row.proposed_for == row.first else row.first
    if by.person is None or not may_speak_for(by, answering):
        raise NotAllowed(_("由对方社区的工作人员同意。"))
    if by.person == row.proposed_by:
        raise NotAllowed(_("提出的人不能替对方同意，请对方社区的另一位工作人员来办。"), code="second_person")
    if row.agreed_at is not None and row.ended_on is None:
        return row
    if row.ended_on is not None or row.ends_on < local_day(now):
        raise Stale(_("这份互认协议已经结束了。"), code="agreement_over")
    row.agreed_by, row.agreed_at = by.person, now
    row.save()
    record(by=by, now=now, verb="acceptance.agreed", kind=AGREEMENT, key=row.id)
    between.answered(row=row, template="agreement_agreed", by=by, now=now)
    return row


@transaction.atomic
def end_agreement(*, agreement: UUID, why: str, by: Actor, now: datetime) -> Agreement:
    """An officer of either side ends it (or declines it) from today on, with the reason; what was reserved stays good."""
    row = _locked(agreement)
    if by.person is None or not (may_speak_for(by, row.first) or may_speak_for(by, row.second)):
        raise NotAllowed(_("由这两个社区的工作人员结束互认。"))
    plain = why.strip()[:200]
    if not plain:
        raise Refused("no_why", _("请写一句原因，对方看得到。"), field="why")
    today = local_day(now)
    if row.ended_on is not None or row.ends_on < today:
        raise Stale(_("这份互认协议已经结束了。"), code="agreement_over")
    row.ended_on, row.ended_by, row.why = today, by.person, plain
    row.save()
    record(by=by, now=now, verb="acceptance.ended", kind=AGREEMENT, key=row.id)
    between.answered(row=row, template="agreement_ended", by=by, now=now)
    return row


# ── uses ─────


@dataclass(frozen=True)
class Said:
    """How it is said that points are not taken, or not so many more in the month. Filled with the names of both places,
    the limit (``most``) and where else (``where``)."""

    place: Any
    month: Any


SHOP = Said(
    gettext_lazy("%(shop)s的超市不收%(home)s的积分。%(where)s"),
    gettext_lazy("%(home)s的积分这个月在%(shop)s最多兑 %(most)d 分，已经满了。%(where)s"),
)
MERCHANT = Said(gettext_lazy("%(shop)s的商户不收%(home)s的积分。%(where)s"), SHOP.month)
TILL = Said(
    gettext_lazy("这本存折是别的社区的，%(shop)s的商户不收。%(where)s"),
    gettext_lazy("这本存折是别的社区的，这个月在%(shop)s能用的已经用满了。%(where)s"),
)
"""For whoever stands at a till: it learns no more of the passbook than it has to."""


def claim(*, home: str, taker: str, points: int, day: date, said: Said = SHOP) -> ForeignUse | None:
    """Points of another community are taken on a day, within the month's limit: counted, their use not saved yet (the caller
    names what it is a use of). None for the community's own points.

    Refused, naming where they are taken; beyond the limit too. Locks the month of the two, before any passbook.
    """
    if home == taker:
        return None
    found, month = _accepted(home, taker, day, said), day.replace(day=1)
    ForeignMonth.objects.bulk_create(
        [ForeignMonth(home=home, taker=taker, month=month)], ignore_conflicts=True
    )
    kept = ForeignMonth.objects.filter(home=home, taker=taker, month=month)
    kept.update(points=F("points") + points)
    _within(found, kept.get().points, home, taker, day, said)
    return ForeignUse(home=home, taker=taker, month=month, points=points, agreement=found.agreement)


def would_take(*, home: str, taker: str, points: int, day: date) -> None:
    """Refused as ``claim`` is, before anything is counted: what a holder learns on his own phone."""
    if home != taker:
        found = _accepted(home, taker, day, MERCHANT)
        _within(found, used(home, taker, day.replace(day=1)) + points, home, taker, day, MERCHANT)


def _accepted(home: str, taker: str, day: date, said: Said) -> Terms:
    found = terms(home, taker, day)
    if not found.taken:
        raise Refused("not_taken_here", str(said.place) % _told(home, taker, day), status=409)
    return found


def _within(found: Terms, there: int, home: str, taker: str, day: date, said: Said) -> None:
    if found.per_month is not None and there > found.per_month:
        told = _told(home, taker, day) | {"most": found.per_month}
        raise Refused("month_full", str(said.month) % told, status=409)


def passed_on(*, home: str, taker: str, now: datetime) -> None:
    """Points are to go from a passbook of one community into one of another: refused where the other one's shops do not take
    them, or only so many a month: a gift would go round that."""
    found = terms(home, taker, local_day(now))
    if found.taken and found.per_month is None:
        return
    names = territory.names_of_paths([home, taker])
    words = _("%(home)s的积分在%(there)s不能用或有限额，不能转到那边的存折。兑换成东西再送是可以的。")
    told = {"home": names.get(home, home), "there": names.get(taker, taker)}
    raise Refused("not_passed_on", words % told, field="to", status=409)


def _told(home: str, taker: str, day: date) -> dict[str, object]:
    names = territory.names_of_paths([home, taker])
    places = places_taking(home, day, but=taker)
    where = _("可以到这些地方兑换：%(places)s。") % {"places": "、".join(places)} if places else ""
    return {"home": names.get(home, home), "shop": names.get(taker, taker), "where": where}


def unclaim(*, use: ForeignUse, points: int) -> None:
    """So many points of a use no longer count towards its month's limit."""
    ForeignMonth.objects.filter(home=use.home, taker=use.taker, month=use.month).update(
        points=F("points") - points
    )


def free(*, redemption: Redemption | None = None, taking: Taking | None = None) -> None:
    """What was reserved or taken no longer counts towards its month's limit."""
    named = {"redemption": redemption} if redemption is not None else {"taking": taking}
    found = ForeignUse.objects.filter(**named).first()
    if found is not None:
        unclaim(use=found, points=found.points)
