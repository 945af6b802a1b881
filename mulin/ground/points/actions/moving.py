"""Giving points away, putting a transfer right, closing a passbook, handing out budgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mulin.ground.people import queries as people
from mulin.ground.points import rules
from mulin.ground.points.actions.helping import helped, told_of_help, told_of_lapse
from mulin.ground.points.actions.ledger import (
    Deed,
    Locked,
    Part,
    Plan,
    checked_amount,
    checked_key,
    enough,
    known,
    lock_accounts,
    lock_owners,
    open_passbook_of,
    write,
    written,
)
from mulin.ground.points.models import Account, Entry, LotMove, Passbook, Transfer
from mulin.ground.points.permissions import may_keep_budgets, may_move, may_reverse
from mulin.ground.points.queries.ledger import put_right_elsewhere
from mulin.ground.points.rules import Owner
from mulin.ground.trail.actions import record
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale

NOT_BY_DESK = ("reverse", "budget", "grace", "advance", "repay")
"""Of no passbook, or put right by an act of its own."""


@transaction.atomic
def give(
    *, by: Actor, now: datetime, owner: Owner, to: Owner, amount: int, key: str, story: str = ""
) -> UUID:
    """Give points to another passbook; they keep their last days. The transfer's id, the same for the same key.

    By the holder or a helper, of whom the holder is told. Refused: not enough (the shortfall named), to oneself, a
    passbook that is not there or closed, one of a community whose shops take these points not or only up to a limit
    (``hooks.points_leave``), a known key with another body (409).
    """
    deed = Deed(
        kind="give",
        key=checked_key(key=key),
        amount=checked_amount(amount=amount),
        body={"from": owner, "to": to, "amount": amount, "story": story},
        by=by,
        now=now,
        story=story,
        about=owner.id if owner.kind == "person" else None,
    )
    _to_another(owner, to)
    locked, today = lock_owners(owner, to), local_day(now)
    source, target = _sides(locked, owner, to)
    behalf = helped(by=by, account=source)
    if behalf is not None and to.id in (family := _family(by)) and owner.id not in family:
        raise Refused("own_act", _("替别人办理时，不能转给自己和家人。"), field="to")
    if source.closed or target.closed or source.usable(today) < amount:
        if (before := known(deed=deed)) is not None:
            return before.id
        open_passbook_of(owner=owner, found=locked)
        open_passbook_of(owner=to, found=locked)
        enough(account=source, amount=amount, today=today)
    _leaving(source, target, deed)
    plan = Plan()
    parts = plan.take(source, amount, today=today)
    plan.give(target, parts)
    if behalf is not None:
        deed = replace(deed, on_behalf_of=behalf)
    done = written(deed=deed, plan=plan)
    _told_of_last_days(deed, target, parts)
    return done


def _told_of_last_days(deed: Deed, target: Locked, parts: list[Part]) -> None:
    """Whoever is given points that lapse before he could be told in the ordinary way is told at once."""
    soon = local_day(deed.now) + rules.WARNED_FOR
    for part in parts:
        if part.warned_on is not None and part.day <= soon:
            told_of_lapse(
                by=deed.by,
                now=deed.now,
                account=target,
                points=part.points,
                day=rules.last_day(part.day, part.warned_on),
                key=f"lapse:{deed.key}:{part.day}",
            )


def _leaving(source: Locked, target: Locked, deed: Deed) -> None:
    """Refused where services say that points do not go from the one community's passbooks into the other one's."""
    if source.path != target.path and known(deed=deed) is None:
        for ask in hooks.points_leave:
            ask(home=source.path, taker=target.path, now=deed.now)


def _to_another(owner: Owner, to: Owner | None) -> None:
    if owner == to:
        raise Refused("points_self", _("不能转给自己。"), field="to")


def _family(by: Actor) -> set[UUID | None]:
    """Whose passbooks are the actor's own or his household's; nobody's for the product itself."""
    if by.person is None:
        return set()
    return {*people.housemates(by.person), people.household_of(by.person)} - {None}


def _sides(locked: dict[Owner, Locked], owner: Owner, to: Owner) -> tuple[Locked, Locked]:
    if owner not in locked:
        raise Refused("no_passbook", _("没有积分存折，请到社区窗口开一本。"))
    if to not in locked:
        raise Refused("no_passbook_there", _("对方没有积分存折。"), field="to")
    return locked[owner], locked[to]


