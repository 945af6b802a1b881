"""Holding a round of commendations: opened by a clerk, proposed and agreed to, closed with a snapshot. Row 88."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import public_number
from mulin.kernel.secrets import encrypt, normal_phone
from mulin.services.exchange.actions.honour_steps import (
    NOMINATION_KIND,
    ROUND_KIND,
    address,
    decided,
    drop,
    finish,
    inform,
    lapse,
    locked_nomination,
    locked_round,
    move,
    move_round,
    note,
    overseen_round,
    put,
    schedule,
    settle_round,
    words,
    working,
)
from mulin.services.exchange.models import (
    Commendation,
    Merchant,
    Nomination,
    PriorityLine,
    PrioritySnapshot,
    Second,
)
from mulin.services.exchange.permissions import may_commend
from mulin.services.exchange.queries.honour_counts import sources, tally
from mulin.services.exchange.queries.honours import EVIDENCE, WHY, is_of
from mulin.services.exchange.rules.honours import (
    ANSWERABLE,
    CONSENT_SPAN,
    DAYS_WORDS,
    DECIDE_DAYS,
    LIVING,
    NEXT_DAYS,
    WHO_HOLDS,
    Act,
    NominationState,
    NomineeKind,
    Office,
    RoundState,
    Shown,
    days_wrong,
)

# ── the round ─────

_LEVEL = {Office.COMMUNITY: 3, Office.STREET: 2, Office.COUNTY: 1}
"""office → how deep a place may lie at the least for that office to stand over it: slashes in its path."""


@dataclass(frozen=True)
class RoundTold:
    """What a round declares. ``counts``: codes of ``queries.honour_counts.sources``."""

    title: str
    basis: str
    path: str
    seats: int
    office: str
    committee: str
    nominate_from: date
    nominate_until: date
    notice_days: int
    notice_clock: str
    counts: Sequence[str]
    counted_from: date
    counted_until: date


@transaction.atomic
def hold(*, told: RoundTold, by: Actor, now: datetime) -> Commendation:
    """Begin a round for a place of one's territory; nominations open on their day.

    Refused: days that cannot be, an office that does not stand over the place, something to count that is not there.
    """
    check_told(told=told, by=by, now=now, since=local_day(now))
    row = Commendation(
        number=public_number(by.county), title=told.title.strip(), basis=told.basis.strip(), path=told.path,
        seats=told.seats, office=told.office, committee=told.committee.strip(), nominate_from=told.nominate_from,
        nominate_until=told.nominate_until, notice_days=told.notice_days, notice_clock=told.notice_clock,
        counts=list(told.counts), counted_from=told.counted_from, counted_until=told.counted_until,
        state=RoundState.PLANNED, made_by=by.person, made_at=now,
    )  # fmt: skip
    if told.nominate_from <= local_day(now):
        move_round(row=row, deed="open")
    schedule(row=row)
    note(row=row, verb="commendation.held", by=by, now=now, seats=row.seats)
    return row


def check_told(*, told: RoundTold, by: Actor, now: datetime, since: date) -> None:
    """Refused as ``hold`` says. ``since``: the earliest day on which nominations may begin."""
    if not may_commend(by, told.path):
        raise NotAllowed(str(WHO_HOLDS))
    if territory.division_at_path(told.path) is None:
        raise Refused("no_place", _("没有这个地方。"), field="path")
    if told.path.count("/") < _LEVEL[Office(told.office)]:
        raise Refused("office", _("这个地方要由更高一级来评定。"), field="office")
    field, wrong = days_wrong(
        first=told.nominate_from,
        last=told.nominate_until,
        counted_from=told.counted_from,
        counted_until=told.counted_until,
        today=since,
    )
    if wrong:
        raise Refused(wrong, str(DAYS_WORDS[wrong]), field=field)
    known = {code for code, _name in sources(local_day(now))}
    if not set(told.counts) <= known:
        raise Refused("counts", _("选的优先依据里有一项现在没有。"), field="counts")


@transaction.atomic
def cancel(*, round: UUID, why: str, by: Actor, now: datetime) -> Commendation:
    """A round is not held after all, with a reason that everybody reads; who was asked or agreed is told, and what was
    written of him goes. Refused (409) once it was decided."""
    row = overseen_round(key=round, by=by)
    row.why = words(said=why, field="why", most=200)
    move_round(row=row, deed="cancel")
    row.ended_at, row.due_at = now, None
    for one in lapse(row=row, by=by, now=now, states=("asked", "standing")):
        inform(one=one, template="honour_cancelled", by=by, now=now)
    finish(kind=ROUND_KIND, key=row.id, by=by, now=now)
    schedule(row=row)
    note(row=row, verb="commendation.cancelled", by=by, now=now)
    return row


@transaction.atomic(savepoint=False)
def close_round(*, row: Commendation, by: Actor, now: datetime) -> None:
    """Nominations are over (``row`` is locked): the dated snapshot is taken, the office has to decide."""
    move_round(row=row, deed="close")
    row.due_at, row.late = working(days=DECIDE_DAYS, now=now), False
    snapshot(row=row, by=by, now=now)
    address(row=row, by=by, now=now)
    schedule(row=row)
    note(row=row, verb="commendation.closed", by=by, now=now)


@transaction.atomic(savepoint=False)
def snapshot(*, row: Commendation, by: Actor, now: datetime) -> PrioritySnapshot:
    """What is counted of every nominee now, stored with its explanation. ``row`` is locked."""
    made = PrioritySnapshot.objects.create(
        round=row, number=row.snapshots.count() + 1, at=now, by=by.person, counts=row.counts,
        counted_from=row.counted_from, counted_until=row.counted_until,
    )  # fmt: skip
    for one in row.nominations.filter(state__in=LIVING).order_by("made_at", "id"):
        found = tally(row, one)
        PriorityLine.objects.create(
            snapshot=made, nomination=one, acts=found.acts, told=[each.told() for each in found.counted],
            rows=found.rows,
        )  # fmt: skip
    return made


@transaction.atomic
def recount(*, round: UUID, by: Actor, now: datetime) -> PrioritySnapshot:
    """A new dated snapshot; the earlier ones stay. Refused (409) before nominations closed and after the decision."""
    row = overseen_round(key=round, by=by)
    if row.state != RoundState.DECIDING:
        raise Stale(_("只有在提名截止以后、评定以前，才能重新统计。"))
    made = snapshot(row=row, by=by, now=now)
    note(row=row, verb="commendation.recounted", by=by, now=now, snapshot=made.number)
    return made


# ── proposing ─────


@dataclass(frozen=True)
class Proposal:
    """Who is proposed and why. ``who``: a telephone number, or the full name of a unit or merchant; not read for oneself.
    ``unit``: the team in whose name. ``shown``, ``story_ok``: what who proposes himself agrees to."""

    kind: str
    who: str
    why: str
    evidence: str = ""
    oneself: bool = False
    unit: UUID | None = None
    shown: str = Shown.MASKED
    story_ok: bool = False


@transaction.atomic
def nominate(*, round: UUID, told: Proposal, by: Actor, now: datetime) -> Nomination | None:
    """Propose somebody; who was proposed already is seconded, once by each person. Whoever is proposed, or speaks for the
    unit or shop, is asked before anything is public; where nobody has the number nothing is kept (None). Who declined is
    not asked again, and whoever proposes him learns nothing of it. Who puts himself forward stands with his own words, also
    where another proposed him before, or where he declined.

    Refused: not the time (409), what is no number, nothing of that name, words missing, a team in which one does not work.
    """
    row = locked_round(key=round)
    if by.person is None:
        raise NotAllowed(_("请先登录，再提名。"))
    if row.state != RoundState.NOMINATING:
        raise Stale(_("现在不在提名时间里。"))
    if told.unit is not None and not people.memberships(by.person).filter(organisation_id=told.unit).exists():
        raise Refused("not_in_team", _("只能以您所在的队伍提名。"), field="unit")
    why, evidence = words(said=told.why, field="why"), told.evidence.strip()[:200]
    nominee, person = _nominee(row, told, by)
    if nominee is None:
        return None
    known = row.nominations.select_for_update(no_key=True).filter(kind=told.kind, nominee=nominee).first()
    if known is not None:
        known.round = row
        if told.oneself and known.person_id == by.person:
            return _stand(known, told, why, evidence, by, now)
        _second(known, by, now)
        return known
    one = Nomination(
        round=row, kind=told.kind, nominee=nominee, person_id=person, nominated_by=by.person, for_unit=told.unit,
        why_sealed=encrypt(why, bound_to=WHY), evidence_sealed=encrypt(evidence, bound_to=EVIDENCE),
        state=NominationState.ASKED, made_at=now,
    )  # fmt: skip
    one.save(force_insert=True)
    if is_of(by, one):
        move(one=one, deed="consent")
        one.shown = Shown.FULL if person is None else _shown(told.shown)
        one.story_ok, one.answered_at = person is None or told.story_ok, now
        one.save()
    note(row=row, verb="nomination.made", by=by, now=now, one=one, kind_of=one.kind)
    if one.state == NominationState.ASKED:
        inform(one=one, template="honour_asked", by=by, now=now)
        put(
            row=row, kind="honour_consent", role="community_clerk" if row.office == Office.COMMUNITY else row.office,
            by=by, now=now, due_at=now + CONSENT_SPAN, subject=(NOMINATION_KIND, one.id),
        )  # fmt: skip
    return one


def _nominee(row: Commendation, told: Proposal, by: Actor) -> tuple[UUID | None, UUID | None]:
    """(who is proposed, the person who agrees for it or None); nobody for a number or a home that is not registered: whoever
    proposes learns nothing of that."""
    if told.kind in (NomineeKind.PERSON, NomineeKind.HOUSEHOLD):
        who = by.person if told.oneself else getattr(people.find_by_phone(told.who), "pk", None)
        if not told.oneself and not normal_phone(told.who):
            raise Refused("no_phone", _("请写完整的手机号。"), field="who")
        if told.kind == NomineeKind.PERSON:
            return who, who
        home = people.household_of(who)
        return home, who if home else None
    name = " ".join(told.who.split())
    if told.kind == NomineeKind.UNIT:
        found = (
            people.organisations().filter(name=name).values_list("pk", flat=True).first() if name else None
        )
    else:
        shops = Merchant.objects.filter(name=name, path__startswith=row.path, state="active")
        found = shops.values_list("pk", flat=True).first() if name else None
    if found is None:
        raise Refused("nobody", _("没有叫这个名字的，请写登记的全名。"), field="who")
    return found, None


def _stand(one: Nomination, told: Proposal, why: str, evidence: str, by: Actor, now: datetime) -> Nomination:
    """What somebody proposed of him becomes his own, with his words; whoever proposed it seconds it."""
    earlier, one.nominated_by, one.for_unit = one.nominated_by, by.person, told.unit
    move(one=one, deed="stand")
    one.why_sealed, one.evidence_sealed = (
        encrypt(why, bound_to=WHY),
        encrypt(evidence, bound_to=EVIDENCE),
    )
    one.shown, one.story_ok = _shown(told.shown), told.story_ok
    one.answered_at, one.answered_for, one.ended_at = now, None, None
    one.save()
    if earlier is not None and earlier != by.person:
        Second.objects.get_or_create(nomination=one, person_id=earlier, defaults={"at": one.made_at})
    finish(kind=NOMINATION_KIND, key=one.id, by=by, now=now, kinds=("honour_consent",))
    note(row=one.round, verb="nomination.agreed", by=by, now=now, one=one, shown=one.shown)
    return one


def _second(one: Nomination, by: Actor, now: datetime) -> None:
    """Who proposed it, and who is proposed, count no second time."""
    who = by.person
    if who is not None and who not in (one.nominated_by, one.person_id) and one.state in LIVING:
        Second.objects.get_or_create(nomination=one, person_id=who, defaults={"at": now})


@transaction.atomic
def second(*, nomination: UUID, by: Actor, now: datetime) -> None:
    """Propose the same; again changes nothing. NotFound for who is not shown, refused (409) once nominations are over."""
    one = locked_nomination(key=nomination)
    if by.person is None:
        raise NotAllowed(_("请先登录，再附议。"))
    if one.state != NominationState.STANDING or one.shown == Shown.HIDDEN:
        raise NotFound(_("没有这个提名。"))
    if one.round.state != RoundState.NOMINATING:
        raise Stale(_("现在不在提名时间里。"))
    _second(one, by, now)


# ── agreeing ─────


@transaction.atomic
def consent(*, nomination: UUID, shown: str, story_ok: bool, by: Actor, now: datetime) -> Nomination:
    """The nominee agrees to stand, and says how he is named; said again later, it changes how he is named from now on.

    A clerk over the place may write down what he said when he was asked: he is told, and where he has an account no whole
    name stands before he says so himself; whose hand it was is kept. Refused (409) where nothing more becomes of the
    nomination or the round.
    """
    one = locked_nomination(key=nomination)
    own = _answers(one, by)
    if one.round.state == RoundState.CANCELLED or (
        one.state == NominationState.ASKED and one.round.state not in ANSWERABLE
    ):
        raise Stale(_("这一轮评选现在是“%(state)s”，请看过再办。") % {"state": one.round.get_state_display()})
    if one.state == NominationState.ASKED:
        move(one=one, deed="consent")
        one.answered_at = now
        one.answered_for = None if own else by.person
        finish(kind=NOMINATION_KIND, key=one.id, by=by, now=now, kinds=("honour_consent",))
    elif one.state not in (*LIVING, NominationState.AWARDED) or not own:
        raise Stale(_("这个提名现在是“%(state)s”，请看过再办。") % {"state": one.get_state_display()})
    one.shown, one.story_ok = _shown(shown), story_ok
    if not own and one.shown == Shown.FULL and one.person_id and access.account_of(one.person_id):
        one.shown = Shown.MASKED
    one.save()
    note(row=one.round, verb="nomination.agreed", by=by, now=now, one=one, shown=one.shown)
    _whose_now(one, by, now)
    if not own:
        inform(one=one, template="honour_agreed_for", by=by, now=now)
    return one


@transaction.atomic
def decline(*, nomination: UUID, by: Actor, now: datetime) -> Nomination:
    """The nominee does not stand, or no longer: gone from every public page, with what was written of him. Refused (409)
    after the award (how one is named can still be changed)."""
    one = locked_nomination(key=nomination)
    _answers(one, by)
    leave(one=one, by=by, now=now)
    return one


@transaction.atomic(savepoint=False)
def leave(*, one: Nomination, by: Actor, now: datetime) -> None:
    """A locked nomination ends with its words; a seat that falls vacant waits for the office."""
    seated, row = one.state == NominationState.CHOSEN, one.round
    move(one=one, deed="decline")
    one.why_sealed = one.evidence_sealed = one.story_sealed = ""
    one.ended_at = one.answered_at = now
    one.save()
    one.seconds.all().delete()
    finish(kind=NOMINATION_KIND, key=one.id, by=by, now=now)
    note(row=row, verb="nomination.declined", by=by, now=now, one=one)
    if seated:
        drop(one=one, by=by, now=now)
        vacate(row=row, by=by, now=now)
    else:
        _whose_now(one, by, now)


def _whose_now(one: Nomination, by: Actor, now: datetime) -> None:
    """Who stands changed while the office has to decide: it may be another's turn now."""
    row = one.round
    if row.state == RoundState.DECIDING or (row.state == RoundState.NOTICE and row.vacant):
        address(row=row, by=by, now=now)
        row.save()


