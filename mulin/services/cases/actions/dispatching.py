"""A case finds who does it: accept, dispatch, name officers, return, arbitrate, escalate (rows 8, 11, 12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case as Choose
from django.db.models import F, Q, Value, When
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import Refused
from mulin.services.cases.actions import holding, steps, telling, timing
from mulin.services.cases.actions.routing import tell_keepers
from mulin.services.cases.models import Case, CaseOfficer, CaseUnit
from mulin.services.cases.queries import routing
from mulin.services.cases.rules import (
    CLERKS,
    LEVELS,
    RETURNS_BEFORE_ARBITRATION,
    UNIT_STAFF,
    Address,
    EscalationReason,
    Holder,
    Part,
    ReturnReason,
    State,
    Urgency,
    above,
    level_of_role,
)


@transaction.atomic
def accept(
    *,
    case: UUID | Case,
    by: Actor,
    now: datetime,
    version: int | None,
    grid: UUID | None = None,
    place: UUID | None = None,
    matter: UUID | None = None,
    urgency: str = "",
) -> Case:
    """A clerk accepts a report, says what and where it is, and it goes to whom the routing table, else the type, names.

    ``matter``: the matter type; the case keeps its present version. Without one the grid gets it, or a place without grids
    its own clerk. Until somebody takes it up, a clerk may send it elsewhere by the same act; the total clock, once set,
    stays. Where the rule that decides cannot be followed, the clerk who screens there gets it (RETURNED), with the reason.
    Refused where it lies in no grid and no community, for a place outside the clerk's territory, for an unknown type.
    """
    row = steps.begin(case=case, action="accept", by=by, version=version)
    before = row.grid_path
    relocated(row=row, by=by, now=now, grid=grid, place=place)
    if urgency in Urgency.values:
        row.urgency = urgency
    routed = _first(row, matter, now, named=grid is not None or place is not None)
    first = timing.admit(case=row, now=now, holder=routed.holder)
    row.assigned_at = now
    give(row=row, routed=routed, how="accept", by=by, now=now, assists=_assists_of(row) if first else ())
    facts = {"grid": row.grid_path, "grid_before": before, "level": row.level, "why": routed.why}
    if routed.rule is not None:
        facts["rule"] = str(routed.rule)
    to = State.RETURNED if routed.broken else ""
    steps.finish(case=row, action="accept", by=by, now=now, facts=facts, to=to)
    if first:
        telling.tell(case=row, template="case_accepted", by=by, now=now)
    return row


def give(
    *, row: Case, routed: routing.Routed, how: str, by: Actor, now: datetime, assists: Sequence[UUID] = ()
) -> None:
    """Give the case to whom it was routed, with the helpers and officers of the rule: to do, or to look at where the rule is
    broken."""
    title = f"派不出去：{row.title}" if routed.broken else ""
    holding.hold(
        case=row, holder=routed.holder, how=routing.BROKEN if routed.broken else how, by=by, now=now,
        why=routed.why, kind="screen" if routed.broken else "handle", rule=routed.rule, title=title,
    )  # fmt: skip
    if routed.broken and routed.rule is not None:
        tell_keepers(version=routed.rule, by=by, now=now)
    help_with(row=row, units=[*routed.helpers, *assists], how=how, by=by, now=now)
    _name(row, routed.officers, by, now, known=True)


def _first(row: Case, matter: UUID | None, now: datetime, *, named: bool) -> routing.Routed:
    """Whom the case goes to first. Sets the type's version where another type is given: an admitted case keeps its own.
    A grid or place that the clerk names himself for a case without a type is his decision, not the table's."""
    kept = row.matter is not None and row.accepted_at is not None and row.matter.matter_type_id == matter
    if matter is not None and not kept:
        classify(row=row, version=routing.matter(matter))
    try:
        decided = routing.decide(row, now=now) if row.matter is not None or not named else None
    except routing.Broken as broken:
        return routing.to_screening(row, broken)
    if decided is not None:
        return decided
    holder = holding.in_grid(case=row)
    if not named and not row.grid_path and holder.to.role != "community_clerk":
        raise Refused("no_grid", _("请选择由哪个网格或哪个社区（村）办理。"), field="grid")
    return routing.at_level(row, holder.level, on=local_day(now))


