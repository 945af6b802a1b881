"""Passbooks: issued, lost, replaced without losing a point. Row 86."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.points.actions.helping import helped, holders, told_of_help
from mulin.ground.points.models import Account, Passbook
from mulin.ground.points.permissions import may_keep_books, serves
from mulin.ground.points.rules import Owner
from mulin.ground.trail.actions import record
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import public_number


@transaction.atomic
def issue(*, by: Actor, now: datetime, owner: Owner, path: str) -> Account:
    """Open a passbook for a person or a household of a community, with its number; a closed one is opened again.

    By its holder himself or staff over the community. One that is open already is given back as it is.
    """
    if owner.kind == "person":
        people.person(owner.id)
        own = by.person == owner.id
    else:
        members = people.household_members(owner.id)
        if not members:
            raise NotFound(_("没有这一户。"))
        own = by.person in members
    if not own and not serves(by, path):
        raise NotAllowed(_("由本人或本社区的工作人员开存折。"))
    if not path.strip("/"):
        raise Refused("passbook_place", _("请选择社区。"), field="path")
    row = Account(kind=owner.kind, owner=owner.id, path=path, opened_at=now)
    Account.objects.bulk_create([row], ignore_conflicts=True)
    account = Account.objects.select_for_update(of=("self",), no_key=True).get(
        kind=owner.kind, owner=owner.id, drawer=0
    )
    if account.closed_at is not None:
        account.closed_at, account.path = None, path
        account.save(update_fields=["closed_at", "path"])
    elif account.id != row.id:
        return account
    _book(account, by, now)
    behalf = None if own or by.system else owner.id
    record(
        by=by,
        now=now,
        verb="passbook.issued",
        subject_kind="passbook",
        subject_id=account.id,
        on_behalf_of=behalf,
    )
    told_of_help(
        by=by, now=now, behalf=behalf, account=account.id, key=f"issue:{account.id}:{now.isoformat()}"
    )
    for told in hooks.passbook_issued:
        told(persons=holders(account=account), by=by, now=now)
    return account


def _book(account: Account, by: Actor, now: datetime) -> Passbook:
    first = not Passbook.objects.filter(account=account).exists()
    number = public_number(current_county())
    return Passbook.objects.create(
        account=account, number=number, first=first, issued_at=now, issued_by=by.person
    )


@transaction.atomic
def lose(*, by: Actor, now: datetime, account: UUID) -> Passbook:
    """Report a passbook lost: its number no longer counts, its points stay. By holder, family or staff."""
    row, book = _current(account)
    behalf = helped(by=by, account=row)
    if book.state == "lost":
        return book
    book.state = "lost"
    book.save(update_fields=["state"])
    record(
        by=by, now=now, verb="passbook.lost", subject_kind="passbook", subject_id=row.id, on_behalf_of=behalf
    )
    told_of_help(by=by, now=now, behalf=behalf, account=row.id, key=f"lost:{book.id}")
    return book


@transaction.atomic
def replace(*, by: Actor, now: datetime, account: UUID) -> Passbook:
    """A new number for the same points; the old one is void from now on. At a counter of the community."""
    row, book = _current(account)
    if not may_keep_books(by, row.path):
        raise NotAllowed(_("由社区、街道或县级窗口补发存折。"))
    Passbook.objects.filter(id=book.id).update(state="replaced", ended_at=now)
    new = _book(row, by, now)
    facts = {"old": book.number, "new": new.number}
    record(by=by, now=now, verb="passbook.replaced", subject_kind="passbook", subject_id=row.id, facts=facts)
    told_of_help(by=by, now=now, behalf=helped(by=by, account=row), account=row.id, key=f"replace:{new.id}")
    return new


def _current(account: UUID) -> tuple[Account, Passbook]:
    row = Account.objects.select_for_update(of=("self",), no_key=True).filter(id=account).first()
    book = Passbook.objects.filter(account_id=account, state__in=["active", "lost"]).first()
    if row is None:
        raise NotFound(_("没有这本存折。"))
    if book is None:
        raise Stale(_("这本存折已经销户。"), code="passbook_closed")
    return row, book
