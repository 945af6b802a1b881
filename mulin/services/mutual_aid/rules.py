"""Help between neighbours (row 85): its kinds as data, and where trust is checked first. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.orders.queries import Customer, Kind

CUSTOMER: Final = "help"

HELP: Final = Customer(
    code=CUSTOMER,
    name=gettext_lazy("邻里互助"),
    ask=gettext_lazy("我要求助"),
    note=gettext_lazy("取快递、修东西、教手机"),
    lead=gettext_lazy("要帮什么？点一样，再写一句，就发出去了。"),
    privacy=gettext_lazy(
        "大家只看得到是哪一种、在哪个小区、什么时候要；您写的话、姓名和门牌，只有审核的工作人员和答应来帮您的人看得到。"
    ),
)


class VettingKind(TextChoices):
    CHILD_CARE = "child_care", gettext_lazy("看护孩子")


class Evidence(TextChoices):
    """What was looked at. No document and no number is kept."""

    RECORD = "record", gettext_lazy("无犯罪记录证明")
    QUALIFICATION = "qualification", gettext_lazy("教师、保育、护理类证书")
    KNOWN = "known", gettext_lazy("社区上门了解、两名邻居担保")


LONGEST: Final = timedelta(days=366)
"""For so long a check is good at most. Assumed."""

_KINDS: Final = (
    ("parcel", "inbox", gettext_lazy("代收快递"), gettext_lazy("写写在哪个快递点、几件、重不重。取件码等有人答应再说。")),
    ("minding", "heart", gettext_lazy("临时看护孩子"), gettext_lazy("写写孩子几岁、从几点到几点。来的人都由社区核查过。")),
    ("appliance", "bolt", gettext_lazy("修家电"), gettext_lazy("写写什么东西、怎么坏的。燃气、强电请找专业的人。")),
    ("phone", "phone", gettext_lazy("教用手机"), gettext_lazy("写写想学什么：视频通话、挂号、付款……")),
    ("errand", "walk", gettext_lazy("代买、跑腿"), gettext_lazy("写写买什么、送到哪。钱当面结清。")),
    ("escort", "users", gettext_lazy("陪着看病、办事"), gettext_lazy("写写去哪、几点、走路方便不方便。")),
    ("lift", "building", gettext_lazy("搬东西"), gettext_lazy("写写搬什么、几楼、要几个人。")),
    ("other", "question", gettext_lazy("别的小忙"), gettext_lazy("写一句要帮什么。")),
)  # fmt: skip
ALONE_WITH_CHILDREN: Final = VettingKind.CHILD_CARE
"""What whoever is alone with children must have been checked for; grid staff do not review such asks."""
_VETTED: Final = {"minding": ALONE_WITH_CHILDREN}

KINDS: Final = tuple(
    Kind(
        code=f"help.{code}",
        customer=CUSTOMER,
        name=name,
        hint=hint,
        icon=icon,
        grid_reviews=code not in _VETTED,
        vetted=_VETTED.get(code, ""),
        joinable=code == "phone",
        points=f"help_{code}",
    )
    for code, icon, name, hint in _KINDS
)
"""The article names the first four (快递代收、临时看护、家电维修、手机使用指导); the others are assumed."""


def why_barred(needed: str, *, valid_until: date | None, today: date) -> str:
    """Why somebody whose check for what is ``needed`` is good until ``valid_until`` (None: was never checked) may not claim,
    '' where he may."""
    if not needed:
        return ""
    if valid_until is None:
        return _("单独和孩子在一起的事，要先由社区核查过。想帮忙请到社区登记。")
    if valid_until < today:
        return _("您的看护核查 %(day)s 到期了，请到社区重新核查。") % {"day": valid_until.isoformat()}
    return ""
