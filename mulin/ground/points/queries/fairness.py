"""Reads of fairness: what lies with a desk, one review, question or call-back, and the acts each rests on.

Lists carry no names. On a page neighbours are told by their surname; whoever must know more opens their passbook.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.points.models import (
    Account,
    Act,
    CallBack,
    Entry,
    Question,
    Review,
    ReviewAct,
    ReviewPerson,
    Transfer,
    Words,
)
from mulin.ground.points.permissions import answering_as, lies_with
from mulin.ground.points.queries.ledger import family, holders, names_of
from mulin.ground.points.rules import KINDS, MEMBERS, REASONS
from mulin.ground.points.rules.fairness import APPEAL_DAYS, EXPLAINED
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import keyed_hash

MOST = 100


def lot(transfer: UUID) -> float:
    """0 ≤ lot < 1 of an act: the same whenever it is asked, and nobody outside this installation can tell it."""
    told = keyed_hash(f"points callback\n{current_county()}\n{transfer}")
    return int(told[:13], 16) / 16**13


# ── what lies with whom ─────


def _me(actor: Actor) -> UUID:
    return actor.person or UUID(int=0)


def open_reviews(actor: Actor) -> QuerySet[Review]:
    """Patterns that wait for the actor's desk; none that concerns himself."""
    rows = Review.objects.filter(lies_with(actor), state="found")
    return rows.exclude(concerned__person=_me(actor)).order_by("due_at", "id")


def open_pleas(actor: Actor) -> QuerySet[ReviewPerson]:
    """Appeals that wait for the actor's desk; none in a matter that concerns himself or that he decided."""
    rows = ReviewPerson.objects.filter(lies_with(actor), plea="open").exclude(review__decided_by=_me(actor))
    rows = rows.exclude(review__concerned__person=_me(actor))
    return rows.select_related("review").order_by("due_at", "id")


def open_questions(actor: Actor) -> QuerySet[Question]:
    """Holders' questions that wait for the actor's desk."""
    rows = Question.objects.filter(lies_with(actor), state="open").exclude(asked_by=_me(actor))
    return rows.select_related("transfer").order_by("due_at", "id")


def open_callbacks(actor: Actor) -> QuerySet[CallBack]:
    """Acts to ask back about that wait for the actor's desk; none that he confirmed or did."""
    rows = CallBack.objects.filter(lies_with(actor), state="open")
    own = Act.objects.filter(transfer=OuterRef("transfer"), county_id=OuterRef("county_id"))
    rows = rows.exclude(Exists(own.filter(confirmed_by=_me(actor)))).exclude(
        Exists(own.filter(person=_me(actor)))
    )
    return rows.order_by("due_at", "id")


def ended_reviews(actor: Actor, *, at: str = "", size: int = 20) -> Page:
    """What was looked at in the actor's territory, newest first, without names. One statement."""
    rows = (
        Review.objects.filter(lies_with(actor)).exclude(state="found").exclude(concerned__person=_me(actor))
    )
    return page(rows, by="-found_at", at=at, size=size)


def concerning(person: UUID) -> list[UUID]:
    """What was decided to be put right and concerns somebody, while he has not appealed. One statement."""
    rows = ReviewPerson.objects.filter(person=person, review__state="wrong", plea="").order_by("id")
    return list(rows.values_list("review_id", flat=True))


# ── acts and gifts ─────


@dataclass(frozen=True)
class Deed:
    """An act or a gift as a page of fairness shows it. ``giver`` confirmed (or gave), ``taker`` did it (or was given)."""

    transfer: UUID
    at: datetime
    done_on: date | None
    words: str
    story: str
    points: int
    reason: str
    giver: str
    taker: str
    sides: frozenset[UUID]
    """Persons and households on either side."""
    account: UUID | None
    path: str
    subject: tuple[str, UUID] | None
    undone: bool


def deeds(transfers: Iterable[UUID]) -> list[Deed]:
    """Acts and gifts by their transfers, oldest first. At most nine statements for any number."""
    keys = list(transfers)
    told = Transfer.objects.filter(id__in=keys).order_by("at", "id")
    stories = dict(Words.objects.filter(transfer_id__in=keys).values_list("transfer_id", "story"))
    acts = {
        one.transfer_id: one
        for one in Act.objects.filter(transfer_id__in=keys).select_related("version", "account")
    }
    entries: dict[UUID, list[Entry]] = {}
    for one in (
        Entry.objects.filter(transfer_id__in=keys, number__isnull=False, account__kind__in=MEMBERS)
        .select_related("account")
        .order_by("delta", "id")
    ):
        entries.setdefault(one.transfer_id, []).append(one)
    undone = set(Transfer.objects.filter(reverses_id__in=keys).values_list("reverses_id", flat=True))
    persons = {one.person or one.account.owner for one in acts.values()}
    persons |= {one.confirmed_by for one in acts.values()}
    persons |= {entry.account.owner for rows in entries.values() for entry in rows}
    names = names_of(persons)
    return [_deed(one, acts.get(one.id), entries.get(one.id, []), stories, names, undone) for one in told]


