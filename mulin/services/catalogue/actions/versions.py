"""Versions of a matter type: draft, edit, publish, retire. A published version is never changed."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused, Stale
from mulin.services.catalogue import queries
from mulin.services.catalogue.actions.categories import must_edit
from mulin.services.catalogue.models import (
    OPEN,
    PUBLISHED,
    MatterAssist,
    MatterCategory,
    MatterLimit,
    MatterType,
    MatterVersion,
)
from mulin.services.catalogue.rules import Content, VersionState, checked, checked_code

_PLAIN = tuple(
    field.name for field in fields(Content) if field.name not in ("lead_unit", "assists", "limits")
)


@transaction.atomic
def draft_type(*, code: str, category: UUID, content: Content, by: Actor, now: datetime) -> MatterVersion:
    """Begin a matter type: its code, its category and a first draft. Nobody can report under it before it is published.

    Refuses a code that is taken ("matter_known"), a category that ended, and content that ``rules.checked`` refuses.
    """
    must_edit(by=by)
    plain = checked_code(code)
    if not MatterCategory.objects.filter(OPEN, id=category).exists():
        raise Refused("category_unknown", _("请从列表中选择大类。"), field="category")
    try:
        with transaction.atomic():
            kind = MatterType.objects.create(code=plain, category_id=category)
    except IntegrityError:
        words = _("编码 %(code)s 已经用过。") % {"code": plain}
        raise Refused("matter_known", words, field="code", status=409) from None
    row = _write(MatterVersion(matter_type=kind, number=1, created_at=now, created_by_id=by.person), content)
    _record(row, "catalogue.drafted", by, now)
    return row


@transaction.atomic
def draft_next(*, matter_type: UUID, by: Actor, now: datetime) -> MatterVersion:
    """A draft of the next version, saying what the newest one says. The draft that is there already is returned."""
    must_edit(by=by)
    kind = _locked(matter_type)
    newest = queries.latest(kind.id)
    if newest is None:
        raise NotFound(_("事项清单里没有这一项。"))
    if newest.state == VersionState.DRAFT:
        return newest
    draft = MatterVersion(matter_type=kind, number=newest.number + 1, created_at=now, created_by_id=by.person)
    row = _write(draft, queries.content_of(newest))
    _record(row, "catalogue.drafted", by, now)
    return row


@transaction.atomic
def edit(
    *, version: UUID, content: Content, by: Actor, now: datetime, seen: int | None = None
) -> MatterVersion:
    """Put other content into a draft. The same content again changes nothing.

    ``seen``: the revision its reader saw; a newer one there raises Stale. Refuses a version that is no draft.
    """
    must_edit(by=by)
    row = _draft(version)
    if seen is not None and seen != row.revision:
        raise Stale(_("这份草稿刚被别人改过，请看过新的内容再保存。"))
    if queries.content_of(row) == checked(content):
        return row
    row.revision += 1
    _write(row, content)
    _record(row, "catalogue.edited", by, now, revision=row.revision)
    return row


@transaction.atomic
def save_draft(
    *, matter_type: UUID, content: Content, by: Actor, now: datetime, seen: int | None = None
) -> MatterVersion:
    """What a form brings: into the draft whose revision was ``seen``, or into the next version where there was none.

    Content that changes nothing makes no draft: the version that says it already is returned. A draft that came up or
    moved on since the form was opened raises Stale.
    """
    must_edit(by=by)
    _locked(matter_type)
    newest = queries.latest(matter_type)
    if newest is None:
        raise NotFound(_("事项清单里没有这一项。"))
    if newest.state == VersionState.DRAFT:
        return edit(version=newest.id, content=content, by=by, now=now, seen=seen or 0)
    if queries.content_of(newest) == checked(content):
        return newest
    draft = draft_next(matter_type=matter_type, by=by, now=now)
    return edit(version=draft.id, content=content, by=by, now=now)


@transaction.atomic
def publish(*, version: UUID, by: Actor, now: datetime) -> MatterVersion:
    """Put a draft in force; the version in force until now is retired in the same moment.

    Cases keep the version they were admitted under. Refuses a version that is no draft, a category or a unit that
    ended, and the name of another matter in force.
    """
    must_edit(by=by)
    row = _draft(version)
    category = MatterCategory.objects.select_for_update(no_key=True).get(id=row.matter_type.category_id)
    if category.ended_on is not None:
        raise Refused("category_ended", _("它所在的大类已经停用。"), status=409)
    _check_units(row)
    before = MatterVersion.objects.select_for_update(no_key=True).filter(
        PUBLISHED, matter_type_id=row.matter_type_id
    )
    for old in before:
        why = _("由第 %(number)d 版代替") % {"number": row.number}
        _retire(old, why, by, now)
    row.state, row.published_at, row.published_by_id = VersionState.PUBLISHED, now, by.person
    try:
        with transaction.atomic():
            row.save(update_fields=["state", "published_at", "published_by"])
    except IntegrityError:
        words = _("已经有一项现行的事项叫“%(name)s”，请换个名称以便区分。") % {"name": row.name}
        raise Refused("matter_name_known", words, field="name", status=409) from None
    _record(row, "catalogue.published", by, now)
    return row


@transaction.atomic
def retire(*, version: UUID, why: str, by: Actor, now: datetime) -> MatterVersion:
    """Take the version in force out of force; nothing new is admitted under it. Refuses without a reason."""
    must_edit(by=by)
    found = MatterVersion.objects.filter(id=version).first()
    if found is None:
        raise NotFound(_("事项清单里没有这一项。"))
    _locked(found.matter_type_id)
    row = queries.version(version)
    if row.state != VersionState.PUBLISHED:
        raise Refused("matter_not_published", _("只有现行的版本才能停用。"), status=409)
    reason = " ".join(why.split())[:200]
    if not reason:
        raise Refused("matter_why", _("请写明停用的原因。"), field="why")
    _retire(row, reason, by, now)
    return row


@transaction.atomic
def discard(*, version: UUID, by: Actor, now: datetime) -> bool:
    """Throw a draft away; a type that has no other version goes with it. Whether the type is still there."""
    must_edit(by=by)
    row = _draft(version)
    _record(row, "catalogue.discarded", by, now)
    kind = row.matter_type
    row.delete()
    if MatterVersion.objects.filter(matter_type=kind).exists():
        return True
    kind.delete()
    return False


# ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────────


def _locked(key: UUID) -> MatterType:
    """The type's row, locked: two clerks at once come one after the other."""
    kind = MatterType.objects.select_for_update(no_key=True).filter(id=key).first()
    if kind is None:
        raise NotFound(_("事项清单里没有这一项。"))
    return kind


