"""A case ends: rate, close, reopen. And a reporter's right to be forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.files import actions as files
from mulin.ground.people import queries as people
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.secrets import decrypt, keyed_hash
from mulin.services.cases.actions import dispatching, holding, pairs, receipts, steps, telling, timing
from mulin.services.cases.models import Case, CaseReporter, CaseStep, Deferral, Rating, Supervision
from mulin.services.cases.queries.lookup import vain_days
from mulin.services.cases.rules import (
    BY_REPORTER,
    CONTACT_TRIES,
    CONTENT,
    HARD_DAYS,
    HARD_UNITS,
    REOPEN_DAYS,
    TRANSITIONS,
    Holder,
    Score,
    State,
    above,
    closes_from,
)


@transaction.atomic
def rate(*, receipt: str, score: str, by: Actor, now: datetime, comment: str = "") -> Case:
    """The reporter rates by his receipt, once per closure; of merged cases each for himself.

    A disposed case closes by it, unless he is dissatisfied (a clerk looks at it then), or another person has to verify it
    first. Refused: unknown receipt (NotFound), nothing to rate yet, rated already, no such score; whoever worked on the
    case cannot rate it (NotAllowed).
    """
    reporter, row = receipts.followed(receipt=receipt)
    if _worked_on(row, reporter, by):
        raise NotAllowed(_("经办人不能评价自己办的事。"))
    if score not in Score.values:
        raise Refused("score_unknown", _("请选择一个评价。"), field="score")
    if row.state not in TRANSITIONS["rate"].sources:
        raise Refused("nothing_to_rate", _("这件事还没有办完，办完后再请您评价。"), status=409)
    if Rating.objects.filter(reporter=reporter, closure=row.round).exists():
        raise Refused("already_rated", _("这次办理您已经评价过了，谢谢。"), status=409)
    words = comment.strip()[:500]
    Rating.objects.create(
        case=row, reporter=reporter, closure=row.round, score=score, comment=words, rated_at=now
    )
    told = telling.informed_of(case=row, reporters=[reporter.id], now=now)  # who rates has seen the result
    ends = score != Score.DISSATISFIED and _settles(row)
    if told and not ends:
        steps.settle(case=row, by=by, now=now, kinds=("call_or_visit",))
    steps.finish(
        case=row, action="rate", by=by, now=now, note=words,
        facts={"score": score, "round": row.round} | receipts.by_whom(held=reporter),
    )  # fmt: skip
    if score == Score.DISSATISFIED:
        steps.ask(case=row, kind="dissatisfied", to=steps.clerk_for(case=row), by=by, now=now)
    elif ends:
        _close(row, system(by.county, "rating"), now, note="", facts={"by": "rating"})
    elif score in CONTENT and _waits_for_sign_off(row):
        _ask_for_sign_off(row, by, now)
    return row


def _waits_for_sign_off(row: Case) -> bool:
    """Whether a closed hard problem lacked nothing but somebody who saw that it was done. No statement where it is none."""
    hard = row.state == State.CLOSED and row.hard_since is not None and row.hard_signed_at is None
    return (
        hard
        and row.verified_at is None
        and steps.units_worked(case=row) >= HARD_UNITS
        and not steps.has_work(case=row, kind="hard")
    )


def _settles(row: Case) -> bool:
    """Whether a rating that is no complaint ends the case: its result needs no other verification and everybody knows."""
    return (
        closes_from(row.state, row.verification)
        and row.informed_at is not None
        and not steps.supervised(case=row)
    )


def _worked_on(row: Case, reporter: CaseReporter, by: Actor) -> bool:
    """Whether the rater is staff of this very case. Nobody who is signed out can be told apart: he holds the receipt."""
    if by.person is None:
        return False
    if by.person == row.handler_id:
        return True
    if by.person == reporter.person_id:
        return False
    return CaseStep.objects.filter(case=row, person=by.person).exclude(action="rate").exists()


@transaction.atomic
def follow_up(*, case: UUID | Case, text: str, by: Actor, now: datetime, version: int | None) -> Case:
    """A clerk looked into a dissatisfied rating and writes what came of it; the reporter reads it. Ends that to-do.

    Whether the case is done again (``reopen``) or stays as it is, is his own decision. Refused where nobody is waiting.
    """
    row = steps.begin(case=case, action="follow_up", by=by, version=version)
    if not steps.has_work(case=row, kind="dissatisfied"):
        raise Refused("nothing_to_follow", _("没有等着跟进的不满意评价。"), status=409)
    words = steps.required(text=text, code="no_text", message=_("请写跟进的情况。"), field="text", most=1000)
    steps.settle(case=row, by=by, now=now, kinds=("dissatisfied",))
    steps.finish(case=row, action="follow_up", by=by, now=now, note=words)
    telling.tell(case=row, template="case_replied", by=by, now=now)
    return row


def _close(row: Case, by: Actor, now: datetime, *, note: str, facts: dict[str, Any]) -> Case:
    row.closed_at = now
    steps.settle(case=row, by=by, now=now)
    hard = _flag_hard(row, dispatching.end_parts(row=row, by=by, now=now), now)
    done = steps.finish(
        case=row, action="close", by=by, now=now, note=note, facts=facts | {"level": row.level}
    )
    if hard and steps.seen_by_another(case=row):
        _ask_for_sign_off(row, by, now)
    return done


def _ask_for_sign_off(row: Case, by: Actor, now: datetime) -> None:
    steps.ask(case=row, kind="hard", to=above("community_clerk", row.place_path), by=by, now=now)


def _flag_hard(row: Case, units: int, now: datetime) -> bool:
    """Whether the rule calls a case that is closing a hard problem: two units or more really worked on it. One that
    merely dragged on is flagged too, and counts only once the units are there."""
    dragged = now - row.reported_at > timedelta(days=HARD_DAYS)
    if (units >= HARD_UNITS or dragged) and row.hard_since is None:
        row.hard_since = now
    return units >= HARD_UNITS


def close_if_told(*, row: Case, by: Actor, now: datetime) -> Case:
    """A verified result that its reporters know needs nothing more: the case closes."""
    if row.state != State.VERIFIED or row.informed_at is None or steps.supervised(case=row):
        return row
    done = _close(row, by, now, note="", facts={"by": "verification"})
    telling.tell(case=row, template="case_closed", by=by, now=now)
    return done


@transaction.atomic
def close(*, case: UUID | Case, by: Actor, now: datetime, version: int | None, note: str = "") -> Case:
    """A clerk other than the handler closes a disposed case. Refused without a result; where the matter type wants another
    person to verify it first; while a supervision order is open; and while a reporter does not know the result: somebody
    has to reach him, or have tried on three different days."""
    row = steps.begin(case=case, action="close", by=by, version=version)
    if not row.result.strip() or row.disposed_at is None:
        raise Refused("no_result", _("没有处置结果，不能结案。"))
    if not closes_from(row.state, row.verification):
        raise Refused("not_verified", _("这类事项要先由另一个人核查，核查通过才能结案。"), status=409)
    if steps.supervised(case=row):
        raise Refused("supervised", _("督办还没有销号，不能结案。"), status=409)
    facts: dict[str, Any] = {"by": "clerk"}
    if row.informed_at is None:
        if telling.hotline_owed(case=row):
            words = _("12345 还没有拿到答复：等平台取走，或交了回单并标记以后，再结案。")
            raise Refused("not_answered_there", words, status=409)
        tries = vain_days(row, row.disposed_at)
        if tries < CONTACT_TRIES:
            message = _(
                "还有反映人不知道结果：请先打电话或上门告知，或 %(most)d 天都联系不上（已有 %(tries)d 天），再结案。"
            )
            raise Refused("not_informed", message % {"most": CONTACT_TRIES, "tries": tries}, status=409)
        facts["unreached"] = str(tries)
    words = note.strip()[:500]
    done = _close(row, by, now, note=words, facts=facts)
    telling.tell(case=row, template="case_closed", by=by, now=now)
    return done


@transaction.atomic
def reopen(
    *,
    case: UUID | Case,
    reason: str,
    by: Actor,
    now: datetime,
    version: int | None,
    receipt: str = "",
) -> Case:
    """A clerk, or the reporter by his receipt, sends a disposed or closed case back to be done again, with a reason.

    A new round has a new total clock and may be rated anew; the old result and the old clock stay in the timeline. Refused
    REOPEN_DAYS after closing (that is a new report), and for whoever neither works there nor holds a receipt.
    """
    held = None
    if receipt:
        held, row = receipts.begin(receipt=receipt, action="reopen", version=version, orders=True)
    else:
        telling.hold_orders(case=case)
        row = steps.begin(case=case, action="reopen", by=by, version=version)
    words = steps.required(
        text=reason, code="no_reason", message=_("请写明为什么重新办理。"), field="reason", most=1000
    )
    if row.closed_at is not None and now - row.closed_at > timedelta(days=REOPEN_DAYS):
        told = {"days": REOPEN_DAYS}
        raise Refused("too_late", _("结案已超过 %(days)d 天，请重新报一件，会接着办。") % told, status=409)
    row.reopenings += 1
    facts = {"round": row.round + 1, "due_before": row.due_at.isoformat() if row.due_at else None}
    facts |= receipts.by_whom(held=held)
    title = f"重新办理：{row.title}"
    return again(
        row=row, action="reopen", words=words, title=title, by=by, now=now, facts=facts, clock=timing.anew
    )


def again(
    *,
    row: Case,
    action: str,
    words: str,
    title: str,
    by: Actor,
    now: datetime,
    facts: dict[str, Any],
    clock: holding.Clock,
) -> Case:
    """A result did not hold: it goes from the row (its step keeps it), whoever had it has it again, and everybody is to be
    told the next one. ``clock`` says when: anew, or on within what runs."""
    row.round += 1
    row.disposed_at = row.informed_at = row.closed_at = row.verified_at = row.verified_by = None
    row.checked_at = row.hard_signed_at = row.hard_signed_by = row.excluded_at = None
    row.result = ""
    pairs.keep(cases=[row])
    telling.untell(case=row)
    steps.settle(case=row, by=by, now=now)
    holder = Holder(row.level, holding.held_by(case=row)) if row.level else holding.in_grid(case=row)
    holding.hold(
        case=row, holder=holder, how=action, by=by, now=now, why=words, person=row.handler_id, title=title,
        clock=clock,
    )  # fmt: skip
    steps.finish(case=row, action=action, by=by, now=now, note=words, facts=facts)
    telling.tell(case=row, template="case_reopened", by=by, now=now)
    return row


# ── the right to be forgotten ────────────────────────────────────────────────────────────────────────────────────

GONE = "＊＊＊"


@transaction.atomic
def erase_reporter(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: what cases keep of a person, by id and by equal phone number, with all that he left there.

    Name, phone, pseudonym, position, door and report photos go; name and number are starred wherever his words or the
    staff's notes repeat them; his comments are emptied. The matter itself and what the office did stay, without him.
    Refuses nothing. Returns rows emptied, by table.
    """
    contact = people.contact(person)
    whose = Q(person=person)
    if contact.phone:
        whose |= Q(phone_hash=keyed_hash(contact.phone))
    found = CaseReporter.objects.filter(whose)
    rows = list(found.select_for_update(no_key=True).order_by("id"))
    cases = {
        case.id: case
        for case in Case.objects.filter(Q(pk__in=[row.case_id for row in rows]) | Q(reported_by=person))
        .select_for_update(no_key=True)
        .order_by("id")
    }
    CaseStep.objects.filter(person=person, action__in=BY_REPORTER).update(person=None)
    for case in cases.values():
        _forget(case, [row for row in rows if row.case_id == case.id], contact.name, contact.phone, by, now)
    return {"cases_case": len(cases), "cases_casereporter": len(rows)}


