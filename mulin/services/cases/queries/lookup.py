"""One case: by id, by receipt, by number and last digits; and its reporters."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.citus.kept import Kept
from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.worklist import queries as work
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.ids import is_token, read_public
from mulin.kernel.secrets import decrypt, encrypt, keyed_hash, mask_name, mask_phone
from mulin.services.cases.models import Case, CaseOfficer, CaseReporter, CaseStep, CaseUnit, Rating
from mulin.services.cases.permissions import is_staff, may_see
from mulin.services.cases.queries import routing
from mulin.services.cases.rules import (
    AGAIN_WORDS,
    APPEAL_DAYS,
    LEVEL_WORDS,
    REOPEN_DAYS,
    TRANSITIONS,
    URGE_HOURS,
    Part,
    Score,
    Source,
    State,
)
from mulin.services.cases.rules.clocks import urged_lately
from mulin.services.cases.rules.hotline import VIA

_CASE: Kept[Case] = Kept(lambda key: Case.objects.filter(pk=key))


def find(actor: Actor, case_id: UUID, *, bare: bool = False) -> Case | None:
    """A case that the actor may see, with place, grid, unit and matter (not ``bare``: for an act, which asks for what it
    needs); or None. A to-do by name opens it, and being kept informed of it does."""
    if bare:
        case = _CASE.one(key=case_id)
    else:
        rows = Case.objects.filter(pk=case_id).select_related("place", "grid", "unit", "matter")
        case = next(iter(rows), None)  # first() would sort the one row, by columns put together for it
    if case is None or may_see(actor, case):
        return case
    held = actor.person is not None and work.of_subject("case", case.id).filter(person=actor.person).exists()
    return case if held or work.is_copied(actor, "case", case.id) else None


def by_receipt(receipt: str) -> CaseReporter | None:
    """The reporter who holds this receipt, with his case; None where it is none of this county's. One statement."""
    known = read_public(receipt)
    if known is None or not is_token(known[1]):
        return None
    with_it = ("case", "case__grid", "case__place", "case__merged_into")
    return CaseReporter.objects.filter(receipt=known[1]).select_related(*with_it).first()


def followed_case(held: CaseReporter) -> Case:
    """What a reporter's matter is dealt with in: the case that his own was merged into, else his own. No statement."""
    merged: Case | None = held.case.merged_into
    return merged or held.case


def open_to_reporter(held: CaseReporter, now: datetime) -> tuple[str, ...]:
    """What his receipt lets a reporter do now, the likeliest first: answer, again, appeal, urge,
    withdraw. No statement."""
    case = followed_case(held)
    if held.withdrawn_at is not None:
        return ()
    open_now = {
        "answer": case.state in TRANSITIONS["answer"].sources,
        "again": case.state in TRANSITIONS["reopen"].sources
        and (case.closed_at is None or may_reopen(case, now)),
        "appeal": case.state in TRANSITIONS["appeal"].sources
        and case.appealed_at is None
        and case.refused_at is not None
        and now - case.refused_at <= timedelta(days=APPEAL_DAYS),
        "urge": case.state in TRANSITIONS["urge"].sources
        and now - case.reported_at >= timedelta(hours=URGE_HOURS)
        and not urged_lately(case.clocks, now),
        "withdraw": case.state in TRANSITIONS["withdraw"].sources,
    }
    return tuple(deed for deed, may in open_now.items() if may)


def question_of(held: CaseReporter) -> str:
    """What staff asked the reporters last; '' where nobody waits for an answer. One statement at most."""
    case = followed_case(held)
    if case.state != State.ASKED:
        return ""
    asked = CaseStep.objects.filter(case=case, action="ask").order_by("-at", "-id")
    return asked.values_list("note", flat=True).first() or ""


_NOBODY = "13800000000"


def by_number_and_digits(number: str, digits: str) -> CaseReporter | None:
    """The reporter of the case with this canonical number whose phone ends in these four digits, or None.

    An unknown number costs the same statement and the same decryption as a wrong pair. Callers count tries first
    (``actions.look_up``).
    """
    wanted = digits.strip()[-20:]
    rows = list(
        CaseReporter.objects.filter(case__number=number[:40])
        .exclude(via=VIA)
        .select_related("case")
        .order_by("id")[:20]
    )
    found = next((row for row in rows if _ends_in(row.phone_sealed, wanted)), None)
    if not any(row.phone_sealed for row in rows):
        _ends_in(encrypt(_NOBODY, bound_to="case_reporter.phone"), wanted)
    return found


def _ends_in(sealed: str, wanted: str) -> bool:
    phone = decrypt(sealed, bound_to="case_reporter.phone")
    return len(wanted) == 4 and hmac.compare_digest(phone[-4:].encode(), wanted.encode())


