"""A case is worked on: accept, refuse, take up, reply, dispose, record a call or visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.files import actions as files
from mulin.ground.notices import queries as notices
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.secrets import decrypt
from mulin.services.cases.actions import steps
from mulin.services.cases.models import Case
from mulin.services.cases.permissions import may, may_see
from mulin.services.cases.rules import (
    CLERKS,
    CONTACT_TRIES,
    MOST_PHOTOS,
    Address,
    Contacted,
    State,
    Way,
    clerk_at,
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
) -> Case:
    """A clerk accepts a report and says where it is: the grid gets the to-do; a place without grids, its own clerk.
    Until somebody takes it up, a clerk may send it elsewhere by the same act.

    Without ``grid`` and ``place`` it stays where the report put it. Refused where that is no grid and no community, and
    for a grid or place outside the clerk's territory.
    """
    row = steps.begin(case=case, action="accept", by=by, version=version)
    before = row.grid_path
    to = _relocate(row, by, now, grid, place)
    first = row.accepted_at is None
    row.accepted_at = row.accepted_at or now
    row.assigned_at = now
    steps.finish(
        case=row, action="accept", by=by, now=now, facts={"grid": row.grid_path, "grid_before": before}
    )
    steps.settle(case=row, by=by, now=now, kinds=("screen", "handle"))
    steps.ask(case=row, kind="handle", to=to, by=by, now=now)
    if first:
        steps.tell(case=row, template="case_accepted", by=by, now=now)
    return row


def _relocate(row: Case, by: Actor, now: datetime, grid: UUID | None, place: UUID | None) -> Address:
    """Put the case into the named grid or place, and say whose to-do it becomes."""
    if grid is not None:
        found = territory.grid(grid)
        if found.ended_on is not None and found.ended_on <= local_day(now):
            raise Refused("grid_ended", _("这个网格已经撤销，请选择现在的网格。"), field="grid")
        _within(by, found.path, "grid")
        if not row.place_path.startswith(found.community.path):
            row.place_id, row.place_path = found.community_id, found.community.path
        row.grid_id, row.grid_path = found.id, found.path
    elif place is not None:
        division = territory.division(place)
        _within(by, division.path, "place")
        spot = territory.grid_of_place(place, on=local_day(now))
        row.place_id, row.place_path = division.id, division.path
        row.grid_id, row.grid_path = (spot.grid_id, spot.grid_path) if spot else (None, "")
        if not spot:
            return clerk_at(division.path, division.kind)
    if row.grid_path:
        return Address("grid_worker", row.grid_path)
    to = steps.clerk_for(case=row)
    if to.role != "community_clerk":
        raise Refused("no_grid", _("请选择由哪个网格或哪个社区（村）办理。"), field="grid")
    return to


def _within(by: Actor, path: str, field: str) -> None:
    if not by.system and not by.covers(path, *CLERKS):
        raise Refused("not_yours", _("只能派到本人负责的区域内。别处的事请转给县级工作人员。"), field=field)


@transaction.atomic
def refuse(
    *, case: UUID | Case, reason: str, where: str, by: Actor, now: datetime, version: int | None
) -> Case:
    """A clerk does not admit a report, says why and where to turn, and the reporter is told."""
    row = steps.begin(case=case, action="refuse", by=by, version=version)
    why = steps.required(
        text=reason, code="no_reason", message=_("请写明不予受理的理由。"), field="reason", most=1000
    )
    whither = steps.required(
        text=where, code="no_where", message=_("请写明该找谁、怎么找。"), field="where", most=500
    )
    row.refusal = f"{why}\n该找谁：{whither}"  # kept as written, whatever language its reader chooses
    steps.settle(case=row, by=by, now=now)
    told = steps.tell(case=row, template="case_refused", by=by, now=now)
    before, row.state = row.state, State.NOT_ADMITTED
    _answered(row, told, by, now)
    return steps.finish(
        case=row, action="refuse", by=by, now=now, note=row.refusal, facts=told.facts, before=before
    )


@transaction.atomic
def take_up(*, case: UUID | Case, by: Actor, now: datetime, version: int | None) -> Case:
    """Somebody takes the case in hand: it is his, and his to-do by name keeps the grid's clock."""
    row = steps.begin(case=case, action="take_up", by=by, version=version)
    if by.person is None:
        raise NotAllowed(_("接单的必须是具体的人。"))
    row.handler_id = by.person
    row.taken_up_at = row.taken_up_at or now
    row.accepted_at = row.accepted_at or now
    row.assigned_at = row.assigned_at or now
    steps.finish(case=row, action="take_up", by=by, now=now)
    steps.settle(case=row, by=by, now=now, kinds=("screen",))
    _to_handler(row, by, now)
    steps.tell(case=row, template="case_taken_up", by=by, now=now)
    return row


