"""Versions of matter types: one by id, the one in force, and all of them for a form."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mulin.kernel.errors import NotFound
from mulin.services.catalogue.models import PUBLISHED, MatterCategory, MatterVersion


@dataclass(frozen=True)
class Group:
    """A category and its published versions, in order of their codes."""

    category: MatterCategory
    versions: tuple[MatterVersion, ...]


def _whole() -> QuerySet[MatterVersion]:
    return MatterVersion.objects.select_related("matter_type", "matter_type__category", "lead_unit")


def version(version_id: UUID) -> MatterVersion:
    """A version with its type, category and lead unit, whatever its state: a case keeps the one it was admitted under.
    One statement. Raises NotFound."""
    row = _whole().filter(id=version_id).first()
    if row is None:
        raise NotFound(_("事项清单里没有这一项。"))
    return row


def current(matter_type_id: UUID) -> MatterVersion | None:
    """The published version of a type, or None. One statement."""
    return _whole().filter(PUBLISHED, matter_type_id=matter_type_id).first()


def current_by_code(code: str) -> MatterVersion | None:
    """The published version of the type with this code, or None. One statement."""
    return _whole().filter(PUBLISHED, matter_type__code=code).first()


def published() -> list[Group]:
    """Everything in force, by category in its order and code within it. One statement."""
    rows = _whole().filter(PUBLISHED)
    groups: dict[UUID, tuple[MatterCategory, list[MatterVersion]]] = {}
    order = ("matter_type__category__position", "matter_type__category__code", "matter_type__code")
    for row in rows.order_by(*order):
        category = row.matter_type.category
        groups.setdefault(category.id, (category, []))[1].append(row)
    return [Group(category, tuple(versions)) for category, versions in groups.values()]


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a choice field, grouped: [(category, [(id of the matter type, its name)])]. One statement."""
    return [
        (group.category.label, [(str(row.matter_type_id), row.label) for row in group.versions])
        for group in published()
    ]
