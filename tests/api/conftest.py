"""A county with systems of every kind, one case that a unit has, and a caller that speaks JSON."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from mulin.ground.systems import actions as systems
from mulin.ground.systems.models import System
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions as cases
from mulin.services.cases.models import Case
from tests.cases.catalogue import matter
from tests.files.pictures import encoded
from tests.journeys.conftest import clock_at, enter, files_home, morning
from tests.personas import IN_GRID_A, IN_NO_GRID, Scene

__all__ = ["clock_at", "enter", "files_home", "morning"]

V1 = "/api/v1"
KINDS = {
    "reads": ["system_read"],
    "reports": ["system_report"],
    "acts": ["system_act"],
    "knows": ["system_act", "system_contact"],
    "counts": ["system_figures"],
    "full": ["system_report", "system_read", "system_act", "system_contact", "system_figures"],
}
"""Name of a system → its scopes. Who acts does it for the market department, its officer answers for it."""


@dataclass
class Answer:
    status: int
    value: Any
    raw: Any

    @property
    def code(self) -> str:
        """The code of a refusal, whose shape is always the same."""
        assert {"code", "message", "fields", "request_id"} <= set(self.value), self.value
        assert self.value["request_id"] == self.raw["X-Request-ID"] and self.value["message"]
        return str(self.value["code"])


class Caller:
    """A program at the door of the county at ``testserver``."""

    def __init__(self, keys: dict[str, str], host: str = "testserver") -> None:
        self.client, self.keys = Client(SERVER_NAME=host), keys

    def _headers(self, key: str, more: dict[str, str] | None) -> dict[str, str]:
        told = {"Authorization": f"Bearer {self.keys.get(key, key)}"} if key else {}
        return told | (more or {})

    def _read(self, raw: Any) -> Answer:
        assert "sessionid" not in raw.cookies and "no-store" in raw["Cache-Control"]
        content = b"".join(raw) if raw.streaming else raw.content
        is_json = raw["Content-Type"].startswith("application/json")
        return Answer(raw.status_code, json.loads(content) if is_json else content, raw)

    def get(
        self, address: str, key: str = "", /, headers: dict[str, str] | None = None, **args: Any
    ) -> Answer:
        told = {name.rstrip("_"): one for name, one in args.items()}
        return self._read(self.client.get(V1 + address, told, headers=self._headers(key, headers)))

    def post(
        self, path: str, key: str, told: Any, again: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        more = ({"Idempotency-Key": again} if again else {}) | (headers or {})
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        return self._read(
            self.client.generic("POST", V1 + path, body, "application/json", headers=self._headers(key, more))
        )


@dataclass
class Door:
    scene: Scene
    call: Caller
    systems: dict[str, System]
    matter: Any

    def report(self, key: str = "reports", again: str = "", **more: Any) -> Answer:
        """A report that is right in everything that is not said otherwise."""
        told = {"text": "路灯不亮", "lon": IN_GRID_A[0], "lat": IN_GRID_A[1]} | more
        return self.call.post("/cases", key, told, again)

    def given(self, at: datetime, unit: str = "department", **more: Any) -> Case:
        """A resident's matter that a unit was given."""
        told = {
            "text": "早市占道，找王秀英",
            "phone": "13812345678",
            "name": "王秀英",
            "place_text": "3号楼",
        } | more
        made = cases.report(
            by=self.scene.resident, now=at, client_id=uuid7(), source="resident", lon=IN_NO_GRID[0],
            lat=IN_NO_GRID[1], place=self.scene.places["compound"].id, **told,
        )  # fmt: skip
        return cases.dispatch(
            case=made.case,
            level="county",
            unit=self.scene.units[unit].id,
            by=self.scene.county_clerk,
            now=at,
            version=None,
        )

    def act(self, case: Case, action: str, key: str = "acts", again: str = "", **told: Any) -> Answer:
        """An act with the case's present version, where no other is said."""
        if "version" not in told:
            told["version"] = Case.objects.get(id=case.id).version
        return self.call.post(f"/cases/{case.number}/actions/{action}", key, told, again)


def open_systems(scene: Scene, now: datetime, **more: Any) -> tuple[dict[str, System], dict[str, str]]:
    """(systems, their keys) of every kind."""
    rows, keys = {}, {}
    officer = f"{scene.units['department'].id}:{scene.persons['department'].id}"
    for name, scopes in KINDS.items():
        rows[name], keys[name] = systems.open_system(
            name=f"系统{name}", purpose="试验", scopes=scopes, by=scene.admin, now=now,
            answers=officer if "system_act" in scopes else "", **({"per_minute": 6000} | more),
        )  # fmt: skip
    return rows, keys


@pytest.fixture
def door(county: Scene, morning: datetime) -> Door:
    kind = matter(county, morning, "LD1", "county", keywords="路灯、照明", lead="department")
    rows, keys = open_systems(county, morning)
    return Door(county, Caller(keys), rows, kind)


def picture() -> str:
    """A photo as JSON carries it."""
    return base64.b64encode(encoded().read()).decode()
