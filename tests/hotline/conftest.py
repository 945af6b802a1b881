"""A county with a key for its hotline, and a platform that holds it."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from mulin.ground.systems import actions as systems
from mulin.services.cases.models import Case, HotlineOrder
from tests.journeys.conftest import clock_at, enter, files_home, morning
from tests.personas import Scene

__all__ = ["clock_at", "enter", "files_home", "morning"]

V1 = "/hotline/v1"
PHONE = "13812345678"


@dataclass
class Platform:
    """The hotline's program: what it sends and takes with its key."""

    scene: Scene
    key: str
    client: Client = field(default_factory=Client)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def send(self, raw: bytes | str, *, key: str | None = None, kind: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        return self.client.post(f"{V1}/messages", raw, content_type=kind, headers=headers)

    def tell(self, kind: str, number: str, status: int = 200, **said: Any) -> Any:
        """Send a message; what is answered. ``message_id`` is a new one unless given."""
        told = {"message_id": str(next(self.ids)), "kind": kind, "order_no": number} | said
        answer = self.send(json.dumps({name: one for name, one in told.items() if one is not ...}))
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    def order(self, number: str = "JP20260901001", status: int = 200, **said: Any) -> Any:
        """An order that is right in everything that is not said otherwise."""
        told = {
            "received_at": "2026-09-01T08:30:00+08:00", "text": "双虹家园3号楼东门路灯坏了三天。", "title": "路灯不亮",
            "caller_name": "王秀英", "caller_phone": PHONE, "appeal_kind": "求助", "lon": 119.645, "lat": 41.405,
            "place": "双虹家园3号楼东门",
        }  # fmt: skip
        return self.tell("order", number, status, **(told | said))

    def get(self, path: str, status: int = 200, key: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        answer = self.client.get(V1 + path, headers=headers)
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    def pull(self, after: int = 0) -> tuple[list[Any], int]:
        """(changes after a cursor, the cursor to go on from)."""
        told = self.get(f"/changes?after={after}")
        return told["changes"], told["next"]


def case_of(number: str) -> Case:
    """The case of an order as it stands now."""
    return HotlineOrder.objects.select_related("case").get(number=number).case


@pytest.fixture
def platform(county: Scene, morning: datetime) -> Platform:
    _row, key = systems.open_system(
        name="县12345热线", purpose="工单对接", scopes=["system_hotline"], per_minute=6000, by=county.admin, now=morning
    )  # fmt: skip
    return Platform(county, key)
