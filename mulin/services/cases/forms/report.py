"""What people send: a report, an action on a case, a rating, a question after a number, filters of a list."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.kernel.secrets import normal_phone
from mulin.services.cases.rules import (
    BY_STAFF,
    MOST_PHOTOS,
    MOST_WORDS,
    Score,
    Source,
)


class _Chosen(forms.ClearableFileInput):
    allow_multiple_selected = True


class Photos(forms.FileField):
    """Up to MOST_PHOTOS uploads; what they are is looked at when they are stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=_Chosen(attrs={"accept": "image/*"}), required=False, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The uploads, empty ones left out: some browsers send one when nothing was chosen."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        photos = [one for one in given if one and one.size]
        if len(photos) > MOST_PHOTOS:
            raise forms.ValidationError(
                _("最多 %(most)d 张照片。") % {"most": MOST_PHOTOS}, code="too_many_photos"
            )
        return photos


class _Deepest(forms.HiddenInput):
    """Of several selects with one name (street, community, compound) the last one that says something."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        given = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return next((one for one in reversed(given) if one), "")


class _Degrees(forms.FloatField):
    """A number of the phone's, hidden from its owner: an unreadable one is as good as none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.HiddenInput(), **kwargs)

    def clean(self, value: Any) -> float | None:
        try:
            found = float(value)
        except (TypeError, ValueError):
            return None
        return found if math.isfinite(found) else None


class PlaceForm(forms.Form):
    """Where it is: the phone's position, a division picked from the tree, words."""

    lon = _Degrees()
    lat = _Degrees()
    accuracy = _Degrees()
    place = forms.UUIDField(required=False, widget=_Deepest(), label=_("地点"))
    place_text = forms.CharField(
        label=_("详细位置"),
        required=False,
        max_length=200,
        help_text=_("比如：双虹家园3号楼东门口"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def position(self) -> dict[str, Any]:
        """What ``actions.report`` asks about the place."""
        told = self.cleaned_data
        return {name: told.get(name) for name in ("lon", "lat", "accuracy", "place")} | {
            "place_text": told["place_text"]
        }


class _Keyed(forms.Form):
    """The key that makes a resend harmless."""

    client_id = forms.UUIDField(widget=forms.HiddenInput(attrs={"data-draft-keep": "replace"}))


class ReportForm(_Keyed, PlaceForm):
    """A neighbour's report. Nothing but the words is required."""

    text = forms.CharField(
        label=_("发生了什么事"),
        max_length=MOST_WORDS,
        required=False,
        help_text=_("一两句话就行：什么地方、什么事、多久了。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    name = forms.CharField(
        label=_("怎么称呼您"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=_("手机号"),
        required=False,
        max_length=30,
        help_text=_("办好了好告诉您；只用于这件事，不公开。"),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )
    photos = Photos(label=_("现场照片"))
    sound = forms.FileField(
        label=_("说一段"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "audio/*", "capture": True}),
    )

    def clean(self) -> dict[str, Any]:
        """Words or a recording."""
        told = super().clean() or self.cleaned_data
        if not told.get("text") and not told.get("sound") and "text" not in self.errors:
            self.add_error("text", forms.ValidationError(_("请写一句发生了什么事。"), code="required"))
        return told

    def clean_phone(self) -> str:
        """A number that can be one, or none."""
        typed = str(self.cleaned_data["phone"]).strip()
        if typed and not normal_phone(typed):
            raise forms.ValidationError(
                _("电话号码好像不对，请检查；不留电话也可以报事。"), code="phone_wrong"
            )
        return typed


class StaffReportForm(ReportForm):
    """On behalf of a neighbour who came by or rang up."""

    field_order = ("client_id", "source", "text", "name", "phone", "place_text")
    source = forms.ChoiceField(
        label=_("从哪里来的"),
        choices=[(one.value, one.label) for one in BY_STAFF],
        initial=Source.STAFF,
        required=False,
        help_text=_("下次还是这一项，接着记就行。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("反映人怎么称呼")
        self.fields["phone"].label = _("反映人电话")
        self.fields["phone"].help_text = _("办完要告诉他结果；没有电话就把回执打印给他。")
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.fields["phone"].widget.attrs["autocomplete"] = "off"


class FixedForm(_Keyed, PlaceForm):
    """Found and fixed at once."""

    text = forms.CharField(
        label=_("发现了什么"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("请写一句发现了什么。")},
    )
    result = forms.CharField(
        label=_("怎么解决的"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("请写怎么解决的。")},
    )
    photos = Photos(label=_("照片"))


class ProgressForm(forms.Form):
    """Number and last four digits. What was typed is never sent back; the phone keeps the number as a draft."""

    number = forms.CharField(
        label=_("编号"),
        max_length=60,
        help_text=_("回执上的编号，比如 211322-7K3M9Q2TX"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("请填写编号。")},
    )
    digits = forms.CharField(
        label=_("手机号后四位"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "data-private": ""}),
        error_messages={"required": _("请填写手机号的后四位。")},
    )


class PlaceCodeForm(PlaceForm):
    """A code to hang up: where, in words and on the map."""

    label = forms.CharField(
        label=_("贴在哪里"),
        max_length=100,
        help_text=_("会印在标牌上，也会填进报事的“详细位置”，比如：3号楼东门、灯杆 17。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AgainForm(forms.Form):
    """Why it has to be done again."""

    reason = forms.CharField(
        label=_("哪里没有办好"),
        max_length=1000,
        help_text=_("比如：又坏了、只修了一半、还是老样子。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写一句哪里没有办好。")},
    )


class ReplyToStaffForm(forms.Form):
    """What the reporter adds when he was asked."""

    text = forms.CharField(
        label=_("您的回答"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("请写一句回答。")},
    )
    photos = Photos(label=_("照片"))


class AppealForm(forms.Form):
    """Why it should have been admitted."""

    reason = forms.CharField(
        label=_("为什么应当受理"),
        max_length=1000,
        help_text=_("比如：就在本县、问过那个单位、情况有变化。"),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("请写一句为什么应当受理。")},
    )


class HurryForm(forms.Form):
    """Whoever has it is to hurry; nobody has to say why."""

    note = forms.CharField(
        label=_("想说的话"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WithdrawForm(forms.Form):
    """A report is taken back; nobody has to say why."""

    reason = forms.CharField(
        label=_("为什么撤回"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RateForm(forms.Form):
    score = forms.ChoiceField(
        label=_("这件事办得怎么样？"),
        choices=Score.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择一个评价。"), "invalid_choice": _("请选择一个评价。")},
    )
    comment = forms.CharField(
        label=_("想说的话"),
        required=False,
        max_length=500,
        help_text=_("没办好的话，请写哪里没办好。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
