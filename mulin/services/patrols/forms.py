"""What people send about patrols: a plan, ticks along the way, a finding, a reason; filters of the list."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mulin.services.cases.forms import Photos, PlaceForm  # room: a finding is a report, and its form the same
from mulin.services.patrols.models import PatrolPlan, PatrolTask
from mulin.services.patrols.rules import (
    MOST_EVERY,
    MOST_WORDS,
    STANDINGS,
    Answer,
    Cadence,
    Reason,
    RestDays,
    Rhythm,
    Told,
    Walker,
    weekday_words,
)

REPORT_WORDS = 2000
"""As many characters as a report may have."""


# ── on the way ───────────────────────────────────────────────────────────────────────────────────────────────────


class WalkForm(forms.Form):
    """Ticks along the checklist (``line_0`` …) and a note. Nothing is required."""

    note = forms.CharField(
        label=_("备注"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, task: PatrolTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [f"line_{place}" for place, _line in enumerate(task.checklist)]
        for name, (line, answer) in zip(self.lines, task.checklist, strict=True):
            self.fields[name] = forms.ChoiceField(
                label=line, required=False, choices=Answer.choices, initial=answer, widget=forms.RadioSelect
            )

    def answers(self) -> dict[int, str]:
        """place → answer, where one was given."""
        told = self.cleaned_data
        return {place: told[name] for place, name in enumerate(self.lines) if told.get(name)}

    def checklist(self) -> list[Any]:
        """The bound fields of the checklist, in order."""
        return [self[name] for name in self.lines]


class MissForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("为什么没走"),
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个原因。"), "invalid_choice": _("请选一个原因。")},
    )
    words = forms.CharField(
        label=_("补充一句"),
        required=False,
        max_length=MOST_WORDS,
        help_text=_("选“其他原因”时要写。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class FindingForm(PlaceForm):
    """A report, pre-filled from the walk. ``fixed``: what was done about it on the spot stands in ``result``."""

    client_id = forms.UUIDField(widget=forms.HiddenInput(attrs={"data-draft-keep": "replace"}))
    text = forms.CharField(
        label=_("发现了什么"),
        max_length=REPORT_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写一句发现了什么。")},
    )
    note = forms.ChoiceField(label=_("对应哪一条"), required=False)
    result = forms.CharField(
        label=_("当场怎么解决的"),
        required=False,
        max_length=REPORT_WORDS,
        help_text=_("当场解决了才填，不再走流程；没解决就空着，交给该办的人。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    photos = Photos(label=_("现场照片"))

    def __init__(
        self, *args: Any, notes: Any = (), places: Any = (), fix: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["note"]).choices = [
            ("", _("不选")),
            *((one, one) for one in notes),
        ]
        self.fields["place"] = forms.TypedChoiceField(
            label=_("在哪里"), required=False, choices=places, coerce=UUID, empty_value=None
        )
        if not fix:
            del self.fields["result"]
        if not notes:
            del self.fields["note"]

    def told(self) -> dict[str, Any]:
        """What ``actions.find`` asks."""
        said = self.cleaned_data
        result = said.get("result", "").strip()
        return {
            "client_id": said["client_id"],
            "text": said["text"],
            "photos": said["photos"],
            "note": said.get("note", ""),
            "fixed": bool(result),
            "result": result,
            **self.position(),
        }


# ── plans ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Lines(forms.CharField):
    """One line each."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 5}), max_length=2000, **kwargs)


