"""A person decides about a pattern; whoever it concerns may appeal once, and another person one level up decides that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.points.actions.awards import earn, take_turn
from mulin.ground.points.actions.desks import TITLES, desk, due, put, said, settled, tell
from mulin.ground.points.actions.ledger import lock_moved
from mulin.ground.points.actions.looking import REVIEW
from mulin.ground.points.actions.moving import give, reverse
from mulin.ground.points.models import Act, Entry, Review, ReviewAct, ReviewPerson, Words
from mulin.ground.points.permissions import answering_as
from mulin.ground.points.queries.fairness import barred, deeds, not_pleading
from mulin.ground.points.queries.standing import paid_from, paid_now
from mulin.ground.points.rules import AccountKind, Owner
from mulin.ground.points.rules import fairness as rules
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor, system
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale

PLEA = "points_plea"


@transaction.atomic
def decide_review(
    *, by: Actor, now: datetime, review: UUID, wrong: bool, words: str, undo: Collection[UUID] = ()
) -> Review:
    """What a person saw in a pattern: that all is fine, or what is to be put right, with the reversals that follow
    (``undo``: transfers, maybe none). Whom it concerns is told of the second, with how to appeal.

    NotAllowed for whom it concerns and their families. Refused (409): decided already, an act put right already, points
    that are spent, with the act and the shortfall named: then nothing was done.
    """
    row = _locked(review)
    level = answering_as(by, role=row.role, path=row.path, barred=barred(row))
    if not level:
        raise NotAllowed(_("由没有牵涉在内的窗口工作人员来看。"))
    if row.state != rules.Verdict.FOUND:
        raise Stale(_("这件事已经有人看过了。"), code="review_decided")
    told = said(words=words, needed=_("请写一句看到了什么。"))
    if undo and not wrong:
        raise Refused("review_fine", _("没有问题，就不用冲正。"), field="undo")
    _undo(row, set(undo), told, by, now)
    row.state = rules.Verdict.WRONG if wrong else rules.Verdict.FINE
    row.decided_by, row.decided_at, row.words = by.person, now, told
    row.decided_as = level
    row.save(update_fields=["state", "decided_by", "decided_at", "words", "decided_as"])
    settled(by=by, now=now, matter=rules.Matter.REVIEW, key=row.id)
    if wrong:
        persons = row.concerned.values_list("person", flat=True)
        tell(
            by=by,
            now=now,
            template=REVIEW,
            subject=(REVIEW, row.id),
            persons=persons,
            key=f"{REVIEW}:{row.id}",
        )
    _record(by, now, "points.review_decided", row, {"state": str(row.state), "undone": len(undo)})
    return row


def _locked(review: UUID) -> Review:
    row = Review.objects.select_for_update(of=("self",), no_key=True).filter(pk=review).first()
    if row is None:
        raise NotFound(_("没有这件事。"))
    return row


def _record(by: Actor, now: datetime, verb: str, row: Review, facts: dict[str, str | int]) -> None:
    record(by=by, now=now, verb=verb, subject_kind=REVIEW, subject_id=row.id, facts=facts)


def _undo(row: Review, undo: set[UUID], why: str, by: Actor, now: datetime) -> None:
    """Reverse some of the acts. All their accounts are locked first, members before budgets, as everywhere."""
    rests = {one.transfer_id: one for one in ReviewAct.objects.filter(review=row)}
    if not undo <= set(rests):
        raise Refused("review_act", _("只能冲正列出的这些。"), field="undo")
    if not undo:
        return
    lock_moved(transfers=undo)
    for one in deeds(undo):
        try:
            made = reverse(
                by=by, now=now, transfer=one.transfer, why=why, key=f"review:{row.id}:{one.transfer}"
            )
        except Stale as short:
            told = {"day": f"{one.done_on or one.at:%Y-%m-%d}", "what": one.words, "why": short.message}
            raise Stale(_("%(day)s %(what)s：%(why)s") % told, code=short.code) from short
        ReviewAct.objects.filter(pk=rests[one.transfer].pk).update(undone=made)


@transaction.atomic
def plead(*, by: Actor, now: datetime, review: UUID, words: str) -> ReviewPerson:
    """Whom a decision concerns says why it is not right: once, within APPEAL_DAYS. It goes one level up, to another person.

    NotFound for whom it does not concern. Refused (409) a second time, or too late.
    """
    row = _locked(review)
    mine = ReviewPerson.objects.filter(review=row, person=by.person).first() if by.person else None
    if mine is None or row.state != rules.Verdict.WRONG or row.decided_at is None or row.decided_by is None:
        raise NotFound(_("没有这件事。"))
    if mine.plea:
        raise Stale(_("已经申诉过一次了。"), code="plea_made")
    if now > row.decided_at + timedelta(days=rules.APPEAL_DAYS):
        raise Stale(_("过了 %(n)d 天，不能再申诉。") % {"n": rules.APPEAL_DAYS}, code="plea_late")
    mine.words = said(words=words, needed=_("请写为什么不对。"))
    at = desk(path=row.path, barred=not_pleading(row), above=row.decided_as)
    mine.plea, mine.pleaded_at, mine.role, mine.path = rules.Plea.OPEN, now, at.role, at.path
    mine.due_at = due(now=now, days=rules.REVIEW_DAYS)
    mine.save()
    title = TITLES[rules.Matter.PLEA]
    put(by=by, now=now, matter=rules.Matter.PLEA, key=mine.id, title=title, at=at, due_at=mine.due_at)
    _record(by, now, "points.plea_made", row, {"path": at.path})
    return mine


@transaction.atomic
def decide_plea(
    *,
    by: Actor,
    now: datetime,
    review: UUID,
    person: UUID,
    holds: bool,
    words: str,
    restore: Collection[UUID] = (),
) -> ReviewPerson:
    """Another person one level up decides an appeal. Where it holds, the acts named get their points again: a new transfer
    by the rule of their day, confirmed by him; a gift is given again. Where nothing can be given back any more (a budget
    used up, a passbook closed), it holds all the same, and his words say why.

    NotAllowed for whoever decided before, whom it concerns, their families. Refused (409) decided already.
    """
    row = _locked(review)
    plea = ReviewPerson.objects.filter(review=row, person=person).first()
    if plea is None or not plea.plea:
        raise NotFound(_("没有这件申诉。"))
    if not answering_as(by, role=plea.role, path=plea.path, barred=not_pleading(row)):
        raise NotAllowed(_("由上一级没有牵涉在内、也没有作过决定的人复核。"))
    if plea.plea != rules.Plea.OPEN:
        raise Stale(_("这件申诉已经复核过了。"), code="plea_decided")
    told = said(words=words, needed=_("请写明理由。"))
    undone = {one.transfer_id: one for one in row.rests.filter(undone__isnull=False, restored__isnull=True)}
    if not set(restore) <= set(undone):
        raise Refused("plea_act", _("只能恢复已经冲正的。"), field="restore")
    if restore and not holds:
        raise Refused("plea_declined", _("维持原来的决定，就不用恢复。"), field="restore")
    if restore and by.person is not None:
        take_turn(confirmer=by.person, now=now)
    lock_moved(transfers=restore, also=paid_now(restore))
    for key in sorted(restore):
        made = _restored(key, row, by, now)
        ReviewAct.objects.filter(pk=undone[key].pk).update(restored=made)
    plea.plea = rules.Plea.HELD if holds else rules.Plea.DECLINED
    plea.decided_by, plea.decided_at, plea.answer = by.person, now, told
    plea.save(update_fields=["plea", "decided_by", "decided_at", "answer"])
    settled(by=by, now=now, matter=rules.Matter.PLEA, key=plea.id)
    tell(by=by, now=now, template=PLEA, subject=(REVIEW, row.id), persons={person}, key=f"{PLEA}:{plea.id}")
    _record(by, now, "points.plea_decided", row, {"state": str(plea.plea), "restored": len(restore)})
    return plea


def _restored(transfer: UUID, row: Review, by: Actor, now: datetime) -> UUID:
    """Give back what was taken: the act again under the rule of its day, or the gift again from the same passbook."""
    key, story = f"restore:{row.id}:{transfer}", _story(transfer)
    act = Act.objects.filter(transfer_id=transfer).select_related("account", "rule", "transfer").first()
    if act is None:
        entries = Entry.objects.filter(transfer_id=transfer, number__isnull=False).select_related("account")
        source, target = (one.account for one in entries.order_by("delta"))
        return give(
            by=system(by.county, "appeal"), now=now, owner=Owner(source.kind, source.owner),
            to=Owner(target.kind, target.owner), amount=abs(entries[0].delta), key=key, story=story,
        )  # fmt: skip
    if by.person is None:
        raise NotAllowed(_("由一位工作人员来看。"))
    old = act.transfer
    earned = earn(
        by=by, now=now, rule_code=act.rule.code, key=key, done_on=act.done_on,
        subject=(old.subject_kind, old.subject_id) if old.subject_id else ("passbook", act.account_id), story=story,
        community_path=paid_from(old) or act.account.path, confirmed_by=by.person, person=act.person,
        household=act.account.owner if act.account.kind == AccountKind.HOUSEHOLD else None,
    )  # fmt: skip
    if earned.transfer_id is None or not earned.points:
        told = {"day": f"{act.done_on:%Y-%m-%d}", "why": earned.words}
        raise Refused(
            "plea_nothing_given",
            _("%(day)s 的这件事现在恢复不了：%(why)s。") % told,
            field="restore",
            status=409,
        )
    return earned.transfer_id


def _story(transfer: UUID) -> str:
    return Words.objects.filter(transfer_id=transfer).values_list("story", flat=True).first() or ""
