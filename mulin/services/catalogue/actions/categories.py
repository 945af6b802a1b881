"""The county's categories: eight to begin with, each of them the county's to rename, to move, to add to and to end."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.catalogue.models import OPEN, PUBLISHED, MatterCategory, MatterVersion
from mulin.services.catalogue.permissions import may_edit
from mulin.services.catalogue.rules import CATEGORIES

_CODE = re.compile(r"[a-z][a-z0-9_]{1,29}")


def must_edit(*, by: Actor) -> None:
    """Raises NotAllowed for whoever does not keep the catalogue."""
    if not may_edit(by):
        raise NotAllowed(_("事项清单由县级工作人员或管理员维护。"))


@transaction.atomic
def install_categories(*, by: Actor, now: datetime) -> int:
    """Write down those of the eight whose code and name the county does not know yet. Returns how many: again, none."""
    must_edit(by=by)
    known = {word for row in MatterCategory.objects.values_list("code", "name") for word in row}
    every = enumerate(CATEGORIES, start=1)
    missing = [(place, one) for place, one in every if not {one.code, one.name} & known]
    for place, one in missing:
        add_category(code=one.code, name=one.name, name_en=one.name_en, position=place, by=by, now=now)
    return len(missing)


@transaction.atomic
def add_category(
    *, code: str, name: str, by: Actor, now: datetime, name_en: str = "", position: int = 0
) -> MatterCategory:
    """Add a category. Its code never changes. Refuses a code that is taken or not written a-z, a name that stands."""
    must_edit(by=by)
    plain = code.strip().lower()
    if not _CODE.fullmatch(plain):
        raise Refused("category_code", _("代码用小写英文字母、数字和下划线，字母开头。"), field="code")
    if MatterCategory.objects.filter(code=plain).exists():
        raise Refused("category_known", _("这个代码已经用过。"), field="code", status=409)
    row = MatterCategory(code=plain, name=_named(name), name_en=name_en.strip()[:120], position=position)
    _save(row)
    _record(row, "catalogue.category_added", by, now)
    return row


@transaction.atomic
def change_category(
    *, category: UUID, name: str, by: Actor, now: datetime, name_en: str = "", position: int = 0
) -> MatterCategory:
    """Rename a category or move it in the order. What was filed under it stays under it."""
    must_edit(by=by)
    row = _locked(category)
    wanted = (_named(name), name_en.strip()[:120], position)
    if (row.name, row.name_en, row.position) == wanted:
        return row
    row.name, row.name_en, row.position = wanted
    _save(row)
    _record(row, "catalogue.category_changed", by, now)
    return row


@transaction.atomic
def end_category(*, category: UUID, by: Actor, now: datetime) -> MatterCategory:
    """End a category. Refuses while a matter type in force stands in it."""
    must_edit(by=by)
    row = _locked(category)
    if MatterVersion.objects.filter(PUBLISHED, matter_type__category=row).exists():
        raise Refused("category_in_use", _("这一类里还有现行的事项，请先停用它们。"), status=409)
    if row.ended_on is None:
        row.ended_on = local_day(now)
        row.save(update_fields=["ended_on"])
        _record(row, "catalogue.category_ended", by, now)
    return row


def _locked(key: UUID) -> MatterCategory:
    row = MatterCategory.objects.select_for_update(no_key=True).filter(OPEN, id=key).first()
    if row is None:
        raise NotFound(_("没有这个大类。"))
    return row


def _named(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > 60:
        raise Refused("category_name", _("名称要填写，最多 60 个字。"), field="name")
    return plain


def _save(row: MatterCategory) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("category_name_known", _("已经有同名的大类。"), field="name", status=409) from None


def _record(row: MatterCategory, verb: str, by: Actor, now: datetime) -> None:
    facts: dict[str, Any] = {"code": row.code, "name": row.name, "position": row.position}
    trail.record(by=by, now=now, verb=verb, subject_kind="matter_category", subject_id=row.id, facts=facts)
