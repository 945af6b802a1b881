"""Consent per purpose: given in the words that were shown, withdrawn at any time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people.models import Consent, Person
from mulin.ground.people.permissions import may_manage_people
from mulin.ground.people.rules import WORDINGS
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused


def give_consent(*, person: UUID, purpose: str, by: Actor, now: datetime, wording: str = "") -> Consent:
    """Agree to a purpose, storing the wording as it was shown. One that stands is returned as it is, not
    given again.

    Refuses an unknown purpose ("purpose_unknown").
    """
    if purpose not in WORDINGS:
        raise Refused("purpose_unknown", _("没有这种用途。"))
    words = wording or str(WORDINGS[purpose])
    given = Consent(person_id=person, purpose=purpose, wording=words, given_at=now)
    with transaction.atomic(savepoint=False):
        Consent.objects.bulk_create([given], ignore_conflicts=True)
        standing = Consent.objects.get(person_id=person, purpose=purpose, withdrawn_at=None)
        if standing.pk == given.pk:
            _record(person, "consent.given", purpose, by, now)
    return standing


@transaction.atomic
def withdraw_consent(*, person: UUID, purpose: str, by: Actor, now: datetime) -> bool:
    """Take a consent back from now on; what was done before stays lawful. Whether one stood."""
    if by.person != person and not may_manage_people(by):
        raise NotAllowed(_("同意由本人撤回，或由社区、街道、县级窗口代办。"))
    ended = Consent.objects.filter(person_id=person, purpose=purpose, withdrawn_at=None).update(
        withdrawn_at=now
    )
    if ended and Person.objects.filter(pk=person).exists():
        _record(person, "consent.withdrawn", purpose, by, now)
    return bool(ended)


def _record(person: UUID, verb: str, purpose: str, by: Actor, now: datetime) -> None:
    record(by=by, now=now, verb=verb, subject_kind="person", subject_id=person, facts={"purpose": purpose})
