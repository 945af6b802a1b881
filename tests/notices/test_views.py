"""One's own messages, and the honest state of the channels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from mulin.ground.notices import actions, queries
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, Scene


@pytest.fixture
def visit(scene: Scene, client: Client, settings: Any) -> Any:
    settings.STAFF_NEED_MFA = False

    def as_persona(name: str) -> Client:
        if name != "stranger":
            client.force_login(scene.accounts[name], backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["county"] = COUNTY
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    return as_persona


def tell(scene: Scene, now: datetime, name: str = "resident") -> None:
    actions.tell(
        by=scene.grid_worker, now=now, template="case_disposed", params={"number": f"211322-{name.upper()}"},
        subject_kind="case", subject_id=uuid7(), key=str(uuid7()), person=scene.persons[name].id,
    )  # fmt: skip


def test_a_stranger_is_asked_to_sign_in(visit: Any, county: Scene) -> None:
    assert visit("stranger").get("/notices/").status_code == 302


def test_one_sees_ones_own_messages_and_marks_them_read(visit: Any, county: Scene, now: datetime) -> None:
    tell(county, now)
    tell(county, now, "other_resident")
    client = visit("resident")
    shown = client.get("/notices/").content.decode()
    assert "211322-RESIDENT" in shown and "OTHER_RESIDENT" not in shown
    assert client.post("/notices/").status_code == 302
    assert (queries.unread_count(county.resident), queries.unread_count(county.other_resident)) == (0, 1)
    assert client.get("/notices/?at=nonsense").status_code == 200


def test_large_print_shows_one_unread_message_at_a_time(visit: Any, county: Scene, now: datetime) -> None:
    tell(county, now)
    tell(county, now)
    client = visit("resident")
    client.cookies["mulin_large"] = "1"
    for left in (2, 1):
        shown = client.get("/notices/").content.decode()
        assert shown.count("<article") == 1 and "知道了" in shown and f"{left} 条未读" in shown
        first = queries.messages_page(county.resident, size=1, unread=True).rows[0]
        client.post("/notices/", {"id": str(first.id)})
    assert queries.unread_count(county.resident) == 0
    assert "没有未读消息" in client.get("/notices/").content.decode()


def test_no_messages_says_what_will_come(visit: Any, county: Scene) -> None:
    assert "还没有消息" in visit("resident").get("/notices/").content.decode()


@pytest.mark.parametrize(
    ("name", "status"),
    [("stranger", 302), ("resident", 404), ("grid_worker", 403), ("leader", 403), ("admin", 200)],
)
def test_the_channels_by_persona(visit: Any, county: Scene, name: str, status: int) -> None:
    assert visit(name).get("/desk/channels/").status_code == status


def test_channels_that_are_not_configured_say_so(
    visit: Any, county: Scene, now: datetime, settings: Any
) -> None:
    tell(county, now)
    shown = visit("admin").get("/desk/channels/").content.decode()
    assert "未配置" in shown and "MULIN_SMS_URL" in shown and "已发出 1" in shown
    settings.SMS_URL, settings.SMS_TOKEN = "http://127.0.0.1:9/", "t"
    assert "MULIN_SMS_URL" not in visit("admin").get("/desk/channels/").content.decode()
