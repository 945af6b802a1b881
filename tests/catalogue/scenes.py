"""Categories, versions and units written straight into the tables; contents and rows for actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps

from mulin.kernel.tables import Row
from mulin.services.catalogue.models import MatterCategory, MatterLimit, MatterType, MatterVersion
from mulin.services.catalogue.rules import CATEGORIES, Content
from tests.personas import SINCE


def category(code: str = "property_facilities") -> MatterCategory:
    """One of the eight, made where it is missing."""
    place = [one.code for one in CATEGORIES].index(code)
    given = CATEGORIES[place]
    row, _new = MatterCategory.objects.get_or_create(
        code=code, defaults={"name": given.name, "name_en": given.name_en, "position": place + 1}
    )
    return row


def matter(
    code: str, now: datetime, *, name: str = "", of: str = "property_facilities", **said: Any
) -> MatterVersion:
    """A version of a matter type, published unless told otherwise; a second call makes the next version."""
    kind, _new = MatterType.objects.get_or_create(code=code, defaults={"category": category(of)})
    told: dict[str, Any] = {
        "state": "published",
        "level": "community",
        "name": name or code,
        "created_at": now,
    }
    told |= said
    if told["state"] != "draft":
        told.setdefault("published_at", now)
    if told["state"] == "retired":
        told.setdefault("retired_at", now)
    number = MatterVersion.objects.filter(matter_type=kind).count() + 1
    return MatterVersion.objects.create(matter_type=kind, number=number, **told)


def limit(version: MatterVersion, step: str, minutes: int, **more: Any) -> MatterLimit:
    return MatterLimit.objects.create(version=version, step=step, minutes=minutes, **more)


def content(**said: Any) -> Content:
    """What a draft says, with a name and a level where none are given."""
    return Content(**({"name": "电梯故障", "level": "compound"} | said))


def unit(name: str, kind: str = "department") -> Any:
    """A unit of the county, registered straight in its table; one that is there is returned."""
    table = apps.get_model("people.Organisation").objects
    row, _new = table.get_or_create(
        kind=kind, name=name, defaults={"started_on": SINCE, "sort_key": name, "duty_phone": "0421-0000001"}
    )
    return row


def row(number: int = 2, **cells: str) -> Row:
    """A row of the table as it is read: the columns given, blank ones as None."""
    told = {"code": "WY01", "category": "物业服务与小区设施", "name": "电梯故障", "level": "小区"} | cells
    return Row(number, {name: value or None for name, value in told.items()}, tuple(told.values()), ())
