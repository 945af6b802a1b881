"""A person's right to leave, and to take along what is kept of him."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from mulin.ground.people import queries
from mulin.ground.people.actions.leaves import forget_leaves
from mulin.ground.people.models import Consent, Household, HouseholdMember, Membership, Person
from mulin.ground.people.permissions import may_erase
from mulin.ground.people.rules import ERASE_REASONS
from mulin.ground.trail.actions import erase_about, record
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused


@transaction.atomic
def erase(*, person: UUID, by: Actor, now: datetime, reason: str) -> dict[str, int]:
    """Empty a person: his own row, what every room keeps of him, the personal details of the trail. Returns
    rows by table.

    The rows stay, so that figures and the chain of deeds stay true; nothing in them leads back to him. The
    deed is recorded without personal data. One transaction: refused by one room (somebody in office, a
    legal hold),
    nothing happens. ``reason`` is a code of ERASE_REASONS.
    """
    if by.person != person and not may_erase(by):
        raise NotAllowed(_("删除个人信息由本人申请，或由全县的管理员、县级工作人员在窗口代办。"))
    if reason not in ERASE_REASONS:
        raise Refused("reason_unknown", _("请选择删除的原因。"), field="reason")
    row = (
        Person.objects.select_for_update(no_key=True).filter(pk=person).first()
    )  # rows about him may still come
    if row is None:
        raise NotFound(_("没有这个人。"))
    if row.erased_at is not None:
        raise Refused("already_erased", _("这个人的信息已经删除过了。"), status=409)
    emptied: dict[str, int] = {}
    for ask in hooks.person_erase:
        emptied.update(ask(person=person, by=by, now=now))
    emptied.update(_own_rows(row, now))
    emptied.update(forget_leaves(person=person, by=by, now=now))
    emptied["trail_auditdetail"] = emptied.get("trail_auditdetail", 0) + erase_about(
        person=person, by=by, now=now
    )
    facts: dict[str, Any] = {
        "reason": reason,
        "rows": {table: count for table, count in emptied.items() if count},
    }
    record(by=by, now=now, verb="person.erased", subject_kind="person", subject_id=person, facts=facts)
    return emptied


def _own_rows(row: Person, now: datetime) -> dict[str, int]:
    today = local_day(now)
    homes = HouseholdMember.objects.filter(person=row)
    alone = [
        home
        for home in homes.values_list("household_id", flat=True)
        if not HouseholdMember.objects.filter(queries.OPEN, household_id=home).exclude(person=row).exists()
    ]
    Household.objects.filter(pk__in=alone).update(label="", ended_on=Greatest("started_on", today))
    lived, _rows = homes.delete()
    ended = Membership.objects.filter(queries.OPEN, person=row).update(ended_on=Greatest("started_on", today))
    Membership.objects.filter(person=row).exclude(credential="").update(credential="")
    withdrawn = Consent.objects.filter(queries.STANDING, person=row).update(withdrawn_at=now)
    for field in (
        "name_sealed",
        "phone_sealed",
        "phone_hash",
        "email_sealed",
        "wechat_sealed",
        "public_name",
        "work_phone",
    ):
        setattr(row, field, "")
    row.language, row.large_print, row.erased_at = "", False, now
    row.save()
    return {
        "people_person": 1,
        "people_consent": withdrawn,
        "people_membership": ended,
        "people_householdmember": lived,
        "people_household": len(alone),
    }


@transaction.atomic
def exported(*, person: UUID, by: Actor, now: datetime) -> dict[str, Any]:
    """Everything that is kept of a person, with this look recorded in it. For himself, or at the
    counter on his request.
    """
    if by.person != person and not may_erase(by):
        raise NotAllowed(_("个人信息由本人导出，或由全县的管理员、县级工作人员在窗口代办。"))
    record(by=by, now=now, verb="person.exported", subject_kind="person", subject_id=person, about=person)
    return queries.export(person)
