"""Numbers of the closed loop that the catalogue does not bring, and the arithmetic of its two clocks. All assumed
unless a row or standard is named; a county changes limits per matter type in its catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID


@dataclass(frozen=True)
class Limits:
    """How long each step may take before a matter type is known, in elapsed hours."""

    screen: timedelta = timedelta(hours=24)
    handle: timedelta = timedelta(hours=24)
    contact: timedelta = timedelta(hours=24)
    close: timedelta = timedelta(hours=72)
    verify: timedelta = timedelta(hours=48)
    arbitrate: timedelta = timedelta(hours=24)
    appeal: timedelta = timedelta(hours=72)
    decide: timedelta = timedelta(hours=24)
    check: timedelta = timedelta(days=7)
    total: timedelta = timedelta(hours=72)


LIMITS: Final = Limits()
MOST_PHOTOS: Final = 3
MOST_WORDS_OF_SYSTEM: Final = 6000
"""Of a report that a connected system brings: 4,000 of its reporter (GeoReport v2), and what he answered to questions."""
MOST_WORDS: Final = 2000
"""Characters of a report, a reply or a result."""
TITLE_LENGTH: Final = 40
SPOKEN: Final = "（语音反映，等工作人员听写）"
"""The words of a report that only speaks, until somebody has written them down. A record, not the page's language."""
ROUGH_METRES: Final = 500
"""A position less certain than this does not decide the grid: the community looks first."""
CONTACT_TRIES: Final = 3
"""Failed calls or visits, on different days, after which a case may be closed all the same (row 9)."""
LOOK_UP_NUMBERS: Final = 8
"""Number + last four digits: an address may try so many times as often as one number (the setting says how often)."""
RETURNS_BEFORE_ARBITRATION: Final = 2
"""So many units may send a case back; the next return goes to an arbiter (row 11)."""
ANSWER_DAYS: Final = 10
"""Days that a question to the reporter stops the clock; then it runs on and a clerk decides."""
APPEAL_DAYS: Final = 30
MOST_DEFERRAL_DAYS: Final = 366
"""An extension, a wait or a shelving is granted for so many days at most; then it is asked for again."""
REOPEN_DAYS: Final = 30
"""Days after closing within which a case may be reopened (row 9); later it is a new report."""
SUPPORTS_PER_HOUR: Final = 30
"""So often an hour one network address may say: me too."""
URGE_HOURS: Final = 4
"""A case is urged at most once in so many hours."""
SAMPLE_PER_CENT: Final = 10
"""Share of found-and-fixed cases that a second person looks at."""
HARD_DAYS: Final = 30
HARD_UNITS: Final = 2
"""A case is flagged as difficult when so many units worked on it, or after so many days (row 19)."""


def asks_for_photo(evidence: str) -> bool:
    """Whether a result with this kind of evidence (the catalogue's word) brings a photo along."""
    return evidence.startswith(("photo", "document"))


def sampled(key: UUID) -> bool:
    """Whether a found-and-fixed case is drawn for a check: by its own random key, so that nobody chooses, and a resend
    draws the same lot."""
    return key.int % 100 < SAMPLE_PER_CENT


def step_due(*, step: datetime | None, total: datetime | None) -> datetime | None:
    """A step's clock never outlives the total one: nothing that happens on the way washes it green."""
    if step is None or total is None:
        return step or total
    return min(step, total)


def moved(due: datetime | None, rest: timedelta) -> datetime | None:
    """A due time after a rest."""
    return None if due is None else due + rest
