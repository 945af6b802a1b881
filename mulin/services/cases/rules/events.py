"""What connected systems are told of a case: steps under names that stay, whatever the steps are called here."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules.choices import Words

_LINES: Final[tuple[tuple[str, Words, tuple[str, ...]], ...]] = (
    ("case.reported", _("上报"), ("report", "split_off")),
    ("case.found_and_fixed", _("发现并当场解决"), ("found_and_fixed",)),
    ("case.accepted", _("受理"), ("accept",)),
    ("case.refused", _("不予受理"), ("refuse",)),
    ("case.appealed", _("申请复核"), ("appeal",)),
    ("case.appeal_decided", _("复核有了结果"), ("decide_appeal",)),
    ("case.asked", _("请反映人补充"), ("ask",)),
    ("case.answered", _("补充了情况，或不再等"), ("answer", "ask_expired", "go_on")),
    ("case.withdrawn", _("反映人撤回"), ("withdraw",)),
    ("case.dispatched", _("派单、改派、裁定、升级"), ("dispatch", "arbitrate", "escalate")),
    ("case.returned", _("退单"), ("return_not_ours",)),
    ("case.taken_up", _("接单"), ("take_up",)),
    ("case.deferred", _("延期、等待或挂账已审批"), ("decide_deferral",)),
    ("case.resumed", _("恢复办理"), ("resume",)),
    ("case.due_changed", _("到期时间变了"), ("due_changed",)),
    ("case.overdue", _("超过时限"), ("overdue",)),
    ("case.replied", _("答复反映人"), ("reply",)),
    ("case.disposed", _("处置完"), ("dispose",)),
    ("case.verified", _("核查通过"), ("verify_pass", "check_pass")),
    ("case.reworked", _("核查或抽查不通过，返工"), ("verify_fail", "check_fail")),
    ("case.rated", _("评价"), ("rate",)),
    ("case.closed", _("结案"), ("close",)),
    ("case.reopened", _("重新办理"), ("reopen",)),
    ("case.reclassified", _("改事项类型"), ("reclassify",)),
    ("case.relocated", _("改地点"), ("relocate",)),
    ("case.merged", _("并入另一件"), ("merge_into",)),
    ("case.unmerged", _("解除并案"), ("unmerge",)),
    ("case.set_back", _("撤回误操作"), ("undo",)),
)

EVENTS: Final[dict[str, str]] = {step: event for event, _words, steps in _LINES for step in steps}
"""step → event. A step that is not here is nobody's business outside."""
_ANOTHERS: Final = frozenset({"rate", "answer", "appeal", "withdraw"})
"""What one reporter says or does is no other one's."""


def goes_on(step: str) -> bool:
    """Whether the system that reported what was merged into a case is told of this step of that case."""
    return step in EVENTS and step not in _ANOTHERS


EVENT_WORDS: Final[dict[str, Words]] = {event: words for event, words, _steps in _LINES}
