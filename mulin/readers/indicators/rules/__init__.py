"""The indicators: each a declaration of code, unit, definition and the sets it counts. Nobody types a figure; every figure
opens to its rows, numerator and denominator apart. A new one is a few lines here, over the sets of ``queries/sets.py``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

ORIGINS = {"people": _("群众反映"), "staff_found": _("工作人员发现"), "historic": _("历史导入")}
"""The source split printed beside every figure of cases."""

GROUPS: Final[dict[str, Any]] = {
    "intake": _("受理与响应"),
    "closing": _("办结"),
    "levels": _("在哪一级办结"),
    "rating": _("群众评价"),
    "compounds": _("小区与物业"),
    "forces": _("巡查与力量下沉"),
    "neighbours": _("邻里互助与积分"),
}
"""Headings under which leaders read them."""

COUNT, RATE, RATIO, HOURS, CHANGE, PER_THOUSAND = "count", "rate", "ratio", "hours", "change", "per_thousand"
"""RATE: a part of its denominator in per cent; RATIO: two unlike things in per cent, which may exceed a hundred."""
SMALL: Final = 20
"""A rate over fewer than so many rows says little: it is marked."""


@dataclass(frozen=True)
class Indicator:
    """A figure: ``unit`` for people; ``base`` names the rows of its numerator, ``over`` those of its denominator ('' for a
    plain count); ``kind`` says how the value comes of them.

    ``of``: for HOURS the measure (median, mean, p90), for CHANGE the code of the figure that is compared with its
    baseline. ``good``: whether more is better (1), less is better (-1), or neither (0): how a trend is coloured.
    """

    code: str
    name: Any
    unit: Any
    base: str
    definition: Any
    over: str = ""
    kind: str = COUNT
    group: str = "closing"
    of: str = ""
    good: int = 0


_PER_CENT: Final = "%"
_ITEMS: Final = _("件")


def _rate(code: str, name: Any, base: str, over: str, group: str, good: int, definition: Any) -> Indicator:
    return Indicator(code, name, _PER_CENT, base, definition, over=over, kind=RATE, group=group, good=good)


INDICATORS: dict[str, Indicator] = {
    one.code: one
    for one in (
        Indicator(
            "cases_reported",
            _("上报件数"),
            _ITEMS,
            "reported",
            _(
                "在起止日期之间（含起日，不含止日，北京时间）上报的全部案件，一件一条记录；合并、导入、巡查发现均在内。"
            ),
            group="intake",
        ),
        Indicator(
            "cases_responded",
            _("已响应件数"),
            _ITEMS,
            "responded",
            _(
                "期间上报、由群众提出的案件中，工作人员已作出第一次有实质内容的答复的件数。"
                "自动回执、受理通知和内部记录不算响应。分母为期间群众提出的件数（并案的只算一件），其余为尚未响应；"
                "期末以后才答复的也会算进来，所以过去一个月的数还会增加。"
            ),
            over="asked",
            group="intake",
        ),
        Indicator(
            "cases_closed",
            _("结案件数"),
            _ITEMS,
            "closed_still",
            _(
                "在期间内结案且目前仍为结案状态的案件。结案须有处置结果并已告知反映人；重新办理的不计，"
                "所以以后重新办理会使过去一个月的数减少。"
            ),
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
            over="asked",
            kind=HOURS,
            group="intake",
            of="median",
            good=-1,
        ),
        Indicator(
            "response_hours_mean",
            _("响应时间平均数"),
            _("小时"),
            "responded",
            _("同上口径的算术平均数。个别久拖的案件会使它明显大于中位数。"),
            over="asked",
            kind=HOURS,
            group="intake",
            of="mean",
            good=-1,
        ),
        Indicator(
            "response_hours_p90",
            _("响应时间第90百分位"),
            _("小时"),
            "responded",
            _("同上口径的第 90 百分位（线性内插）：十件中有九件在这个时间内得到响应。"),
            over="asked",
            kind=HOURS,
            group="intake",
            of="p90",
            good=-1,
        ),
        _rate(
            "admission_rate", _("受理率"), "admitted", "screened", "intake", 0,
            _(
                "期间甄别过的上报（受理或不予受理，各以第一次决定的时间为准）中受理的比例。"
                "网格员即查即办的不经甄别，不在内；受理后并案的仍算受理。"
            ),
        ),
        _rate(
            "response_rate", _("按时响应率"), "answered_in_time", "answerable", "intake", 1,
            _(
                "期间上报、由群众提出的案件中，在响应时限内得到第一次实质答复的比例。分母为期末已响应的，"
                "加上响应时限已到仍未响应的；不予受理、撤回、并案和剔除的不在内，没有人甄别的仍在内。"
                "没有单独规定时限的按全县缺省时限。"
            ),
        ),
        Indicator(
            "response_hours_change",
            _("响应时间比基期"),
            _PER_CENT,
            "responded",
            _(
                "（本期响应时间中位数 − 基期）÷ 基期。负数为缩短。基期由期间的记录算出，或由有关文件声明；"
                "声明的会另行标明。没有设基期时为“—”。"
            ),
            over="asked",
            kind=CHANGE,
            group="intake",
            of="response_hours_median",
            good=-1,
        ),
        Indicator(
            "due_closure_count",
            _("应结案数"),
            _ITEMS,
            "due",
            _(
                "期间结案、期末仍为结案的案件，加上时限在期末以前、期末仍未办结的案件。剔除的不在内，并案的只算一件。"
                "正在等反映人补充的暂停计时，不算到期。期末以后重新办理、并案、撤回或延期，不改变过去的数。"
            ),
        ),
        _rate(
            "closure_rate", _("结案率"), "closed", "due", "closing", 1,
            _("期间结案、期末仍为结案的件数 ÷ 应结案数。剔除的不在内，剔除占比印在旁边。"),
        ),
        _rate(
            "on_time_closure_rate", _("按期结案率"), "closed_in_time", "due", "closing", 1,
            _(
                "期间结案且在总时限内拿出处置结果的件数 ÷ 应结案数。总时限从受理起算，退单、转派不重新计时；"
                "结果报出以后等评价、核查的时间不算超期。"
            ),
        ),
        Indicator(
            "carried_over",
            _("逾期结转"),
            _ITEMS,
            "carried_over",
            _("应结案数中，时限在期末以前、期末仍未办结、结转到下一期的件数。n/N 的 N 为应结案数。"),
            over="due",
            good=-1,
        ),
        _rate(
            "return_rate", _("退单率"), "returned", "due", "closing", -1,
            _("应结案的案件中，期末以前曾被承办单位以“不归我们”退回的比例。一件退回多次只算一件。"),
        ),
        _rate(
            "extension_rate", _("延期率"), "extended", "due", "closing", -1,
            _("应结案的案件中，期末以前批准过延期的比例。"),
        ),
        _rate(
            "shelved_share", _("法定等待和挂账占比"), "shelved", "due_with_shelved", "closing", 0,
            _(
                "期末处于法定等待或挂账的件数 ÷（应结案数 + 这些件数）。它们有依据、文号、预计期限和批准人，"
                "期间停表，不算到期，所以占比印在各项比率旁边。"
            ),
        ),
        _rate(
            "excluded_share", _("剔除占比"), "excluded", "due_with_excluded", "closing", 0,
            _(
                "期末以前批准剔除的件数 ÷（应结案数 + 剔除的件数）。剔除须有理由代码，申请人和批准人不是同一人；"
                "剔除的案件不在各项比率之内。"
            ),
        ),
        _rate(
            "grid_closure_share", _("网格内办结占比"), "closed_in_grid", "closed", "levels", 0,
            _("期间结案的案件中，结案时由网格办理的比例（小事不出网格）。"),
        ),
        _rate(
            "local_closure_share", _("社区内办结占比"), "closed_locally", "closed", "levels", 0,
            _("期间结案的案件中，结案时由网格、小区或社区（村）办理的比例（大事不出社区）。"),
        ),
        Indicator(
            "hard_problems_solved",
            _("解决难点问题"),
            _ITEMS,
            "hard_signed",
            _(
                "期间由街道或县的负责人具名签认已解决的难点问题：至少两家单位实际参与办理，由经办人以外的人核查过，"
                "并已结案。与小区痛点问题可能是同一件，不相加。"
            ),
            group="levels",
        ),
        _rate(
            "resolution_rate", _("解决率"), "resolved", "settled", "rating", 1,
            _(
                "期间结案或被重新办理的群众诉求（一件只算一次）中，期末为结案、期间没有被重新办理、"
                "评价不是“不满意”的比例。"
            ),
        ),
        _rate(
            "satisfaction_rate", _("满意率"), "good_ratings", "ratings", "rating", 1,
            _(
                "期间收到的有效评价中“满意”和“基本满意”的比例；“不评价”不算有效评价，"
                "并案的每位反映人各评一次。评价占比印在旁边。"
            ),
        ),
        _rate(
            "rated_share", _("评价占比"), "rated", "closed_for_people", "rating", 0,
            _("期间结案的群众诉求中，期末以前收到有效评价的比例。"),
        ),
        _rate(
            "rework_rate", _("返工率"), "reworked", "closed", "rating", -1,
            _("期间结案的案件中，结案以前曾因核查不通过或抽查不属实退回返工的比例。一件返工多次只算一件。"),
        ),
        Indicator(
            "compound_issues_solved",
            _("解决小区痛点问题"),
            _ITEMS,
            "compound_issues",
            _(
                "期间结案、期末仍为结案、发生在小区内、事项属于停车难、环境差、设施旧三类的案件。"
                "与难点问题可能是同一件，不相加。"
            ),
            group="compounds",
        ),
        Indicator(
            "property_complaint_rate",
            _("物业投诉率"),
            _("件/千户"),
            "property_complaints_counted",
            _(
                "期间上报并受理的物业投诉（不予受理、撤回、并案的不在内）÷ 期末登记的户数 × 1000，"
                "只算登记过户数的小区。没有登记户数的小区另列，不参与计算。"
            ),
            over="compounds_counted",
            kind=PER_THOUSAND,
            group="compounds",
            good=-1,
        ),
        Indicator(
            "property_complaint_change",
            _("物业投诉率比基期"),
            _PER_CENT,
            "property_complaints_counted",
            _("（本期物业投诉率 − 基期）÷ 基期。负数为下降。投诉有季节性，基期宜取上年同月。"),
            over="compounds_counted",
            kind=CHANGE,
            group="compounds",
            of="property_complaint_rate",
            good=-1,
        ),
        _rate(
            "patrol_done_rate", _("巡查完成率"), "patrols_done", "patrols_due", "forces", 1,
            _(
                "期间到期的巡查中走完的比例（有没有发现都算；期末后两天内补记的也算）。"
                "没有通知到人的不算到期。"
            ),
        ),
        Indicator(
            "professional_teams",
            _("下沉专业队伍"),
            _("支"),
            "teams",
            _("期间最后一天名册上有人的专业队伍。只登记、没有队员的不算。"),
            group="forces",
        ),
        Indicator(
            "officers_on_grids",
            _("编入网格的执法人员"),
            _("人"),
            "officers",
            _("期间最后一天编在网格里的执法人员，一人编入几个网格只算一人。"),
            group="forces",
        ),
        _rate(
            "department_link_coverage", _("部门包联覆盖率"), "grids_linked", "grids", "forces", 1,
            _("期间最后一天有部门包联的网格 ÷ 全部网格（微网格在别的网格之内，不另算）。"),
        ),
        _rate(
            "stations_posted_rate", _("站点常驻率"), "stations_posted", "stations", "forces", 1,
            _("期间最后一天有干部常驻的站点 ÷ 全部站点。"),
        ),
        Indicator(
            "passbooks_issued",
            _("发放积分存折"),
            _("本"),
            "passbooks_issued",
            _("期间新开的个人和家庭积分存折。挂失补发的不重复计，历史存折转入的算转入那天。"),
            group="neighbours",
        ),
        Indicator(
            "passbooks_active",
            _("有往来的存折"),
            _("本"),
            "passbooks_active",
            _("期末以前开的存折中，期间得过、转赠过或兑换过积分的。"),
            group="neighbours",
        ),
        Indicator(
            "points_issued",
            _("发放积分"),
            _("分"),
            "points_issued",
            _("期间因做好事记入存折的积分，期末以前冲正的不计。没有积分的事（次数满了、预算用完）不在内。"),
            group="neighbours",
        ),
        Indicator(
            "points_redeemed",
            _("兑换积分"),
            _("分"),
            "points_redeemed",
            _("期间兑换物品、服务用掉的积分，期末以前冲正的不计。"),
            group="neighbours",
        ),
        Indicator(
            "points_outstanding",
            _("未用积分"),
            _("分"),
            "points_outstanding",
            _("期末还在存折上的积分，包括已为兑换预留的。"),
            group="neighbours",
        ),
        Indicator(
            "reserve_cover",
            _("积分储备覆盖率"),
            _PER_CENT,
            "points_backing",
            _(
                "期末货架上的东西按积分价折合，加上期间最后一天生效的兑付承诺，÷ 期末还在存折上的积分。"
                "货架按现在的积分价；可以超过 100%。不经过现金。"
            ),
            over="points_outstanding",
            kind=RATIO,
            group="neighbours",
            good=1,
        ),
        Indicator(
            "redemption_rate",
            _("积分兑换率"),
            _PER_CENT,
            "points_redeemed",
            _(
                "期间兑换用掉的积分 ÷ 期间因做好事记入存折的积分，各以期末以前没有冲正的为准。"
                "用掉的可能是以前得的，所以可以超过 100%。"
            ),
            over="points_issued",
            kind=RATIO,
            group="neighbours",
        ),
        Indicator(
            "acts_distinct",
            _("互助行为（去重）"),
            _("次"),
            "acts_distinct",
            _(
                "期间确认帮完的邻里求助、微心愿（一人帮一次算一次），加上工作人员看见并记了积分的其他好事；"
                "同一件事只算一次。帮人得了积分的，在求助里算过，积分里就不再算。"
            ),
            group="neighbours",
            good=1,
        ),
        _rate(
            "acts_counted_twice", _("重复统计的互助行为"), "acts_overlapping", "acts_distinct", "neighbours", 0,
            _(
                "去重以后的互助行为中，既算进邻里求助或微心愿、又算进积分的比例。把这几个数相加，"
                "就会多算分子那么多次。现在没有一件事会算进三处。"
            ),
        ),
        Indicator(
            "aid_acts",
            _("互助行为"),
            _("次"),
            "aid_acts",
            _(
                "期间由帮忙和求助双方都确认帮完的邻里求助，一人帮一次算一次。家人之间、自己帮自己、没有确认的不算。"
                "微心愿另算，不重复计。"
            ),
            group="neighbours",
            good=1,
        ),
        Indicator(
            "wishes_fulfilled",
            _("实现微心愿"),
            _("个"),
            "wishes_fulfilled",
            _("期间由许愿的人（没有账号的由社区问过以后代为）确认实现的微心愿，一个算一个。"),
            group="neighbours",
            good=1,
        ),
        _rate(
            "wish_fulfilment_rate", _("微心愿实现率"), "wishes_published_fulfilled", "wishes_published", "neighbours", 1,
            _("期间审核通过的微心愿中，期末以前确认实现的比例。没有通过审核的不在内，撤回和到期没有人认领的在内。"),
        ),
        Indicator(
            "merchants_active",
            _("参加的商户"),
            _("家"),
            "merchants",
            _("期间最后一刻正在参加、并且在协议起止日期之内的商户。申请中、暂停、退出和协议到期的不算。"),
            group="neighbours",
        ),
        Indicator(
            "alliances_active",
            _("互助联盟"),
            _("个"),
            "alliances",
            _("期间最后一刻至少有一家商户在参加的互助联盟。"),
            group="neighbours",
        ),
        Indicator(
            "discount_redemptions",
            _("专属折扣使用次数"),
            _("次"),
            "discounts",
            _("期间商户核对有效、给了优惠的次数；当天撤销的不算。不记录因为什么有优惠。"),
            group="neighbours",
        ),
        Indicator(
            "commendations_awarded",
            _("评优表彰"),
            _("项"),
            "honours",
            _("期间公示期满、没有未答复的异议而表彰的；期末以前撤销的不算。本人删除信息后仍计数，不再有名字。"),
            group="neighbours",
        ),
        Indicator(
            "nominations",
            _("评优提名"),
            _("个"),
            "nominations",
            _("期间提名的个人、家庭、单位和商户，一轮评选里同一个只算一次，附议不算。本人不参加的也算。"),
            group="neighbours",
        ),
    )
}  # fmt: skip


BASELINED: Final = ("response_hours_median", "property_complaint_rate")
"""Figures for which a baseline may be set."""


def hours(span: timedelta | None) -> float | None:
    """A span in hours, to a millionth."""
    return None if span is None else round(span / timedelta(hours=1), 6)


def share(kind: str, numerator: int | None, denominator: int | None) -> float | None:
    """The value of a rate or ratio (per cent) or of a number per thousand; None over nothing (printed as —)."""
    if not denominator or numerator is None:
        return None
    return round((1000 if kind == PER_THOUSAND else 100) * numerator / denominator, 4)


def change(value: float | None, base: float | None) -> float | None:
    """How a value stands to its baseline, in per cent of it; None where either is missing or the baseline is nothing."""
    if value is None or not base:
        return None
    return round(100 * (value - base) / base, 4)
