"""A person keeps views of the list of cases for himself. Nobody else sees them, and they open nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases.models import SavedView
from mulin.services.cases.permissions import is_staff
from mulin.services.cases.queries.filters import Filters

MOST_VIEWS: Final = 12
NAME_LENGTH: Final = 20


@transaction.atomic
def save_view(*, name: str, by: Actor, now: datetime, narrowed: Filters, opens: bool = False) -> SavedView:
    """Keep the filters under a name; a view of that name is replaced. Refused without a name, and beyond MOST_VIEWS."""
    if by.person is None or not is_staff(by):
        raise NotAllowed(_("视图供工作人员使用。"))
    plain = " ".join(name.split())
    if not plain or len(plain) > NAME_LENGTH:
        message = _("视图的名字要有，最多 %(most)d 个字。") % {"most": NAME_LENGTH}
        raise Refused("view_name", message, field="name")
    mine = SavedView.objects.filter(person=by.person)
    row = mine.filter(name=plain).first()
    if row is None and mine.count() >= MOST_VIEWS:
        message = _("最多存 %(most)d 个视图，请先删掉不用的。") % {"most": MOST_VIEWS}
        raise Refused("too_many_views", message, field="name")
    if row is None:
        row = SavedView(person_id=by.person, name=plain)
    row.filters, row.saved_at = narrowed.as_query(), now
    row.save()
    if opens:
        open_with(view=row.pk, by=by)
        row.opens = True
    return row


@transaction.atomic
def open_with(*, view: UUID, by: Actor, opens: bool = True) -> None:
    """Let the list open with this view, or no longer."""
    row = _own(view, by)
    SavedView.objects.filter(person=by.person, opens=True).exclude(pk=row.pk).update(opens=False)
    SavedView.objects.filter(pk=row.pk).update(opens=opens)


@transaction.atomic
def drop_view(*, view: UUID, by: Actor) -> None:
    """Forget a view."""
    _own(view, by).delete()


def _own(view: UUID, by: Actor) -> SavedView:
    row = SavedView.objects.filter(pk=view, person=by.person).first() if by.person else None
    if row is None:
        raise NotFound(_("没有这个视图。"))
    return row


@transaction.atomic
def erase_views(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: a person's views go."""
    gone, _tables = SavedView.objects.filter(person=person).delete()
    return {"cases_savedview": gone}
