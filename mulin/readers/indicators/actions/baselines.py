"""What figures are compared with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.tables import clean
from mulin.readers.indicators.models import Baseline, BaselineKind
from mulin.readers.indicators.permissions import may_set_baselines
from mulin.readers.indicators.rules import BASELINED


@transaction.atomic
def set_baseline(
    *,
    code: str,
    path: str,
    kind: str,
    by: Actor,
    now: datetime,
    starts_on: date | None = None,
    ends_on: date | None = None,
    value: float | None = None,
    document: str = "",
    signer: str = "",
    signed_on: date | None = None,
) -> Baseline:
    """Say what a figure is compared with at a place: the rows of a window that is over, or a number that a document
    declares. The one in force before ends. The county's clerks and administrators only.

    Refused: a figure without baselines, no such place, a window that is upside down or not over, a declaration without
    number, document, signer or day.
    """
    if not may_set_baselines(by) or by.person is None:
        raise NotAllowed(_("基期由县级工作人员和管理员设定。"))
    if code not in BASELINED:
        raise Refused("code_unknown", _("这个指标没有基期。"), field="code")
    if territory.division_at_path(path) is None:
        raise Refused("place_unknown", _("请选择地方。"), field="path")
    said = (
        _window(starts_on, ends_on, now)
        if kind == BaselineKind.COMPUTED
        else _declared(value, document, signer, signed_on, now)
    )
    held = Baseline.objects.select_for_update(no_key=True).filter(code=code, path=path, ended_at__isnull=True)
    for row in held:
        _end(row, by, now)
    made = Baseline.objects.create(code=code, path=path, kind=kind, set_by=by.person, set_at=now, **said)
    facts = {"code": code, "path": path, "kind": kind, **{key: str(one) for key, one in said.items()}}
    trail.record(
        by=by, now=now, verb="baseline.set", subject_kind="baseline", subject_id=made.id, facts=facts
    )
    return made


def _window(starts_on: date | None, ends_on: date | None, now: datetime) -> dict[str, Any]:
    if starts_on is None or ends_on is None or ends_on <= starts_on:
        raise Refused("window_wrong", _("止日必须晚于起日（止日不含在内）。"), field="ends_on")
    if ends_on > local_day(now):
        raise Refused("not_over", _("基期要已经过完。"), field="ends_on")
    return {"starts_on": starts_on, "ends_on": ends_on}


def _declared(
    value: float | None, document: str, signer: str, signed_on: date | None, now: datetime
) -> dict[str, Any]:
    if value is None or not 0 < value < 1e9:
        raise Refused("no_value", _("请填写文件里的数值，要大于 0。"), field="value")
    paper, who = clean(document)[:120], clean(signer)[:40]
    if not paper:
        raise Refused("no_document", _("请填写文件名称和文号。"), field="document")
    if not who:
        raise Refused("no_signer", _("请填写签发人。"), field="signer")
    if signed_on is None or signed_on > local_day(now):
        raise Refused("no_day", _("请填写签发日期。"), field="signed_on")
    return {"value": value, "document": paper, "signer": who, "signed_on": signed_on}


@transaction.atomic
def end_baseline(*, baseline: UUID, by: Actor, now: datetime) -> Baseline:
    """A baseline is compared with no more. Refused for one that is over."""
    if not may_set_baselines(by) or by.person is None:
        raise NotAllowed(_("基期由县级工作人员和管理员设定。"))
    row = Baseline.objects.select_for_update(no_key=True).filter(pk=baseline).first()
    if row is None:
        raise NotFound(_("没有这个基期。"))
    if row.ended_at is not None:
        raise Refused("ended", _("这个基期已经停用。"), status=409)
    return _end(row, by, now)


def _end(row: Baseline, by: Actor, now: datetime) -> Baseline:
    row.ended_at, row.ended_by = now, by.person
    row.save()
    facts = {"code": row.code, "path": row.path}
    trail.record(
        by=by, now=now, verb="baseline.ended", subject_kind="baseline", subject_id=row.id, facts=facts
    )
    return row
