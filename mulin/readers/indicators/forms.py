"""Input shapes of the pages about baselines and months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.readers.indicators.models import BaselineKind
from mulin.readers.indicators.rules import BASELINED, INDICATORS


class Day(forms.DateField):
    """A day, chosen on the phone's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)


class BaselineForm(forms.Form):
    code = forms.ChoiceField(
        label=_("哪个指标"), choices=[(code, INDICATORS[code].name) for code in BASELINED]
    )
    path = forms.ChoiceField(label=_("哪里"))
    kind = forms.ChoiceField(
        label=_("基期从哪里来"),
        choices=[
            (BaselineKind.COMPUTED, _("由系统里一段时间的记录算出")),
            (BaselineKind.DECLARED, _("由文件声明（页面上会标明是声明的）")),
        ],
        widget=forms.RadioSelect,
        initial=BaselineKind.COMPUTED,
    )
    starts_on = Day(label=_("起日"), required=False)
    ends_on = Day(label=_("止日（不含）"), required=False)
    value = forms.FloatField(
        label=_("文件里的数值"),
        required=False,
        help_text=_("单位与指标相同：小时，或件/千户。"),
    )
    document = forms.CharField(label=_("文件名称和文号"), required=False, max_length=120)
    signer = forms.CharField(label=_("签发人"), required=False, max_length=40)
    signed_on = Day(label=_("签发日期"), required=False)

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["path"].choices = places  # type: ignore[attr-defined]


class SendForm(forms.Form):
    note = forms.CharField(label=_("为什么重新上报"), max_length=400, required=False)


class MonthForm(forms.Form):
    month = forms.RegexField(
        r"^(19|20)\d\d-(0[1-9]|1[0-2])$",
        label=_("哪个月"),
        help_text=_("写作 2026-10。"),
        widget=forms.TextInput(attrs={"type": "month", "class": "form-control"}),
    )
    whose = forms.ChoiceField(label=_("哪里或哪个单位"))

    def __init__(self, *args: Any, whose: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["whose"].choices = whose  # type: ignore[attr-defined]
