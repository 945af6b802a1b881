"""点单—审单—派单—接单—评单: the one state table of every ask (hard parts §3), and that of a claim on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class State(TextChoices):
    SUBMITTED = "submitted", _("待审核")
    OPEN = "open", _("等人来帮")
    OFFERED = "offered", _("已派单，等对方答应")
    CLAIMED = "claimed", _("有人来帮")
    SERVED = "served", _("说帮完了，等确认")
    CONFIRMED = "confirmed", _("已帮成")
    DECLINED = "declined", _("没有通过审核")
    WITHDRAWN = "withdrawn", _("已撤回")
    EXPIRED = "expired", _("到期没有人接")
    MERGED = "merged", _("已并到同一件")


class ClaimState(TextChoices):
    OFFERED = "offered", _("等答应")
    HELD = "held", _("答应了")
    SERVED = "served", _("说帮完了")
    CONFIRMED = "confirmed", _("已确认")
    DECLINED = "declined", _("婉拒")
    RETURNED = "returned", _("退回")
    LAPSED = "lapsed", _("过了时间，退回")
    RELEASED = "released", _("求助已结束")


class Rating(TextChoices):
    GOOD = "good", _("满意")
    FAIR = "fair", _("基本满意")
    BAD = "bad", _("不满意")


@dataclass(frozen=True)
class Transition:
    """From which states a deed may be done, and where it leads: ``target`` (None: it stays), or one of ``others`` where
    the claims decide (``settled``)."""

    sources: tuple[State, ...]
    target: State | None
    words: Words
    others: tuple[State, ...] = ()

    def leads_to(self, state: str, *, before: str) -> bool:
        """Whether the table lets the deed end in this state."""
        return state in self.others or state == (before if self.target is None else self.target)


_MOVING: Final = (State.OPEN, State.OFFERED, State.CLAIMED, State.SERVED)
"""States in which the claims say where an order stands."""
_LIVING: Final = (State.SUBMITTED, *_MOVING)
_OVER: Final = (State.DECLINED, State.WITHDRAWN, State.EXPIRED)
_STILL: Final = (State.SERVED, State.CONFIRMED)
"""Where an ask that is over still stands while what was served waits for its confirmation, or has it."""

ENDED: Final = (State.CONFIRMED, *_OVER, State.MERGED)

TRANSITIONS: Final[dict[str, Transition]] = {
    # asking and review
    "approve": Transition((State.SUBMITTED,), State.OPEN, _("审核通过")),
    "refuse": Transition((State.SUBMITTED, State.OPEN), State.DECLINED, _("审核不通过，说明理由"), _STILL),
    "join": Transition((State.OPEN, State.OFFERED, State.CLAIMED), None, _("我也要")),
    "leave": Transition((State.OPEN, State.OFFERED, State.CLAIMED), None, _("不要了")),
    "merge_into": Transition((State.SUBMITTED, State.OPEN), State.MERGED, _("并到同一件")),
    "take_in": Transition((State.SUBMITTED, State.OPEN, State.OFFERED, State.CLAIMED), None, _("同样的一件并了进来")),
    "unmerge": Transition((State.MERGED,), State.SUBMITTED, _("不是同一件，分开办"), (State.OPEN,)),
    # who serves
    "claim": Transition((State.OPEN,), None, _("认领"), _MOVING),
    "dispatch": Transition((State.OPEN,), None, _("派单"), _MOVING),
    "accept": Transition(_MOVING, None, _("答应"), _MOVING),
    "decline": Transition(_MOVING, None, _("婉拒"), _MOVING),
    "give_back": Transition(_MOVING, None, _("退回"), _MOVING),
    "lapse": Transition(_MOVING, None, _("过了时间，退回"), _MOVING),
    "climb": Transition((State.OPEN,), None, _("请下一级找人")),
    # service and its end
    "serve": Transition(_MOVING, None, _("说帮完了"), _MOVING),
    "confirm": Transition(_MOVING, None, _("确认帮完了"), (*_MOVING, State.CONFIRMED)),
    "not_done": Transition(_MOVING, None, _("说还没有帮完"), (*_MOVING, State.CONFIRMED, *_OVER)),
    "hush": Transition((*_MOVING, State.CONFIRMED), None, _("谢谢的话不再念出来")),
    "rate": Transition((*_MOVING, State.CONFIRMED), None, _("评价")),
    "review_late": Transition((State.SUBMITTED,), None, _("审核过了时间，请上一级过问")),
    "confirm_late": Transition(_MOVING, None, _("还没有确认，请社区问一问")),
    "raise_up": Transition((*_LIVING, State.CONFIRMED, *_OVER), None, _("还没有办，请上一级来办")),
    "oversee": Transition((*_LIVING, State.CONFIRMED, *_OVER), None, _("县级也没有按时办，请领导过问")),
    "withdraw": Transition(
        (State.SUBMITTED, State.OPEN, State.OFFERED, State.CLAIMED, State.MERGED), State.WITHDRAWN, _("撤回"), _STILL
    ),
    "expire": Transition((State.SUBMITTED, *_MOVING, State.MERGED), State.EXPIRED, _("到期"), (State.CONFIRMED,)),
    "erase": Transition(_LIVING, State.WITHDRAWN, _("个人信息已删除"), (*_MOVING, State.CONFIRMED, State.DECLINED)),
    "answer": Transition((State.EXPIRED, State.CONFIRMED), None, _("答复求助人")),
    "reopen": Transition(_OVER, State.SUBMITTED, _("重新提出"), (State.OPEN,)),
}  # fmt: skip
"""The table. ``ask`` makes the row: SUBMITTED, or OPEN where its kind needs no review or whoever entered it reviews."""

LIVE: Final = (ClaimState.OFFERED, ClaimState.HELD, ClaimState.SERVED, ClaimState.CONFIRMED)
"""A claim that takes a seat."""

CLAIM_MOVES: Final[dict[str, tuple[tuple[ClaimState, ...], ClaimState]]] = {
    "accept": ((ClaimState.OFFERED,), ClaimState.HELD),
    "decline": ((ClaimState.OFFERED,), ClaimState.DECLINED),
    "give_back": ((ClaimState.HELD,), ClaimState.RETURNED),
    "lapse": ((ClaimState.OFFERED, ClaimState.HELD), ClaimState.LAPSED),
    "serve": ((ClaimState.HELD,), ClaimState.SERVED),
    "confirm": ((ClaimState.SERVED,), ClaimState.CONFIRMED),
    "not_done": ((ClaimState.SERVED,), ClaimState.HELD),
    "release": ((ClaimState.OFFERED, ClaimState.HELD), ClaimState.RELEASED),
    "void": ((ClaimState.SERVED,), ClaimState.RELEASED),
}
"""deed → (from, to) of a claim; ``claim`` makes it HELD, ``dispatch`` OFFERED."""

TONES: Final[dict[str, str]] = {
    State.SUBMITTED: "warn",
    State.OPEN: "warn",
    State.OFFERED: "info",
    State.CLAIMED: "info",
    State.SERVED: "info",
    State.CONFIRMED: "good",
    State.DECLINED: "neutral",
    State.WITHDRAWN: "neutral",
    State.EXPIRED: "neutral",
    State.MERGED: "neutral",
}
"""How a state's badge looks; its words always stand beside it."""


