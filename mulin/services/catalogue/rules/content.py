"""What a version says, as one value: drafts are made of it, tables and forms are read into it, versions compared by it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused
from mulin.services.catalogue.rules.levels import DisposalLevel
from mulin.services.catalogue.rules.limits import MOST_MINUTES, Clock, LimitRow, Mode, Step
from mulin.services.catalogue.rules.matters import CODE, Evidence, Theme, Verification

LONGEST: Final = {
    "name": 60,
    "name_en": 120,
    "description": 1000,
    "keywords": 300,
    "basis": 1000,
    "accept_text": 500,
    "dispose_text": 500,
    "refuse_text": 500,
}
"""Characters of each text."""
MOST_ASSISTS: Final = 8


@dataclass(frozen=True)
class Content:
    """Everything a version says. ``lead_unit`` None: by territory, the unit of the level."""

    name: str
    level: str
    name_en: str = ""
    description: str = ""
    keywords: str = ""
    theme: str = ""
    property_related: bool = False
    micro: bool = False
    emergency: bool = False
    lead_unit: UUID | None = None
    assists: tuple[UUID, ...] = ()
    evidence_needed: str = Evidence.TEXT.value
    verification: str = Verification.REPORTER.value
    basis: str = ""
    accept_text: str = ""
    dispose_text: str = ""
    refuse_text: str = ""
    limits: tuple[LimitRow, ...] = ()


def _clean(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines))


def keywords_of(text: str) -> tuple[str, ...]:
    """The words of a list, each once, in order; separators as people vary them."""
    parts = re.split(r"[、,，;；\s]+", unicodedata.normalize("NFKC", text))
    return tuple(dict.fromkeys(part for part in parts if part))


def checked_code(code: str) -> str:
    """A code in its one form. Refuses what a spreadsheet might take for a number."""
    plain = unicodedata.normalize("NFKC", code).strip().upper()
    if not CODE.fullmatch(plain):
        raise Refused("matter_code", _("编码由大写字母开头，后面是数字，如 WY03。"), field="code")
    return plain


def checked(content: Content) -> Content:
    """The content in its one form: outer spaces gone, keywords joined alike, limits in order. Refuses, naming the field,
    a missing name, an over-long text, an unknown choice, a lead unit that also assists, a limit out of bounds."""
    texts: dict[str, Any] = {field: _clean(getattr(content, field)) for field in LONGEST}
    texts["name"] = " ".join(texts["name"].split())
    texts["keywords"] = "、".join(keywords_of(content.keywords))
    if not texts["name"]:
        raise Refused("matter_name", _("请写事项的名称。"), field="name")
    for field, most in LONGEST.items():
        if len(texts[field]) > most:
            raise Refused("matter_long", _("最多 %(most)d 个字。") % {"most": most}, field=field)
    _check_choices(content)
    assists = tuple(dict.fromkeys(content.assists))
    if content.lead_unit in assists:
        raise Refused("matter_assist_leads", _("主办单位不必再列为协办。"), field="assists")
    if len(assists) > MOST_ASSISTS:
        raise Refused(
            "matter_assists", _("协办单位最多 %(most)d 个。") % {"most": MOST_ASSISTS}, field="assists"
        )
    return replace(content, **texts, assists=assists, limits=_ordered(content.limits))


def _check_choices(content: Content) -> None:
    for field, known in (
        ("level", DisposalLevel),
        ("theme", Theme),
        ("evidence_needed", Evidence),
        ("verification", Verification),
    ):
        if getattr(content, field) not in known.values:
            raise Refused("matter_choice", _("请从列表中选择。"), field=field)


def _ordered(limits: tuple[LimitRow, ...]) -> tuple[LimitRow, ...]:
    for row in limits:
        known = (
            row.level in ("", *DisposalLevel.values)
            and row.mode in Mode.values
            and row.step in Step.values
            and row.clock in Clock.values
        )
        if not known or not 1 <= row.minutes <= MOST_MINUTES:
            raise Refused("matter_limit", _("时限应在 1 分钟到一年之间。"), field="limits")
    if len({(row.level, row.mode, row.step) for row in limits}) < len(limits):
        raise Refused("matter_limit_twice", _("同一层级的同一步骤写了两个时限。"), field="limits")
    levels, modes, steps = ["", *DisposalLevel.values], Mode.values, Step.values
    return tuple(
        sorted(
            limits, key=lambda row: (modes.index(row.mode), levels.index(row.level), steps.index(row.step))
        )
    )
