"""What one cell means: text, identifiers, numbers and dates as people and spreadsheets write them. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from mulin.kernel.clock import CHINA

FIRST_YEAR, LAST_YEAR = 1990, 2100
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
"""What makes a spreadsheet take a text for a formula (full-width signs too, in a Chinese Excel)."""


class CellError(str):
    """An Excel error cell, such as ``#N/A``: there, but without a value."""

    __slots__ = ()


Raw = str | int | float | bool | datetime | None
"""A cell as it came; datetimes are naive (a date cell of Excel), None is an empty cell."""


class Kind(StrEnum):
    """What a column holds. Its values are str, str, aware datetime, date, int and Decimal, in this order."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    DATETIME = "datetime"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True)
class Column:
    """A column the caller knows: ``name`` is its key in the values, ``title`` and ``aliases`` its headers."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    kind: Kind = Kind.TEXT
    hint: str = ""


_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_MARK = r"[(\[【](?:必填|必须|选填|可选|非必填|required|optional)[^)\]】]*[)\]】]"
_MARKS = re.compile(rf"^(?:\*|{_MARK})+|(?:\*|:|{_MARK})+$")


def clean(text: str) -> str:
    """Text as people meant it: one kind of line break, no control characters or tabs, no outer space."""
    text = _UNSEEN.sub("", _BREAKS.sub("\n", text))
    if "\t" in text or "\n" in text:
        lines = (re.sub("\t+", " ", line).strip(" ") for line in text.split("\n"))
        text = re.sub("\n{3,}", "\n\n", "\n".join(lines))
    return text.strip()


def header_key(text: str) -> str:
    """A header without what people vary: width, case, spaces, marks such as ``*`` and （必填）."""
    return _MARKS.sub("", re.sub(r"\s+", "", unicodedata.normalize("NFKC", clean(text))).casefold())


def as_text(raw: Raw) -> str:
    """A cell as Excel shows it in a plain column: ``2554.0`` is 2554, 15 digits, no exponent."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else f"{Decimal(f'{raw:.15g}'):f}"
    if isinstance(raw, datetime):
        return str(raw.date()) if raw == datetime(raw.year, raw.month, raw.day) else str(raw)  # noqa: DTZ001
    return "" if raw is None else clean(str(raw))


def convert(raw: Raw, kind: Kind, *, since_1904: bool = False) -> object:
    """The value of a cell for a column of ``kind``; None when blank. ValueError says in words why not."""
    if isinstance(raw, CellError):
        raise ValueError(_("是 Excel 的错误值 %(code)s") % {"code": raw[:20]})  # noqa: TRY004 (a fault of the cell)
    text = as_text(raw)
    if not text:
        return None
    if kind is Kind.TEXT:
        return text
    if kind is Kind.IDENTIFIER:
        return _identifier(raw, text)
    if kind in (Kind.DATETIME, Kind.DATE):
        moment = _moment(raw, text, since_1904)
        return moment.date() if kind is Kind.DATE else moment
    return _number(text, kind)


def _said(text: str, why: str) -> ValueError:
    """The reason with what stood in the cell, shortened."""
    return ValueError(_("写的是“%(text)s”，%(why)s") % {"text": text[:30], "why": why})


def _identifier(raw: Raw, text: str) -> str:
    """Numbers become their digits. Excel keeps 15 of them: that a longer one lost its end is said."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))
    if guarded := re.fullmatch(r'="(.*)"', text):  # how a text file keeps Excel from dropping leading zeros
        return guarded[1].strip()
    if text.startswith("="):
        raise _said(text, _("是没有算出结果的公式"))
    number = isinstance(raw, int | float) and not isinstance(raw, bool)
    if number and len(text) > 15 and 13 <= len(text.rstrip("0")) <= 15:
        raise ValueError(_("是超过 15 位的数字，Excel 已丢掉末尾几位，请把该列设成文本格式后重新填写"))
    if not number and re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", text):
        raise ValueError(_("成了科学计数法，已丢掉末尾几位，请把该列设成文本格式后重新填写"))
    return text[: text.index(".")] if re.fullmatch(r"\d+\.0+", text) else text


def _number(text: str, kind: Kind) -> int | Decimal:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if not re.fullmatch(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", plain):
        raise _said(text, _("不是数字"))
    value = Decimal(plain.replace(",", ""))
    if kind is Kind.DECIMAL:
        return value
    if value != value.to_integral_value():
        raise _said(text, _("应为整数"))
    return int(value)


def from_serial(serial: float, *, since_1904: bool = False) -> datetime:
    """Excel's day number to a naive datetime, to the nearest second. Raises ValueError outside its calendar.

    Day 60 of the 1900 calendar is 29 February 1900, which never was: earlier days count one more.
    """
    if not (0 if since_1904 else 1) <= serial < 2_958_465 or (not since_1904 and 60 <= serial < 61):
        raise ValueError(_("写的是数字 %(number)s，不是日期") % {"number": as_text(serial)})
    start = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31 if serial < 60 else 30)  # noqa: DTZ001
    return start + timedelta(seconds=round(serial * 86400))


