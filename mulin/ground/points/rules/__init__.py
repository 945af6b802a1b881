"""The points ledger, pure: kinds of accounts and transfers, caps, expiry, check codes, and what is hashed. Row 84.

Points are whole numbers, voluntary and private; no money passes through them. Points that never lapse lapse on NEVER.
"""

from __future__ import annotations

import calendar
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

NEVER: Final = date(9999, 12, 31)
OPENING: Final = "points.opening"
"""What the names of a list of old passbooks are bound to."""
WARN_DAYS: Final = 30
"""Points are announced so many days before they lapse."""
WARNED_FOR: Final = timedelta(days=7)
"""Nothing lapses sooner after its owner was told."""
GRACE: Final = timedelta(days=30)
"""What lapsed while the shop was at fault lives so much longer."""
DRAWERS: Final = 4
"""A community's budget lies in so many rows, so that parallel awards do not wait for one another."""
CONFIRMATIONS: Final = 60
"""Acts that one confirmer without a duty may attest in a month."""
DUTY_CONFIRMATIONS: Final = 600
"""The same of one who holds a duty. Assumed: thirty a working day."""
AT_ONCE: Final = 50
"""Nobody confirms more acts than this at the very same moment: so far below the limit nobody waits for another."""
MOST: Final = 1_000_000
"""Points of one transfer."""
ACTIVE_DAYS: Final = 90


class AccountKind(TextChoices):
    PERSON = "person", _("个人存折")
    HOUSEHOLD = "household", _("家庭存折")
    BUDGET = "budget", _("社区积分预算")
    ISSUER = "issuer", _("发放")
    SETTLEMENT = "settlement", _("兑换")
    EXPIRED = "expired", _("到期")
    OPENING = "opening", _("历史存折")
    CLOSED = "closed", _("销户")
    ALLIANCE = "alliance", _("互助联盟")


MEMBERS: Final = (AccountKind.PERSON.value, AccountKind.HOUSEHOLD.value)
SYSTEM: Final = tuple(
    one.value for one in AccountKind if one.value not in (*MEMBERS, AccountKind.BUDGET.value)
)
"""Carry entries and are rolled up when transfers are sealed; no request locks their row."""


class Owner(NamedTuple):
    """Whose passbook: ``kind`` is person or household."""

    kind: str
    id: UUID


def person(key: UUID) -> Owner:
    """A person's own passbook."""
    return Owner(AccountKind.PERSON.value, key)


def household(key: UUID) -> Owner:
    """A household's passbook."""
    return Owner(AccountKind.HOUSEHOLD.value, key)


FIELD: Final = ("grid_head", "grid_worker")
STAFF: Final = ("grid_head", "grid_worker", "community_clerk", "street_clerk", "county_clerk", "admin")
COUNTER: Final = ("community_clerk", "street_clerk", "county_clerk", "admin")
COUNTY: Final = ("county_clerk", "admin")


@dataclass(frozen=True)
class TransferKind:
    """``source`` and ``target`` are account kinds. ``holder``: the passbook's holder and his family may do it; ``roles``:
    who else may, where he serves; without both, services and the product itself do it. ``second``: another person
    than whose deed it is confirms it: of an act than its giver, of a list of old passbooks than who entered it."""

    code: str
    words: Any
    source: tuple[str, ...]
    target: tuple[str, ...]
    holder: bool = False
    roles: tuple[str, ...] = ()
    second: bool = False


