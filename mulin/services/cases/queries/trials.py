"""What a change of the routing table would do: past cases given by the table as it is, and as it would be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.ground.calendar import queries as calendar
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound
from mulin.services.cases.models import Case, RoutingTrial
from mulin.services.cases.queries import table
from mulin.services.cases.queries.lists import visible_to
from mulin.services.cases.rules import (
    GRID,
    MOST_TRIED,
    TRIAL_DAYS,
    Asked,
    Content,
    Line,
    Scope,
    Table,
    Target,
    clerk_at,
    level_of_role,
)

Change = tuple[UUID | None, Content | None]
"""(the rule, None for a new one; what it is to say, None to end it)."""
PAGE = 25


@dataclass(frozen=True)
class Moved:
    """A past case that would go elsewhere."""

    case: Case
    before: str
    after: str


@dataclass(frozen=True)
class Outcome:
    """What a change would do to the cases accepted lately. ``cut``: the oldest of them were left out."""

    looked: int
    moved: list[tuple[Case, Target, Target]]
    cut: bool


def with_changes(lines: Iterable[Line], changes: Sequence[Change]) -> list[Line]:
    """The table as it would be. New rules get numbers after all others."""
    found = {line.rule: line for line in lines}
    last = max((line.number for line in found.values()), default=0)
    fresh = []
    for key, content in changes:
        if key is None and content is not None:
            last += 1
            fresh.append(Line(UUID(int=last), UUID(int=last), last, content))
        elif key is not None and content is None:
            found.pop(key, None)
        elif key is not None and content is not None and key in found:
            old = found[key]
            found[key] = Line(old.rule, old.version, old.number, content)
    return [*found.values(), *fresh]


def tried(changes: Sequence[Change], *, now: datetime) -> Outcome:
    """The cases reported in the last TRIAL_DAYS days and accepted since (at most MOST_TRIED, the newest) at the places
    concerned, and which of them would go elsewhere. Four statements; the list's own index serves."""
    before = table.in_force()
    after = with_changes(before, changes)
    old = {line.rule: line for line in before}
    paths = {content.scope.path for _key, content in changes if content is not None}
    paths |= {old[key].content.scope.path for key, _content in changes if key in old}
    found = list(_past(paths, now)[: MOST_TRIED + 1])
    cut, found = len(found) > MOST_TRIED, found[:MOST_TRIED]
    book, one, other = calendar.book(), Table(before), Table(after)
    moved = []
    for case in found:
        asked = _asked(case, book)
        was, would = _target(one.pick(asked), case), _target(other.pick(asked), case)
        if was != would:
            moved.append((case, was, would))
    return Outcome(len(found), moved, cut)


def _past(paths: set[str], now: datetime) -> Any:
    since = now - timedelta(days=TRIAL_DAYS)
    rows = Case.objects.filter(reported_at__gte=since, reported_at__lte=now, accepted_at__lte=now)
    if "/" not in paths:
        within = Q(pk__in=())
        for path in paths:
            within |= Q(place_path__startswith=path) | Q(grid_path__startswith=path)
        rows = rows.filter(within)
    return rows.select_related("matter__matter_type", "place").order_by("-reported_at", "-id")


def _asked(case: Case, book: calendar.Book) -> Asked:
    at = case.accepted_at
    assert at is not None
    kind = case.matter.matter_type if case.matter is not None else None
    return Asked(
        place_path=case.place_path,
        grid_path=case.grid_path,
        matter_type=kind.id if kind else None,
        category=kind.category_id if kind else None,
        day=local_day(at),
        working=book.is_working(at, None),
    )


def _target(line: Line | None, case: Case) -> Target:
    """Where a case goes by a rule; without one as its type says, else to its grid or the clerk of its place."""
    if line is not None:
        return line.content.target
    if case.matter is not None:
        return Target(case.matter.level, case.matter.lead_unit_id)
    if case.grid_path:
        return Target(GRID)
    kind = case.place.kind if case.place is not None else ""
    return Target(level_of_role(clerk_at(case.place_path, kind).role))


def moved_words(
    outcome: Outcome, *, on: date, actor: Actor, start: int = 0
) -> tuple[list[Moved], int | None]:
    """A page of the cases that would go elsewhere, in words, and where the next page begins. Those that the actor may not
    see are counted and not listed. Seven statements."""
    page = outcome.moved[start : start + PAGE]
    contents = [Content(Scope(), target) for _case, *both in page for target in both]
    names = table.Names.of(contents, on)
    open_ = set(
        visible_to(actor).filter(pk__in=[case.pk for case, *_both in page]).values_list("pk", flat=True)
    )
    rows = [
        Moved(case, names.target(was), names.target(would)) for case, was, would in page if case.pk in open_
    ]
    following = start + PAGE
    return rows, following if following < len(outcome.moved) else None


def trial(key: UUID) -> RoutingTrial:
    """A trial. Raises NotFound."""
    row = RoutingTrial.objects.filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这次试算。"))
    return row


def changes_of(row: RoutingTrial) -> list[Change]:
    """What was tried."""
    return [_change(told) for told in row.changes]


def _change(told: Mapping[str, Any]) -> Change:
    content = told["content"]
    return (UUID(told["rule"]) if told["rule"] else None, Content.from_json(content) if content else None)
