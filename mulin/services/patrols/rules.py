"""Pure decisions of patrols (row 17): on which days a plan is walked, what may become of a task, and the policy in words.

A day of a plan becomes one task per place. A task is done, nothing was found, or it was missed with a reason; one whose
window has passed without a word shows as exactly that. What nobody was told of is nobody's fault: it is withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db.models.enums import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mulin.kernel.clock import CHINA
from mulin.kernel.errors import Refused

Words = str | Promise


class Cadence(TextChoices):
    WEEKDAYS = "weekdays", _("每周固定几天")
    EVERY = "every", _("每隔几天一次")
    MONTHLY = "monthly", _("每月固定几号")


class RestDays(TextChoices):
    """What becomes of a day on which the county does not work (its own calendar says which)."""

    WALK = "walk", _("照常走")
    SKIP = "skip", _("不走")
    NEXT = "next", _("顺延到下一个工作日")


class Walker(TextChoices):
    GRID = "grid", _("网格员（各走各的网格）")
    UNIT = "unit", _("一个队伍或单位")
    NAMED = "named", _("指定的人")


class PlanState(TextChoices):
    DRAFT = "draft", _("草稿")
    ACTIVE = "active", _("在用")
    ENDED = "ended", _("已结束")


class TaskState(TextChoices):
    PLANNED = "planned", _("待走")
    DONE = "done", _("已走，有发现")
    NOTHING_FOUND = "nothing_found", _("已走，没有发现问题")
    MISSED = "missed", _("没有走")
    WITHDRAWN = "withdrawn", _("不用走了")


class Reason(TextChoices):
    """Why a patrol was not walked."""

    WEATHER = "weather", _("天气恶劣，走不了")
    LEAVE = "leave", _("请假、生病")
    URGENT = "urgent", _("临时有更急的事")
    BLOCKED = "blocked", _("进不去、路不通")
    SYSTEM = "system", _("手机或系统用不了")
    NOBODY = "nobody", _("没有人可以去")
    FORGOT = "forgot", _("忘记了")
    OTHER = "other", _("其他原因")


class Withdrawal(TextChoices):
    """Why a task fell away without anybody having to answer for it."""

    NOT_TOLD = "not_told", _("系统停机，没有通知到人")
    PLAN_ENDED = "plan_ended", _("计划已结束")


class Answer(TextChoices):
    """What stood beside a line of the checklist; no answer is no answer."""

    OK = "ok", _("正常")
    PROBLEM = "problem", _("有问题")


GRID_STAFF: Final = ("grid_worker", "grid_head")
CLERKS: Final = ("community_clerk", "street_clerk", "county_clerk")
OVERSIGHT: Final = ("leader", "admin")
UNIT_STAFF: Final = ("department_officer", "property_clerk")
NAMEABLE: Final = (*GRID_STAFF, "community_clerk", "street_clerk")
"""Roles whose holders a clerk may name for a patrol, within his own area."""

SOURCE: Final = "patrol"
"""How the cases app calls what a patrol found."""

HORIZON: Final = timedelta(days=14)
"""So many days ahead tasks are made."""
STILL: Final = timedelta(hours=48)
"""After its window a walk may be written down for so long: phones run out of power. Assumed. Then only a reason helps."""
EXPLAIN: Final = timedelta(hours=24)
"""How long whoever did not go has to say why, before that to-do is red. Assumed."""
MOST_PLACES: Final = 60
MOST_PERSONS: Final = 12
MOST_LINES: Final = 20
LINE_LENGTH: Final = 60
MOST_WORDS: Final = 500
MOST_EVERY: Final = 90
LONGEST_REST: Final = 31
"""So many days are looked through for the next working day."""

# ── what may become of a task ────────────────────────────────────────────────────────────────────────────────────

FINISHED: Final = (TaskState.DONE, TaskState.NOTHING_FOUND)
MAY_FINISH: Final = (TaskState.PLANNED, TaskState.MISSED, TaskState.WITHDRAWN)


def still_walkable(*, state: str, day: date, due_at: datetime, today: date, now: datetime) -> bool:
    """Whether a walk (or a finding) may be written down now.

    Not before its day; until STILL after the window; a missed one only while the window is open (somebody went after all).
    """
    if day > today:
        return False
    return now <= (due_at if state == TaskState.MISSED else due_at + STILL)


WHO_PLANS: Final = _(
    "巡查计划由社区、街道、县级工作人员在自己的辖区内安排；部门工作人员只安排本部门和下属队伍。"
)
WHO_WALKS: Final = _("由被安排去走的人记：本网格的网格员、这个队伍或单位的人，或被指定的人。")
WHO_EXPLAINS: Final = _("没走的原因由该去的人说明，安排计划的工作人员可以代为说明。")


@dataclass(frozen=True)
class Standing:
    """How a task stands, for pages: its badge, the words beside it, and a ``short`` form for the days of a month."""

    code: str
    tone: str
    icon: str
    words: Words
    short: Words


STANDINGS: dict[str, Standing] = {
    one.code: one
    for one in (
        Standing("coming", "neutral", "clock", _("还没到时间"), _("待走")),
        Standing("open", "info", "clock", _("今天走"), _("今天走")),
        Standing("overdue", "bad", "cross", _("过了时间，没有说明原因"), _("没说原因")),
        Standing("done", "warn", "warning", _("已走，有发现"), _("有发现")),
        Standing("nothing_found", "good", "tick-circle", _("已走，没有发现问题"), _("没问题")),
        Standing("missed", "neutral", "pause", _("没有走，已说明原因"), _("没走")),
        Standing("withdrawn", "neutral", "close", _("不用走了"), _("不用走")),
    )
}
"""In the order in which a day lists them."""


def standing(*, state: str, day: date, due_at: datetime, today: date, now: datetime) -> Standing:
    """A planned task is coming, open or overdue; the others stand as their state says."""
    if state != TaskState.PLANNED:
        return STANDINGS[state]
    if now > due_at:
        return STANDINGS["overdue"]
    return STANDINGS["coming" if day > today else "open"]


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Rhythm:
    """When a plan is walked. ``weekdays``: 1 Monday … 7 Sunday; ``month_days``: 1 … 31, 31 is the last day of any month."""

    cadence: str
    starts_on: date
    ends_on: date | None = None
    weekdays: tuple[int, ...] = ()
    every_days: int = 0
    month_days: tuple[int, ...] = ()
    rest_days: str = RestDays.WALK

    def falls_on(self, day: date) -> bool:
        """Whether the cadence names this day, whatever the calendar says of it."""
        if day < self.starts_on or (self.ends_on is not None and day > self.ends_on):
            return False
        if self.cadence == Cadence.WEEKDAYS:
            return day.isoweekday() in self.weekdays
        if self.cadence == Cadence.EVERY:
            return (day - self.starts_on).days % self.every_days == 0
        last = (day + timedelta(days=1)).day == 1
        return day.day in self.month_days or (last and any(one > day.day for one in self.month_days))


def due_days(rhythm: Rhythm, first: date, last: date, works_on: Callable[[date], bool]) -> list[date]:
    """The days from ``first`` to ``last`` (both included) on which the plan is walked, each once, in order.

    A day that is put off goes to the next working day, never beyond the plan's own end nor further than LONGEST_REST.
    """
    if rhythm.rest_days == RestDays.NEXT:
        begin = first - timedelta(days=LONGEST_REST)
        moved = {_next_working(day, works_on) for day in _days(begin, last) if rhythm.falls_on(day)}
        ends = rhythm.ends_on or last
        return sorted(day for day in moved if day is not None and first <= day <= min(last, ends))
    skips = rhythm.rest_days == RestDays.SKIP
    return [day for day in _days(first, last) if rhythm.falls_on(day) and not (skips and not works_on(day))]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def _next_working(day: date, works_on: Callable[[date], bool]) -> date | None:
    ahead = (day + timedelta(days=step) for step in range(LONGEST_REST + 1))
    return next((one for one in ahead if works_on(one)), None)


def window(day: date, opens: time, closes: time) -> tuple[datetime, datetime]:
    """When a day's walk begins and is due. A window that closes before it opens ends on the next morning."""
    begin = datetime.combine(day, opens, tzinfo=CHINA)
    end = datetime.combine(day + timedelta(days=int(closes <= opens)), closes, tzinfo=CHINA)
    return begin, end


