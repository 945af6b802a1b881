"""Who may take which action, in words. ``permissions.py`` applies it to a row; pages print it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules.choices import Words

CLERKS: Final = ("community_clerk", "street_clerk", "county_clerk")
GRID_STAFF: Final = ("grid_worker", "grid_head")
OVERSIGHT: Final = ("leader", "admin")
UNIT_STAFF: Final = ("department_officer", "property_clerk")
UPPER: Final = ("street_clerk", "county_clerk")


@dataclass(frozen=True)
class Who:
    """Who may take an action.

    ``roles``: over a territory that contains the case (grid staff only while their grid holds it). ``holder``: whoever
    holds it: the person who took it up, named officers, the staff of its lead unit; where a unit holds it, ``roles``
    count only with ``beside``. ``assist``: the staff of assisting units. ``reporter``: he himself. ``other``: never
    whoever handled it.
    """

    roles: tuple[str, ...]
    words: Words
    holder: bool = False
    reporter: bool = False
    assist: bool = False
    beside: bool = True
    other: bool = False


_CLERKS = Who(CLERKS, _("由辖区的社区、街道或县级工作人员办理。"))
_TALK = Who((*GRID_STAFF, *CLERKS), _("由接单的人、本网格的网格员或辖区工作人员办理。"), holder=True)
_WORK = Who(
    (*GRID_STAFF, *CLERKS),
    _("由接单的人、主办单位办理；没有派给单位的，由本网格的网格员或辖区工作人员办理。"),
    holder=True,
    beside=False,
)
_OTHERS = Who(
    (*GRID_STAFF, *CLERKS),
    _("由经办人以外的网格员或辖区工作人员核查，经办人不能核查自己办的事。"),
    other=True,
)
_CLERKS_BUT_HANDLER = Who(
    CLERKS, _("由经办人以外的辖区工作人员办理，经办人不能给自己办的事结案。"), other=True
)
_UPPER = Who(UPPER, _("由街道或县级工作人员裁定。"))
_ORDERS = Who((*UPPER, "leader"), _("由领导、街道或县级工作人员办理。"))
_REPORTER = Who((), _("由反映人自己办理。"), reporter=True)

WHO: dict[str, Who] = {
    "accept": _CLERKS,
    "ask": _TALK,
    "answer": Who(
        (*GRID_STAFF, *CLERKS), _("由反映人补充，或由工作人员代为记录。"), holder=True, reporter=True
    ),
    "ask_expired": Who((), _("到期时由系统办理。")),
    "go_on": _CLERKS,
    "refuse": _CLERKS,
    "appeal": _REPORTER,
    "decide_appeal": Who(CLERKS, _("由作出决定以外的另一位工作人员复核。")),
    "withdraw": _REPORTER,
    "reclassify": _CLERKS,
    "relocate": _CLERKS,
    "split": _CLERKS,
    "merge_into": _CLERKS,
    "unmerge": _CLERKS,
    "share": _CLERKS,
    "unshare": _CLERKS,
    "dispatch": _CLERKS,
    "take_up": Who(
        (*GRID_STAFF, *CLERKS),
        _("派给单位的由该单位接单，其他的由本网格的网格员或辖区工作人员接单。"),
        beside=False,
    ),
    "name_officers": Who(CLERKS, _("由主办单位或辖区工作人员指定。"), holder=True),
    "visit": Who((*GRID_STAFF, *CLERKS), _("由接单的人、主办或协办单位的人记录。"), holder=True, assist=True),
    "assist_report": Who((), _("由协办单位填写。"), assist=True),
    "return_not_ours": _WORK,
    "arbitrate": _UPPER,
    "escalate": _WORK,
    "defer": _WORK,
    "decide_deferral": Who(CLERKS, _("由申请人以外的辖区工作人员审批。")),
    "resume": Who((*GRID_STAFF, *CLERKS), _("由主办的人或辖区工作人员恢复。"), holder=True),
    "urge": Who((*CLERKS, "leader"), _("由辖区工作人员、领导催办，反映人也可以催。"), reporter=True),
    "supervise": _ORDERS,
    "answer_supervision": _TALK,
    "sign_off_supervision": _ORDERS,
    "transcribe": _TALK,
    "reply": _TALK,
    "dispose": _WORK,
    "inform": _TALK,
    "verify_pass": _OTHERS,
    "verify_fail": _OTHERS,
    "rate": Who((), _("由反映人评价；经办人不能评价自己办的事。"), reporter=True),
    "follow_up": _CLERKS,
    "close": _CLERKS_BUT_HANDLER,
    "reopen": Who(CLERKS, _("由辖区工作人员重新办理；反映人在期限内也可以要求再办。"), reporter=True),
    "check_pass": _CLERKS_BUT_HANDLER,
    "check_fail": _CLERKS_BUT_HANDLER,
    "sign_off_hard": _ORDERS,
    "exclude": _TALK,
    "decide_exclusion": Who(UPPER, _("由申请人以外的街道或县级工作人员审批。")),
    "show_contact": _TALK,
}
"""The policy of each action. ``show_contact`` moves nothing: it opens the reporter's name and phone, and is recorded."""

BY_SYSTEM: Final = (
    "take_up", "reply", "ask", "dispose", "return_not_ours", "visit", "assist_report", "show_contact",
)  # fmt: skip
"""What a connected system may do for the unit that it acts for, as its officers may. It verifies, rates and closes
nothing, and gives nothing to others."""

BY_REPORTER: Final = ("report", "rate", "answer", "appeal", "withdraw", "reopen", "urge")
"""Steps that a reporter takes himself, by his receipt or at the door."""
