"""Admission (row 7a): a unit applies to put a matter on the grid's list, the county decides with its reason."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.calendar import queries as calendar
from mulin.ground.notices import actions as notices
from mulin.ground.people import queries as people
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.catalogue import queries
from mulin.services.catalogue.actions.versions import discard, draft_type, retire
from mulin.services.catalogue.models import OPEN, MatterAdmission, MatterCategory
from mulin.services.catalogue.permissions import admission_acts, is_applicant, may_apply, may_see_admission
from mulin.services.catalogue.rules import (
    ADMISSION_TRANSITIONS,
    DECIDED_WITHIN,
    AdmissionState,
    Content,
    VersionState,
    admission_allows,
    checked,
)

WORK = "admission"
"""The kind of to-do that an open application is, for the county's clerks."""


@transaction.atomic
def apply(
    *,
    unit: UUID,
    category: UUID,
    name: str,
    description: str,
    reason: str,
    level: str,
    by: Actor,
    now: datetime,
    evidence_needed: str = "text",
    basis: str = "",
    support: str = "",
) -> MatterAdmission:
    """A unit applies. The county's clerks get a to-do, due in fifteen working days.

    Refuses whoever does not work in the unit, an application without a description or a reason, and a second one of
    the same name by the unit while the first is open.
    """
    if not may_apply(by, unit):
        raise NotAllowed(_("只能替自己所在的单位申请。"))
    if people.organisation(unit).ended_on is not None:
        raise Refused("unit_ended", _("这个单位已经撤销。"), field="unit")
    if not MatterCategory.objects.filter(OPEN, id=category).exists():
        raise Refused("category_unknown", _("请从列表中选择大类。"), field="category")
    said = checked(
        Content(name=name, level=level, description=description, basis=basis, evidence_needed=evidence_needed)
    )
    if not said.description:
        raise Refused("admission_description", _("请写明要网格做什么、不做什么。"), field="description")
    why = reason.strip()[:1000]
    if not why:
        raise Refused("admission_reason", _("请写明为什么要进网格清单。"), field="reason")
    waiting = [AdmissionState.SUBMITTED, AdmissionState.REVIEWING]
    if MatterAdmission.objects.filter(unit_id=unit, name=said.name, state__in=waiting).exists():
        raise Refused("admission_open", _("本单位已经申请过这一项，正在办理。"), field="name", status=409)
    row = MatterAdmission.objects.create(
        unit_id=unit,
        category_id=category,
        name=said.name,
        description=said.description,
        reason=why,
        basis=said.basis,
        level=said.level,
        evidence_needed=said.evidence_needed,
        support=support.strip()[:1000],
        submitted_at=now,
        submitted_by_id=by.person,
    )
    due = calendar.due(start=now, span=calendar.working_days(DECIDED_WITHIN), clock="working")
    worklist.put(
        by=by,
        now=now,
        kind=WORK,
        subject_kind="admission",
        subject_id=row.id,
        title=row.name,
        role="county_clerk",
        path="/",
        due_at=due.at,
    )
    _record(row, "admission.submitted", by, now)
    return row


@transaction.atomic
def start_review(*, admission: UUID, by: Actor, now: datetime) -> MatterAdmission:
    """The county begins to look at an application: its unit sees that."""
    row = _claimed("review", admission, by)
    row.reviewed_at, row.reviewed_by_id = now, by.person
    row.save(update_fields=["state", "reviewed_at", "reviewed_by"])
    _record(row, "admission.reviewing", by, now)
    return row


