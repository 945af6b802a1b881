"""What a county's cases say, as one hash: the same content gives the same hash, whatever ids and numbers were drawn."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from mulin.kernel.secrets import decrypt
from mulin.services.cases.models import Case, CaseReporter, CaseStep, Rating

_CASE = (
    "source", "provenance", "found_fixed", "state", "title", "text", "category_label", "place_path", "place_text",
    "grid_path", "lon", "lat", "reported_at", "reported_day", "accepted_at", "assigned_at", "taken_up_at",
    "first_response_at", "disposed_at", "informed_at", "closed_at", "result", "refusal", "import_source", "external_no",
)  # fmt: skip
_STEP = ("at", "action", "from_state", "to_state", "role", "system", "note", "public")
_BATCH = 1000


def content_hash() -> str:
    """SHA-256 over every case of the county in force, with its reporters, steps and ratings, in a fixed order.

    Left out: ids, public numbers, receipts, version counts and everything that says when a row was written here.
    """
    total = hashlib.sha256()
    cases = Case.objects.order_by("import_source", "external_no", "reported_at", "title", "id").iterator(
        _BATCH
    )
    while batch := list(islice(cases, _BATCH)):
        parts = _parts([case.id for case in batch])
        for case in batch:
            row = {name: getattr(case, name) for name in _CASE} | parts[case.id]
            total.update(json.dumps(row, sort_keys=True, default=str, ensure_ascii=False).encode())
    return total.hexdigest()


def _parts(ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = defaultdict(lambda: {"reporters": [], "steps": [], "ratings": []})
    for case, part, row in _rows(ids):
        found[case][part].append(row)
    for parts in found.values():
        for rows in parts.values():
            rows.sort(key=str)
    return found


def _rows(ids: list[UUID]) -> Iterator[tuple[UUID, str, Any]]:
    for reporter in CaseReporter.objects.filter(case__in=ids):
        name = decrypt(reporter.name_sealed, bound_to="case_reporter.name")
        yield reporter.case_id, "reporters", [name, reporter.phone_hash, reporter.told_at]
    for step in CaseStep.objects.filter(case__in=ids).exclude(action="brought_in"):
        yield step.case_id, "steps", [getattr(step, name) for name in _STEP]
    for rating in Rating.objects.filter(case__in=ids):
        yield rating.case_id, "ratings", [rating.closure, rating.score, rating.comment]
