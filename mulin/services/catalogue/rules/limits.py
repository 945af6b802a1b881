"""Time limits of a matter: which row applies at a level in a mode, and what applies where a county set none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _


class Step(TextChoices):
    ACCEPT = "accept", _("受理")
    FIRST_RESPONSE = "first_response", _("首次联系")
    DISPOSE = "dispose", _("处置")
    VERIFY = "verify", _("核查")


class Clock(TextChoices):
    """Whether nights and rest days count."""

    ELAPSED = "elapsed", _("自然时间")
    WORKING = "working", _("工作时间")


class Mode(TextChoices):
    ROUTINE = "routine", _("平时")
    EMERGENCY = "emergency", _("急时")


WORKING_DAY: Final = timedelta(hours=8)
"""A working day where a limit is written in working time: three days are stored as 24 hours of it."""
MOST_MINUTES: Final = 366 * 24 * 60
"""The longest limit: a year."""


@dataclass(frozen=True)
class Limit:
    """How long a step may take, and on which clock."""

    span: timedelta
    clock: str = Clock.ELAPSED

    @property
    def days(self) -> int | None:
        """Whole working days where the limit is so many of them (the due time is then the same hour of a later working
        day, however long a county's working day is); None on the elapsed clock and for parts of a day."""
        if self.clock != Clock.WORKING or self.span % WORKING_DAY:
            return None
        return self.span // WORKING_DAY


@dataclass(frozen=True)
class Limits:
    """The four steps of a case."""

    accept: Limit
    first_response: Limit
    dispose: Limit
    verify: Limit


@dataclass(frozen=True)
class LimitRow:
    """One limit as a county set it; ``level`` '' is every level."""

    level: str
    mode: str
    step: str
    minutes: int
    clock: str


DEFAULTS: Final[Mapping[str, Limits]] = {
    Mode.ROUTINE: Limits(
        accept=Limit(timedelta(hours=4), Clock.WORKING),
        first_response=Limit(timedelta(hours=24)),
        dispose=Limit(5 * WORKING_DAY, Clock.WORKING),
        verify=Limit(2 * WORKING_DAY, Clock.WORKING),
    ),
    Mode.EMERGENCY: Limits(
        accept=Limit(timedelta(minutes=30)),
        first_response=Limit(timedelta(hours=1)),
        dispose=Limit(timedelta(hours=24)),
        verify=Limit(timedelta(hours=24)),
    ),
}
"""Where a county has set nothing. Assumed: published limits differ from place to place."""


def resolve(rows: Iterable[LimitRow], *, level: str, mode: str) -> Limits:
    """The limits at a level in a mode. A row for the level wins over one for every level; in an emergency its own rows
    win over those of routine; where no row speaks, the default of the mode does."""
    order = [("", Mode.ROUTINE.value), (level, Mode.ROUTINE.value)]
    if mode == Mode.EMERGENCY:
        order += [("", Mode.EMERGENCY.value), (level, Mode.EMERGENCY.value)]
    ranks = {pair: rank for rank, pair in enumerate(order)}
    default = DEFAULTS[Mode(mode)]
    found = {step.value: (-1, getattr(default, step.value)) for step in Step}
    for row in rows:
        rank = ranks.get((row.level, row.mode), -1)
        if rank > found[row.step][0]:
            found[row.step] = (rank, Limit(timedelta(minutes=row.minutes), row.clock))
    return Limits(**{step: limit for step, (_rank, limit) in found.items()})
