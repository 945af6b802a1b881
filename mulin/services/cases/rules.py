"""Pure decisions of the closed loop (row 9). The table TRANSITIONS is the whole state machine; a clerk can read it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class State(TextChoices):
    REPORTED = "reported", _("待受理")
    ASSIGNED = "assigned", _("待接单")
    IN_HAND = "in_hand", _("处置中")
    DISPOSED = "disposed", _("已处置，待评价")
    CLOSED = "closed", _("已结案")
    NOT_ADMITTED = "not_admitted", _("不予受理")


class Source(TextChoices):
    """Who brought the matter. ``historic`` data keeps the source it names and says so in its provenance."""

    RESIDENT = "resident", _("居民")
    RIDER = "rider", _("骑手")
    STAFF = "staff", _("工作人员代报")
    PATROL = "patrol", _("巡查发现")
    IMPORT = "import", _("导入")


class Provenance(TextChoices):
    LIVE = "live", _("现行")
    HISTORIC = "historic", _("历史导入")


class Score(TextChoices):
    SATISFIED = "satisfied", _("满意")
    MOSTLY_SATISFIED = "mostly_satisfied", _("基本满意")
    FAIR = "fair", _("一般")
    DISSATISFIED = "dissatisfied", _("不满意")
    NO_RATING = "no_rating", _("不评价")


class Way(TextChoices):
    """How a person was told something."""

    MESSAGE = "message", _("由系统发送")
    PHONE = "phone", _("已打电话说过")
    VISIT = "visit", _("已当面说过")


class Contacted(TextChoices):
    """What came of a call or a visit."""

    REACHED = "reached", _("联系上了，已告知")
    NOT_REACHED = "not_reached", _("没有联系上")


# ── the state machine ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Transition:
    """From which states an action may be taken, and where it leads (None = it stays)."""

    sources: tuple[State, ...]
    target: State | None
    words: Words


_WAITING: Final = (State.REPORTED, State.ASSIGNED)

TRANSITIONS: dict[str, Transition] = {
    "accept": Transition(_WAITING, State.ASSIGNED, _("受理并派到网格")),
    "refuse": Transition((State.REPORTED,), State.NOT_ADMITTED, _("不予受理，说明理由和去向")),
    "take_up": Transition(_WAITING, State.IN_HAND, _("接单")),
    "reply": Transition((*_WAITING, State.IN_HAND), None, _("答复反映人")),
    "dispose": Transition((State.IN_HAND,), State.DISPOSED, _("填写处置结果")),
    "inform": Transition(
        (*_WAITING, State.IN_HAND, State.DISPOSED, State.NOT_ADMITTED), None, _("记录电话或上门告知")
    ),
    "rate": Transition((State.DISPOSED, State.CLOSED), None, _("评价")),
    "follow_up": Transition((State.DISPOSED, State.CLOSED), None, _("记录对不满意的跟进")),
    "close": Transition((State.DISPOSED,), State.CLOSED, _("结案")),
    "reopen": Transition((State.DISPOSED, State.CLOSED), State.IN_HAND, _("重新办理")),
}
"""The table. ``report`` makes the row: inside a grid it waits there, outside every grid on a screening list.

Until somebody takes it up it may be sent elsewhere (``accept`` again). ``found_and_fixed`` makes a
closed row in one act. A rating closes a disposed case unless the reporter is dissatisfied.
"""

CLERKS: Final = ("community_clerk", "street_clerk", "county_clerk")
GRID_STAFF: Final = ("grid_worker", "grid_head")
OVERSIGHT: Final = ("leader", "admin")
UNIT_STAFF: Final = ("department_officer", "property_clerk")


@dataclass(frozen=True)
class Who:
    """Who may take an action: roles whose territory contains the case, its handler, its reporter; and that in words."""

    roles: tuple[str, ...]
    handler: bool
    reporter: bool
    words: Words


_HANDLERS = Who((*GRID_STAFF, *CLERKS), True, False, _("由接单的人、本网格的网格员或辖区工作人员办理。"))
_SCREENERS = Who(CLERKS, False, False, _("由辖区的社区、街道或县级工作人员办理。"))

WHO: dict[str, Who] = {
    "accept": _SCREENERS,
    "refuse": _SCREENERS,
    "take_up": Who((*GRID_STAFF, *CLERKS), False, False, _("由本网格的网格员或辖区工作人员接单。")),
    "reply": _HANDLERS,
    "dispose": _HANDLERS,
    "inform": _HANDLERS,
    "rate": Who((), False, True, _("由反映人评价；经办人不能评价自己办的事。")),
    "follow_up": _SCREENERS,
    "close": _SCREENERS,
    "reopen": _SCREENERS,
    "show_contact": _HANDLERS,
}
"""The policy of each action. ``show_contact`` moves nothing: it opens the reporter's name and phone, and is recorded."""


def allowed(state: str) -> tuple[str, ...]:
    """The actions that the table allows from this state, in the table's order."""
    return tuple(action for action, move in TRANSITIONS.items() if state in move.sources)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Limits:
    """How long each step may take, in elapsed hours. Assumed, configurable later: the article names no limit but the
    response time (row 20), and the catalogue of the next stage brings limits per matter type."""

    screen: timedelta = timedelta(hours=24)
    handle: timedelta = timedelta(hours=24)
    contact: timedelta = timedelta(hours=24)
    close: timedelta = timedelta(hours=72)
    total: timedelta = timedelta(hours=72)


LIMITS: Final = Limits()
MOST_PHOTOS: Final = 3
MOST_WORDS: Final = 2000
"""Characters of a report, a reply or a result."""
TITLE_LENGTH: Final = 40
ROUGH_METRES: Final = 500
"""A position less certain than this does not decide the grid: the community looks first. Assumed."""
CONTACT_TRIES: Final = 3
"""Failed calls or visits after which a case may be closed all the same (row 9)."""
LOOK_UP_TRIES: Final = 8
LOOK_UP_MINUTES: Final = 15
"""Number + last four digits: tries per number and window before it is locked; an address has five times as many."""

