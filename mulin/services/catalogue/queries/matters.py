"""Versions of matter types: one by id, the one in force, and all of them for a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db.models import F, Max, QuerySet
from django.utils.translation import gettext as _

from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.services.catalogue.models import (
    OPEN,
    PUBLISHED,
    MatterAssist,
    MatterCategory,
    MatterLimit,
    MatterVersion,
)
from mulin.services.catalogue.rules import Content, LimitRow, checked, keywords_of
from mulin.services.catalogue.rules.finding import Entry


@dataclass(frozen=True)
class Group:
    """A category and its published versions, in order of their codes."""

    category: MatterCategory
    versions: tuple[MatterVersion, ...]


def whole() -> QuerySet[MatterVersion]:
    """Versions with their type, category and lead unit."""
    return MatterVersion.objects.select_related("matter_type", "matter_type__category", "lead_unit")


def entry_of(row: MatterVersion) -> Entry:
    """A version as ``rules.finding`` looks through it."""
    name = f"{row.name} {row.name_en}".strip()
    return Entry(row.id, name, keywords_of(row.keywords), row.description, row.matter_type.code)


def version(version_id: UUID) -> MatterVersion:
    """A version with its type, category and lead unit, whatever its state: a case keeps the one it was admitted under.
    One statement. Raises NotFound."""
    row = whole().filter(id=version_id).first()
    if row is None:
        raise NotFound(_("事项清单里没有这一项。"))
    return row


def current(matter_type_id: UUID) -> MatterVersion | None:
    """The published version of a type, or None. One statement."""
    return whole().filter(PUBLISHED, matter_type_id=matter_type_id).first()


def current_by_code(code: str) -> MatterVersion | None:
    """The published version of the type with this code, or None. One statement."""
    return whole().filter(PUBLISHED, matter_type__code=code).first()


def published() -> list[Group]:
    """Everything in force, by category in its order and code within it. One statement."""
    rows = whole().filter(PUBLISHED)
    groups: dict[UUID, tuple[MatterCategory, list[MatterVersion]]] = {}
    order = ("matter_type__category__position", "matter_type__category__code", "matter_type__code")
    for row in rows.order_by(*order):
        category = row.matter_type.category
        groups.setdefault(category.id, (category, []))[1].append(row)
    return [Group(category, tuple(versions)) for category, versions in groups.values()]


def published_page(*, category: str = "", at: str = "", size: int) -> Page:
    """A page of what is in force (of a category's code), by code; a spoilt mark is refused. One statement."""
    rows = whole().filter(PUBLISHED).annotate(code=F("matter_type__code"))
    if category:
        rows = rows.filter(matter_type__category__code=category)
    return page(rows, by="code", at=at, size=size, strict=True)


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a choice field, grouped: [(category, [(id of the matter type, its name)])]. One statement."""
    return [
        (group.category.label, [(str(row.matter_type_id), row.label) for row in group.versions])
        for group in published()
    ]


def content_of(row: MatterVersion) -> Content:
    """What a version says, as the one value by which drafts are made and versions compared. Two statements."""
    return contents_of([row])[row.id]


def contents_of(rows: Iterable[MatterVersion]) -> dict[UUID, Content]:
    """The same for many, by version, in two statements."""
    wanted = {row.id: row for row in rows}
    limits: dict[UUID, list[LimitRow]] = {}
    for key, level, mode, step, minutes, clock in MatterLimit.objects.filter(
        version_id__in=list(wanted)
    ).values_list("version_id", "level", "mode", "step", "minutes", "clock"):
        limits.setdefault(key, []).append(LimitRow(level, mode, step, minutes, clock))
    units: dict[UUID, list[UUID]] = {}
    assists = MatterAssist.objects.filter(version_id__in=list(wanted)).order_by("position", "id")
    for key, unit in assists.values_list("version_id", "unit_id"):
        units.setdefault(key, []).append(unit)
    return {key: _content(row, limits.get(key, []), units.get(key, [])) for key, row in wanted.items()}


def _content(row: MatterVersion, limits: Iterable[LimitRow], assists: Iterable[UUID]) -> Content:
    plain = {
        field.name: getattr(row, field.name)
        for field in fields(Content)
        if field.name not in ("lead_unit", "assists", "limits")
    }
    return checked(Content(**plain, lead_unit=row.lead_unit_id, assists=tuple(assists), limits=tuple(limits)))


def type_names(types: Iterable[UUID]) -> dict[UUID, tuple[str, bool]]:
    """(name in the reader's language, whether it is in force) of types: as the newest version put in force says it,
    retired or not. One statement, none for nothing."""
    wanted = list(types)
    if not wanted:
        return {}
    rows = MatterVersion.objects.filter(matter_type_id__in=wanted).exclude(published_at=None)
    return {row.matter_type_id: (row.label, row.state == "published") for row in rows.order_by("number")}


def latest(matter_type_id: UUID) -> MatterVersion | None:
    """The newest version of a type, whatever its state: the draft where there is one. One statement."""
    return whole().filter(matter_type_id=matter_type_id).order_by("-number").first()


def versions(matter_type_id: UUID) -> list[MatterVersion]:
    """Every version of a type, newest first. One statement."""
    return list(whole().filter(matter_type_id=matter_type_id).order_by("-number"))


def categories(*, ended: bool = False) -> list[MatterCategory]:
    """The county's categories in their order; those that ended only where asked."""
    rows = MatterCategory.objects.all() if ended else MatterCategory.objects.filter(OPEN)
    return list(rows.order_by("position", "code"))


def choice_name(code: str) -> str:
    """What a reporter chose, in the reader's language: the name of the type in force, or of the category, with this code;
    '' for none. Two statements at most."""
    row = current_by_code(code)
    if row is not None:
        return row.label
    category = MatterCategory.objects.filter(code=code).first()
    return category.label if category is not None else ""


def names_by_code() -> dict[str, str]:
    """The name of every type by its code, as the newest version put in force says it, retired or not, in the reader's
    language. One statement."""
    rows = whole().exclude(published_at=None).order_by("number")
    return {row.matter_type.code: row.label for row in rows}


def changed_at() -> datetime | None:
    """When a type was last put in force or retired; None where none ever was. One statement."""
    found = MatterVersion.objects.aggregate(put=Max("published_at"), gone=Max("retired_at"))
    return max((one for one in found.values() if one is not None), default=None)
