"""The words of what happens at a counter after the goods: they come back, a name is looked at."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks


def register() -> None:
    """Fill the hooks; called once, by ``handlers``."""
    hooks.verb_words |= {
        "shop.returned": _("退货入库"),
        "redemption.returned": _("收回货、退积分"),
        "discount.grant_looked": _("看专属折扣是谁的"),
    }
