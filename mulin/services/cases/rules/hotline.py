"""The 12345 hotline's terms: ours said in its words, its words read. All assumed (terms and headers differ by city; GB/T
33358-2016 names the flow 受理、分类处置、限时办理、反馈回访、办结归档)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules.choices import Score, Source, Urgency
from mulin.services.cases.rules.states import State

VIA: Final = "hotline"
"""``CaseReporter.via``: the hotline tells him, not we."""
SOURCE_NAME: Final = "12345"
WHOLE: Final = frozenset({Source.HOTLINE})
"""An order has one number there and gets one answer: what comes so is not split."""


class OrderKind(TextChoices):
    ORDER = "order", _("工单")
    URGE = "urge", _("催办单")
    REPEAT = "repeat", _("重复件")


class Handed(TextChoices):
    """How an answer went to the hotline."""

    PULLED = "pulled", _("平台已取走")
    SHEET = "sheet", _("回单已交")
    CALLED_BACK = "called_back", _("平台已回访")


class Term(TextChoices):
    """Where an order stands, as the hotline says it."""

    TO_SIGN = "to_sign", _("待签收")
    SIGNED = "signed", _("已签收")
    IN_HAND = "in_hand", _("办理中")
    DEFERRING = "deferring", _("申请延期")
    HUNG = "hung", _("已挂起")
    DONE = "done", _("已办结")
    FILED = "filed", _("已归档")
    RETURNED = "returned", _("已退回")
    REVIEWING = "reviewing", _("退单复核中")
    WITHDRAWN = "withdrawn", _("已撤单")


TERMS: Final[Mapping[State, Term]] = {
    State.REPORTED: Term.TO_SIGN,
    State.ASSIGNED: Term.SIGNED,
    State.RETURNED: Term.SIGNED,
    State.DISPUTED: Term.SIGNED,
    State.ASKED: Term.IN_HAND,
    State.IN_HAND: Term.IN_HAND,
    State.MERGED: Term.IN_HAND,
    State.WAITING: Term.HUNG,
    State.SHELVED: Term.HUNG,
    State.DISPOSED: Term.DONE,
    State.VERIFIED: Term.DONE,
    State.CLOSED: Term.FILED,
    State.NOT_ADMITTED: Term.RETURNED,
    State.APPEALED: Term.REVIEWING,
    State.WITHDRAWN: Term.WITHDRAWN,
}
"""Every state of ours. A unit that sends a case back within the house is no matter of the hotline's: it stays signed."""

ANSWERED: Final = (Term.DONE, Term.FILED, Term.RETURNED)
"""The hotline is owed an answer once its order stands so."""


def term(state: str, *, verification: str = "", deferring: bool = False) -> Term:
    """What the hotline calls it. A result that a second person has to look at first is none yet."""
    if state == State.DISPOSED and verification == "second_person":
        return Term.IN_HAND
    found = TERMS[State(state)]
    return Term.DEFERRING if deferring and found in (Term.SIGNED, Term.IN_HAND) else found


_YES: Final = ("是", "保密", "需要", "要求保密", "y", "yes", "true", "1", "有")
_NO: Final = ("", "否", "不保密", "公开", "不需要", "无", "n", "no", "false", "0")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def yes(text: str) -> bool | None:
    """A cell that says yes or no; None for what is neither."""
    said = _plain(text)
    return True if said in _YES else False if said in _NO else None


_URGENCIES: Final = {
    "": Urgency.NORMAL, "一般": Urgency.NORMAL, "普通": Urgency.NORMAL, "正常": Urgency.NORMAL, "平件": Urgency.NORMAL,
    "急": Urgency.URGENT, "紧急": Urgency.URGENT, "加急": Urgency.URGENT, "较急": Urgency.URGENT,
    "急件": Urgency.URGENT, "特急": Urgency.EMERGENCY, "特急件": Urgency.EMERGENCY, "突发": Urgency.EMERGENCY,
    "normal": Urgency.NORMAL, "urgent": Urgency.URGENT, "emergency": Urgency.EMERGENCY,
}  # fmt: skip


def urgency(text: str) -> Urgency | None:
    """The hotline's 紧急程度 as ours; None for a word that is not known."""
    return _URGENCIES.get(_plain(text))


_KINDS: Final = {
    "": OrderKind.ORDER, "工单": OrderKind.ORDER, "普通工单": OrderKind.ORDER, "新单": OrderKind.ORDER,
    "首次": OrderKind.ORDER, "order": OrderKind.ORDER,
    "催办": OrderKind.URGE, "催办单": OrderKind.URGE, "催单": OrderKind.URGE, "urge": OrderKind.URGE,
    "重复": OrderKind.REPEAT, "重复件": OrderKind.REPEAT, "重复单": OrderKind.REPEAT, "repeat": OrderKind.REPEAT,
}  # fmt: skip


def order_kind(text: str) -> OrderKind | None:
    """What sort of an order a row is; None for a word that is not known."""
    return _KINDS.get(_plain(text))


_SCORES: Final = {
    "非常满意": Score.SATISFIED, "满意": Score.SATISFIED, "基本满意": Score.MOSTLY_SATISFIED, "一般": Score.FAIR,
    "不满意": Score.DISSATISFIED, "非常不满意": Score.DISSATISFIED, "未评价": Score.NO_RATING, "不评价": Score.NO_RATING,
}  # fmt: skip


def score(text: str) -> Score | None:
    """What the caller said at the call-back, as ours: in the hotline's words or by our code; None for neither."""
    said = _plain(text)
    return Score(said) if said in Score.values else _SCORES.get(said)


_HOTLINE = re.compile(r"12345|热线")


def is_hotline(source: str) -> bool:
    """Whether a source of tables is the hotline."""
    return bool(_HOTLINE.search(source))
