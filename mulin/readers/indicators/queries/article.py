"""The article's figures beside what this county's records give: computed, or not yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from mulin.kernel.clock import local_day
from mulin.readers.indicators.queries.figures import Figure, figures
from mulin.readers.indicators.rules import INDICATORS
from mulin.readers.indicators.rules.article import CLAIMS, Claim
from mulin.services.catalogue import queries as catalogue

EVER: Final = date(2000, 1, 1)
COUNTED: Final[Mapping[str, Callable[[], int]]] = {
    "matter_categories": lambda: len(catalogue.categories()),
    "mandated_streets": catalogue.streets_with_mandate,
}
"""What the catalogue counts itself: it has pages of its own."""

COMPUTED, NOTHING, NOT_YET = "computed", "nothing_yet", "not_yet"


@dataclass(frozen=True)
class Compared:
    """A figure of the article and what the county's records give for it. ``rows``: how many are behind the value."""

    claim: Claim
    status: str
    value: float | int | None = None
    rows: int | None = None
    of: int | None = None
    start: date | None = None
    figure: Figure | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract of ``mulin demo --check --format json``."""
        return {
            "row": self.claim.row,
            "words": str(self.claim.words),
            "article": self.claim.says,
            "article_says_more": self.claim.about,
            "unit": self.claim.unit,
            "code": self.claim.code,
            "status": self.status,
            "value": self.value,
            "rows": self.rows,
            "of": self.of,
            "from": self.start.isoformat() if self.start else None,
        }


def compared(now: datetime) -> list[Compared]:
    """Every figure of the article. The statements of ``figures`` for each day from which the article counts, and two."""
    end = local_day(now) + timedelta(days=1)
    wanted: dict[date, set[str]] = {}
    for claim in CLAIMS:
        if claim.code in INDICATORS:
            wanted.setdefault(claim.since or EVER, set()).add(claim.code)
    known = {
        (since, one.indicator.code): one
        for since, codes in wanted.items()
        for one in figures(since, end, only=sorted(codes), now=now)
    }
    counted = {code: count() for code, count in COUNTED.items()}
    return [_compared(claim, known, counted) for claim in CLAIMS]


def _compared(claim: Claim, known: Mapping[tuple[date, str], Figure], counted: Mapping[str, int]) -> Compared:
    if claim.code in counted:
        n = counted[claim.code]
        return Compared(claim, COMPUTED if n else NOTHING, n, n)
    if not claim.code:
        return Compared(claim, NOT_YET)
    one = known[claim.since or EVER, claim.code]
    status = COMPUTED if one.value is not None and one.numerator else NOTHING
    return Compared(claim, status, one.value, one.numerator, one.denominator, claim.since, one)