def _to_handler(row: Case, by: Actor, now: datetime) -> None:
    to = Address("grid_worker", row.grid_path) if row.grid_path else steps.clerk_for(case=row)
    due = steps.due_of(case=row, kind="handle")
    steps.ask(case=row, kind="handle", to=to, by=by, now=now, person=row.handler_id, due_at=due)


@transaction.atomic
def reply(
    *, case: UUID | Case, text: str, by: Actor, now: datetime, version: int | None, way: str = Way.MESSAGE
) -> Case:
    """Answer the reporter with content: the first contact that counts as a response (row 20).

    ``way``: sent by the system, or already said by phone or in person. Nobody reachable by message but with a phone:
    a call-or-visit to-do, and the response counts when somebody has reached him.
    """
    row = steps.begin(case=case, action="reply", by=by, version=version)
    words = steps.required(text=text, code="no_text", message=_("请写答复的内容。"), field="text")
    if way not in Way.values:
        raise Refused("way_unknown", _("请选择怎么告诉反映人的。"), field="way")
    facts: dict[str, Any] = {"way": way}
    told = steps.tell(case=row, template="case_replied", by=by, now=now)
    facts |= told.facts
    if way != Way.MESSAGE:
        steps.informed(case=row, now=now)
    else:
        _answered(row, told, by, now)
    return steps.finish(case=row, action="reply", by=by, now=now, note=words, facts=facts)


def _answered(row: Case, told: steps.Told, by: Actor, now: datetime) -> None:
    """The reporters know now, or somebody has to call or visit."""
    if told.reached:
        steps.informed(case=row, now=now)
    else:
        steps.ask_to_call(case=row, by=by, now=now)


@transaction.atomic
def _dispose(
    row_id: UUID, result: str, stored: list[Any], by: Actor, now: datetime, version: int | None
) -> Case:
    row = steps.begin(case=row_id, action="dispose", by=by, version=version)
    row.result = result
    row.disposed_at = now
    row.handler_id = row.handler_id or by.person
    if stored:
        files.attach(files=[one.id for one in stored], subject_kind="case", subject_id=row.id, by=by, now=now)
    steps.settle(case=row, by=by, now=now, kinds=("handle", "screen", "call_or_visit"))
    told = steps.tell(case=row, template="case_disposed", by=by, now=now)
    before, row.state = row.state, State.DISPOSED
    _answered(row, told, by, now)
    facts: dict[str, Any] = dict(told.facts)
    if stored:
        facts["photos"] = [str(one.id) for one in stored]
    steps.finish(case=row, action="dispose", by=by, now=now, note=result, facts=facts, before=before)
    steps.ask(case=row, kind="close", to=steps.clerk_for(case=row), by=by, now=now)
    return row


