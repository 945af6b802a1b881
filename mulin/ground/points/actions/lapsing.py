"""What lapses: its owner is told first, then it goes by ordinary transfers with derived keys. Invariants 4 and 6."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum

from mulin.citus.prepared import rows
from mulin.ground.points import rules
from mulin.ground.points.actions.helping import told_of_lapse
from mulin.ground.points.models import Account, Lot
from mulin.kernel.actor import system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.ids import uuid7

BATCH = 500
"""Accounts of one transaction."""


def warn_due(*, now: datetime) -> int:
    """For ``tick``: tell owners what lapses within WARN_DAYS, once per passbook and day. How many passbooks."""
    today = local_day(now)
    done = 0
    while True:
        told = _warn_batch(today, now)
        done += told
        if told < BATCH:
            return done


@transaction.atomic
def _warn_batch(today: date, now: datetime) -> int:
    lots = Lot.objects.filter(
        spent=False, warned_on__isnull=True, expires_on__lte=today + timedelta(days=rules.WARN_DAYS)
    )
    accounts = list(lots.order_by("account_id").values_list("account_id", flat=True).distinct()[:BATCH])
    by = system(current_county(), "tick")
    held = Account.objects.filter(id__in=accounts).order_by("id").select_for_update(of=("self",), no_key=True)
    for account in held:
        due = lots.filter(account=account)
        day = due.order_by("expires_on").values_list("expires_on", flat=True).first()
        if day is None:
            continue
        points = due.filter(expires_on=day).aggregate(n=Sum("remaining"))["n"]
        due.filter(expires_on=day).update(warned_on=today)
        until, key = rules.last_day(day, today), f"lapse:{account.id}:{day}:{today}"
        told_of_lapse(by=by, now=now, account=account, points=points, day=until, key=key)
    return len(accounts)


_DUE = """SELECT a.id, a.number, a.balance FROM points_account a WHERE a.county_id = %(county)s AND a.id IN (
        SELECT l.account_id FROM points_lot l WHERE l.county_id = %(county)s AND NOT l.spent AND l.remaining > l.held
        AND l.expires_on < %(today)s AND l.warned_on < %(warned)s ORDER BY l.expires_on, l.account_id LIMIT %(most)s)
    ORDER BY a.id FOR NO KEY UPDATE OF a"""

_EXPIRE = """WITH due AS (
    SELECT l.id, l.account_id, l.remaining - l.held AS points FROM points_lot l
    WHERE l.county_id = %(county)s AND l.account_id = ANY(%(accounts)s) AND NOT l.spent AND l.remaining > l.held
    AND l.expires_on < %(today)s AND l.warned_on < %(warned)s
), account AS (
    SELECT x.*, (SELECT sum(due.points) FROM due WHERE due.account_id = x.account)::bigint AS points
    FROM unnest(%(accounts)s::uuid[], %(numbers)s::bigint[], %(balances)s::bigint[], %(transfers)s::uuid[],
        %(outs)s::uuid[], %(ins)s::uuid[], %(bodies)s::text[]) AS x(account, number, balance, transfer, out, "in", body)
), moved AS (
    INSERT INTO points_transfer (county_id, id, kind, key, body, amount, at, local_day, program, subject_kind, digest)
    SELECT %(county)s, transfer, 'expire', 'expire:' || account || ':' || %(today)s::text, body, points, %(now)s,
        %(today)s, 'tick', '', '' FROM account WHERE points > 0
    ON CONFLICT (county_id, key) DO NOTHING RETURNING id
), going AS (
    SELECT account.* FROM account JOIN moved ON moved.id = account.transfer
), changed AS (
    UPDATE points_account a SET balance = a.balance - going.points, number = a.number + 1 FROM going
    WHERE a.county_id = %(county)s AND a.id = going.account
), entered AS (
    INSERT INTO points_entry (county_id, id, transfer_id, account_id, delta, number, balance_after)
    SELECT %(county)s, out, transfer, account, -points, number + 1, balance - points FROM going
    UNION ALL SELECT %(county)s, "in", transfer, %(expired)s::uuid, points, NULL, NULL FROM going
), less AS (
    UPDATE points_lot l SET remaining = l.remaining - due.points, spent = l.remaining = due.points
    FROM due JOIN going ON going.account = due.account_id WHERE l.county_id = %(county)s AND l.id = due.id
), told AS (
    INSERT INTO points_lotmove (county_id, id, entry_id, lot_id, amount)
    SELECT %(county)s, gen_random_uuid(), going.out, due.id, -due.points
    FROM due JOIN going ON going.account = due.account_id RETURNING 1
)
SELECT (SELECT count(*) FROM going), (SELECT count(*) FROM told)"""


def expire_due(*, now: datetime, batch: int = BATCH) -> int:
    """For ``tick``: what was announced WARNED_FOR ago and is past its last day goes; what a hold pins stays. How many lots.

    One transfer per passbook and day, its key derived from both: running twice, or in two processes, changes nothing.
    """
    done = 0
    while True:
        accounts, lots = _expire_batch(now, batch)
        done += lots
        if not accounts:
            return done


@transaction.atomic
def _expire_batch(now: datetime, batch: int) -> tuple[int, int]:
    today, county = local_day(now), current_county()
    told: dict[str, Any] = {
        "county": county,
        "today": today,
        "warned": today - rules.WARNED_FOR,
        "most": batch,
        "now": now,
    }
    due = rows(_DUE, told)
    if not due:
        return 0, 0
    told |= {
        "accounts": [row[0] for row in due],
        "numbers": [row[1] for row in due],
        "balances": [row[2] for row in due],
        "transfers": [uuid7() for _row in due],
        "outs": [uuid7() for _row in due],
        "ins": [uuid7() for _row in due],
        "bodies": [rules.body_digest(kind="expire", account=row[0], day=today) for row in due],
        "expired": rules.system_id(county, "expired"),
    }
    accounts, lots = rows(_EXPIRE, told)[0]
    return accounts, lots
