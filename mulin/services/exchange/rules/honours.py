"""Commendations, pure: the states of a round, of a nomination and of an objection, how the chosen are settled, the clocks.
Rows 57 and 88.

Choosing is a human act. What was counted only decides between those whom the deciders judged equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

CLERKS: Final = ("community_clerk", "street_clerk", "county_clerk", "admin")
WHO_HOLDS: Final = _("评选由社区、街道和县里的工作人员组织。")
WHO_DECIDES: Final = _("这一轮由公告里写明的评议组织评定。")
TOO_NEAR: Final = _(
    "候选里有您提名的人，或者有您本人、家人、您代用过存折的人、所在单位或店铺，您不能参与。现在由%(who)s办理。"
)
ABOVE: Final = {"community_clerk": "street_clerk", "street_clerk": "county_clerk", "county_clerk": "admin"}
"""office → whose to-do it becomes when nothing was done in time; answers to objections lie there from the beginning."""

RAISED: Final = {
    "vacant": _("原定的一级现在没有人在岗，由上一级评定。"),
    "near": _(
        "原定一级的工作人员提名过候选，或者和候选有关（本人、家人、同单位、代用过存折），由上一级评定。"
    ),
    "nobody": _("各级工作人员都和候选有关。请管理员把评定的权限授予一位无关的工作人员，再评定。"),
}
"""Why another office than the one that a round names decides → that in words."""
DECIDERS: Final = {
    "community_clerk": _("社区（村）"),
    "street_clerk": _("街道（乡镇）"),
    "county_clerk": _("县里"),
    "admin": _("县里的管理员"),
}
"""role → who decides, in words."""

NOTICE_DAYS: Final = 7
CONSENT_SPAN: Final = timedelta(days=5)
DECIDE_DAYS: Final = 10
ANSWER_DAYS: Final = 5
NEXT_DAYS: Final = 5
"""Working days in which to decide, to answer an objection, to fill a seat that fell vacant."""
MOST_SEATS: Final = 50
MOST_WORDS: Final = 500
LONGEST_NOTICE: Final = 60
LONGEST: Final = timedelta(days=366)
"""How long nominations may be open, and how long the window may be in which is counted."""


class Office(TextChoices):
    COMMUNITY = "community_clerk", _("社区（村）")
    STREET = "street_clerk", _("街道（乡镇）")
    COUNTY = "county_clerk", _("县里")


class NoticeClock(TextChoices):
    WORKING = "working", _("工作日")
    ELAPSED = "elapsed", _("自然日")


class RoundState(TextChoices):
    PLANNED = "planned", _("还没有开始")
    NOMINATING = "nominating", _("正在提名")
    DECIDING = "deciding", _("正在评定")
    NOTICE = "notice", _("正在公示")
    DONE = "done", _("已表彰")
    CANCELLED = "cancelled", _("已取消")


class NominationState(TextChoices):
    ASKED = "asked", _("等本人同意")
    STANDING = "standing", _("候选")
    DECLINED = "declined", _("本人不参加")
    LAPSED = "lapsed", _("本人没有答复")
    PASSED = "passed", _("没有选上")
    CHOSEN = "chosen", _("公示中")
    REMOVED = "removed", _("公示后取消")
    AWARDED = "awarded", _("已表彰")
    WITHDRAWN = "withdrawn", _("表彰已撤销")


class ObjectionState(TextChoices):
    OPEN = "open", _("正在核实")
    UPHELD = "upheld", _("异议成立")
    DISMISSED = "dismissed", _("异议不成立")
    DROPPED = "dropped", _("不再处理")


class NomineeKind(TextChoices):
    PERSON = "person", _("个人")
    HOUSEHOLD = "household", _("家庭")
    UNIT = "unit", _("单位、队伍")
    MERCHANT = "merchant", _("商户")


class Shown(TextChoices):
    FULL = "full", _("写全名")
    MASKED = "masked", _("只写姓，比如“王**”")
    HIDDEN = "hidden", _("不写名字")


class Act(TextChoices):
    CHOSEN = "chosen", _("选定")
    PASSED = "passed", _("没有选上")
    REMOVED = "removed", _("异议成立，取消")
    EMPTY = "empty", _("名额空着")
    WITHDRAWN = "withdrawn", _("撤销表彰")


Moves = Mapping[str, tuple[tuple[str, ...], str]]

ROUND: Final[Moves] = {
    "open": (("planned",), "nominating"),
    "plan": (("planned", "nominating"), "planned"),
    "close": (("nominating",), "deciding"),
    "decide": (("deciding",), "notice"),
    "finish": (("notice",), "done"),
    "cancel": (("planned", "nominating", "deciding"), "cancelled"),
}
"""deed → (from which states of a round, to which one)."""

NOMINATION: Final[Moves] = {
    "consent": (("asked",), "standing"),
    "stand": (("asked", "declined", "standing"), "standing"),
    "decline": (("asked", "standing", "passed", "chosen"), "declined"),
    "lapse": (("asked", "standing"), "lapsed"),
    "choose": (("standing", "passed"), "chosen"),
    "pass": (("standing",), "passed"),
    "award": (("chosen",), "awarded"),
    "remove": (("chosen",), "removed"),
    "withdraw": (("awarded",), "withdrawn"),
}
"""The same of a nomination."""

OBJECTION: Final[Moves] = {
    "uphold": (("open",), "upheld"),
    "dismiss": (("open",), "dismissed"),
    "drop": (("open",), "dropped"),
}
"""The same of an objection."""

LIVING: Final = ("asked", "standing", "passed", "chosen")
"""Nominations of which something may still become."""
ANSWERABLE: Final = ("nominating", "deciding")
"""Rounds in which who was asked may still say yes."""
PUBLIC: Final = ("chosen", "awarded")
"""Nominations that stand on public pages, in the form to which the nominee agreed; candidates besides while nominating."""


@dataclass(frozen=True)
class Settled:
    """Who is chosen, and who of them by priority. ``why``: a code where it cannot be settled so."""

    chosen: tuple[Any, ...] = ()
    by_priority: tuple[Any, ...] = ()
    why: str = ""


def settle(
    *, seats: int, chosen: Sequence[Any], equal: Sequence[Any], priority: Mapping[Any, int]
) -> Settled:
    """The deciders' choice, then those judged equal by what was counted of them, most first, while seats are left.

    ``why``: "nobody" was chosen, "too_many" were, or "still_equal": the last seat lies between some of whom as much was
    counted, so that people must say more.
    """
    if not chosen and not equal:
        return Settled(why="nobody")
    left = seats - len(chosen)
    if left < 0 or (equal and left == 0):
        return Settled(why="too_many")
    if len(equal) <= left:
        return Settled((*chosen, *equal))
    ranked = sorted(equal, key=lambda one: -priority.get(one, 0))
    if priority.get(ranked[left - 1], 0) == priority.get(ranked[left], 0):
        return Settled(why="still_equal")
    return Settled((*chosen, *ranked[:left]), tuple(ranked[:left]))


@dataclass(frozen=True)
class Counted:
    """What was counted of a nominee: a source, what it is called, the versions of its rule, how many acts."""

    code: str
    name: str
    acts: int
    versions: tuple[int, ...] = ()

    def told(self) -> dict[str, Any]:
        """As a snapshot keeps it."""
        return {"code": self.code, "name": self.name, "acts": self.acts, "versions": list(self.versions)}


def next_check(
    *, state: str, opens: datetime, closes: datetime, late_at: datetime | None, others: Iterable[datetime]
) -> datetime | None:
    """When ``tick`` looks again. ``late_at``: when the office is late, None once that was told; ``others``: ends of notices
    that no objection holds up, due times of objections not told of."""
    if state == RoundState.PLANNED:
        return opens
    if state == RoundState.NOMINATING:
        return closes
    if state not in (RoundState.DECIDING, RoundState.NOTICE):
        return None
    found = [*others, *([late_at] if late_at else [])]
    return min(found, default=None)


def days_wrong(
    *, first: date, last: date, counted_from: date, counted_until: date, today: date
) -> tuple[str, str]:
    """(field, code) of the first day of a round that cannot be, ('', '') where all can."""
    if first < today:
        return "nominate_from", "past"
    if not first <= last <= first + LONGEST:
        return "nominate_until", "order"
    if not counted_from <= counted_until <= last or counted_until - counted_from > 2 * LONGEST:
        return "counted_until", "window"
    return "", ""


DAYS_WORDS: Final = {
    "past": _("提名从今天或以后开始。"),
    "order": _("提名截止要在开始以后，一年以内。"),
    "window": _("统计的最后一天要在起日以后、不晚于提名截止，最长两年。"),
}
"""code of ``days_wrong`` → that in words."""


def digest(salt: str, words: str) -> str:
    """Hex SHA-256 of a decision's words: they can be erased, and not changed unseen."""
    return hashlib.sha256(f"{salt}\n{words}".encode()).hexdigest()


def may_move(moves: Moves, deed: str, state: str) -> bool:
    """Whether a deed is open in a state."""
    return state in moves[deed][0]
