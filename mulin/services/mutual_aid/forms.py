"""What staff send about checks."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.kernel.doors import Day
from mulin.services.mutual_aid.rules import Evidence, VettingKind


class CheckForm(forms.Form):
    phone = forms.CharField(
        label=_("他的手机号"),
        max_length=20,
        help_text=_("按号码找人，他要先登记过。"),
        error_messages={"required": _("请写他的手机号。")},
    )
    kind = forms.ChoiceField(label=_("核查什么"), choices=VettingKind.choices)
    evidence = forms.ChoiceField(
        label=_("看了什么"),
        choices=Evidence.choices,
        widget=forms.RadioSelect,
        help_text=_("只记看过哪一种，不存证件和号码。"),
        error_messages={"required": _("请选看了什么。"), "invalid_choice": _("请选看了什么。")},
    )
    valid_until = Day(
        label=_("有效到哪天"), help_text=_("最长一年。"), error_messages={"required": _("请选有效到哪天。")}
    )
