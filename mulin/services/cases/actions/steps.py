"""What every movement of a case has in common: lock, check, write the row, the step, the deed and the to-dos.

Who holds it: ``holding``. What its reporters learn: ``telling``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case as Choose
from django.db.models import Value, When
from django.utils.translation import gettext as _

from mulin.citus.kept import Kept
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.ground.worklist import queries as work
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.tables import clean
from mulin.services.cases.actions import happening, timing
from mulin.services.cases.models import (
    Case,
    CaseOfficer,
    CaseUnit,
    Rating,
    Supervision,
)
from mulin.services.cases.permissions import may, may_see
from mulin.services.cases.rules import (
    CONTENT,
    GRID_STAFF,
    LIMITS,
    MOST_WORDS,
    TRANSITIONS,
    UNIT_STAFF,
    WHO,
    Address,
    Part,
    clerk_at,
    community_of_grid,
)

ASSIST, OFFICER = "case_unit", "case_officer"
"""Subject kinds of the to-dos of assisting units and of named officers: a case may have several of each."""


ORDERS = ("supervised", "supervision", "supervision_late")
"""To-dos of an order from above: they end with the order, not with what happens to the case."""
OWED = ("supervised", "respond")
"""To-dos that go on to whoever holds the case next, with their clocks."""
CLOCKED = ("screen", "handle")
"""To-dos whose clock is the step's."""
RESTING = (*CLOCKED, "overdue", "decide")
"""A case's own to-dos that rest with it."""


def begin(*, case: UUID | Case, action: str, by: Actor, version: int | None) -> Case:
    """Lock the case's row and check that ``by`` may take ``action`` on it now.

    Raises NotFound (nothing he may know of), NotAllowed (sees it, may not), Stale (changed since he read it), Refused
    ``not_now`` (the table has no such move from this state). One statement, two where a to-do by name may let him in.
    """
    row = locked(case=case)
    name = row is not None and not may_see(by, row) and not by.system
    holds = row is not None and (name or not may(by, action, row)) and holds_work(actor=by, case=row)
    if row is None or (name and not holds):
        raise NotFound(_("没有这件事，或者您看不到它。"))
    if version is not None and version != row.version:
        raise Stale(_("在您填写期间，这件事已经被别人更新。请看最新情况，您写的内容还在。"))
    if not may(by, action, row, holds_work=holds):
        raise NotAllowed(_("您不能做这一步。%(who)s") % {"who": WHO[action].words})
    in_state(case=row, action=action)
    row.acted_for = _acted_for(by, row, action)
    return row


_LOCKED: Kept[Case] = Kept(lambda key: Case.objects.select_for_update(no_key=True).filter(pk=key))


def locked(*, case: UUID | Case) -> Case | None:
    """The case's row FOR UPDATE, or None. One statement."""
    key = case.id if isinstance(case, Case) else case
    row = _LOCKED.one(key=key)
    if row is not None:
        row.as_read = _columns(row)
    return row


def _columns(row: Case) -> dict[str, Any]:
    return {one.attname: getattr(row, one.attname) for one in Case._meta.concrete_fields}


def _write(row: Case) -> None:
    """Write what an act changed of a row; all of it where ``locked`` did not read it. A JSON value is replaced, never
    changed in place."""
    before, now = row.as_read, _columns(row)
    row.save(update_fields=None if before is None else [name for name in now if now[name] != before[name]])
    row.as_read = now | {"touched": row.touched}


def in_state(*, case: Case, action: str) -> None:
    """Raises Refused ``not_now`` where the table has no such move from the case's state."""
    if case.state not in TRANSITIONS[action].sources:
        told = {"state": case.get_state_display(), "action": TRANSITIONS[action].words}
        raise Refused("not_now", _("这件事现在是“%(state)s”，不能“%(action)s”。") % told, status=409)


def holds_work(*, actor: Actor, case: Case) -> bool:
    """Whether an open to-do about the case is addressed by name to the actor, or to one for whom he stands in."""
    if not actor.persons:
        return False
    return work.of_subject("case", case.id).filter(person__in=actor.persons).exists()


def _acted_for(by: Actor, case: Case, action: str) -> UUID | None:
    """The colleague on leave in whose place this is done; None where it is the actor's own to do. No statement for
    whoever stands in for nobody."""
    if not by.stands_for:
        return None
    own = by.himself
    if may(own, action, case, holds_work=holds_work(actor=own, case=case)):
        return None
    if case.handler_id in by.stands_for:
        return case.handler_id
    named = CaseOfficer.objects.filter(case=case, person__in=by.stands_for, until__isnull=True)
    asked = work.of_subject("case", case.id).filter(person__in=by.stands_for)
    return (
        named.values_list("person_id", flat=True).first()
        or asked.values_list("person_id", flat=True).first()
        or by.behalf(path=case.grid_path, unit=case.unit_id)
    )


