"""How the desk offers acts: which are likely in a state, which wait for a to-do, what is said once they are done."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules.choices import Words
from mulin.services.cases.rules.states import State

LIKELY: Final[dict[State, tuple[str, ...]]] = {
    State.REPORTED: ("accept", "take_up", "refuse"),
    State.ASKED: ("answer", "refuse"),
    State.ASSIGNED: ("take_up", "dispatch", "return_not_ours"),
    State.IN_HAND: ("dispose", "reply", "assist_report"),
    State.RETURNED: ("dispatch", "accept"),
    State.DISPUTED: ("arbitrate",),
    State.WAITING: ("resume",),
    State.SHELVED: ("resume",),
    State.DISPOSED: ("verify_pass", "close", "verify_fail", "inform"),
    State.VERIFIED: ("close", "inform"),
    State.CLOSED: ("check_pass", "sign_off_hard", "follow_up"),
    State.APPEALED: ("decide_appeal",),
    State.MERGED: ("unmerge",),
}
"""The acts that most readers come for, the likeliest first."""

PRESSING: Final = ("decide_deferral", "decide_exclusion", "sign_off_supervision", "answer_supervision")
"""Acts for which somebody waits: whoever may take one finds it before the likely ones."""

ASKED_BY: Final[dict[str, str]] = {
    "go_on": "unanswered",
    "transcribe": "listen",
    "inform": "call_or_visit",
    "follow_up": "dissatisfied",
    "decide_deferral": "decide",
    "answer_supervision": "supervised",
    "sign_off_supervision": "supervision",
    "check_pass": "check",
    "check_fail": "check",
    "sign_off_hard": "hard",
    "decide_exclusion": "exclusion",
}
"""Actions that make sense only while this to-do is open."""

ASKED_ALREADY: Final[dict[str, tuple[str, ...]]] = {
    "supervise": ("supervised", "supervision", "supervision_late"),
    "defer": ("decide",),
    "exclude": ("exclusion",),
}
"""Actions that wait while one of these to-dos is open: the same was asked for, and somebody has to answer first."""

AGAIN_WORDS: Final[dict[str, Words]] = {
    "verify_fail": _("核查没有通过，要返工："),
    "check_fail": _("抽查不属实，要重新办："),
    "reopen": _("反映人或工作人员要求重新办："),
}
"""Why somebody has a case again, by the act that gave it back."""

DANGEROUS: Final = frozenset({"refuse", "reopen", "withdraw", "verify_fail", "check_fail", "return_not_ours"})
"""Acts whose button says: stop and think."""

DONE_WORDS: Final[dict[str, Words]] = {
    "accept": _("已受理，已派出。"),
    "ask": _("问题已记录，等反映人补充；这期间不计时。"),
    "answer": _("补充的情况已记录，接着计时。"),
    "go_on": _("已决定接着办。"),
    "transcribe": _("听写的内容已记录。"),
    "reclassify": _("事项类型已改，期限已按新事项重算。"),
    "relocate": _("地点已改，已转给管那里的人。"),
    "split": _("已分成两件，反映人各有回执。"),
    "merge_into": _("已并案，反映人凭原来的回执接着看。"),
    "unmerge": _("已解除并案，恢复单独办理，反映人在回执上看得到。"),
    "share": _("已公开：邻居只看得到类别、社区、状态和日期。"),
    "unshare": _("已收回，邻居看不到了。"),
    "decide_appeal": _("复核的结论已记录，反映人在回执上看得到。"),
    "refuse": _("已记录不予受理，理由和去向反映人在回执上看得到。"),
    "dispatch": _("已派出。"),
    "take_up": _("已接单，现在由您办理。"),
    "name_officers": _("已指定经办人。"),
    "visit": _("到场情况已记录。"),
    "assist_report": _("协办情况已记录。"),
    "return_not_ours": _("已退回，由上一级重新派单。"),
    "arbitrate": _("已裁定，已派出。"),
    "escalate": _("已交上一级办理，您仍然看得到。"),
    "reply": _("答复已记录。"),
    "dispose": _("处置结果已记录。"),
    "inform": _("联系的结果已记录。"),
    "follow_up": _("跟进已记录。"),
    "defer": _("已申请，等另一个人审批；批准以前照常计时。"),
    "decide_deferral": _("审批已记录，已告知申请人。"),
    "resume": _("已恢复办理。"),
    "urge": _("已催办，办的人会收到消息。"),
    "supervise": _("已督办，承办的人要在期限内答复。"),
    "answer_supervision": _("已答复，等发出督办的人销号。"),
    "sign_off_supervision": _("已销号，可以结案。"),
    "verify_pass": _("核查通过，已记录。"),
    "verify_fail": _("已退回返工。"),
    "check_pass": _("抽查结果已记录。"),
    "check_fail": _("抽查结果已记录，重新办理。"),
    "sign_off_hard": _("已签认。"),
    "exclude": _("已申请剔除，等另一个人审批。"),
    "decide_exclusion": _("审批已记录。"),
    "close": _("已结案。"),
    "reopen": _("已重新办理。"),
}
