"""One value written as JSON or as XML: GeoReport's JSON is its XML by the Spark convention, lists without wrappers."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree

from mulin.kernel.clock import CHINA

CONTENT: Final = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
"""Format → Content-Type."""

_ITEM: Final = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""List → the element of one of it."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def written(root: str, value: Any, form: str) -> bytes:
    """UTF-8 bytes of a value in a format ("xml" or "json"). ``root``: the outermost element; JSON has none.

    Dicts keep their order; None is an empty element or null; times are W3C with the offset of Asia/Shanghai.
    """
    if form == "json":
        return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False).encode()
    top = ElementTree.Element(root)
    _fill(top, value)
    head = b'<?xml version="1.0" encoding="utf-8"?>\n'
    return head + ElementTree.tostring(top, encoding="unicode").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return _moment(value) if isinstance(value, datetime) else value


def _moment(value: datetime) -> str:
    return value.astimezone(CHINA).isoformat(timespec="seconds")


def _fill(parent: ElementTree.Element, value: Any) -> None:
    if isinstance(value, dict):
        for key, one in value.items():
            _fill(ElementTree.SubElement(parent, key), one)
    elif isinstance(value, list | tuple):
        for one in value:
            _fill(ElementTree.SubElement(parent, _ITEM[parent.tag]), one)
    elif value is not None and value != "":
        parent.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _moment(value)
    return _NOT_XML.sub("", str(value))
