"""A county with matter types, systems with keys, and a caller that reads both formats into the same value."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client

from mulin.ground.systems import actions as systems
from mulin.ground.systems.models import System
from tests.cases.catalogue import matter
from tests.journeys.conftest import clock_at, enter, files_home, morning
from tests.personas import IN_GRID_A, Scene

__all__ = ["clock_at", "enter", "files_home", "morning"]

V2 = "/open311/v2"
FORM = "application/x-www-form-urlencoded"
LISTS = ("services", "attributes", "values", "service_requests", "errors", "endpoints", "formats")
HERE = {"lat": str(IN_GRID_A[1]), "long": str(IN_GRID_A[0])}


def spark(element: Any) -> Any:
    """XML as GeoReport's JSON has it; everything that is no list or object is text, '' is None."""
    if element.tag in LISTS:
        return [spark(one) for one in element]
    if len(element):
        return {one.tag: spark(one) for one in element}
    return element.text


def flat(value: Any) -> Any:
    """JSON with its scalars as XML writes them."""
    if isinstance(value, dict):
        return {key: flat(one) for key, one in value.items()}
    if isinstance(value, list):
        return [flat(one) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value in (None, "") else str(value)


@dataclass
class Answer:
    """``value``: as JSON has it; of XML with text for every scalar."""

    status: int
    value: Any
    raw: Any

    @property
    def error(self) -> str:
        """The description of the one error, whose code is the status."""
        (one,) = self.value
        assert set(one) == {"code", "description"} and str(one["code"]) == str(self.status)
        return str(one["description"])


class Caller:
    """A program at the door of the county at ``testserver``."""

    def __init__(self, host: str = "testserver") -> None:
        self.client = Client(SERVER_NAME=host)

    def read(self, raw: Any) -> Answer:
        if raw["Content-Type"].startswith("text/xml"):
            return Answer(raw.status_code, spark(ElementTree.fromstring(raw.content)), raw)
        return Answer(raw.status_code, json.loads(raw.content), raw)

    def get(self, path: str, headers: dict[str, str] | None = None, **args: Any) -> Answer:
        return self.read(self.client.get(V2 + path, args, headers=headers or {}))

    def post(
        self, path: str = "/requests.json", headers: dict[str, str] | None = None, **args: Any
    ) -> Answer:
        body = urlencode(args, doseq=True)
        return self.read(self.client.post(V2 + path, body, content_type=FORM, headers=headers or {}))


@dataclass
class Door:
    """``full`` may report and read the county, ``reports`` may report, ``reads`` may read."""

    scene: Scene
    call: Caller
    keys: dict[str, str]
    systems: dict[str, System]

    def report(self, key: str = "full", headers: dict[str, str] | None = None, **more: Any) -> Answer:
        """A report that is right in everything that is not said otherwise."""
        told = {"api_key": self.keys[key], "service_code": "LD1", "description": "路灯不亮", **HERE} | more
        return self.call.post(headers=headers, **{name: one for name, one in told.items() if one is not None})


Doors = Callable[[], Door]


@pytest.fixture
def door(county: Scene, morning: datetime) -> Door:
    matter(county, morning, "LD1", "grid", keywords="路灯、照明", description="路灯、楼道灯不亮")
    matter(county, morning, "WY1", "community", property_related=True, emergency=True)
    keys, made = {}, {}
    for name, scopes in {
        "full": ["system_report", "system_read"],
        "reports": ["system_report"],
        "reads": ["system_read"],
    }.items():
        made[name], keys[name] = systems.open_system(
            name=f"平台{name}", purpose="试验", scopes=scopes, per_minute=120, by=county.admin, now=morning
        )
    return Door(county, Caller(), keys, made)
