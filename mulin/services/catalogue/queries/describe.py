"""A version in the reader's words, field by field: pages show it, and two versions are compared by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.services.catalogue.models import MatterVersion
from mulin.services.catalogue.queries.matters import contents_of
from mulin.services.catalogue.rules import (
    Content,
    DisposalLevel,
    Evidence,
    Limit,
    LimitRow,
    Mode,
    Step,
    Theme,
    Verification,
    span_words,
)


@dataclass(frozen=True)
class Change:
    """A field that two versions say differently."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class LimitLine:
    """One line of the table of limits: a level ('' = every level) and a cell per step, '' where nothing is set."""

    level: str
    words: str
    cells: tuple[str, ...]


def level_words(level: str) -> str:
    """The name of a level; '' is every level."""
    return str(DisposalLevel(level).label) if level else _("各级")


def limit_words(limit: Limit) -> str:
    """How long a step may take, such as 5 working days."""
    return span_words(limit.span // timedelta(minutes=1), limit.clock)


def limit_lines(rows: Iterable[LimitRow], mode: str) -> list[LimitLine]:
    """The limits of a mode as a table: one line per level for which something is set, every level first."""
    told: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.mode == mode:
            told.setdefault(row.level, {})[row.step] = span_words(row.minutes, row.clock)
    order = ["", *DisposalLevel.values]
    return [
        LimitLine(level, level_words(level), tuple(told[level].get(step, "") for step in Step.values))
        for level in order
        if level in told
    ]


def described(content: Content, units: Mapping[UUID, str]) -> dict[str, str]:
    """Field in words → what it says in words, in the order of the page. ``units``: id → name."""
    yes = {True: _("是"), False: _("否")}
    return {
        _("名称"): content.name,
        _("英文名称"): content.name_en,
        _("首派层级"): level_words(content.level),
        _("主办单位"): units.get(content.lead_unit, "") if content.lead_unit else _("按地点"),
        _("协办单位"): "、".join(units.get(one, "") for one in content.assists),
        _("平时时限"): _limit_text(content.limits, Mode.ROUTINE),
        _("急时时限"): _limit_text(content.limits, Mode.EMERGENCY),
        _("结果材料"): str(Evidence(content.evidence_needed).label),
        _("核查方式"): str(Verification(content.verification).label),
        _("急件"): yes[content.emergency],
        _("微难题"): yes[content.micro],
        _("物业投诉"): yes[content.property_related],
        _("小区痛点"): str(Theme(content.theme).label),
        _("关键词"): content.keywords,
        _("适用范围"): content.description,
        _("依据"): content.basis,
        _("受理答复"): content.accept_text,
        _("办结答复"): content.dispose_text,
        _("不受理时的去向"): content.refuse_text,
    }


def _limit_text(rows: Iterable[LimitRow], mode: str) -> str:
    steps = [str(step.label) for step in Step]
    lines = [
        f"{line.words}：{'、'.join(f'{step} {cell}' for step, cell in zip(steps, line.cells, strict=True) if cell)}"
        for line in limit_lines(rows, mode)
    ]
    return "；".join(lines)


def changes(before: MatterVersion, after: MatterVersion) -> list[Change]:
    """What the later version says differently, field by field. Three statements."""
    contents = contents_of([before, after])
    told = list(contents.values())
    keys = {one for content in told for one in (content.lead_unit, *content.assists) if one is not None}
    units = people.organisation_names(keys)
    old, new = described(contents[before.id], units), described(contents[after.id], units)
    return [Change(field, old[field], new[field]) for field in new if old[field] != new[field]]
