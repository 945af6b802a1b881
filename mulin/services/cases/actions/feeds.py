"""The secret address at which somebody's calendar reads what falls due: made, read, ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.access import actions as access
from mulin.ground.access import queries as people
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound
from mulin.kernel.ids import token
from mulin.kernel.secrets import keyed_hash
from mulin.services.cases.models import DuesFeed
from mulin.services.cases.permissions import is_staff
from mulin.services.cases.queries.filters import WHOSE

READS: Final = 30
WRONG: Final = 30
MINUTES: Final = 10
"""Reads of one feed, and wrong addresses from one network address, in so many minutes."""


@transaction.atomic
def make_feed(*, whose: str, by: Actor, now: datetime) -> tuple[DuesFeed, str]:
    """A secret address for the actor's calendar, and its key, told this once; an older one is replaced. ``whose``: one of
    WHOSE, '' for all that he sees."""
    if by.person is None or not is_staff(by):
        raise NotAllowed(_("到期日历供工作人员使用。"))
    key = token(by.county)
    told = {
        "key_hash": keyed_hash(key),
        "whose": whose if whose in WHOSE else "",
        "made_at": now,
        "read_at": None,
    }
    row, _made = DuesFeed.objects.update_or_create(person_id=by.person, defaults=told)
    record(by=by, now=now, verb="dues_feed.made", subject_kind="dues_feed", subject_id=row.id)
    return row, key


@transaction.atomic
def end_feed(*, by: Actor, now: datetime) -> None:
    """Nobody reads at the actor's address any more. NotFound where he has none."""
    row = (
        DuesFeed.objects.select_for_update(of=("self",)).filter(person=by.person).first()
        if by.person
        else None
    )
    if row is None:
        raise NotFound(_("没有订阅地址。"))
    record(by=by, now=now, verb="dues_feed.ended", subject_kind="dues_feed", subject_id=row.id)
    row.delete()


def read_feed(*, key: str, address: str, now: datetime) -> tuple[DuesFeed, Actor]:
    """The feed of the county in force with this key, counted, and its person as he is today: what he holds and sees now.

    Not atomic: a refused try stays counted. NotFound for a key that is wrong or ended, and for whoever has no duty or no
    account any more; Refused 429 beyond READS, and beyond WRONG of one network address.
    """
    row = DuesFeed.objects.filter(key_hash=keyed_hash(key)).first()
    if row is None:
        access.count_attempt(key=f"dues.key:{address}", limit=WRONG, minutes=MINUTES, now=now)
        raise _no_feed()
    access.count_attempt(key=f"dues:{row.id}", limit=READS, minutes=MINUTES, now=now)
    account = people.account_of(row.person_id)
    actor = people.actor_of_person(row.person_id, on=local_day(now))
    if account is None or not account.is_active or not is_staff(actor):
        raise _no_feed()
    DuesFeed.objects.filter(pk=row.pk).update(read_at=now)
    return row, actor


def _no_feed() -> NotFound:
    return NotFound(_("这个订阅地址不能用了。"), code="no_feed")


def erase_feeds(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: his calendar's address goes."""
    gone, _tables = DuesFeed.objects.filter(person=person).delete()
    return {"cases_duesfeed": gone}