@transaction.atomic
def decide(
    *, admission: UUID, admit: bool, reason: str, by: Actor, now: datetime, code: str = ""
) -> MatterAdmission:
    """The county admits or refuses, and says why; whoever applied cannot decide, and is told.

    Admitted makes a draft under ``code``, prefilled with the application and led by its unit: somebody adds limits and
    standard texts and publishes it. Refuses without a reason, and a code that is taken.
    """
    row = _claimed("admit" if admit else "refuse", admission, by)
    row.decision = reason.strip()[:1000]
    if not row.decision:
        raise Refused("admission_decision", _("请写明理由，申请单位看得到。"), field="reason")
    row.decided_at, row.decided_by_id = now, by.person
    if admit:
        content = Content(
            name=row.name,
            level=row.level,
            description=row.description,
            basis=row.basis,
            evidence_needed=row.evidence_needed,
            lead_unit=row.unit_id,
        )
        row.version = draft_type(code=code, category=row.category_id, content=content, by=by, now=now)
    row.save(update_fields=["state", "decision", "decided_at", "decided_by", "version"])
    worklist.done(by=by, now=now, subject_kind="admission", subject_id=row.id)
    _tell(row, by, now)
    _record(row, "admission.admitted" if admit else "admission.refused", by, now)
    return row


@transaction.atomic
def withdraw(*, admission: UUID, by: Actor, now: datetime, why: str = "") -> MatterAdmission:
    """The unit takes its application back while it is not decided."""
    row = _claimed("withdraw", admission, by)
    return _withdrawn(row, why, "admission.withdrawn", by, now)


@transaction.atomic
def revoke(*, admission: UUID, why: str, by: Actor, now: datetime) -> MatterAdmission:
    """The county takes back what it had admitted: the matter leaves the list. Refuses without a reason.

    The matter's draft is thrown away, its version in force retired; cases under it go on under it.
    """
    row = _claimed("revoke", admission, by)
    if not why.strip():
        raise Refused("admission_why", _("请写明撤销准入的原因。"), field="why")
    if row.version is not None:
        kind = row.version.matter_type_id
        for version in queries.versions(kind):
            if version.state == VersionState.DRAFT:
                discard(version=version.id, by=by, now=now)
            elif version.state == VersionState.PUBLISHED:
                retire(
                    version=version.id,
                    why=_("撤销准入：%(why)s") % {"why": why.strip()[:150]},
                    by=by,
                    now=now,
                )
        row.version = queries.latest(kind)
    _tell(row, by, now)
    return _withdrawn(row, why, "admission.revoked", by, now)


def _withdrawn(row: MatterAdmission, why: str, verb: str, by: Actor, now: datetime) -> MatterAdmission:
    row.withdrawn_at, row.withdrawn_by_id, row.withdrawn_why = now, by.person, why.strip()[:1000]
    row.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_why", "version"])
    worklist.done(by=by, now=now, subject_kind="admission", subject_id=row.id)
    _record(row, verb, by, now)
    return row


def _claimed(act: str, key: UUID, by: Actor) -> MatterAdmission:
    """The application, locked, in the state to which the act leads. Two at once: the second is refused (409)."""
    row = MatterAdmission.objects.select_for_update(of=("self",), no_key=True).filter(id=key).first()
    if row is None or not may_see_admission(by, row):
        raise NotFound(_("没有这份申请。"))
    if act not in admission_allows(row.state):
        words = _("这份申请%(state)s，不能再这样办。") % {"state": AdmissionState(row.state).label}
        raise Refused("admission_state", words, status=409)
    if act not in admission_acts(by, row):
        own = act in ("review", "admit", "refuse") and is_applicant(by, row)
        raise NotAllowed(_("自己提的申请要由别人来定。") if own else _("这一步不由您来做。"))
    row.state = ADMISSION_TRANSITIONS[act][1]
    return row


def _tell(row: MatterAdmission, by: Actor, now: datetime) -> None:
    if row.submitted_by_id is not None:
        notices.tell(
            by=by,
            now=now,
            template="admission_decided",
            params={},
            subject_kind="admission",
            subject_id=row.id,
            key=f"admission:{row.id}:{row.state}",
            person=row.submitted_by_id,
        )


def _record(row: MatterAdmission, verb: str, by: Actor, now: datetime) -> None:
    facts = {"name": row.name, "unit": str(row.unit_id), "state": str(row.state)}
    trail.record(by=by, now=now, verb=verb, subject_kind="admission", subject_id=row.id, facts=facts)
