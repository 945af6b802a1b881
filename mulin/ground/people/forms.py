"""Input shapes of people. Numbers and codes are checked by the rules, so that every door says the same."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.ground.people import queries
from mulin.ground.people.models import LeaveReason
from mulin.ground.people.rules import ERASE_REASONS
from mulin.kernel.doors import Day

_OFF = {"autocomplete": "off"}
_TEL = {"autocomplete": "off", "inputmode": "tel"}


class Find(forms.Form):
    """Look somebody up by his own number: names of residents are encrypted and cannot be searched."""

    phone = forms.CharField(
        label=_("电话号码"), max_length=30, widget=forms.TextInput(attrs=_TEL | {"data-private": ""})
    )


class Listing(forms.Form):
    """Which list, and a part of the name."""

    view = forms.ChoiceField(choices=[("staff", ""), ("units", "")], required=False, widget=forms.HiddenInput)
    named = forms.CharField(label=_("名称"), max_length=40, required=False)
    kind = forms.ChoiceField(label=_("类别"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("全部类别")), *queries.organisation_kinds()]  # type: ignore[attr-defined]


class PersonForm(forms.Form):
    """A person with no more than is needed."""

    name = forms.CharField(
        label=_("姓名"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=_OFF | {"data-private": ""}),
    )
    phone = forms.CharField(
        label=_("电话"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs=_TEL | {"data-private": ""}),
    )
    public_name = forms.CharField(
        label=_("对外称呼"),
        max_length=40,
        required=False,
        help_text=_("工作人员才填，居民会看到，如“张敏”。"),
        widget=forms.TextInput(attrs=_OFF),
    )
    work_phone = forms.CharField(
        label=_("工作电话"),
        max_length=20,
        required=False,
        help_text=_("对外公布的号码，不要填私人号码。"),
        widget=forms.TextInput(attrs=_TEL),
    )


class NewPerson(PersonForm):
    """Somebody new: a name or a number at least."""

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not any(told.get(field, "").strip() for field in ("name", "phone", "public_name")):
            raise forms.ValidationError(_("请至少填写姓名或电话。"), code="nobody")
        return told


class OrganisationForm(forms.Form):
    """A department, office, team or company."""

    kind = forms.ChoiceField(label=_("类别"))
    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=120, required=False)
    credit_code = forms.CharField(label=_("统一社会信用代码"), max_length=18, required=False)
    duty_phone = forms.CharField(
        label=_("值班电话"), max_length=20, required=False, widget=forms.TextInput(attrs=_TEL)
    )

    def __init__(self, *args: Any, fixed_kind: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed_kind:
            del self.fields["kind"]
        else:
            self.fields["kind"].choices = queries.organisation_kinds()  # type: ignore[attr-defined]


class Post(forms.Form):
    """Where somebody works, and as what."""

    organisation = forms.ChoiceField(
        label=_("单位"), error_messages={"required": _("请选择单位。"), "invalid_choice": _("请选择单位。")}
    )
    post = forms.CharField(label=_("职务"), max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = [(str(unit.pk), unit.name) for unit in queries.organisations()[:1000]]
        self.fields["organisation"].choices = [("", _("请选择")), *units]  # type: ignore[attr-defined]


class StandIn(forms.Form):
    """Who stands in for a colleague; nobody is possible."""

    stand_in = forms.ChoiceField(
        label=_("谁代办"), required=False, help_text=_("他的待办会同时出现在代办人的待办里。")
    )

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        near = [(str(one.pk), one.public_name) for one in queries.colleagues_of(person)]
        self.fields["stand_in"].choices = [("", _("没有人代办")), *near]  # type: ignore[attr-defined]


class LeaveForm(StandIn):
    """When somebody is away, and why: never more than a code."""

    first_day = Day(label=_("第一天"))
    last_day = Day(label=_("最后一天（这天也算）"))
    reason = forms.ChoiceField(label=_("请假类别"), choices=LeaveReason.choices)
    field_order = ("first_day", "last_day", "reason", "stand_in")


class CounterErase(forms.Form):
    """Erasure on a person's request at the counter."""

    reason = forms.ChoiceField(
        label=_("原因"),
        choices=[(key, words) for key, words in ERASE_REASONS.items() if key != "own_request"],
    )
    word = forms.CharField(label=_("请输入“删除”两个字"), max_length=10, widget=forms.TextInput(attrs=_OFF))
