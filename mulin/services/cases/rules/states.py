"""The state machine of the closed loop (row 9): one table that a clerk can read; flowcharts are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules.choices import Words


class State(TextChoices):
    REPORTED = "reported", _("待受理")
    ASKED = "asked", _("等反映人补充")
    ASSIGNED = "assigned", _("待接单")
    IN_HAND = "in_hand", _("处置中")
    RETURNED = "returned", _("待改派")
    DISPUTED = "disputed", _("权责待裁定")
    WAITING = "waiting", _("法定等待")
    SHELVED = "shelved", _("挂账")
    DISPOSED = "disposed", _("已处置，待评价")
    VERIFIED = "verified", _("已核查，待结案")
    CLOSED = "closed", _("已结案")
    NOT_ADMITTED = "not_admitted", _("不予受理")
    APPEALED = "appealed", _("复核中")
    MERGED = "merged", _("已并案")
    WITHDRAWN = "withdrawn", _("已撤回")


@dataclass(frozen=True)
class Transition:
    """From which states an action may be taken, and where it leads: ``target`` (None = it stays), or one of ``others``
    where the action itself decides. ``short``: what stands on an arrow, where the words are too long for one."""

    sources: tuple[State, ...]
    target: State | None
    words: Words
    others: tuple[State, ...] = ()
    short: Words = ""

    def leads_to(self, state: str) -> bool:
        """Whether the table lets the action end in this state."""
        return state == self.target or state in self.others


_NEW: Final = (State.REPORTED, State.ASSIGNED)
_HELD: Final = (State.ASSIGNED, State.IN_HAND)
_RESTING: Final = (State.WAITING, State.SHELVED)
_BACK: Final = (State.REPORTED, State.ASSIGNED, State.IN_HAND, State.RETURNED)
"""Where a case may have been before it rested or was merged, and comes back to."""

_ORDERED: Final = (
    *_BACK, State.ASKED, State.DISPUTED, *_RESTING, State.DISPOSED, State.VERIFIED, State.APPEALED,
    State.NOT_ADMITTED, State.MERGED, State.WITHDRAWN,
)  # fmt: skip
"""Where an order from above may still stand: whatever became of the case, it is answered for."""

FINISHED: Final = (State.CLOSED, State.NOT_ADMITTED, State.MERGED, State.WITHDRAWN)
OTHER_ENDS: Final = (State.NOT_ADMITTED, State.MERGED, State.WITHDRAWN)
"""Ends other than closing."""
OPEN: Final = tuple(state for state in State if state not in FINISHED)
RUNNING: Final = (State.REPORTED, State.ASSIGNED, State.IN_HAND, State.RETURNED, State.DISPUTED)
"""States in which the total clock and the step's run."""
COUNTED: Final = (*RUNNING, State.ASKED, *_RESTING)
"""States in which a due time is still to come: it is counted again when the calendar changes."""
INTO: Final = tuple(state for state in OPEN if state not in (State.DISPOSED, State.VERIFIED, State.APPEALED))
"""States in which a case takes in another report of the same matter: while there is still something to be done."""
PAUSED: Final = (State.ASKED,)
"""States in which the clocks rest: only waiting for the reporter pauses (hard parts §5)."""

