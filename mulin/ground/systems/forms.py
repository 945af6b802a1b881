"""What an administrator fills in to let a system in, or to close its key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.ground.systems.rules import MOST_PER_MINUTE, USUAL_PER_MINUTE, Scope


class OpenForm(forms.Form):
    """``answering``: who may answer for a system that acts, grouped by unit."""

    name = forms.CharField(
        label=_("系统名称"), max_length=40, help_text=_("例如 城市管理平台。案件的来源会写这个名字。")
    )
    purpose = forms.CharField(
        label=_("接进来做什么"), max_length=200, help_text=_("写明单位、用途和依据，会记入留痕。")
    )
    scopes = forms.MultipleChoiceField(
        label=_("可以做什么"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    answers = forms.ChoiceField(
        label=_("替哪个单位办理，由谁负责"),
        required=False,
        help_text=_(
            "只有选了“办理”才填。系统做的每一步都记这个人和系统两个名字；他不再担任这个职务，系统就不能再办。"
        ),
    )
    per_minute = forms.IntegerField(
        label=_("每分钟最多几次"), min_value=1, max_value=MOST_PER_MINUTE, initial=USUAL_PER_MINUTE
    )

    def __init__(self, *args: Any, answering: list[tuple[str, list[tuple[str, str]]]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["answers"].choices = [("", _("不办理")), *answering]  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    why = forms.CharField(label=_("为什么停用"), max_length=200)
