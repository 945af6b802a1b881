"""Micro-wishes (row 61): what the engine of orders is told. Private until a reviewer lets them out; never a name with a
hardship in public."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from mulin.ground.orders.queries import Customer, Kind
from mulin.services.mutual_aid.queries import ALONE_WITH_CHILDREN

CUSTOMER: Final = "wish"

WISHES: Final = Customer(
    code=CUSTOMER,
    name=_("微心愿"),
    ask=_("许个心愿"),
    note=_("一件小东西、一点小帮助"),
    lead=_("想要的一件小东西，或者一点小帮助。社区审核以后，请党员、单位和热心人来认领。"),
    privacy=_("您写的话和姓名不会公开：只有审核的工作人员，和认领以后来帮您的人看得到。"),
    icon="heart",
)

_WISH: Final = {
    "customer": CUSTOMER,
    "private": True,
    "grid_reviews": False,
    "claim_span": timedelta(days=14),
    "answer_span": timedelta(days=2),
    "confirm_span": timedelta(days=7),
    "open_span": timedelta(days=60),
    "review_span": timedelta(days=2),
    "points": "wish",
}

KINDS: Final = tuple(
    Kind(
        code=f"wish.{code}",
        name=name,
        hint=hint,
        icon=icon,
        vetted=ALONE_WITH_CHILDREN if code == "learning" else "",
        **_WISH,  # type: ignore[arg-type]
    )
    for code, name, hint, icon in (
        ("thing", _("想要一件东西"), _("比如：一副老花镜、一个书包、一床被子。写写尺寸、样子。"), "heart"),
        ("company", _("想有人陪一陪"), _("比如：陪着去看看、聊聊天、过个生日。"), "users"),
        ("repair", _("家里修一修"), _("比如：装个扶手、换盏灯。"), "bolt"),
        ("learning", _("孩子学习上的帮助"), _("比如：辅导功课、几本书。来的人都由社区核查过。"), "book"),
    )
)
"""Kinds are ours (assumed): the article names none."""
