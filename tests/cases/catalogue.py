"""Matter types for the tests of the loop: one on each level, with limits of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps

from tests.personas import Scene


def matter(
    scene: Scene, now: datetime, code: str, level: str, *, limits: dict[str, int] | None = None, **more: Any
) -> UUID:
    """The id of a published matter type. ``limits``: step → minutes of elapsed time; ``lead``/``assists``: unit names."""
    model = apps.get_model
    category, _made = model("catalogue.MatterCategory").objects.get_or_create(
        code="urban_environment", defaults={"name": "市容环境"}
    )
    kind = model("catalogue.MatterType").objects.create(code=code, category=category)
    lead, assists = more.pop("lead", None), more.pop("assists", ())
    version = model("catalogue.MatterVersion").objects.create(
        matter_type=kind, number=1, state="published", name=f"事项{code}", level=level,
        lead_unit=scene.units[lead] if lead else None, created_at=now, published_at=now,
        **({"evidence_needed": "none"} | more),
    )  # fmt: skip
    for place, unit in enumerate(assists):
        model("catalogue.MatterAssist").objects.create(
            version=version, unit=scene.units[unit], position=place
        )
    for step, minutes in (limits or {}).items():
        model("catalogue.MatterLimit").objects.create(version=version, step=step, minutes=minutes)
    return UUID(str(kind.id))
