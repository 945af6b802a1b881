"""Searching cases by words: any two letters that stand together are found, at a million cases as at a hundred.

The letter pairs of each case lie in an inverted index (``CaseWords``). It names candidates; whether a case really says
the words, and whether the actor may see it, is always asked of the case itself. See docs/adr/0008.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from itertools import pairwise
from typing import Final
from uuid import UUID

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from mulin.citus.indexes import county_letter
from mulin.kernel.county import current_county
from mulin.kernel.ids import read_public
from mulin.services.cases.models import Case, CaseWords

FIELDS: Final = ("title", "text", "place_text", "result")
"""What a search in words reads. An act that writes one of them keeps the words besides: ``actions.pairs``."""
LETTERS: Final = 10_000
"""Of each field so many letters are found."""
FEW: Final = 2000
"""So many candidates are fetched by their keys. Words said more often stand in any list's first pages: those are walked
in the list's own order until the page is full, which is soon."""
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def saying(cases: QuerySet[Case], words: str) -> QuerySet[Case]:
    """The cases that say each of the words (parted by spaces) in title, text, place or result; or the one whose public
    number it is, or that had this number in the system it was imported from. One statement, and the list's own."""
    number = read_public(words)
    if number:
        return cases.filter(number=number[1])
    said = Q()
    for part in words.split():
        said &= _says(part)
    found = candidates(words)
    if found is not None:
        said &= Q(pk__in=found)
    return cases.filter(said | Q(external_no=words))


def candidates(words: str) -> list[UUID] | None:
    """The cases that have every letter pair of the words; None where they are more than FEW. One statement."""
    rows = CaseWords.objects.filter(_matches(lexemes(words, current_county()))).order_by()
    found = list(rows.values_list("pk", flat=True)[: FEW + 1])
    return found if len(found) <= FEW else None


def lexemes(words: str, county: int) -> dict[str, bool]:
    """The letter pairs of words as the index keeps them → whether any pair that begins so will do (a letter alone)."""
    mark = county_letter(county)
    found: dict[str, bool] = {}
    for part in words.translate(_SMALL).split():
        found |= {f"{mark}{first}{second}": False for first, second in pairwise(part)}
        if len(part) == 1:
            found[f"{mark}{part}"] = True
    return found


def grams(said: Iterable[str], county: int) -> set[str]:
    """Whatever these texts are found by: every two letters that stand together, and the last one of each run, each behind
    the county's letter."""
    mark = county_letter(county)
    found: set[str] = set()
    for text in said:
        for part in text[:LETTERS].translate(_SMALL).split():
            found.update(f"{mark}{first}{second}" for first, second in pairwise(part))
            found.add(f"{mark}{part[-1]}")
    return found


def words_of(case: Case) -> set[str]:
    """The letter pairs of what a case says now."""
    return grams((getattr(case, field) for field in FIELDS), current_county())


def vector(found: Iterable[str]) -> str:
    """Letter pairs as PostgreSQL reads a ``tsvector``."""
    return " ".join(map(_quoted, found))


def _quoted(pair: str) -> str:
    escaped = pair.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _matches(wanted: dict[str, bool]) -> Func:
    """``grams @@ query``. The query is put together by hand: no parser of PostgreSQL knows Chinese words."""
    parts = [f"{_quoted(pair)}:*" if begins else _quoted(pair) for pair, begins in wanted.items()]
    query = Func(Value(" & ".join(parts)), template="%(expressions)s::tsquery")
    return Func(
        F("grams"), query, arg_joiner=" @@ ", template="(%(expressions)s)", output_field=BooleanField()
    )


def _says(part: str) -> Q:
    """The exact substring in one of the fields; letters of the alphabet in either case."""
    how = "contains" if part.lower() == part.upper() else "icontains"
    said = Q()
    for field in FIELDS:
        said |= Q(**{f"{field}__{how}": part})
    return said