def _deed(
    one: Transfer,
    act: Act | None,
    entries: list[Entry],
    stories: dict[UUID, str],
    names: dict[UUID, str],
    undone: set[UUID],
) -> Deed:
    if act is not None:
        giver, taker = act.confirmed_by, act.person or act.account.owner
        account: Account | None = act.account
    else:
        giver, taker = entries[0].account.owner, entries[-1].account.owner
        account = entries[-1].account
    version = act.version if act is not None else None
    return Deed(
        transfer=one.id,
        at=one.at,
        done_on=act.done_on if act else None,
        words=version.name if version is not None else str(KINDS[one.kind].words),
        story=stories.get(one.id, ""),
        points=one.amount,
        reason=str(REASONS[act.reason]) if act and act.reason else "",
        giver=names.get(giver, ""),
        taker=names.get(taker, ""),
        sides=frozenset({giver, taker}),
        account=account.id if account else None,
        path=account.path if account else "",
        subject=(one.subject_kind, one.subject_id) if one.subject_id else None,
        undone=one.id in undone,
    )


# ── one review ─────


@dataclass(frozen=True)
class Shown:
    """A review as one person sees it. ``level``: at which he may decide it, '' where he may not; ``mine``: what concerns
    himself; ``plea``: an appeal that he may decide, and ``plea_level``."""

    review: Review
    explained: str
    deeds: list[Deed]
    more: int
    mine: ReviewPerson | None
    level: str
    plea: ReviewPerson | None
    plea_level: str
    decided_by: str
    pleas: list[ReviewPerson]
    restored: set[UUID]
    to_restore: list[Deed]


def barred(review: Review) -> set[UUID]:
    """Who may not decide: whom it concerns and who lives with one of them. Two statements."""
    return people.with_families(review.concerned.values_list("person", flat=True))


def not_pleading(review: Review) -> set[UUID]:
    """Who may not decide an appeal: the same, and who decided before. Two statements."""
    return barred(review) | ({review.decided_by} if review.decided_by else set())


def review(actor: Actor, key: UUID) -> Shown:
    """A review for the desk it lies with, for the desk of an appeal, and, once something is to be put right, for whom it
    concerns: these see their own acts only. Raises NotFound. About twenty statements, for any number of acts."""
    row = Review.objects.filter(pk=key).first()
    concerned = list(row.concerned.order_by("due_at", "id")) if row is not None else []
    if row is None:
        raise NotFound(_("没有这件事。"))
    mine = next((one for one in concerned if one.person == actor.person), None)
    out = people.with_families(one.person for one in concerned)
    level = answering_as(actor, role=row.role, path=row.path, barred=out)
    before = out | ({row.decided_by} if row.decided_by else set())
    open_plea = next(
        (
            (one, found)
            for one in concerned
            if one.plea == "open"
            and (found := answering_as(actor, role=one.role, path=one.path, barred=before))
        ),
        (None, ""),
    )
    seen = bool(level or open_plea[1])
    if not seen and (mine is None or row.state != "wrong"):
        raise NotFound(_("没有这件事。"))
    rests = {one.transfer_id: one for one in ReviewAct.objects.filter(review=row)}
    every = deeds(rests)
    shown = every
    if not seen and actor.person is not None:
        own = {actor.person, people.household_of(actor.person)}
        shown = [one for one in every if one.sides & own]
    restored = {key for key, one in rests.items() if one.restored_id is not None}
    return Shown(
        review=row,
        explained=str(EXPLAINED[row.kind]),
        deeds=shown,
        more=len(every) - len(shown),
        mine=mine if row.state == "wrong" else None,
        level=level,
        plea=open_plea[0],
        plea_level=open_plea[1],
        decided_by=names_of([row.decided_by]).get(row.decided_by, "") if row.decided_by else "",
        pleas=[one for one in concerned if one.plea] if seen else [],
        restored=restored,
        to_restore=[
            one for one in every if rests[one.transfer].undone_id is not None and one.transfer not in restored
        ],
    )


def review_of(actor: Actor, plea: UUID) -> UUID:
    """The review that an appeal is about, for whoever may open it. Raises NotFound."""
    row = ReviewPerson.objects.filter(pk=plea).exclude(plea="").first()
    if row is None:
        raise NotFound(_("没有这件申诉。"))
    return review(actor, row.review_id).review.id


def may_appeal(shown: Shown, now: datetime) -> bool:
    """Whether the reader may still appeal: whom it concerns, once, within APPEAL_DAYS."""
    at = shown.review.decided_at
    return (
        shown.mine is not None
        and not shown.mine.plea
        and at is not None
        and now <= at + timedelta(days=APPEAL_DAYS)
    )


# ── questions of holders ─────


