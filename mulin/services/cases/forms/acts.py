"""What staff send about one case: one form per action, each carrying the version its reader saw."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.services.cases.forms.report import Photos
from mulin.services.cases.rules import MOST_WORDS, Contacted, Refusal, Way


class ActionForm(forms.Form):
    """Every action carries the version its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput())


def words(
    label: Any, *, rows: int = 3, most: int = MOST_WORDS, required: bool = True, help_text: Any = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class RefuseForm(ActionForm):
    code = forms.ChoiceField(label=_("不予受理的类别"), choices=Refusal.choices, initial=Refusal.OTHER)
    reason = words(_("不予受理的理由"), most=1000, help_text=_("反映人看得到，请写他看得懂的话。"))
    where = words(_("该找谁、怎么找"), rows=2, most=500, help_text=_("单位、电话或办事窗口。"))


class TakeUpForm(ActionForm):
    pass


class ReplyForm(ActionForm):
    text = words(_("答复内容"), help_text=_("写有内容的话：打算怎么办、什么时候办。反映人看得到。"))
    way = forms.ChoiceField(label=_("怎么告诉他的"), choices=Way.choices, initial=Way.MESSAGE)


class DisposeForm(ActionForm):
    result = words(_("处置结果"), rows=4, help_text=_("做了什么、现在怎样。反映人看得到。"))
    photos = Photos(label=_("处置后的照片"))


class InformForm(ActionForm):
    outcome = forms.ChoiceField(label=_("联系的结果"), choices=Contacted.choices, widget=forms.RadioSelect)
    note = words(_("备注"), rows=2, most=500, required=False, help_text=_("只给工作人员看。"))


class FollowUpForm(ActionForm):
    text = words(_("跟进的情况"), most=1000, help_text=_("反映人看得到。要重新办的，请用“重新办理”。"))


class CloseForm(ActionForm):
    note = words(_("结案说明"), rows=2, most=500, required=False)


class ReopenForm(ActionForm):
    reason = words(_("为什么重新办理"), most=1000, help_text=_("反映人看得到。"))


class ShowContactForm(forms.Form):
    pass
