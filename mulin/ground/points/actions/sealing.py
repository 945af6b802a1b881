"""The chain over transfers, sealed afterwards (docs/adr/0006); with it the accounts that nobody locks are rolled up, and
holders are told of what others did."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from mulin.citus.prepared import rows
from mulin.ground.points import rules
from mulin.ground.points.actions.helping import holders, tell
from mulin.ground.points.models import Account, Entry, Link
from mulin.ground.points.queries.chain import NOBODY, facts_of, last_link, sums_of
from mulin.ground.trail.actions import keep_head
from mulin.ground.trail.queries import head_file
from mulin.kernel.actor import system
from mulin.kernel.county import current_county
from mulin.kernel.ids import uuid7_floor

BATCH = 1000
TRIES = 8
LATE: timedelta = timedelta(days=1)
"""No transaction is open for so long: what is older than the last link by more and unsealed, `check-books` finds."""


def seal(*, now: datetime) -> int:
    """For ``tick``: take unsealed transfers into the chain, in id order, and write its head outside the database.

    Two processes may do this at once: the unique number refuses the second, which tries again. Returns how many.
    """
    sealed, tries = 0, 0
    after = UUID(int=0)
    if (last := last_link()) is not None:
        after = uuid7_floor(last.transfer_id, LATE)
    while True:
        try:
            done, after = _seal_batch(after, now)
        except IntegrityError:
            tries += 1
            if tries >= TRIES:
                raise
            continue
        sealed += done
        if done < BATCH:
            break
    keep_head(path=head_file(current_county(), "points"), last=_last, now=now)
    return sealed


def _last() -> tuple[int, str] | None:
    last = last_link()
    return (last.number, last.hash) if last else None


_UNSEALED = """SELECT t.id FROM points_transfer t WHERE t.county_id = %(county)s AND t.id > %(after)s AND NOT EXISTS (
    SELECT 1 FROM points_link l WHERE l.county_id = %(county)s AND l.transfer_id = t.id) ORDER BY t.id LIMIT %(most)s"""


@transaction.atomic(durable=True)
def _seal_batch(after: UUID, now: datetime) -> tuple[int, UUID]:
    """One transaction of at most BATCH links, committed before the head file hears of them."""
    found = rows(_UNSEALED, {"county": current_county(), "after": after, "most": BATCH})
    keys = [row[0] for row in found]
    if not keys:
        return 0, after
    last = last_link()
    number, previous = (last.number, last.hash) if last else (0, rules.genesis(current_county()))
    told = facts_of(keys)
    links = []
    for key in keys:
        number += 1
        previous = rules.chained(previous, number, told[key])
        links.append(Link(number=number, transfer_id=key, sealed_at=now, hash=previous))
    Link.objects.bulk_create(links)
    _roll_up(keys, now)
    _tell(keys, now)
    return len(keys), keys[-1]


def _roll_up(keys: list[UUID], now: datetime) -> None:
    """Add what these transfers did to the county's own accounts."""
    kinds = {rules.system_id(current_county(), kind): kind for kind in rules.SYSTEM}
    for account, delta in sorted(sums_of(keys)):
        row = Account(id=account, kind=kinds[account], owner=NOBODY, path="/", opened_at=now)
        Account.objects.bulk_create([row], ignore_conflicts=True)
        Account.objects.filter(id=account).update(balance=F("balance") + delta)


def _tell(keys: list[UUID], now: datetime) -> None:
    """Holders learn what others did with their passbooks: given to them, put right, done for them. Off the request's path,
    and once: a transfer is sealed once, and of a redemption its holder was told when the points were set aside."""
    by = system(current_county(), "tick")
    others = Q(transfer__kind__in=("give", "reverse")) | Q(transfer__on_behalf_of__isnull=False)
    rows_told = Entry.objects.filter(
        others, transfer_id__in=keys, number__isnull=False, account__kind__in=rules.MEMBERS
    )
    for entry in rows_told.select_related("transfer", "account").order_by("id"):
        told, account = entry.transfer, entry.account
        template = "points_reversed" if told.kind == "reverse" else "points_given"
        if told.kind != "reverse" and entry.delta < 0:
            if told.on_behalf_of is None or told.kind == "redeem":
                continue
            template = "points_helped"
        for person in holders(account=account) - {told.by}:
            key = f"{template}:{told.id}"
            tell(
                by=by,
                now=now,
                template=template,
                account=account.id,
                person=person,
                key=key,
                n=abs(entry.delta),
            )
