"""Clocks and words of merchants: agreements, owners, alliances, discounts, months."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks
from mulin.services.exchange import actions, queries


def register() -> None:
    """Fill the hooks; called once, by ``handlers``."""
    hooks.tick += [
        ("exchange.draw_up", actions.draw_up),
        ("exchange.tend_merchants", actions.tend_merchants),
        ("exchange.forget_codes", actions.forget_codes),
    ]
    hooks.person_export += [queries.export_discounts]
    hooks.person_erase[:0] = [actions.erase_discounts, actions.erase_folk]
    hooks.kind_words |= {
        "merchant": _("商户"),
        "alliance": _("互助联盟"),
        "statement": _("月结单"),
        "entitlement": _("专属折扣"),
    }
    hooks.subject_url |= {
        "merchant": queries.merchant_address,
        "alliance": lambda _actor, key: reverse("exchange:alliance_members", args=[key]),
        "statement": lambda _actor, key: reverse("exchange:statement", args=[key]),
        "entitlement": lambda _actor, _key: reverse("exchange:grants"),
    }
    hooks.work_words |= {
        "merchant_decide": _("审核商户申请，答复店主"),
        "merchant_start": _("协议已签：优惠写好就让商户开始参加"),
        "merchant_renew": _("协议快到期：续签，或者让商户退出"),
        "merchant_owner": _("这家店没有店主了：问清楚，登记新店主"),
        "statement_confirm": _("核对月结单：确认，或者说哪里不对"),
        "statement_silent": _("店主没有按时核对月结单：问一问，代为记下"),
        "statement_dispute": _("答复商户对月结单的异议"),
        "statement_settle": _("月结单已确认：按协议结清"),
    }
    hooks.verb_words |= {
        "merchant.applied": _("商户申请参加"),
        "merchant.agree": _("和商户签协议"),
        "merchant.renew": _("和商户续签协议"),
        "merchant.decline": _("商户申请未通过"),
        "merchant.activate": _("商户开始参加"),
        "merchant.suspend": _("暂停商户"),
        "merchant.end": _("商户退出"),
        "merchant.offer_added": _("添优惠"),
        "merchant.offer_ended": _("停用优惠"),
        "merchant.assistant_named": _("添店员"),
        "merchant.assistant_ended": _("取消店员"),
        "merchant.owner_changed": _("换店主"),
        "alliance.founded": _("成立互助联盟"),
        "alliance.joined": _("加入互助联盟"),
        "alliance.left": _("退出互助联盟"),
        "alliance.ended": _("结束互助联盟"),
        "alliance.offer_added": _("添联盟优惠"),
        "alliance.offer_ended": _("停用联盟优惠"),
        "discount.granted": _("给专属折扣"),
        "discount.grant_ended": _("收回专属折扣"),
        "discount.checked": _("核对折扣码"),
        "discount.voided": _("撤销一笔折扣"),
        "statement.drawn_up": _("生成月结单"),
        "statement.confirmed": _("商户确认月结单"),
        "statement.silent": _("店主没有按时核对月结单"),
        "statement.confirmed_for": _("代店主记下月结单没有问题"),
        "statement.disputed": _("商户对月结单有异议"),
        "statement.answered": _("答复月结单异议"),
        "statement.settled": _("结清月结单"),
    }
