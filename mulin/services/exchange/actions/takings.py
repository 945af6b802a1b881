"""Merchants take points for an offer: by a code on the holder's phone, by the paper passbook, or without a network within
the floor of their agreement; voided on the same day; a doubtful slip is judged by a clerk. Rows 89–91.

Rows are locked in one order everywhere: code or taking, merchant, the month of two communities, then the passbook (by the
ledger). What a passbook cannot give for a slip within the floor, or another community's may not give there (``acceptance``),
is the alliance's debt, never its holder's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.notices import actions as notices
from mulin.ground.points import actions as ledger
from mulin.ground.points import queries as points
from mulin.ground.points.actions.desks import due
from mulin.kernel.actor import Actor
from mulin.kernel.clock import CHINA, local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import public_number, uuid7
from mulin.services.exchange.actions import waiting
from mulin.services.exchange.actions.acceptance import TILL, claim, free, unclaim, would_take
from mulin.services.exchange.actions.steps import not_own, overseen_merchant, record, said_words
from mulin.services.exchange.models import DiscountCode, ForeignUse, Merchant, Offer, Taking
from mulin.services.exchange.permissions import worked_at, works_at
from mulin.services.exchange.queries.merchants import code_of, gives
from mulin.services.exchange.queries.takings import allied_on, points_lookup
from mulin.services.exchange.rules.merchants import CODE_SECONDS
from mulin.services.exchange.rules.shop import body_digest
from mulin.services.exchange.rules.takings import (
    COPY_KEPT,
    JUDGE_DAYS,
    Doubt,
    How,
    TakingState,
    too_late,
    when_done,
)

KIND = "taking"
SLIP = "till_slip"


@dataclass(frozen=True)
class Paper:
    """What the till says of a paper passbook: its number, the check code printed on it."""

    number: str
    check: str


# ── the holder's phone ─────


@transaction.atomic
def show_points_code(*, merchant: UUID, offer: UUID, account: UUID, by: Actor, now: datetime) -> DiscountCode:
    """A new code of the actor's own, good for a minute and for one offer paid from one of his passbooks, or that of somebody
    whom he helps (who is told when it is taken); those he had before hold no more. Refused where the merchant takes no
    points, or none of that passbook's community (409, naming where they are taken), and where there are not enough."""
    if by.person is None:
        raise NotAllowed(_("请先登录。"))
    row = _taking_points(Merchant.objects.filter(pk=merchant).first(), now)
    wanted = Offer.objects.filter(pk=offer, merchant=row, ended_at__isnull=True, points__isnull=False).first()
    if wanted is None or wanted.points is None:
        raise Refused("no_offer", _("这家店现在没有这一项，请重新选。"), field="offer")
    if not points.usable(by, account):
        raise Refused("no_book", _("请选自己或家里的存折。"), field="book")
    book = points.account(by, account)
    would_take(home=book.path, taker=row.path, points=wanted.points, day=local_day(now))
    if book.balance - book.held < wanted.points:
        raise Refused("points_short", _("这本存折可用的积分不够。"), field="book")
    DiscountCode.objects.filter(person=by.person, expires_at__gt=now, used_at__isnull=True).update(
        expires_at=now
    )
    made = DiscountCode(
        merchant=row,
        person_id=by.person,
        offer=wanted,
        account=account,
        issued_at=now,
        expires_at=now + timedelta(seconds=CODE_SECONDS),
    )
    made.lookup = points_lookup(row.id, code_of(made.id))
    made.save(force_insert=True)
    return made


# ── the till ─────


