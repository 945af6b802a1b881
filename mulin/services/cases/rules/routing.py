"""The routing table (rows 8, 13–16): a place, a type and a time lead to a level, a unit, a team, persons. Pure.

Of the rules that cover a case the most specific one decides: by place, then by type, then by time. Two rules between
which neither decides are never in force together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models.enums import TextChoices
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mulin.kernel.errors import Refused
from mulin.services.cases.rules.holders import LEVELS

_GRID = re.compile(r".*/g[^/]*/")
TRIAL_DAYS: Final = 90
"""A change is tried on the cases that were reported in so many days before it and accepted."""
MOST_TRIED: Final = 5000
MOST_RULES: Final = 2000
MOST_OFFICERS: Final = 10
NOTE_LENGTH: Final = 200


class Hours(TextChoices):
    """When a rule counts, by the county's working hours."""

    ALWAYS = "always", _("任何时间")
    WORKING = "working", _("工作时间")
    OUTSIDE = "outside", _("工作时间以外")


@dataclass(frozen=True)
class Scope:
    """What a rule covers. ``until_day`` is its last day; of ``matter_type`` and ``category`` at most one is named."""

    path: str = "/"
    matter_type: UUID | None = None
    category: UUID | None = None
    hours: str = Hours.ALWAYS.value
    from_day: date | None = None
    until_day: date | None = None

    @property
    def dated(self) -> bool:
        """Whether it begins or ends on a day."""
        return self.from_day is not None or self.until_day is not None


@dataclass(frozen=True)
class Target:
    """To whom a case goes. The unit leads, the team where no unit is named; with both the team helps."""

    level: str
    unit: UUID | None = None
    team: UUID | None = None
    officers: tuple[UUID, ...] = ()

    @property
    def lead(self) -> UUID | None:
        """The organisation that holds the case; None: whoever holds the level's role there."""
        return self.unit or self.team

    @property
    def helpers(self) -> tuple[UUID, ...]:
        """The organisations that help."""
        return (self.team,) if self.team is not None and self.unit is not None else ()


@dataclass(frozen=True)
class Content:
    """What a rule says."""

    scope: Scope
    target: Target
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """For a column."""
        scope, target = self.scope, self.target
        return {
            "path": scope.path,
            "matter_type": _text(scope.matter_type),
            "category": _text(scope.category),
            "hours": scope.hours,
            "from_day": scope.from_day.isoformat() if scope.from_day else "",
            "until_day": scope.until_day.isoformat() if scope.until_day else "",
            "level": target.level,
            "unit": _text(target.unit),
            "team": _text(target.team),
            "officers": [str(one) for one in target.officers],
            "note": self.note,
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Content:
        """Back from the column."""
        return cls(
            Scope(
                told["path"],
                _id(told["matter_type"]),
                _id(told["category"]),
                told["hours"],
                _day(told["from_day"]),
                _day(told["until_day"]),
            ),
            Target(
                told["level"],
                _id(told["unit"]),
                _id(told["team"]),
                tuple(UUID(one) for one in told["officers"]),
            ),
            told["note"],
        )


def _text(key: UUID | None) -> str:
    return str(key) if key else ""


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Line:
    """A rule as it is in force: its number for people, and the version that says so."""

    rule: UUID
    version: UUID
    number: int
    content: Content


@dataclass(frozen=True)
class Asked:
    """What is known of a case when it is given to somebody."""

    place_path: str
    grid_path: str
    matter_type: UUID | None
    category: UUID | None
    day: date
    working: bool


def covers(scope: Scope, asked: Asked) -> bool:
    """Whether a rule is about such a case at such a time."""
    here = asked.place_path.startswith(scope.path) or asked.grid_path.startswith(scope.path)
    if not here or (scope.matter_type is not None and scope.matter_type != asked.matter_type):
        return False
    if scope.category is not None and scope.category != asked.category:
        return False
    if scope.hours != Hours.ALWAYS and (scope.hours == Hours.WORKING) != asked.working:
        return False
    return (scope.from_day or date.min) <= asked.day <= (scope.until_day or date.max)


def rank(scope: Scope) -> tuple[int, int, int]:
    """How specific a rule is: by place (a grid between its community and a compound), type, time; greater goes first."""
    depth = 2 * scope.path.strip("/").count("/") + 2 if scope.path != "/" else 0
    place = depth - 1 if _GRID.fullmatch(scope.path) else depth
    kind = 2 if scope.matter_type is not None else 1 if scope.category is not None else 0
    return place, kind, 2 * scope.dated + (scope.hours != Hours.ALWAYS)


def ties(one: Scope, other: Scope) -> bool:
    """Whether both may cover one case and neither is more specific: such rules are not in force together."""
    if one.path != other.path or rank(one) != rank(other):
        return False
    if (one.matter_type, one.category, one.hours) != (other.matter_type, other.category, other.hours):
        return False
    first = max(one.from_day or date.min, other.from_day or date.min)
    return first <= min(one.until_day or date.max, other.until_day or date.max)


@dataclass
class Table:
    """The rules in force together, found by their places."""

    lines: Iterable[Line]
    _by_path: dict[str, list[Line]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.lines:
            self._by_path.setdefault(line.content.scope.path, []).append(line)

    def pick(self, asked: Asked) -> Line | None:
        """The rule that decides, or None where none covers the case."""
        found = [
            line
            for path in places_around(asked.place_path, asked.grid_path)
            for line in self._by_path.get(path, ())
            if covers(line.content.scope, asked)
        ]
        return max(found, key=lambda line: (rank(line.content.scope), -line.number), default=None)


def places_around(*paths: str) -> set[str]:
    """Every path that contains one of these, themselves included."""
    found = {"/"}
    for path in paths:
        steps = path.strip("/").split("/") if path.strip("/") else []
        found |= {f"/{'/'.join(steps[: count + 1])}/" for count in range(len(steps))}
    return found


def checked(content: Content) -> Content:
    """The content with its words in order. Refuses what no table can hold, each with its field."""
    scope, target = content.scope, content.target
    if scope.matter_type is not None and scope.category is not None:
        raise Refused("rule_type", _now("事项和大类只能选一个。"), field="what")
    if scope.hours not in Hours.values:
        raise Refused("rule_hours", _now("请选择什么时间适用。"), field="hours")
    if scope.from_day and scope.until_day and scope.until_day < scope.from_day:
        raise Refused("rule_days", _now("最后一天早于第一天。"), field="until_day")
    if target.level not in LEVELS:
        raise Refused("no_level", _now("请选择派到哪一级。"), field="level")
    if target.level == "grid" and target.lead is not None:
        raise Refused("rule_unit", _now("派到网格的不用选单位；要派给单位，请选别的层级。"), field="unit")
    if len(target.officers) > MOST_OFFICERS:
        raise Refused(
            "rule_officers", _now("最多指定 %(most)d 个人。") % {"most": MOST_OFFICERS}, field="officers"
        )
    note = " ".join(content.note.split())
    if len(note) > NOTE_LENGTH:
        raise Refused(
            "too_long", _now("最多 %(most)d 个字，请写短一些。") % {"most": NOTE_LENGTH}, field="note"
        )
    return Content(scope, target, note)