# ── words out of a report ────────────────────────────────────────────────────────────────────────────────────────
_STOPS = re.compile(r"[。！？!?；;\n]")
_DIGITS = re.compile(r"\d[\d\- ]{5,}\d")


def title_of(text: str) -> str:
    """The first sentence, at most 40 characters. Long digit strings (telephone, identity numbers) are starred:
    titles stand in lists and to-dos."""
    first = next((part.strip() for part in _STOPS.split(text) if part.strip()), text.strip())
    plain = _DIGITS.sub("***", " ".join(first.split()))
    return plain if len(plain) <= TITLE_LENGTH else plain[: TITLE_LENGTH - 1] + "…"


def same_words(one: str, other: str) -> bool:
    """Whether two texts say the same, line ends and outer spaces apart: a resend, not another matter."""
    return " ".join(one.split()) == " ".join(other.split())


_EMERGENCY: Final[dict[str, tuple[str, ...]]] = {
    "119": (
        "着火",
        "起火",
        "失火",
        "火灾",
        "冒烟",
        "煤气味",
        "燃气味",
        "煤气泄漏",
        "燃气泄漏",
        "漏气",
        "爆炸",
        "被困",
    ),
    "110": ("持刀", "打人", "打架", "斗殴", "抢劫", "入室", "砍人", "家暴", "绑架", "跳楼", "自杀", "轻生"),
    "120": (
        "晕倒",
        "昏迷",
        "昏倒",
        "没有呼吸",
        "喘不上气",
        "大出血",
        "心梗",
        "中毒",
        "触电",
        "溺水",
        "撞人",
        "车祸",
    ),
}
"""Words that hint at danger to life. Assumed; a hint, never a decision."""


def emergency_numbers(text: str) -> tuple[str, ...]:
    """The emergency numbers that the words hint at, e.g. ('119',). Empty mostly."""
    plain = unicodedata.normalize("NFKC", text)
    return tuple(number for number, words in _EMERGENCY.items() if any(word in plain for word in words))


# ── who is asked ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Address:
    """To whom a to-do goes: a role over a path."""

    role: str
    path: str


COMMUNITY_KINDS: Final = ("community", "village")
STREET_KINDS: Final = ("subdistrict", "town")


def clerk_at(path: str, kind: str) -> Address:
    """The clerk who answers for a place of this division kind: county, street or community (anything below it too)."""
    if path in ("", "/") or kind in ("", "county"):
        return Address("county_clerk", "/")
    return Address("street_clerk" if kind in STREET_KINDS else "community_clerk", path)


def community_of_grid(grid_path: str) -> str:
    """The path of the community to which a grid belongs: the grid's own segment is the last one."""
    return grid_path.rstrip("/").rpartition("/")[0] + "/"


WORK_SHORT: dict[str, Words] = {
    "screen": _("甄别"),
    "handle": _("办理"),
    "call_or_visit": _("告知"),
    "dissatisfied": _("不满意"),
    "close": _("结案"),
}
"""Kinds of to-dos about cases, in one word."""

# ── words for people ─────────────────────────────────────────────────────────────────────────────────────────────

STEP_WORDS: dict[str, Words] = {
    "report": _("已收到"),
    "accept": _("已受理"),
    "refuse": _("不予受理"),
    "take_up": _("已有人接单"),
    "reply": _("已答复"),
    "dispose": _("已处置"),
    "inform": _("已告知反映人"),
    "not_reached": _("联系反映人，未联系上"),
    "rate": _("反映人已评价"),
    "follow_up": _("社区已跟进"),
    "close": _("已结案"),
    "reopen": _("重新办理"),
    "found_and_fixed": _("发现并当场解决"),
    "erase": _("反映人已删除个人信息"),
}
"""What happened, as the timeline says it."""


@dataclass(frozen=True)
class Next:
    """What comes next, for the reporter."""

    title: Words
    text: Words


_AFTER: dict[str, Next] = {
    State.ASSIGNED: Next(_("下一步：网格员接单"), _("已经转给网格员，接单后会和您联系或直接去现场。")),
    State.IN_HAND: Next(_("下一步：处置并把结果告诉您"), _("正在办。办完后这里会写明结果，您可以评价。")),
    State.DISPOSED: Next(_("下一步：请您评价"), _("结果写在上面。满意或不满意都请告诉我们；没办好会再办。")),
}
_SCREENED = Next(_("下一步：确认归谁办"), _("工作人员先看是哪里的事，再派给管这一片的人。"))
_IN_GRID = Next(_("下一步：网格员接单"), _("已经到了管这一片的网格员那里，等他接单。"))
_RATED = Next(_("下一步：社区再看"), _("您不满意，社区工作人员会看哪里没办好，再决定重新办理或结案。"))


def next_for_reporter(state: str, *, in_grid: bool, rated: bool) -> Next | None:
    """What the reporter may expect next; None once nothing more comes."""
    if state == State.REPORTED:
        return _IN_GRID if in_grid else _SCREENED
    if state == State.DISPOSED and rated:
        return _RATED
    return _AFTER.get(state)


TONES: dict[str, str] = {
    State.REPORTED: "warn",
    State.ASSIGNED: "warn",
    State.IN_HAND: "info",
    State.DISPOSED: "info",
    State.CLOSED: "good",
    State.NOT_ADMITTED: "neutral",
}
"""How a state's badge looks; its words always stand beside it."""

FINISHED: Final = (State.CLOSED, State.NOT_ADMITTED)
