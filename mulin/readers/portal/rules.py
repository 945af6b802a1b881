"""What the front door knows by itself: the public telephone numbers and the name of its cookie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

LARGE_COOKIE = "mulin_large"
"""The cookie that says large print (长辈版) is on, value "1"; read by mulin.config.context."""


@dataclass(frozen=True)
class Number:
    """A public telephone number: ``urgent`` ones mean danger to life or property now."""

    digits: str
    name: Any
    when: Any
    urgent: bool


NUMBERS: tuple[Number, ...] = (
    Number("110", _("报警"), _("有人受到伤害、打架、被偷被骗、老人孩子走失"), True),
    Number("120", _("急救"), _("突然晕倒、胸痛、说不出话、受重伤"), True),
    Number("119", _("火警"), _("着火、冒烟、有人被困；闻到煤气味先出门再打"), True),
    Number("12345", _("政务服务热线"), _("不着急的事，或不知道该找谁，白天夜里都有人接"), False),
    Number("12348", _("法律服务热线"), _("想问法律上的事，免费"), False),
)
"""National numbers; they hold in every county."""