def _forget(case: Case, rows: list[CaseReporter], name: str, phone: str, by: Actor, now: datetime) -> None:
    secrets = {name, phone}
    for row in rows:
        secrets.add(decrypt(row.name_sealed, bound_to="case_reporter.name"))
        secrets.add(decrypt(row.phone_sealed, bound_to="case_reporter.phone"))
        row.name_sealed = row.phone_sealed = row.phone_hash = row.nickname = ""
        row.person_id, row.erased_at = None, now
        row.save()
        Rating.objects.filter(reporter=row).update(comment="")
    CaseStep.objects.filter(case=case, action="rate").update(note="")
    words = sorted((word for word in secrets if len(word) > 1), key=len, reverse=True)
    _star(CaseStep.objects.filter(case=case).exclude(note=""), ("note",), words)
    _star(Deferral.objects.filter(case=case), ("reason", "decision"), words)
    _star(Supervision.objects.filter(case=case), ("text", "answer"), words)
    for field in ("title", "text", "result", "refusal"):
        setattr(case, field, _starred(getattr(case, field), words))
    case.reported_by_id = case.lon = case.lat = case.accuracy = None
    case.place_text = ""
    pairs.keep(cases=[case])
    for purpose in ("report", "sound"):
        files.discard(subject_kind="case", subject_id=case.id, by=by, now=now, purpose=purpose)
    worklist.done(by=by, now=now, subject_kind="case", subject_id=case.id, kinds=("call_or_visit",))
    if case.state == State.DISPOSED:  # nobody is left to be told: the receipt page is what remains
        telling.informed(case=case, now=now)
    steps.finish(case=case, action="erase", by=system(by.county, "erasure"), now=now, public=False)


def _star(rows: QuerySet[Any], fields: tuple[str, ...], words: list[str]) -> None:
    """Star the words in these fields; rows in which none stands are not written."""
    for row in rows.order_by("id"):
        starred = {name: _starred(getattr(row, name), words) for name in fields}
        changed = [name for name in fields if starred[name] != getattr(row, name)]
        for name in changed:
            setattr(row, name, starred[name])
        if changed:
            row.save(update_fields=changed)


def _starred(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, GONE)
    return text
