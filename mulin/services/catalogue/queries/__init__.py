"""Reads of the catalogue. Everybody who works for the county may read all of it."""

from mulin.services.catalogue.queries.limits import limits, limits_of
from mulin.services.catalogue.queries.matters import (
    Group,
    choices,
    current,
    current_by_code,
    published,
    version,
)
from mulin.services.catalogue.rules import DEFAULTS, DisposalLevel, Limit, Limits, is_below, next_level

__all__ = [
    "DEFAULTS",
    "DisposalLevel",
    "Group",
    "Limit",
    "Limits",
    "choices",
    "current",
    "current_by_code",
    "is_below",
    "limits",
    "limits_of",
    "next_level",
    "published",
    "version",
]
