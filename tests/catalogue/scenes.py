"""Categories and versions of matter types, written straight into the tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mulin.services.catalogue.models import MatterCategory, MatterLimit, MatterType, MatterVersion
from mulin.services.catalogue.rules import CATEGORIES


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
