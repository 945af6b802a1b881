"""Two steps for an order: points set aside, then posted on hand-over or given back. Invariants 4 and 7."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mulin.ground.points import rules
from mulin.ground.points.actions.helping import helped, told_of_help
from mulin.ground.points.actions.ledger import (
    Deed,
    Locked,
    Plan,
    checked_amount,
    checked_key,
    checked_story,
    enough,
    lock_accounts,
    lock_owners,
    open_passbook_of,
    same,
    written,
)
from mulin.ground.points.models import Account, Hold, HoldLot, Lot
from mulin.ground.points.rules import HoldState, Owner, body_digest
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound, Refused, Stale

BATCH = 500


@transaction.atomic
def hold(
    *,
    by: Actor,
    now: datetime,
    owner: Owner,
    amount: int,
    key: str,
    expires_at: datetime,
    subject: tuple[str, UUID],
    story: str,
    shown: bool = False,
) -> Hold:
    """Set points aside for a subject until a moment; what is set aside does not lapse.

    ``shown``: the holder stood there with his code or passbook, which the calling service has proved, and it tells him;
    otherwise only holders, family and staff may, of whom he is told.

    Refused with the shortfall named, without a passbook, with an end in the past; a known key gives the hold it made, or
    is refused (409) where anything else was asked for.
    """
    body = body_digest(owner=owner, amount=amount, expires_at=expires_at, subject=subject, story=story)
    if (before := _known(checked_key(key=key), body)) is not None:
        return before
    story = checked_story(story=story)
    checked_amount(amount=amount)
    if expires_at <= now:
        raise Refused("hold_end", _("结束时间要晚于现在。"))
    account = open_passbook_of(owner=owner, found=lock_owners(owner))
    if (before := _known(key, body)) is not None:
        return before
    behalf = None if shown else helped(by=by, account=account, kind="redeem")
    today = local_day(now)
    enough(account=account, amount=amount, today=today)
    try:
        with transaction.atomic():
            row = Hold.objects.create(
                account_id=account.id,
                key=key,
                body=body,
                amount=amount,
                subject_kind=subject[0],
                subject_id=subject[1],
                story=story,
                by=by.person,
                on_behalf_of=behalf,
                made_at=now,
                expires_at=expires_at,
            )
    except IntegrityError:
        return _of_another(key, body)
    pins = rules.fill(amount, [(one.lot, one.free) for one in account.lots if not one.over(today)])
    HoldLot.objects.bulk_create([HoldLot(hold=row, lot_id=lot, amount=points) for lot, points in pins])
    for lot, points in pins:
        Lot.objects.filter(id=lot).update(held=F("held") + points)
    Account.objects.filter(id=account.id).update(held=F("held") + amount)
    told_of_help(by=by, now=now, behalf=behalf, account=account.id, key=f"hold:{row.id}")
    return row


def _known(key: str, body: str) -> Hold | None:
    row = Hold.objects.filter(key=key).first()
    if row is not None:
        same(kept=row.body, asked=body)
    return row


def _of_another(key: str, body: str) -> Hold:
    row = _known(key, body)
    if row is None:
        raise RuntimeError(f"the hold {key!r} is taken and not there")
    return row


@transaction.atomic
def post(*, by: Actor, now: datetime, hold: UUID, key: str) -> UUID:
    """Hand-over: the points set aside are redeemed. The transfer's id, the same for the same key.

    Refused (409) where the hold was given back, or posted under another key.
    """
    row, account = _locked(hold)
    deed = Deed(
        kind="redeem",
        key=checked_key(key=key),
        amount=row.amount,
        body={"hold": hold},
        by=by,
        now=now,
        on_behalf_of=row.on_behalf_of,
        subject=(row.subject_kind, row.subject_id),
        story=row.story,
        about=account.owner if account.kind == "person" else None,
    )
    if row.state == HoldState.POSTED:
        kept = row.transfer
        if kept is not None and kept.key == key:
            same(kept=kept.body, asked=deed.digest)
            return UUID(str(kept.id))
        raise Stale(_("已经兑换过了。"), code="hold_posted")
    if row.state != HoldState.OPEN:
        raise Stale(_("预留的积分已经退回。"), code="hold_void")
    plan = Plan()
    for pin in row.pins.all():
        plan.taken.append((account.id, pin.lot_id, pin.amount, pin.amount))
    plan.change(account, -row.amount, held=-row.amount)
    plan.system(rules.system_id(by.county, "settlement"), row.amount)
    done = written(deed=deed, plan=plan)
    Hold.objects.filter(id=row.id).update(state=HoldState.POSTED, ended_at=now, transfer_id=done)
    return done


@transaction.atomic
def void(*, by: Actor, now: datetime, hold: UUID, at_fault: bool = False) -> bool:
    """Give back what was set aside. False where it was given back before; Refused (409) where it was posted.

    ``at_fault``: the shop is at fault; points that lapsed meanwhile live GRACE longer from today.
    """
    row, account = _locked(hold)
    if row.state == HoldState.VOID:
        return False
    if row.state == HoldState.POSTED:
        raise Stale(_("已经兑换过了。"), code="hold_posted")
    pins = list(row.pins.select_related("lot"))
    for pin in pins:
        Lot.objects.filter(id=pin.lot_id).update(held=F("held") - pin.amount)
    Account.objects.filter(id=account.id).update(held=F("held") - row.amount)
    Hold.objects.filter(id=row.id).update(state=HoldState.VOID, ended_at=now)
    today = local_day(now)
    lapsed = [pin for pin in pins if pin.lot.expires_on < today]
    if at_fault and lapsed:
        _grace(account, row, lapsed, by, now)
    return True


def _grace(account: Locked, row: Hold, lapsed: list[HoldLot], by: Actor, now: datetime) -> None:
    """Points move within the passbook to a later day: an entry of nothing with its lot moves."""
    plan, points = Plan(), sum(pin.amount for pin in lapsed)
    plan.taken = [(account.id, pin.lot_id, pin.amount, 0) for pin in lapsed]
    plan.put = [(account.id, local_day(now) + rules.GRACE, points, None)]
    plan.change(account, 0)
    body = {"hold": row.id}
    subject = (row.subject_kind, row.subject_id)
    deed = Deed(
        kind="grace", key=f"grace:{row.id}", amount=points, body=body, by=by, now=now, subject=subject
    )
    written(deed=deed, plan=plan)


def _locked(key: UUID) -> tuple[Hold, Locked]:
    """The hold and its account, locked: the account first, as everywhere."""
    account = Hold.objects.filter(id=key).values_list("account_id", flat=True).first()
    if account is None:
        raise NotFound(_("没有这笔预留。"))
    locked = lock_accounts(account)[account]
    return Hold.objects.select_for_update(of=("self",), no_key=True).get(id=key), locked


def end_holds(*, now: datetime) -> int:
    """For ``tick``: give back what nobody collected in time. Twice, or in two processes, it does each once."""
    done = 0
    by = system(current_county(), "tick")
    due = Hold.objects.filter(state=HoldState.OPEN, expires_at__lte=now).order_by("expires_at", "id")
    for key in list(due.values_list("id", flat=True)[:BATCH]):
        try:
            done += void(by=by, now=now, hold=key)
        except Stale:
            continue  # posted at this very moment
    return done