def classify(*, row: Case, version: Any) -> None:
    """Write a matter type's version into the row: how it is verified, how urgent it is by nature."""
    row.matter, row.verification = version, version.verification
    if version.emergency:
        row.urgency = Urgency.EMERGENCY


def _assists_of(row: Case) -> list[UUID]:
    return [one.unit_id for one in row.matter.assists.all()] if row.matter is not None else []


def relocated(*, row: Case, by: Actor, now: datetime, grid: UUID | None, place: UUID | None) -> None:
    """Put the row into the named grid or place; without either it stays. Refused outside the clerk's territory, and for a
    grid that has ended."""
    if grid is not None:
        found = territory.grid(grid)
        if found.ended_on is not None and found.ended_on <= local_day(now):
            raise Refused("grid_ended", _("这个网格已经撤销，请选择现在的网格。"), field="grid")
        _within(by, found.path, "grid")
        if not row.place_path.startswith(found.community.path):
            row.place_id, row.place_path, row.compound_id = found.community_id, found.community.path, None
        row.grid_id, row.grid_path = found.id, found.path
    elif place is not None:
        division = territory.division(place)
        _within(by, division.path, "place")
        spot = territory.grid_of_place(place, on=local_day(now))
        row.place, row.place_path = division, division.path
        row.compound_id = territory.compound_of(division.path)
        row.grid_id, row.grid_path = (spot.grid_id, spot.grid_path) if spot else (None, "")


def _within(by: Actor, path: str, field: str) -> None:
    if not by.system and not by.covers(path, *CLERKS):
        raise Refused("not_yours", _("只能派到本人负责的区域内。别处的事请转给县级工作人员。"), field=field)


@transaction.atomic
def dispatch(
    *,
    case: UUID | Case,
    level: str,
    by: Actor,
    now: datetime,
    version: int | None,
    unit: UUID | None = None,
    persons: Sequence[UUID] = (),
    assists: Sequence[UUID] = (),
    note: str = "",
) -> Case:
    """A clerk gives the case to a level (and a unit on it), with assisting units and named officers.

    The first dispatch, and one to the matter type's own level, skip nobody; later only an emergency may leave a level
    out, and whoever has it because a routing rule cannot be followed. What is not admitted yet is admitted by this act.
    Refused ("skips_level", "no_level", "unit_ended", "not_their_staff").
    """
    row = steps.begin(case=case, action="dispatch", by=by, version=version)
    day = local_day(now)
    if level not in LEVELS:
        raise Refused("no_level", _("请选择派到哪一级。"), field="level")
    if level not in routing.reachable(row, on=day):
        raise _skips()
    routed = routing.at_level(row, level, on=day, unit=unit)
    first = timing.admit(case=row, now=now, holder=routed.holder)
    row.assigned_at = now
    holding.hold(case=row, holder=routed.holder, how="dispatch", by=by, now=now, why=note or routed.why)
    if row.unit_id is not None:  # who leads does not help besides
        end_helping(row=row, which=Q(unit=row.unit_id), by=by, now=now)
    help_with(row=row, units=assists, how="dispatch", by=by, now=now)
    _name(row, persons, by, now)
    facts = {"level": row.level, "unit": str(row.unit_id or ""), "why": note or routed.why}
    steps.finish(case=row, action="dispatch", by=by, now=now, note=note.strip()[:500], facts=facts)
    if first:
        telling.tell(case=row, template="case_accepted", by=by, now=now)
    return row


def _skips() -> Refused:
    words = _("不能越级：请先交上一级。紧急的事可以越级，先把它标为紧急。")
    return Refused("skips_level", words, field="level")


