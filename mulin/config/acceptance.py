"""Clocks and words of points between communities: the county's rule, agreements, months."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks
from mulin.services.exchange.actions import acceptance, between, netting


def register() -> None:
    """Fill the hooks; called once, by ``handlers``."""
    hooks.points_leave.append(acceptance.passed_on)
    hooks.tick += [
        ("exchange.draw_up_nettings", netting.draw_up_nettings),
        ("exchange.tend_nettings", between.tend_nettings),
    ]
    hooks.work_words |= {
        "netting_first": _("轧差单轮到本社区：核对确认、答复异议，或者说明怎样结清"),
        "netting_second": _("轧差单轮到本社区：核对确认、答复异议，或者说明怎样结清"),
        "netting_late": _("两个社区的轧差单停了一个月：问一问"),
        "agreement_answer": _("对方社区提出互认积分：同意，或者说明为什么不"),
    }
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
