"""What happens at tills: points taken by merchants, slips judged, goods that come back, a name looked at."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks
from mulin.services.exchange import actions, queries


def register() -> None:
    """Fill the hooks; called once, by ``handlers``."""
    hooks.person_export.append(queries.export_takings)
    hooks.person_erase.insert(0, actions.erase_takings)  # before the passbook is closed, as at a till
    hooks.person_export.append(queries.export_repayments)
    hooks.person_erase.insert(0, actions.erase_repayments)
    hooks.paper_shown.append(queries.tills_for)
    hooks.points_elsewhere["redemption"] = _(
        "这是在超市兑换的：请居民带着东西到超市柜台退货，货放回货架，积分一起退回。"
    )
    hooks.kind_words |= {"taking": _("商户收积分"), "repayment": _("联盟补还")}
    hooks.subject_url["repayment"] = lambda _actor, key: reverse("exchange:repayment", args=[key])
    hooks.work_words["repayment"] = _("核对后确认联盟补还")
    hooks.subject_url["taking"] = queries.taking_address
    hooks.work_words["till_slip"] = _("核实离线收的积分")
    hooks.verb_words |= {
        "taking.taken": _("商户收积分"),
        "taking.voided": _("撤销一笔收分"),
        "taking.kept": _("离线收分留给人核实"),
        "taking.declined": _("核实后不付"),
        "repayment.proposed": _("报联盟补还"),
        "repayment.confirmed": _("确认联盟补还"),
        "repayment.declined": _("没有确认联盟补还"),
        "repayment.withdrawn": _("撤回联盟补还"),
        "shop.returned": _("退货入库"),
        "redemption.returned": _("收回货、退积分"),
        "discount.grant_looked": _("看专属折扣是谁的"),
    }