_WEEKDAYS: Final = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))


def weekday_words(day: int) -> str:
    """1 → 周一."""
    return str(_WEEKDAYS[day - 1])


def rhythm_words(rhythm: Rhythm) -> str:
    """``每周：周一、周三``, ``每 2 天一次``, ``每月：1 日、15 日``."""
    if rhythm.cadence == Cadence.WEEKDAYS:
        if len(rhythm.weekdays) == 7:
            return gettext("每天")
        return gettext("每周：%(days)s") % {"days": gettext("、").join(map(weekday_words, rhythm.weekdays))}
    if rhythm.cadence == Cadence.EVERY:
        return (
            gettext("每天")
            if rhythm.every_days == 1
            else gettext("每 %(n)d 天一次") % {"n": rhythm.every_days}
        )
    named = [gettext("月末") if day == 31 else gettext("%(n)d 日") % {"n": day} for day in rhythm.month_days]
    return gettext("每月：%(days)s") % {"days": gettext("、").join(named)}


# ── what a plan says ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Told:
    """A plan as its form tells it. ``grids`` and ``divisions``: each is walked once on each day."""

    name: str
    walker: str
    rhythm: Rhythm
    opens: time
    closes: time
    grids: tuple[UUID, ...] = ()
    divisions: tuple[UUID, ...] = ()
    unit: UUID | None = None
    persons: tuple[UUID, ...] = ()
    spots: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()


