"""What an administrator fills in to let a system in, or to close its key."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.ground.systems.rules import MOST_PER_MINUTE, USUAL_PER_MINUTE, Scope


class OpenForm(forms.Form):
    name = forms.CharField(
        label=_("系统名称"), max_length=40, help_text=_("例如 城市管理平台。案件的来源会写这个名字。")
    )
    purpose = forms.CharField(
        label=_("接进来做什么"), max_length=200, help_text=_("写明单位、用途和依据，会记入留痕。")
    )
    scopes = forms.MultipleChoiceField(
        label=_("可以做什么"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    per_minute = forms.IntegerField(
        label=_("每分钟最多几次"), min_value=1, max_value=MOST_PER_MINUTE, initial=USUAL_PER_MINUTE
    )


class CloseForm(forms.Form):
    why = forms.CharField(label=_("为什么停用"), max_length=200)
