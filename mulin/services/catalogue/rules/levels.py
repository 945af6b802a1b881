"""Levels of disposal (row 8): the ladder from the grid up to the county."""

from __future__ import annotations

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _


class DisposalLevel(TextChoices):
    """In the order of the ladder, the lowest first."""

    GRID = "grid", _("网格")
    COMPOUND = "compound", _("小区（物业）")
    COMMUNITY = "community", _("社区（村）")
    STREET = "street", _("街道（乡镇）")
    COUNTY = "county", _("县级部门")


def next_level(level: str) -> DisposalLevel | None:
    """The level right above; None above the county. ValueError for what is no level."""
    ladder = list(DisposalLevel)
    place = ladder.index(DisposalLevel(level))
    return ladder[place + 1] if place + 1 < len(ladder) else None


def is_below(level: str, other: str) -> bool:
    """Whether ``level`` stands lower on the ladder than ``other``."""
    ladder = list(DisposalLevel)
    return ladder.index(DisposalLevel(level)) < ladder.index(DisposalLevel(other))
