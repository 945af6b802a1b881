"""What services do at a counter in one act: points taken from a passbook that was shown, the rest advanced by an alliance;
and put right again. Who may is theirs to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.points import rules
from mulin.ground.points.actions.holding import hold, post
from mulin.ground.points.actions.ledger import (
    Deed,
    Plan,
    checked_amount,
    checked_key,
    checked_story,
    known,
    lock_accounts,
    written,
)
from mulin.ground.points.actions.moving import heir_of, pass_on, reversal, undone
from mulin.ground.points.models import Account, Transfer
from mulin.ground.points.rules import Owner
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound, Refused

IN_ONE_ACT = timedelta(minutes=1)
TAKEN = ("redeem", "advance")


@dataclass(frozen=True)
class Took:
    """Points out of the passbook with their transfer, points that the alliance advanced with theirs."""

    points: int
    transfer: UUID | None
    advanced: int
    advance: UUID | None


@transaction.atomic
def take(
    *,
    by: Actor,
    now: datetime,
    account: UUID | None,
    amount: int,
    key: str,
    subject: tuple[str, UUID],
    story: str,
    advance: bool = False,
    shown: bool = True,
) -> Took:
    """Points of a passbook go at once: its holder stood there with his code or the paper, which the service has proved and
    of which it tells him; not ``shown``: ``by`` stood there for him, as family or staff, of which he is told. The caller
    keeps ``key`` for one deed.

    Refused (409) where there are not enough, without saying how many: the till is not the holder's. ``advance``: as far as
    there are any, and the rest is the alliance's debt; of no account, or a closed one, all of it.
    """
    checked_key(key=key)
    amount, story = checked_amount(amount=amount), checked_story(story=story)
    found = lock_accounts(account).get(account) if account is not None else None
    there = min(amount, found.usable(local_day(now))) if found is not None and not found.closed else 0
    if there < amount and not advance:
        raise Refused("points_short", _("这本存折的积分不够，这次收不了。"), status=409)
    transfer = debt = None
    if found is not None and there:
        row = hold(
            by=by,
            now=now,
            owner=Owner(found.kind, found.owner),
            amount=there,
            key=key,
            expires_at=now + IN_ONE_ACT,
            subject=subject,
            story=story,
            shown=shown,
        )
        transfer = post(by=by, now=now, hold=row.id, key=key)
    short = amount - there
    if short:
        plan = Plan()
        plan.system(rules.system_id(by.county, "alliance"), -short)
        plan.system(rules.system_id(by.county, "settlement"), short)
        debt = written(
            deed=Deed(
                kind="advance",
                key=f"{key}:advance",
                amount=short,
                body={"subject": subject, "amount": short},
                by=by,
                now=now,
                subject=subject,
            ),
            plan=plan,
        )
    return Took(there, transfer, short, debt)


@transaction.atomic
def repay(
    *,
    by: Actor,
    now: datetime,
    amount: int,
    key: str,
    subject: tuple[str, UUID],
    account: UUID | None = None,
    story: str = "",
) -> UUID:
    """What an alliance owes was made good, as two persons told the service: by goods, which stand for what was redeemed on
    its account; or (``account``) out of a passbook whose holder offered them. The transfer's id, the same for the same key.
    Refused (409) where the passbook is closed or lacks points."""
    deed = Deed(
        kind="repay",
        key=checked_key(key=key),
        amount=checked_amount(amount=amount),
        body={"subject": subject, "amount": amount, "account": account},
        by=by,
        now=now,
        subject=subject,
        story=story,
    )
    plan = Plan()
    if account is None:
        plan.system(rules.system_id(by.county, "settlement"), -amount)
    else:
        found = lock_accounts(account).get(account)
        if (before := known(deed=deed)) is not None:
            return before.id
        today = local_day(now)
        if found is None or found.closed or found.usable(today) < amount:
            raise Refused("points_short", _("这本存折的积分不够，或者已经销户。"), status=409)
        plan.take(found, amount, today=today)
        deed = replace(deed, about=found.owner if found.kind == "person" else None)
    plan.system(rules.system_id(by.county, "alliance"), amount)
    return written(deed=deed, plan=plan)


@transaction.atomic
def give_back(
    *, by: Actor, now: datetime, transfer: UUID, why: str, key: str, at_fault: bool = False
) -> UUID:
    """Goods came back, or were not given after all: the points return into the same lots with the same last days; what an
    alliance advanced is its own again. ``at_fault``: the shop's or merchant's; lapsed ones live GRACE longer. What is over
    without one lapses again once its holder was told. He is told when it is sealed. Where the passbook was
    closed meanwhile they go where closing sent the rest, else they lapse: the counter learns nothing of it. Refused as
    ``reverse`` is.
    """
    kept = Transfer.objects.filter(id=transfer, kind__in=TAKEN).first()
    if kept is None:
        raise NotFound(_("没有这笔积分。"))
    books = list(kept.entries.filter(number__isnull=False).values_list("account_id", flat=True))
    lock_accounts(*books, *filter(None, [heir_of(account=one) for one in books]))
    shut = Account.objects.filter(id__in=books, closed_at__isnull=False)
    closed = {one.id: (one.closed_at, heir_of(account=one.id)) for one in shut}
    shut.update(closed_at=None)
    made = undone(deed=reversal(kept=kept, by=by, now=now, why=why, key=key), kept=kept, grace=at_fault)
    for one, (at, heir) in closed.items():
        pass_on(account=one, heir=heir, key=f"{key}:on", by=by, now=now)
        Account.objects.filter(id=one).update(closed_at=at)
    return made
