"""Forms about a case's clocks: more time, a rest, and orders from above."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.kernel.clock import day_start
from mulin.services.cases.forms.acts import ActionForm, words, yes_no
from mulin.services.cases.rules import DeferralKind


class DeferForm(ActionForm):
    kind = forms.ChoiceField(
        label=_("申请什么"),
        widget=forms.RadioSelect,
        choices=[
            (DeferralKind.EXTENSION, _("延期：还在办，要多些时间")),
            (DeferralKind.WAIT, _("法定等待：公示、鉴定等程序没走完，先停下")),
            (DeferralKind.SHELVE, _("挂账：等法院、规划、资金等，现在办不了")),
        ],
    )
    until = forms.DateField(
        label=_("到哪天"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("延期：到这天办完；等待、挂账：预计这天结束，到时自动恢复办理。"),
    )
    reason = words(_("为什么"), most=1000, help_text=_("批准以后反映人看得到，请写他看得懂的话。"))
    basis = forms.CharField(
        label=_("依据"), max_length=200, required=False, help_text=_("法规或程序的名称。等待、挂账必填。")
    )
    document = forms.CharField(
        label=_("文书名称或文号"), max_length=100, required=False, help_text=_("等待、挂账必填。")
    )

    def told(self) -> dict[str, Any]:
        """What was said; ``until`` is the end of that day."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return said | {"until": day_start(said["until"] + timedelta(days=1)) - timedelta(minutes=1)}


class DecideDeferralForm(ActionForm):
    granted = yes_no(_("是否批准"), _("批准"), _("不批准"))
    decision = words(_("审批意见"), rows=2, most=1000, required=False, help_text=_("不批准要写明为什么。"))


class ResumeForm(ActionForm):
    note = words(_("说明"), rows=2, most=500, required=False, help_text=_("反映人看得到。"))


class UrgeForm(ActionForm):
    note = words(_("想说的话"), rows=2, most=500, required=False, help_text=_("办的人和反映人都看得到。"))


class SuperviseForm(ActionForm):
    text = words(_("要求办成什么样"), most=1000)
    due_at = forms.DateTimeField(
        label=_("什么时候以前答复"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("销号以前不能结案。"),
    )


class AnswerSupervisionForm(ActionForm):
    answer = words(_("办得怎么样了"), most=1000, help_text=_("发出督办的人看了以后销号或退回。"))


class SignOffSupervisionForm(ActionForm):
    passed = yes_no(_("是否销号"), _("办到了，销号"), _("没有办到，退回再办"))
    note = words(_("说明"), rows=2, most=500, required=False, help_text=_("退回要写明哪里没有办到。"))
