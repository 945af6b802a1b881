"""Input shapes of the calendar's pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mulin.ground.calendar.rules.notice import LONGEST_NAME

LARGEST_UPLOAD = 2 * 1024 * 1024


class Day(forms.DateField):
    """A day, chosen on the phone's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)


class NoticeForm(forms.Form):
    """The text of the notice, or a table."""

    text = forms.CharField(
        label=_("粘贴通知"),
        required=False,
        max_length=40_000,
        help_text=_("把通知从标题到最后一条一起粘贴；也可以一天一行，例如 2027-02-06 休 春节。"),
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("或者选一个表格"),
        required=False,
        help_text=_("xlsx 或 csv，三列：日期、休或班、名称。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    source = forms.CharField(
        label=_("文号或来源"), required=False, max_length=120, help_text=_("例如 国办发明电〔2026〕某号。")
    )
    dry_run = forms.BooleanField(required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > LARGEST_UPLOAD:
            raise ValidationError(gettext("文件超过 2 MB。放假通知用不了这么大，是不是选错了文件？"))
        return file

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(told.get("file")) == bool(told.get("text", "").strip()):
            raise ValidationError(gettext("请粘贴通知，或者选一个表格，两样只要一样。"))
        return told


class DayForm(forms.Form):
    day = Day(label=_("哪一天"))
    working = forms.ChoiceField(
        label=_("这一天"), choices=(("off", _("休息")), ("work", _("上班"))), widget=forms.RadioSelect
    )
    name = forms.CharField(
        label=_("为什么"), max_length=LONGEST_NAME, help_text=_("大家会在日历上看到，例如 旗庆放假。")
    )


class HoursForm(forms.Form):
    unit = forms.ChoiceField(label=_("谁的作息"), required=False)
    on = Day(label=_("从哪天起"))
    text = forms.CharField(
        label=_("上班时间"),
        required=False,
        max_length=2000,
        help_text=_(
            "一行一种：周一至周五 08:30–12:00 13:30–17:30。夏季等时段写在前面：6月1日至9月30日 周一至周五 …；"
            "不上班写 休。单位留空，就改回跟县里一样。"
        ),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", gettext("全县（没有单独规定的单位）")), *units]  # type: ignore[attr-defined]