def help_with(*, row: Case, units: Sequence[UUID], how: str, by: Actor, now: datetime) -> None:
    """Units that help get a part and a to-do of their own; the lead unit and those who help already are passed over."""
    if not units:
        return
    known = set(
        CaseUnit.objects.filter(case=row, part=Part.ASSIST, until__isnull=True).values_list("unit", flat=True)
    )
    for unit in dict.fromkeys(units):
        if unit in known or unit == row.unit_id:
            continue
        named = people.organisation(unit)
        part = CaseUnit.objects.create(
            case=row,
            part=Part.ASSIST,
            unit=named,
            level=row.level,
            how=how,
            since=now,
            step_due_at=row.due_at,
        )
        worklist.put(
            by=by, now=now, kind="assist", subject_kind=steps.ASSIST, subject_id=part.id, title=row.title,
            number=row.number, unit=unit, due_at=row.due_at,
        )  # fmt: skip


def end_helping(*, row: Case, which: Q, by: Actor, now: datetime) -> None:
    """These assisting units have nothing more to do. One statement, more only where there are some."""
    parts = CaseUnit.objects.filter(which, case=row, part=Part.ASSIST, until__isnull=True)
    ended = list(parts.order_by("id").values_list("id", flat=True))
    for key in ended:
        worklist.done(by=by, now=now, subject_kind=steps.ASSIST, subject_id=key)
    if ended:
        CaseUnit.objects.filter(pk__in=ended).update(until=now)


def end_parts(*, row: Case, by: Actor, now: datetime) -> int:
    """Nobody has anything more to do: hops, assisting parts and named officers end, their to-dos too. Returns how many
    units really worked on it. Two statements, more only where something is to be ended."""
    parts = list(CaseUnit.objects.filter(case=row))
    for one in parts:
        if one.part == Part.ASSIST and one.until is None:
            worklist.done(by=by, now=now, subject_kind=steps.ASSIST, subject_id=one.id)
    if any(one.until is None for one in parts):
        due = Choose(When(part=Part.LEAD, then=Value(row.step_due_at)), default=F("step_due_at"))
        CaseUnit.objects.filter(case=row, until__isnull=True).update(until=now, step_due_at=due)
    holding.end_officers(case=row, by=by, now=now)
    return len({one.unit_id for one in parts if one.worked_at is not None and one.unit_id is not None})


# ── persons ──────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def name_officers(
    *, case: UUID | Case, persons: Sequence[UUID], by: Actor, now: datetime, version: int | None
) -> Case:
    """Name who works on it, two or more if need be; they replace those named before. Each has his own to-do.

    Refused without anybody, and for a person who does not work in the unit that holds it.
    """
    row = steps.begin(case=case, action="name_officers", by=by, version=version)
    if not persons:
        raise Refused("nobody", _("请至少选择一个人。"), field="persons")
    _name(row, persons, by, now)
    facts = {"persons": [str(one) for one in dict.fromkeys(persons)]}
    return steps.finish(case=row, action="name_officers", by=by, now=now, public=False, facts=facts)


def _name(row: Case, persons: Sequence[UUID], by: Actor, now: datetime, *, known: bool = False) -> None:
    """``known``: the routing rule that names them was looked at already."""
    if not persons:
        return
    wanted = list(dict.fromkeys(persons))
    if not known and not set(wanted) <= set(routing.staff_for(row, on=local_day(now))):
        raise Refused("not_their_staff", _("只能指定承办单位或本网格、本辖区在岗的人。"), field="persons")
    standing = {one.person_id: one for one in CaseOfficer.objects.filter(case=row, until__isnull=True)}
    for person, one in standing.items():
        if person not in wanted:
            worklist.done(by=by, now=now, subject_kind=steps.OFFICER, subject_id=one.id)
            one.until = now
            one.save(update_fields=["until"])
    for person in wanted:
        if person not in standing:
            one = CaseOfficer.objects.create(case=row, person_id=person, since=now)
            worklist.put(
                by=by, now=now, kind="officer", subject_kind=steps.OFFICER, subject_id=one.id, title=row.title,
                number=row.number, person=person, path=row.place_path, due_at=row.step_due_at,
            )  # fmt: skip


