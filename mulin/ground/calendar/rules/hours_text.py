"""Working hours as people write them, and back: ``周一至周五 08:30–12:00 13:30–17:30``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.calendar.rules.hours import Line, MonthDay, Spans

WEEKDAY_NAMES: Final = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)
_SHORT: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE: Final = "一二三四五六日"
_FREE: Final = ("休", "休息", "不上班", "closed", "off")
_TO: Final = r"\s*(?:至|到|~|-|—|–|to)+\s*"
_SEASON: Final = re.compile(
    rf"^(\d{{1,2}})\s*[月\-/.]\s*(\d{{1,2}})\s*日?{_TO}(\d{{1,2}})\s*[月\-/.]\s*(\d{{1,2}})\s*日?[\s,:]*"
)
_WEEKDAY: Final = rf"(?:(?:周|星期|礼拜)[一二三四五六日天]|{'|'.join(_SHORT)})"
_WEEKDAYS: Final = re.compile(
    rf"^(每天|工作日|every day|weekdays|{_WEEKDAY}(?:(?:{_TO}|[、,]\s*){_WEEKDAY})*)[\s:]*", re.IGNORECASE
)
_SPAN: Final = re.compile(rf"^(\d{{1,2}}):(\d\d){_TO}(\d{{1,2}}):(\d\d)[\s、,;]*")
_A_LEAP_YEAR: Final = date(2028, 1, 1)
MOST_LINES: Final = 24


def read_hours(text: str) -> tuple[Line, ...]:
    """The lines of a text. Raises ValueError that names the line and says what is wrong with it."""
    found = []
    for number, line in enumerate(unicodedata.normalize("NFKC", text).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(_line(line.strip()))
        except ValueError as why:
            raise ValueError(_("第 %(number)s 行：%(why)s") % {"number": number, "why": why}) from None
    if len(found) > MOST_LINES:
        raise ValueError(_("最多 %(count)s 行") % {"count": MOST_LINES})
    _check(found)
    return tuple(found)


def _line(text: str) -> Line:
    season = None
    if months := _SEASON.match(text):
        first, second = _month_day(months[1], months[2]), _month_day(months[3], months[4])
        season, text = (first, second), text[months.end() :]
    named = _WEEKDAYS.match(text)
    if not named:
        raise ValueError(_("看不出是周几，请写成 周一至周五 08:30–12:00 13:30–17:30 的样子"))
    weekdays, rest = tuple(sorted(set(_weekdays(named[1])))), text[named.end() :].strip()
    return Line(weekdays, () if rest.lower() in _FREE else _spans(rest), season)


def _month_day(month: str, day: str) -> MonthDay:
    try:
        found = date(_A_LEAP_YEAR.year, int(month), int(day))
    except ValueError:
        raise ValueError(_("日历上没有 %(month)s 月 %(day)s 日") % {"month": month, "day": day}) from None
    return found.month, found.day


def _weekdays(words: str) -> Iterator[int]:
    told = words.lower()
    if told in ("每天", "every day"):
        yield from range(1, 8)
        return
    if told in ("工作日", "weekdays"):
        yield from range(1, 6)
        return
    for part in re.split(r"[、,]\s*", told):
        ends = [_weekday(word) for word in re.findall(_WEEKDAY, part)]
        if ends[-1] < ends[0]:
            raise ValueError(_("“%(words)s”倒过来了") % {"words": words})
        yield from range(ends[0], ends[-1] + 1)


def _weekday(word: str) -> int:
    if word in _SHORT:
        return _SHORT.index(word) + 1
    return _CHINESE.index(word[-1].replace("天", "日")) + 1


def _spans(text: str) -> Spans:
    found: list[tuple[int, int]] = []
    while span := _SPAN.match(text):
        start, end = _minute(span[1], span[2]), _minute(span[3], span[4])
        if end <= start:
            raise ValueError(_("%(span)s 的结束不晚于开始") % {"span": span[0].strip()})
        found.append((start, end))
        text = text[span.end() :]
    if text or not found:
        told = {"text": text[:20]}
        why = _("“%(text)s”看不懂") % told if text else _("没有写时间；不上班请写“休”")
        raise ValueError(why)
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise ValueError(_("几段时间要从早到晚，不能重叠"))
    return tuple(found)


def _minute(hour: str, minute: str) -> int:
    told = int(hour) * 60 + int(minute)
    if int(minute) > 59 or told > 24 * 60:
        raise ValueError(_("没有 %(hour)s:%(minute)s 这个时刻") % {"hour": hour, "minute": minute})
    return told


def _check(lines: Sequence[Line]) -> None:
    """Every day of the year has one line at most per weekday and layer, and every week somebody works."""
    if not any(line.spans for line in lines):
        raise ValueError(_("至少要有一天上班"))
    for day in (_A_LEAP_YEAR + timedelta(number) for number in range(366)):
        valid = [line for line in lines if line.covers(day)]
        for layer in (
            [line for line in valid if line.season is None],
            [line for line in valid if line.season is not None],
        ):
            told = [weekday for line in layer for weekday in line.weekdays]
            if len(told) != len(set(told)):
                twice = next(weekday for weekday in told if told.count(weekday) > 1)
                raise ValueError(_("%(weekday)s写了两次") % {"weekday": WEEKDAY_NAMES[twice - 1]})
        if not any(_worked(valid, weekday) for weekday in range(1, 8)):
            told_day = {"month": day.month, "day": day.day}
            raise ValueError(_("%(month)s 月 %(day)s 日前后没有一天上班") % told_day)


def _worked(valid: Sequence[Line], weekday: int) -> bool:
    ordered = sorted(valid, key=lambda line: line.season is None)
    return next((bool(line.spans) for line in ordered if weekday in line.weekdays), False)


# ── and back ─────


def clock_words(minute: int) -> str:
    """``08:30``."""
    return f"{minute // 60:02}:{minute % 60:02}"


def spans_list(spans: Spans) -> list[str]:
    """``08:30–12:00``, ``13:30–17:30``; 不上班 without any."""
    return [f"{clock_words(start)}–{clock_words(end)}" for start, end in spans] or [_("不上班")]


def weekdays_words(weekdays: Sequence[int]) -> str:
    """``周一至周五``, ``周六``: what stands side by side is drawn together from three on."""
    runs: list[list[int]] = []
    for weekday in weekdays:
        if runs and runs[-1][-1] == weekday - 1:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    parts: list[str] = []
    for run in runs:
        names = [str(WEEKDAY_NAMES[weekday - 1]) for weekday in run]
        together = _("%(first)s至%(last)s") % {"first": names[0], "last": names[-1]}
        parts += [together] if len(run) > 2 else names
    return "、".join(parts)


def season_words(season: tuple[MonthDay, MonthDay] | None) -> str:
    """``6月1日至9月30日``; '' for the whole year."""
    if season is None:
        return ""
    (first_month, first_day), (last_month, last_day) = season
    told = {"m1": first_month, "d1": first_day, "m2": last_month, "d2": last_day}
    return _("%(m1)s月%(d1)s日至%(m2)s月%(d2)s日") % told


def hours_text(lines: Sequence[Line]) -> str:
    """The text that ``read_hours`` reads back to the same lines."""
    return "\n".join(
        " ".join(
            part
            for part in (
                season_words(line.season),
                weekdays_words(line.weekdays),
                *spans_list(line.spans),
            )
            if part
        )
        for line in lines
    )
