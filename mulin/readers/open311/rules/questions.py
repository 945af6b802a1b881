"""What a matter type asks beyond words and place. The questions follow from what the county says of the type itself:
urgent by its nature, or about property services. Answers become lines of the report, which people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _later

from mulin.kernel.clock import CHINA
from mulin.kernel.errors import Refused
from mulin.readers.open311.rules.times import moment

Words = str | Promise
LONGEST: Final = {"string": 100, "text": 500}


@dataclass(frozen=True)
class Attribute:
    """A question of GeoReport v2. ``values``: (key, name) of a list; ``variable`` False: only said, not asked."""

    code: str
    datatype: str
    description: Words
    required: bool = False
    hint: Words = ""
    values: tuple[tuple[str, Words], ...] = ()
    variable: bool = True


_CALL = Attribute(
    "CALL_FIRST",
    "text",
    _later("有人受伤、被困，或者有火情、犯罪，请先打 110、119、120；这里不能代替报警。"),
    variable=False,
)
_DANGER = Attribute(
    "DANGER",
    "singlevaluelist",
    _later("现在有人有危险吗？"),
    required=True,
    values=(
        ("yes", _later("有人受伤或被困")),
        ("soon", _later("暂时没有，随时可能有")),
        ("no", _later("没有")),
    ),
)
_SINCE = Attribute("SINCE", "datetime", _later("从什么时候开始的？"))
_COMPOUND = Attribute(
    "COMPOUND", "string", _later("哪个小区、几号楼？"), required=True, hint=_later("例如 双虹家园3号楼")
)
_SERVICES = Attribute(
    "PROPERTY_SERVICES",
    "multivaluelist",
    _later("和物业的哪些服务有关？"),
    values=(
        ("cleaning", _later("保洁")),
        ("greening", _later("绿化")),
        ("security", _later("秩序和门禁")),
        ("repairs", _later("维修")),
        ("lifts", _later("电梯")),
        ("fees", _later("收费")),
    ),
)


def attributes_of(*, emergency: bool, property_related: bool) -> tuple[Attribute, ...]:
    """The questions of a matter type, in their order."""
    found: tuple[Attribute, ...] = ()
    if emergency:
        found += (_CALL, _DANGER)
    if property_related:
        found += (_COMPOUND, _SERVICES)
    return (*found, _SINCE) if found else ()


@dataclass(frozen=True)
class Asked:
    """A question and its answer, in words."""

    question: str
    answer: str

    def __str__(self) -> str:
        return f"{self.question} {self.answer}"


def answered(asked: Sequence[Attribute], told: Mapping[str, Sequence[str]]) -> list[Asked]:
    """The answers in the questions' order. Refused (400) for a question that was not asked, one left open that must be
    answered, and an answer that fits no question."""
    known = {one.code: one for one in asked if one.variable}
    for code in told:
        if code not in known:
            raise _wrong(code, _("没有这个附加问题：%(code)s。") % {"code": code})
    found = []
    for code, one in known.items():
        values = told.get(code, ())
        if not values and one.required:
            raise _wrong(
                code, _("请回答 %(code)s：%(question)s") % {"code": code, "question": one.description}
            )
        if values:
            found.append(Asked(str(one.description), _answer(one, values)))
    return found


def _answer(one: Attribute, values: Sequence[str]) -> str:
    if len(values) > 1 and one.datatype != "multivaluelist":
        raise _wrong(one.code, _("%(code)s 只能有一个回答。") % {"code": one.code})
    if one.values:
        names = dict(one.values)
        if not set(values) <= set(names):
            keys = ", ".join(names)
            raise _wrong(one.code, _("%(code)s 要从这些里选：%(keys)s。") % {"code": one.code, "keys": keys})
        return "、".join(str(names[value]) for value in dict.fromkeys(values))
    if one.datatype == "datetime":
        return _day(moment(values[0], name=one.code))
    most = LONGEST[one.datatype]
    if len(values[0]) > most:
        raise _wrong(one.code, _("%(code)s 最多 %(most)d 个字。") % {"code": one.code, "most": most})
    return values[0]


def _day(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def _wrong(code: str, words: str) -> Refused:
    return Refused("bad_attribute", words, field=code, status=400)
