"""Whether a report is admitted (row 7b): accepted elsewhere; not admitted with reason and referral."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.services.cases.actions import steps
from mulin.services.cases.models import Case
from mulin.services.cases.rules import Refusal, State


@transaction.atomic
def refuse(
    *,
    case: UUID | Case,
    reason: str,
    where: str,
    by: Actor,
    now: datetime,
    version: int | None,
    code: str = Refusal.OTHER,
) -> Case:
    """A clerk does not admit a report, says why and where to turn, and the reporter is told."""
    row = steps.begin(case=case, action="refuse", by=by, version=version)
    why = steps.required(
        text=reason, code="no_reason", message=_("请写明不予受理的理由。"), field="reason", most=1000
    )
    whither = steps.required(
        text=where, code="no_where", message=_("请写明该找谁、怎么找。"), field="where", most=500
    )
    if code not in Refusal.values:
        raise Refused("code_unknown", _("请选择不予受理的理由。"), field="code")
    row.refusal_code = code
    row.refused_by, row.refused_at = by.person, now
    row.refusal = f"{why}\n该找谁：{whither}"  # kept as written, whatever language its reader chooses
    steps.settle(case=row, by=by, now=now)
    told = steps.tell(case=row, template="case_refused", by=by, now=now)
    before, row.state = row.state, State.NOT_ADMITTED
    steps.answered(case=row, told=told, by=by, now=now)
    return steps.finish(
        case=row,
        action="refuse",
        by=by,
        now=now,
        note=row.refusal,
        facts={**told.facts, "code": code},
        before=before,
    )
