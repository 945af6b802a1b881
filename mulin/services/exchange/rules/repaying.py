"""How an alliance makes good what it advanced, pure. Rows 90 and 91. No money passes: of cash there are words at most."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

LATEST: Final = timedelta(days=366)
"""What lies longer back is not entered any more."""
WHO_CONFIRMS: Final = _("补还由社区、街道和县里的工作人员确认，提出的人和联盟里的人不能确认自己的。")


class Means(TextChoices):
    GOODS = "goods", _("送来了东西（放上货架，或给了垫付的商户）")
    POINTS = "points", _("从自己的存折里出积分")


class RepaymentState(TextChoices):
    PROPOSED = "proposed", _("等社区确认")
    CONFIRMED = "confirmed", _("已补还")
    DECLINED = "declined", _("没有确认")
    WITHDRAWN = "withdrawn", _("已撤回")


def still_told(done_on: date, *, on: date) -> bool:
    """Whether a day on which something was made good may be entered: neither to come nor longer ago than LATEST."""
    return on - LATEST <= done_on <= on