KINDS: Final[Mapping[str, TransferKind]] = {
    one.code: one
    for one in (
        TransferKind("budget", _("下达积分预算"), ("issuer",), ("budget",), roles=COUNTY),
        TransferKind("earn", _("得积分"), ("budget",), MEMBERS, roles=STAFF, second=True),
        TransferKind("give", _("转赠"), MEMBERS, MEMBERS, holder=True, roles=STAFF),
        TransferKind("redeem", _("兑换"), MEMBERS, ("settlement",), holder=True, roles=STAFF),
        TransferKind("advance", _("联盟垫付"), ("alliance",), ("settlement",)),
        TransferKind(
            "repay",
            _("联盟补还"),
            ("settlement", *MEMBERS),
            ("alliance",),
            holder=True,
            roles=COUNTER,
            second=True,
        ),
        TransferKind("expire", _("到期"), MEMBERS, ("expired",)),
        TransferKind("grace", _("展期"), MEMBERS, MEMBERS),
        TransferKind("opening", _("历史存折转入"), ("opening",), MEMBERS, roles=COUNTER, second=True),
        TransferKind("close", _("销户"), MEMBERS, ("closed",), holder=True, roles=COUNTER),
        TransferKind("reverse", _("冲正"), (), (), roles=COUNTER),
    )
}


class HoldState(TextChoices):
    OPEN = "open", _("已预留")
    POSTED = "posted", _("已兑换")
    VOID = "void", _("已退回")


REASONS: Final[Mapping[str, Any]] = {
    "day_cap": _("当天同类行为的积分次数已满"),
    "month_cap": _("当月同类行为的积分次数已满"),
    "budget": _("本社区积分预算已用完"),
    "no_rule": _("做这件事的那天还没有这条积分规则"),
    "rule_ended": _("做这件事的那天这条积分规则已停用"),
    "no_passbook": _("没有积分存折"),
    "helper_act": _("确认的人近来替您用过这本存折，请另一位来确认"),
    "confirmer": _("确认的人本月确认的次数已满，请社区核实后补记"),
}
"""Why an act that was recorded brought no points."""


def system_id(county: int, kind: str) -> UUID:
    """The key of a county's system account. Entries name it; its row is made when transfers are sealed."""
    if kind not in SYSTEM:
        raise ValueError(f"{kind} is no system account")
    return uuid5(UUID(int=0), f"points {county:06d} {kind}")


def expiry(done_on: date, months: int | None) -> date:
    """The last day of points for an act: the end of the month ``months`` later; NEVER without a limit."""
    if not months:
        return NEVER
    place = done_on.month - 1 + months
    year, month = done_on.year + place // 12, place % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def month_of(day: date) -> tuple[date, date]:
    """The first day of its month, and of the next."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def body_digest(**told: object) -> str:
    """Hex SHA-256 of what was asked for: the same key with another body is another deed."""
    text = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def words_digest(salt: str, story: str, evidence: Mapping[str, Any]) -> str:
    """Hex SHA-256 of salt and words: they can be erased later, and nobody guesses them from it."""
    return body_digest(salt=salt, story=story, evidence=evidence)


def chained(previous: str, number: int, facts: Mapping[str, Any]) -> str:
    """Hex SHA-256 of the previous link, its number and the transfer with its entries and lot moves (plain JSON)."""
    body = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{number}\n{body}".encode()).hexdigest()


def genesis(county: int) -> str:
    """What stands before the first link."""
    return hashlib.sha256(f"mulin points of {county:06d}".encode()).hexdigest()


def spread(amount: int, parts: int) -> list[int]:
    """An amount in nearly equal whole parts."""
    each, more = divmod(amount, parts)
    return [each + (place < more) for place in range(parts)]


def over(expires_on: date, warned_on: date | None, today: date) -> bool:
    """Whether points are past their last day and their owner was told WARNED_FOR ago: they lapse this night."""
    return warned_on is not None and last_day(expires_on, warned_on) < today


def last_day(expires_on: date, warned_on: date) -> date:
    """The last day on which points of which their owner was told can be used."""
    return max(expires_on, warned_on + WARNED_FOR)


def fill(wanted: int, shelves: Iterable[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """Take ``wanted`` from shelves (key, available) in their order: (key, taken), nothing for empty ones."""
    found = []
    for key, there in shelves:
        taken = min(wanted, there)
        if taken > 0:
            found.append((key, taken))
            wanted -= taken
    return found
