"""Deciding a round: people choose with reasons; between those judged equal the snapshot decides, and the page says so.
Afterwards seats that fell vacant, awards withdrawn, names looked at. Row 88."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.secrets import encrypt
from mulin.services.exchange.actions.honour_steps import (
    ROUND_KIND,
    decided,
    finish,
    inform,
    lapse,
    locked_nomination,
    move,
    move_round,
    note,
    notice_end,
    overseen_round,
    settle_round,
    words,
)
from mulin.services.exchange.models import Commendation, Nomination, PrioritySnapshot
from mulin.services.exchange.permissions import Turn, may_commend, may_decide, turn_of
from mulin.services.exchange.queries.honour_desk import priority, snapshot_of
from mulin.services.exchange.queries.honours import STORY, to_choose
from mulin.services.exchange.rules.honours import (
    DECIDERS,
    TOO_NEAR,
    WHO_DECIDES,
    Act,
    NominationState,
    RoundState,
    settle,
)


@dataclass(frozen=True)
class Choice:
    """What the deciders say of one nominee: chosen, equal (to others, for what seats are left) or passed; why; a sentence
    for the public page."""

    pick: str
    reasons: str = ""
    story: str = ""


@transaction.atomic
def decide(
    *, round: UUID, choices: Mapping[UUID, Choice], seen: UUID, by: Actor, now: datetime
) -> Commendation:
    """The office chooses among those who agreed to stand; the notice begins, each chosen is told.

    ``seen``: the snapshot that lay before it. Refused: before nominations are over and twice (409), another snapshot since
    (409), somebody who does not stand or was left out, nobody, too many, reasons missing, equals of whom as much was
    counted. Whoever proposed one who stands, or is near to him, does not decide (``permissions.turn_of``).
    """
    row, turn = _for_office(round, by)
    if row.state != RoundState.DECIDING:
        move_round(row=row, deed="decide")
    standing = {one.id: one for one in _locked(row, NominationState.STANDING)}
    if set(choices) != set(standing):
        raise Stale(_("候选有变化，请看过再评定。"))
    found = snapshot_of(row)
    if found is None or found.id != seen:
        raise Stale(_("优先依据重新统计过了，请看过再评定。"))
    picked = {pick: [key for key in standing if choices[key].pick == pick] for pick in ("chosen", "equal")}
    outcome = settle(
        seats=row.seats, chosen=picked["chosen"], equal=picked["equal"], priority=priority(found)
    )
    _refuse(outcome.why, row.seats)
    for key in (*picked["chosen"], *picked["equal"]):
        words(said=choices[key].reasons, field=f"why_{key.hex}")
    move_round(row=row, deed="decide")
    row.decided_at, row.due_at, row.late = now, None, False
    row.decider, row.raised = turn.role, turn.raised
    for key, one in standing.items():
        said = choices[key]
        if key in outcome.chosen:
            _choose(
                row, one, said.reasons, said.story, by, now, found, by_priority=key in outcome.by_priority
            )
        else:
            move(one=one, deed="pass")
            one.save()
            inform(one=one, template="honour_passed", by=by, now=now)
            decided(
                row=row, act=Act.PASSED, reasons=said.reasons.strip(), by=by, now=now, one=one, snapshot=found
            )
    lapse(row=row, by=by, now=now)
    finish(kind=ROUND_KIND, key=row.id, by=by, now=now)
    note(
        row=row, verb="commendation.decided", by=by, now=now, chosen=len(outcome.chosen),
        by_priority=len(outcome.by_priority), snapshot=found.number,
    )  # fmt: skip
    row.vacant = 0
    settle_round(row=row, by=by, now=now)
    return row


def _locked(row: Commendation, state: str) -> list[Nomination]:
    found = row.nominations.select_for_update(no_key=True).filter(state=state)
    rows = list(found.order_by("made_at", "id"))
    for one in rows:
        one.round = row
    return rows


def _for_office(key: UUID, by: Actor) -> tuple[Commendation, Turn]:
    row = overseen_round(key=key, by=by)
    turn = turn_of(row, to_choose(row))
    _his_turn(by, row, turn)
    return row, turn


def _his_turn(by: Actor, row: Commendation, turn: Turn) -> None:
    """NotAllowed for whoever's turn it is not: nobody decides about whom he proposed, or where he, somebody of his
    household, whose passbook he uses, a unit in which he works or his shop is proposed."""
    if by.person in turn.barred:
        raise NotAllowed(str(TOO_NEAR) % {"who": DECIDERS[turn.role]}, code="own_round")
    if not may_decide(by, row, turn):
        raise NotAllowed(str(WHO_DECIDES))


def _refuse(why: str, seats: int) -> None:
    said = {
        "nobody": _("还没有选定任何人。"),
        "too_many": _("名额只有 %(n)d 个，选定的不能超过；没有名额了，就不用选“不分上下”。") % {"n": seats},
        "still_equal": _("不分上下的几位，统计的件数也一样，请再评议，写明理由选定。"),
    }
    if why:
        raise Refused(why, said[why])


def _choose(
    row: Commendation,
    one: Nomination,
    reasons: str,
    story: str,
    by: Actor,
    now: datetime,
    found: PrioritySnapshot | None,
    *,
    by_priority: bool,
) -> None:
    move(one=one, deed="choose")
    one.chosen_at, one.by_priority, one.notice_until = now, by_priority, notice_end(row=row, now=now)
    one.story_sealed = encrypt(story.strip()[:200], bound_to=STORY)
    one.ended_at = None
    if one.mark is None:
        one.mark = (row.nominations.aggregate(last=Max("mark"))["last"] or 0) + 1
    one.save()
    decided(
        row=row, act=Act.CHOSEN, reasons=reasons.strip(), by=by, now=now, one=one, by_priority=by_priority,
        snapshot=found,
    )  # fmt: skip
    note(row=row, verb="nomination.chosen", by=by, now=now, one=one)
    inform(one=one, template="honour_chosen", by=by, now=now)


@transaction.atomic
def choose_next(
    *, round: UUID, nomination: UUID, reasons: str, story: str, by: Actor, now: datetime
) -> Nomination:
    """A seat that fell vacant in the notice goes to one who was passed over; his own notice begins. Refused (409) where no
    seat is vacant."""
    row = _vacant(round, by)
    said = words(said=reasons, field="reasons")
    one = next((one for one in _locked(row, NominationState.PASSED) if one.id == nomination), None)
    if one is None:
        raise Stale(_("这一位现在不能递补，请看过再办。"))
    _choose(row, one, said, story, by, now, snapshot_of(row), by_priority=False)
    _filled(row, by, now)
    return one


@transaction.atomic
def leave_empty(*, round: UUID, reasons: str, by: Actor, now: datetime) -> Commendation:
    """A seat that fell vacant stays empty, with the reasons. Refused (409) where none is vacant."""
    row = _vacant(round, by)
    decided(row=row, act=Act.EMPTY, reasons=words(said=reasons, field="reasons"), by=by, now=now)
    note(row=row, verb="commendation.left_empty", by=by, now=now)
    _filled(row, by, now)
    return row


def _vacant(key: UUID, by: Actor) -> Commendation:
    row, _turn = _for_office(key, by)
    if row.state != RoundState.NOTICE or not row.vacant:
        raise Stale(_("现在没有空出来的名额。"))
    return row


def _filled(row: Commendation, by: Actor, now: datetime) -> None:
    row.vacant -= 1
    if not row.vacant:
        row.due_at, row.late = None, False
        finish(kind=ROUND_KIND, key=row.id, by=by, now=now)
    settle_round(row=row, by=by, now=now)


@transaction.atomic
def withdraw_award(*, nomination: UUID, reasons: str, by: Actor, now: datetime) -> Nomination:
    """An award is taken back with a reason that the awarded is told; everybody reads that one was, not whose. Refused (409)
    for what is none. Only by the office of the round, or the next one above where everybody there is near to him."""
    one = locked_nomination(key=nomination)
    _held_by(by, one.round, [one])
    said = words(said=reasons, field="reasons")
    move(one=one, deed="withdraw")
    one.ended_at = now
    one.save()
    decided(row=one.round, act=Act.WITHDRAWN, reasons=said, by=by, now=now, one=one)
    note(row=one.round, verb="nomination.withdrawn", by=by, now=now, one=one)
    inform(one=one, template="honour_withdrawn", by=by, now=now)
    return one


def _held_by(by: Actor, row: Commendation, rows: list[Nomination]) -> None:
    if not may_commend(by, row.path):
        raise NotFound(_("没有这个提名。"))
    _his_turn(by, row, turn_of(row, rows))


@transaction.atomic
def reveal(*, round: UUID, by: Actor, now: datetime) -> None:
    """The names of all nominees are looked at: one row in the trail for each, which he himself can read."""
    row = overseen_round(key=round, by=by)
    for one in row.nominations.exclude(state__in=["declined", "lapsed"]).filter(person__isnull=False):
        note(row=row, verb="nomination.names.viewed", by=by, now=now, one=one)


@transaction.atomic
def reveal_awarded(*, nomination: UUID, by: Actor, now: datetime) -> None:
    """The name of one who was awarded is written on a certificate: a row in the trail that he can read."""
    one = locked_nomination(key=nomination)
    if not may_commend(by, one.round.path):
        raise NotFound(_("没有这份表彰。"))
    note(row=one.round, verb="nomination.names.viewed", by=by, now=now, one=one)


@transaction.atomic(savepoint=False)
def award(*, one: Nomination, by: Actor, now: datetime) -> None:
    """The notice of a locked nomination is over without an open objection: awarded as of its end, or of the last answer
    after it; told."""
    move(one=one, deed="award")
    answered = one.objections.aggregate(last=Max("answered_at"))["last"]
    over = max(at for at in (one.notice_until, answered, one.chosen_at) if at is not None)
    one.awarded_at = min(over, now)
    one.save()
    note(row=one.round, verb="nomination.awarded", by=by, now=now, one=one)
    inform(one=one, template="honour_awarded", by=by, now=now)
