"""What the acts of commendations have in common: the locked row, a decision with its words, clocks, to-dos, messages."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.calendar import queries as calendar
from mulin.ground.notices import actions as notices
from mulin.ground.people import queries as people
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.errors import NotFound, Refused, Stale
from mulin.kernel.secrets import encrypt
from mulin.services.exchange.actions.steps import record
from mulin.services.exchange.models import (
    Commendation,
    HonourDecision,
    HonourWords,
    MerchantPerson,
    Nomination,
    Objection,
    PrioritySnapshot,
)
from mulin.services.exchange.permissions import Turn, free, held, may_commend, turn_of, whose_answer
from mulin.services.exchange.queries.honours import REASON, to_choose
from mulin.services.exchange.rules.honours import (
    ABOVE,
    MOST_WORDS,
    NOMINATION,
    OBJECTION,
    ROUND,
    Act,
    NomineeKind,
    NoticeClock,
    digest,
    may_move,
    next_check,
)

ROUND_KIND, NOMINATION_KIND, OBJECTION_KIND = "commendation", "nomination", "objection"


def locked_round(*, key: UUID) -> Commendation:
    """A round, its row locked: the first lock of every act. Raises NotFound."""
    row = Commendation.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这一轮评选。"))
    return row


def overseen_round(*, key: UUID, by: Actor) -> Commendation:
    """A round for a clerk over its place, its row locked. NotFound elsewhere."""
    row = locked_round(key=key)
    if not may_commend(by, row.path):
        raise NotFound(_("没有这一轮评选。"))
    return row


def locked_nomination(*, key: UUID) -> Nomination:
    """A nomination, after its round's row was locked. Raises NotFound."""
    found = Nomination.objects.filter(pk=key).values_list("round_id", flat=True).first()
    if found is None:
        raise NotFound(_("没有这个提名。"))
    row = locked_round(key=found)
    one = Nomination.objects.select_for_update(no_key=True).get(pk=key)
    one.round = row
    return one


def move_round(*, row: Commendation, deed: str) -> None:
    """Where a deed leads a round. Refused (409) where its state does not allow it. The caller saves."""
    if not may_move(ROUND, deed, row.state):
        raise Stale(_("这一轮评选现在是“%(state)s”，请看过再办。") % {"state": row.get_state_display()})
    row.state = ROUND[deed][1]


def move(*, one: Nomination, deed: str) -> None:
    """The same of a nomination."""
    if not may_move(NOMINATION, deed, one.state):
        raise Stale(_("这个提名现在是“%(state)s”，请看过再办。") % {"state": one.get_state_display()})
    one.state = NOMINATION[deed][1]


def words(*, said: str, field: str, most: int = MOST_WORDS) -> str:
    """What has to be written. Refused without, or where it is too long."""
    plain = said.strip()
    if not plain:
        raise Refused("no_words", _("请写明理由。"), field=field)
    if len(plain) > most:
        raise Refused("too_long", _("最多写 %(n)d 个字。") % {"n": most}, field=field)
    return plain


def schedule(*, row: Commendation) -> None:
    """Save a round with the moment at which ``tick`` looks again."""
    others: list[datetime] = []
    if row.pk and row.state == "notice":
        chosen = list(row.nominations.filter(state="chosen").values_list("id", "notice_until"))
        said = Objection.objects.filter(nomination__round=row, state="open")
        held = {key: (due, late) for key, due, late in said.values_list("nomination_id", "due_at", "late")}
        others = [until for key, until in chosen if until is not None and key not in held]
        others += [due for due, late in said.values_list("due_at", "late") if not late]
    row.next_check_at = next_check(
        state=row.state,
        opens=day_start(row.nominate_from),
        closes=day_start(row.nominate_until + timedelta(days=1)),
        late_at=None if row.late else row.due_at,
        others=others,
    )
    row.save()


def working(*, days: float, now: datetime) -> datetime:
    """So many working days from now."""
    return calendar.due(start=now, span=calendar.working_days(days), clock="working").at


def notice_end(*, row: Commendation, now: datetime) -> datetime:
    """The end of the last day of a public notice that begins today."""
    if row.notice_clock == NoticeClock.WORKING:
        last = local_day(working(days=row.notice_days, now=now))
    else:
        last = local_day(now) + timedelta(days=row.notice_days)
    return day_start(last + timedelta(days=1))


def decided(
    *,
    row: Commendation,
    act: Act,
    reasons: str,
    by: Actor,
    now: datetime,
    one: Nomination | None = None,
    by_priority: bool = False,
    snapshot: PrioritySnapshot | None = None,
) -> HonourDecision:
    """A decision, kept for ever, with its words apart."""
    salt = secrets.token_hex(16)
    made = HonourDecision.objects.create(
        round=row, nomination=one, act=act, by_priority=by_priority, snapshot=snapshot, by=by.person, at=now,
        digest=digest(salt, reasons),
    )  # fmt: skip
    HonourWords.objects.create(decision=made, salt=salt, sealed=encrypt(reasons, bound_to=REASON))
    return made


def note(
    *,
    row: Commendation,
    verb: str,
    by: Actor,
    now: datetime,
    one: Nomination | None = None,
    **facts: Any,
) -> None:
    """A deed's row in the trail: of the round, or of a nomination in it."""
    kind, key = (NOMINATION_KIND, one.id) if one is not None else (ROUND_KIND, row.id)
    about = one.person_id if one is not None else None
    record(by=by, now=now, verb=verb, kind=kind, key=key, about=about, number=row.number, **facts)


