"""A form as it came over the wire: read strictly, small, UTF-8, and never as anything else than a form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused

MOST_BYTES: Final = 256 << 10
MOST_FIELDS: Final = 200
TYPE: Final = "application/x-www-form-urlencoded"

_ATTRIBUTE = re.compile(r"attribute\[([A-Za-z0-9_.-]{1,60})\](?:\[\])?")


@dataclass(frozen=True)
class Form:
    """``fields``: the last value of each name that is not blank; ``attributes``: code → its values, blank ones left out."""

    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The value of a field, '' for none."""
        return self.fields.get(name, "")


def check_kind(content_type: str, length: str) -> None:
    """Before a byte is read: is it a form, and a small one? Refused (400) otherwise."""
    if content_type.partition(";")[0].strip().lower() != TYPE:
        words = _("只收 %(type)s 的表单，不收 XML、JSON 和文件。") % {"type": TYPE}
        raise Refused("not_a_form", words, status=400)
    if not length.isdecimal() or len(length) > 9 or int(length) > MOST_BYTES:
        words = _("表单最多 %(kb)d KB，没有收下。") % {"kb": MOST_BYTES >> 10}
        raise Refused("form_too_big", words, status=400)


def read_form(body: bytes) -> Form:
    """The form in a body. Refused (400) for what is no UTF-8, has a NUL in it or more than MOST_FIELDS fields."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise _spoilt() from None
    found = Form()
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise _spoilt()
        if not value.strip():
            continue
        known = _ATTRIBUTE.fullmatch(name)
        if known:
            found.attributes.setdefault(known[1], []).append(value.strip())
        else:
            found.fields[name] = value.strip()
    return found


def _spoilt() -> Refused:
    return Refused("bad_form", _("表单读不出来：要用 UTF-8 编码，字段不能太多。"), status=400)