def _draft(key: UUID) -> MatterVersion:
    """A draft under its type's lock. Refuses a version that is none."""
    found = MatterVersion.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("事项清单里没有这一项。"))
    _locked(found.matter_type_id)
    row = MatterVersion.objects.select_related("matter_type__category").filter(id=key).first()
    if row is None:
        raise NotFound(_("事项清单里没有这一项。"))
    if row.state != VersionState.DRAFT:
        words = _("第 %(number)d 版已经发布，不能再改；请另起一份草稿。") % {"number": row.number}
        raise Refused("matter_not_draft", words, status=409)
    return row


def _write(row: MatterVersion, content: Content) -> MatterVersion:
    """Save a draft with its assisting units and limits."""
    said = checked(content)
    _check_known([unit for unit in (said.lead_unit, *said.assists) if unit is not None])
    for field in _PLAIN:
        setattr(row, field, getattr(said, field))
    row.lead_unit_id = said.lead_unit
    row.save()
    MatterAssist.objects.filter(version=row).delete()
    MatterLimit.objects.filter(version=row).delete()
    MatterAssist.objects.bulk_create(
        [MatterAssist(version=row, unit_id=unit, position=place) for place, unit in enumerate(said.assists)]
    )
    MatterLimit.objects.bulk_create(
        [
            MatterLimit(
                version=row,
                level=one.level,
                mode=one.mode,
                step=one.step,
                minutes=one.minutes,
                clock=one.clock,
            )
            for one in said.limits
        ]
    )
    return row


def _check_known(units: list[UUID]) -> None:
    if len(people.organisation_names(units)) < len(units):
        raise Refused("unit_unknown", _("请从列表中选择单位。"), field="lead_unit")


def _check_units(row: MatterVersion) -> None:
    """Every unit named still exists."""
    said = queries.content_of(row)
    wanted = [unit for unit in (said.lead_unit, *said.assists) if unit is not None]
    if not wanted:
        return
    living = set(people.organisations().filter(id__in=wanted).values_list("id", flat=True))
    gone = [name for key, name in people.organisation_names(wanted).items() if key not in living]
    if gone:
        words = _("%(units)s已经撤销，请先改草稿里的单位。") % {"units": "、".join(gone)}
        raise Refused("unit_ended", words, field="lead_unit", status=409)


def _retire(row: MatterVersion, why: str, by: Actor, now: datetime) -> None:
    row.state, row.retired_at, row.retired_by_id, row.retired_why = VersionState.RETIRED, now, by.person, why
    row.save(update_fields=["state", "retired_at", "retired_by", "retired_why"])
    _record(row, "catalogue.retired", by, now, why=why)


def _record(row: MatterVersion, verb: str, by: Actor, now: datetime, **more: Any) -> None:
    facts = {"code": row.matter_type.code, "number": row.number, "name": row.name, **more}
    trail.record(by=by, now=now, verb=verb, subject_kind="matter", subject_id=row.matter_type_id, facts=facts)