@transaction.atomic(savepoint=False)
def vacate(*, row: Commendation, by: Actor, now: datetime) -> None:
    """A seat of a locked round fell vacant in the notice: the office chooses the next one or leaves it empty, by the time
    that the first vacant seat set. Where nobody is left to choose, it stays empty."""
    if row.nominations.filter(state=NominationState.PASSED).exists():
        if not row.vacant or row.due_at is None:
            row.due_at, row.late = working(days=NEXT_DAYS, now=now), False
        row.vacant += 1
        address(row=row, by=by, now=now)
    else:
        decided(row=row, act=Act.EMPTY, reasons=_("没有其他候选。"), by=by, now=now)
    settle_round(row=row, by=by, now=now)


def _answers(one: Nomination, by: Actor) -> bool:
    """Whether it is who speaks for the nominee; else a clerk who asked him. NotFound for anybody else."""
    own = is_of(by, one)
    asked = may_commend(by, one.round.path) and by.person != one.nominated_by
    if not own and not (asked and one.state == NominationState.ASKED):
        if may_commend(by, one.round.path):
            raise NotAllowed(_("同不同意由本人说；还在等答复的，由提名人以外的工作人员问过本人再代填。"))
        raise NotFound(_("没有这个提名。"))
    return own


def _shown(said: str) -> str:
    if said not in Shown.values:
        raise Refused("no_shown", _("请选公开时怎么写名字。"), field="shown")
    return said
