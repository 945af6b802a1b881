"""Limits as people write them: 4个工作小时, 3个工作日, 30分钟; and the exceptions of a level in one cell of a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mulin.services.catalogue.rules.levels import DisposalLevel
from mulin.services.catalogue.rules.limits import MOST_MINUTES, WORKING_DAY, Clock, LimitRow, Mode, Step

_DAY: Final = int(WORKING_DAY.total_seconds() // 60)
_UNITS: Final = {
    "工作日": (_DAY, Clock.WORKING),
    "个工作日": (_DAY, Clock.WORKING),
    "工作小时": (60, Clock.WORKING),
    "个工作小时": (60, Clock.WORKING),
    "工作分钟": (1, Clock.WORKING),
    "分钟": (1, Clock.ELAPSED),
    "分": (1, Clock.ELAPSED),
    "小时": (60, Clock.ELAPSED),
    "个小时": (60, Clock.ELAPSED),
    "天": (1440, Clock.ELAPSED),
    "日": (1440, Clock.ELAPSED),
    "个自然日": (1440, Clock.ELAPSED),
    "自然日": (1440, Clock.ELAPSED),
}
_WRITTEN: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(\S+)")

STEPS: Final = {
    "受理": Step.ACCEPT,
    "首次联系": Step.FIRST_RESPONSE,
    "处置": Step.DISPOSE,
    "核查": Step.VERIFY,
}
LEVELS: Final = {
    "网格": DisposalLevel.GRID,
    "小区": DisposalLevel.COMPOUND,
    "社区": DisposalLevel.COMMUNITY,
    "街道": DisposalLevel.STREET,
    "县级": DisposalLevel.COUNTY,
}
"""How tables write steps and levels, whatever the reader's language."""


def span_text(minutes: int, clock: str) -> str:
    """How a table writes it: the largest unit that leaves no rest."""
    units = (
        [(_DAY, "个工作日"), (60, "个工作小时"), (1, "工作分钟")]
        if clock == Clock.WORKING
        else [(1440, "天"), (60, "小时"), (1, "分钟")]
    )
    # people say 24小时, not 1天
    units = [one for one in units if (minutes, clock) != (1440, Clock.ELAPSED) or one[0] != 1440]
    size, unit = next((size, unit) for size, unit in units if minutes % size == 0)
    return f"{minutes // size}{unit}"


def span_words(minutes: int, clock: str) -> str:
    """The same in the reader's language."""
    if clock == Clock.WORKING:
        if minutes % _DAY == 0:
            count = minutes // _DAY
            return ngettext("%(count)d 个工作日", "%(count)d 个工作日", count) % {"count": count}
        if minutes % 60 == 0:
            count = minutes // 60
            return ngettext("%(count)d 个工作小时", "%(count)d 个工作小时", count) % {"count": count}
        return ngettext("%(count)d 工作分钟", "%(count)d 工作分钟", minutes) % {"count": minutes}
    if minutes % 1440 == 0 and minutes > 1440:
        count = minutes // 1440
        return ngettext("%(count)d 天", "%(count)d 天", count) % {"count": count}
    if minutes % 60 == 0:
        count = minutes // 60
        return ngettext("%(count)d 小时", "%(count)d 小时", count) % {"count": count}
    return ngettext("%(count)d 分钟", "%(count)d 分钟", minutes) % {"count": minutes}


def read_span(text: str) -> tuple[int, str]:
    """(minutes, clock) of what somebody wrote. ValueError says in words what is wrong."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    found = _WRITTEN.fullmatch(plain)
    unit = _UNITS.get(found[2]) if found else None
    if found is None or unit is None:
        raise ValueError(
            _("时限“%(text)s”看不懂，请写成“4个工作小时”“3个工作日”“30分钟”或“24小时”的样子")
            % {"text": text[:20]}
        )
    minutes = float(found[1]) * unit[0]
    if minutes != int(minutes) or not 1 <= minutes <= MOST_MINUTES:
        raise ValueError(_("时限“%(text)s”应在 1 分钟到一年之间") % {"text": text[:20]})
    return int(minutes), unit[1].value


def exceptions_text(rows: Iterable[LimitRow], mode: str) -> str:
    """The limits of a mode that do not stand in a column of their own, in one cell: ``处置4小时；街道：处置10个工作日``.

    In routine the limits of every level have columns; the emergency's have none.
    """
    steps = {step: word for word, step in STEPS.items()}
    levels = {level: word for word, level in LEVELS.items()}
    parts: dict[str, list[str]] = {}
    order = ["", *levels]
    for row in sorted(rows, key=lambda one: (order.index(one.level), list(steps).index(Step(one.step)))):
        if row.mode == mode and (row.level or mode == Mode.EMERGENCY):
            said = f"{steps[Step(row.step)]}{span_text(row.minutes, row.clock)}"
            parts.setdefault(row.level, []).append(said)
    return "；".join(
        "、".join(said) if not level else f"{levels[DisposalLevel(level)]}：{'、'.join(said)}"
        for level, said in parts.items()
    )


def read_exceptions(text: str, mode: str) -> tuple[LimitRow, ...]:
    """What ``exceptions_text`` wrote, or a person. ValueError says in words what is wrong."""
    found: dict[tuple[str, str], LimitRow] = {}
    for part in re.split(r"[；;\n]+", unicodedata.normalize("NFKC", text)):
        if not part.strip():
            continue
        before, colon, after = part.partition(":")
        level = _level(before) if colon else ""
        if not level and mode == Mode.ROUTINE:
            raise ValueError(
                _("“%(text)s”前面要写层级，如“街道：处置10个工作日”") % {"text": part.strip()[:20]}
            )
        for said in re.split(r"[、,，]+", after if colon else part):
            step, span = _step(said.strip())
            minutes, clock = read_span(span)
            if (level, step) in found:
                raise ValueError(_("“%(text)s”这一步写了两次") % {"text": said.strip()[:20]})
            found[level, step] = LimitRow(level, mode, step, minutes, clock)
    return tuple(found.values())


def _level(text: str) -> str:
    plain = text.strip()
    for word, level in LEVELS.items():
        if plain.startswith(word):
            return level.value
    raise ValueError(
        _("“%(text)s”不是层级，层级写作：%(levels)s") % {"text": plain[:20], "levels": "、".join(LEVELS)}
    )


def _step(text: str) -> tuple[str, str]:
    for word, step in STEPS.items():
        if text.startswith(word):
            return step.value, text[len(word) :]
    raise ValueError(
        _("“%(text)s”没有写是哪一步，步骤写作：%(steps)s") % {"text": text[:20], "steps": "、".join(STEPS)}
    )
