"""The filter of the trail's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks


class LogFilter(forms.Form):
    """Day and deed are chosen; subject and person come from links in the list."""

    day = forms.DateField(label=_("日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    verb = forms.CharField(label=_("做了什么"), required=False, max_length=60, widget=forms.Select)
    subject = forms.UUIDField(required=False, widget=forms.HiddenInput)
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)
    looks = forms.BooleanField(label=_("只看查阅个人信息的记录"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = sorted((str(name), verb) for verb, name in hooks.verb_words.items())
        self.fields["verb"].widget.choices = [("", _("全部")), *((verb, name) for name, verb in words)]