@transaction.atomic
def reverse(*, by: Actor, now: datetime, transfer: UUID, why: str, key: str) -> UUID:
    """Put a transfer right, once: what was spent goes back into the same lots with the same last days; what was received is
    taken out again. Its own transfer's id, the same for the same key.

    Refused: nobody at a counter over the passbooks (403), reversed already (409), itself a reversal, where the receiver has
    spent the points, with the shortfall named, and (409) what a service puts right with what it gave, naming where.
    """
    kept = Transfer.objects.filter(id=transfer).first()
    if kept is None:
        raise NotFound(_("没有这笔积分。"))
    deed = reversal(kept=kept, by=by, now=now, why=why, key=key)
    if kept.kind in NOT_BY_DESK:
        raise Refused("points_not_reversible", _("这一笔不能冲正。"))
    members = _members(kept)
    if not all(may_reverse(by, account.path) for account in members if account.kind != "budget"):
        raise NotAllowed(_("由本社区、街道或县级窗口冲正。"))
    family = _family(by)
    if any(one.owner in family for one in members if one.kind != "budget"):
        raise NotAllowed(_("自己和家里的存折，请别的工作人员冲正。"), code="own_act")
    if words := put_right_elsewhere(kept):
        raise Refused("points_elsewhere", words, status=409)
    return undone(deed=deed, kept=kept)


def reversal(*, kept: Transfer, by: Actor, now: datetime, why: str, key: str) -> Deed:
    """The deed that puts a transfer right. Refused without words."""
    if not why.strip():
        raise Refused("points_why", _("请写明为什么冲正。"), field="why")
    return Deed(
        kind="reverse",
        key=checked_key(key=key),
        amount=kept.amount,
        body={"transfer": kept.id, "why": why},
        by=by,
        now=now,
        subject=(kept.subject_kind, kept.subject_id) if kept.subject_id else None,
        reverses=kept.id,
        story=why,
    )


def _members(kept: Transfer) -> list[Account]:
    """The passbooks and budgets that a transfer moved."""
    numbered = Entry.objects.filter(transfer=kept, number__isnull=False)
    return list(Account.objects.filter(id__in=numbered.values("account_id")))


def undone(*, deed: Deed, kept: Transfer, grace: bool = True) -> UUID:
    """Write the opposite of a transfer, once; who may was asked before. ``grace``: what lapsed meanwhile lives GRACE longer,
    as the office or the shop was wrong. Refused as ``reverse`` is."""
    entries, members = list(Entry.objects.filter(transfer=kept)), _members(kept)
    deed = replace(deed, about=next((one.owner for one in members if one.kind == "person"), None))
    own = [one.id for one in members if one.kind != "budget"]
    locked = lock_accounts(*own)
    if (before := known(deed=deed)) is not None:
        return before.id
    if Transfer.objects.filter(reverses=kept).exists():
        raise Stale(_("这一笔已经冲正过了。"), code="points_reversed")
    locked |= lock_accounts(*[one.id for one in members if one.kind == "budget"])
    if any(locked[one].closed for one in own):
        raise Stale(_("这本存折已经销户。"), code="passbook_closed")
    plan = Plan()
    moves = list(LotMove.objects.filter(entry__in=entries).select_related("lot"))
    for entry in entries:
        if entry.account_id not in locked:
            plan.system(entry.account_id, -entry.delta)
        else:
            _undo(
                plan,
                locked[entry.account_id],
                entry,
                [one for one in moves if one.entry_id == entry.id],
                deed.now,
                grace=grace,
            )
    return written(deed=deed, plan=plan)


def _undo(
    plan: Plan, account: Locked, entry: Entry, moves: list[LotMove], now: datetime, *, grace: bool
) -> None:
    """The opposite of an entry: points back into their lots (lapsed ones with ``grace``), or out again."""
    if account.kind == "budget" or not entry.delta:
        plan.change(account, -entry.delta)
    elif entry.delta < 0:
        plan.give(account, [_back(one, local_day(now), grace) for one in moves])
    else:
        _short(account, entry.delta)
        came = {one.lot_id: one.amount for one in moves}
        account.lots.sort(key=lambda one: (one.lot not in came, one.expires_on, one.lot))
        plan.take(account, entry.delta)


def _back(move: LotMove, today: date, grace: bool) -> Part:
    """Points on their way back into their lot, with its last day; where that is over already, GRACE from today, or the same
    and their owner is told anew before they lapse."""
    lot = move.lot
    if lot.expires_on >= today:
        return Part(lot.expires_on, -move.amount, lot.warned_on)
    return Part(today + rules.GRACE if grace else lot.expires_on, -move.amount)


def _short(account: Locked, amount: int) -> None:
    short = amount - account.free
    if short > 0:
        words = ngettext(
            "这笔积分已经花掉，还差 %(n)d 分，不能冲正。",
            "这笔积分已经花掉，还差 %(n)d 分，不能冲正。",
            short,
        )
        raise Stale(words % {"n": short}, code="points_spent")


def heir_of(*, account: UUID) -> UUID | None:
    """The passbook that got what was left when this one was closed; None for one that is open or had nothing to pass on.
    Two statements at most."""
    gave = Entry.objects.filter(
        account_id=account, delta__lt=0, transfer__kind="give", transfer__at=F("account__closed_at")
    )
    found = gave.values_list("transfer_id", flat=True).first()
    if found is None:
        return None
    got = Entry.objects.filter(transfer_id=found, delta__gt=0, number__isnull=False)
    return got.values_list("account_id", flat=True).first()


