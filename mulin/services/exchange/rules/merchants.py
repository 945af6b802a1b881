"""Merchants, pure: kinds of shops, the states of an agreement and of a statement, the one-time code. Rows 89–91.

A merchant sees whether a code holds, never whose it is or why: one answer for every reason and every group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from mulin.kernel.clock import local_day

CLERKS: Final = ("community_clerk", "street_clerk", "county_clerk", "admin")
WHO_AGREES: Final = _("商户由社区、街道和县里的工作人员审核、签协议。")
CODE_SECONDS: Final = 60
CODE_DIGITS: Final = 8
CODES_KEPT: Final = timedelta(days=1)
"""Who asked for a code is forgotten after a day; what was used stays in the person's own list."""
ACTIVE_DAYS: Final = 180
"""Whoever earned points in so many days takes part, and is entitled."""
LONGEST_GRANT: Final = timedelta(days=366)
LONGEST_AGREEMENT: Final = timedelta(days=5 * 366)
MOST_ASSISTANTS: Final = 20
DECIDE_DAYS: Final = 10
START_DAYS: Final = 5
OWNER_DAYS: Final = 5
CONFIRM_DAYS: Final = 10
ASK_DAYS: Final = 5
ANSWER_DAYS: Final = 5
SETTLE_DAYS: Final = 10
"""Working days: an application is answered, an agreed merchant begins, a new owner is named; a statement is confirmed by its
owner, he is asked by a clerk, he is answered, it is settled."""
SETTLING: Final = timedelta(hours=1)
"""So long after midnight a month is drawn up: what began before it has ended by then."""
MONTHS_BACK: Final = 24
"""So far back a month is still drawn up that was missed."""
RENEW_BEFORE: Final = timedelta(days=30)
"""So long before its last day somebody sees to an agreement."""


class Trade(TextChoices):
    CATERING = "catering", _("餐饮")
    HAIR = "hair", _("美发")
    GROCERY = "grocery", _("超市")
    PHARMACY = "pharmacy", _("药店")
    OTHER = "other", _("其他")


class MerchantState(TextChoices):
    APPLIED = "applied", _("待审核")
    DECLINED = "declined", _("未通过")
    AGREED = "agreed", _("已签协议")
    ACTIVE = "active", _("参加中")
    SUSPENDED = "suspended", _("已暂停")
    ENDED = "ended", _("已退出")


@dataclass(frozen=True)
class Turn:
    """From which states an act leads to which one; ``why``: a reason that the merchant reads is asked for."""

    words: Any
    sources: tuple[str, ...]
    target: str
    why: bool = False


TURNS: Final[Mapping[str, Turn]] = {
    "agree": Turn(_("签协议"), ("applied", "agreed", "suspended"), "agreed"),
    "renew": Turn(_("续签协议"), ("active",), "active"),
    "decline": Turn(_("不通过"), ("applied",), "declined", why=True),
    "activate": Turn(_("开始参加"), ("agreed", "suspended"), "active"),
    "suspend": Turn(_("暂停"), ("active",), "suspended", why=True),
    "end": Turn(_("退出"), ("agreed", "active", "suspended"), "ended", why=True),
}
"""What a clerk does about a merchant."""


class StatementState(TextChoices):
    ISSUED = "issued", _("等商户确认")
    DISPUTED = "disputed", _("商户有异议")
    CONFIRMED = "confirmed", _("商户已确认")
    SETTLED = "settled", _("已结清")


def in_force(*, state: str, starts: date | None, ends: date | None, on: date) -> bool:
    """Whether a merchant gives discounts on a day: active, within the days of the agreement."""
    return state == MerchantState.ACTIVE and starts is not None and ends is not None and starts <= on <= ends


def renewed_from(
    *, starts: date, agreed_from: date | None, agreed_until: date | None, today: date
) -> date | None:
    """The first day of a renewed agreement: that of the one which goes on, or ``starts`` where that one is over. None where
    days would lie between the two."""
    if agreed_from is None or agreed_until is None or agreed_until < today:
        return starts
    return agreed_from if starts <= agreed_until + timedelta(days=1) else None


def digits_of(secret: str) -> str:
    """The digits of a code, from the hex of a keyed hash: nothing that could be read is stored."""
    return f"{int(secret[:15], 16) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def spoken(digits: str) -> str:
    """``12345678`` → ``1234 5678``."""
    return f"{digits[:4]} {digits[4:]}"


def seconds_left(*, expires_at: datetime, now: datetime) -> int:
    """Whole seconds for which a code still holds."""
    return max(0, int((expires_at - now).total_seconds()))


def statement_digest(lines: Iterable[tuple[str, datetime, bool]], taken: Iterable[str] = ()) -> str:
    """Hex SHA-256 over (number, moment, voided) of a month's discounts and the lines of points taken: what was confirmed
    cannot change unseen."""
    told = [f"{number} {at.isoformat()} {voided:d}" for number, at, voided in lines]
    return hashlib.sha256("\n".join([*told, *taken]).encode()).hexdigest()


def month_before(day: date) -> date:
    """The first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_over(now: datetime) -> date:
    """The first day of the last month that is over, with everything in it written down."""
    return month_before(local_day(now - SETTLING))


def months_missed(now: datetime) -> tuple[date, date]:
    """From which day to before which one months are drawn up now."""
    last = month_over(now)
    months = last.year * 12 + last.month - MONTHS_BACK
    return date(months // 12, months % 12 + 1, 1), next_month(last)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
