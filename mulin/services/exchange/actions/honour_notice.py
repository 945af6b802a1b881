"""The public notice: objections with words, answered by another; what ``tick`` does when a moment has come; erasure.
Row 88."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.secrets import encrypt
from mulin.services.exchange.actions.honour_decisions import award
from mulin.services.exchange.actions.honour_steps import (
    OBJECTION_KIND,
    above,
    address,
    ask_answer,
    decided,
    drop,
    finish,
    inform,
    locked_nomination,
    move,
    move_round,
    note,
    put,
    schedule,
    settle_round,
    tell,
    words,
    working,
)
from mulin.services.exchange.actions.honours import close_round, leave, vacate
from mulin.services.exchange.actions.steps import record
from mulin.services.exchange.models import Commendation, HonourWords, Nomination, Objection, Second
from mulin.services.exchange.permissions import close_to, may_answer, may_commend, near_to
from mulin.services.exchange.queries.honours import ANSWER, SAID, concerns, involved, may_object
from mulin.services.exchange.rules.honours import (
    ANSWER_DAYS,
    LIVING,
    OBJECTION,
    Act,
    NominationState,
    RoundState,
    Shown,
)

log = logging.getLogger(__name__)


@transaction.atomic
def object_to(*, nomination: UUID, said: str, by: Actor, now: datetime) -> Objection:
    """Somebody who is known says what is wrong about a choice; the office learns who he is, the nominee does not.

    Refused (409): the notice is over; words missing; one that is open already.
    """
    one = locked_nomination(key=nomination)
    if by.person is None:
        raise NotAllowed(_("请先登录，再提异议。"))
    if not may_object(by, one, now):
        if one.person_id == by.person:
            raise NotAllowed(_("这是您自己的公示。不想参加，可以在“我的荣誉”里退出。"))
        raise NotFound(_("没有这项公示，或者已经结束。"))
    plain = words(said=said, field="said")
    made = Objection(
        nomination=one, person_id=by.person, words_sealed=encrypt(plain, bound_to=SAID), at=now,
        due_at=working(days=ANSWER_DAYS, now=now),
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise Refused("again", _("您已经提过异议，正在核实，答复会告诉您。"), status=409) from None
    ask_answer(one=one, said=made, barred=_barred(one, made), by=by, now=now)
    note(row=one.round, verb="objection.made", by=by, now=now, one=one)
    schedule(row=one.round)
    return made


@transaction.atomic
def answer(*, objection: UUID, upheld: bool, words_: str, by: Actor, now: datetime) -> Objection:
    """Another than all who are involved answers with reasons: upheld, the choice is removed and the seat falls vacant;
    dismissed, the notice goes on. The objector is told. Refused (409) for one that is answered."""
    found = Objection.objects.filter(pk=objection).values_list("nomination_id", flat=True).first()
    if found is None:
        raise NotFound(_("没有这件异议。"))
    one = locked_nomination(key=found)
    row = one.round
    made = Objection.objects.select_for_update(no_key=True).get(pk=objection)
    _may_handle(by, one, made)
    deed = "uphold" if upheld else "dismiss"
    if made.state not in OBJECTION[deed][0]:
        raise Refused("answered", _("这件异议已经答复过了。"), status=409)
    plain = words(said=words_, field="words")
    made.state, made.answered_by, made.answered_at = OBJECTION[deed][1], by.person, now
    made.answer_sealed = encrypt(plain, bound_to=ANSWER)
    if made.person_id is None:  # erased while it was open
        made.words_sealed = made.answer_sealed = ""
    made.save()
    finish(kind=OBJECTION_KIND, key=made.id, by=by, now=now)
    note(row=row, verb="objection.upheld" if upheld else "objection.dismissed", by=by, now=now, one=one)
    tell(one=one, person=made.person_id, template="honour_answered", by=by, now=now)
    if upheld and one.state == NominationState.CHOSEN:
        _remove(one, plain, by, now)
    settle_round(row=row, by=by, now=now)
    return made


def _barred(one: Nomination, made: Objection) -> set[UUID]:
    """Who does not answer it: all who are involved, and who is near to one of them."""
    return near_to(involved(one, made), row=one.round)


def _may_handle(by: Actor, one: Nomination, made: Objection) -> None:
    """NotFound elsewhere and for who is near to the nominee: he learns nothing; NotAllowed for who is involved."""
    near = close_to(by, [one])
    if not may_commend(by, one.round.path) or concerns(one, near):
        raise NotFound(_("没有这件异议。"))
    if not may_answer(by, one.round, involved=involved(one, made), near=near):
        raise NotAllowed(_("异议由没有参与评定、提名的另一位工作人员答复。"))


def _remove(one: Nomination, reasons: str, by: Actor, now: datetime) -> None:
    row = one.round
    move(one=one, deed="remove")
    one.ended_at = now
    one.save()
    decided(row=row, act=Act.REMOVED, reasons=reasons, by=by, now=now, one=one)
    drop(one=one, by=by, now=now)
    inform(one=one, template="honour_removed", by=by, now=now)
    vacate(row=row, by=by, now=now)


@transaction.atomic
def reveal_objector(*, objection: UUID, by: Actor, now: datetime) -> None:
    """Whoever may answer looks at who objects: a row in the trail that he can read. NotFound elsewhere."""
    made = Objection.objects.select_related("nomination__round").filter(pk=objection).first()
    if made is None:
        raise NotFound(_("没有这件异议。"))
    _may_handle(by, made.nomination, made)
    if made.person_id is not None:
        record(
            by=by, now=now, verb="objection.name.viewed", kind=OBJECTION_KIND, key=made.id, about=made.person_id,
            number=made.nomination.round.number,
        )  # fmt: skip


# ── what falls due ─────


def act_on_honours(*, now: datetime) -> int:
    """For ``tick``: every round with a due moment, its row taken SKIP LOCKED; deeds and next moment in one transaction. One
    that fails is logged and stops no other. How many were moved."""
    due = Commendation.objects.filter(next_check_at__lte=now).order_by("next_check_at", "id")
    moved = 0
    for key in list(due.values_list("pk", flat=True)):
        try:
            moved += _one(key, now)
        except Exception:  # noqa: BLE001, RUF100  (logged; one round must not hold up the others)
            log.exception("commendation %s could not be moved", key)
    return moved


@transaction.atomic
def _one(key: UUID, now: datetime) -> int:
    rows = Commendation.objects.select_for_update(no_key=True, skip_locked=True)
    row = rows.filter(pk=key, next_check_at__lte=now).first()
    if row is None:
        return 0  # another process has it, or has done it
    by = system(current_county(), "honours")
    if row.state == RoundState.PLANNED:
        move_round(row=row, deed="open")
        note(row=row, verb="commendation.opened", by=by, now=now)
    elif row.state == RoundState.NOMINATING:
        close_round(row=row, by=by, now=now)
    else:
        _awards(row, by, now)
        _objections_late(row, by, now)
        _office_late(row, by, now)
    settle_round(row=row, by=by, now=now)
    return 1


def _awards(row: Commendation, by: Actor, now: datetime) -> None:
    over = row.nominations.select_for_update(no_key=True).filter(
        state=NominationState.CHOSEN, notice_until__lte=now
    )
    for one in over.order_by("made_at", "id"):
        if not one.objections.filter(state="open").exists():
            one.round = row
            award(one=one, by=by, now=now)


def _objections_late(row: Commendation, by: Actor, now: datetime) -> None:
    late = Objection.objects.filter(nomination__round=row, state="open", late=False, due_at__lte=now)
    for said in late.select_related("nomination").select_for_update(no_key=True, of=("self",)):
        said.late = True
        said.save()
        said.nomination.round = row
        barred = _barred(said.nomination, said)
        ask_answer(one=said.nomination, said=said, barred=barred, by=by, now=now)
        role = "admin" if above(row=row) in ("county_clerk", "admin") else "county_clerk"
        put(
            row=row, kind="honour_objection_late", role=role, barred=barred, by=by, now=now,
            due_at=working(days=ANSWER_DAYS, now=now), subject=(OBJECTION_KIND, said.id),
        )  # fmt: skip
        note(row=row, verb="objection.late", by=by, now=now)


def _office_late(row: Commendation, by: Actor, now: datetime) -> None:
    if row.due_at is None or row.late or row.due_at > now:
        return
    row.late = True
    turn = address(row=row, by=by, now=now)
    put(
        row=row, kind="honour_late", role=above(row=row), barred=turn.barred, by=by, now=now,
        due_at=working(days=ANSWER_DAYS, now=now),
    )  # fmt: skip
    note(row=row, verb="commendation.late", by=by, now=now)


# ── erasure ─────


@transaction.atomic
def erase_honours(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: where he was proposed, nobody stands any more, with the words about him gone; an award stays as a
    figure. What he wrote of others, seconded and objected is nobody's."""
    touched = Commendation.objects.filter(
        Q(nominations__person=person)
        | Q(nominations__nominated_by=person)
        | Q(nominations__objections__person=person)
    )
    list(Commendation.objects.select_for_update(no_key=True).filter(pk__in=touched).order_by("id"))
    emptied = 0
    own = Nomination.objects.filter(person=person).order_by("round_id", "id")
    for key in list(own.values_list("pk", flat=True)):
        one = locked_nomination(key=key)
        if one.state in LIVING:
            leave(one=one, by=by, now=now)
        HonourWords.objects.filter(decision__nomination=one).update(salt="", sealed="")
        for said in one.objections.all():
            said.words_sealed = said.answer_sealed = ""
            said.save()
        one.why_sealed = one.evidence_sealed = one.story_sealed = ""
        one.person = one.nominee = None
        one.shown, one.story_ok = Shown.HIDDEN, False
        one.save()
        emptied += 1
    return {
        "exchange_nomination": emptied
        + Nomination.objects.filter(nominated_by=person).update(
            nominated_by=None, why_sealed="", evidence_sealed=""
        ),
        "exchange_second": Second.objects.filter(person=person).update(person=None),
        "exchange_objection": _forget_objections(person, by, now),
    }


def _forget_objections(person: UUID, by: Actor, now: datetime) -> int:
    """An open one is still answered: what was said remains until then for the office, without who said it. The rounds are
    locked."""
    rows = Objection.objects.filter(person=person)
    rows.exclude(state="open").update(words_sealed="", answer_sealed="")
    return rows.update(person=None)
