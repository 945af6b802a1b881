"""Reads of cases. Every list starts at ``visible_to``."""

from mulin.services.cases.permissions import allowed_for
from mulin.services.cases.queries.lists import (
    Filters,
    filtered,
    light_of,
    listing,
    mine,
    own_receipt,
    points,
    receipts_of,
    visible_to,
)
from mulin.services.cases.queries.lookup import (
    Masked,
    address,
    by_number_and_digits,
    by_receipt,
    export_reporter,
    find,
    has_rated,
    ratings,
    reach,
    reporters,
    visible,
)
from mulin.services.cases.queries.timeline import Entry, Photo, Story, photos_of, timeline

__all__ = [
    "Entry",
    "Filters",
    "Masked",
    "Photo",
    "Story",
    "address",
    "allowed_for",
    "by_number_and_digits",
    "by_receipt",
    "export_reporter",
    "filtered",
    "find",
    "has_rated",
    "light_of",
    "listing",
    "mine",
    "own_receipt",
    "photos_of",
    "points",
    "ratings",
    "reach",
    "receipts_of",
    "reporters",
    "timeline",
    "visible",
    "visible_to",
]
