"""Input shapes of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mulin.ground.people import queries as people
from mulin.services.catalogue import queries
from mulin.services.catalogue.models import MatterCategory, MatterVersion
from mulin.services.catalogue.rules import (
    DEFAULTS,
    LONGEST,
    Content,
    DisposalLevel,
    DutyKind,
    Evidence,
    LimitRow,
    Mode,
    Step,
    Theme,
    Verification,
    read_span,
    span_text,
)

LEADING = ("county_office", "department", "professional_team", "other")
"""Kinds of units that lead or assist by name; all others come in by territory."""
_OFF = {"autocomplete": "off"}


def _area(
    label: Any, field: str, *, rows: int = 2, help_text: Any = "", required: bool = False
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST.get(field, 1000),
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _units(kept: Iterable[UUID] = ()) -> list[tuple[str, str]]:
    """(id, name) of the units that may be named, and of those named already."""
    english = (get_language() or "").startswith("en")
    named = {
        str(one.id): (english and one.name_en) or one.name for one in people.organisations(kinds=LEADING)
    }
    for key, name in people.organisation_names(kept).items():
        named.setdefault(str(key), name)
    return list(named.items())


class ListForm(forms.Form):
    """Filters of the catalogue."""

    q = forms.CharField(label=_("名称、说法或编码"), required=False, max_length=60)
    category = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[
            ("", _("现行")),
            ("draft", _("有草稿待发布")),
            ("retired", _("已停用")),
            ("ownerless", _("主办单位已撤销")),
            ("all", _("全部")),
        ],
    )


class WhoseForm(forms.Form):
    """What the caller says, and where he is."""

    q = forms.CharField(
        label=_("他说的是什么事"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=_OFF | {"type": "search", "enterkeyhint": "search"}),
    )
    place = forms.ChoiceField(label=_("在哪个社区"), required=False)

    def __init__(self, *args: Any, places: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["place"]).choices = [("", _("还不知道")), *places]


class CategoryForm(forms.Form):
    """A category's names and place in the order."""

    name = forms.CharField(label=_("名称"), max_length=60, widget=forms.TextInput(attrs=_OFF))
    name_en = forms.CharField(label=_("英文名称"), max_length=120, required=False)
    position = forms.IntegerField(label=_("次序"), min_value=1, max_value=99, initial=1)


class NewCategoryForm(CategoryForm):
    """A category that the county adds."""

    code = forms.CharField(
        label=_("代码"), max_length=30, help_text=_("小写英文字母，如 rural_affairs，以后不再改。")
    )
    field_order = ("code", "name", "name_en", "position")


class WhyForm(forms.Form):
    """A reason in words."""

    why = _area(_("原因"), "why", required=True)


