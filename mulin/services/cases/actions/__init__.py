"""What can be done with cases: one function, one use case, one transaction."""

from mulin.services.cases.actions.admission import appeal, decide_appeal, refuse, withdraw
from mulin.services.cases.actions.asking import answer, ask, ask_expired, go_on
from mulin.services.cases.actions.closing import close, erase_reporter, follow_up, rate, reopen
from mulin.services.cases.actions.deferring import decide_deferral, defer, resume
from mulin.services.cases.actions.dispatching import (
    accept,
    arbitrate,
    assist_report,
    dispatch,
    escalate,
    name_officers,
    return_not_ours,
    visit,
)
from mulin.services.cases.actions.due import act_on_due
from mulin.services.cases.actions.handling import (
    dispose,
    inform,
    message_failed,
    reply,
    show_contact,
    take_up,
    transcribe,
)
from mulin.services.cases.actions.intake import Reported, found_and_fixed, new_client_id, report
from mulin.services.cases.actions.learning import learn_matters
from mulin.services.cases.actions.looking import (
    check_fail,
    check_pass,
    decide_exclusion,
    exclude,
    sign_off_hard,
    verify_fail,
    verify_pass,
)
from mulin.services.cases.actions.lookup import look_up
from mulin.services.cases.actions.merging import merge_into, unmerge
from mulin.services.cases.actions.sharing import erase_supports, share, support, unshare
from mulin.services.cases.actions.sorting import reclassify, relocate, split
from mulin.services.cases.actions.spots import end_code, make_code
from mulin.services.cases.actions.urging import answer_supervision, sign_off_supervision, supervise, urge

__all__ = [
    "Reported",
    "accept",
    "act_on_due",
    "answer",
    "answer_supervision",
    "appeal",
    "arbitrate",
    "ask",
    "ask_expired",
    "assist_report",
    "check_fail",
    "check_pass",
    "close",
    "decide_appeal",
    "decide_deferral",
    "decide_exclusion",
    "defer",
    "dispatch",
    "dispose",
    "end_code",
    "erase_reporter",
    "erase_supports",
    "escalate",
    "exclude",
    "follow_up",
    "found_and_fixed",
    "go_on",
    "inform",
    "learn_matters",
    "look_up",
    "make_code",
    "merge_into",
    "message_failed",
    "name_officers",
    "new_client_id",
    "rate",
    "reclassify",
    "refuse",
    "relocate",
    "reopen",
    "reply",
    "report",
    "resume",
    "return_not_ours",
    "share",
    "show_contact",
    "sign_off_hard",
    "sign_off_supervision",
    "split",
    "supervise",
    "support",
    "take_up",
    "transcribe",
    "unmerge",
    "unshare",
    "urge",
    "verify_fail",
    "verify_pass",
    "visit",
    "withdraw",
]
