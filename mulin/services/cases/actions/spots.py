"""Making and ending the codes that hang on poles and doors."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import public_number
from mulin.services.cases.actions import steps
from mulin.services.cases.models import PlaceCode
from mulin.services.cases.permissions import may_keep_codes


@transaction.atomic
def make_code(
    *,
    label: str,
    place: UUID | None,
    by: Actor,
    now: datetime,
    lon: float | None = None,
    lat: float | None = None,
) -> PlaceCode:
    """A code for a place of the maker's territory. ``lon``, ``lat``: where he stands, degrees WGS-84.

    Refused without a label or place; NotAllowed outside his territory.
    """
    words = steps.required(
        text=label, code="no_label", message=_("请写贴在哪里，比如“3号楼东门”。"), field="label", most=100
    )
    if place is None:
        raise Refused("no_place", _("请选择在哪个小区或社区（村）。"), field="place")
    division = territory.division(place)
    if not may_keep_codes(by, division.path):
        raise NotAllowed(_("只能给本人负责的区域做标牌。"))
    row = PlaceCode.objects.create(
        code=public_number(by.county), label=words, place=division, place_path=division.path,
        lon=lon if lat is not None else None, lat=lat if lon is not None else None,
        made_by=by.person, made_at=now,
    )  # fmt: skip
    _recorded(row, "place_code.made", by, now)
    return row


@transaction.atomic
def end_code(*, code: UUID, by: Actor, now: datetime) -> PlaceCode:
    """It does not hang there any more: whoever scans it chooses the place himself. Again changes nothing."""
    row = PlaceCode.objects.select_for_update(no_key=True).filter(pk=code).first()
    if row is None or not may_keep_codes(by, row.place_path):
        raise NotFound(_("没有这个标牌。"))
    if row.ended_at is None:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        _recorded(row, "place_code.ended", by, now)
    return row


def _recorded(row: PlaceCode, verb: str, by: Actor, now: datetime) -> None:
    facts = {"code": row.code, "label": row.label, "path": row.place_path}
    trail.record(by=by, now=now, verb=verb, subject_kind="place_code", subject_id=row.id, facts=facts)
