"""Once a day ``tick`` looks acts and gifts through: patterns become questions to a person, some acts are asked back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from mulin.ground.people import queries as people
from mulin.ground.points.actions.desks import TITLES, desk, due, put
from mulin.ground.points.models import (
    Account,
    CallBack,
    Entry,
    Look,
    Review,
    ReviewAct,
    ReviewPerson,
)
from mulin.ground.points.queries.fairness import did, lot, not_calling
from mulin.ground.points.queries.standing import put_right, standing
from mulin.ground.points.rules import AccountKind, month_of
from mulin.ground.points.rules import fairness as rules
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county

REVIEW, CALLBACK = "points_review", "points_callback"


def look_daily(*, now: datetime) -> int:
    """For ``tick``: look through the county's last WINDOW days, once on each day. How many things came to somebody's desk.

    Nobody is told, stopped or marked: what is found waits for a person.
    """
    day = local_day(now)
    if Look.objects.filter(day=day).exists():
        return 0
    with transaction.atomic():
        row, fresh = Look.objects.get_or_create(day=day)
        if not fresh:  # another process has just done it
            return 0
        by = system(current_county(), "tick")
        row.found, row.drawn = _patterns(day, by, now), _draw(day, by, now)
        row.save(update_fields=["found", "drawn"])
    return row.found + row.drawn


# ── patterns ─────


def _looked_at(column: str) -> Exists:
    """Whether a person has looked, or is to look, at it already: an act is asked about once."""
    return Exists(ReviewAct.objects.filter(transfer=OuterRef(column), county_id=OuterRef("county_id")))


def _patterns(day: date, by: Actor, now: datetime) -> int:
    since = rules.since(day)
    acts = {
        one.transfer_id: one
        for one in standing()
        .filter(~_looked_at("transfer"), confirmed_on__gte=since, confirmed_on__lte=day)
        .select_related("account")
    }
    gifts = _gifts(since, day)
    homes = people.households_of(
        {one.confirmed_by for one in acts.values()}
        | {one.person for one in acts.values() if one.person is not None}
        | {account.owner for sides in gifts.values() for account in sides}
    )

    def side(key: UUID) -> UUID:
        return homes.get(key, key)

    found = rules.patterns(
        [
            rules.Deed(key, side(one.confirmed_by), side(one.person or one.account.owner))
            for key, one in acts.items()
        ],
        [rules.Deed(key, side(giver.owner), side(taker.owner)) for key, (giver, taker) in gifts.items()],
    )
    keys = {rules.review_key(one, day): one for one in found}
    known = _known(keys)
    keys = {key: one for key, one in keys.items() if key not in known}
    for key, one in keys.items():
        if one.kind == rules.Pattern.GIFTS:
            accounts = [account for deed in one.deeds for account in gifts[deed]]
            concerned = set().union(*(_owners(account) for account in accounts))
        else:
            of = [acts[deed] for deed in one.deeds]
            accounts = [act.account for act in of]
            concerned = {act.confirmed_by for act in of}.union(*(did(act) for act in of))
        open_review(
            key=key, kind=one.kind, transfers=one.deeds, concerned=concerned,
            paths={account.path for account in accounts}, since=since, until=day, by=by, now=now,
        )  # fmt: skip
    return len(keys)


def _known(keys: Iterable[str]) -> set[str]:
    return set(Review.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def _owners(account: Account) -> set[UUID]:
    return {account.owner} if account.kind == AccountKind.PERSON else people.household_members(account.owner)


def _gifts(since: date, day: date) -> dict[UUID, tuple[Account, Account]]:
    """transfer → (the account that gave, the account that was given) of gifts that stand."""
    rows: QuerySet[Entry] = Entry.objects.filter(
        ~put_right(), ~_looked_at("transfer"), transfer__kind="give", transfer__local_day__gte=since,
        transfer__local_day__lte=day, number__isnull=False,
    )  # fmt: skip
    found: dict[UUID, list[Account]] = {}
    for one in rows.select_related("account").order_by("transfer_id", "delta"):
        found.setdefault(one.transfer_id, []).append(one.account)
    return {key: (pair[0], pair[1]) for key, pair in found.items() if len(pair) == 2}


@transaction.atomic(savepoint=False)
def open_review(
    *,
    key: str,
    kind: str,
    transfers: Iterable[UUID],
    concerned: Iterable[UUID],
    paths: set[str],
    since: date,
    until: date,
    by: Actor,
    now: datetime,
) -> Review:
    """Lay a pattern before a person: at the lowest counter that is over all of it and at which nobody is concerned."""
    rests, persons = sorted(set(transfers)), sorted(set(concerned))
    at = desk(path=rules.common(paths), barred=people.with_families(persons), strict=True)
    row = Review.objects.create(
        kind=kind, key=key, path=at.path, role=at.role, since=since, until=until, acts=len(rests), found_at=now,
        due_at=due(now=now, days=rules.REVIEW_DAYS),
    )  # fmt: skip
    ReviewAct.objects.bulk_create([ReviewAct(review=row, transfer_id=one) for one in rests])
    ReviewPerson.objects.bulk_create([ReviewPerson(review=row, person=one) for one in persons])
    title = rules.Pattern(kind).label
    put(by=by, now=now, matter=rules.Matter.REVIEW, key=row.id, title=title, at=at, due_at=row.due_at)
    facts: dict[str, Any] = {"kind": kind, "acts": len(rests), "path": at.path}
    record(by=by, now=now, verb="points.review_found", subject_kind=REVIEW, subject_id=row.id, facts=facts)
    return row


# ── call-backs ─────


def _draw(day: date, by: Actor, now: datetime) -> int:
    """Acts of this month and the last that are asked back about, by lot. How many came to a desk now."""
    this, _following = month_of(day)
    last, _first = month_of(this - timedelta(days=1))
    rows = standing().filter(confirmed_on__gte=last, confirmed_on__lte=day).select_related("account")
    had = set(CallBack.objects.filter(month__gte=last).values_list("account_path", "month"))
    called = set(CallBack.objects.filter(month__gte=last).values_list("transfer_id", flat=True))
    by_place: dict[tuple[str, date], dict[UUID, float]] = {}
    for one in rows:
        if one.transfer_id not in called:
            place = (one.account.path, month_of(one.confirmed_on)[0])
            by_place.setdefault(place, {})[one.transfer_id] = lot(one.transfer_id)
    count = 0
    for (path, month), lots in sorted(by_place.items()):
        for key in sorted(rules.drawn(lots, month_over=month < this, had=(path, month) in had)):
            _call(key, path, month, by, now)
            count += 1
    return count


def _call(transfer: UUID, path: str, month: date, by: Actor, now: datetime) -> None:
    at = desk(path=path, barred=not_calling(transfer))
    row = CallBack.objects.create(
        transfer_id=transfer, account_path=path, month=month, path=at.path, role=at.role, drawn_at=now,
        due_at=due(now=now, days=rules.CALLBACK_DAYS),
    )  # fmt: skip
    title = TITLES[rules.Matter.CALLBACK]
    put(by=by, now=now, matter=rules.Matter.CALLBACK, key=row.id, title=title, at=at, due_at=row.due_at)