# ── a matter ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class MatterForm(forms.Form):
    """What a version says. Limits are typed as people write them: one input per mode, level and step."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("名称"), max_length=LONGEST["name"], widget=forms.TextInput(attrs=_OFF))
    name_en = forms.CharField(label=_("英文名称"), max_length=LONGEST["name_en"], required=False)
    description = _area(
        _("适用范围"), "description", rows=3, help_text=_("哪些属于这一项，哪些不属于、该归哪一项。")
    )
    keywords = _area(
        _("关键词"), "keywords", help_text=_("群众常用的说法，用顿号隔开。“这事归谁管”靠它们找。")
    )
    level = forms.ChoiceField(
        label=_("首派层级"), choices=DisposalLevel.choices, help_text=_("先派到哪一级；办不了再逐级上报。")
    )
    lead_unit = forms.ChoiceField(
        label=_("主办单位"),
        required=False,
        help_text=_("不指定就按地点：由那里的网格、物业、社区或街道办。"),
    )
    assists = forms.MultipleChoiceField(
        label=_("协办单位"), required=False, widget=forms.CheckboxSelectMultiple
    )
    evidence_needed = forms.ChoiceField(
        label=_("结果材料"),
        choices=Evidence.choices,
        initial=Evidence.TEXT,
        help_text=_("只在确有必要时要照片；不要求的，办的人可以不拍。"),
    )
    verification = forms.ChoiceField(label=_("核查方式"), choices=Verification.choices)
    emergency = forms.BooleanField(
        label=_("急件"), required=False, help_text=_("性质上就是急的：危及人身、火灾、燃气等。")
    )
    micro = forms.BooleanField(label=_("微难题"), required=False, help_text=_("当场能解决的小事。"))
    property_related = forms.BooleanField(
        label=_("物业投诉"), required=False, help_text=_("计入物业投诉率。")
    )
    theme = forms.ChoiceField(label=_("小区痛点"), required=False, choices=Theme.choices)
    basis = _area(_("依据"), "basis", help_text=_("法律法规或本县文件的名称；没有把握的空着，不要写错。"))
    accept_text = _area(_("受理答复"), "accept_text", help_text=_("办的人可以直接用，也可以改。"))
    dispose_text = _area(_("办结答复"), "dispose_text")
    refuse_text = _area(_("不受理时的去向"), "refuse_text", help_text=_("不归这一项的，该找谁、打什么电话。"))

    def __init__(self, *args: Any, before: Content | None = None, **kwargs: Any) -> None:
        if before is not None:
            kwargs["initial"] = _initial(before) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.before = before
        kept = [one for one in (before.lead_unit, *before.assists) if one] if before else []
        units = _units(kept)
        cast(forms.ChoiceField, self.fields["lead_unit"]).choices = [("", _("按地点")), *units]
        cast(forms.ChoiceField, self.fields["assists"]).choices = units
        for name, mode, level, step in _limit_fields():
            self.fields[name] = forms.CharField(
                label=f"{queries.level_words(level)} · {Step(step).label}",
                required=False,
                max_length=20,
                widget=forms.TextInput(attrs=_OFF | {"placeholder": _placeholder(mode, level, step)}),
            )

    def limit_tables(self) -> list[dict[str, Any]]:
        """The inputs of limits as two tables: the line of every level, the lines of each, and which are in use."""
        return [self._limit_table(mode) for mode in Mode]

    def _limit_table(self, mode: Mode) -> dict[str, Any]:
        told: list[dict[str, Any]] = [
            {
                "words": queries.level_words(level),
                "fields": [self[_limit_name(mode, level, step)] for step in Step.values],
                "level": level,
            }
            for level in ("", *DisposalLevel.values)
        ]
        every, lines = told[0], told[1:]
        by_level = any(field.value() for line in lines for field in line["fields"])
        return {
            "words": mode.label,
            "every": every,
            "lines": lines,
            "by_level": by_level,
            "used": by_level or any(field.value() for field in every["fields"]),
        }

    @property
    def limits_wrong(self) -> bool:
        """Whether an input of a limit could not be read."""
        return any(name in self.errors for name, *_rest in _limit_fields())

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        rows = []
        for name, mode, level, step in _limit_fields():
            if text := (told.pop(name, "") or "").strip():
                try:
                    minutes, clock = read_span(text)
                    rows.append(LimitRow(level, mode, step, minutes, clock))
                except ValueError as wrong:
                    self.add_error(name, str(wrong))
        told["limits"] = tuple(rows)
        return told

    def content(self) -> Content:
        """What the form says, as the value that actions take. Assisting units keep the order they had."""
        told = {name: value for name, value in self.cleaned_data.items() if name in _CONTENT}
        chosen = [UUID(one) for one in told["assists"]]
        kept = [one for one in self.before.assists if one in chosen] if self.before else []
        told["assists"] = tuple(kept + [one for one in chosen if one not in kept])
        told["lead_unit"] = UUID(told["lead_unit"]) if told["lead_unit"] else None
        return Content(**told)


_CONTENT = frozenset(Content.__dataclass_fields__)


def _limit_name(mode: str, level: str, step: str) -> str:
    return f"limit_{Mode(mode).value}_{level or 'every'}_{step}"


def _limit_fields() -> list[tuple[str, str, str, str]]:
    """(field name, mode, level, step) of every input."""
    return [
        (_limit_name(mode, level, step), mode, level, step)
        for mode in Mode.values
        for level in ("", *DisposalLevel.values)
        for step in Step.values
    ]


def _placeholder(mode: str, level: str, step: str) -> str:
    """The default of the county where a line of every level is left empty."""
    if level:
        return ""
    default = getattr(DEFAULTS[Mode(mode)], step)
    return span_text(int(default.span.total_seconds() // 60), default.clock)


def _initial(before: Content) -> dict[str, Any]:
    told = {
        name: getattr(before, name) for name in _CONTENT if name not in ("limits", "assists", "lead_unit")
    }
    told["lead_unit"] = str(before.lead_unit or "")
    told["assists"] = [str(one) for one in before.assists]
    for row in before.limits:
        told[_limit_name(row.mode, row.level, row.step)] = span_text(row.minutes, row.clock)
    return told


class NewMatterForm(MatterForm):
    """A matter type that begins: its code and category too."""

    code = forms.CharField(
        label=_("编码"),
        max_length=13,
        help_text=_("字母开头加数字，如 WY15；以后不再改。"),
        widget=forms.TextInput(attrs=_OFF | {"autocapitalize": "characters"}),
    )
    category = forms.ChoiceField(label=_("大类"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["category"]).choices = category_choices()


def category_choices() -> list[tuple[str, Any]]:
    """(id, name) of the categories, after an empty first one."""
    return [("", _("请选择")), *((str(one.id), one.label) for one in queries.categories())]


def matter_initial(row: MatterVersion | None, category: MatterCategory | None) -> dict[str, Any]:
    """What a new matter's form is filled with."""
    if category is not None:
        return {"category": str(category.id), "code": queries.next_code(category.id)}
    return {"revision": row.revision} if row is not None else {}


