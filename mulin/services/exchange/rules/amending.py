"""What may still be changed in a published round, pure: everything before the first nomination, then the last day later and
the words clearer, once nominations are over the words, nothing from the notice on. Row 88."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

FIELDS: Final = {
    "title": _("评选名称"),
    "basis": _("评什么样的，凭什么标准"),
    "path": _("哪个地方"),
    "seats": _("名额"),
    "office": _("哪一级评定"),
    "committee": _("评议组织的名称"),
    "nominate_from": _("提名从哪天开始"),
    "nominate_until": _("提名到哪天（含）"),
    "notice_days": _("公示几天"),
    "notice_clock": _("按什么算"),
    "counts": _("优先依据统计哪些"),
    "counted_from": _("从哪天统计"),
    "counted_until": _("统计到哪天（含）"),
}
"""What a round declares → what it is called."""
WORDS: Final = ("title", "basis")

WRONG: Final = {
    "closed": _("已经有人提名，这一项不能再改。"),
    "earlier": _("已经有人提名，截止日期只能往后延。"),
    "past": _("截止日期不能早于今天。"),
    "same": _("没有改动。"),
}


def open_fields(*, state: str, nominated: bool) -> tuple[str, ...]:
    """What may be changed now."""
    if state in ("planned", "nominating") and not nominated:
        return tuple(FIELDS)
    if state == "nominating":
        return (*WORDS, "nominate_until")
    return WORDS if state == "deciding" else ()


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The fields that differ, in the order of FIELDS."""
    return [name for name in FIELDS if before.get(name) != after.get(name)]


def change_wrong(
    *, state: str, nominated: bool, before: Mapping[str, Any], after: Mapping[str, Any], today: str
) -> tuple[str, str]:
    """(field, code of WRONG) of a change that may not be, ('', '') where it may. Days as ISO text, as versions keep them."""
    found = changed(before, after)
    if not found:
        return "", "same"
    allowed = open_fields(state=state, nominated=nominated)
    for name in found:
        if name not in allowed:
            return name, "closed"
    if "nominate_until" in found and after["nominate_until"] < today:
        return "nominate_until", "past"
    if nominated and "nominate_until" in found and after["nominate_until"] < before["nominate_until"]:
        return "nominate_until", "earlier"
    return "", ""
