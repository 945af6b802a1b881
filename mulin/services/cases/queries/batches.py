"""Acts on many cases: which of the chosen may move, what became of a batch, which batches an actor may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.worklist import queries as work
from mulin.kernel.actor import Actor
from mulin.kernel.paging import Page, page
from mulin.services.cases.models import Batch, BatchCase, Case
from mulin.services.cases.permissions import batches_open_to, bulk_acts, may, may_see_batch, ties_of
from mulin.services.cases.queries.filters import Filters, order_of
from mulin.services.cases.queries.lists import narrowed, visible_to
from mulin.services.cases.rules import (
    MOST_AT_ONCE,
    TAKEN_BACK,
    TRANSITIONS,
    UNDO_WITHIN,
    WHO,
    Outcome,
    SetBack,
)


def offered(actor: Actor) -> list[tuple[str, Any]]:
    """The acts that a list offers its reader for several rows: (act, words). No statement."""
    return [(act, TRANSITIONS[act].words) for act in bulk_acts(actor)]


def chosen(actor: Actor, ids: Iterable[UUID]) -> list[Case]:
    """The chosen cases that the actor may see or has a to-do by name about, in the order of their ids; at most
    MOST_AT_ONCE. Two statements."""
    wanted = list(dict.fromkeys(ids))[:MOST_AT_ONCE]
    asked = work.by_name(actor, "case", wanted)
    found = visible_to(actor).filter(pk__in=wanted)
    if asked:
        found = found | Case.objects.filter(pk__in=asked)
    return list(found.select_related("matter").order_by("id"))


def of_list(actor: Actor, by: Filters, now: datetime) -> list[UUID]:
    """The first MOST_AT_ONCE cases of a filtered list, in its order."""
    rows = page(narrowed(actor, by, now).only("id", "county_id", order_of(by).lstrip("-")),
                by=order_of(by), size=MOST_AT_ONCE).rows  # fmt: skip
    return [row.id for row in rows]


def of_tab(actor: Actor, tab: str, now: datetime, narrowed: work.Narrowed) -> list[UUID]:
    """The cases behind the first MOST_AT_ONCE to-dos of a tab, narrowed."""
    rows = work.tab(actor, tab, now, narrowed).filter(subject_kind="case")
    return list(dict.fromkeys(rows.values_list("subject_id", flat=True)[:MOST_AT_ONCE]))


@dataclass
class Chance:
    """Which of the chosen cases an act may move now, and which not, with the reason."""

    act: str
    may: list[Case] = field(default_factory=list)
    may_not: list[tuple[Case, str]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The act in words."""
        return str(TRANSITIONS[self.act].words)

    @property
    def can_be_undone(self) -> bool:
        """Whether it may be taken back within the hour."""
        return self.act in TAKEN_BACK


def chances(actor: Actor, cases: Sequence[Case]) -> dict[str, Chance]:
    """Each act that the actor's duties name → whom of the cases it may move. Three statements, however many cases."""
    keys = [case.id for case in cases]
    ties = ties_of(actor, keys, work.by_name(actor, "case", keys))
    found = {act: Chance(act) for act in bulk_acts(actor)}
    for act, one in found.items():
        move = TRANSITIONS[act]
        for case in cases:
            if case.state not in move.sources:
                told = {"state": case.get_state_display(), "action": move.words}
                one.may_not.append((case, _("现在是“%(state)s”，不能“%(action)s”。") % told))
            elif not may(actor, act, case, ties=ties):
                one.may_not.append((case, str(WHO[act].words)))
            else:
                one.may.append(case)
    return found


# ── what became of it ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Standing:
    """How far a batch is, and whether it may be taken back."""

    size: int
    waiting: int
    done: int
    refused: int
    taken_back: int
    kept: int
    undo_open: bool
    undoing: bool

    @property
    def working(self) -> bool:
        """Something is still under way."""
        return self.waiting > 0 or self.undoing


def standing(batch: Batch, now: datetime) -> Standing:
    """Counts of a batch. One statement."""
    rows = BatchCase.objects.filter(batch=batch).aggregate(
        waiting=Count("id", filter=Q(outcome=Outcome.WAITING)),
        done=Count("id", filter=Q(outcome=Outcome.DONE)),
        refused=Count("id", filter=Q(outcome=Outcome.REFUSED)),
        taken_back=Count("id", filter=Q(set_back=SetBack.DONE)),
        kept=Count("id", filter=Q(set_back=SetBack.REFUSED)),
    )
    left = rows["done"] - rows["taken_back"] - rows["kept"]
    free = batch.undo_at is None and batch.act in TAKEN_BACK and rows["done"] > 0
    return Standing(
        size=batch.size,
        **rows,
        undo_open=free and rows["waiting"] == 0 and now - batch.made_at <= UNDO_WITHIN,
        undoing=batch.undo_at is not None and left > 0,
    )


def rows_of(batch: Batch) -> QuerySet[BatchCase]:
    """The cases of a batch with their numbers and titles, in the order in which they are moved."""
    found = BatchCase.objects.filter(batch=batch).select_related("case")
    return found.only(
        "county_id", "outcome", "reason", "set_back", "set_back_reason", "case__county_id", "case__number",
        "case__title", "case__version", "after",
    ).order_by("case_id")  # fmt: skip


def find_batch(actor: Actor, key: UUID) -> Batch | None:
    """A batch that the actor may see and undo, or None. One statement."""
    row = Batch.objects.filter(pk=key).first()
    return row if row is not None and may_see_batch(actor, row) else None


def batches_page(actor: Actor, *, at: str = "", size: int = 20) -> Page:
    """The batches that the actor may see, newest first, with what became of them. One statement."""
    opened = batches_open_to(actor)
    rows = Batch.objects.none() if opened is None else Batch.objects.filter(opened)
    rows = rows.annotate(
        moved=Count("rows", filter=Q(rows__outcome=Outcome.DONE, rows__county=F("county"))),
        stayed=Count("rows", filter=Q(rows__outcome=Outcome.REFUSED, rows__county=F("county"))),
    )
    return page(rows, by="-made_at", at=at, size=size)


def export_batches(person: UUID) -> dict[str, Any]:
    """The export hook: what a person did to many cases at once."""
    rows = Batch.objects.filter(made_by=person).order_by("id")
    return {"batches": [{"act": row.act, "size": row.size, "at": row.made_at.isoformat()} for row in rows]}
