"""A person asks to be forgotten: the words of his acts go, his passbook is closed; the chain stays valid."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from mulin.ground.people import queries as people
from mulin.ground.points.actions.desks import settled
from mulin.ground.points.actions.holding import void
from mulin.ground.points.actions.moving import close
from mulin.ground.points.models import (
    OPEN,
    Account,
    Act,
    CallBack,
    Hold,
    OpeningRow,
    Question,
    Review,
    ReviewPerson,
    Words,
)
from mulin.ground.points.rules import Owner
from mulin.ground.points.rules import household as of_household
from mulin.ground.points.rules import person as of_person
from mulin.ground.points.rules.fairness import Asked, Matter, Plea, Verdict
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor, system

ERASED = "trail.details_erased"
"""The verb that explains empty words to ``check-books``, as it does empty details to ``verify-trail``."""


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: what was set aside is given back, what is left lapses, every story about him is emptied. Of
    whoever lived alone the household's passbook is closed too."""
    _lock_matters(person)
    owners = [of_person(person)]
    home = people.household_of(person)
    if home is not None and people.household_members(home) == {person}:
        owners.append(of_household(home))
    closed = sum([_close(owner, by, now) for owner in owners])
    asked = _forget_fairness(person, by, now)
    brought = Words.objects.filter(about=person, transfer__kind="opening").values("transfer_id")
    OpeningRow.objects.filter(transfer_id__in=brought).update(who_hash="", name_hash="")
    emptied = Words.objects.filter(about=person).exclude(salt="").update(salt="", story="", evidence={})
    if emptied:
        told = {"details": emptied}
        record(by=by, now=now, verb=ERASED, subject_kind="person", subject_id=person, facts=told)
    return {"points_words": emptied, "points_passbooks": closed, "points_fairness": asked}


def _close(owner: Owner, by: Actor, now: datetime) -> int:
    """Close a passbook that nobody holds any more. How many there were: 0 or 1."""
    row = Account.objects.filter(OPEN, kind=owner.kind, owner=owner.id).first()
    if row is None:
        return 0
    product = system(by.county, "erasure")
    for key in Hold.objects.filter(account=row, state="open").order_by("id").values_list("id", flat=True):
        void(by=product, now=now, hold=key)
    close(by=product, now=now, owner=owner, key=f"erased:{row.id}:{now.isoformat()}")
    Hold.objects.filter(account=row).exclude(story="").update(story="")
    return 1


def _lock_matters(person: UUID) -> None:
    """What asks about him is locked before his passbook, as ``ledger`` says: who decides about it now ends first, and what
    he decided finds nothing left to decide afterwards."""
    own = Act.objects.filter(person=person).values("transfer_id")
    for rows in (
        Review.objects.filter(concerned__person=person),
        Question.objects.filter(asked_by=person),
        CallBack.objects.filter(transfer_id__in=own),
    ):
        keys = list(rows.values_list("pk", flat=True))
        list(rows.model.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("id"))


def _forget_fairness(person: UUID, by: Actor, now: datetime) -> int:
    """Empty what he wrote and what was written to him; what still waits for an answer is withdrawn. That something was
    asked, looked at and decided stays, without a word about him. Its rows are locked."""
    waiting = Question.objects.filter(asked_by=person, state=Asked.OPEN)
    for key in waiting.values_list("id", flat=True):
        settled(by=by, now=now, matter=Matter.QUESTION, key=key)
    waiting.update(state=Asked.WITHDRAWN)
    asked = Question.objects.filter(asked_by=person).update(words="", answer="")
    concerned = ReviewPerson.objects.filter(person=person)
    pleas = concerned.filter(plea=Plea.OPEN)
    for key in pleas.values_list("id", flat=True):
        settled(by=by, now=now, matter=Matter.PLEA, key=key)
    pleas.update(plea=Plea.WITHDRAWN)
    Review.objects.filter(concerned__person=person).exclude(state=Verdict.FOUND).update(words="")
    own = Act.objects.filter(person=person).values("transfer_id")
    CallBack.objects.filter(transfer_id__in=own).update(words="")
    return asked + concerned.update(words="", answer="")
