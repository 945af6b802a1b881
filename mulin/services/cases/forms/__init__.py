"""What people send: a report, an action on a case, a rating, a question after a number, filters of a list."""

from django import forms

from mulin.services.cases.forms.acts import (
    ActionForm,
    CloseForm,
    DisposeForm,
    FollowUpForm,
    InformForm,
    RefuseForm,
    ReopenForm,
    ReplyForm,
    ShowContactForm,
    TakeUpForm,
)
from mulin.services.cases.forms.dispatching import (
    AcceptForm,
    ArbitrateForm,
    AssistReportForm,
    DispatchForm,
    EscalateForm,
    NameOfficersForm,
    ReturnForm,
    VisitForm,
)
from mulin.services.cases.forms.report import (
    FixedForm,
    Photos,
    PlaceForm,
    ProgressForm,
    RateForm,
    ReportForm,
    StaffReportForm,
)

ACTION_FORMS: dict[str, type[forms.Form]] = {
    "accept": AcceptForm,
    "refuse": RefuseForm,
    "dispatch": DispatchForm,
    "take_up": TakeUpForm,
    "name_officers": NameOfficersForm,
    "visit": VisitForm,
    "assist_report": AssistReportForm,
    "return_not_ours": ReturnForm,
    "arbitrate": ArbitrateForm,
    "escalate": EscalateForm,
    "reply": ReplyForm,
    "dispose": DisposeForm,
    "inform": InformForm,
    "follow_up": FollowUpForm,
    "close": CloseForm,
    "reopen": ReopenForm,
    "show_contact": ShowContactForm,
}

__all__ = [
    "ACTION_FORMS",
    "AcceptForm",
    "ActionForm",
    "ArbitrateForm",
    "AssistReportForm",
    "CloseForm",
    "DispatchForm",
    "DisposeForm",
    "EscalateForm",
    "FixedForm",
    "FollowUpForm",
    "InformForm",
    "NameOfficersForm",
    "Photos",
    "PlaceForm",
    "ProgressForm",
    "RateForm",
    "RefuseForm",
    "ReopenForm",
    "ReplyForm",
    "ReportForm",
    "ReturnForm",
    "ShowContactForm",
    "StaffReportForm",
    "TakeUpForm",
    "VisitForm",
]
