"""Reading what a program sends, strictly: JSON and nothing else, not too large, not too deep, nothing said twice."""

from __future__ import annotations

import json
from typing import Any, Final

from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused

MOST_BYTES: Final = 12 * 1024 * 1024
"""Of a body: a report or a result with its photos in base64."""
DEEPEST: Final = 8
"""Brackets within brackets: what we take has three."""


def read_json(raw: bytes) -> Any:
    """The value of a JSON body. Refused (400) where it is no JSON in UTF-8, too deep, names a member twice, or has a
    number that JSON does not know."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as wrong:
        raise Refused("bad_json", _("请求内容要是 UTF-8 的 JSON。"), status=400) from wrong
    if _depth(value) > DEEPEST:
        raise Refused("bad_json", _("JSON 套得太深。"), status=400)
    return value


def _depth(value: Any, deep: int = 1) -> int:
    """How deep a value goes; it stops counting beyond DEEPEST."""
    if deep > DEEPEST or not isinstance(value, dict | list):
        return deep
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(one, deep + 1) for one in inner), default=deep)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is named twice")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def check_body(*, kind: str, length: str) -> None:
    """Refuse another kind of body (415) or one that is too large (413), by its headers, before it is read."""
    name = kind.partition(";")[0].strip().lower()
    if name != "application/json":
        raise Refused("not_json", _("请用 Content-Type: application/json。"), status=415)
    if not length.isdecimal() or len(length) > 12:
        raise Refused("no_length", _("请求要有 Content-Length。"), status=411)
    if int(length) > MOST_BYTES:
        words = _("请求内容最多 %(most)d MB。") % {"most": MOST_BYTES // 2**20}
        raise Refused("too_big", words, status=413)
