"""Mandates of streets (row 22): a versioned list of duties, drafted, published, and retired by the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused, Stale
from mulin.services.catalogue.actions.categories import must_edit
from mulin.services.catalogue.models import PUBLISHED, Mandate, MandateItem
from mulin.services.catalogue.rules import DutyKind, VersionState

STREET_KINDS = ("subdistrict", "town")
MOST_DUTIES = 600
LONGEST_DUTY = 200


@dataclass(frozen=True)
class Duty:
    """One duty; ``unit`` is the department that leads it or took it back."""

    text: str
    kind: str = DutyKind.BASIC.value
    unit: UUID | None = None


@transaction.atomic
def draft_mandate(*, division: UUID, by: Actor, now: datetime) -> Mandate:
    """A draft of a street's next list, saying what the newest one says. The draft that is there already is returned.

    Refuses a place that is no street or town.
    """
    must_edit(by=by)
    place = territory.division(division)
    if place.kind not in STREET_KINDS or place.ended_on is not None:
        raise Refused("mandate_place", _("职责清单按街道（乡镇）编。"))
    newest = (
        Mandate.objects.select_for_update(no_key=True)
        .filter(division_id=division)
        .order_by("-number")
        .first()
    )
    if newest is not None and newest.state == VersionState.DRAFT:
        return newest
    row = Mandate(
        division_id=division,
        number=newest.number + 1 if newest else 1,
        positioning=newest.positioning if newest else "",
        basis=newest.basis if newest else "",
        created_at=now,
        created_by_id=by.person,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Stale(_("别人刚为这里起了一份草稿，请刷新后再看。")) from None
    if newest is not None:
        _write(row, [Duty(one.text, one.kind, one.unit_id) for one in newest.items.order_by("position")])
    _record(row, "mandate.drafted", by, now)
    return row


@transaction.atomic
def edit_mandate(
    *,
    mandate: UUID,
    duties: Sequence[Duty],
    by: Actor,
    now: datetime,
    positioning: str = "",
    basis: str = "",
    seen: int | None = None,
) -> Mandate:
    """Put another list into a draft. ``seen``: the revision its reader saw; a newer one there raises Stale."""
    must_edit(by=by)
    row = _draft(mandate)
    if seen is not None and seen != row.revision:
        raise Stale(_("这份草稿刚被别人改过，请看过新的内容再保存。"))
    _check(duties)
    row.positioning, row.basis = positioning.strip()[:1000], basis.strip()[:1000]
    row.revision += 1
    row.save(update_fields=["positioning", "basis", "revision"])
    MandateItem.objects.filter(mandate=row).delete()
    _write(row, duties)
    _record(row, "mandate.edited", by, now, duties=len(duties))
    return row


@transaction.atomic
def save_mandate(
    *,
    division: UUID,
    duties: Sequence[Duty],
    by: Actor,
    now: datetime,
    positioning: str = "",
    basis: str = "",
    seen: int | None = None,
) -> Mandate:
    """What a form brings: into the draft whose revision was ``seen``, or into the next version where there was none.

    A draft that came up or moved on since the form was opened raises Stale.
    """
    before = Mandate.objects.filter(division_id=division, state=VersionState.DRAFT).first()
    row = before or draft_mandate(division=division, by=by, now=now)
    return edit_mandate(
        mandate=row.id,
        duties=duties,
        positioning=positioning,
        basis=basis,
        by=by,
        now=now,
        seen=(seen or 0) if before else None,
    )


@transaction.atomic
def publish_mandate(*, mandate: UUID, by: Actor, now: datetime) -> Mandate:
    """Put a draft in force; the list in force until now is retired. Refuses an empty list."""
    must_edit(by=by)
    row = _draft(mandate)
    count = MandateItem.objects.filter(mandate=row).count()
    if not count:
        raise Refused("mandate_empty", _("清单里还没有一条职责。"), status=409)
    Mandate.objects.filter(PUBLISHED, division_id=row.division_id).update(
        state=VersionState.RETIRED, retired_at=now, retired_by=by.person
    )
    row.state, row.published_at, row.published_by_id = VersionState.PUBLISHED, now, by.person
    row.save(update_fields=["state", "published_at", "published_by"])
    _record(row, "mandate.published", by, now, duties=count)
    return row


@transaction.atomic
def discard_mandate(*, mandate: UUID, by: Actor, now: datetime) -> None:
    """Throw a draft away."""
    must_edit(by=by)
    row = _draft(mandate)
    _record(row, "mandate.discarded", by, now)
    row.delete()


def _draft(key: UUID) -> Mandate:
    row = Mandate.objects.select_for_update(no_key=True).filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这份清单。"))
    if row.state != VersionState.DRAFT:
        raise Refused("mandate_not_draft", _("已发布的清单不能再改，请另起一份草稿。"), status=409)
    return row


def _check(duties: Sequence[Duty]) -> None:
    if len(duties) > MOST_DUTIES:
        raise Refused("mandate_long", _("一份清单最多 %(most)d 条。") % {"most": MOST_DUTIES}, field="basic")
    for one in duties:
        if one.kind not in DutyKind.values:
            raise Refused("mandate_kind", _("请从列表中选择。"), field="basic")
        if not one.text.strip() or len(one.text) > LONGEST_DUTY:
            words = _("“%(text)s…”太长，一条最多 %(most)d 个字。") % {
                "text": one.text[:20],
                "most": LONGEST_DUTY,
            }
            raise Refused("mandate_text", words, field=one.kind)
    units = {one.unit for one in duties if one.unit is not None}
    if len(people.organisation_names(units)) < len(units):
        raise Refused("unit_unknown", _("请从列表中选择单位。"), field="assist")


def _write(row: Mandate, duties: Sequence[Duty]) -> None:
    MandateItem.objects.bulk_create(
        [
            MandateItem(mandate=row, position=place, kind=one.kind, text=one.text.strip(), unit_id=one.unit)
            for place, one in enumerate(duties, start=1)
        ]
    )


def _record(row: Mandate, verb: str, by: Actor, now: datetime, **more: int) -> None:
    facts: dict[str, Any] = {"division": str(row.division_id), "number": row.number, **more}
    trail.record(by=by, now=now, verb=verb, subject_kind="mandate", subject_id=row.division_id, facts=facts)
