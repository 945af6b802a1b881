"""What a case is and where it lies is put right: another matter type, another place, two matters in one message."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import Refused
from mulin.kernel.ids import public_number, token, uuid7
from mulin.services.cases.actions import dispatching, holding, pairs, steps, telling, timing
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.queries import routing
from mulin.services.cases.rules import Holder, State, title_of
from mulin.services.cases.rules.hotline import WHOLE

SAME = ("source", "place_id", "place_path", "place_text", "grid_id", "grid_path", "compound_id", "lon", "lat",
        "accuracy", "source_datum", "reported_by_id", "reported_at", "reported_day",
        "system_id")  # fmt: skip
"""What both parts of a split message have: whose it is, when it came and where it lies."""


@transaction.atomic
def reclassify(
    *, case: UUID | Case, matter: UUID, reason: str, by: Actor, now: datetime, version: int | None
) -> Case:
    """A clerk says that it is another matter type, with the reason. It stays with whoever holds it.

    The total clock counts from the admission by the new type's limits, its rests and an extension kept; the step's from
    where the step began. Refused for the type that it has already, an unknown one, and without a reason.
    """
    row = steps.begin(case=case, action="reclassify", by=by, version=version)
    words = _reason(reason)
    new = routing.matter(matter)
    if row.matter is not None and row.matter.matter_type_id == new.matter_type_id:
        raise Refused("same_matter", _("已经是这一类事项了。"), field="matter")
    facts = {
        "before": row.matter.name if row.matter is not None else "",
        "matter": new.name,
        "due_before": row.due_at.isoformat() if row.due_at else None,
    }
    dispatching.classify(row=row, version=new)
    timing.reclassified(case=row)
    steps.follow_clocks(case=row, by=by, now=now)
    return steps.finish(case=row, action="reclassify", by=by, now=now, note=words, public=False, facts=facts)


def _reason(reason: str) -> str:
    return steps.required(
        text=reason, code="no_reason", message=_("请写明为什么改。"), field="reason", most=1000
    )


@transaction.atomic
def relocate(
    *,
    case: UUID | Case,
    reason: str,
    by: Actor,
    now: datetime,
    version: int | None,
    grid: UUID | None = None,
    place: UUID | None = None,
) -> Case:
    """A clerk says that it lies elsewhere in his territory, with the reason: it goes to whoever holds such a matter there.

    What nobody admitted yet still waits to be taken up or screened there. Where the same holder has it, it stays with him.
    Refused without a place, outside his territory ("not_yours"), and where it lies there already.
    """
    row = steps.begin(case=case, action="relocate", by=by, version=version)
    words = _reason(reason)
    before = (row.grid_path, row.place_path)
    if grid is None and place is None:
        raise Refused("no_place", _("请选择改到哪里。"), field="to")
    dispatching.relocated(row=row, by=by, now=now, grid=grid, place=place)
    if (row.grid_path, row.place_path) == before:
        raise Refused("same_place", _("它本来就在那里。"), field="to")
    facts = {"from": before[0] or before[1], "to": row.grid_path or row.place_path}
    if row.accepted_at is None:
        return _to_look(row, words, facts, by, now)
    routed = _there(row, now)
    if routed.holder == Holder(row.level, holding.held_by(case=row)):
        return steps.finish(
            case=row, action="relocate", by=by, now=now, note=words, facts=facts, to=row.state
        )
    row.assigned_at = now
    dispatching.give(row=row, routed=routed, how="relocate", by=by, now=now)
    to = State.RETURNED if routed.broken else State.ASSIGNED
    return steps.finish(case=row, action="relocate", by=by, now=now, note=words, facts=facts, to=to)


def _to_look(row: Case, words: str, facts: dict[str, str], by: Actor, now: datetime) -> Case:
    """What nobody admitted: the grid's workers have it there, or its clerk screens."""
    kind = "handle" if row.grid_path else "screen"
    row.assigned_at = now if row.grid_path else None
    holding.hold(
        case=row, holder=holding.in_grid(case=row), how="relocate", by=by, now=now, why=words, kind=kind
    )
    return steps.finish(
        case=row, action="relocate", by=by, now=now, note=words, facts=facts, to=State.REPORTED
    )


def _there(row: Case, now: datetime) -> routing.Routed:
    """To whom such a matter goes where it lies now."""
    try:
        decided = routing.decide(row, now=now)
    except routing.Broken as broken:
        return routing.to_screening(row, broken)
    return decided or routing.at_level(row, holding.in_grid(case=row).level, on=local_day(now))


@transaction.atomic
def split(
    *,
    case: UUID | Case,
    text: str,
    by: Actor,
    now: datetime,
    version: int | None,
    title: str = "",
) -> Case:
    """One message says two matters: the second one becomes a case with a number of its own, in the same place, waiting like
    a new report. Each reporter gets a receipt for it and is told. Returns the first case, which goes on as it is.

    ``text``: what the second one is about, from the message. It has waited for an answer as long as the first one has.
    Refused (409) for an order of the hotline: it has one number there, and gets one answer.
    """
    row = steps.begin(case=case, action="split", by=by, version=version)
    if row.source in WHOLE:
        words = _(
            "12345 的工单要整件答复，不能分成两件：涉及别的单位，请派单时加协办；确是另一件事，请 12345 另派一张工单。"
        )
        raise Refused("one_order", words, status=409)
    words = steps.required(text=text, code="no_text", message=_("请写另一件是什么事。"), field="text")
    part = Case(
        number=public_number(by.county),
        client_id=uuid7(),
        state=State.REPORTED,
        title=(title.strip() or title_of(words))[:200],
        text=words,
        split_from=row,
        step_since=now,
        **{name: getattr(row, name) for name in SAME},
    )
    holder = holding.in_grid(case=part)
    holding.take_hold(case=part, holder=holder)
    part.assigned_at = now if part.grid_path else None
    timing.provisional(case=part, now=now)
    if row.first_response_at is None:
        part.response_due_at = row.response_due_at
    timing.begin_step(case=part, now=now)
    part.save(force_insert=True)
    pairs.keep(cases=[part])
    for one in CaseReporter.objects.filter(case=row, withdrawn_at__isnull=True, erased_at__isnull=True):
        CaseReporter(
            case=part, person_id=one.person_id, receipt=token(by.county), name_sealed=one.name_sealed,
            phone_sealed=one.phone_sealed, phone_hash=one.phone_hash, nickname=one.nickname, split_from=one,
            confidential=one.confidential,
        ).save(force_insert=True)  # fmt: skip
    steps.finish(
        case=part, action="split", by=by, now=now, before="", facts={"from": row.number}, step="split_off"
    )
    kind = "handle" if part.grid_path else "screen"
    steps.ask(case=part, kind=kind, to=holder.to, by=by, now=now, due_at=part.step_due_at)
    told = telling.tell(case=part, template="case_split", by=by, now=now)
    if told.call:
        telling.ask_to_call(case=part, by=by, now=now)
    return steps.finish(
        case=row,
        action="split",
        by=by,
        now=now,
        note=words,
        facts={"part": part.number, "part_id": str(part.id)},
    )