# ── admission ────────────────────────────────────────────────────────────────────────────────────────────────────────


class AdmissionForm(forms.Form):
    """A unit's application."""

    unit = forms.ChoiceField(label=_("申请单位"))
    category = forms.ChoiceField(label=_("大类"))
    name = forms.CharField(
        label=_("事项名称"), max_length=LONGEST["name"], widget=forms.TextInput(attrs=_OFF)
    )
    description = _area(
        _("要网格做什么、不做什么"),
        "description",
        rows=3,
        required=True,
        help_text=_("多久一次、看什么、报给谁。"),
    )
    reason = _area(
        _("为什么要进网格清单"),
        "reason",
        rows=3,
        required=True,
        help_text=_("为什么本单位自己办不了、已有的数据里没有。"),
    )
    level = forms.ChoiceField(label=_("由哪一级办"), choices=DisposalLevel.choices)
    evidence_needed = forms.ChoiceField(label=_("结果材料"), choices=Evidence.choices, initial=Evidence.TEXT)
    basis = _area(_("依据"), "basis", help_text=_("法律法规或文件的名称。"))
    support = _area(_("本单位提供什么"), "support", help_text=_("培训、经费、人员、工具。"))

    def __init__(self, *args: Any, units: Sequence[UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = people.organisation_names(units)
        cast(forms.ChoiceField, self.fields["unit"]).choices = [
            (str(key), name) for key, name in names.items()
        ]
        cast(forms.ChoiceField, self.fields["category"]).choices = category_choices()


class DecisionForm(forms.Form):
    """The county's answer: both buttons send the reason; a code is needed to admit."""

    reason = _area(_("理由"), "reason", rows=3, required=True, help_text=_("申请单位看得到。"))
    code = forms.CharField(
        label=_("准入后的编码"),
        required=False,
        max_length=13,
        help_text=_("准入后生成一份草稿，由您补上时限和答复再发布。"),
        widget=forms.TextInput(attrs=_OFF),
    )


# ── mandates ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_BETWEEN = re.compile(r"\s*[｜|\t]\s*")


class MandateForm(forms.Form):
    """A street's list, a duty per line; behind ｜ the department that leads or took it back."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    positioning = _area(
        _("职能定位"), "positioning", rows=3, help_text=_("这个街道（乡镇）主要是干什么的，几句话。")
    )
    basis = _area(_("依据"), "basis", help_text=_("文件名称、文号、日期。"))
    basic = forms.CharField(
        label=DutyKind.BASIC.label,
        required=False,
        help_text=_("一行一条，可以从文件里整段粘贴。"),
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    assist = forms.CharField(
        label=DutyKind.ASSIST.label,
        required=False,
        help_text=_("一行一条，“｜”后面写主责部门，如：配合开展消防检查｜县消防救援大队"),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    taken_back = forms.CharField(
        label=DutyKind.TAKEN_BACK.label,
        required=False,
        help_text=_("一行一条，“｜”后面写承接的部门。"),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean(self) -> dict[str, Any]:
        """``duties``: [(text, kind, unit)]. A name that is no unit's is told with its line."""
        told = super().clean() or {}
        units = {one.name: one.id for one in people.organisations()}
        duties: list[tuple[str, str, UUID | None]] = []
        for kind in DutyKind.values:
            for number, line in enumerate(told.pop(kind, "").splitlines(), start=1):
                text, *named = _BETWEEN.split(line.strip(), maxsplit=1)
                if not text:
                    continue
                name = named[0] if named else ""
                if name and name not in units:
                    words = _now("第 %(number)d 行：本县没有登记“%(name)s”这个单位。")
                    self.add_error(kind, words % {"number": number, "name": name[:30]})
                duties.append((text, kind, units.get(name)))
        told["duties"] = duties
        return told


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class TableForm(forms.Form):
    """A table to bring in, and what to do with it."""

    file = forms.FileField(label=_("事项清单表（.xlsx 或 .csv）"))
    what = forms.ChoiceField(
        label=_("怎么做"),
        initial="check",
        widget=forms.RadioSelect,
        choices=[
            ("check", _("只核对，不写入")),
            ("draft", _("导入为草稿，看过再发布")),
            ("publish", _("导入并直接发布")),
        ],
    )
