"""The arithmetic of working time: a moment plus a span, and the span between two moments.

Both count whole years and days in bulk, so that a span of years costs no more than one of hours. Microseconds are
integers throughout: the two functions are exact inverses of each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from uuid import UUID

from mulin.ground.calendar.rules.festivals import statutory
from mulin.ground.calendar.rules.hours import ORDINARY, Hours, Spans, at, minutes
from mulin.kernel.clock import CHINA

MINUTE = 60_000_000
ONE = timedelta(microseconds=1)
IDLE_YEARS = 3
"""After so many years without one working hour a deadline is refused instead of sought for ever."""


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due. ``provisional``: the official calendar of a year on the way is not known yet."""

    at: datetime
    provisional: bool


class Book:
    """The working calendar of one county as it stands: days, hours of the county, hours of units. Immutable."""

    def __init__(
        self,
        *,
        days: Mapping[date, bool] | None = None,
        official: frozenset[int] = frozenset(),
        hours: Sequence[Hours] = (),
        units: Mapping[UUID, Sequence[Hours]] | None = None,
    ) -> None:
        """``days``: exceptions to the plain week, True for worked. ``official``: years whose notice is known."""
        self.days = dict(days or {})
        self.official = official
        self.hours = tuple(hours)
        self.units = {unit: tuple(dated) for unit, dated in (units or {}).items() if dated}
        self._years: dict[tuple[UUID | None, int], list[int]] = {}

    def hours_on(self, day: date, unit: UUID | None = None) -> Hours:
        """The unit's own hours; where it has none the county's; where that has none the ordinary ones."""
        own = at(self.units.get(unit, ()), day) if unit else None
        return own or at(self.hours, day) or ORDINARY

    def spans(self, day: date, unit: UUID | None = None) -> Spans:
        """When the unit works on a day; empty on a day off."""
        hours = self.hours_on(day, unit)
        told = self.days.get(day)
        if told is None:
            return () if statutory(day) else hours.spans(day)
        if not told:
            return ()
        return hours.make_up_spans(day) if day.isoweekday() > 5 else hours.spans(day)

    def works_on(self, day: date, unit: UUID | None = None) -> bool:
        """Whether the unit works on a day at all."""
        return bool(self.spans(day, unit))

    def is_working(self, moment: datetime, unit: UUID | None = None) -> bool:
        """Whether the unit is at work at a moment. The end of a span is no longer in it."""
        local = _local(moment)
        into = _into_day(local)
        return any(start * MINUTE <= into < end * MINUTE for start, end in self.spans(local.date(), unit))

    def add(self, start: datetime, span: timedelta, unit: UUID | None = None) -> datetime:
        """The earliest moment by which ``span`` of working time has passed since ``start``.

        No span is due at once, at night too; a span that fills the day is due at its end, not next morning.
        Raises ValueError for a negative span and for hours in which nothing is ever worked.
        """
        local, left = _local(start), span // ONE
        if left < 0:
            raise ValueError("a span of working time is not negative")
        if not left:
            return local
        unit, year = self._who(unit), local.year
        left += self._before(local, unit)
        idle = 0
        while left > (whole := self._year(unit, year)[-1]):
            idle = 0 if whole else idle + 1
            if idle > IDLE_YEARS or year >= date.max.year:
                raise ValueError("no working time far and wide")
            left, year = left - whole, year + 1
        worked = self._year(unit, year)
        number = bisect_left(worked, left) - 1
        day = date(year, 1, 1) + timedelta(number)
        return _within(day, self.spans(day, unit), left - worked[number])

    def between(self, start: datetime, end: datetime, unit: UUID | None = None) -> timedelta:
        """The working time from one moment to another; negative when the second comes first."""
        first, last, unit = _local(start), _local(end), self._who(unit)
        if last < first:
            return -self.between(end, start, unit)
        whole = sum(self._year(unit, year)[-1] for year in range(first.year, last.year))
        return timedelta(microseconds=whole + self._before(last, unit) - self._before(first, unit))

    def due(self, *, start: datetime, span: timedelta, clock: str, unit: UUID | None = None) -> Due:
        """When a span that begins at ``start`` is over, by the clock on the wall or by working time."""
        if clock == "elapsed":
            return Due((_local(start).astimezone(UTC) + span).astimezone(CHINA), provisional=False)
        if clock != "working":
            raise ValueError(f"no such clock: {clock!r}")
        moment = self.add(start, span, unit)
        years = range(_local(start).year, moment.year + 1)
        return Due(moment, provisional=any(year not in self.official for year in years))

    def working_days(self, count: float, unit: UUID | None = None, *, on: date | None = None) -> timedelta:
        """So many working days as a span of working time: the unit's own daily hours each, 7.5 ordinarily."""
        hours = self.hours_on(on or date.max, unit)
        return timedelta(minutes=hours.daily_minutes()) * count

    def _who(self, unit: UUID | None) -> UUID | None:
        """Units without hours of their own share the county's sums."""
        return unit if unit in self.units else None

    def _year(self, unit: UUID | None, year: int) -> list[int]:
        """Working microseconds before each day of a year, and in the whole of it at the end."""
        found = self._years.get((unit, year))
        if found is None:
            first, last = date(year, 1, 1), date(year, 12, 31)
            days = (first + timedelta(number) for number in range((last - first).days + 1))
            found = list(accumulate((minutes(self.spans(day, unit)) * MINUTE for day in days), initial=0))
            self._years[unit, year] = found
        return found

    def _before(self, local: datetime, unit: UUID | None) -> int:
        """What was worked of the year before a moment in it."""
        into = _into_day(local)
        today = sum(
            min(max(into - start * MINUTE, 0), (end - start) * MINUTE)
            for start, end in self.spans(local.date(), unit)
        )
        return self._year(unit, local.year)[local.timetuple().tm_yday - 1] + today


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(CHINA)


def _into_day(local: datetime) -> int:
    """Microseconds since midnight on the wall."""
    return (local.replace(tzinfo=None) - datetime.combine(local.date(), time())) // ONE


def _within(day: date, spans: Spans, left: int) -> datetime:
    """The moment of the day by which ``left`` microseconds of its spans have passed."""
    for start, end in spans:
        if left <= (length := (end - start) * MINUTE):
            wall = datetime.combine(day, time()) + timedelta(microseconds=start * MINUTE + left)
            return wall.replace(tzinfo=CHINA)
        left -= length
    raise AssertionError("more than the day holds")
