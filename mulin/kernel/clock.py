"""The only place that reads the clock. Doors call it and pass ``now`` down.

``MULIN_NOW`` (ISO 8601) moves the clock of an example county: it starts there and runs on.
The command line refuses it anywhere else.
"""

from __future__ import annotations

import os
import time
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
"""Civil time of the whole country; days are counted in it."""

Clock = Callable[[], datetime]
"""What a door hands down to what lasts long: each of its transactions takes its own moment."""

FAR = 100
"""Years beyond which a day in an address is nonsense."""

_started = time.monotonic()


def now() -> datetime:
    """Aware datetime in UTC+8; from the tester's clock when one is set."""
    told = os.environ.get("MULIN_NOW")
    if told:
        return parse(told) + timedelta(seconds=time.monotonic() - _started)
    return datetime.now(CHINA)


def stopped(at: datetime) -> Clock:
    """A clock that stands: everything is done at one moment."""
    return lambda: at


def parse(text: str) -> datetime:
    """ISO 8601 to an aware datetime; without an offset it is Asia/Shanghai. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def day(text: str) -> date:
    """A day as a command's argument says it. Raises ArgumentTypeError, whose words argparse shows."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} 不是日期，请写成 2019-01-31 · is no day such as 2019-01-31"
        ) from None


def day_said(text: str, today: date) -> date:
    """A day as an address says it; today where nobody can have meant it: no day, or more than FAR years away."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs(day.year - today.year) <= FAR else today


def local_day(moment: datetime) -> date:
    """The civil day in Asia/Shanghai of an aware datetime."""
    return moment.astimezone(CHINA).date()


def day_start(day: date) -> datetime:
    """Midnight in Asia/Shanghai at which ``day`` begins."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)