@transaction.atomic
def visit(
    *,
    case: UUID | Case,
    text: str,
    by: Actor,
    now: datetime,
    version: int | None,
    with_persons: Sequence[UUID] = (),
) -> Case:
    """Somebody was there and writes what he found; several visits by several people may stand in one case."""
    row = steps.begin(case=case, action="visit", by=by, version=version)
    words = steps.required(
        text=text, code="no_text", message=_("请写到现场看到的情况。"), field="text", most=1000
    )
    facts = {"with": [str(one) for one in dict.fromkeys(with_persons)]}
    if row.unit_id is not None and row.unit_id in by.units(*UNIT_STAFF):
        holding.worked(case=row, by=by, now=now)
    return steps.finish(case=row, action="visit", by=by, now=now, note=words, public=False, facts=facts)


@transaction.atomic
def assist_report(*, case: UUID | Case, text: str, by: Actor, now: datetime, version: int | None) -> Case:
    """An assisting unit writes what it did: it really worked on the case (row 19), and its to-do ends."""
    row = steps.begin(case=case, action="assist_report", by=by, version=version)
    words = steps.required(text=text, code="no_text", message=_("请写协办的情况。"), field="text", most=1000)
    units = by.units(*UNIT_STAFF)
    parts = CaseUnit.objects.select_for_update(no_key=True).filter(
        case=row, part=Part.ASSIST, unit__in=units, until__isnull=True
    )
    for part in parts.order_by("id"):
        part.report, part.worked_at = words, part.worked_at or now
        part.save(update_fields=["report", "worked_at"])
        worklist.done(by=by, now=now, subject_kind=steps.ASSIST, subject_id=part.id)
    return steps.finish(case=row, action="assist_report", by=by, now=now, note=words, public=False)


# ── whose it is not ──────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def return_not_ours(
    *, case: UUID | Case, code: str, reason: str, by: Actor, now: datetime, version: int | None
) -> Case:
    """Whoever holds it sends it back: it is not theirs, because. The total clock runs on, the hop's time stays with them.

    The clerk above dispatches anew; after RETURNS_BEFORE_ARBITRATION returns an arbiter of the street or county decides.
    What an arbiter has decided is not returned any more.
    """
    row = steps.begin(case=case, action="return_not_ours", by=by, version=version)
    if code not in ReturnReason.values:
        raise Refused("code_unknown", _("请选择退单的理由。"), field="code")
    words = steps.required(
        text=reason,
        code="no_reason",
        message=_("请写清依据什么说不归你们，应当归谁。"),
        field="reason",
        most=1000,
    )
    decided = CaseUnit.objects.filter(case=row, part=Part.LEAD, until__isnull=True, how="arbitrate").exists()
    if decided:
        raise Refused("arbitrated", _("已经裁定由你们主办，不能再退。有困难请申请延期或升级。"), status=409)
    row.returns += 1
    disputed = row.returns > RETURNS_BEFORE_ARBITRATION
    clerk = over(row=row)
    back = _arbiter(row) if disputed else Holder(level_of_role(clerk.role), clerk)
    facts = {"code": code, "returns": row.returns, "unit": str(row.unit_id or ""), "level": row.level}
    holding.hold(
        case=row, holder=back, how="return_not_ours", by=by, now=now, why=words,
        kind="arbitrate" if disputed else "screen",
    )  # fmt: skip
    to = State.DISPUTED if disputed else State.RETURNED
    return steps.finish(
        case=row, action="return_not_ours", by=by, now=now, note=words, public=False, facts=facts, to=to
    )


def over(*, row: Case) -> Address:
    """The clerk above whoever holds it."""
    return above("county_clerk" if row.unit_id and row.level == "county" else _role(row), row.place_path)


