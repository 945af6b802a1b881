"""Working hours: which spans of which weekdays, with summer and winter times that come back every year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import mode
from typing import Any

MonthDay = tuple[int, int]
Spans = tuple[tuple[int, int], ...]
"""(from, until) in minutes since midnight, in order, without overlap; until 1440 is midnight. The gap is lunch."""

WORKDAYS = (1, 2, 3, 4, 5)
WEEK = (*WORKDAYS, 6, 7)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the hours: these weekdays (1 is Monday), these spans; in a season (both ends included) or always.

    No spans say that these weekdays are free in the season.
    """

    weekdays: tuple[int, ...]
    spans: Spans
    season: tuple[MonthDay, MonthDay] | None = None

    def covers(self, day: date) -> bool:
        """Whether the season holds on the day; one such as 1 October to 30 April goes over the new year."""
        if self.season is None:
            return True
        first, last = self.season
        told = (day.month, day.day)
        return first <= told <= last if first <= last else (told >= first or told <= last)

    def plain(self) -> dict[str, Any]:
        """As a JSON column keeps it."""
        return {"weekdays": list(self.weekdays), "spans": [list(span) for span in self.spans]} | (
            {"season": [list(end) for end in self.season]} if self.season else {}
        )


def line_of(kept: Mapping[str, Any]) -> Line:
    """The line that ``plain`` wrote."""
    season = kept.get("season")
    return Line(
        weekdays=tuple(kept["weekdays"]),
        spans=tuple((start, end) for start, end in kept["spans"]),
        season=((season[0][0], season[0][1]), (season[1][0], season[1][1])) if season else None,
    )


@dataclass(frozen=True, slots=True)
class Hours:
    """The lines in force from a day (included) to a day (excluded)."""

    lines: tuple[Line, ...]
    started_on: date = date.min
    ended_on: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether these hours hold on the day."""
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)

    def spans(self, day: date, *, weekday: int | None = None) -> Spans:
        """The spans of the day, or of the day as if it were ``weekday``. A seasonal line goes before a plain one."""
        wanted = weekday or day.isoweekday()
        plain: Spans = ()
        for line in self.lines:
            if wanted in line.weekdays and line.covers(day):
                if line.season is not None:
                    return line.spans
                plain = line.spans
        return plain

    def make_up_spans(self, day: date) -> Spans:
        """The spans of a make-up workday at the weekend: those of the first weekday that is worked."""
        for weekday in WEEK:
            if spans := self.spans(day, weekday=weekday):
                return spans
        return ()

    def daily_minutes(self) -> int:
        """What one working day is: the length that most weekdays have outside the seasons."""
        always = [line for line in self.lines if line.season is None]
        for lines, weekdays in ((always, WORKDAYS), (always, WEEK), (self.lines, WEEK)):
            lengths = {weekday: minutes(line.spans) for line in lines for weekday in line.weekdays}
            if found := [lengths[weekday] for weekday in weekdays if lengths.get(weekday)]:
                return mode(found)
        return 0


def minutes(spans: Iterable[tuple[int, int]]) -> int:
    """How long the spans are together."""
    return sum(end - start for start, end in spans)


def at(dated: Sequence[Hours], day: date) -> Hours | None:
    """Which of several dated hours are in force on a day."""
    return next((hours for hours in dated if hours.in_force(day)), None)


ORDINARY = Hours((Line(WORKDAYS, ((510, 720), (810, 1050))),))
"""Monday to Friday, 08:30–12:00 and 13:30–17:30: where a county has not said otherwise."""