def required(*, text: str, code: str, message: str, field: str, most: int = MOST_WORDS) -> str:
    """The text without what nobody sees. Refused where nothing is left or it is longer than ``most`` characters."""
    plain = clean(text)
    if not plain:
        raise Refused(code, message, field=field)
    if len(plain) > most:
        raise Refused("too_long", _("最多 %(most)d 个字，请写短一些。") % {"most": most}, field=field)
    return plain


def finish(
    *,
    case: Case,
    action: str,
    by: Actor,
    now: datetime,
    note: str = "",
    public: bool = True,
    facts: Mapping[str, Any] | None = None,
    before: str | None = None,
    to: str = "",
    step: str = "",
    kept: Mapping[str, Any] | None = None,
) -> Case:
    """Move the case as the table says (or leave it), and write row, step and deed: four statements.

    ``kept``: what the step keeps, and the trail need not, to take it back by.

    ``step`` is the step's name where it differs from the action's; ``before`` the state it came from; ``to`` the state
    where the action itself decides between those that the table names (anything else raises ValueError).
    """
    move = TRANSITIONS.get(action)
    origin = case.state if before is None else before
    if to:
        if move is None or not (move.leads_to(to) or to == origin):
            raise ValueError(f"{action} does not lead to {to}")
        case.state = to
    elif move is not None and move.target is not None:
        case.state = move.target
    case.version += 1
    timing.schedule(case=case, now=now)
    _write(case)
    facts = dict(facts or {}) | ({"batch": str(by.batch)} if by.batch else {})
    happening.write_step(
        case=case,
        by=by,
        at=now,
        action=step or action,
        from_state=origin,
        to_state=case.state,
        person=by.hand,
        role=role_in(by=by, case=case),
        system=by.program[:40],
        note=note,
        public=public,
        facts=facts
        | ({"acted_for": str(case.acted_for)} if case.acted_for else {})
        | ({"connected": str(by.connected)} if by.connected else {})
        | ({"kept": dict(kept)} if kept else {}),
    )
    record(case=case, verb=f"case.{action}", by=by, now=now, facts=facts)
    return case


