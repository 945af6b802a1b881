"""Input shapes of the front door."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class Preferences(forms.Form):
    """How this browser shows the pages. A field left out leaves the setting as it is."""

    large = forms.ChoiceField(
        label=_("字的大小"),
        choices=[("0", _("标准版")), ("1", _("长辈版：字大，每一步最多三个按钮"))],
        widget=forms.RadioSelect,
        required=False,
    )
    lang = forms.ChoiceField(
        label=_("语言"),
        choices=[("zh-hans", "中文"), ("en", "English")],
        widget=forms.RadioSelect,
        required=False,
    )
    next = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)

    def clean_lang(self) -> str:
        """Only a language that the product speaks."""
        lang: str = self.cleaned_data["lang"]
        return lang if lang in dict(settings.LANGUAGES) else ""


class CommunityChoice(forms.Form):
    """Which community's grid workers to show; ``choices`` are (code, name)."""

    community = forms.ChoiceField(label=_("您住在哪个社区（村）？"))

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = [("", _("请选择")), *choices]  # type: ignore[attr-defined]
