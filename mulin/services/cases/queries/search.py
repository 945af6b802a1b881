"""Searching cases by words."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from mulin.kernel.ids import read_public
from mulin.services.cases.models import Case

FIELDS = ("title", "text", "place_text", "result")
"""What a search in words reads."""


def saying(cases: QuerySet[Case], words: str) -> QuerySet[Case]:
    """The cases that say each of the words (parted by spaces) in title, text, place or result; or the one whose public
    number it is, or that had this number in the system it was imported from."""
    number = read_public(words)
    if number:
        return cases.filter(number=number[1])
    said = Q()
    for part in words.split():
        said &= _says(part)
    return cases.filter(said | Q(external_no=words))


def _says(part: str) -> Q:
    """The exact substring in one of the fields; letters in either case."""
    how = "contains" if part.lower() == part.upper() else "icontains"
    said = Q()
    for field in FIELDS:
        said |= Q(**{f"{field}__{how}": part})
    return said