def _arbiter(row: Case) -> Holder:
    """The street, where the case never left it; else the county."""
    hops = CaseUnit.objects.filter(case=row, part=Part.LEAD).values_list("level", flat=True)
    role = "county_clerk" if "county" in {*hops, row.level} or row.place_path in ("", "/") else "street_clerk"
    path = "/" if role == "county_clerk" else row.place_path
    to = Address(role, path)
    return Holder(level_of_role(role), to)


def _role(row: Case) -> str:
    return {"compound": "property_clerk", "street": "street_clerk"}.get(
        row.level, row.held_role or "grid_worker"
    )


@transaction.atomic
def arbitrate(
    *,
    case: UUID | Case,
    level: str,
    reason: str,
    by: Actor,
    now: datetime,
    version: int | None,
    unit: UUID | None = None,
    assists: Sequence[UUID] = (),
) -> Case:
    """The street or county names who leads and who helps, with the reason; it is final: whoever helped before and is not
    named has nothing more to do. Refused without a reason.

    Two arbiters at once: the second one is told that it changed (409), and his words are kept by the page.
    """
    row = steps.begin(case=case, action="arbitrate", by=by, version=version)
    words = steps.required(
        text=reason, code="no_reason", message=_("请写明裁定的理由。"), field="reason", most=1000
    )
    if level not in LEVELS:
        raise Refused("no_level", _("请选择派到哪一级。"), field="level")
    routed = routing.at_level(row, level, on=local_day(now), unit=unit)
    row.assigned_at = now
    holding.hold(case=row, holder=routed.holder, how="arbitrate", by=by, now=now, why=words)
    steps.settle(case=row, by=by, now=now, kinds=("arbitrate",))
    end_helping(row=row, which=Q(unit=row.unit_id) | ~Q(unit__in=assists), by=by, now=now)
    help_with(row=row, units=assists, how="arbitrate", by=by, now=now)
    facts = {"level": row.level, "unit": str(row.unit_id or ""), "assists": [str(one) for one in assists]}
    return steps.finish(case=row, action="arbitrate", by=by, now=now, note=words, public=False, facts=facts)


@transaction.atomic
def escalate(
    *,
    case: UUID | Case,
    code: str,
    reason: str,
    by: Actor,
    now: datetime,
    version: int | None,
    level: str = "",
) -> Case:
    """Whoever holds it, or ``tick`` when it is overdue, gives it to the level above; the level below keeps sight of it.

    ``level``: a higher one, in an emergency only. Refused at the top, without a reason, and where a level is left out.
    """
    row = steps.begin(case=case, action="escalate", by=by, version=version)
    if code not in EscalationReason.values:
        raise Refused("code_unknown", _("请选择升级的理由。"), field="code")
    words = steps.required(
        text=reason, code="no_reason", message=_("请写明为什么本级办不了。"), field="reason", most=1000
    )
    day = local_day(now)
    routed = routing.at_level(row, level, on=day) if level else routing.one_up(row, on=day)
    if routed is None:
        raise Refused("at_the_top", _("已经在县一级，没有上一级了。"), status=409)
    if level:
        if routing.rank(level) <= routing.rank(row.level):
            raise Refused("no_level", _("只能升级到上面的级别。"), field="level")
        if code == EscalationReason.EMERGENCY:
            row.urgency = Urgency.EMERGENCY
        if level not in routing.ladder(row, on=day):
            raise _skips()
    before = row.level
    row.assigned_at = now
    title = f"超期升级：{row.title}" if code == EscalationReason.OVERDUE else ""
    holding.hold(case=row, holder=routed.holder, how="escalate", by=by, now=now, why=words, title=title)
    facts = {"code": code, "from": before, "level": row.level, "unit": str(row.unit_id or "")}
    return steps.finish(case=row, action="escalate", by=by, now=now, note=words, facts=facts)
