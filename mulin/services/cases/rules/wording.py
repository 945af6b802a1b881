"""Words: out of a report, and for people about a case."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules.choices import Words
from mulin.services.cases.rules.limits import TITLE_LENGTH
from mulin.services.cases.rules.states import State

_STOPS = re.compile(r"[。！？!?；;\n]")
_DIGITS = re.compile(r"\d[\d\- ]{5,}\d")


def title_of(text: str) -> str:
    """The first sentence, at most 40 characters. Long digit strings (telephone, identity numbers) are starred:
    titles stand in lists and to-dos."""
    first = next((part.strip() for part in _STOPS.split(text) if part.strip()), text.strip())
    plain = _DIGITS.sub("***", " ".join(first.split()))
    return plain if len(plain) <= TITLE_LENGTH else plain[: TITLE_LENGTH - 1] + "…"


def same_words(one: str, other: str) -> bool:
    """Whether two texts say the same, line ends and outer spaces apart: a resend, not another matter."""
    return " ".join(one.split()) == " ".join(other.split())


_EMERGENCY: Final[dict[str, tuple[str, ...]]] = {
    "119": (
        "着火",
        "起火",
        "失火",
        "火灾",
        "冒烟",
        "煤气味",
        "燃气味",
        "煤气泄漏",
        "燃气泄漏",
        "漏气",
        "爆炸",
        "被困",
    ),
    "110": ("持刀", "打人", "打架", "斗殴", "抢劫", "入室", "砍人", "家暴", "绑架", "跳楼", "自杀", "轻生"),
    "120": (
        "晕倒",
        "昏迷",
        "昏倒",
        "没有呼吸",
        "喘不上气",
        "大出血",
        "心梗",
        "中毒",
        "触电",
        "溺水",
        "撞人",
        "车祸",
    ),
}
"""Words that hint at danger to life. Assumed; a hint, never a decision."""


def emergency_numbers(text: str) -> tuple[str, ...]:
    """The emergency numbers that the words hint at, e.g. ('119',). Empty mostly."""
    plain = unicodedata.normalize("NFKC", text)
    return tuple(number for number, words in _EMERGENCY.items() if any(word in plain for word in words))


STEP_WORDS: dict[str, Words] = {
    "report": _("已收到"),
    "accept": _("已受理"),
    "refuse": _("不予受理"),
    "take_up": _("已有人接单"),
    "reply": _("已答复"),
    "dispose": _("已处置"),
    "inform": _("已告知反映人"),
    "not_reached": _("联系反映人，未联系上"),
    "ask": _("请您补充情况"),
    "answer": _("已补充情况"),
    "ask_expired": _("到期没有补充，继续办理"),
    "go_on": _("不再等补充，接着办"),
    "transcribe": _("已听写录音"),
    "appeal": _("申请复核"),
    "decide_appeal": _("复核结果"),
    "withdraw": _("反映人撤回"),
    "reclassify": _("改了事项类型"),
    "relocate": _("改了地点"),
    "split": _("分成了两件"),
    "split_off": _("从一份反映里分出来"),
    "merge_into": _("和同一件事并案办理"),
    "unmerge": _("解除并案，单独办理"),
    "merged_here": _("并入了另一份反映"),
    "unmerged_here": _("一份反映改为单独办理"),
    "dispatch": _("已派给承办单位"),
    "name_officers": _("已指定经办人"),
    "visit": _("已到现场"),
    "assist_report": _("协办单位的情况"),
    "return_not_ours": _("承办单位退回，重新派单"),
    "arbitrate": _("已裁定由谁主办"),
    "escalate": _("转到上一级办理"),
    "defer": _("申请延期或挂账"),
    "decide_deferral": _("延期或挂账的审批"),
    "resume": _("恢复办理"),
    "urge": _("催办"),
    "supervise": _("督办"),
    "answer_supervision": _("答复督办"),
    "sign_off_supervision": _("督办销号"),
    "verify_pass": _("核查通过"),
    "verify_fail": _("核查没有通过，返工"),
    "check_pass": _("抽查属实"),
    "check_fail": _("抽查不属实，返工"),
    "flag_hard": _("列为难点问题"),
    "sign_off_hard": _("难点问题已签认解决"),
    "exclude": _("申请剔除"),
    "decide_exclusion": _("剔除审批"),
    "share": _("向邻居公开"),
    "unshare": _("不再公开"),
    "me_too": _("又有人遇到"),
    "due_changed": _("到期时间按工作日历重算"),
    "overdue": _("超过时限"),
    "goes_on": _("并入的那一件有进展"),
    "brought_in": _("随台账导入"),
    "supervision_due": _("督办到期没有答复"),
    "hotline_amended": _("12345 改了工单"),
    "hotline_told": _("12345 已拿到答复"),
    "return_taken": _("12345 同意退单"),
    "rate": _("反映人已评价"),
    "follow_up": _("社区已跟进"),
    "close": _("已结案"),
    "reopen": _("重新办理"),
    "found_and_fixed": _("发现并当场解决"),
    "undo": _("撤回了误操作"),
    "erase": _("反映人已删除个人信息"),
}
"""What happened, as the timeline says it."""


@dataclass(frozen=True)
class Next:
    """What comes next, for the reporter."""

    title: Words
    text: Words


_AFTER: dict[str, Next] = {
    State.ASKED: Next(_("下一步：请您补充"), _("工作人员要问清楚才能办，问题写在上面。您回答之后接着办。")),
    State.ASSIGNED: Next(_("下一步：接单"), _("已经转给承办的人，接单后会和您联系或直接去现场。")),
    State.IN_HAND: Next(_("下一步：处置并把结果告诉您"), _("正在办。办完后这里会写明结果，您可以评价。")),
    State.RETURNED: Next(_("下一步：改派"), _("还没有派到该办的单位，工作人员正在改派；总的期限不变。")),
    State.DISPUTED: Next(
        _("下一步：裁定由谁办"), _("几家单位说法不一，街道或县里会定下由谁办；总的期限不变。")
    ),
    State.WAITING: Next(_("下一步：等法定程序"), _("要等的事和预计的日子写在上面，到时候接着办。")),
    State.SHELVED: Next(
        _("下一步：条件具备时再办"), _("现在办不了的原因和预计的日子写在上面，到时候接着办。")
    ),
    State.APPEALED: Next(_("下一步：另一位工作人员复核"), _("复核的结果会写在这里。")),
    State.VERIFIED: Next(_("下一步：请您评价"), _("结果已经核查。满意或不满意都请告诉我们；没办好会再办。")),
    State.DISPOSED: Next(_("下一步：请您评价"), _("结果写在上面。满意或不满意都请告诉我们；没办好会再办。")),
}
_SCREENED = Next(_("下一步：确认归谁办"), _("工作人员先看是哪里的事，再派给管这一片的人。"))
_IN_GRID = Next(_("下一步：网格员接单"), _("已经到了管这一片的网格员那里，等他接单。"))
_RATED = Next(_("下一步：社区再看"), _("您不满意，社区工作人员会看哪里没办好，再决定重新办理或结案。"))


def next_for_reporter(state: str, *, in_grid: bool, rated: bool) -> Next | None:
    """What the reporter may expect next; None once nothing more comes."""
    if state == State.REPORTED:
        return _IN_GRID if in_grid else _SCREENED
    if state in (State.DISPOSED, State.VERIFIED) and rated:
        return _RATED
    return _AFTER.get(state)


WORK_SHORT: dict[str, Words] = {
    "screen": _("甄别"),
    "handle": _("办理"),
    "assist": _("协办"),
    "call_or_visit": _("告知"),
    "answer_hotline": _("答复12345"),
    "dissatisfied": _("不满意"),
    "unanswered": _("没有补充"),
    "verify": _("核查"),
    "close": _("结案"),
    "arbitrate": _("裁定"),
    "appeal": _("复核"),
    "decide": _("审批"),
    "supervised": _("督办"),
    "supervision": _("督办销号"),
    "supervision_late": _("督办超期"),
    "respond": _("答复"),
    "overdue": _("超期"),
    "check": _("抽查"),
    "hard": _("难点"),
    "exclusion": _("剔除"),
    "officer": _("经办"),
}
"""Kinds of to-dos about cases, in one word."""