@dataclass(frozen=True)
class Masked:
    """A reporter as he stands on a desk page: ``王**``, ``138****5678``; nothing of one who asked for that.
    ``elsewhere``: of a case merged into it; ``via``: who tells him, where we do not."""

    id: UUID
    name: str
    phone: str
    erased: bool
    by_message: bool
    told: bool
    elsewhere: bool
    via: str = ""
    confidential: bool = False


def with_merged(case: UUID) -> QuerySet[Any]:
    """The ids of a case and of what was merged into it, as a subquery that two indexes answer: an OR over a join with the
    reporters would read them all."""
    return Case.objects.filter(Q(pk=case) | Q(merged_into=case)).order_by().values("id")


def reporters(case: Case) -> list[Masked]:
    """The reporters of a case, masked. One statement."""
    return [
        Masked(
            id=row.id,
            name=""
            if row.confidential
            else mask_name(decrypt(row.name_sealed, bound_to="case_reporter.name")),
            phone=""
            if row.confidential
            else mask_phone(decrypt(row.phone_sealed, bound_to="case_reporter.phone")),
            erased=row.erased_at is not None,
            by_message=row.person_id is not None,
            told=row.told_at is not None,
            elsewhere=row.case_id != case.id,
            via=row.via,
            confidential=row.confidential,
        )
        for row in CaseReporter.objects.filter(case__in=with_merged(case.pk)).order_by("id")
    ]


def shown_reporters(case: Case) -> list[Masked]:
    """Who reported it. What staff found on a patrol nobody did, unless somebody left his name or number with them."""
    found = reporters(case)
    if case.source != Source.PATROL:
        return found
    return [one for one in found if one.name or one.phone or one.by_message or one.erased]


@dataclass(frozen=True)
class Hop:
    """Who held a case (or helped with it) from when to when, and why, in words. ``late``: its clock had run out when it
    went on, or when its result was there."""

    level: str
    who: str
    why: str
    since: datetime
    until: datetime | None
    due_at: datetime | None
    late: bool
    worked: bool
    report: str
    rule: int | None = None
    """The number of the routing rule that says so."""
    broken: bool = False
    """Nobody was found to hold it: what should decide cannot be followed."""
    again: str = ""
    """In words, where an earlier result did not hold."""


@dataclass(frozen=True)
class Standing:
    """Why a case is where it is: its hops, who helps, who is named for it."""

    hops: list[Hop]
    helping: list[Hop]
    officers: list[str]


def standing(case: Case, now: datetime) -> Standing:
    """Hops oldest first, helping units, the names of officers: three statements."""
    parts = list(
        CaseUnit.objects.filter(case=case).select_related("unit", "rule__rule").order_by("since", "id")
    )
    named = CaseOfficer.objects.filter(case=case, until__isnull=True).order_by("id")
    names = people.public_names(named.values_list("person_id", flat=True))
    return Standing(
        hops=[_hop(one, now, case) for one in parts if one.part == Part.LEAD],
        helping=[_hop(one, now, None) for one in parts if one.part == Part.ASSIST],
        officers=list(names.values()),
    )


def _hop(row: CaseUnit, now: datetime, case: Case | None) -> Hop:
    """``case`` for a lead: its row has the clock of whoever holds it now, and when the result was there."""
    role = access.roles().get(row.role)
    due, end = row.step_due_at, row.until or now
    if case is not None and row.until is None:
        due = case.step_due_at
    if case is not None and case.disposed_at is not None and row.since <= case.disposed_at <= end:
        end = case.disposed_at
    return Hop(
        level=str(LEVEL_WORDS.get(row.level, "")),
        who=row.unit.name if row.unit is not None else str(role.name) if role else "",
        why=row.why,
        since=row.since,
        until=row.until,
        due_at=due,
        late=due is not None and end > due,
        worked=row.worked_at is not None,
        report=row.report,
        rule=row.rule.rule.number if row.rule is not None else None,
        broken=row.how == routing.BROKEN,
        again=str(AGAIN_WORDS.get(row.how, "")),
    )


def tried(case: Case) -> int:
    """On how many different days somebody tried in vain to reach the reporters since they had to be called: a second try
    on the same day is kept and does not count. Two statements."""
    calls = work.of_subject("case", case.id).filter(kind="call_or_visit")
    since = calls.values_list("opened_at", flat=True).first()
    return vain_days(case, since) if since else 0


def vain_days(case: Case, since: datetime) -> int:
    """Different days (Asia/Shanghai) of vain tries since a moment. One statement."""
    tries = CaseStep.objects.filter(case=case, action="not_reached", at__gte=since)
    return len({local_day(at) for at in tries.values_list("at", flat=True)})


