"""Reading the yearly notice: a table, short lines, or the text of the State Council's notice as it is published.

Each reader gives what it understood and, for every line it did not, the number and the reason. Nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from mulin.ground.calendar.rules.hours_text import WEEKDAY_NAMES
from mulin.kernel.tables import Column, Kind, Row

COLUMNS: Final = (
    Column("day", "日期", ("放假日期", "时间", "date"), True, Kind.DATE),
    Column("working", "休或班", ("休/班", "班休", "类型", "状态", "working"), True, hint="休、班"),
    Column("name", "名称", ("节日", "节假日", "说明", "备注", "name")),
)
OFF: Final = ("休", "放假", "休息", "假", "节假日", "off")
WORK: Final = ("班", "上班", "调休上班", "调休", "补班", "工作日", "work")
FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_ROWS: Final = 1000
LONGEST_NAME: Final = 40
LONGEST_RANGE: Final = 31


class _Unreadable(ValueError):
    """A line that cannot stand, with the reason in words."""


@dataclass(frozen=True, slots=True)
class Told:
    """One day of a notice, and the line or row that said it."""

    row: int
    day: date
    working: bool
    name: str = ""


@dataclass
class Notice:
    """What was read: days that can stand, and (row, reason) of the lines that cannot."""

    days: list[Told] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    read: int = 0

    def year(self) -> int | None:
        """The year the notice is about: most of its days lie in it."""
        years = [told.day.year for told in self.days]
        return max(set(years), key=years.count) if years else None


def read_table(rows: Iterable[Row]) -> Notice:
    """A table with the columns of ``COLUMNS``."""
    notice = Notice()
    for row in rows:
        notice.read += 1
        problems = list(row.problems)
        word = str(row.values.get("working") or "").strip().lower()
        if not problems and word not in (*OFF, *WORK):
            problems = [_("“%(word)s”看不出是休还是班") % {"word": word[:10]}]
        day, name = row.values.get("day"), str(row.values.get("name") or "").strip()
        if problems or not isinstance(day, date):
            notice.refused.append((row.number, "；".join(problems) or _("没有日期")))
        else:
            _put(notice, row.number, day, word in WORK, name)
    return _checked(notice)


_YEAR: Final = re.compile(r"(\d{4})\s*年\s*(?:部分|全年)?\s*(?:法定)?节假日")
_DAY: Final = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*日?"
_NOTES: Final = re.compile(r"\((?:[^()]*)\)")
_SHORT: Final = re.compile(
    rf"^{_DAY}(?:\s*(?:至|到|~|-|—|–)+\s*(?:{_DAY}|(?:(\d{{1,2}})\s*[-/.月]\s*)?(\d{{1,2}})\s*日?))?"
    r"[\s,;:]*(\S+?)(?:[\s,;:]+(.*))?$"
)


def read_lines(text: str) -> Notice:
    """Pasted text: lines such as ``2027-02-06 休 春节``, or the notice itself, from its title on."""
    plain = unicodedata.normalize("NFKC", text)
    titled = _YEAR.search(plain)
    prose = bool(re.search(r"月\d{1,2}日[^\n]*(?:放假|上班)", _NOTES.sub("", plain)))
    notice = Notice()
    for number, line in enumerate(plain.splitlines(), start=1):
        words = line.strip()
        if not words or (not notice.read and re.match(r"日期\D*$", words)):
            continue  # blank, or the header of a table
        bare = _NOTES.sub("", words).strip()
        if (short := _SHORT.match(bare)) and (short[9].lower() in (*OFF, *WORK) or not prose):
            notice.read += 1
            _read_short(notice, number, short)
            continue
        if prose and not (re.search("放假|上班", bare) and re.search(r"\d日", bare)):
            continue  # salutation, preamble, sender, date of the notice
        notice.read += 1
        if not prose:
            why = _("看不懂“%(line)s”：请写成 2027-02-06 休 春节 的样子") % {"line": words[:30]}
            notice.refused.append((number, why))
        elif titled is None and not re.search(r"\d{4}\s*年", bare):
            notice.refused.append((number, _("看不出是哪一年：请把通知的标题一起粘贴")))
        else:
            _read_prose(notice, number, words, int(titled[1]) if titled else None)
    return _checked(notice)


def _read_short(notice: Notice, number: int, found: re.Match[str]) -> None:
    word, name = found[9].lower(), (found[10] or "").strip()
    if word not in (*OFF, *WORK):
        notice.refused.append((number, _("“%(word)s”看不出是休还是班") % {"word": word[:10]}))
        return
    year, month, day, last_year, last_month, last_day, same_month, same_day = found.groups()[:8]
    try:
        first = last = date(int(year), int(month), int(day))
        if last_year:
            last = date(int(last_year), int(last_month), int(last_day))
        elif same_day:
            last = date(first.year, int(same_month or month), int(same_day))
        days = list(_days(first, last))
    except ValueError as why:
        notice.refused.append((number, _reason(why)))
        return
    for one in days:
        _put(notice, number, one, word in WORK, name)


# ── the published text ─────

_SPAN: Final = re.compile(
    r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(\([^()]*\))?"
    r"(?:\s*(?:至|到|-|—|–)+\s*(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(\([^()]*\))?)?"
)
_WEEKDAYS: Final = "一二三四五六日"


def _read_prose(notice: Notice, number: int, line: str, year: int | None) -> None:
    """``二、春节：2月15日（周日）至23日（周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。``

    Weekdays and the number of days are written there too: where they do not fit, the line is for another year or
    mistyped, and refused whole.
    """
    head, _colon, rest = line.partition(":")
    name = re.sub(r"^[一二三四五六七八九十\d]+[、.]\s*", "", head).strip() if rest else ""
    told: list[tuple[date, bool]] = []
    try:
        for sentence in re.split("[。;]", rest or line):
            told += _sentence(sentence, year)
    except ValueError as why:
        notice.refused.append((number, _reason(why)))
        return
    if not told:
        notice.refused.append((number, _("这一行里没有读出日期")))
    for day, working in told:
        _put(notice, number, day, working, name[:LONGEST_NAME])


def _sentence(sentence: str, year: int | None) -> list[tuple[date, bool]]:
    """The days of a sentence; those named before the verb belong to it."""
    told: list[tuple[date, bool]] = []
    waiting: list[date] = []
    for clause in re.split(r",(?![^()]*\))", sentence):
        waiting += _dates(clause, year)
        bare = _NOTES.sub("", clause)
        if "放假" in bare or "上班" in bare:
            told += [(day, "上班" in bare) for day in waiting]
            waiting = []
        count = re.search(r"共(\d+)天", bare)
        if count and int(count[1]) != (found := sum(not working for _day, working in told)):
            raise _Unreadable(
                _("写着共 %(told)s 天，数出来是 %(found)s 天") % {"told": count[1], "found": found}
            )
    return told


def _dates(clause: str, year: int | None) -> Iterator[date]:
    month = 0
    for found in _SPAN.finditer(clause):
        first_year, first_month, day, note, last_year, last_month, last_day, last_note = found.groups()
        year = int(first_year or year or 0)
        month = int(first_month or month)
        first = last = _named(date(year, month, int(day)), note)
        if last_day:
            year, month = int(last_year or year), int(last_month or month)
            last = _named(date(year, month, int(last_day)), last_note)
        yield from _days(first, last)


def _named(day: date, note: str | None) -> date:
    """The day, if the weekday written beside it is its own."""
    found = re.search(r"(?:周|星期)([一二三四五六日天])", note or "")
    if found and (written := _WEEKDAYS.index(found[1].replace("天", "日"))) != day.weekday():
        facts = {"day": day, "told": WEEKDAY_NAMES[written], "real": WEEKDAY_NAMES[day.weekday()]}
        raise _Unreadable(_("%(day)s 写的是%(told)s，其实是%(real)s：是不是别的年份的通知？") % facts)
    return day


# ── both ─────


def _days(first: date, last: date) -> Iterator[date]:
    if last < first:
        raise _Unreadable(_("结束的日期在开始之前"))
    if (last - first).days >= LONGEST_RANGE:
        raise _Unreadable(_("一段超过 %(days)s 天") % {"days": LONGEST_RANGE})
    for number in range((last - first).days + 1):
        yield first + timedelta(number)


def _reason(why: ValueError) -> str:
    """Our own words, instead of Python's for a day that does not exist."""
    return str(why) if isinstance(why, _Unreadable) else _("日历上没有这一天")


def _put(notice: Notice, row: int, day: date, working: bool, name: str) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        notice.refused.append((row, _("年份应在 2000 到 2100 之间")))
    elif len(name) > LONGEST_NAME:
        notice.refused.append((row, _("名称超过 %(limit)s 个字") % {"limit": LONGEST_NAME}))
    else:
        notice.days.append(Told(row, day, working, name))


def _checked(notice: Notice) -> Notice:
    """A day said twice counts once; said twice differently, the later line is refused."""
    first: dict[date, Told] = {}
    for told in notice.days:
        before = first.setdefault(told.day, told)
        if before.working != told.working:
            words = _("%(day)s 在第 %(row)s 行已写过，休和班不一样")
            notice.refused.append((told.row, words % {"day": told.day, "row": before.row}))
    notice.days = sorted(first.values(), key=lambda told: told.day)
    notice.refused = sorted(dict.fromkeys(notice.refused))
    return notice