@transaction.atomic(savepoint=False)
def put(
    *,
    row: Commendation,
    kind: str,
    role: str,
    by: Actor,
    now: datetime,
    due_at: datetime,
    subject: tuple[str, UUID] | None = None,
    barred: Collection[UUID] = (),
    person: UUID | None = None,
) -> None:
    """A to-do about a round (or a nomination or objection in it) of whoever holds a role over its place; where nobody does
    who is not ``barred``, of the next one above, so that it waits for somebody. ``person``: of him alone."""
    subject_kind, key = subject or (ROUND_KIND, row.id)
    worklist.put(
        by=by, now=now, kind=kind, subject_kind=subject_kind, subject_id=key, title=row.title, number=row.number,
        person=person, role="" if person else free(role, row.path, barred)[0], path=row.path, due_at=due_at,
    )  # fmt: skip


@transaction.atomic(savepoint=False)
def address(*, row: Commendation, by: Actor, now: datetime) -> Turn:
    """Whose turn it is to decide about a locked round as it stands: kept with the reason, and told where it passes to
    another office; the to-do that is open for it follows. The caller saves."""
    turn = turn_of(row, to_choose(row))
    if (row.decider or row.office, row.raised) != (turn.role, turn.raised):
        note(row=row, verb="commendation.passed_up", by=by, now=now, role=turn.role, reason=turn.raised)
    row.decider, row.raised = turn.role, turn.raised
    if row.due_at is not None:
        kind = "honour_next" if row.state == "notice" else "honour_decide"
        put(row=row, kind=kind, role=turn.role, barred=turn.barred, by=by, now=now, due_at=row.due_at)
    return turn


def above(*, row: Commendation) -> str:
    """The role above whoever decides now."""
    return ABOVE.get(row.decider or held(row.office, row.path), "admin")


@transaction.atomic(savepoint=False)
def ask_answer(
    *, one: Nomination, said: Objection, barred: Collection[UUID], by: Actor, now: datetime
) -> None:
    """The to-do of an objection goes to the first office above the decision where somebody is not ``barred``; where others
    there are, to him by name, so that it reaches nobody who may not read it."""
    role, person = whose_answer(one.round, first=above(row=one.round), barred=barred)
    put(
        row=one.round, kind="honour_objection", role=role, person=person, barred=barred, by=by, now=now,
        due_at=said.due_at, subject=(OBJECTION_KIND, said.id),
    )  # fmt: skip


@transaction.atomic(savepoint=False)
def finish(*, kind: str, key: UUID, by: Actor, now: datetime, kinds: tuple[str, ...] | None = None) -> None:
    """The to-dos of a round, nomination or objection are done."""
    worklist.done(by=by, now=now, subject_kind=kind, subject_id=key, kinds=kinds)


def tell(
    *, one: Nomination, person: UUID | None, template: str, by: Actor, now: datetime, link: str = ""
) -> bool:
    """A message about a nomination, once. Whether it will reach him."""
    if person is None:
        return False
    reach = notices.tell(
        by=by, now=now, template=template, params={"number": one.round.number}, subject_kind=NOMINATION_KIND,
        subject_id=one.id, key=f"{template}:{one.id}:{person}:{now:%y%m%d%H%M%S}", person=person, link=link,
    )  # fmt: skip
    return not reach.none


def inform(*, one: Nomination, template: str, by: Actor, now: datetime) -> None:
    """The same to the nominee, to those who answer for a shop, or to all who work in a unit, but whoever does it himself."""
    persons: list[UUID | None] = [one.person_id]
    if one.kind == NomineeKind.MERCHANT:
        owners = MerchantPerson.objects.filter(merchant=one.nominee, owner=True, ended_at__isnull=True)
        persons = list(owners.order_by("since", "id").values_list("person_id", flat=True))
    elif one.kind == NomineeKind.UNIT and one.nominee is not None:
        found = people.members_of([one.nominee]).get(one.nominee, [])
        persons = [key for key in dict.fromkeys(found) if key != by.person]
        template = template.replace("honour_", "honour_unit_", 1)
    for person in persons:
        tell(one=one, person=person, template=template, by=by, now=now)


@transaction.atomic(savepoint=False)
def lapse(
    *, row: Commendation, by: Actor, now: datetime, states: Sequence[str] = ("asked",)
) -> list[Nomination]:
    """Whoever of a locked round did not answer in time does not stand; what was written of him goes."""
    rows = list(
        row.nominations.select_for_update(no_key=True).filter(state__in=states).order_by("made_at", "id")
    )
    for one in rows:
        one.round = row
        move(one=one, deed="lapse")
        one.why_sealed = one.evidence_sealed = ""
        one.ended_at = now
        one.save()
        finish(kind=NOMINATION_KIND, key=one.id, by=by, now=now)
    return rows


@transaction.atomic(savepoint=False)
def drop(*, one: Nomination, by: Actor, now: datetime) -> None:
    """What else was objected to somebody who is no longer chosen needs no answer; whoever did is told all the same."""
    for said in one.objections.select_for_update(no_key=True).filter(state="open").order_by("at", "id"):
        said.state = OBJECTION["drop"][1]
        if said.person_id is None:  # erased while it was open
            said.words_sealed = ""
        said.save(update_fields=["state", "words_sealed"])
        finish(kind=OBJECTION_KIND, key=said.id, by=by, now=now)
        tell(one=one, person=said.person_id, template="honour_answered", by=by, now=now)


@transaction.atomic(savepoint=False)
def settle_round(*, row: Commendation, by: Actor, now: datetime) -> None:
    """Done once nobody is in the notice any more and no seat waits for the office; saved with its next moment."""
    waiting = row.nominations.filter(state="chosen").exists()
    if row.state == "notice" and not waiting and not row.vacant:
        move_round(row=row, deed="finish")
        row.ended_at, row.due_at = now, None
        note(row=row, verb="commendation.done", by=by, now=now)
        finish(kind=ROUND_KIND, key=row.id, by=by, now=now)
    schedule(row=row)
