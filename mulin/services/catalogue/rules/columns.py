"""The catalogue as a table: one row per matter type, in words that a clerk writes. Written Chinese in every language,
so that a file exported by one reader is read back by another."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.kernel.tables import Column, Kind
from mulin.services.catalogue.rules.content import Content, keywords_of
from mulin.services.catalogue.rules.levels import DisposalLevel
from mulin.services.catalogue.rules.limits import LimitRow, Mode
from mulin.services.catalogue.rules.matters import Evidence, Theme, Verification
from mulin.services.catalogue.rules.spans import (
    LEVELS,
    STEPS,
    exceptions_text,
    read_exceptions,
    read_span,
    span_text,
)

_SPAN = "写作 4个工作小时、3个工作日、30分钟、24小时、7天；空着按全县统一时限"
_BY_LEVEL = "与上面不同的层级才写，如：街道：处置10个工作日；县级：受理1个工作日、处置20个工作日"
_URGENT = "进入急时状态后的时限，如：受理15分钟、处置4小时；街道：处置12小时"
COLUMNS: Final = (
    Column("code", "事项编码", ("编码", "编号", "code"), True, Kind.IDENTIFIER, "字母开头，如 WY03，不重复，不再改"),
    Column("category", "大类", ("类别", "分类", "category"), True, hint="大类的名称"),
    Column("name", "事项名称", ("名称", "事项", "name"), True, hint="60 个字以内，与别的事项不同"),
    Column("level", "首派层级", ("层级", "分级", "level"), True, hint="先派到哪一级"),
    Column("lead_unit", "主办单位", ("牵头单位", "责任单位", "lead unit"),
           hint="本县登记的单位全名；空着按地点，由该级的单位办"),
    Column("assists", "协办单位", ("配合单位", "assist units"), hint="几个单位用顿号隔开"),
    Column("accept", "受理时限", ("受理",), hint=_SPAN),
    Column("first_response", "首次联系时限", ("响应时限", "首次联系"), hint=_SPAN),
    Column("dispose", "处置时限", ("办理时限", "处置"), hint=_SPAN),
    Column("verify", "核查时限", ("核查",), hint=_SPAN),
    Column("exceptions", "分级时限", ("各级时限",), hint=_BY_LEVEL),
    Column("urgent_limits", "急时时限", ("应急时限",), hint=_URGENT),
    Column("evidence_needed", "结果材料", ("证据要求", "evidence"), hint="办结时要附什么"),
    Column("verification", "核查方式", ("verification",), hint="谁来看是否真办好了，不能是经办人自己"),
    Column("emergency", "急件", ("紧急",), hint="性质上就是急的填“是”"),
    Column("micro", "微难题", ("微事项",), hint="当场能解决的小事填“是”"),
    Column("property_related", "物业投诉", ("涉物业",), hint="属于对物业服务的投诉填“是”"),
    Column("theme", "小区痛点", ("痛点",), hint="停车难、环境差、设施旧之一，其他空着"),
    Column("keywords", "关键词", ("常用说法", "keywords"), hint="群众常用的说法，顿号隔开，用来查“归谁管”"),
    Column("description", "说明", ("事项说明", "description"), hint="哪些属于这一项，哪些不属于"),
    Column("basis", "依据", ("法律依据", "政策依据", "basis"), hint="法律或本县规定；没有把握的空着"),
    Column("accept_text", "受理答复", (), hint="受理时可直接用的话"),
    Column("dispose_text", "办结答复", (), hint="办结时可直接用的话"),
    Column("refuse_text", "不受理去向", ("不予受理答复",), hint="不归本事项时该找谁"),
    Column("name_en", "英文名称", ("english name",)),
)  # fmt: skip

_EVIDENCE: Final = {
    "不要求": Evidence.NONE,
    "写明经过": Evidence.TEXT,
    "处置后照片": Evidence.PHOTO_AFTER,
    "前后照片": Evidence.PHOTO_BOTH,
    "文书照片": Evidence.DOCUMENT,
}
_VERIFICATION: Final = {
    "反映人评价": Verification.REPORTER,
    "另一人核查": Verification.SECOND_PERSON,
    "抽查": Verification.SAMPLE,
}
_THEMES: Final = {"停车难": Theme.PARKING, "环境差": Theme.ENVIRONMENT, "设施旧": Theme.FACILITIES}
_YES: Final = {"是": True, "有": True, "1": True, "√": True, "yes": True, "true": True}
_NO: Final = {"否": False, "无": False, "0": False, "no": False, "false": False}

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "level": tuple(LEVELS),
    "evidence_needed": tuple(_EVIDENCE),
    "verification": tuple(_VERIFICATION),
    "theme": tuple(_THEMES),
    "emergency": ("是", "否"),
    "micro": ("是", "否"),
    "property_related": ("是", "否"),
}
"""Drop-downs of the template; categories and units are the county's own."""
_TEXTS: Final = (
    "name",
    "name_en",
    "description",
    "keywords",
    "basis",
    "accept_text",
    "dispose_text",
    "refuse_text",
)
_MARKS: Final = ("emergency", "micro", "property_related")


