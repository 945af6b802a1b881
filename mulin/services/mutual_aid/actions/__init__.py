"""What can be done in mutual aid: somebody is checked, and no longer."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.orders import actions as orders
from mulin.ground.people import queries as people
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.mutual_aid.models import Vetting
from mulin.services.mutual_aid.permissions import CHECKERS, may_check, openings
from mulin.services.mutual_aid.rules import LONGEST, Evidence, VettingKind


@transaction.atomic
def check(*, phone: str, kind: str, evidence: str, valid_until: date, by: Actor, now: datetime) -> Vetting:
    """Somebody was checked, by his number; the check before ends. By clerks. Refuses an unknown number, oneself and one's
    family, and a day that has gone or lies further ahead than LONGEST."""
    if not may_check(by):
        raise NotAllowed(_("看护核查由社区、街道、县级工作人员登记。"))
    if kind not in VettingKind.values or evidence not in Evidence.values:
        raise Refused("no_kind", _("请选核查的种类和依据。"), field="kind")
    person = people.find_by_phone(phone)
    if person is None:
        raise Refused("unknown", _("没有登记过这个号码，请先请他注册，或到“人员与单位”登记。"), field="phone")
    if person.pk == by.person:
        raise Refused("oneself", _("不能核查自己。"), field="phone")
    if by.person is not None and people.live_together(person.pk, by.person):
        raise Refused("family", _("家里人请别的工作人员来核查。"), field="phone")
    if not local_day(now) <= valid_until <= local_day(now) + LONGEST:
        raise Refused("wrong_day", _("有效期要在今天以后、一年以内。"), field="valid_until")
    for old in Vetting.objects.select_for_update(no_key=True).filter(person=person, kind=kind, ended_at=None):
        old.ended_at = now
        old.save(update_fields=["ended_at"])
    row = Vetting(
        person=person, kind=kind, evidence=evidence, path=min(by.himself.paths(*CHECKERS), key=len),
        checked_by_id=by.person, checked_at=now, valid_until=valid_until,
    )  # fmt: skip
    row.save(force_insert=True)
    _record(row, "vetting.checked", by, now)
    return row


@transaction.atomic
def end_check(*, vetting: UUID, by: Actor, now: datetime) -> Vetting:
    """It is good no longer, at once: what he has to do by it returns to the pool, what he claims at this very moment with
    the next tick. Again changes nothing. Raises NotFound outside the actor's area."""
    found = Vetting.objects.filter(openings(by), pk=vetting).first()
    if found is None:
        raise NotFound(_("没有这条核查，或者您看不到它。"))
    held = orders.hold_claimed(person=found.person_id, vetted=found.kind)
    row = Vetting.objects.select_for_update(no_key=True).get(pk=vetting)
    if row.ended_at is None:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        _record(row, "vetting.ended", by, now)
        orders.let_go(person=row.person_id, orders=held, by=by, now=now)
    return row


def _record(row: Vetting, verb: str, by: Actor, now: datetime) -> None:
    facts = {"kind": row.kind, "evidence": row.evidence, "until": row.valid_until.isoformat()}
    trail.record(
        by=by, now=now, verb=verb, subject_kind="vetting", subject_id=row.pk, facts=facts, about=row.person_id
    )


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: his checks go; those that he made keep their day without his name."""
    gone, _tables = Vetting.objects.filter(person=person).delete()
    Vetting.objects.filter(checked_by=person).update(checked_by=None)
    return {"mutual_aid_vetting": gone}
