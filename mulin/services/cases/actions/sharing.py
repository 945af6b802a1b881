"""A matter is shown to neighbours, who say with one press that they met it too."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mulin.ground.access import actions as access
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.services.cases.actions import steps
from mulin.services.cases.models import Case, CaseReporter, Support
from mulin.services.cases.queries import sharing
from mulin.services.cases.rules import SUPPORTS_PER_HOUR


@transaction.atomic
def share(*, case: UUID | Case, by: Actor, now: datetime, version: int | None) -> Case:
    """A clerk lets neighbours see that there is such a matter: its category, community, state and day, never its words.

    Refused where it is shown already, and where nobody has said yet what kind of matter it is: the category is all that
    neighbours could tell it by.
    """
    row = steps.begin(case=case, action="share", by=by, version=version)
    if row.shown_at is not None:
        raise Refused("shown_already", _("已经公开了。"), status=409)
    if row.matter_id is None:
        raise Refused("no_matter", _("先定是什么事项，再公开：邻居只凭类别认得出是不是同一件事。"))
    row.shown_at, row.shown_by = now, by.person
    return steps.finish(case=row, action="share", by=by, now=now, public=False)


@transaction.atomic
def unshare(*, case: UUID | Case, by: Actor, now: datetime, version: int | None) -> Case:
    """A clerk takes it from the neighbours' list; what they said stays counted. Refused where it is not on it."""
    row = steps.begin(case=case, action="unshare", by=by, version=version)
    if row.shown_at is None:
        raise Refused("not_shown", _("没有公开，不用收回。"), status=409)
    row.shown_at = row.shown_by = None
    return steps.finish(case=row, action="unshare", by=by, now=now, public=False)


def support(*, case: UUID, visitor: str, address: str, by: Actor, now: datetime) -> bool:
    """Somebody met it too: once per person, or per browser of a visitor (``visitor``: a keyed hash). False: he had said so.

    Not atomic: a refused try stays counted (429 beyond SUPPORTS_PER_HOUR from one network address). Refused for whoever
    reported it himself; NotFound for what is not shown.
    """
    key = f"support.address:{address}"
    access.count_attempt(key=key, limit=SUPPORTS_PER_HOUR, minutes=60, now=now)
    try:
        return _support(case, visitor, by, now)
    except IntegrityError:
        return False


@transaction.atomic
def _support(case: UUID, visitor: str, by: Actor, now: datetime) -> bool:
    row = sharing.supportable(now).filter(pk=case).first()
    if row is None:
        raise NotFound(_("没有这件事，或者已经不公开了。"))
    own = CaseReporter.objects.filter(case=row, person=by.person)
    if by.person is not None and (row.reported_by_id == by.person or own.exists()):
        raise Refused("your_own", _("这件就是您报的，不用再点。"), status=409)
    who = {"person_id": by.person} if by.person is not None else {"visitor": visitor}
    if Support.objects.filter(case=row, **who).exists():
        return False
    Support.objects.create(case=row, at=now, **who)
    Case.objects.filter(pk=row.pk).update(supports=F("supports") + 1)
    steps.record(case=row, verb="case.support", by=by, now=now)
    return True


@transaction.atomic
def erase_supports(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: that somebody said so stays counted, who it was does not."""
    gone, _tables = Support.objects.filter(person=person).delete()
    return {"cases_support": gone}
