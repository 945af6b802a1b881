"""An alliance makes good what it advanced: its side says how, another person at a points desk confirms it, and the ledger
moves it in the same transaction. Rows 90 and 91.

Rows are locked in one order everywhere: repayment, alliance, then a passbook (by the ledger).
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.notices import actions as notices
from mulin.ground.people import queries as people
from mulin.ground.points import actions as ledger
from mulin.ground.points.actions.desks import chinese, due
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import public_number
from mulin.services.exchange.actions.steps import record, said_words
from mulin.services.exchange.models import Alliance, Repayment
from mulin.services.exchange.permissions import (
    allied_with,
    answers_for_alliance,
    books_of,
    free,
    may_agree,
    overseen,
)
from mulin.services.exchange.queries.repaying import Debt, debt_of
from mulin.services.exchange.rules.merchants import ANSWER_DAYS
from mulin.services.exchange.rules.repaying import WHO_CONFIRMS, Means, RepaymentState, still_told
from mulin.services.exchange.rules.shop import body_digest

KIND, TITLE = "repayment", gettext_lazy("%(name)s补还 %(n)d 分")


@transaction.atomic
def propose_repayment(
    *,
    alliance: UUID,
    points: int,
    means: str,
    words: str,
    done_on: date,
    key: str,
    by: Actor,
    now: datetime,
    note: str = "",
    account: UUID | None = None,
) -> Repayment:
    """The owner of a shop of the alliance, or an officer over its place for it, says what was given for so many of the
    points that it owes. Nothing moves before it is confirmed. The same key gives the same, with anything else it is
    refused (409).

    Refused without words, for a day to come or long ago, for more than it still owes (what waits is taken off), and for a
    passbook that is not the proposer's own.
    """
    row = Alliance.objects.select_for_update(no_key=True).filter(pk=alliance).first()
    speaks = Alliance.objects.filter(overseen(by) | allied_with(by), pk=alliance).exists()
    if row is None or not speaks:
        raise NotFound(_("没有这个联盟。"))
    if by.person is None:
        raise NotAllowed(_("请先登录。"))
    body = body_digest(
        alliance=alliance, points=points, means=means, words=words, note=note, on=done_on, book=account
    )
    before = Repayment.objects.select_related("alliance").filter(key=key).first()
    if before is not None:
        if before.body != body:
            raise Stale(_("这一步刚才已经做过，内容不一样。"), code="key_taken")
        return before
    _checked(debt_of(row), points, means, done_on, local_day(now), account, by)
    made = Repayment.objects.create(
        alliance=row,
        number=public_number(by.county),
        key=key,
        body=body,
        points=points,
        means=means,
        account=account,
        words=said_words(said=words, field="words"),
        note=note.strip()[:200],
        done_on=done_on,
        proposed_by=by.person,
        proposed_at=now,
    )
    worklist.put(
        by=by,
        now=now,
        kind=KIND,
        subject_kind=KIND,
        subject_id=made.id,
        title=chinese(words=TITLE % {"name": row.name, "n": points}),
        number=made.number,
        role=free("community_clerk", row.path, people.with_families([by.person]))[0],
        path=row.path,
        due_at=due(now=now, days=ANSWER_DAYS),
    )
    record(
        by=by, now=now, verb="repayment.proposed", kind=KIND, key=made.id, number=made.number, points=points
    )
    return made


def _checked(
    debt: Debt, points: int, means: str, done_on: date, today: date, account: UUID | None, by: Actor
) -> None:
    if means not in Means.values:
        raise Refused("means", _("请选怎么补还的。"), field="means")
    if not still_told(done_on, on=today):
        raise Refused("day", _("日期不能在今天以后，也不能早过一年。"), field="done_on")
    if debt.open < 1:
        raise Stale(_("这个联盟现在没有要补还的；已经报上来等确认的不用再报。"), code="nothing_owed")
    if not 1 <= points <= debt.open:
        words = _("这个联盟还要补还 %(n)d 分，填 1 到 %(n)d。") % {"n": debt.open}
        raise Refused("points", words, field="points")
    if means == Means.POINTS and (account is None or account not in books_of(by)):
        raise Refused("no_book", _("请选自己或家里的存折。"), field="book")
    if means != Means.POINTS and account is not None:
        raise Refused("book", _("送东西的不用选存折。"), field="book")


def _locked(key: UUID) -> Repayment:
    """One, its row and its alliance's locked."""
    rows = Repayment.objects.select_related("alliance").select_for_update(no_key=True, of=("self",))
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这笔补还。"))
    Alliance.objects.select_for_update(no_key=True).get(pk=row.alliance_id)
    return row


