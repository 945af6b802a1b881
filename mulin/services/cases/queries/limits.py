"""The limits of a case whose matter type nobody knows yet."""

from __future__ import annotations

from typing import Final

from mulin.services.cases.rules import LIMITS
from mulin.services.catalogue import queries as catalogue

UNTYPED: Final = catalogue.Limits(
    accept=catalogue.Limit(LIMITS.handle),
    first_response=catalogue.Limit(LIMITS.handle),
    dispose=catalogue.Limit(LIMITS.total),
    verify=catalogue.Limit(LIMITS.verify),
)
"""Until a matter type is known."""
