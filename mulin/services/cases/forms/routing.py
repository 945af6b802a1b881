"""A routing rule as somebody fills it in, and the table as a file."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.kernel.errors import Refused
from mulin.services.cases.forms.acts import words
from mulin.services.cases.forms.dispatching import Choices, Ids, offer
from mulin.services.cases.rules import LEVEL_WORDS, NOTE_LENGTH, Content, Hours, Scope, Target


class DayField(forms.DateField):
    """A day, chosen on the phone's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, **kwargs)


class RuleForm(forms.Form):
    """Place × type × time → level, unit, team, persons. ``spot`` is finer than ``area``; its choices follow it."""

    area = forms.ChoiceField(label=_("哪里"))
    spot = forms.ChoiceField(
        label=_("更细：哪个网格或小区"), required=False, help_text=_("不选就是整个社区（村）。")
    )
    what = forms.ChoiceField(label=_("哪些事项"), required=False)
    hours = forms.ChoiceField(
        label=_("什么时间"),
        choices=Hours.choices,
        initial=Hours.ALWAYS,
        help_text=_("按全县的工作日历和作息时间。"),
    )
    from_day = DayField(label=_("从哪天起"))
    until_day = DayField(label=_("到哪天止（这天也算）"))
    level = forms.ChoiceField(label=_("派到哪一级"), choices=[("", _("请选择")), *LEVEL_WORDS.items()])
    unit = forms.ChoiceField(label=_("主办单位"), required=False, help_text=_("不选就由这一级在当地的人办。"))
    team = forms.ChoiceField(
        label=_("专业队伍"), required=False, help_text=_("只选队伍，由队伍主办；同时选了单位，队伍协办。")
    )
    officers = Ids(label=_("指定经办人（可选几位）"))
    note = words(
        _("依据或说明"), rows=2, most=NOTE_LENGTH, required=False, help_text=_("会写进“为什么在这里”。")
    )

    def __init__(
        self,
        *args: Any,
        areas: Choices,
        spots: Choices,
        types: Choices,
        units: Choices,
        teams: Choices,
        officers: Choices,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "area", areas, _("请选择"))
        offer(self, "spot", spots, _("整个社区（村）"))
        offer(self, "what", types, _("所有事项"))
        offer(self, "unit", units, _("不指定"))
        offer(self, "team", teams, _("不指定"))
        offer(self, "officers", officers)
        for name, known in (("spot", spots), ("officers", officers), ("team", teams)):
            if not known:
                del self.fields[name]

    def content(self) -> Content:
        """What it says."""
        return content_of(self.cleaned_data)


def content_of(told: dict[str, Any]) -> Content:
    """The rule that the fields say."""
    kind, _colon, key = told.get("what", "").partition(":")
    spot = told.get("spot", "")
    area = told.get("area", "")
    return Content(
        Scope(
            path=spot if spot and spot.startswith(area) else area,
            matter_type=UUID(key) if kind == "m" else None,
            category=UUID(key) if kind == "c" else None,
            hours=told.get("hours") or Hours.ALWAYS.value,
            from_day=told.get("from_day"),
            until_day=told.get("until_day"),
        ),
        Target(
            told.get("level", ""),
            UUID(told["unit"]) if told.get("unit") else None,
            UUID(told["team"]) if told.get("team") else None,
            tuple(told.get("officers") or ()),
        ),
        told.get("note", ""),
    )


def said_of(content: Content, area: str) -> dict[str, Any]:
    """The fields of a rule that is there."""
    scope, target = content.scope, content.target
    what = f"m:{scope.matter_type}" if scope.matter_type else f"c:{scope.category}" if scope.category else ""
    return {
        "area": area,
        "spot": scope.path if scope.path != area else "",
        "what": what,
        "hours": scope.hours,
        "from_day": scope.from_day,
        "until_day": scope.until_day,
        "level": target.level,
        "unit": str(target.unit or ""),
        "team": str(target.team or ""),
        "officers": [str(one) for one in target.officers],
        "note": content.note,
    }


MOST_BYTES = 20 * 1024 * 1024


class RuleFile(forms.Form):
    """The table as a workbook. Nothing is saved by it: a trial comes of it."""

    file = forms.FileField(
        label=_("Excel 文件"),
        help_text=_("从这里下载的模板或现行规则；CSV 也可以。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.csv,.tsv,.txt"}),
    )

    def clean_file(self) -> Any:
        """Refused above MOST_BYTES."""
        upload = cast(Any, self.cleaned_data["file"])
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(_("文件超过 20 MB。"))
        return upload


def refused_field(refused: Refused, form: forms.Form) -> str | None:
    """The field to which a refusal belongs; places are chosen in two fields."""
    field = "area" if refused.field == "place" else refused.field
    return field if field in form.fields else None
