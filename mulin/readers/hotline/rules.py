"""What the hotline's platform may send: a JSON object, read strictly. Pure.

What is unknown, missing, too long or of another kind is refused with the field's name, and nothing is guessed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused
from mulin.kernel.tables import clean

MOST_BYTES: Final = 256 * 1024
MOST_WORDS: Final = 6000
JSON: Final = "application/json"
_CHINA: Final = timezone(timedelta(hours=8))
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?")
_CODE = re.compile(r"[0-9]{12}")


def _wrong(field: str, words: str, code: str = "bad_field") -> Refused:
    return Refused(code, f"{field}：{words}", field=field, status=400)


def _text(most: int) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise _wrong(name, _("要是文字。"))
        if any("\ud800" <= one <= "\udfff" for one in value):
            raise _wrong(name, _("不是完整的 UTF-8 文字。"))
        if len(value) > most:
            raise _wrong(name, _("最多 %(most)d 个字。") % {"most": most})
        return clean(value)

    return read


def _time(name: str, value: Any) -> datetime:
    """ISO 8601; without an offset it is China's time."""
    words = _("要是时间，例如 2026-11-26T09:30:00+08:00。")
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise _wrong(name, words)
    try:
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo is not None else found.replace(tzinfo=_CHINA)
        found.astimezone(_CHINA)
    except (ValueError, OverflowError):
        raise _wrong(name, words) from None
    if not 2000 <= found.year <= 2200:
        raise _wrong(name, words)
    return found


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, _("要是 true 或 false。"))
    return value


def _degrees(most: int) -> Callable[[str, Any], float]:
    def read(name: str, value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        try:
            found = float(value) if number else math.inf
        except OverflowError:
            found = math.inf
        if not abs(found) <= most:
            raise _wrong(name, _("要是 WGS-84 的度数，例如 119.645。"))
        return found

    return read


def _area(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise _wrong(name, _("要是 12 位统计用区划代码。"))
    return value


@dataclass(frozen=True)
class Field:
    """A field of a message: how its value is read, and whether it has to be there. null is as if it were not."""

    read: Callable[[str, Any], Any]
    needed: bool = False


_ALWAYS: Final = {
    "message_id": Field(_text(100), True),
    "kind": Field(_text(30), True),
    "order_no": Field(_text(60), True),
}
_SAID: Final = {
    "title": Field(_text(200)),
    "due_at": Field(_time),
    "caller_name": Field(_text(40)),
    "caller_phone": Field(_text(40)),
    "appeal_kind": Field(_text(20)),
    "unit": Field(_text(100)),
    "place": Field(_text(200)),
    "urgency": Field(_text(20)),
    "confidential": Field(_flag),
}
MESSAGES: Final[Mapping[str, Mapping[str, Field]]] = {
    "order": {
        "received_at": Field(_time, True),
        "text": Field(_text(MOST_WORDS), True),
        **_SAID,
        "area_code": Field(_area),
        "lon": Field(_degrees(180)),
        "lat": Field(_degrees(90)),
        "order_type": Field(_text(20)),
        "related_order": Field(_text(60)),
    },
    "amend": {"text": Field(_text(MOST_WORDS)), **_SAID},
    "urge": {"note": Field(_text(500))},
    "withdraw": {"reason": Field(_text(500), True)},
    "extension_decision": {
        "granted": Field(_flag, True), "reason": Field(_text(500)), "due_at": Field(_time),
    },
    "return_decision": {"granted": Field(_flag, True), "reason": Field(_text(500))},
    "callback": {
        "score": Field(_text(20), True), "solved": Field(_flag), "contacted": Field(_flag),
        "comment": Field(_text(400)), "due_at": Field(_time),
    },
}  # fmt: skip
"""Kind of message → its fields beside those of every message."""

NAMES: Final = {
    "number": "order_no", "name": "caller_name", "phone": "caller_phone", "appeal": "appeal_kind",
    "related": "related_order", "decision": "reason",
}  # fmt: skip
"""Fields as the house calls them → as a message does."""


def read_message(raw: bytes) -> dict[str, Any]:
    """A message of one of MESSAGES, its values read; what was not said is not in it. Refused (400) with the field."""
    told = _object(raw)
    kind = told.get("kind")
    if not isinstance(kind, str) or kind not in MESSAGES:
        raise _wrong("kind", _("要是其中之一：%(kinds)s。") % {"kinds": ", ".join(MESSAGES)})
    fields = {**_ALWAYS, **MESSAGES[kind]}
    for name in told:
        if name not in fields:
            raise _wrong(clean(name)[:40] or "?", _("没有这个字段。"), code="no_such_field")
    read = {name: one.read(name, told[name]) for name, one in fields.items() if told.get(name) is not None}
    for name, one in fields.items():
        if one.needed and read.get(name) in (None, ""):
            raise _wrong(name, _("必须写。"), code="missing")
    if ("lon" in read) != ("lat" in read):
        raise _wrong("lon", _("lon 和 lat 要一起写。"))
    return read


def _object(raw: bytes) -> dict[str, Any]:
    words = _("内容要是一个 UTF-8 的 JSON 对象，字段不能重复。")
    try:
        told = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_none)
    except (ValueError, RecursionError):
        raise Refused("bad_json", words, status=400) from None
    if not isinstance(told, dict):
        raise Refused("bad_json", words, status=400)
    return told


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is said twice")
    return found


def _none(constant: str) -> Any:
    raise ValueError(constant)


def read_number(name: str, text: str, *, usual: int, least: int, most: int) -> int:
    """A whole number of an address. Refused (400) for anything else."""
    if not text:
        return usual
    if not re.fullmatch(r"[0-9]{1,15}", text) or not least <= int(text) <= most:
        raise _wrong(name, _("要是 %(least)d 到 %(most)d 的整数。") % {"least": least, "most": most})
    return int(text)
