"""The counted figures against their plain definitions, case by case, over whatever happened to the cases."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mulin.kernel.clock import day_start
from mulin.readers.indicators.queries import Scope
from mulin.readers.indicators.queries.sets import count_all, look_at, rows_of
from mulin.services.cases.models import Case
from mulin.services.cases.queries.figures import CUTS
from mulin.services.cases.rules import LIMITS
from tests.indicators.test_sets import AUGUST, JUNE, MAY, at, make, shapes
from tests.personas import Scene

APRIL = date(2026, 4, 1)
NAMES = (*CUTS, "ratings", "good_ratings")


@dataclass(frozen=True)
class History:
    """What happened to one case, and when; None for what never did."""

    told: dict[str, Any]
    merges: bool

    def _after(self, name: str, since: datetime | None) -> datetime | None:
        span = self.told[name]
        return None if span is None or since is None else since + span

    @property
    def due(self) -> datetime | None:
        return self._after("due", self.told["reported"])

    @property
    def closed(self) -> datetime | None:
        return self._after("done", self.told["reported"])

    @property
    def back(self) -> datetime | None:
        return self._after("back", self.closed)

    @property
    def excluded(self) -> datetime | None:
        return self.closed if self.told["excluded"] and self.back is None else None

    @property
    def rated(self) -> datetime | None:
        known = self.told["score"] not in ("", "no_rating")
        return (self.closed or self.told["reported"]) + timedelta(days=2) if known else None

    def ended(self, until: datetime) -> str:
        """How it had ended otherwise than by closing, '' where it had not."""
        end = self.told["end"]
        can = self.closed is None and (end != "merged" or self.merges)
        return end if can and self.told["reported"] + timedelta(hours=1) < until else ""

    def sets(self, start: datetime, until: datetime, end: datetime) -> set[str]:
        """The sets of which it is, said one by one from what happened before ``until``."""
        told, reported = self.told, self.told["reported"]

        def before(moment: datetime | None) -> bool:
            return moment is not None and moment < until

        def within(moment: datetime | None) -> bool:
            return moment is not None and start <= moment < until

        people = told["source"] != "patrol"
        is_closed = before(self.closed) and not before(self.back)
        closed = is_closed and within(self.closed)
        is_open = reported < until and not is_closed and not self.ended(until)
        late = is_open and before(self.due)
        counts = not before(self.excluded)
        answered = self._after("answered", reported)
        limit = reported + LIMITS.handle
        answerable = people and not self.ended(until) and counts and (before(answered) or limit < until)
        stepped = {
            "returned": told["returns"] > 0 and before(reported + timedelta(hours=2)),
            "reworked": told["reworks"] > 0 and before(reported + timedelta(hours=3)),
        }
        is_rated = is_closed and before(self.rated)
        good = told["score"] in ("satisfied", "mostly_satisfied")
        true = {
            "closed_still": self.back is None and within(self.closed),
            "closed": closed and counts,
            "closed_in_grid": closed and counts and told["level"] == "grid",
            "closed_locally": closed and counts and told["level"] in ("grid", "compound", "community"),
            "closed_in_time": closed and counts and (self.due is None or self.closed <= self.due),
            "due": (closed or late) and counts,
            "due_with_excluded": closed or late,
            "due_with_shelved": (closed or late) and counts,
            "excluded": (closed or late) and not counts,
            "carried_over": late and counts,
            "returned": (closed or late) and counts and stepped["returned"],
            "reworked": closed and counts and stepped["reworked"],
            "settled": (closed or within(self.back)) and people and counts,
            "resolved": closed
            and people
            and counts
            and not within(self.back)
            and not (is_rated and told["score"] == "dissatisfied"),
            "closed_for_people": closed and people and counts,
            "rated": closed and people and counts and is_rated,
            "ratings": within(self.rated) and counts,
            "good_ratings": within(self.rated) and counts and good,
        }
        if start <= reported < end:
            mine = people and self.ended(until) != "merged"
            in_time = before(answered) and answered <= limit
            true |= {
                "reported": True,
                "asked": mine,
                "responded": mine and answered is not None,
                "answerable": answerable,
                "answered_in_time": answerable and in_time,
            }
        return {name for name, is_so in true.items() if is_so}

    @property
    def origin(self) -> str:
        if self.told["historic"]:
            return "historic"
        return "staff_found" if self.told["source"] == "patrol" else "people"


WINDOWS = ((MAY, JUNE, None), (APRIL, AUGUST, None), (APRIL, MAY, None), (MAY, JUNE, at(5, 20)))
"""The one that is not over comes last: what is reported after its now is taken away first, for nothing is by then."""


@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=st.lists(shapes, min_size=6, max_size=24))
def test_what_is_counted_is_what_the_definition_says(county: Scene, told: list[dict[str, Any]]) -> None:
    Case.objects.update(state="in_hand", merged_into=None, excluded_at=None)
    Case.objects.all().delete()
    known: dict[Any, History] = {}
    kept: Case | None = None
    for one in told:
        history = History(one, merges=kept is not None)
        kept = make(one, kept)
        known[kept.pk] = history
    for start, end, now in WINDOWS:
        if now is not None:
            Case.objects.filter(state="merged").update(merged_into=F("pk"))
            later = Case.objects.filter(reported_at__gte=now)
            later.update(state="in_hand", merged_into=None, excluded_at=None)
            later.delete()
            known = {key: one for key, one in known.items() if one.told["reported"] < now}
        look = look_at(start, end, now)
        until = min(day_start(end), now or day_start(end))
        said = {key: one.sets(day_start(start), until, day_start(end)) for key, one in known.items()}
        counted = count_all(NAMES, Scope(), look)
        for name in NAMES:
            behind = {key for key, names in said.items() if name in names}
            found = {origin: number for origin, number in counted[name].items() if number}
            assert found == Counter(known[key].origin for key in behind), (name, start, end)
            if end == JUNE:
                column = "case_id" if name in ("ratings", "good_ratings") else "pk"
                assert set(rows_of(name, Scope(), look).values_list(column, flat=True)) == behind, name