def questions_of(account: UUID, transfers: Iterable[UUID]) -> dict[UUID, Question]:
    """transfer → the last question asked about it from a passbook. One statement."""
    rows = Question.objects.filter(account_id=account, transfer_id__in=list(transfers)).order_by("round")
    return {one.transfer_id: one for one in rows}


def with_questions(account: UUID, shown: Page) -> Page:
    """A page of a passbook's lines, each with what was asked about it. One statement."""
    asked = questions_of(account, [line.transfer for line in shown.rows])
    return shown.of([replace(line, question=asked.get(line.transfer)) for line in shown.rows])


def _not_his(actor: Actor, row: Question | CallBack, nothing: str) -> Refused:
    """A colleague at the desk who had a hand in it is told so; everybody else learns nothing."""
    if answering_as(actor, role=row.role, path=row.path, barred=()):
        return NotAllowed(_("这一笔是您或家人经手的，请另一位同事来办。"), code="own_act")
    return NotFound(nothing)


def may_ask_again(row: Question) -> bool:
    """One more time, one level up; not a third time."""
    return row.state in ("righted", "explained") and row.round == 1


def is_last(row: Question) -> bool:
    """Whether nothing was asked after it. One statement."""
    later = Question.objects.filter(
        transfer_id=row.transfer_id, account_id=row.account_id, round__gt=row.round
    )
    return not later.exists()


def question(actor: Actor, key: UUID) -> tuple[Question, str, bool]:
    """(a question, the level at which the actor may answer it or '', whether he is a holder or family). Raises NotFound for
    everybody else. At most six statements."""
    row = Question.objects.filter(pk=key).select_related("account", "transfer").first()
    if row is None:
        raise NotFound(_("没有这件事。"))
    own = actor.person is not None and actor.person in family(row.account)
    level = answering_as(actor, role=row.role, path=row.path, barred=not_answering(row))
    past = actor.person is not None and actor.person in (row.answered_by, row.asked_by)
    if not (own or level or past):
        raise _not_his(actor, row, _("没有这件事。"))
    return row, level, own


def not_answering(row: Question) -> set[UUID]:
    """Who may not answer: holders and their families, whoever asked, confirmed or made the entry, or answered before. At
    most five statements."""
    out = people.with_families({*holders(row.account), row.asked_by})
    acts = Act.objects.filter(transfer_id=row.transfer_id).values_list("confirmed_by", flat=True)
    before = Question.objects.filter(
        transfer_id=row.transfer_id, account_id=row.account_id, round__lt=row.round
    )
    out |= {*acts, *before.values_list("answered_by", flat=True), row.transfer.by} - {None}  # type: ignore[arg-type]
    return out


def rounds(row: Question) -> list[dict[str, Any]]:
    """Every time it was asked, with who answered. Two statements."""
    rows = list(
        Question.objects.filter(transfer_id=row.transfer_id, account_id=row.account_id).order_by("round")
    )
    names = names_of({one.answered_by for one in rows if one.answered_by})
    return [{"row": one, "by": names.get(one.answered_by, "") if one.answered_by else ""} for one in rows]


# ── call-backs ─────


def callback(actor: Actor, key: UUID) -> tuple[CallBack, Deed, str]:
    """(an act to ask back about, the act, the level at which the actor works on it). Raises NotFound."""
    row = CallBack.objects.filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这件回访。"))
    level = answering_as(actor, role=row.role, path=row.path, barred=not_calling(row.transfer_id))
    if not level:
        raise _not_his(actor, row, _("没有这件回访。"))
    return row, deeds([row.transfer_id])[0], level


def not_calling(transfer: UUID) -> set[UUID]:
    """Who does not ask back about an act: who confirmed or did it, and who lives with one of them. At most three
    statements."""
    act = Act.objects.filter(transfer_id=transfer).select_related("account").get()
    return people.with_families({act.confirmed_by, *did(act)})


def did(act: Act) -> set[UUID]:
    """Who did an act: the person, or whoever lives in the household that was paid."""
    return {act.person} if act.person is not None else holders(act.account)


# ── a person's own data ─────


def export_fairness(person: UUID) -> dict[str, Any]:
    """The export hook: what he asked about his entries, and what concerned him with his appeal."""
    asked = Question.objects.filter(asked_by=person).order_by("id")
    concerned = ReviewPerson.objects.filter(person=person).select_related("review").order_by("id")
    return {
        "points_questions": [
            {
                "at": one.asked_at.isoformat(),
                "words": one.words,
                "state": one.state,
                "answer": one.answer,
            }
            for one in asked
        ],
        "points_reviews": [
            {
                "kind": one.review.kind,
                "found_at": one.review.found_at.isoformat(),
                "state": one.review.state,
                "words": one.review.words,
                "appeal": one.plea,
                "appeal_words": one.words,
                "answer": one.answer,
            }
            for one in concerned
        ],
    }
