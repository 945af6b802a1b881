"""When things happen in the example county: seasons, weekdays, hours, and how long people take."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import log
from random import Random

from mulin.kernel.clock import CHINA, day_start, local_day

DAYS = 75
"""The example county's cases lie in this many days before now."""

MONTHS = [7, 5, 8, 8, 8, 9, 11, 11, 8, 8, 9, 8]
"""Reports per month of the year, per cent (assumed)."""
NEIGHBOUR_HOURS = [1, 1, 0, 0, 0, 1, 3, 6, 10, 10, 7, 5, 4, 4, 5, 6, 9, 9, 6, 10, 10, 6, 4, 2]
"""Residents report from 8 to 10, 16 to 18 and 19 to 21; every day of the week alike."""
STAFF_HOURS = [0, 0, 0, 0, 0, 0, 0, 1, 9, 12, 11, 5, 1, 4, 9, 11, 10, 6, 1, 1, 0, 0, 0, 0]
STAFF_WEEKDAY_SHARE = 0.78
"""Share of the finds of grid workers that fall on Monday to Friday."""
RESPONSE_MEDIAN, RESPONSE_SIGMA = 12.0, 0.7
"""Hours from the report to the first answer: lognormal (the county speaks of 12 hours)."""
URGENT_MEDIAN = 0.4
DISPOSAL_MEDIAN, DISPOSAL_SIGMA = 16.0, 0.8
"""Hours from the first answer to the result."""
CLOSURE_MEDIAN, CLOSURE_SIGMA = 26.0, 0.5
RATING_MEDIAN, RATING_SIGMA = 7.0, 0.9
OPENS, SHUTS = 7, 21
"""Local hours within which staff answer."""
MORNING, EVENING = 8, 20
"""Local hours within which neighbours go to a shop or an office."""


def report_moment(rng: Random, now: datetime, *, staff: bool) -> datetime:
    """A moment within the last DAYS days, by season, weekday and hour; never later than ten minutes ago."""
    today = local_day(now)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    weights = [MONTHS[day.month - 1] * (_staff_weight(day) if staff else 1.0) for day in days]
    hours = STAFF_HOURS if staff else NEIGHBOUR_HOURS
    while True:
        day = rng.choices(days, weights)[0]
        hour = rng.choices(range(24), hours)[0]
        moment = day_start(day) + timedelta(hours=hour, minutes=rng.randrange(60), seconds=rng.randrange(60))
        if now - timedelta(days=DAYS) < moment < now - timedelta(minutes=10):
            return moment


def _staff_weight(day: date) -> float:
    return STAFF_WEEKDAY_SHARE / 5 if day.weekday() < 5 else (1 - STAFF_WEEKDAY_SHARE) / 2


def after(
    rng: Random, start: datetime, median_hours: float, sigma: float, *, at_work: bool = True
) -> datetime:
    """A lognormal while after ``start``; moved to the nearest working hour that is still after it."""
    span = timedelta(hours=rng.lognormvariate(log(median_hours), sigma))
    moment = start + max(span, timedelta(minutes=4))
    return in_daytime(rng, moment, start) if at_work else moment


def in_daytime(rng: Random, moment: datetime, start: datetime) -> datetime:
    """Out of the night: to the evening before it, where that is after ``start`` and nearer, else to the
    morning."""
    local = moment.astimezone(CHINA)
    if OPENS <= local.hour < SHUTS:
        return moment
    night = local_day(moment) if local.hour >= SHUTS else local_day(moment) - timedelta(days=1)
    evening = day_start(night) + timedelta(hours=SHUTS) - timedelta(minutes=rng.randint(2, 80))
    morning = day_start(night) + timedelta(days=1, hours=OPENS) + timedelta(minutes=rng.randint(5, 110))
    near_evening = moment - evening < morning - moment
    return evening if near_evening and evening > start + timedelta(minutes=3) else morning


def awake(moment: datetime) -> datetime:
    """Out of the night, never later: what falls between EVENING and MORNING falls in the half hour before that
    EVENING, in the same order."""
    hour = moment.astimezone(CHINA).hour
    if MORNING <= hour < EVENING:
        return moment
    dusk = day_start(local_day(moment - timedelta(hours=MORNING))) + timedelta(hours=EVENING)
    return dusk - timedelta(minutes=30) + (moment - dusk) / (24 + MORNING - EVENING) / 3


def between(rng: Random, start: datetime, end: datetime) -> datetime:
    """A moment between two others."""
    return start + (end - start) * rng.uniform(0.15, 0.7)