TRANSITIONS: dict[str, Transition] = {
    # admission
    "accept": Transition(
        (*_NEW, State.RETURNED), State.ASSIGNED, _("受理并派到网格"), (State.RETURNED,), short=_("受理")),
    "ask": Transition((*_BACK,), State.ASKED, _("请反映人补充"), short=_("请补充")),
    "answer": Transition((State.ASKED,), None, _("补充情况"), _BACK, short=_("补充")),
    "ask_expired": Transition((State.ASKED,), None, _("到期没有补充，继续办理"), _BACK, short=_("到期未补")),
    "go_on": Transition((*_BACK,), None, _("不再等补充，接着办")),
    "refuse": Transition(
        (State.REPORTED, State.ASKED), State.NOT_ADMITTED, _("不予受理，说明理由和去向"), short=_("不予受理")
    ),
    "appeal": Transition((State.NOT_ADMITTED,), State.APPEALED, _("申请复核")),
    "decide_appeal": Transition(
        (State.APPEALED,), None, _("复核不予受理"), (State.REPORTED, State.NOT_ADMITTED), short=_("复核")),
    "withdraw": Transition((*_BACK, State.ASKED), State.WITHDRAWN, _("撤回"), _BACK),
    "reclassify": Transition((*_BACK, State.DISPUTED), None, _("改事项类型")),
    "relocate": Transition((*_BACK,), None, _("改地点"), (State.REPORTED, State.ASSIGNED, State.RETURNED)),
    "split": Transition((*_BACK,), None, _("分成两件")),
    "merge_into": Transition((*_BACK, State.ASKED), State.MERGED, _("并入同一件事"), short=_("并案")),
    "unmerge": Transition((State.MERGED,), None, _("解除并案"), (*_BACK, State.ASKED)),
    "share": Transition((*RUNNING, *_RESTING, State.DISPOSED, State.VERIFIED), None, _("公开，让邻居说“我也遇到”")),
    "unshare": Transition(
        (*RUNNING, State.ASKED, *_RESTING, State.DISPOSED, State.VERIFIED, State.CLOSED), None, _("不再公开")
    ),
    # dispatch and work
    "dispatch": Transition((*_BACK,), State.ASSIGNED, _("派单")),
    "take_up": Transition((*_NEW,), State.IN_HAND, _("接单")),
    "name_officers": Transition(_HELD, None, _("指定经办人")),
    "visit": Transition((*_HELD, *_RESTING), None, _("记录到场")),
    "assist_report": Transition((*_HELD, *_RESTING), None, _("填写协办情况")),
    "return_not_ours": Transition(_HELD, State.RETURNED, _("退单：不归我们"), (State.DISPUTED,), short=_("退单")),
    "arbitrate": Transition((State.DISPUTED,), State.ASSIGNED, _("裁定主办、协办"), short=_("裁定")),
    "escalate": Transition((*_HELD, State.RETURNED), State.ASSIGNED, _("升级到上一级"), short=_("升级")),
    # clocks
    "defer": Transition(_HELD, None, _("申请延期、法定等待或挂账")),
    "decide_deferral": Transition(_HELD, None, _("审批延期、法定等待或挂账"), _RESTING, short=_("批准")),
    "resume": Transition(_RESTING, State.IN_HAND, _("恢复办理"), (State.ASSIGNED,), short=_("恢复")),
    "urge": Transition(
        (State.REPORTED, *_HELD, State.RETURNED, State.DISPUTED, *_RESTING, State.DISPOSED), None, _("催办")
    ),
    "supervise": Transition(
        (State.REPORTED, *_HELD, State.RETURNED, State.DISPUTED, *_RESTING, State.DISPOSED), None, _("督办")
    ),
    "answer_supervision": Transition(_ORDERED, None, _("答复督办")),
    "sign_off_supervision": Transition(_ORDERED, None, _("督办销号")),
    # answer, result, end
    "transcribe": Transition(
        (State.REPORTED, State.ASKED, *_HELD, State.RETURNED, State.DISPUTED, *_RESTING, State.DISPOSED),
        None,
        _("听写录音"),
    ),
    "reply": Transition(
        (State.REPORTED, *_HELD, State.RETURNED, State.DISPUTED, *_RESTING), None, _("答复反映人")
    ),
    "dispose": Transition((State.IN_HAND,), State.DISPOSED, _("填写处置结果"), short=_("处置完")),
    "inform": Transition(
        (
            State.REPORTED, State.ASKED, *_HELD, State.RETURNED, State.DISPUTED, *_RESTING, State.DISPOSED,
            State.VERIFIED, State.NOT_ADMITTED,
        ),
        None,
        _("记录电话或上门告知"),
    ),
    "verify_pass": Transition((State.DISPOSED,), State.VERIFIED, _("核查通过")),
    "verify_fail": Transition((State.DISPOSED, State.VERIFIED), State.IN_HAND, _("核查不通过，返工"), short=_("返工")),
    "rate": Transition((State.DISPOSED, State.VERIFIED, State.CLOSED), None, _("评价")),
    "follow_up": Transition((State.DISPOSED, State.VERIFIED, State.CLOSED), None, _("记录对不满意的跟进")),
    "close": Transition((State.DISPOSED, State.VERIFIED), State.CLOSED, _("结案")),
    "reopen": Transition((State.DISPOSED, State.VERIFIED, State.CLOSED), State.IN_HAND, _("重新办理")),
    "check_pass": Transition((State.CLOSED,), None, _("抽查属实")),
    "check_fail": Transition((State.CLOSED,), State.IN_HAND, _("抽查不属实，返工"), short=_("抽查不实")),
    "sign_off_hard": Transition((State.CLOSED,), None, _("签认难点问题已解决")),
    "exclude": Transition((State.DISPOSED, State.VERIFIED, State.CLOSED), None, _("申请剔除")),
    "decide_exclusion": Transition((State.DISPOSED, State.VERIFIED, State.CLOSED), None, _("审批剔除")),
}  # fmt: skip
"""The table. ``report`` makes the row: inside a grid it waits there, outside every grid on a screening list.

Until somebody takes it up it may be sent elsewhere (``accept`` again). ``found_and_fixed`` makes a closed row in one
act. ``rate`` and ``inform`` may end in ``close``, which then is a step of its own.
"""


def closes_from(state: str, verification: str) -> bool:
    """Whether a case may be closed from here: one that a second person has to look at is verified first."""
    unseen = state == State.DISPOSED and verification == "second_person"
    return state in TRANSITIONS["close"].sources and not unseen


TONES: dict[str, str] = {
    State.REPORTED: "warn",
    State.ASKED: "neutral",
    State.ASSIGNED: "warn",
    State.IN_HAND: "info",
    State.RETURNED: "warn",
    State.DISPUTED: "bad",
    State.WAITING: "neutral",
    State.SHELVED: "neutral",
    State.DISPOSED: "info",
    State.VERIFIED: "info",
    State.CLOSED: "good",
    State.NOT_ADMITTED: "neutral",
    State.APPEALED: "warn",
    State.MERGED: "neutral",
    State.WITHDRAWN: "neutral",
}
"""How a state's badge looks; its words always stand beside it."""


def allowed(state: str) -> tuple[str, ...]:
    """The actions that the table allows from this state, in the table's order."""
    return tuple(action for action, move in TRANSITIONS.items() if state in move.sources)
