"""Counts of windows that are over, kept case by case, and brought up to what was written since they were made (ADR 0013)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from hashlib import md5
from typing import Any, Final
from uuid import UUID

from mulin.kernel.clock import CHINA, day_start
from mulin.kernel.county import county_scope
from mulin.readers.indicators.models import Tally
from mulin.readers.indicators.queries.sets import Scope
from mulin.services.cases import queries as cases_read
from mulin.services.cases.queries import counted
from mulin.services.cases.queries import figures as cases

LEAST: Final = 5_000
"""A window with fewer cases is counted while somebody waits."""
MOST: Final = 2_000
"""So many cases are counted again while somebody waits."""

Line = tuple[int, timedelta | None, int, int, UUID | None]
"""How a case was counted: shape, wait, ratings, good ones, the compound of its complaint (``counted.each``)."""
Waits = dict[str, dict[str, float | None]]
"""origin, or '' for all → median, mean, p90 in hours."""

COLUMNS: Final = ("case_id", "shape", "wait", "ratings", "good", "complaint")
_COMPOUND: Final = "compound"


@dataclass(frozen=True)
class Changes:
    """The cases whose count is another by now: as it was kept, as it is. A case that was or is in no set is in one only."""

    was: Mapping[UUID, Line]
    now: Mapping[UUID, Line]

    @property
    def sums(self) -> Counter[str]:
        """What is to be added; less than nothing where it is to be taken off."""
        found = summed((*line, 1) for line in self.now.values())
        found.subtract(summed((*line, 1) for line in self.was.values()))
        return found

    @cached_property
    def waits(self) -> bool:
        """Whether they change how long people waited for an answer."""
        return any(_answer(self.was.get(key)) != _answer(self.now.get(key)) for key in {*self.was, *self.now})


def _answer(line: Line | None) -> tuple[str, timedelta | None] | None:
    told = None if line is None else counted.told_by(line[0])
    return (
        (told.origin, line[1]) if line is not None and told is not None and "responded" in told.sets else None
    )


def summed(lines: Iterable[tuple[int, timedelta | None, int, int, UUID | None, int]]) -> Counter[str]:
    """Lines, each with how many cases were counted so → "set origin" or "compound key" → how many rows."""
    found: Counter[str] = Counter()
    for shape, _wait, ratings, good, complaint, number in lines:
        told = counted.told_by(shape)
        for name in told.sets:
            found[f"{name} {told.origin}"] += number
        if not told.excluded:
            found[f"ratings {told.origin}"] += number * ratings
            found[f"good_ratings {told.origin}"] += number * good
        if complaint is not None and "property_complaints" in told.sets:
            found[f"{_COMPOUND} {complaint}"] += number
    return found


@dataclass(frozen=True)
class Held:
    """What is known of a window without counting it. ``waits``: None where somebody's answer changed since."""

    sums: Counter[str]
    waits: Waits | None

    def of(self, name: str) -> dict[str, int]:
        """origin → how many rows, of a set of cases or ratings."""
        found = (key.partition(" ") for key in self.sums)
        return {origin: self.sums[f"{name} {origin}"] for known, _, origin in found if known == name}

    @property
    def complaints(self) -> dict[UUID, int]:
        """compound → complaints against its property services."""
        return {UUID(key): number for key, number in self.of(_COMPOUND).items()}


def fits(scope: Scope) -> bool:
    """Whether a tally can answer: a place and all that lies in it, for somebody who sees it all."""
    return scope.unit is None and (scope.reader is None or cases_read.sees_all(scope.reader))


def held(scope: Scope, start: date, end: date, now: datetime | None) -> Held | None:
    """What is kept of [start, end) in a place, with what was written since counted in; None where nothing is kept, or too
    much was written. Three statements, eight where something was."""
    if not fits(scope) or (now is not None and now < day_start(end)):
        return None
    found = Tally.objects.filter(path=scope.path or "/", starts_on=start, ends_on=end, words=words())
    tally = found.filter(version__gt=0).first()
    changed = None if tally is None else changes(tally)
    if tally is None or changed is None:
        return None
    if (changed.was or changed.now) and not found.filter(version=tally.version).exists():
        return None  # counted anew while it was read
    sums = Counter(tally.sums)
    sums.update(changed.sums)
    return Held(sums, None if changed.waits else tally.waits)


def changes(tally: Tally) -> Changes | None:
    """What was written since and is counted otherwise by now; None where it was written too often to tell."""
    if tally.since is None:
        return None
    start, end = day_start(tally.starts_on), day_start(tally.ends_on)
    written = list(counted.written_since(tally.since).values_list("pk", "reported_at")[: MOST + 1])
    if len(written) > MOST:
        return None
    kept = tally.cases.filter(case__in=[key for key, _at in written]).values_list(*COLUMNS)
    was: dict[UUID, Any] = {key: tuple(line) for key, *line in kept}
    now: dict[UUID, Any] = {}
    if keys := [key for key, reported in written if reported < end]:
        there = cases.within(cases.every_case(), tally.path).filter(pk__in=keys)
        look = cases.moved(start, end, end, among=keys)
        now = {key: tuple(line) for key, *line in counted.each(there, look)}
    alike = {key for key, line in now.items() if was.get(key) == line}
    return Changes(*({key: line for key, line in one.items() if key not in alike} for one in (was, now)))


@lru_cache(maxsize=1)
def words() -> str:
    """A digest of the definitions: what was counted by others is counted anew."""
    moment = datetime(2000, 1, 1, tzinfo=CHINA)
    with county_scope(-1):
        look = cases.Look(moment, moment + timedelta(days=1), moment + timedelta(days=1))
        sql, params = counted.each(cases.every_case(), look).query.sql_with_params()
    return md5(f"{sql}{params}{sorted(cases.CUTS.items())}".encode(), usedforsecurity=False).hexdigest()
