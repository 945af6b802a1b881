"""Helper mode: family and staff act for a holder, who is told; both names stand in the books."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.notices import actions as notices
from mulin.ground.people import queries as people
from mulin.ground.points.actions.ledger import Locked
from mulin.ground.points.models import Account
from mulin.ground.points.permissions import may_move
from mulin.ground.points.rules import KINDS
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed

KIND = "passbook"


def helped(*, by: Actor, account: Locked | Account, kind: str = "give") -> UUID | None:
    """For whom the actor acts: None where the passbook is his own (or the product acts), else its owner.

    NotAllowed for whoever is neither its holder, nor family, nor staff of its community, as the ``kind`` of transfer says.
    """
    if by.system:
        return None
    if by.person is not None and KINDS[kind].holder:
        if account.kind == "person":
            if by.person == account.owner:
                return None
            if people.live_together(by.person, account.owner):
                return account.owner
        elif by.person in people.household_members(account.owner):
            return None
    if may_move(by, kind, account.path):
        return account.owner
    raise NotAllowed(_("只有本人、家人和本社区的工作人员可以用这本存折。"))


def told_of_help(*, by: Actor, now: datetime, behalf: UUID | None, account: UUID, key: str) -> None:
    """Tell the holders that somebody acted for them; nobody where the holder acted himself."""
    if behalf is None:
        return
    members = people.household_members(behalf)
    for person in members or {behalf}:
        tell(by=by, now=now, template="points_helped", account=account, person=person, key=key)


def tell(
    *, by: Actor, now: datetime, template: str, account: UUID, person: UUID, key: str, **params: str | int
) -> None:
    """A message about a passbook."""
    notices.tell(
        by=by,
        now=now,
        template=template,
        params=params,
        subject_kind=KIND,
        subject_id=account,
        person=person,
        key=f"{key}:{person}",
    )


def told_of_lapse(
    *, by: Actor, now: datetime, account: Locked | Account, points: int, day: date, key: str
) -> None:
    """Tell the holders how many points can be used until which day."""
    for person in holders(account=account):
        tell(
            by=by,
            now=now,
            template="points_lapsing",
            account=account.id,
            person=person,
            key=key,
            n=points,
            day=f"{day:%Y-%m-%d}",
        )


def holders(*, account: Locked | Account) -> set[UUID]:
    """The persons who hold a passbook."""
    return {account.owner} if account.kind == "person" else people.household_members(account.owner)
