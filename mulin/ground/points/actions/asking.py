"""A holder says that an entry is not right; the counter puts it right or explains it. The second time goes one level up."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.points.actions.awards import earn, take_turn
from mulin.ground.points.actions.desks import TITLES, desk, due, put, said, settled, tell
from mulin.ground.points.actions.helping import helped
from mulin.ground.points.actions.ledger import lock_moved
from mulin.ground.points.actions.moving import reverse
from mulin.ground.points.models import Account, Act, Entry, Question, ReviewAct, Words
from mulin.ground.points.permissions import answering_as
from mulin.ground.points.queries.fairness import may_ask_again, not_answering
from mulin.ground.points.queries.ledger import holders
from mulin.ground.points.queries.standing import in_place_of, paid_from, paid_now, standing_for
from mulin.ground.points.rules import MEMBERS, AccountKind
from mulin.ground.points.rules import fairness as rules
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale

QUESTION = "points_question"
OUTCOMES = ("explain", "undo", "anew")
UNDONE = ("earn", "give", "opening")
"""Kinds that a counter takes back when somebody asks. Goods go back to where they came from."""


@transaction.atomic
def ask(*, by: Actor, now: datetime, account: UUID, transfer: UUID, words: str) -> Question:
    """Say what is not right with an entry of a passbook, one without points too. By its holder, family, or staff for him.

    Refused (409) while the first question waits, and a third time.
    """
    row = Account.objects.filter(pk=account).first()
    entry = Entry.objects.filter(account_id=account, transfer_id=transfer, number__isnull=False)
    if row is None or by.person is None or not entry.exists():
        raise NotFound(_("没有这笔积分。"))
    behalf = helped(by=by, account=row)
    told = said(words=words, needed=_("请写哪里不对。"))
    before = Question.objects.filter(account=row, transfer_id=transfer).order_by("-round").first()
    if before is not None and not may_ask_again(before):
        raise Stale(
            _("这一笔已经问过了，正在等答复。") if before.state == "open" else _("这一笔已经有最后的答复。"),
            code="question_asked",
        )
    asked = Question(
        transfer_id=transfer, account=row, round=before.round + 1 if before else 1, asked_by=by.person,
        on_behalf_of=behalf, words=told, asked_at=now, due_at=due(now=now, days=rules.QUESTION_DAYS),
    )  # fmt: skip
    at = desk(
        path=before.path if before else row.path,
        barred=not_answering(asked),
        above=before.answered_as if before else "",
    )
    asked.role, asked.path = at.role, at.path
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError as twice:
        raise Stale(_("这一笔已经问过了，正在等答复。"), code="question_asked") from twice
    title = TITLES[rules.Matter.QUESTION]
    put(by=by, now=now, matter=rules.Matter.QUESTION, key=asked.id, title=title, at=at, due_at=asked.due_at)
    record(
        by=by, now=now, verb="points.asked", subject_kind=QUESTION, subject_id=asked.id,
        facts={"round": asked.round, "path": at.path}, on_behalf_of=behalf,
    )  # fmt: skip
    return asked


@transaction.atomic
def answer(
    *,
    by: Actor,
    now: datetime,
    question: UUID,
    outcome: str,
    words: str,
    rule_code: str = "",
    done_on: date | None = None,
) -> Question:
    """Answer with words: ``explain`` it as it is, ``undo`` the entry, or enter the act ``anew`` under the rule of the day
    ``done_on`` (what it brought before is reversed first). The holders are told.

    NotAllowed for whoever confirmed or made the entry, asked, holds the passbook or lives with its holder. Refused (409)
    answered already; where the rule of that day gives nothing, with its reason.
    """
    row = Question.objects.select_for_update(of=("self",), no_key=True).filter(pk=question).first()
    if row is None:
        raise NotFound(_("没有这件事。"))
    level = answering_as(by, role=row.role, path=row.path, barred=not_answering(row))
    if not level:
        raise NotAllowed(_("由没有经手这一笔的窗口工作人员答复。"))
    if row.state != rules.Asked.OPEN:
        raise Stale(_("这件事已经答复过了。"), code="question_answered")
    if outcome not in OUTCOMES:
        raise Refused("question_outcome", _("请选怎么答复。"), field="outcome")
    told = said(words=words, needed=_("请写一句答复，本人会看到。"))
    if outcome != "explain":
        _put_right(row, outcome, told, rule_code, done_on, by, now)
    row.state = rules.Asked.EXPLAINED if outcome == "explain" else rules.Asked.RIGHTED
    row.answered_by, row.answered_at, row.answer = by.person, now, told
    row.answered_as = level
    row.save()
    settled(by=by, now=now, matter=rules.Matter.QUESTION, key=row.id)
    persons = {row.asked_by, *holders(row.account)}
    if outcome == "undo":  # a gift moved another passbook too
        moved = Account.objects.filter(
            kind__in=MEMBERS, pk__in=Entry.objects.filter(transfer=row.transfer_id).values("account_id")
        )
        persons |= {one for account in moved for one in holders(account)}
    tell(
        by=by,
        now=now,
        template=QUESTION,
        subject=(QUESTION, row.id),
        persons=persons,
        key=f"{QUESTION}:{row.id}",
    )
    record(
        by=by, now=now, verb="points.answered", subject_kind=QUESTION, subject_id=row.id,
        facts={"state": str(row.state), "outcome": outcome},
    )  # fmt: skip
    return row


def _put_right(
    row: Question, outcome: str, words: str, rule_code: str, done_on: date | None, by: Actor, now: datetime
) -> None:
    """At most one transfer stands for an act: what stands of it, the entry itself or what took its place, is reversed
    before it is entered anew. What a review took back comes back by an appeal only."""
    old, account = row.transfer, row.account
    if outcome == "undo" and old.kind not in UNDONE:
        words_ = _("这一笔不能在这里冲正；兑换的东西请到柜台退。")
        raise Refused("question_nothing", words_, field="outcome")
    if outcome == "anew" and by.person is not None:
        take_turn(confirmer=by.person, now=now)
    might = set(in_place_of(old).values_list("pk", flat=True))
    lock_moved(transfers=might, also={account.id, *paid_now(might)})
    if ReviewAct.objects.filter(transfer=old, undone__isnull=False, restored__isnull=True).exists():
        raise Refused("question_reviewed", _("这一笔是复核时冲正的，请走申诉。"), field="outcome", status=409)
    standing = standing_for(old)
    if outcome == "undo" and standing is None:
        raise Refused("question_nothing", _("这一笔没有积分可以冲正。"), field="outcome")
    if standing is not None and old.kind in UNDONE:
        row.undone_id = reverse(by=by, now=now, transfer=standing.id, why=words, key=f"asked:{row.id}:undo")
    if outcome == "undo":
        return
    act = Act.objects.filter(transfer=old).first()
    if act is None or by.person is None:
        raise Refused("question_no_act", _("这一笔不是做好事得的，不能重记。"), field="outcome")
    if done_on is None or not rule_code:
        raise Refused("question_anew", _("重记要选做了什么、哪一天。"), field="rule_code")
    story = Words.objects.filter(transfer=old).values_list("story", flat=True).first() or words
    earned = earn(
        by=by, now=now, rule_code=rule_code, key=f"asked:{row.id}", done_on=done_on,
        subject=(old.subject_kind, old.subject_id) if old.subject_id else ("passbook", account.id), story=story,
        community_path=paid_from(old) or account.path, confirmed_by=by.person,
        person=act.person or (account.owner if account.kind == AccountKind.PERSON else None),
        household=account.owner if account.kind == AccountKind.HOUSEHOLD else None,
    )  # fmt: skip
    if not earned.points:
        why = _("按那天的规则没有积分：%(why)s。可以改为说明。") % {"why": earned.words}
        raise Refused("question_zero", why, field="outcome", status=409)
    row.made_id = earned.transfer_id