def record(
    *, case: Case, verb: str, by: Actor, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """The deed in the trail: number, state and what else is no personal data."""
    told = {"number": case.number, "state": str(case.state), "version": case.version, **(facts or {})}
    trail.record(
        by=by,
        now=now,
        verb=verb,
        subject_kind="case",
        subject_id=case.id,
        facts=told,
        on_behalf_of=case.acted_for,
    )


def role_in(*, by: Actor, case: Case) -> str:
    """The role in which the actor deals with this case: the one whose territory or unit contains it, the closest first; of
    whoever helps, or wrote it down, the one in his own unit. A connected system has that of
    the unit for which it acts."""
    best = ""
    longest = -1
    if by.connected is not None:
        return next((held.role for held in by.held if held.unit is not None), "")
    for held in by.held:
        path = case.grid_path if held.role in GRID_STAFF else case.place_path
        reaches = bool(held.path) and path.startswith(held.path)
        if held.unit is not None and held.unit == case.unit_id:
            return held.role
        if reaches and len(held.path) > longest:
            best, longest = held.role, len(held.path)
    if best or not by.held:
        return best
    if by.person in (case.reported_by_id, case.handler_id):
        return by.held[0].role
    return next(
        (held.role for held in by.held if held.role in UNIT_STAFF), ""
    )  # a unit that helps, or found it


# ── to-dos ───────────────────────────────────────────────────────────────────────────────────────────────────────


def clerk_for(*, case: Case) -> Address:
    """The clerk who screens and closes: of the grid's community, else of the place (one statement), else of the county."""
    if case.grid_path:
        return Address("community_clerk", community_of_grid(case.grid_path))
    kind = case.place.kind if case.place_id is not None and case.place is not None else ""
    return clerk_at(case.place_path, kind)


def ask(
    *,
    case: Case,
    kind: str,
    to: Address,
    by: Actor,
    now: datetime,
    title: str = "",
    person: UUID | None = None,
    due_at: datetime | None = None,
) -> None:
    """Put a to-do of this kind. A step's clock never outlives the case's total one; ``due_at`` keeps a running one."""
    within = {
        "screen": LIMITS.screen,
        "handle": LIMITS.handle,
        "close": LIMITS.close,
        "verify": LIMITS.verify,
        "arbitrate": LIMITS.arbitrate,
        "appeal": LIMITS.appeal,
        "overdue": LIMITS.handle,
        "supervision": LIMITS.decide,
        "supervision_late": LIMITS.decide,
        "decide": LIMITS.decide,
        "check": LIMITS.check,
        "hard": LIMITS.check,
    }.get(kind, LIMITS.contact)
    due = due_at or now + within
    if kind in ("screen", "handle") and case.due_at is not None and case.due_at > now:
        due = min(due, case.due_at)
    worklist.put(
        by=by,
        now=now,
        kind=kind,
        subject_kind="case",
        subject_id=case.id,
        title=title or case.title,
        number=case.number,
        person=person,
        role="" if person else to.role,
        path=to.path,
        unit=None if person else to.unit,
        due_at=due,
    )


def has_work(*, case: Case, kind: str) -> bool:
    """Whether a to-do of this kind is open. One statement."""
    return work.of_subject("case", case.id).filter(kind=kind).exists()


def settle(*, case: Case, by: Actor, now: datetime, kinds: tuple[str, ...] | None = None) -> None:
    """Finish the case's open to-dos (of these kinds; without any, all but ORDERS)."""
    worklist.done(
        by=by, now=now, subject_kind="case", subject_id=case.id, kinds=kinds, but=() if kinds else ORDERS
    )


def follow_clocks(*, case: Case, by: Actor, now: datetime) -> None:
    """The due times of the row have moved: those of its hops and to-dos move with them. Four statements."""
    hops = Choose(When(part=Part.LEAD, then=Value(case.step_due_at)), default=Value(case.due_at))
    CaseUnit.objects.filter(case=case, until__isnull=True).update(step_due_at=hops)
    parts = CaseUnit.objects.filter(case=case, part=Part.ASSIST, until__isnull=True).values("id")
    named = CaseOfficer.objects.filter(case=case, until__isnull=True).values("id")
    for kind, subjects, due, kinds in (
        ("case", [case.id], case.step_due_at, CLOCKED),
        (ASSIST, parts, case.due_at, None),
        (OFFICER, named, case.step_due_at, None),
    ):
        worklist.move_due(by=by, now=now, subject_kind=kind, subjects=subjects, due_at=due, kinds=kinds)


def rest_work(*, case: Case, by: Actor, now: datetime) -> None:
    """The case rests, and with it the to-dos of whoever works on it: grey until ``work_again``."""
    for kind, key in subjects(case=case):
        own = RESTING if kind == "case" else None
        worklist.pause(by=by, now=now, subject_kind=kind, subject_id=key, kinds=own)


def work_again(*, case: Case, by: Actor, now: datetime) -> None:
    """The rest is over: the to-dos run on, by the due times that the row has now."""
    for kind, key in subjects(case=case):
        worklist.resume(by=by, now=now, subject_kind=kind, subject_id=key)
    follow_clocks(case=case, by=by, now=now)


def ask_to_look(*, case: Case, by: Actor, now: datetime) -> None:
    """A result is there: a second person verifies it where the type asks for one, else a clerk looks and closes."""
    if case.verification == "second_person":
        due = timing.verify_due(case=case, now=now)
        ask(case=case, kind="verify", to=clerk_for(case=case), by=by, now=now, due_at=due)
    else:
        ask(case=case, kind="close", to=clerk_for(case=case), by=by, now=now)


def subjects(*, case: Case) -> list[tuple[str, UUID]]:
    """What the open to-dos about a case are filed under. Two statements."""
    parts = CaseUnit.objects.filter(case=case, part=Part.ASSIST, until__isnull=True).order_by("id")
    named = CaseOfficer.objects.filter(case=case, until__isnull=True).order_by("id")
    return filed_under(
        case=case, parts=parts.values_list("id", flat=True), named=named.values_list("id", flat=True)
    )


def filed_under(*, case: Case, parts: Iterable[UUID], named: Iterable[UUID]) -> list[tuple[str, UUID]]:
    """(subject kind, id) of whatever a to-do may be about: the case, its helping units, its named officers."""
    return [("case", case.id), *((ASSIST, key) for key in parts), *((OFFICER, key) for key in named)]


# ── what is known of a case ──────────────────────────────────────────────────────────────────────────────────────


def supervised(*, case: Case) -> bool:
    """Whether a supervision order is open. One statement."""
    return Supervision.objects.filter(case=case, signed_off_at__isnull=True).exists()


def seen_by_another(*, case: Case) -> bool:
    """Whether somebody other than its handler saw that it was done: a verification, or a reporter who is content with what
    was done this time. One statement at most."""
    content = Rating.objects.filter(case=case, closure=case.round, score__in=CONTENT)
    return case.verified_at is not None or content.exists()


def units_worked(*, case: Case) -> int:
    """How many units really worked on it (row 19). One statement."""
    parts = CaseUnit.objects.filter(case=case, worked_at__isnull=False, unit__isnull=False)
    return parts.values("unit").distinct().count()
