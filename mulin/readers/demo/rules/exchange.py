"""The example county's shop: what it offers, who supplies it, how its first weeks went. Nobody real."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

OPENED_BEFORE: Final = timedelta(days=40)
SHOP: Final = ("双虹文明超市", "党群服务中心一楼东侧", "周一至周五 9:00–11:00、14:00–16:00")
"""(name, where, when to collect)."""
GOODS: Final = (
    ("大米", "袋", 30, "永和超市", "5 千克，本地新米", 2, 24),
    ("豆油", "桶", 50, "永和超市", "1.8 升", 1, 10),
    ("洗衣液", "瓶", 25, "惠民日化", "2 千克", None, 12),
    ("抽纸", "提", 15, "惠民日化", "6 包一提", None, 30),
    ("牙膏", "支", 8, "县妇联捐赠", "", None, 18),
    ("保温杯", "个", 60, "爱心企业捐赠", "", 1, 0),
)
"""(name, unit, points, supplier, words, pieces a month for one passbook, pieces that came in)."""
MORNINGS: Final = 8
"""So many mornings the shop's first customers swept their yard."""

ALLIANCES: Final = (
    ("双虹互助联盟", "001003"),
    ("铁西互助联盟", "003004"),
    ("黎明互助联盟", "002002"),
    ("镜湖互助联盟", "001001"),
)
"""(name, street and community code), in the order in which the merchants below join them."""
SALON: Final = "一剪轻松理发店"
GIVEN_BY_ALL: Final = (
    ("进店歇脚、喝水", "六十岁以上和带孩子的，不买东西也行"),
    ("送货上门不另收钱", "本社区之内"),
)
"""(title, terms) of what every member of the first alliances gives."""
ENDS_SOON: Final = 20
"""The agreement of the last merchant ends in so many days."""
MERCHANTS: Final = (
    ("巷口便民超市", "grocery", "生鲜九折"),
    ("老街坊面馆", "catering", "面食八折"),
    (SALON, "hair", "洗剪吹八折，六十岁以上剪发五元"),
    ("康民药店", "pharmacy", "非处方药九折"),
    ("小满早餐", "catering", "早餐减一元"),
    ("阿秀美发", "hair", "剪发八折"),
    ("如家超市", "grocery", "米面油九五折"),
    ("福来饺子馆", "catering", "八八折"),
    ("春晖大药房", "pharmacy", "会员价再九五折"),
    ("北街超市", "grocery", "满三十减三"),
    ("一品粥铺", "catering", "八折"),
    ("丽影美发", "hair", "烫染九折"),
    ("安康药店", "pharmacy", "血压计试用免费，药品九折"),
    ("乐购便利", "grocery", "日用品九折"),
    ("老李烧饼", "catering", "买五送一"),
    ("新潮理发", "hair", "剪发七折"),
    ("惠万家超市", "grocery", "九五折"),
    ("东北家常菜", "catering", "八八折"),
    ("众生药房", "pharmacy", "九折"),
    ("邻家小厨", "catering", "老人套餐八折"),
    ("百姓修鞋配钥匙", "other", "配钥匙减两元"),
)
"""(name, trade, offer): the first one is the shop of the merchant at the door; each joins the next alliance in turn."""
FOR_POINTS: Final = (("豆浆一杯", "", 3), ("鸡蛋一斤", "多要的按店里的价另付", 8))
"""(what, words, points) at the first merchant."""
FLOOR: Final = 20
"""Points a day from one passbook without a network."""
DAYS_OF_DISCOUNTS: Final = (36, 33, 29, 21, 16, 9, 4, 2)
"""So many days ago the resident at the door had his discounts, hour by hour after ten."""