@transaction.atomic
def take_by_code(*, merchant: UUID, code: str, key: str, by: Actor, now: datetime) -> Taking:
    """What the holder chose on his phone is taken, once; the same key again gives the same.

    Refused: a code that is none, used, over or another shop's (one sentence for all of it), not enough points, one's own,
    another community's where they are not taken (409).
    """
    row = _till(merchant, by)
    digits = "".join(str(int(char)) for char in code[:40] if char.isdecimal())
    body = body_digest(merchant=merchant, code=points_lookup(merchant, digits))
    rows = DiscountCode.objects.select_related("offer").select_for_update(of=("self",))
    shown = rows.filter(
        merchant=row, lookup=points_lookup(row.id, digits), offer__isnull=False, expires_at__gt=now
    ).first()
    if (before := _known(key, body)) is not None:
        return before
    if shown is None or shown.used_at is not None or shown.offer is None or shown.account is None:
        raise Refused("no_code", _("这个码不能用了，请顾客换一个新的再试。"), field="code")
    _taking_points(row, now)
    not_own(account=shown.account, by=by)
    shown.used_at = now
    shown.save()
    made = _made(row, shown.offer, How.CODE, key, body, by, now, now)
    helper = access.actor_of_person(shown.person_id) if shown.person_id else None
    own = helper is None or helper.person in points.holders_of(shown.account)
    return _booked(made, shown.account, by, now, helper=None if own else helper)


@transaction.atomic
def take_by_paper(
    *,
    merchant: UUID,
    offer: UUID,
    paper: Paper,
    key: str,
    by: Actor,
    now: datetime,
    offline: bool = False,
    done_at: datetime | None = None,
) -> Taking:
    """The holder stands there with the paper passbook. The same key again gives the same, with anything else in it it is
    refused (409). The holder is told.

    With a network it is refused where number and check code do not fit, the passbook is void, points are short, it is the
    assistant's own, or another community's where that is not taken. ``offline``: it was done without one at ``done_at`` (the
    phone's); within the agreement's floor for a passbook and day it is booked, the passbook's points first, the rest
    advanced by the alliance: all of it where that community's points were not taken on that day. Anything doubtful is kept
    for a clerk, with nothing booked: the taking says so (``state`` kept).
    """
    row = _till(merchant, by, lock=True, then=done_at if offline else None)
    body = body_digest(merchant=merchant, offer=offer, number=paper.number, check=paper.check)
    if (before := _known(key, body)) is not None:
        return before
    done = when_done(done_at, now=now) if offline else now
    wanted = _offered(row, offer, done, offline=offline)
    book = points.book_shown(paper.number, paper.check, on=local_day(now))
    made = _made(row, wanted, How.OFFLINE if offline else How.PAPER, key, body, by, now, done)
    made.book = book.number if book else paper.number[:20]
    if offline:
        return _slip(made, row, book, by, now)
    _taking_points(row, now)
    if book is None or not book.holds:
        raise Refused("no_book", _("存折编号或核对码对不上，或者这本存折已经作废。"), field="book")
    not_own(account=book.account, by=by)
    return _booked(made, book.account, by, now)


def _till(merchant: UUID, by: Actor, *, lock: bool = False, then: datetime | None = None) -> Merchant:
    """A merchant at whose till the actor stands, or stood ``then``. NotFound for anybody else."""
    rows = Merchant.objects.select_for_update(no_key=True) if lock else Merchant.objects.all()
    row = rows.filter(pk=merchant).first()
    here = works_at(by) if then is None else works_at(by) | worked_at(by, then)
    if row is None or not Merchant.objects.filter(here, pk=merchant).exists():
        raise NotFound(_("没有这个页面。"))
    return row


def _taking_points(row: Merchant | None, now: datetime) -> Merchant:
    if row is None or not row.takes_points or not gives(row, local_day(now)):
        raise Stale(_("这家店现在不收积分。"), code="no_points")
    return row


def _known(key: str, body: str) -> Taking | None:
    row = Taking.objects.select_related("merchant").filter(key=key).first()
    if row is not None and row.body != body:
        raise Stale(_("这一步刚才已经做过，内容不一样。"), code="key_taken")
    return row


def _offered(row: Merchant, offer: UUID, done: datetime, *, offline: bool) -> Offer:
    """The offer, as it stood when it was given; the page on the phone may be a day old."""
    found = Offer.objects.filter(pk=offer, merchant=row, points__isnull=False).first()
    since = done - COPY_KEPT if offline else done
    if found is None or (found.ended_at is not None and found.ended_at <= since):
        raise Refused("no_offer", _("这家店现在没有这一项，请重新选。"), field="offer")
    return found