def dispose(
    *,
    case: UUID | Case,
    result: str,
    by: Actor,
    now: datetime,
    version: int | None,
    photos: Sequence[Any] = (),
) -> Case:
    """Write the result (with photos if any). The reporter is told, or a call-or-visit to-do is put; the clerk may close.

    Photos are stored before the transaction. Refused without words of the result.
    """
    words = steps.required(text=result, code="no_result", message=_("请写处置结果。"), field="result")
    if len(photos) > MOST_PHOTOS:
        raise Refused("too_many_photos", _("最多 %(most)d 张照片。") % {"most": MOST_PHOTOS}, field="photos")
    key = case.id if isinstance(case, Case) else case
    if photos:
        with transaction.atomic():  # nobody stores photos for a case that is not his
            steps.begin(case=key, action="dispose", by=by, version=version)
    stored = [files.store(upload=photo, purpose="result", by=by, now=now) for photo in photos]
    return _dispose(key, words, stored, by, now, version)


@transaction.atomic
def inform(
    *, case: UUID | Case, outcome: str, by: Actor, now: datetime, version: int | None, note: str = ""
) -> Case:
    """Record a call or visit: reached (the reporter knows now), or not; the third vain try ends the to-do, and a clerk
    may close without.

    Refused where nothing waits to be told: a call without content is no response.
    """
    row = steps.begin(case=case, action="inform", by=by, version=version)
    if not steps.has_work(case=row, kind="call_or_visit"):
        raise Refused(
            "nothing_to_tell", _("现在没有等着告知反映人的内容：请先写答复或处置结果。"), status=409
        )
    if outcome not in Contacted.values:
        raise Refused("outcome_unknown", _("请选择联系的结果。"), field="outcome")
    words = note.strip()[:500]
    if outcome == Contacted.REACHED:
        steps.informed(case=row, now=now)
        steps.settle(case=row, by=by, now=now, kinds=("call_or_visit",))
        return steps.finish(
            case=row, action="inform", by=by, now=now, note=words, public=False, facts={"outcome": outcome}
        )
    steps.finish(
        case=row,
        action="inform",
        by=by,
        now=now,
        note=words,
        public=False,
        facts={"outcome": outcome},
        step="not_reached",
    )
    if steps.tried(case=row) >= CONTACT_TRIES:
        steps.settle(case=row, by=by, now=now, kinds=("call_or_visit",))
    return row


@transaction.atomic
def message_failed(*, subject_id: UUID, notice_id: UUID, now: datetime) -> None:
    """What notices call when a message will never arrive: nobody was told, somebody has to call or visit.

    A closed case asks nobody, and nobody is asked where the same message stands in the app.
    """
    row = steps.locked(case=subject_id)
    if row is None or row.state == State.CLOSED:
        return
    sent = notices.of_subject("case", row.id)
    key = next((one.key for one in sent if one.id == notice_id), "")
    if any(one.key == key and one.channel == "in_app" for one in sent):
        return
    by = system(current_county(), "notices")
    steps.not_informed(case=row)
    row.save()
    steps.ask_to_call(case=row, by=by, now=now)
    steps.record(case=row, verb="case.message_failed", by=by, now=now, facts={"notice": str(notice_id)})


@transaction.atomic
def show_contact(*, case: UUID | Case, by: Actor, now: datetime) -> list[people.Contact]:
    """Name and phone of each reporter in plain text, for who handles the case. The look is recorded about him."""
    key = case.id if isinstance(case, Case) else case
    row = Case.objects.filter(pk=key).first()
    holds = row is not None and steps.holds_work(actor=by, case=row)
    if row is None or not (may_see(by, row) or holds):
        raise NotFound(_("没有这件事，或者您看不到它。"))
    if not may(by, "show_contact", row, holds_work=holds):
        raise NotAllowed(_("只有办理这件事的人可以看联系方式。"))
    found = []
    for one in steps.reporters_of(case=row):
        trail.record(
            by=by,
            now=now,
            verb="case.contact.viewed",
            subject_kind="case",
            subject_id=row.id,
            facts={"number": row.number},
            about=one.person_id,
        )
        found.append(
            people.Contact(
                name=decrypt(one.name_sealed, bound_to="case_reporter.name"),
                phone=decrypt(one.phone_sealed, bound_to="case_reporter.phone"),
            )
        )
    return found
