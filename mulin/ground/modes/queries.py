"""Which mode a place is in: declared over it or over any place that contains it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from mulin.ground.modes.models import ModeStage
from mulin.ground.modes.rules import URGENCY, limits_of, most_urgent, prefixes

__all__ = ["in_force", "mode_at"]


def mode_at(path: str, at: datetime) -> str:
    """'emergency' or 'routine': by which limits the work at a place goes. One statement, also for the past.

    The most urgent stage over the place decides. Alert and recovery count as routine, response as emergency. A mode
    whose end has passed does not count, whether ``tick`` has closed it yet or not.
    """
    return limits_of(most_urgent(_standing(path, at).values_list("stage", flat=True)))


def in_force(path: str, at: datetime) -> list[ModeStage]:
    """The stages in force over a place with their modes, the most urgent first, of equal ones the widest."""
    found = _standing(path, at).select_related("mode")
    return sorted(found, key=lambda one: (-URGENCY.index(one.stage), len(one.path)))


def _standing(path: str, at: datetime) -> QuerySet[ModeStage]:
    return ModeStage.objects.filter(path__in=prefixes(path), started_at__lte=at, ends_at__gt=at)
