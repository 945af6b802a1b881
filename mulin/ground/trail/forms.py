"""The filter of the trail's page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class LogFilter(forms.Form):
    day = forms.DateField(label=_("日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    verb = forms.CharField(label=_("事由代码"), required=False, max_length=60)
    subject = forms.UUIDField(label=_("对象编号"), required=False)
    person = forms.UUIDField(label=_("操作人编号"), required=False)
    looks = forms.BooleanField(label=_("只看查阅个人信息的记录"), required=False)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)