def _answering(key: UUID, by: Actor) -> Repayment:
    """For another person at a points desk over the alliance's place than who proposed, lives with him or belongs to it."""
    row = _locked(key)
    if not may_agree(by, row.alliance.path):
        if Alliance.objects.filter(allied_with(by), pk=row.alliance_id).exists():
            raise NotAllowed(str(WHO_CONFIRMS))
        raise NotFound(_("没有这笔补还。"))
    if by.person is None or answers_for_alliance(by, row):
        raise NotAllowed(str(WHO_CONFIRMS), code="second_person")
    return row


def _waits(row: Repayment) -> None:
    if row.state != RepaymentState.PROPOSED:
        raise Stale(_("这笔补还现在是“%(state)s”，请看过再办。") % {"state": row.get_state_display()})


@transaction.atomic
def confirm_repayment(*, repayment: UUID, by: Actor, now: datetime) -> Repayment:
    """Somebody at a points desk saw what was given: the alliance's account is credited, out of what was redeemed or out of
    the passbook. Again changes nothing.

    Refused (409) once it was answered otherwise, where the alliance owes less by now, and where the passbook lacks points.
    """
    row = _answering(repayment, by)
    if row.state == RepaymentState.CONFIRMED:
        return row
    _waits(row)
    if row.points > (there := debt_of(row.alliance).owed):
        raise Stale(_("这个联盟现在只欠 %(n)d 分。") % {"n": max(0, there)}, code="owes_less")
    if row.means == Means.POINTS and row.account is None:
        raise Stale(_("这本存折已经不在了，请不确认，让联盟另报。"), code="no_book")
    row.transfer = ledger.repay(
        by=by,
        now=now,
        amount=row.points,
        account=row.account,
        key=f"{KIND}:{row.id}",
        subject=(KIND, row.id),
        story=_("为%(name)s补还") % {"name": row.alliance.name} if row.account else "",
    )
    return _answered(row, RepaymentState.CONFIRMED, by, now)


@transaction.atomic
def decline_repayment(*, repayment: UUID, words: str, by: Actor, now: datetime) -> Repayment:
    """Somebody at a points desk found it otherwise, and says what. Refused without words and once it is answered (409)."""
    row = _answering(repayment, by)
    _waits(row)
    row.answer = said_words(said=words, field="words")
    return _answered(row, RepaymentState.DECLINED, by, now)


@transaction.atomic
def withdraw_repayment(*, repayment: UUID, by: Actor, now: datetime) -> Repayment:
    """Who proposed it takes it back before it is answered. Again changes nothing."""
    row = _locked(repayment)
    if by.person is None or by.person != row.proposed_by:
        raise NotFound(_("没有这笔补还。"))
    if row.state == RepaymentState.WITHDRAWN:
        return row
    _waits(row)
    return _answered(row, RepaymentState.WITHDRAWN, by, now)


def _answered(row: Repayment, state: str, by: Actor, now: datetime) -> Repayment:
    row.state, row.answered_by, row.answered_at = state, by.person, now
    row.save()
    worklist.done(by=by, now=now, subject_kind=KIND, subject_id=row.id)
    record(
        by=by, now=now, verb=f"repayment.{state}", kind=KIND, key=row.id, number=row.number, points=row.points
    )
    if state != RepaymentState.WITHDRAWN:
        notices.tell(
            by=by,
            now=now,
            template=f"repayment_{state}",
            params={"number": row.number, "n": row.points},
            subject_kind=KIND,
            subject_id=row.id,
            person=row.proposed_by,
            key=f"repayment:{row.id}",
        )
    return row


@transaction.atomic
def erase_repayments(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: which passbook gave is forgotten; that the alliance made it good stays."""
    rows = Repayment.objects.filter(proposed_by=person, account__isnull=False)
    return {"exchange_repayment": rows.update(account=None)}
