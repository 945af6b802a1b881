"""Filters of a list."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules import Source, State


class FilterForm(forms.Form):
    """Filters of the case list; everything may stay empty."""

    q = forms.CharField(label=_("编号或标题"), required=False, max_length=60)
    state = forms.ChoiceField(label=_("状态"), required=False)
    source = forms.ChoiceField(label=_("来源"), required=False)
    area = forms.ChoiceField(label=_("区域"), required=False)
    since = forms.DateField(label=_("从"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("到"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, areas: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [("", _("全部")), ("unfinished", _("未办结")), *State.choices]
        cast(forms.ChoiceField, self.fields["state"]).choices = states
        cast(forms.ChoiceField, self.fields["source"]).choices = [("", _("全部")), *Source.choices]
        cast(forms.ChoiceField, self.fields["area"]).choices = [("", _("全部")), *areas]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("since") and told.get("until") and told["since"] > told["until"]:
            raise forms.ValidationError(_("“从”不能晚于“到”。"), code="window")
        return told
