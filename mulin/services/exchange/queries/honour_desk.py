"""Reads of commendations for the office: rounds with their nominations, what was counted, objections. Names with stars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.orders import queries as orders
from mulin.ground.people import queries as people
from mulin.ground.points import queries as points
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import decrypt, mask_name
from mulin.services.exchange.models import (
    Commendation,
    HonourDecision,
    HonourWords,
    Nomination,
    Objection,
    PriorityLine,
    PrioritySnapshot,
)
from mulin.services.exchange.permissions import Turn, close_to, may_answer, may_decide, overseen, turn_of
from mulin.services.exchange.queries.honour_counts import DISCOUNTS
from mulin.services.exchange.queries.honours import (
    ANSWER,
    NEUTRAL,
    REASON,
    SAID,
    called,
    concerns,
    involved,
    is_of,
    to_choose,
    words_of,
)
from mulin.services.exchange.rules.amending import open_fields
from mulin.services.exchange.rules.honours import ROUND, NominationState, RoundState, may_move


def rounds_overseen(actor: Actor, *, state: str = "", at: str = "") -> Page:
    """Rounds of the actor's territory, newest first, with their places' names. Two statements."""
    rows = Commendation.objects.filter(overseen(actor))
    if state in RoundState.values:
        rows = rows.filter(state=state)
    found = page(rows, by="-made_at", at=at, size=30)
    names = territory.names_of_paths({one.path for one in found.rows})
    return found.of([{"row": one, "place": names.get(one.path, "")} for one in found.rows])


def round_overseen(actor: Actor, key: UUID) -> Commendation:
    """A round of the actor's territory. Raises NotFound."""
    row = Commendation.objects.filter(overseen(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这一轮评选。"))
    return row


def snapshot_of(row: Commendation) -> PrioritySnapshot | None:
    """The newest snapshot with its lines: what decides between equals. Two statements."""
    rows = row.snapshots.order_by("-number").prefetch_related("lines")
    return rows.first()


def priority(found: PrioritySnapshot | None) -> dict[UUID, int]:
    """nomination → acts counted, by a snapshot."""
    return {one.nomination_id: one.acts for one in found.lines.all()} if found else {}


@dataclass(frozen=True)
class Sheet:
    """A nomination for the office: name, words, what was counted, who seconds, decisions with reasons, objections."""

    row: Nomination
    name: str
    words: Mapping[str, str]
    line: PriorityLine | None
    seconds: int
    decisions: list[dict[str, Any]]
    objections: list[dict[str, Any]]


def sheets(actor: Actor, row: Commendation, *, whole: bool = False) -> list[Sheet]:
    """A round's nominations in neutral order; the declined and lapsed left out; objections against who is
    near to the actor too. About a dozen statements for any number."""
    found = row.nominations.exclude(state__in=[NominationState.DECLINED, NominationState.LAPSED])
    rows = list(
        found.prefetch_related(
            "seconds",
            Prefetch("decisions", HonourDecision.objects.order_by("at", "id")),
            Prefetch("objections", Objection.objects.order_by("at", "id")),
        ).order_by(*NEUTRAL)
    )
    for one in rows:
        one.round = row
    near = close_to(actor, rows)
    names = called(rows, whole=whole)
    snapshot = snapshot_of(row)
    lines = {one.nomination_id: one for one in snapshot.lines.all()} if snapshot else {}
    decisions = [one for each in rows for one in each.decisions.all()]
    said = reasons(decisions)
    who = people.public_names({one.by for one in decisions if one.by})
    return [
        Sheet(
            row=one,
            name=names[one.id],
            words=words_of(one),
            line=lines.get(one.id),
            seconds=len(one.seconds.all()),
            decisions=[
                {"row": each, "who": who.get(each.by or each.id, ""), "words": said.get(each.id, "")}
                for each in one.decisions.all()
            ],
            objections=[]
            if concerns(one, near)
            else [_objection(actor, row, one, each, near) for each in one.objections.all()],
        )
        for one in rows
    ]


def reasons(rows: Iterable[HonourDecision]) -> dict[UUID, str]:
    """decision → its reasons, '' once erased. One statement."""
    found = HonourWords.objects.filter(decision__in=[one.id for one in rows])
    return {one.decision_id: decrypt(one.sealed, bound_to=REASON) for one in found}


def empty_seats(row: Commendation) -> list[dict[str, Any]]:
    """Seats that the office left empty, with its reasons. Two statements."""
    rows = list(row.decisions.filter(nomination__isnull=True).order_by("at", "id"))
    said = reasons(rows)
    return [{"row": one, "words": said.get(one.id, "")} for one in rows]


def _objection(
    actor: Actor, row: Commendation, one: Nomination, said: Objection, near: set[UUID]
) -> dict[str, Any]:
    may = may_answer(actor, row, involved=involved(one, said), near=near)
    return {
        "row": said,
        "words": decrypt(said.words_sealed, bound_to=SAID),
        "answer": decrypt(said.answer_sealed, bound_to=ANSWER),
        "may_answer": said.state == "open" and may,
    }


@dataclass(frozen=True)
class Said:
    """An objection for the office: its words and the answer; whether the actor may answer it. Only then who objects, with
    stars unless his name is looked at."""

    row: Objection
    words: str
    answer: str
    who: str
    may_answer: bool


def objection(actor: Actor, key: UUID, *, whole: bool = False) -> Said:
    """An objection of the actor's territory; NotFound elsewhere, and for who is near to the nominee. At most fourteen
    statements."""
    rows = Objection.objects.select_related("nomination__round").filter(pk=key)
    found = rows.filter(nomination__round__in=Commendation.objects.filter(overseen(actor))).first()
    near = close_to(actor, [found.nomination] if found is not None else ())
    if found is None or concerns(found.nomination, near):
        raise NotFound(_("没有这件异议。"))
    one = found.nomination
    may = may_answer(actor, one.round, involved=involved(one, found), near=near)
    name = people.contact(found.person_id).name if found.person_id and may else ""
    return Said(
        row=found,
        words=decrypt(found.words_sealed, bound_to=SAID),
        answer=decrypt(found.answer_sealed, bound_to=ANSWER),
        who=name if whole else mask_name(name),
        may_answer=may,
    )


def may_amend(row: Commendation) -> tuple[str, ...]:
    """What of a published round may still be changed. One statement."""
    return open_fields(state=row.state, nominated=row.nominations.exists())


def turn_now(row: Commendation) -> Turn:
    """Whose turn it is in a round as it stands; about the awarded (to withdraw one) once nobody is to be chosen. At most
    fifteen statements, none before nominations are over."""
    if row.state not in (RoundState.DECIDING, RoundState.NOTICE, RoundState.DONE):
        return Turn(row.office)
    rows = to_choose(row)
    if row.state != RoundState.DECIDING and not row.vacant:
        rows = list(row.nominations.filter(state=NominationState.AWARDED))
    return turn_of(row, rows)


def offers(actor: Actor, row: Commendation, turn: Turn) -> set[str]:
    """What the actor may do about a round now: cancel, amend, recount, decide, fill (a seat that fell vacant), withdraw (an
    award). No statement."""
    decides = may_decide(actor, row, turn)
    found = {"cancel", "amend"} if may_move(ROUND, "cancel", row.state) else set()
    if row.state == RoundState.DECIDING:
        found |= {"recount"}
        found |= {"decide"} if decides else set()
    if row.state == RoundState.NOTICE and row.vacant and decides:
        found |= {"fill"}
    if row.state in (RoundState.NOTICE, RoundState.DONE) and not row.vacant and decides:
        found |= {"withdraw"}
    return found


# ── what was counted ─────


def line_shown(actor: Actor, key: UUID) -> PriorityLine:
    """A line of a snapshot: for the nominee himself and the clerks over the round. Raises NotFound."""
    found = PriorityLine.objects.select_related("snapshot", "nomination__round").filter(pk=key).first()
    if found is not None and (
        is_of(actor, found.nomination)
        or Commendation.objects.filter(overseen(actor), pk=found.nomination.round_id).exists()
    ):
        return found
    raise NotFound(_("没有这条记录。"))


def rows_counted(actor: Actor, line: PriorityLine) -> dict[str, Any]:
    """The rows behind a line that the actor may see by the rights of the points bank and of asks, and how many he may not;
    how many discounts, of which nobody keeps whose they were. About twelve statements for any number of rows."""
    transfers, keys = line.rows.get("transfer", []), line.rows.get("order", [])
    seen = points.lines_seen(actor, [UUID(key) for key in transfers]) if transfers else []
    found = orders.visible_to(actor).filter(pk__in=keys) if keys else []
    asks = [
        {"row": one, "name": orders.kind_of(one.kind).name, "url": reverse("orders:order", args=[one.pk])}
        for one in found
    ]
    kept = len({line.transfer for _account, line in seen}) + len(asks)
    return {
        "lines": seen,
        "asks": asks,
        "hidden": len(set(transfers)) + len(set(keys)) - kept,
        "discounts": sum(one["acts"] for one in line.told if one["code"] == DISCOUNTS),
    }
