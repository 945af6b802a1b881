"""Input shapes of the pages about modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.ground.modes.rules import ALERT, RESPONSE

STAGES = (
    (ALERT, _("预警：做好准备，期限照常")),
    (RESPONSE, _("应急响应：马上行动，期限按应急时限算")),
)


class Moment(forms.DateTimeField):
    """A day and a time, chosen on the phone's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"type": "datetime-local"}
        kwargs.setdefault("widget", forms.DateTimeInput(attrs=attrs, format="%Y-%m-%dT%H:%M"))
        super().__init__(**kwargs)


class DeclareForm(forms.Form):
    path = forms.ChoiceField(label=_("哪里"))
    stage = forms.ChoiceField(label=_("状态"), choices=STAGES, widget=forms.RadioSelect)
    title = forms.CharField(
        label=_("什么情况"), max_length=60, help_text=_("例如 暴雪。居民在首页会看到这几个字。")
    )
    basis = forms.CharField(
        label=_("依据"), max_length=200, help_text=_("预案、上级通知或预警的名称和文号。")
    )
    ends_at = Moment(label=_("到什么时候"), help_text=_("到时自动转为平时；一次最多 30 天，可以再延长。"))

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["path"].choices = places  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    was = forms.CharField(widget=forms.HiddenInput)
    to = forms.ChoiceField(label=_("转为"), widget=forms.RadioSelect)
    note = forms.CharField(label=_("为什么"), max_length=200)

    def __init__(self, *args: Any, stages: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = stages  # type: ignore[attr-defined]


class ExtendForm(forms.Form):
    ends_at = Moment(label=_("延长到什么时候"))
    note = forms.CharField(label=_("为什么延长"), max_length=200)
