"""The indicators: each a definition in words beside its code. Nobody types a figure; every figure opens to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

ORIGINS = {"people": _("群众反映"), "staff_found": _("工作人员发现"), "historic": _("历史导入")}
"""The source split printed beside every figure."""


@dataclass(frozen=True)
class Indicator:
    """A figure: ``unit`` for people, ``base`` names the set of rows behind it (see queries.rows)."""

    code: str
    name: Any
    unit: Any
    base: str
    definition: Any


INDICATORS: dict[str, Indicator] = {
    one.code: one
    for one in (
        Indicator(
            "cases_reported",
            _("上报件数"),
            _("件"),
            "reported",
            _(
                "在起止日期之间（含起日，不含止日，北京时间）上报的全部案件，一件一条记录；合并、导入、巡查发现均在内。"
            ),
        ),
        Indicator(
            "cases_responded",
            _("已响应件数"),
            _("件"),
            "responded",
            _(
                "期间上报、由群众提出的案件中，工作人员已作出第一次有实质内容的答复的件数。"
                "自动回执、受理通知和内部记录不算响应。分母为期间群众提出的件数，其余为尚未响应。"
            ),
        ),
        Indicator(
            "cases_closed",
            _("结案件数"),
            _("件"),
            "closed",
            _("在期间内结案且目前仍为结案状态的案件。结案须有处置结果并已告知反映人；重新办理的不计。"),
        ),
        Indicator(
            "response_hours_median",
            _("响应时间中位数"),
            _("小时"),
            "responded",
            _(
                "期间上报、由群众提出且已响应的案件，从上报到第一次实质答复的自然小时数的中位数"
                "（线性内插，不扣除夜间和节假日）。n/N 为已响应件数与群众提出件数，未响应的不参与计算、但印在旁边。"
            ),
        ),
        Indicator(
            "response_hours_mean",
            _("响应时间平均数"),
            _("小时"),
            "responded",
            _("同上口径的算术平均数。个别久拖的案件会使它明显大于中位数。"),
        ),
        Indicator(
            "response_hours_p90",
            _("响应时间第90百分位"),
            _("小时"),
            "responded",
            _("同上口径的第 90 百分位（线性内插）：十件中有九件在这个时间内得到响应。"),
        ),
    )
}


def hours(span: timedelta | None) -> float | None:
    """A span in hours, to a millionth."""
    return None if span is None else round(span / timedelta(hours=1), 6)
