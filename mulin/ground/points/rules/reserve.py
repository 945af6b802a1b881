"""What stands behind the points, pure: the cover, and how much of a rule's points is given while it is too low."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

WHOLE: Final = 100
"""Per cent of a rule's points that are given where nothing else was announced."""
MOST_FLOOR: Final = 1000
MOST_NOTICE: Final = 180


class Source(TextChoices):
    """Who pledges."""

    MERCHANT = "merchant", _("商户")
    ORGANISATION = "organisation", _("单位、社会组织")
    BUDGET = "budget", _("财政预算")


def cover(backing: int, outstanding: int) -> int | None:
    """Per cent of the outstanding points that something stands behind, rounded down; None where none are outstanding."""
    return backing * 100 // outstanding if outstanding else None


def too_low(backing: int, outstanding: int, floor: int) -> bool:
    """Whether less than ``floor`` per cent is covered."""
    return backing * 100 < floor * outstanding


def paced(points: int, percent: int) -> int:
    """Points of an act at a pace: rounded half up, never less than 1 of a rule that pays, never more than the rule's."""
    return max(1, (points * percent + 50) // 100) if points else 0


def starts(measured_on: date, notice: int, last: date | None) -> date:
    """From when a pace counts: ``notice`` days (at least one) later, and never before what was announced already."""
    first = measured_on + timedelta(days=max(notice, 1))
    return first if last is None else max(first, last + timedelta(days=1))
