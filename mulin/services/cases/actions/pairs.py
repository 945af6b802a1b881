"""The letter pairs by which a case is found by words, written with whatever changes what it says. See docs/adr/0008."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import F, Func, TextField

from mulin.services.cases.models import Case, CaseWords
from mulin.services.cases.queries.search import vector, words_of

_BATCH: Final = 500


def keep(*, cases: Sequence[Case]) -> None:
    """Write the letter pairs of what these cases say now. One statement.

    Called by every act that writes a case's title, text, place in words or result, in its transaction.
    """
    CaseWords.objects.bulk_create(
        [CaseWords(id=case.id, case_id=case.id, grams=vector(words_of(case))) for case in cases],
        update_conflicts=True,
        unique_fields=["county", "id"],
        update_fields=["grams"],
    )


def mend(*, progress: Callable[[int], None] | None = None) -> tuple[int, int]:
    """Compare the words of every case of the county with what it says, and write those that differ.

    Returns (cases looked at, rows written). 500 cases a transaction and three statements, their rows locked meanwhile:
    acts may go on, and where nothing is wrong nothing is written.
    """
    looked = written = 0
    last: UUID | None = None
    while True:
        with transaction.atomic():
            rows = Case.objects.select_for_update(no_key=True).order_by("id")
            cases = list((rows if last is None else rows.filter(id__gt=last))[:_BATCH])
            if not cases:
                return looked, written
            wrong = _wrong(cases)
            if wrong:
                keep(cases=wrong)
        last = cases[-1].id
        looked, written = looked + len(cases), written + len(wrong)
        if progress is not None:
            progress(looked)


def _wrong(cases: Sequence[Case]) -> list[Case]:
    """Those whose row says something else, or is missing. One statement."""
    pairs = Func(F("grams"), function="tsvector_to_array", output_field=ArrayField(TextField()))
    rows = CaseWords.objects.filter(pk__in=[case.id for case in cases]).annotate(pairs=pairs)
    kept = {key: set(found) for key, found in rows.values_list("id", "pairs")}
    return [case for case in cases if kept.get(case.id) != words_of(case)]
