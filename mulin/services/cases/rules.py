"""Pure decisions of the closed loop (row 9). The table TRANSITIONS is the whole state machine; a clerk can read it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    REPORTED = "reported", _("待受理")
    ASSIGNED = "assigned", _("待接单")
    IN_HAND = "in_hand", _("处置中")
    DISPOSED = "disposed", _("已处置，待评价")
    CLOSED = "closed", _("已结案")
    NOT_ADMITTED = "not_admitted", _("不予受理")


class Source(TextChoices):
    """Who brought the matter. ``historic`` data keeps the source it names and says so in its provenance."""

    RESIDENT = "resident", _("居民")
    RIDER = "rider", _("骑手")
    STAFF = "staff", _("工作人员代报")
    PATROL = "patrol", _("巡查发现")
    IMPORT = "import", _("导入")


class Provenance(TextChoices):
    LIVE = "live", _("现行")
    HISTORIC = "historic", _("历史导入")


class Score(TextChoices):
    SATISFIED = "satisfied", _("满意")
    MOSTLY_SATISFIED = "mostly_satisfied", _("基本满意")
    FAIR = "fair", _("一般")
    DISSATISFIED = "dissatisfied", _("不满意")
    NO_RATING = "no_rating", _("不评价")


@dataclass(frozen=True)
class Transition:
    """From which states an action may be taken, and where it leads ('' = stays)."""

    sources: tuple[State, ...]
    target: State | None
    words: str


TRANSITIONS: dict[str, Transition] = {
    "accept": Transition((State.REPORTED,), State.ASSIGNED, _("受理并派到网格")),
    "refuse": Transition((State.REPORTED,), State.NOT_ADMITTED, _("不予受理，说明理由和去向")),
    "take_up": Transition((State.REPORTED, State.ASSIGNED), State.IN_HAND, _("接单")),
    "reply": Transition((State.REPORTED, State.ASSIGNED, State.IN_HAND), None, _("答复反映人")),
    "dispose": Transition((State.IN_HAND,), State.DISPOSED, _("填写处置结果")),
    "inform": Transition((State.DISPOSED,), None, _("告知反映人")),
    "rate": Transition((State.DISPOSED, State.CLOSED), None, _("评价")),
    "close": Transition((State.DISPOSED,), State.CLOSED, _("结案")),
    "reopen": Transition((State.CLOSED,), State.IN_HAND, _("重新办理")),
}
"""The table. ``report`` makes the row: inside a grid it waits there, outside every grid on a screening list."""


def allowed(state: str) -> tuple[str, ...]:
    """The actions that the table allows from this state, in the table's order."""
    return tuple(action for action, move in TRANSITIONS.items() if state in move.sources)