def why_here(case: Case) -> str:
    """Why a case is where it is, in words. One statement."""
    rows = CaseUnit.objects.filter(case=case, part=Part.LEAD, until__isnull=True)
    return rows.values_list("why", flat=True).first() or ""


def case_of_part(kind: str, key: UUID) -> UUID | None:
    """The case of an assisting unit's part or of a named officer's. One statement."""
    if kind == "case_unit":
        return CaseUnit.objects.filter(pk=key).values_list("case_id", flat=True).first()
    if kind == "case_officer":
        return CaseOfficer.objects.filter(pk=key).values_list("case_id", flat=True).first()
    return None


def part_address(kind: str) -> Callable[[Actor, UUID], str]:
    """The hook for links to such a part: its address leads on to the case. No statement."""
    return lambda _actor, key: reverse("cases:by_part", args=[kind, key])


def ratings(case: Case) -> list[Rating]:
    """What reporters said of it, oldest first. One statement."""
    return list(Rating.objects.filter(case=case).order_by("rated_at", "id"))


def may_reopen(case: Case, now: datetime) -> bool:
    """Whether its reporter may ask for it to be done again: closed, and not too long ago. No statement."""
    return case.closed_at is not None and now - case.closed_at <= timedelta(days=REOPEN_DAYS)


def has_rated(reporter: CaseReporter, case: Case) -> str:
    """The score of this closure, or ''. One statement."""
    row = Rating.objects.filter(reporter=reporter, closure=case.round).values_list("score", flat=True).first()
    return str(Score(row).label) if row else ""


def visible(actor: Actor, case_id: UUID, receipt: str = "") -> bool:
    """The hook for files: whoever sees the case, or holds a receipt of this very case or of one merged into it. The ids of
    another reporter's photos are told to no reporter (``timeline``), and cannot be guessed."""
    if receipt:
        reporter = by_receipt(receipt)
        if reporter is not None and case_id in (reporter.case_id, reporter.case.merged_into_id):
            return True
    return not actor.anonymous and find(actor, case_id) is not None


def address(actor: Actor, case_id: UUID) -> str:
    """The hook for links: the desk's page for staff, the way to one's own receipt for everybody else. No statement."""
    return page_address(case_id, "detail" if is_staff(actor) else "my_case")


def page_address(case_id: UUID, name: str = "detail") -> str:
    """A page about a case; the desk's own, unless another is named."""
    return _any_page(name).replace(_ANY, str(case_id))


_ANY = str(UUID(int=0))


@cache
def _any_page(name: str) -> str:
    """Lists link to many cases: the address is looked up once, not for every row."""
    return reverse(f"cases:{name}", args=[_ANY])


def reach(actor: Actor, case_id: UUID) -> Mapping[str, Any] | None:
    """The hook for "why can I see this?": where the case is, whose it is; None where it cannot be seen."""
    case = find(actor, case_id)
    if case is None:
        return None
    reasons = []
    if actor.person is not None and actor.person == case.handler_id:
        reasons.append(_("这件事由您办理。"))
    elif not may_see(actor, case):
        reasons.append(_("有一件关于它的待办交给了您本人。"))
    path = case.grid_path or case.place_path
    return {
        "path": path,
        "unit": case.unit_id,
        "owner": case.reported_by_id,
        "reasons": reasons,
        "title": case.title,
    }


def export_reporter(person: UUID) -> Mapping[str, Any]:
    """The export hook: what a person reported (by id, and by equal phone number), what came of it, how he rated."""
    phone = people.contact(person).phone
    whose = Q(person=person) | Q(phone_hash=keyed_hash(phone)) if phone else Q(person=person)
    rows = CaseReporter.objects.filter(whose).select_related("case").order_by("id")
    scores: dict[UUID, list[dict[str, Any]]] = {}
    for one in Rating.objects.filter(reporter__in=[row.id for row in rows]).order_by("id"):
        told = {"score": one.score, "comment": one.comment, "at": one.rated_at.isoformat()}
        scores.setdefault(one.reporter_id, []).append(told)
    return {"cases": [_exported(row, scores.get(row.id, [])) for row in rows]}


def _exported(row: CaseReporter, scores: list[dict[str, Any]]) -> dict[str, Any]:
    case = row.case
    return {
        "number": case.number,
        "reported_at": case.reported_at.isoformat(),
        "title": case.title,
        "text": case.text,
        "place": case.place_text,
        "position": [case.lon, case.lat] if case.lon is not None else None,
        "name": decrypt(row.name_sealed, bound_to="case_reporter.name"),
        "phone": decrypt(row.phone_sealed, bound_to="case_reporter.phone"),
        "state": case.state,
        "result": case.result,
        "told_at": row.told_at.isoformat() if row.told_at else None,
        "ratings": scores,
    }
