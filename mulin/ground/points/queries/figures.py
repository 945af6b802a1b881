"""The rows that figures of the points bank count: passbooks, acts with points, redemptions, points still to be used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from mulin.ground.points.models import Account, Act, Entry, Passbook
from mulin.ground.points.queries.standing import put_right
from mulin.ground.points.rules import MEMBERS
from mulin.kernel.paging import counts


def issued(start: datetime, until: datetime) -> QuerySet[Passbook]:
    """Passbooks opened from ``start`` to ``until``; a replacement is no new one."""
    return Passbook.objects.filter(first=True, issued_at__gte=start, issued_at__lt=until)


def active(start: datetime, until: datetime) -> QuerySet[Passbook]:
    """Passbooks opened before ``until`` with an act, a gift or a redemption of points within the time."""
    moved = Entry.objects.filter(
        account_id=OuterRef("account_id"),
        county_id=OuterRef("county_id"),
        transfer__kind__in=("earn", "give", "redeem"),
        transfer__at__gte=start,
        transfer__at__lt=until,
    )
    return Passbook.objects.filter(Exists(moved), first=True, issued_at__lt=until)


def _moved(kind: str, start: datetime, until: datetime) -> QuerySet[Entry]:
    """The members' entries of transfers of a kind, those reversed before ``until`` left out."""
    return Entry.objects.filter(
        ~put_right(before=until),
        ~Q(delta=0),
        number__isnull=False,
        account__kind__in=MEMBERS,
        transfer__kind=kind,
        transfer__at__gte=start,
        transfer__at__lt=until,
    )


def earned(start: datetime, until: datetime) -> QuerySet[Entry]:
    """Points that came into passbooks for acts."""
    return _moved("earn", start, until)


def earned_for(start: datetime, until: datetime, *, order: str, person: str) -> QuerySet[Entry]:
    """Of these, those that the person in a column of the row around this subquery got for the ask in another: first given,
    entered anew after a question, or restored after an appeal."""
    acts = Act.objects.filter(transfer=OuterRef("transfer"), county_id=OuterRef("county_id"))
    return earned(start, until).filter(
        Exists(acts.filter(person=OuterRef(OuterRef(person)))),
        transfer__subject_kind="order",
        transfer__subject_id=OuterRef(order),
        county_id=OuterRef("county_id"),
    )


def earned_beside(start: datetime, until: datetime) -> QuerySet[Entry]:
    """Of these, those that were not given for an ask: staff saw the act and wrote it down."""
    return earned(start, until).exclude(transfer__subject_kind="order")


def redeemed(start: datetime, until: datetime) -> QuerySet[Entry]:
    """Points that went out of passbooks for goods and services."""
    return _moved("redeem", start, until)


def outstanding(start: datetime, until: datetime) -> QuerySet[Any]:
    """Passbooks with points at ``until``, and how many (``delta``): what there is now less what came later."""
    later = Entry.objects.filter(
        account_id=OuterRef("pk"), county_id=OuterRef("county_id"), transfer__at__gte=until
    )
    sums = later.order_by().values("account_id").annotate(points=Sum("delta")).values("points")
    then = F("balance") - Coalesce(Subquery(sums, output_field=BigIntegerField()), 0)
    return Account.objects.filter(kind__in=MEMBERS).annotate(delta=then).filter(delta__gt=0)


def points_of(*found: QuerySet[Any]) -> list[int]:
    """The points of each such list of rows, without their sign. One statement for all."""
    return [abs(points) for points in counts(*found, of="delta")]


def numbers_of(accounts: Iterable[UUID]) -> dict[UUID, str]:
    """account → the number of its newest passbook. One statement."""
    rows = Passbook.objects.filter(account_id__in=list(accounts)).order_by("issued_at", "id")
    return dict(rows.values_list("account_id", "number"))


def acts_of(
    *, persons: Iterable[UUID], household: UUID | None, rules: Iterable[str], first: date, last: date
) -> QuerySet[Act]:
    """Confirmed acts of some persons, and those of a household's passbook, under rules (by code), done from a day to a last
    one; beyond a cap too, put right ones not. Each with rule and version."""
    whose = Q(person__in=list(persons))
    if household is not None:
        whose |= Q(account__kind="household", account__owner=household)
    found = Act.objects.filter(~put_right(), whose, rule__code__in=list(rules), done_on__range=(first, last))
    return found.select_related("rule", "version", "transfer").order_by("done_on", "id")
