"""What stands of the ledger: transfers that were put right since no longer count, others took their place."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mulin.ground.points.models import Act, Entry, Question, ReviewAct, Transfer
from mulin.ground.points.queries.ledger import account_of, passbook_of
from mulin.ground.points.rules import AccountKind


def put_right(column: str = "transfer_id", *, before: datetime | None = None) -> Exists:
    """Whether a row's transfer (named by ``column``) was reversed, ``before`` a moment where one is given."""
    reversals = Transfer.objects.filter(reverses_id=OuterRef(column), county_id=OuterRef("county_id"))
    return Exists(reversals.filter(at__lt=before) if before else reversals)


def standing() -> QuerySet[Act]:
    """Acts that brought points and still do."""
    return Act.objects.filter(~put_right(), points__gt=0)


def in_place_of(transfer: Transfer) -> QuerySet[Transfer]:
    """An entry and what took its place after a question or an appeal."""
    made = Question.objects.filter(transfer=transfer, made__isnull=False).values("made")
    back = ReviewAct.objects.filter(transfer=transfer, restored__isnull=False).values("restored")
    return Transfer.objects.filter(Q(pk=transfer.pk) | Q(pk__in=made) | Q(pk__in=back))


def standing_for(transfer: Transfer) -> Transfer | None:
    """What stands of an entry now: itself, or what took its place; None where all of it was reversed. One statement."""
    found = in_place_of(transfer).filter(~put_right("pk"), amount__gt=0)
    return found.order_by("-at", "-id").first()


def paid_from(transfer: Transfer) -> str:
    """The community whose budget paid an act, '' where none did. One statement."""
    rows = Entry.objects.filter(transfer=transfer, account__kind=AccountKind.BUDGET)
    return rows.values_list("account__path", flat=True).first() or ""


def paid_now(transfers: Collection[UUID]) -> set[UUID]:
    """The passbooks into which the persons of some acts are paid today: their own, else their household's."""
    acts = Act.objects.filter(
        transfer_id__in=transfers, person__isnull=False, account__kind=AccountKind.PERSON
    )
    persons = set(acts.values_list("person", flat=True))
    owners = {owner for one in persons if (owner := passbook_of(one))}
    return {found.id for owner in owners if (found := account_of(owner))}
