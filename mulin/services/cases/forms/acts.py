"""What staff send about one case: one form per action, each carrying the version its reader saw."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.kernel.ids import uuid7
from mulin.services.cases.forms.report import Photos
from mulin.services.cases.rules import CONTACT_TRIES, MOST_WORDS, Contacted, ExclusionReason, Refusal, Way


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


def yes_no(label: Any, yes: Any, no: Any) -> forms.TypedChoiceField:
    """A decision, by two radio buttons."""
    return forms.TypedChoiceField(
        label=label,
        choices=[("yes", yes), ("no", no)],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )


class RefuseForm(ActionForm):
    code = forms.ChoiceField(label=_("不予受理的类别"), choices=Refusal.choices, initial=Refusal.OTHER)
    reason = words(_("不予受理的理由"), most=1000, help_text=_("反映人看得到，请写他看得懂的话。"))
    where = words(_("该找谁、怎么找"), rows=2, most=500, help_text=_("单位、电话或办事窗口。"))


class AskForm(ActionForm):
    question = words(
        _("要问反映人什么"),
        most=500,
        help_text=_("一次问清，写他看得懂的话。等他补充期间不计时，最多等 10 天。"),
    )


class AnswerForm(ActionForm):
    text = words(_("反映人补充了什么"), most=1000, help_text=_("他打电话来或当面说的，照他的话记。"))
    photos = Photos(label=_("补充的照片"))


class TranscribeForm(ActionForm):
    text = words(
        _("录音里说了什么"),
        rows=4,
        help_text=_("照他说的写，听不清的地方写“听不清”。原来没有文字的，就用这些话。"),
    )


class GoOnForm(ActionForm):
    note = words(
        _("打算怎么办"),
        rows=2,
        most=500,
        required=False,
        help_text=_("只给工作人员看。办不下去的，可以再问一次。"),
    )


class DecideAppealForm(ActionForm):
    granted = forms.TypedChoiceField(
        label=_("复核的结论"),
        choices=[("yes", _("应当受理，重新甄别")), ("no", _("维持不予受理"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    decision = words(_("复核的理由"), most=1000, help_text=_("反映人看得到，请写他看得懂的话。"))


class SplitForm(ActionForm):
    text = words(
        _("另一件是什么事"),
        help_text=_("照反映人的原话摘出另一件。会另立一件，有自己的编号；反映人会收到它的回执。"),
    )


class MergeIntoForm(ActionForm):
    number = forms.CharField(
        label=_("并入哪一件（编号）"),
        max_length=60,
        help_text=_("并入后由那一件一起办；每位反映人仍用自己的回执查看和评价。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class UnmergeForm(ActionForm):
    reason = words(
        _("为什么不是同一件事"),
        rows=2,
        most=500,
        help_text=_("会恢复到并案前的样子，期限照旧计算。只给工作人员看。"),
    )


class ShareForm(ActionForm):
    pass


class UnshareForm(ActionForm):
    pass


class TakeUpForm(ActionForm):
    pass


class ReplyForm(ActionForm):
    text = words(_("答复内容"), help_text=_("写有内容的话：打算怎么办、什么时候办。反映人看得到。"))
    way = forms.ChoiceField(label=_("怎么告诉他的"), choices=Way.choices, initial=Way.MESSAGE)


class DisposeForm(ActionForm):
    """``evidence``: what a result of this type must bring along beside the words; '' = nothing."""

    result = words(_("处置结果"), rows=4, help_text=_("做了什么、现在怎样。反映人看得到。"))
    photos = Photos(label=_("处置后的照片"))
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput(), initial=uuid7)

    def __init__(self, *args: Any, evidence: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if evidence:
            photos = self.fields["photos"]
            photos.label = _("照片")
            photos.help_text = _("这类事项要附%(what)s。最多 3 张，照片会先在手机上变小。") % {
                "what": evidence
            }
            self.needs_photos = True


class InformForm(ActionForm):
    reporter = forms.ChoiceField(label=_("联系的是哪一位"), required=False)
    outcome = forms.ChoiceField(label=_("联系的结果"), choices=Contacted.choices, widget=forms.RadioSelect)
    note = words(_("备注"), rows=2, most=500, required=False, help_text=_("只给工作人员看。"))

    def __init__(self, *args: Any, reporters: Any = (), tries: int = 0, **kwargs: Any) -> None:
        """``tries``: on how many days somebody tried in vain."""
        super().__init__(*args, **kwargs)
        said = {"most": CONTACT_TRIES, "tries": tries}
        help_text = (
            _("已有 %(tries)d 天没有联系上。请换一天再试，同一天不重复算；满 %(most)d 天，就可以结案。")
            if tries
            else _("联系不上的，请换一天再试；%(most)d 天都联系不上，就可以结案。")
        )
        self.fields["outcome"].help_text = help_text % said
        if len(reporters) > 1:
            cast(forms.ChoiceField, self.fields["reporter"]).choices = [
                ("", _("所有等着告知的人")),
                *reporters,
            ]
        else:
            del self.fields["reporter"]

    def told(self) -> dict[str, Any]:
        """``outcome``, ``note`` and, where several wait, ``reporter``."""
        said = self.cleaned_data
        who = said.get("reporter")
        return {"outcome": said["outcome"], "note": said["note"], "reporter": UUID(who) if who else None}


class FollowUpForm(ActionForm):
    text = words(_("跟进的情况"), most=1000, help_text=_("反映人看得到。要重新办的，请用“重新办理”。"))


class CloseForm(ActionForm):
    note = words(_("结案说明"), rows=2, most=500, required=False)


class ReopenForm(ActionForm):
    reason = words(_("为什么重新办理"), most=1000, help_text=_("反映人看得到。"))


class VerifyPassForm(ActionForm):
    note = words(
        _("看到什么"),
        rows=2,
        most=500,
        required=False,
        help_text=_("您到现场或问过反映人，确认已经办好。反映人看得到。"),
    )


class VerifyFailForm(ActionForm):
    reason = words(_("哪里没有办好"), most=1000, help_text=_("反映人看得到。总的期限不会变长。"))


class CheckPassForm(ActionForm):
    note = words(_("抽查看到什么"), rows=2, most=500, required=False)


class CheckFailForm(ActionForm):
    reason = words(_("哪里不属实"), most=1000, help_text=_("会作为一件普通的事重新办理。"))


class SignOffHardForm(ActionForm):
    note = words(
        _("签认说明"),
        rows=2,
        most=500,
        required=False,
        help_text=_("以您的名义确认：几家单位合力办成，已经核查。"),
    )


class ExcludeForm(ActionForm):
    code = forms.ChoiceField(label=_("剔除的理由"), choices=ExclusionReason.choices)
    reason = words(
        _("情况和依据"), most=1000, help_text=_("由街道或县里的另一个人审批；剔除的占比和各项比率一起公布。")
    )


class DecideExclusionForm(ActionForm):
    granted = yes_no(_("是否同意剔除"), _("同意"), _("不同意"))
    decision = words(_("审批的理由"), most=1000)


class ShowContactForm(forms.Form):
    pass
