"""The catalogue as the desk lists it: one row per matter type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from mulin.services.catalogue.models import MatterCategory, MatterVersion
from mulin.services.catalogue.queries.limits import limits_of
from mulin.services.catalogue.queries.matters import entry_of, whole
from mulin.services.catalogue.rules import Limit, VersionState, span_words
from mulin.services.catalogue.rules.finding import find

OWNERLESS = "ownerless"


@dataclass(frozen=True)
class Listed:
    """A matter type: the version on show, its limit for disposal where it is first dispatched, whether a draft waits.
    ``ownerless``: in force, but the unit that leads has ended, so that nothing can be dispatched by it."""

    version: MatterVersion
    dispose: Limit
    draft: MatterVersion | None
    ownerless: bool = False

    @property
    def dispose_words(self) -> str:
        """How long disposal may take, in the reader's language."""
        return span_words(int(self.dispose.span.total_seconds() // 60), self.dispose.clock)


@dataclass(frozen=True)
class Section:
    """A category and what the filter leaves of it."""

    category: MatterCategory
    rows: tuple[Listed, ...]


def ownerless(row: MatterVersion, on: date) -> bool:
    """Whether a version is in force and the unit that leads ended: its cases stay with whoever screens them."""
    unit = row.lead_unit
    gone = unit is not None and unit.ended_on is not None and unit.ended_on <= on
    return bool(gone and row.state == VersionState.PUBLISHED)


def catalogue(*, on: date, words: str = "", category: str = "", state: str = "published") -> list[Section]:
    """Matter types by category: the version in force, else the draft, else the last one retired. Two statements.

    ``state``: published, draft (a draft waits, whether something is in force or not), retired (nothing in force and no
    draft), ownerless or '' for all. ``words`` leaves what they may mean.
    """
    shown: dict[UUID, MatterVersion] = {}
    drafts: dict[UUID, MatterVersion] = {}
    order = ("matter_type__category__position", "matter_type__category__code", "matter_type__code", "number")
    rows = whole().filter(matter_type__category__code=category) if category else whole()
    for row in rows.order_by(*order):
        before = shown.get(row.matter_type_id)
        if row.state == VersionState.DRAFT:
            drafts[row.matter_type_id] = row
        if before is None or before.state != VersionState.PUBLISHED:
            shown[row.matter_type_id] = row
    left = [row for row in shown.values() if _fits(row, state, drafts, on)]
    if words.strip():
        entries = [entry_of(row) for row in left]
        found = {one.key for one in find(words, entries, most=len(entries))}
        left = [row for row in left if row.id in found]
    limits = limits_of([row.id for row in left])
    sections: dict[UUID, tuple[MatterCategory, list[Listed]]] = {}
    for row in left:
        kind = row.matter_type
        dispose, draft = limits[row.id, row.level].dispose, drafts.get(row.matter_type_id)
        listed = Listed(row, dispose, draft, ownerless(row, on))
        sections.setdefault(kind.category_id, (kind.category, []))[1].append(listed)
    return [Section(one, tuple(listed)) for one, listed in sections.values()]


def _fits(row: MatterVersion, state: str, drafts: dict[UUID, MatterVersion], on: date) -> bool:
    if state == VersionState.DRAFT:
        return row.matter_type_id in drafts
    if state == OWNERLESS:
        return ownerless(row, on)
    return not state or row.state == state


def counts(*, on: date) -> dict[str, int]:
    """How many matter types are in force, by category code and in all (types), how many of them without a unit that could
    lead (ownerless); how many drafts (draft). One statement."""
    found: dict[str, int] = {"types": 0, "draft": 0, OWNERLESS: 0}
    rows = MatterVersion.objects.filter(state__in=[VersionState.PUBLISHED, VersionState.DRAFT])
    columns = ("matter_type__category__code", "state", "lead_unit__ended_on")
    for code, state, ended in rows.values_list(*columns):
        if state == VersionState.PUBLISHED and ended is not None and ended <= on:
            found[OWNERLESS] += 1
        if state == VersionState.DRAFT:
            found["draft"] += 1
        else:
            found[code] = found.get(code, 0) + 1
            found["types"] += 1
    return found


def next_code(category: UUID) -> str:
    """A free code in the manner of a category's other codes: after WY14 comes WY15. '' where it has none yet."""
    codes = whole().filter(matter_type__category_id=category).values_list("matter_type__code", flat=True)
    best = max(codes, key=lambda code: (_number(code), code), default="")
    if not best:
        return ""
    digits = "".join(char for char in best if char.isdigit())
    prefix = best[: best.index(digits)] if digits in best else best.rstrip("0123456789")
    return f"{prefix}{_number(best) + 1:0{len(digits)}d}"


def _number(code: str) -> int:
    digits = "".join(char for char in code if char.isdigit())
    return int(digits or 0)