def cells_of(code: str, category: str, content: Content, units: Mapping[UUID, str]) -> dict[str, str]:
    """The row of a matter type, by column name. ``units``: id → name."""
    every = {row.step: row for row in content.limits if not row.level and row.mode == Mode.ROUTINE}
    cells = {field: getattr(content, field) for field in _TEXTS}
    cells |= {
        "code": code,
        "category": category,
        "level": _word(LEVELS, content.level),
        "lead_unit": units[content.lead_unit] if content.lead_unit else "",
        "assists": "、".join(units[one] for one in content.assists),
        "exceptions": exceptions_text(content.limits, Mode.ROUTINE),
        "urgent_limits": exceptions_text(content.limits, Mode.EMERGENCY),
        "evidence_needed": _word(_EVIDENCE, content.evidence_needed),
        "verification": _word(_VERIFICATION, content.verification),
        "theme": _word(_THEMES, content.theme) if content.theme else "",
    }
    cells |= {
        step.value: span_text(every[step].minutes, every[step].clock) if step in every else ""
        for step in STEPS.values()
    }
    return cells | {mark: "是" if getattr(content, mark) else "" for mark in _MARKS}


def _word(words: Mapping[str, Any], value: str) -> str:
    return next(word for word, known in words.items() if known == value)


def content_from(
    values: Mapping[str, object], before: Content | None, find_unit: Callable[[str], UUID]
) -> tuple[Content, list[str]]:
    """(content, problems in words) of a row. A column that the file lacks leaves what ``before`` says; a blank cell
    empties it. ``find_unit`` raises ValueError for a name that is no unit's."""
    problems: list[str] = []
    cells = {name: "" if value is None else str(value) for name, value in values.items()}
    said: dict[str, Any] = {field: cells[field] for field in _TEXTS if field in cells}
    readers: dict[str, Callable[[str], Any]] = {
        "level": lambda cell: _known(LEVELS, DisposalLevel, cell),
        "evidence_needed": lambda cell: _known(_EVIDENCE, Evidence, cell) if cell else Evidence.TEXT.value,
        "verification": lambda cell: (
            _known(_VERIFICATION, Verification, cell) if cell else Verification.REPORTER.value
        ),
        "theme": lambda cell: _known(_THEMES, Theme, cell) if cell else "",
        "lead_unit": lambda cell: find_unit(cell) if cell else None,
        "assists": lambda cell: tuple(find_unit(name) for name in keywords_of(cell)),
        **dict.fromkeys(_MARKS, _mark),
    }
    for field, read in readers.items():
        if field in cells:
            try:
                said[field] = read(cells[field].strip())
            except ValueError as wrong:
                problems.append(f"“{_title(field)}”{wrong}")
    said["limits"] = _limits(cells, before.limits if before else (), problems)
    base = before or Content(name="", level=DisposalLevel.GRID.value)
    return replace(base, **said), problems


def _limits(
    cells: Mapping[str, str], before: tuple[LimitRow, ...], problems: list[str]
) -> tuple[LimitRow, ...]:
    """The limits that the row names, and those of columns that the file lacks."""
    kept = [row for row in before if _column_of(row) not in cells]
    for step in STEPS.values():
        if cell := cells.get(step.value, "").strip():
            try:
                minutes, clock = read_span(cell)
                kept.append(LimitRow("", Mode.ROUTINE.value, step.value, minutes, clock))
            except ValueError as wrong:
                problems.append(f"“{_title(step.value)}”{wrong}")
    for column, mode in (("exceptions", Mode.ROUTINE.value), ("urgent_limits", Mode.EMERGENCY.value)):
        try:
            kept += read_exceptions(cells.get(column, ""), mode)
        except ValueError as wrong:
            problems.append(f"“{_title(column)}”{wrong}")
    return tuple(kept)


def _column_of(row: LimitRow) -> str:
    if row.mode == Mode.EMERGENCY:
        return "urgent_limits"
    return "exceptions" if row.level else row.step


def _title(name: str) -> str:
    return next(column.title for column in COLUMNS if column.name == name)


def _known(words: Mapping[str, Any], codes: Any, cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell).strip()
    if plain in words:
        return str(words[plain].value)
    if plain.lower() in codes.values:
        return plain.lower()
    raise ValueError(
        _("写的是“%(text)s”，应是其中之一：%(choices)s") % {"text": cell[:20], "choices": "、".join(words)}
    )


def _mark(cell: str) -> bool:
    plain = unicodedata.normalize("NFKC", cell).strip().lower()
    if not plain or plain in _NO:
        return False
    if plain in _YES:
        return True
    raise ValueError(_("写的是“%(text)s”，请填“是”或“否”") % {"text": cell[:20]})