class PlanForm(forms.Form):
    """A plan within an area. What is chosen among is the planner's own (see ``queries.choices``)."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput())
    name = forms.CharField(
        label=_("叫什么"),
        max_length=80,
        help_text=_("比如：楼院安全巡查、站前街夜间巡查"),
        error_messages={"required": _("请给这个计划起个名字。")},
    )
    places = forms.MultipleChoiceField(
        label=_("走哪些地方"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("选几个地方，每到要走的日子，每个地方各有一次巡查。"),
        error_messages={"required": _("请至少选一个地方。")},
    )
    spots = _Lines(
        label=_("路上要经过的点"),
        help_text=_("一行一个，按走的顺序。"),
    )
    checklist = _Lines(
        label=_("要看什么"),
        help_text=_("一行一条，走的人可以逐条勾“正常”或“有问题”。少写几条，写要紧的。"),
    )
    walker = forms.ChoiceField(label=_("谁去走"), widget=forms.RadioSelect)
    unit = forms.ChoiceField(label=_("哪个队伍或单位"), required=False)
    persons = forms.MultipleChoiceField(
        label=_("哪些人"), required=False, widget=forms.CheckboxSelectMultiple
    )
    cadence = forms.ChoiceField(
        label=_("多久走一次"), choices=Cadence.choices, initial=Cadence.WEEKDAYS, widget=forms.RadioSelect
    )
    weekdays = forms.MultipleChoiceField(
        label=_("每周哪几天"), required=False, widget=forms.CheckboxSelectMultiple
    )
    every_days = forms.IntegerField(
        label=_("隔几天"), required=False, min_value=1, max_value=MOST_EVERY, help_text=_("1 就是每天。")
    )
    month_days = forms.CharField(
        label=_("每月几号"), required=False, max_length=100, help_text=_("比如：1、15。31 表示月末。")
    )
    rest_days = forms.ChoiceField(
        label=_("遇到休息日、节假日"), choices=RestDays.choices, initial=RestDays.WALK
    )
    opens = forms.TimeField(label=_("从几点"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(
        label=_("到几点"),
        help_text=_("比开始早，就是到第二天早上。"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    starts_on = forms.DateField(
        label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=_("到哪天止"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, *args: Any, places: Any, units: Any, candidates: Any, grid: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        walkers = [
            (value, words)
            for value, words in Walker.choices
            if {Walker.GRID: grid, Walker.UNIT: bool(units), Walker.NAMED: bool(candidates)}[Walker(value)]
        ]
        self._choose("places", places)
        self._choose("walker", walkers)
        self._choose("unit", [("", _("请选择")), *units])
        self._choose("persons", [(str(one.person), f"{one.name}　{one.duty}") for one in candidates])
        self._choose("weekdays", [(str(day), weekday_words(day)) for day in range(1, 8)])
        if len(walkers) == 1:
            self.fields["walker"].initial = walkers[0][0]

    def _choose(self, name: str, choices: Any) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean_month_days(self) -> list[int]:
        """Numbers from 1 to 31 out of free writing: 1、15 or 1 15 or 1,15日."""
        numbers = [int(one) for one in re.findall(r"\d+", str(self.cleaned_data["month_days"]))]
        if any(not 1 <= one <= 31 for one in numbers):
            raise forms.ValidationError(gettext("日期要在 1 到 31 之间。"), code="month_day")
        return sorted(set(numbers))

    def told(self) -> Told:
        """What ``actions.add_plan`` asks."""
        said = self.cleaned_data
        picked = [one.partition(":") for one in said["places"]]
        rhythm = Rhythm(
            cadence=said["cadence"],
            starts_on=said["starts_on"],
            ends_on=said["ends_on"],
            weekdays=tuple(int(day) for day in said["weekdays"]),
            every_days=said["every_days"] or 0,
            month_days=tuple(said["month_days"]),
            rest_days=said["rest_days"],
        )
        return Told(
            name=said["name"],
            walker=said["walker"],
            rhythm=rhythm,
            opens=said["opens"],
            closes=said["closes"],
            grids=tuple(UUID(key) for kind, _colon, key in picked if kind == "g"),
            divisions=tuple(UUID(key) for kind, _colon, key in picked if kind == "d"),
            unit=UUID(said["unit"]) if said["unit"] and said["walker"] == Walker.UNIT else None,
            persons=tuple(UUID(one) for one in said["persons"]),
            spots=tuple(said["spots"].splitlines()),
            checklist=tuple(said["checklist"].splitlines()),
        )


def said_of(plan: PatrolPlan, places: Any, persons: Any) -> dict[str, Any]:
    """What the form of a plan shows at first."""
    return {
        "version": plan.version,
        "name": plan.name,
        "places": [f"g:{one.grid_id}" if one.grid_id else f"d:{one.division_id}" for one in places],
        "spots": "\n".join(plan.spots),
        "checklist": "\n".join(plan.checklist),
        "walker": plan.walker,
        "unit": str(plan.unit_id or ""),
        "persons": [str(one) for one in persons],
        "cadence": plan.cadence,
        "weekdays": [str(day) for day in plan.weekdays],
        "every_days": plan.every_days or None,
        "month_days": gettext("、").join(str(day) for day in plan.month_days),
        "rest_days": plan.rest_days,
        "opens": plan.opens,
        "closes": plan.closes,
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on,
    }


class VersionForm(forms.Form):
    """What the reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput())


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


class FilterForm(forms.Form):
    """Filters of the list of tasks; everything may stay empty."""

    standing = forms.ChoiceField(label=_("情况"), required=False)
    since = forms.DateField(label=_("从"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("到"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    plan = forms.UUIDField(required=False, widget=forms.HiddenInput())
    due = forms.BooleanField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("全部")), *((one.code, one.words) for one in STANDINGS.values())]
        cast(forms.ChoiceField, self.fields["standing"]).choices = choices

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("since") and told.get("until") and told["since"] > told["until"]:
            raise forms.ValidationError(_("“从”不能晚于“到”。"), code="window")
        return told