def checked(told: Told) -> Told:
    """The plan with its words trimmed. Refuses what cannot be walked, naming the form's field."""
    if not told.name.strip():
        raise Refused("no_name", gettext("请给这个计划起个名字。"), field="name")
    if not told.grids and not told.divisions:
        raise Refused("no_place", gettext("请至少选一个地方。"), field="places")
    if len(told.grids) + len(told.divisions) > MOST_PLACES:
        raise Refused(
            "too_many_places", gettext("一个计划最多 %(n)d 个地方。") % {"n": MOST_PLACES}, field="places"
        )
    if told.walker == Walker.UNIT and told.unit is None:
        raise Refused("no_unit", gettext("请选哪个队伍或单位去走。"), field="unit")
    if told.walker == Walker.NAMED and not 0 < len(set(told.persons)) <= MOST_PERSONS:
        raise Refused("no_person", gettext("请选 1 到 %(n)d 个人。") % {"n": MOST_PERSONS}, field="persons")
    _check_rhythm(told.rhythm)
    lines = {"spots": _lines(told.spots, "spots"), "checklist": _lines(told.checklist, "checklist")}
    return Told(**{**told.__dict__, "name": told.name.strip()[:80], **lines})


def _check_rhythm(rhythm: Rhythm) -> None:
    if rhythm.cadence == Cadence.WEEKDAYS and not set(rhythm.weekdays) & set(range(1, 8)):
        raise Refused("no_weekday", gettext("请选每周哪几天走。"), field="weekdays")
    if rhythm.cadence == Cadence.EVERY and not 1 <= rhythm.every_days <= MOST_EVERY:
        raise Refused(
            "every_wrong", gettext("请写 1 到 %(n)d 之间的天数。") % {"n": MOST_EVERY}, field="every_days"
        )
    if rhythm.cadence == Cadence.MONTHLY and not set(rhythm.month_days) & set(range(1, 32)):
        raise Refused("no_month_day", gettext("请写每月几号，比如 1、15。"), field="month_days")
    if rhythm.ends_on is not None and rhythm.ends_on < rhythm.starts_on:
        raise Refused("ends_early", gettext("结束日期不能早于开始日期。"), field="ends_on")


def _lines(lines: Sequence[str], field: str) -> tuple[str, ...]:
    plain = tuple(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    if len(plain) > MOST_LINES:
        raise Refused("too_many_lines", gettext("最多 %(n)d 行。") % {"n": MOST_LINES}, field=field)
    if any(len(line) > LINE_LENGTH for line in plain):
        raise Refused("line_too_long", gettext("每行最多 %(n)d 个字。") % {"n": LINE_LENGTH}, field=field)
    return plain


def answered(checklist: Sequence[Sequence[str]], answers: Mapping[int, str]) -> list[list[str]]:
    """The checklist ([line, answer] each) with new answers put in by place; what cannot be an answer changes nothing."""
    return [
        [line, answers.get(place, old) if answers.get(place, old) in ("", *Answer.values) else old]
        for place, (line, old) in enumerate(checklist)
    ]


def around(path: str) -> str:
    """The community (or whatever is larger) in which a place lies: ``/001/003/`` of ``/001/003/g1001/``."""
    return common_path([path, "/".join(path.split("/")[:3]) + "/"])


def common_path(paths: Sequence[str]) -> str:
    """The nearest place around all of them: ``/001/003/`` of ``/001/003/g1001/`` and ``/001/003/C1/``."""
    parts = [path.strip("/").split("/") for path in paths]
    shared = []
    for steps in zip(*parts, strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return "/" + "".join(f"{step}/" for step in shared if step)
