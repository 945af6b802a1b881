"""Cases counted one by one: what a count that is kept rests on (``readers/indicators/queries/tallies``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.db.models import Case as Choose
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from mulin.services.cases.models import Case
from mulin.services.cases.queries.figures import (
    BASES,
    CUTS,
    MARKS,
    WAITED,
    Look,
    any_of,
    bits_of,
    holds,
    marks_in,
    origin_of,
    ratings_given,
    spelled,
    true_of,
)
from mulin.services.cases.rules import CONTENT

_PARTS: Final = {name: BASES[cut.base] & cut.part for name, cut in CUTS.items()}
_ALL_MARKS: Final = sorted({"historic", "found"}.union(*map(marks_in, _PARTS.values())))


@dataclass(frozen=True)
class Told:
    """What a shape says of a case: its origin, whether it is left out of the rates, the sets of which it is."""

    origin: str
    excluded: bool
    sets: frozenset[str]


@lru_cache(maxsize=4096)
def told_by(shape: int) -> Told:
    """What a shape of ``each`` says."""
    true = true_of(shape, _ALL_MARKS)
    sets = frozenset(name for name, part in _PARTS.items() if holds(part, true))
    return Told(origin_of(true), "excluded" in true, sets)


def each(cases: QuerySet[Case], look: Look) -> QuerySet[Any, Any]:
    """Every case that any set of a window may hold, or that was rated in it: (id, shape, how long it waited for its answer,
    ratings given in the window, good ones, the compound of which it complains)."""
    given = ratings_given(None, look)
    own = given.filter(case=OuterRef("pk")).order_by().values("case")

    def number(rows: QuerySet[Any, Any]) -> Coalesce:
        return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), Value(0))

    some = reduce(or_, (spelled(base, look) for base in BASES.values())) | any_of(look, given)
    found: QuerySet[Any, Any] = cases.filter(some).order_by()
    found = found.annotate(shape=bits_of(_ALL_MARKS, look), wait=WAITED)
    found = found.annotate(given=number(own), content=number(own.filter(score__in=CONTENT)))
    complaint = Choose(When(MARKS["property"](look), then=F("compound_id")), default=None)
    found = found.annotate(complaint=complaint)
    return found.values_list("pk", "shape", "wait", "given", "content", "complaint")


def written_since(mark: UUID) -> QuerySet[Case]:
    """The cases that were written since a UUIDv7 was made: every act upon a case writes its row, too."""
    return Case.objects.filter(touched__gte=mark)
