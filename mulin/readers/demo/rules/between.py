"""Points between communities in the example county, what an alliance makes good, old paper passbooks. Nobody real."""

from __future__ import annotations

from random import Random
from typing import Final

from mulin.readers.demo.rules.people import GIVEN, SURNAMES

A_MONTH: Final = None
"""Points of one community at another one's shops and merchants by the county's rule: as many as there are."""
AGREED: Final = 200
AGREED_WORDS: Final = "两个社区挨着，居民常来常往"
SHOP: Final = ("育才文明超市", "育才社区服务站一楼", "周二、周五 14:00–16:00")
GOODS: Final = (("抽纸", "提", 12, "惠民日化", 40), ("香皂", "块", 6, "县妇联捐赠", 30))
"""(name, unit, points, supplier, pieces that came in) next door."""
SETTLED: Final = "送来抽纸四提、香皂六块，已上架"

SLIP: Final = "鸡蛋一斤"
JUDGED: Final = "当时店里停电没有网，问过老人，确实拿了。"
REPAID: Final = (6, "送来鸡蛋六斤，放上双虹文明超市的货架")
WAITING: Final = (3, "送来豆浆三杯，给了垫付的早餐摊")
"""(points, what was given): confirmed by the community; still to be looked at."""

BOOKS: Final = 5
"""Paper passbooks that a community brought in."""
WITHOUT: Final = 6
"""Communities that brought in none: of these the public reads no sum."""
SOURCE: Final = "2025 年爱心存折（社区台账）"


def old_books(rng: Random) -> str:
    """A table of invented neighbours with the points of their paper passbooks."""
    lines = [
        f"{rng.choice(SURNAMES)}{rng.choice(GIVEN)},,旧{number:04d},{rng.randint(14, 60)}"
        for number in range(1, BOOKS + 1)
    ]
    return "\n".join(("姓名,手机号,原存折号,积分", *lines)) + "\n"
