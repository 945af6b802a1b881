"""What people send about orders: an ask (for oneself, for somebody else), a review, a dispatch, a rating, an answer."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.ground.orders.rules import Customer, Kind, Rating
from mulin.kernel.clock import CHINA
from mulin.kernel.doors import Day

Places = list[tuple[str, list[tuple[str, str]]]]
EVENING = time(18, 0)


class AskForm(forms.Form):
    """An ask for oneself. The same for every kind; ``hint`` says what to write."""

    client_id = forms.UUIDField(widget=forms.HiddenInput(attrs={"data-draft-keep": "replace"}))
    place = forms.TypedChoiceField(
        label=_("在哪个小区"),
        coerce=UUID,
        empty_value=None,
        help_text=_("大家只看得到小区，看不到门牌。"),
        error_messages={"required": _("请选小区；找不到就选社区。"), "invalid_choice": _("请重新选小区。")},
    )
    day = Day(label=_("哪天"), required=False, help_text=_("不急就空着。"))
    hour = forms.TimeField(
        label=_("几点以前"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    words = forms.CharField(
        label=_("说一说"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写一句，来帮的人好知道怎么帮。")},
    )
    door = forms.CharField(
        label=_("门牌"),
        required=False,
        max_length=60,
        help_text=_("比如 3号楼2单元301。只有审核的工作人员和答应来帮您的人看得到。"),
    )
    phone_ok = forms.BooleanField(label=_("答应来帮的人可以看我的电话"), required=False)

    def __init__(self, *args: Any, kind: Kind, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["place"]).choices = [("", _("请选择")), *places]
        if kind.hint:
            self.fields["words"].help_text = str(kind.hint)

    def told(self) -> dict[str, Any]:
        """What ``actions.ask`` asks."""
        said = self.cleaned_data
        day, hour = said["day"], said["hour"]
        wanted = datetime.combine(day, hour or EVENING, CHINA) if day else None
        plain = {name: said[name] for name in ("client_id", "place", "words", "door", "phone_ok")}
        return plain | {"wanted_at": wanted}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("hour") and not said.get("day") and "day" not in self.errors:
            self.add_error("day", _("写了几点，请也选哪天。"))
        return said


class BehalfForm(AskForm):
    """The same, written down by staff for a neighbour who has no phone or cannot."""

    known = forms.TypedChoiceField(label=_("以前代过的人"), coerce=UUID, empty_value=None, required=False)
    name = forms.CharField(label=_("替谁求助：姓名"), required=False, max_length=40)
    phone = forms.CharField(
        label=_("他的电话"), required=False, max_length=20, help_text=_("没有电话就空着，您代为确认。")
    )
    agreed = forms.BooleanField(
        label=_("本人知道，并同意替他求助"),
        error_messages={"required": _("要本人知道并同意才能替他求助。")},
    )

    def __init__(self, *args: Any, askers: list[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("没有，写在下面")), *((str(key), name) for key, name in askers)]
        cast(forms.ChoiceField, self.fields["known"]).choices = choices
        if not askers:
            del self.fields["known"]
        self.fields["phone_ok"].label = _("答应来帮的人可以看他的电话")

    def told(self) -> dict[str, Any]:
        """What ``actions.ask_for`` asks."""
        said = self.cleaned_data
        return super().told() | {"known": said.get("known"), "name": said["name"], "phone": said["phone"]}


class VersionForm(forms.Form):
    """What the reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput(), required=False)


class MergeForm(VersionForm):
    into = forms.UUIDField(
        widget=forms.HiddenInput(),
        error_messages={"required": _("请选并到哪一件。"), "invalid": _("请选并到哪一件。")},
    )


class GiveBackForm(forms.Form):
    reason = forms.CharField(
        label=_("为什么去不了"),
        required=False,
        max_length=100,
        help_text=_("可以不写。只给社区看，好另外找人。"),
    )


class ApproveForm(VersionForm):
    public = forms.ChoiceField(
        label=_("怎么发出去"),
        choices=[("1", _("发到互助大厅（不写姓名、门牌和原话）")), ("0", _("不公开，由社区派单"))],
        widget=forms.RadioSelect,
        initial="1",
    )
    public_words = forms.CharField(
        label=_("大厅里写一句"),
        required=False,
        max_length=60,
        help_text=_("比如“想要一副老花镜”。不写姓名，不写家里的困难。"),
    )


class ReasonForm(VersionForm):
    reason = forms.CharField(
        label=_("理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("请写一句理由，求助的人会看到。")},
    )


class AnswerForm(VersionForm):
    words = forms.CharField(
        label=_("怎么答复的"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("请写一句怎么答复的，求助的人会看到。")},
    )


class DispatchForm(VersionForm):
    """``whom``: p:ID of a willing neighbour, u:ID of a unit of the place; or ``said``: a number, a colleague's name."""

    whom = forms.ChoiceField(
        label=_("请谁来帮"),
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": _("请重新选派给谁。")},
    )
    said = forms.CharField(
        label=_("或者写他的手机号"),
        required=False,
        max_length=40,
        help_text=_("志愿者、党员、热心人，注册过就行；同事可以写对外称呼。"),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["whom"]).choices = choices
        if not choices:
            del self.fields["whom"]
            self.fields["said"].label = _("请谁来帮：他的手机号")

    def told(self) -> dict[str, Any]:
        """What ``actions.dispatch`` asks."""
        kind, _colon, key = self.cleaned_data.get("whom", "").partition(":")
        found = {"person" if kind == "p" else "unit": UUID(key)} if key else {}
        return found | {"said": self.cleaned_data["said"]}


class RateForm(forms.Form):
    score = forms.ChoiceField(
        label=_("帮得怎么样"),
        choices=Rating.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一个评价。"), "invalid_choice": _("请选一个评价。")},
    )
    thanks = forms.CharField(
        label=_("说声谢谢"),
        required=False,
        max_length=200,
        help_text=_("只给帮忙的人看。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    thanks_ok = forms.BooleanField(label=_("社区可以念出来（不说姓名和住处）"), required=False)


class ClaimForm(forms.Form):
    """Which seat a button is about."""

    claim = forms.UUIDField(widget=forms.HiddenInput())


class HelpForm(forms.Form):
    """With what somebody is willing to help, near which place."""

    kinds = forms.MultipleChoiceField(
        label=_("我愿意帮"), required=False, widget=forms.CheckboxSelectMultiple
    )
    place = forms.TypedChoiceField(
        label=_("我住在"),
        coerce=UUID,
        empty_value=None,
        required=False,
        help_text=_("先请住得近的。社区工作人员看得到您的姓名，好请您帮忙。"),
    )

    def __init__(
        self, *args: Any, kinds: list[Kind], customers: list[Customer], places: Places, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        named = {one.code: one.name for one in customers[1:]}
        cast(forms.MultipleChoiceField, self.fields["kinds"]).choices = [
            (one.code, f"{named[one.customer]}：{one.name}" if one.customer in named else one.name)
            for one in kinds
        ]
        cast(forms.ChoiceField, self.fields["place"]).choices = [("", _("请选择")), *places]