def _made(
    row: Merchant, offer: Offer, how: str, key: str, body: str, by: Actor, now: datetime, done: datetime
) -> Taking:
    return Taking(
        id=uuid7(),
        merchant=row,
        offer=offer,
        title=offer.title,
        points=offer.points or 0,
        number=public_number(by.county),
        key=key,
        body=body,
        how=how,
        done_at=done,
        done_on=local_day(done),
        at=now,
        by=by.person,
        state=TakingState.TAKEN,
    )


def _slip(made: Taking, row: Merchant, book: points.PaperBook | None, by: Actor, now: datetime) -> Taking:
    """Book what a phone kept, or keep it for a clerk. A void passbook gives nothing: the alliance does."""
    alliance = allied_on(row, made.done_on)
    made.account = book.account if book else None
    made.owner = book.owner if book else None
    doubt = _doubt(made, row, by, now, allied=alliance is not None)
    if doubt:
        made.state, made.doubt = TakingState.KEPT, doubt
        made.save(force_insert=True)
        waiting.ask_clerk(
            row=row, kind=SLIP, about=_about(made), by=by, now=now, due_at=due(now=now, days=JUDGE_DAYS)
        )
        record(by=by, now=now, verb="taking.kept", kind=KIND, key=made.id, number=made.number, doubt=doubt)
        return made
    made.alliance = alliance
    return _booked(made, book.account if book and book.holds else None, by, now, advance=True)


def _doubt(made: Taking, row: Merchant, by: Actor, now: datetime, *, allied: bool) -> str:
    """Why a person must judge a slip, '' for none. The merchant's row is locked: nobody counts at the same time."""
    if not Merchant.objects.filter(works_at(by), pk=row.pk).exists():
        return Doubt.LEFT
    if too_late(made.done_at, now=now):
        return Doubt.LATE
    if not (allied and row.takes_points and row.floor and gives(row, made.done_on)):
        return Doubt.NOT_AGREED
    if made.account is None:
        return Doubt.UNKNOWN
    if by.person in points.family_of(made.account):
        return Doubt.OWN
    before = Taking.objects.filter(
        merchant=row, account=made.account, done_on=made.done_on, how=How.OFFLINE, state=TakingState.TAKEN
    )
    there: int = before.aggregate(points=Sum("points"))["points"] or 0
    return Doubt.FLOOR if there + made.points > row.floor else ""


def _booked(
    made: Taking,
    account: UUID | None,
    by: Actor,
    now: datetime,
    *,
    advance: bool = False,
    helper: Actor | None = None,
) -> Taking:
    """Points from the passbook, the rest from the alliance; the holder is told once, of what was his. ``helper``: who stood
    there for him; both names stand in the books."""
    owner, home = (account and points.kept_at(account)) or (None, made.merchant.path)
    payer, use = _accepted(made, account, home, advance=advance)
    took = ledger.take(
        by=helper or by,
        shown=helper is None,
        now=now,
        account=payer,
        amount=made.points,
        key=f"{KIND}:{made.id}",
        subject=(KIND, made.id),
        story=_story(made),
        advance=advance,
    )
    if account is not None:
        made.account, made.owner = account, owner
    made.state, made.local_day = TakingState.TAKEN, local_day(now)
    made.taken, made.transfer = took.points, took.transfer
    made.advanced, made.advance = took.advanced, took.advance
    made.save(force_insert=made._state.adding)
    if use is not None:
        _keep_use(use, made)
    record(
        by=by, now=now, verb="taking.taken", kind=KIND, key=made.id, number=made.number, points=made.points
    )
    if took.points and made.how != How.CODE and account is not None:
        for person in points.holders_of(account):
            notices.tell(
                by=by,
                now=now,
                template="till_taken",
                params={"n": took.points},
                subject_kind="passbook",
                subject_id=account,
                person=person,
                key=f"till_taken:{made.id}:{person}",
            )
    return made


def _accepted(
    made: Taking, account: UUID | None, home: str, *, advance: bool
) -> tuple[UUID | None, ForeignUse | None]:
    """(the passbook that pays, its use where it is another community's), by the terms of the day in the shop. ``advance``:
    of what is not taken there nothing is the passbook's, who was in the shop could not know; otherwise it is refused."""
    told = {"home": home, "taker": made.merchant.path, "points": made.points, "day": made.done_on}
    try:
        with transaction.atomic():
            return account, claim(**told, said=TILL)
    except Refused:
        if not advance:
            raise
        return None, None


