"""Messages. Pure: words, patience, what a provider's answer means. When it is quiet, the calendar knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PATIENCE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
MAX_ATTEMPTS = 6
"""A first try and one after each of these waits; then somebody has to call or visit."""

STALE_AFTER = timedelta(minutes=15)
"""A message "being sent" for so long was abandoned by a process that died. Longer than any pass lasts."""

PREFERENCE = ("wechat", "sms", "email")
"""The first one that is configured, agreed to and has an address is used; the next if it fails for good."""

IDEMPOTENT = frozenset({"sms"})
"""Channels whose provider recognises a repeated key: after a silence the message may be handed in again."""


@dataclass(frozen=True)
class Template:
    """``title`` has at most 20 characters (the limit of a WeChat field); ``text`` may use {number}."""

    title: str | Promise
    text: str | Promise
    urgent: bool = False


TEMPLATES: dict[str, Template] = {
    "case_received": Template(
        gettext_lazy("已收到您反映的事项"),
        gettext_lazy("已收到您反映的事项，编号 {number}。凭编号和手机号后四位可随时查询进度。"),
    ),
    "case_accepted": Template(
        gettext_lazy("您反映的事项已受理"),
        gettext_lazy("您反映的事项 {number} 已受理，由谁办、什么时候办完请打开查看。"),
    ),
    "case_refused": Template(
        gettext_lazy("您反映的事项未予受理"),
        gettext_lazy("您反映的事项 {number} 未予受理，理由和建议去向请查看详情。"),
    ),
    "case_asked": Template(
        gettext_lazy("请您补充情况"),
        gettext_lazy("您反映的事项 {number} 有一个问题要问您，请打开查看并回答，回答后接着办。"),
    ),
    "case_appeal_decided": Template(
        gettext_lazy("复核有了结果"), gettext_lazy("您申请复核的事项 {number} 有了结果，请打开查看。")
    ),
    "case_split": Template(
        gettext_lazy("您反映的事项另立一件"),
        gettext_lazy("您反映的内容里有另一件事，已另立一件，编号 {number}，请留好它的回执。"),
    ),
    "case_merged": Template(
        gettext_lazy("您反映的事项并案办理"),
        gettext_lazy("您反映的事项 {number} 和别人反映的是同一件事，已并案办理；您的回执照样能查看和评价。"),
    ),
    "case_unmerged": Template(
        gettext_lazy("您反映的事项单独办理"), gettext_lazy("您反映的事项 {number} 改为单独办理，请打开查看。")
    ),
    "case_taken_up": Template(
        gettext_lazy("您反映的事项正在办理"), gettext_lazy("您反映的事项 {number} 已有工作人员接手办理。")
    ),
    "case_replied": Template(
        gettext_lazy("您反映的事项有新答复"), gettext_lazy("您反映的事项 {number} 有新的答复。")
    ),
    "case_disposed": Template(
        gettext_lazy("您反映的事项已有结果"),
        gettext_lazy("您反映的事项 {number} 已处置，请查看结果并作评价。"),
    ),
    "case_closed": Template(
        gettext_lazy("您反映的事项已结案"), gettext_lazy("您反映的事项 {number} 已结案。")
    ),
    "case_reopened": Template(
        gettext_lazy("您反映的事项重新办理"), gettext_lazy("您反映的事项 {number} 已重新办理。")
    ),
    "case_set_back": Template(
        gettext_lazy("更正：您反映的事项"),
        gettext_lazy("关于 {number}，刚才告诉您的那一步是误操作，已经撤回，事情照常在办。"),
    ),
    "case_deferred": Template(
        gettext_lazy("您反映的事项要多些时间"),
        gettext_lazy("您反映的事项 {number} 要多些时间办，原因和预计的日子请打开查看。"),
    ),
    "case_resumed": Template(
        gettext_lazy("您反映的事项恢复办理"), gettext_lazy("您反映的事项 {number} 已恢复办理。")
    ),
    "work_urged": Template(
        gettext_lazy("有人催办"), gettext_lazy("有人催办事项 {number}，请尽快办理并答复。")
    ),
    "work_supervised": Template(
        gettext_lazy("有一件督办"), gettext_lazy("事项 {number} 被督办，请按期办理并答复。")
    ),
    "work_due_soon": Template(
        gettext_lazy("有一件事快到期"), gettext_lazy("事项 {number} 快到期了，请抓紧办理。")
    ),
    "work_assigned": Template(
        gettext_lazy("您有一件新待办"), gettext_lazy("您有一件新待办，事项编号 {number}，请及时处理。")
    ),
    "work_urgent": Template(
        gettext_lazy("紧急待办"),
        gettext_lazy("您有一件紧急待办，事项编号 {number}，请立即处理。"),
        urgent=True,
    ),
    "honour_asked": Template(
        gettext_lazy("有人提名您"),
        gettext_lazy("有人在评选 {number} 里提名您。同意了才会公开，不同意没有任何影响，请打开回答。"),
    ),
    "honour_agreed_for": Template(
        gettext_lazy("工作人员代您填了同意"),
        gettext_lazy(
            "评选 {number} 里，工作人员说问过您，代您填了同意。不对的，或者想改怎么写名字，请打开查看。"
        ),
    ),
    "honour_cancelled": Template(
        gettext_lazy("评选取消了"), gettext_lazy("提名您的评选 {number} 取消了，原因请打开查看。")
    ),
    "honour_chosen": Template(
        gettext_lazy("您被选上，正在公示"),
        gettext_lazy("评选 {number} 选定了您，正在公示，期满没有异议就表彰。详情请打开查看。"),
    ),
    "honour_awarded": Template(
        gettext_lazy("祝贺您受到表彰"),
        gettext_lazy("评选 {number} 公示期满，您受到表彰。证书请打开查看、打印。"),
    ),
    "honour_removed": Template(
        gettext_lazy("公示后没有表彰"),
        gettext_lazy("评选 {number} 公示期间收到的异议经核实成立，这次没有表彰，理由请打开查看。"),
    ),
    "honour_withdrawn": Template(
        gettext_lazy("一项表彰已撤销"), gettext_lazy("评选 {number} 的表彰已撤销，理由请打开查看。")
    ),
    "honour_passed": Template(
        gettext_lazy("评选有结果了"),
        gettext_lazy("评选 {number} 评定了，这次没有选您。谢谢您为邻居做的事，公示里有人退出时还可能递补。"),
    ),
    "honour_amended": Template(
        gettext_lazy("评选的公告改了"),
        gettext_lazy("提名您的评选 {number} 改了公告，改了什么、为什么改，请打开查看。"),
    ),
    "honour_unit_asked": Template(
        gettext_lazy("有人提名您所在的单位或队伍"),
        gettext_lazy("有人在评选 {number} 里提名您所在的单位或队伍。有一位同意了才会公开，请打开查看。"),
    ),
    "honour_unit_agreed_for": Template(
        gettext_lazy("工作人员代您的单位或队伍填了同意"),
        gettext_lazy("评选 {number} 里，工作人员说问过您所在的单位或队伍，代填了同意。不对的，请打开查看。"),
    ),
    "honour_unit_amended": Template(
        gettext_lazy("评选的公告改了"),
        gettext_lazy("提名您所在单位或队伍的评选 {number} 改了公告，改了什么、为什么改，请打开查看。"),
    ),
    "honour_unit_cancelled": Template(
        gettext_lazy("评选取消了"),
        gettext_lazy("提名您所在单位或队伍的评选 {number} 取消了，原因请打开查看。"),
    ),
    "honour_unit_chosen": Template(
        gettext_lazy("您的单位或队伍被选上，正在公示"),
        gettext_lazy("评选 {number} 选定了您所在的单位或队伍，正在公示，期满没有异议就表彰。"),
    ),
    "honour_unit_passed": Template(
        gettext_lazy("评选有结果了"),
        gettext_lazy("评选 {number} 评定了，这次没有选您所在的单位或队伍。谢谢大家做的事。"),
    ),
    "honour_unit_awarded": Template(
        gettext_lazy("祝贺您的单位或队伍受到表彰"),
        gettext_lazy("评选 {number} 公示期满，您所在的单位或队伍受到表彰。证书请打开查看、打印。"),
    ),
    "honour_unit_removed": Template(
        gettext_lazy("公示后没有表彰"),
        gettext_lazy(
            "评选 {number} 公示期间收到的异议经核实成立，您所在的单位或队伍这次没有表彰，理由请打开查看。"
        ),
    ),
    "honour_unit_withdrawn": Template(
        gettext_lazy("一项表彰已撤销"),
        gettext_lazy("评选 {number} 给您所在单位或队伍的表彰已撤销，理由请打开查看。"),
    ),
    "honour_answered": Template(
        gettext_lazy("您的异议有了答复"), gettext_lazy("您对评选 {number} 公示提的异议已经答复，请打开查看。")
    ),
    "order_near": Template(
        gettext_lazy("附近有邻居求助"),
        gettext_lazy("附近有邻居需要帮忙（{number}），您方便的话请打开看看。不方便不用管。"),
    ),
    "order_offered": Template(
        gettext_lazy("社区想请您帮个忙"),
        gettext_lazy("社区想请您帮个忙（{number}），请打开答应或婉拒，婉拒没有任何影响。"),
    ),
    "order_refused": Template(
        gettext_lazy("您的求助没有通过审核"), gettext_lazy("您的求助 {number} 没有通过审核，理由请打开查看。")
    ),
    "order_claimed": Template(
        gettext_lazy("有人来帮您了"), gettext_lazy("您的求助 {number} 有人接了，是谁请打开查看。")
    ),
    "order_claimed_also": Template(
        gettext_lazy("您也要的，有人来帮了"), gettext_lazy("您也要的 {number} 有人接了，帮完了就告诉您。")
    ),
    "order_over_also": Template(
        gettext_lazy("您也要的没有办成"),
        gettext_lazy("您也要的 {number} 没有办成。还需要的话，请自己提一件。"),
    ),
    "order_back": Template(
        gettext_lazy("还在为您找人"), gettext_lazy("您的求助 {number}，原来答应的人来不了，正在另外找人。")
    ),
    "order_lapsed": Template(
        gettext_lazy("您答应的事已退回"),
        gettext_lazy("您答应的 {number} 过了时间，已退回另外找人。没关系，下次再帮。"),
    ),
    "order_barred": Template(
        gettext_lazy("您答应的事已退回"),
        gettext_lazy(
            "您答应的 {number} 已退回另外找人：您的看护核查到期或停用了。想接着帮，请到社区重新核查。"
        ),
    ),
    "order_served": Template(
        gettext_lazy("请确认帮完了没有"), gettext_lazy("帮您的人说 {number} 帮完了，请打开确认。")
    ),
    "order_not_done": Template(
        gettext_lazy("求助的人说还没有帮完"), gettext_lazy("{number}：求助的人说还没有帮完，请打开看看。")
    ),
    "order_confirmed": Template(
        gettext_lazy("对方确认帮完了，谢谢您"), gettext_lazy("{number}：对方确认帮完了，谢谢您。")
    ),
    "order_confirmed_book": Template(
        gettext_lazy("对方确认帮完了，谢谢您"),
        gettext_lazy(
            "{number}：对方确认帮完了，谢谢您。您还没有积分存折：{day} 以前开一本，这次的积分就记上。"
        ),
    ),
    "order_confirmed_unpaid": Template(
        gettext_lazy("对方确认帮完了，谢谢您"),
        gettext_lazy("{number}：对方确认帮完了，谢谢您。这次没有积分，原因请打开查看。"),
    ),
    "order_expired": Template(
        gettext_lazy("您的求助还没有人接"),
        gettext_lazy("您的求助 {number} 到期还没有人接，社区会来答复；也可以重新提出。"),
    ),
    "order_climbed": Template(
        gettext_lazy("还在为您找人"),
        gettext_lazy("您的求助 {number} 还没有人接，已请上一级出面找人。不用您做什么，有人接了就告诉您。"),
    ),
    "order_merged": Template(
        gettext_lazy("您的求助并到同一件"),
        gettext_lazy("您的求助 {number} 和另一件是同一件事，并到一起办。您不用再提，打开看得到办到哪一步。"),
    ),
    "order_took_in": Template(
        gettext_lazy("又有人也要这一件"), gettext_lazy("另一件求助和您的 {number} 是同一件事，并到一起办。")
    ),
    "order_apart": Template(
        gettext_lazy("您的求助分开办了"), gettext_lazy("您的求助 {number} 和并到一起的那件分开，各办各的。")
    ),
    "order_raised": Template(
        gettext_lazy("已请上一级来办您的求助"),
        gettext_lazy("您的求助 {number} 没有按时办，已请上一级来办，办了就告诉您。"),
    ),
    "order_unconfirmed": Template(
        gettext_lazy("帮完了没有，还等您说一声"),
        gettext_lazy("{number}：帮您的人说帮完了。请打开点“确认”或“还没有帮完”；您不方便，社区会来问您。"),
    ),
    "order_answered": Template(
        gettext_lazy("社区答复了您的求助"), gettext_lazy("社区答复了您的求助 {number}，请打开查看。")
    ),
    "order_withdrawn": Template(
        gettext_lazy("您答应的求助已撤回"), gettext_lazy("您答应的 {number} 求助的人撤回了，不用去了。")
    ),
    "rule_broken": Template(
        gettext_lazy("一条派单规则用不了"),
        gettext_lazy("第 {number} 条派单规则现在用不了，碰到它的事都退给甄别的工作人员。请打开更正。"),
    ),
    "points_helped": Template(
        gettext_lazy("有人用您的积分存折办事"),
        gettext_lazy("家人或工作人员刚刚替您用积分存折办了一件事，请打开查看。不是您同意的，请找社区窗口。"),
    ),
    "points_given": Template(
        gettext_lazy("有人转给您积分"), gettext_lazy("您的积分存折收到转来的 {n} 分，请打开查看。")
    ),
    "points_reversed": Template(
        gettext_lazy("一笔积分已更正"), gettext_lazy("您的积分存折有一笔更正，原因请打开查看。")
    ),
    "points_lapsing": Template(
        gettext_lazy("积分快到期了"),
        gettext_lazy("您的积分存折有 {n} 分可以用到 {day}。可以兑换，也可以转给家人邻居。"),
    ),
    "points_pace": Template(
        gettext_lazy("积分发放有调整"),
        gettext_lazy("本社区能兑换的东西少了：从 {day} 起做的好事按 {n}% 发积分，以前的不变。"),
    ),
    "points_pace_over": Template(
        gettext_lazy("积分恢复全额发放"), gettext_lazy("本社区从 {day} 起做的好事恢复按 {n}% 发积分。")
    ),
    "points_question": Template(
        gettext_lazy("您问的一笔积分有答复"), gettext_lazy("您问的那一笔积分有了答复，请打开查看。")
    ),
    "points_review": Template(
        gettext_lazy("有几笔积分需要更正"),
        gettext_lazy("工作人员看过您的几笔积分，有需要更正的。看到了什么、怎么申诉，请打开查看。"),
    ),
    "points_plea": Template(
        gettext_lazy("您的积分申诉有了结果"), gettext_lazy("上一级看过您的申诉，结果和理由请打开查看。")
    ),
    "redemption_expired": Template(
        gettext_lazy("兑换过期没取"),
        gettext_lazy("兑换 {number} 过期没有取，积分已退回存折，可以再兑换。"),
    ),
    "redemption_faulted": Template(
        gettext_lazy("超市没能给货"),
        gettext_lazy("兑换 {number} 的东西超市给不了，积分已退回存折，原因请打开查看。"),
    ),
    "repayment_confirmed": Template(
        gettext_lazy("联盟补还已确认"),
        gettext_lazy("您报的联盟补还 {number}（{n} 分）已经确认，联盟少欠这些分。"),
    ),
    "repayment_declined": Template(
        gettext_lazy("联盟补还没有确认"),
        gettext_lazy("您报的联盟补还 {number}（{n} 分）没有确认，原因请打开查看。"),
    ),
    "till_taken": Template(
        gettext_lazy("商户凭您的存折收了积分"),
        gettext_lazy(
            "您的积分存折在一家商户用了 {n} 分，在哪里、什么时候，请打开查看。不是您同意的，请找社区窗口。"
        ),
    ),
    "till_judged": Template(
        gettext_lazy("没有网时收的一笔有了结果"),
        gettext_lazy("没有网时收的 {number} 核实过了，付不付、为什么，请打开查看。"),
    ),
    "merchant_agree": Template(
        gettext_lazy("您的店已签协议"),
        gettext_lazy("您的店已签协议，到 {until} 止。写好优惠内容，社区就让它开始参加。"),
    ),
    "merchant_renew": Template(
        gettext_lazy("您的店已续签协议"), gettext_lazy("您的店已续签协议，到 {until} 止。")
    ),
    "merchant_decline": Template(
        gettext_lazy("您的商户申请未通过"), gettext_lazy("您的商户申请未通过，原因请打开查看，可以重新申请。")
    ),
    "merchant_activate": Template(
        gettext_lazy("您的店开始参加了"), gettext_lazy("您的店从现在起参加，居民看得到您的优惠。")
    ),
    "merchant_suspend": Template(
        gettext_lazy("您的店已暂停参加"), gettext_lazy("您的店已暂停参加，原因请打开查看。")
    ),
    "merchant_end": Template(
        gettext_lazy("您的店已退出"), gettext_lazy("您的店已退出，原因请打开查看。以前的月结单照常办完。")
    ),
    "agreement_agreed": Template(
        gettext_lazy("互认协议对方同意了"),
        gettext_lazy("您提出的互认协议对方社区已经同意，从约定的那天起互相收积分。"),
    ),
    "agreement_ended": Template(
        gettext_lazy("互认协议没有成或已结束"),
        gettext_lazy("您提出的互认协议已被结束或没有同意，原因请打开查看。"),
    ),
    "merchant_ending": Template(
        gettext_lazy("您的店的协议快到期了"),
        gettext_lazy("您的店的协议到 {until} 止，到期后居民不能再用优惠。要接着参加，请找社区续签。"),
    ),
    "merchant_yours": Template(
        gettext_lazy("您已登记为一家商户的店主"),
        gettext_lazy(
            "您已登记为一家商户的店主，优惠、店员和月结单由您管，请打开查看。不是您同意的，请找社区。"
        ),
    ),
    "merchant_handed": Template(
        gettext_lazy("您不再是一家商户的店主"),
        gettext_lazy("您登记的一家商户已换了店主。不是您同意的，请找社区。"),
    ),
    "statement_issued": Template(
        gettext_lazy("请核对上个月的月结单"),
        gettext_lazy("{month} 的月结单出来了，请在 {day} 前打开确认，或者说哪里不对。"),
    ),
    "statement_answered": Template(
        gettext_lazy("社区答复了月结单的异议"),
        gettext_lazy("社区答复了您对 {month} 月结单的异议，请在 {day} 前打开确认，或者再说哪里不对。"),
    ),
    "statement_settled": Template(
        gettext_lazy("月结单已结清"), gettext_lazy("{month} 的月结单已结清，怎么结的请打开查看。")
    ),
    "alliance_offer": Template(
        gettext_lazy("您的联盟添了一项优惠"),
        gettext_lazy("您的店所在的联盟添了一项优惠，每家都给，请打开查看。不同意可以退出联盟。"),
    ),
    "alliance_ended": Template(
        gettext_lazy("您的联盟结束了"), gettext_lazy("您的店所在的联盟结束了，您的店照常参加。")
    ),
    "admission_decided": Template(
        gettext_lazy("准入申请有了结果"), gettext_lazy("本单位的事项准入申请有了结果，理由请打开查看。")
    ),
}
"""Every message there is. No names, no phone numbers, nothing of the matter: others read over shoulders."""

_PHONE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


def check_params(params: Mapping[str, str | int]) -> dict[str, str]:
    """The parameters as text. Raises ValueError where one looks like a mobile number."""
    told = {key: str(value) for key, value in params.items()}
    for key, value in told.items():
        if _PHONE.search(value):
            raise ValueError(f"parameter {key!r} of a message holds a phone number")
    return told


def words(template: str, params: Mapping[str, str], link: str = "") -> tuple[str, str]:
    """(title, text) of a message in the language in force. Missing parameters stay empty."""
    told = TEMPLATES[template]
    text = str(told.text).format_map(_Forgiving(params))
    return str(told.title), text + (_("查看：%(link)s") % {"link": link} if link else "")


class _Forgiving(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def urgent_templates() -> list[str]:
    """The codes of messages that may go out at night."""
    return [code for code, told in TEMPLATES.items() if told.urgent]


def next_try(now: datetime, *, attempts: int) -> datetime | None:
    """When to try again after so many attempts; None when patience is at its end."""
    return None if attempts >= MAX_ATTEMPTS else now + PATIENCE[min(attempts, len(PATIENCE)) - 1]


WECHAT_TOKEN_SPENT = frozenset({40001, 40014, 42001})
"""The access token is invalid or has expired: fetch another one and hand the message in again."""

WECHAT_NEVER = frozenset({40003, 43004, 43019, 43101})
"""This person will never get it: unknown openid, not a follower, blacklisted, refuses messages."""
