"""What stands behind the points of the example county. Nobody real."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

Told = tuple[str, str, str, int]
"""(kind, source, what is pledged, worth in points)."""
BASIS: Final = "县积分银行管理办法"
PACE: Final = (60, 70, 14)
"""(floor of the cover in per cent, per cent of the points below it, days of notice)."""
PLEDGES: Final[tuple[Told, ...]] = (
    ("budget", "县民政局年度兑付预算", "年内按季采购米面油，凭积分领取", 150),
    ("organisation", "县妇联", "牙膏、毛巾二十份", 60),
)
POOR: Final[tuple[Told, ...]] = (("merchant", "小满早餐", "早餐券五张", 5),)
"""All that one community has."""
ENDED: Final[Told] = ("merchant", "福来饺子馆", "每周三饺子两份", 40)
ENDED_WHY: Final = "店面装修，停业三个月"
ENDED_BEFORE: Final = timedelta(days=15, hours=3)