def _keep_use(use: ForeignUse, made: Taking) -> None:
    """Only what came out of the passbook is its community's; the rest counts for no limit."""
    unclaim(use=use, points=use.points - made.taken)
    if made.taken:
        use.taking, use.points = made, made.taken
        use.save(force_insert=True)


def _story(made: Taking) -> str:
    """Where, what and when, as the passbook tells it; what is kept reads the same, whoever was at the till."""
    told = {"shop": made.merchant.name, "title": made.title}
    with translation.override("zh-hans"):
        if made.how != How.OFFLINE:
            return _("%(shop)s：%(title)s") % told
        at = f"{made.done_at.astimezone(CHINA):%m-%d %H:%M}"
        return _("%(shop)s：%(title)s（%(at)s 在店里，当时没有网，后来记账）") % {**told, "at": at}


# ── afterwards ─────


@transaction.atomic
def void_taking(*, taking: UUID, by: Actor, now: datetime) -> Taking:
    """It was not given after all: points and the alliance's share return; by whoever works there, on the day on which it was
    booked. Again changes nothing; later refused (409): the month's statement has a place to dispute it."""
    row = _locked(taking)
    if not Merchant.objects.filter(works_at(by), pk=row.merchant_id).exists():
        raise NotFound(_("没有这一笔。"))
    if row.state == TakingState.VOIDED:
        return row
    if row.state != TakingState.TAKEN or row.local_day != local_day(now):
        raise Stale(_("只能撤销当天的；以前的请在月结单上提出异议。"), code="too_late")
    free(taking=row)
    for transfer in (row.transfer, row.advance):
        if transfer is not None:
            ledger.give_back(
                by=by, now=now, transfer=transfer, why=_("店里当天撤销"), key=f"voided:{transfer}"
            )
    row.state, row.ended_at, row.ended_by = TakingState.VOIDED, now, by.person
    row.save()
    record(by=by, now=now, verb="taking.voided", kind=KIND, key=row.id, number=row.number, points=row.points)
    return row


@transaction.atomic
def judge(*, taking: UUID, pay: bool, words: str, by: Actor, now: datetime) -> Taking:
    """A clerk over the merchant's community decides about a slip that was kept: its alliance pays for all of it, or nobody
    does. The passbook gives nothing either way. Refused without words for the merchant, once it is decided, and (409) for a
    merchant that belongs to no alliance."""
    row = _locked(taking)
    overseen_merchant(key=row.merchant_id, by=by)
    if row.state != TakingState.KEPT:
        raise Stale(_("这一笔现在是“%(state)s”。") % {"state": row.get_state_display()})
    row.words, row.ended_at, row.ended_by = said_words(said=words, field="words"), now, by.person
    if pay:
        row.alliance = allied_on(row.merchant, local_day(now))
        if row.alliance is None:
            raise Stale(_("这家商户还没有加入联盟，没有人垫付：先让它加入联盟。"), code="no_alliance")
        _booked(row, None, by, now, advance=True)
    else:
        row.state = TakingState.DECLINED
        row.save()
        record(by=by, now=now, verb="taking.declined", kind=KIND, key=row.id, number=row.number)
    waiting.finish(about=_about(row), by=by, now=now)
    persons = [*waiting.owners_of(row=row.merchant), *([row.by] if row.by else [])]
    waiting.tell(
        persons=persons, template="till_judged", about=_about(row), by=by, now=now, number=row.number
    )
    return row


def _about(row: Taking) -> waiting.Subject:
    return waiting.Subject(KIND, row.id, f"{row.merchant.name} · {row.title}", row.number)


def _locked(key: UUID) -> Taking:
    rows = Taking.objects.select_related("merchant").select_for_update(no_key=True, of=("self",))
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这一笔。"))
    return row


@transaction.atomic
def erase_takings(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: whose passbook it was is forgotten; that points were taken stays in the merchant's month."""
    return {"exchange_taking": Taking.objects.filter(owner=person).update(owner=None, book="")}
