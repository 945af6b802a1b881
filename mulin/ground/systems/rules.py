"""What a connected system may be let do, and how often. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    """One thing that a key lets its holder do. Its value is the role that the system's actor holds."""

    REPORT = "system_report", _("上报：替人反映一件事，并跟踪自己报来的事")
    READ = "system_read", _("查看：全县案件的事项、社区、状态和时间；没有文字、姓名、电话和准确位置")
    ACT = "system_act", _("办理：替一个单位接单、答复、问反映人、填结果、退单；由该单位的责任人负责")
    CONTACT = "system_contact", _("联系：看该单位所办案件反映人的姓名和电话，每次都留痕；要同时选“办理”")
    FIGURES = "system_figures", _("数据：各项指标和它们的分子、分母")
    HOTLINE = "system_hotline", _("12345：推送工单、催办、撤单和回访，取回状态和答复")


OF_API: Final = frozenset({Scope.ACT.value, Scope.CONTACT.value, Scope.FIGURES.value})
"""What only the JSON API lets a system do: whoever may, speaks that."""
ACTS_AS: Final = ("department_officer", "property_clerk")
"""Duties within a unit in which a system may act for it."""

USUAL_PER_MINUTE: Final = 120
MOST_PER_MINUTE: Final = 6000
VISITS_PER_MINUTE: Final = 240
"""Requests of one network address without a key."""
WRONG_KEYS: Final = 30
WRONG_KEY_MINUTES: Final = 10
"""Wrong keys of one network address in so many minutes."""

KEPT: Final = timedelta(days=7)
"""So long an answer is kept for the system that sends the same Idempotency-Key again."""
RESENT: Final = timedelta(minutes=10)
"""So long the very same bytes without an Idempotency-Key count as sent again."""
LONGEST_RETRY_KEY: Final = 200
USE_DAYS: Final = 30
"""Days over which the page counts requests."""


def known_scopes(said: Iterable[str]) -> list[str]:
    """The scopes among some words, each once, in the order of the list."""
    words = set(said)
    return [scope.value for scope in Scope if scope.value in words]
