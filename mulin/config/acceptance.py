"""Clocks and words of points between communities: the county's rule, agreements, months."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks
from mulin.services.exchange.actions import acceptance, netting


def register() -> None:
    """Fill the hooks; called once, by ``handlers``."""
    hooks.points_leave.append(acceptance.passed_on)
    hooks.tick.append(("exchange.draw_up_nettings", netting.draw_up_nettings))
    hooks.kind_words |= {
        "acceptance_agreement": _("互认协议"),
        "acceptance_rule": _("积分通用范围"),
        "netting": _("轧差单"),
    }
    hooks.subject_url |= {
        "acceptance_agreement": lambda _actor, key: reverse("exchange:agreement", args=[key]),
        "acceptance_rule": lambda _actor, _key: reverse("exchange:acceptance_rule"),
        "netting": lambda _actor, key: reverse("exchange:netting", args=[key]),
    }
    hooks.verb_words |= {
        "acceptance.ruled": _("规定积分通用范围"),
        "acceptance.proposed": _("提出互认协议"),
        "acceptance.agreed": _("同意互认协议"),
        "acceptance.ended": _("结束互认协议"),
        "netting.drawn_up": _("生成轧差单"),
        "netting.confirmed": _("确认轧差单"),
        "netting.disputed": _("对轧差单有异议"),
        "netting.answered": _("答复轧差单异议"),
        "netting.settled": _("结清轧差单"),
    }