def settled(claims: Sequence[str], seats: int, closing: str = "") -> State:
    """Where an order stands by its claims' states: open while a seat is free, then as far as the slowest has come.

    ``closing``: it is over (withdrawn, declined); what was served is still confirmed or not, and only then it ends.
    """
    if closing:
        if ClaimState.SERVED in claims:
            return State.SERVED
        return State.CONFIRMED if ClaimState.CONFIRMED in claims else State(closing)
    live = [one for one in claims if one in LIVE]
    if len(live) < seats:
        return State.OPEN
    slowest = min(live, key=LIVE.index)
    return {
        ClaimState.OFFERED: State.OFFERED,
        ClaimState.HELD: State.CLAIMED,
        ClaimState.SERVED: State.SERVED,
        ClaimState.CONFIRMED: State.CONFIRMED,
    }[ClaimState(slowest)]


def allowed(state: str) -> tuple[str, ...]:
    """The deeds that the table allows from this state, in the table's order."""
    return tuple(deed for deed, move in TRANSITIONS.items() if state in move.sources)


_NEXT: Final[dict[str, Words]] = {
    State.SUBMITTED: _("社区看过就会发出去；过了时间，请上一级来看。"),
    State.OPEN: _("先请附近愿意帮的邻居；没人接，就请网格员、社区出面，不会没有下文。"),
    State.OFFERED: _("等对方答应；不答应，就再请别人。"),
    State.CLAIMED: _("帮的人会来；帮完以后双方各点一下确认。"),
    State.SERVED: _("请求助的一方确认；没有回音，社区会来问一问。"),
    State.CONFIRMED: _("帮成了。求助的一方可以评价、道谢。"),
    State.DECLINED: _("理由写在上面；情况变了可以重新提出。"),
    State.WITHDRAWN: _("不用帮了；需要时可以重新提出。"),
    State.EXPIRED: _("社区会来答复，过了时间请上一级答复；也可以重新提出。"),
    State.MERGED: _("和别人要的是同一件，一起办。"),
}


def next_words(state: str) -> Words:
    """What happens next, for everybody who looks."""
    return _NEXT[state]
