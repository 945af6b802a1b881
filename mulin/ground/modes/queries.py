"""Which mode a place is in: declared over it or over any place that contains it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.modes.models import OPEN, EmergencyMode, ModeStage, Stage
from mulin.ground.modes.permissions import may_declare_somewhere
from mulin.ground.modes.rules import URGENCY, limits_of, most_urgent, prefixes
from mulin.ground.people import queries as people
from mulin.kernel import hooks
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page

__all__ = [
    "Banner",
    "banners",
    "export_person",
    "forget",
    "in_force",
    "may_declare_somewhere",
    "mode",
    "mode_at",
    "officers",
    "open_modes",
    "past_modes",
    "place_names",
    "stage_words",
    "stages_of",
]

KEPT_SECONDS = 15.0


def mode_at(path: str, at: datetime) -> str:
    """'emergency' or 'routine': by which limits the work at a place goes. One statement, also for the past.

    The most urgent stage over the place decides. Alert and recovery count as routine, response as emergency. A mode
    whose end has passed does not count, whether ``tick`` has closed it yet or not.
    """
    return limits_of(most_urgent(_standing(path, at).values_list("stage", flat=True)))


def in_force(path: str, at: datetime) -> list[ModeStage]:
    """The stages in force over a place with their modes, the most urgent first, of equal ones the widest."""
    return _by_urgency(_standing(path, at).select_related("mode"))


def _standing(path: str, at: datetime) -> QuerySet[ModeStage]:
    return ModeStage.objects.filter(path__in=prefixes(path), started_at__lte=at, ends_at__gt=at)


def _by_urgency(found: Iterable[ModeStage]) -> list[ModeStage]:
    return sorted(found, key=lambda one: (-URGENCY.index(one.stage), len(one.path), one.path))


# ── what people are told ─────


@dataclass(frozen=True)
class Banner:
    """What the people under a mode read: where, which stage in words, what about, until when."""

    mode: UUID
    path: str
    place: str
    stage: str
    words: str
    title: str
    ends_at: datetime
    started_at: datetime

    @property
    def emergency(self) -> bool:
        """Whether the work goes by emergency limits."""
        return self.stage == Stage.RESPONSE


_kept: dict[int, tuple[float, list[Banner]]] = {}


def banners(paths: Iterable[str], at: datetime) -> list[Banner]:
    """The modes over, or somewhere below, any of the paths: the most urgent first. For pages, not for limits.

    Kept in the process for some seconds; whoever changes a mode sees it at once, others when these are over.
    """
    wanted = list(paths)
    until, found = _kept.get(current_county(), (0.0, []))
    if time.monotonic() >= until:
        found = _all_banners(at)
        _kept[current_county()] = (time.monotonic() + KEPT_SECONDS, found)
    return [
        one
        for one in found
        if one.started_at <= at < one.ends_at
        and any(path.startswith(one.path) or one.path.startswith(path) for path in wanted)
    ]


def _all_banners(at: datetime) -> list[Banner]:
    rows = ModeStage.objects.filter(ends_at__gt=at, mode__closed_at__isnull=True).select_related("mode")
    names = place_names(rows)
    return [_banner(row, names) for row in _by_urgency(rows)]


def forget() -> None:
    """Read the banners again: after a change, and between tests."""
    _kept.clear()


def _banner(row: ModeStage, names: dict[str, str]) -> Banner:
    return Banner(
        mode=row.mode_id,
        path=row.path,
        place=names.get(row.path, ""),
        stage=row.stage,
        words=stage_words(row.stage),
        title=row.mode.title,
        ends_at=row.ends_at,
        started_at=row.started_at,
    )


def stage_words(stage: str) -> str:
    """A stage in words; routine too."""
    return str(Stage(stage).label) if stage in Stage.values else _("平时")


def place_names(rows: Iterable[Any]) -> dict[str, str]:
    """The names of the places of modes or stages. No statement without rows."""
    return hooks.settlements_under("/") if list(rows) else {}


# ── the page ─────


def open_modes(at: datetime) -> list[ModeStage]:
    """Every stage in force in the county now, with its mode, the most urgent first."""
    rows = ModeStage.objects.filter(started_at__lte=at, ends_at__gt=at).select_related("mode")
    return _by_urgency(rows)


def past_modes(at: datetime, *, mark: str = "", size: int = 20) -> Page:
    """Modes that are over, the newest first. One statement."""
    return page(
        EmergencyMode.objects.filter(Q(ends_at__lte=at) | ~OPEN),
        by="-declared_at",
        at=mark,
        size=size,
    )


def mode(key: UUID) -> EmergencyMode:
    """A mode of the county in force. Raises NotFound."""
    found = EmergencyMode.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("没有这一条记录。"))
    return found


def stages_of(row: EmergencyMode) -> list[ModeStage]:
    """The stages that a mode went through, the first one first."""
    return list(row.stages.order_by("started_at", "id"))


def officers(rows: Iterable[Any]) -> dict[UUID, str]:
    """The public names of those who declared or moved."""
    keys = {getattr(row, "declared_by_id", None) or getattr(row, "by_id", None) for row in rows}
    return people.public_names([key for key in keys if key])


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: what an officer declared."""
    rows = EmergencyMode.objects.filter(declared_by_id=person).order_by("declared_at")
    return {
        "modes_declared": [
            {"path": row.path, "title": row.title, "at": row.declared_at.isoformat()} for row in rows
        ]
    }