def _moment(raw: Raw, text: str, since_1904: bool) -> datetime:
    """A date cell, a serial number or a written date, as an aware datetime in Asia/Shanghai."""
    if isinstance(raw, datetime):
        moment = raw
    elif isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) < 10_000_000:
        moment = from_serial(raw, since_1904=since_1904)
    elif re.fullmatch(r"\d{5}(\.\d+)?", text):  # a serial number that a text file carried along
        moment = from_serial(float(text), since_1904=since_1904)
    else:
        moment = _written(text)
    moment = moment.astimezone(CHINA) if moment.tzinfo else moment.replace(tzinfo=CHINA)
    _check_year(moment, text)
    return moment


def _check_year(moment: datetime, text: str) -> None:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        why = _("年份应在 %(first)s 到 %(last)s 之间") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise _said(text, why)


_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[ T]?(\d\d)(\d\d)(\d\d)?)?(?=[ TZ+-]|$)")
_WRITTEN = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?"
    r"\s*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?[T\s]*"
    r"(?:(?P<half>上午|下午|凌晨|早上|中午|晚上|AM|PM)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*"
    r"(?:(?P<minute>\d{1,2})\s*(?:[:分]\s*(?:(?P<second>\d{1,2})(?:[.,](?P<part>\d{1,6})\d*)?\s*秒?)?)?)?"
    r"\s*(?P<late>AM|PM)?\s*(?P<offset>Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.IGNORECASE,
)


def _written(text: str) -> datetime:
    """A date and perhaps a time as people write them; naive unless an offset is given. Raises ValueError."""
    plain = unicodedata.normalize("NFKC", text)
    if compact := _COMPACT.match(plain):
        year, month, day, hour, minute, second = compact.groups()
        time = f" {hour}:{minute}:{second or '00'}" if hour else ""
        plain = f"{year}-{month}-{day}{time}{plain[compact.end() :]}"
    match = _WRITTEN.fullmatch(plain)
    if not match:
        if re.match(r"\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}(?!\d)", plain):
            raise _said(text, _("年份要写四位"))
        raise _said(text, _("不是看得懂的日期，请写成 2019-04-24 16:03 的样子"))
    try:
        day_start = datetime(int(match["year"]), int(match["month"]), int(match["day"]))  # noqa: DTZ001
    except ValueError:
        raise _said(text, _("日历上没有这一天"))
    _check_year(day_start, text)  # before any sum that a far year would overflow
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    hour = _hour_of_day(hour, (match["half"] or match["late"] or "").upper())
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        raise _said(text, _("没有这个时刻"))
    fraction = int((match["part"] or "0").ljust(6, "0"))
    moment = day_start + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)
    return moment.replace(tzinfo=_offset(match["offset"])) if match["offset"] else moment


def _hour_of_day(hour: int, half: str) -> int:
    """The hour of 24 from one of 12; 99 where the words contradict each other (上午 16 点, 晚上 12 点)."""
    if half in ("下午", "晚上", "PM", "中午") and 1 <= hour < (11 if half == "中午" else 12):
        return hour + 12
    if half in ("上午", "凌晨", "早上", "AM"):
        return 0 if hour == 12 else hour if hour < 12 else 99
    return 99 if half == "晚上" and hour == 12 else hour


def _offset(text: str) -> timezone:
    hours, minutes = (0, 0) if text in "Zz" else (int(text[1:3]), int(text[3:].lstrip(":") or 0))
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=min(hours, 23), minutes=min(minutes, 59)))


def writable(value: object) -> Raw | date | Decimal:
    """What goes into a cell: times in Asia/Shanghai without their zone; numbers beyond 15 digits as text."""
    if isinstance(value, datetime):
        return value.astimezone(CHINA).replace(tzinfo=None) if value.tzinfo else value
    if value is None or isinstance(value, bool | date):
        return value
    if isinstance(value, int | float | Decimal):
        exact = Decimal(value) if isinstance(value, int) else Decimal(str(value))
        fits = (
            exact.is_finite()
            and len(exact.normalize().as_tuple().digits) <= 15
            and abs(exact) < Decimal(10) ** 15
        )
        return value if fits or (isinstance(value, float) and exact.is_finite()) else str(value)
    return str(value)
