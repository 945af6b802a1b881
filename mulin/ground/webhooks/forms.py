"""What an administrator says of a subscription."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks


class SubscribeForm(forms.Form):
    url = forms.CharField(
        label=_("推送到哪个网址"),
        max_length=500,
        help_text=_("对方接收推送的 https 网址，要在公网上；内部网络的地址一律不推送。"),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    events = forms.MultipleChoiceField(
        label=_("推送哪些事件"), choices=(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(event, words) for event, words in hooks.event_words.items()]
        self.fields["events"].initial = [event for event, _words in choices]
        self.fields["events"].choices = choices  # type: ignore[attr-defined]