def pass_on(*, account: UUID, heir: UUID | None, key: str, by: Actor, now: datetime) -> None:
    """What came back into a passbook that is about to be closed again goes to its heir; where there is none, or that one is
    closed too, it lapses."""
    locked = lock_accounts(account, *([heir] if heir else []))
    book, target = locked[account], locked.get(heir) if heir else None
    if not book.balance:
        return
    to = target if target is not None and not target.closed else None
    plan, amount = Plan(), book.balance
    lots = plan.take(book, amount)
    if to is not None:
        plan.give(to, lots)
    else:
        plan.system(rules.system_id(by.county, "closed"), amount)
    deed = Deed(
        kind="give" if to is not None else "close",
        key=checked_key(key=key),
        amount=amount,
        body={"closed": account, "to": to.id if to is not None else None},
        by=by,
        now=now,
    )
    written(deed=deed, plan=plan)


@transaction.atomic
def close(*, by: Actor, now: datetime, owner: Owner, key: str, to: Owner | None = None) -> UUID | None:
    """Close a passbook: what is left goes to another one, or lapses. The transfer's id; None where nothing was left.

    By its holder or at a counter. Refused to itself, and (409) while points are set aside for an order.
    """
    _to_another(owner, to)
    locked = lock_owners(owner, *([to] if to else []))
    account = locked.get(owner)
    if account is None:
        raise Refused("no_passbook", _("没有积分存折，请到社区窗口开一本。"))
    behalf = helped(by=by, account=account)
    if behalf is not None and not may_move(by, "close", account.path):
        raise NotAllowed(_("由本人或社区窗口销户。"))
    kind = "give" if to else "close"
    body = {"closes": owner, "to": to}
    deed = Deed(
        kind=kind,
        key=checked_key(key=key),
        amount=account.balance,
        body=body,
        by=by,
        now=now,
        on_behalf_of=behalf,
    )
    if (before := known(deed=deed)) is not None:
        return before.id  # it may have been opened again since
    if account.closed:
        raise Stale(_("这本存折已经销户。"), code="passbook_closed")
    if account.held:
        raise Stale(_("还有给兑换预留的积分，请先领取或取消。"), code="points_held")
    done = None
    if account.balance:
        plan, left = Plan(), account.balance
        lots = plan.take(account, left)
        if to:
            target = open_passbook_of(owner=to, found=locked)
            _leaving(account, target, deed)
            plan.give(target, lots)
        else:
            plan.system(rules.system_id(by.county, "closed"), left)
        done = written(deed=deed, plan=plan)
    Account.objects.filter(id=account.id).update(closed_at=now)
    Passbook.objects.filter(account_id=account.id, ended_at__isnull=True).update(state="closed", ended_at=now)
    record(
        by=by,
        now=now,
        verb="passbook.closed",
        subject_kind="passbook",
        subject_id=account.id,
        on_behalf_of=behalf,
    )
    told_of_help(
        by=by, now=now, behalf=behalf, account=account.id, key=f"close:{account.id}:{now.isoformat()}"
    )
    return done


@transaction.atomic
def grant_budget(
    *, by: Actor, now: datetime, path: str, division: UUID, amount: int, note: str, key: str
) -> UUID:
    """Give a community points to award, spread over its drawers. The transfer's id, the same for the same key.

    By clerks and administrators of the whole county, with the basis.
    """
    if not may_keep_budgets(by):
        raise NotAllowed(_("积分预算由县级工作人员下达。"))
    deed = Deed(
        kind="budget",
        key=checked_key(key=key),
        amount=checked_amount(amount=amount),
        body={"path": path, "amount": amount, "note": note},
        by=by,
        now=now,
        subject=("division", division),
        story=note,
    )
    if not note.strip():
        raise Refused("points_note", _("请写明依据。"), field="note")
    rows = [
        Account(kind=rules.AccountKind.BUDGET, owner=division, drawer=drawer, path=path, opened_at=now)
        for drawer in range(rules.DRAWERS)
    ]
    Account.objects.bulk_create(rows, ignore_conflicts=True)
    keys = Account.objects.filter(kind=rules.AccountKind.BUDGET, owner=division).values_list("id", flat=True)
    drawers = sorted(lock_accounts(*keys).values(), key=lambda one: one.balance)
    plan = Plan()
    level = (sum(one.balance for one in drawers) + amount) // len(drawers)
    left = amount
    for place, drawer in enumerate(drawers):
        last = place == len(drawers) - 1
        part = left if last else max(0, min(left, level - drawer.balance))
        if part:
            plan.change(drawer, part)
            left -= part
    plan.system(rules.system_id(by.county, "issuer"), -amount)
    done = write(deed=deed, plan=plan)
    if done is None:
        return written(deed=deed, plan=plan)
    facts: dict[str, Any] = {"path": path, "points": amount, "note": note}
    record(by=by, now=now, verb="points.budget", subject_kind="division", subject_id=division, facts=facts)
    return done
