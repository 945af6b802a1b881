"""Bytes leave by one door, and only for whoever may see the subject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from mulin.ground.files import actions, queries
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.ids import uuid7
from tests.files.pictures import encoded, picture
from tests.personas import COUNTY, Scene

SUBJECT = uuid7()


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.FILES_ROOT, settings.STAFF_NEED_MFA = tmp_path, False

    def visible(actor: Actor, subject: UUID, receipt: str) -> bool:
        return subject == SUBJECT and (receipt == "right" or actor.holds("grid_worker"))

    monkeypatch.setitem(hooks.subject_visible, "case", visible)
    yield


@pytest.fixture
def file(county: Scene, now: datetime) -> Any:
    return actions.store(
        upload=encoded(picture(900, 600)), purpose="report", subject_kind="case", subject_id=SUBJECT,
        by=county.resident, now=now,
    )  # fmt: skip


def ask(client: Client, scene: Scene, file: Any, *, as_: str = "", query: str = "", **headers: str) -> Any:
    if as_:
        client.force_login(scene.accounts[as_], backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["county"] = COUNTY
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client.get(f"/files/{file if isinstance(file, UUID) else file.id}/{query}", headers=headers)


def body(answer: Any) -> bytes:
    """The streamed bytes; reading them to the end closes the file."""
    return b"".join(answer.streaming_content)


def test_whoever_sees_the_subject_gets_the_bytes(client: Client, county: Scene, file: Any) -> None:
    answer = ask(client, county, file, as_="grid_worker")
    assert answer.status_code == 200
    assert body(answer) == queries.path_of(file).read_bytes()
    assert answer["Content-Type"] == "image/jpeg" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private") and answer["Content-Disposition"].startswith(
        "inline"
    )
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_receipt_lets_its_holder_in_and_a_wrong_one_does_not(
    client: Client, county: Scene, file: Any
) -> None:
    right = ask(client, county, file, query="?receipt=right")
    assert right.status_code == 200
    assert body(right)
    assert ask(client, county, file, query="?receipt=wrong").status_code == 404
    assert ask(client, county, file).status_code == 404


def test_others_learn_nothing(client: Client, county: Scene, file: Any) -> None:
    hidden = ask(client, county, file, as_="other_resident")
    nothing = ask(client, county, uuid7(), as_="other_resident")
    assert (hidden.status_code, nothing.status_code) == (404, 404)


def test_a_kind_that_nobody_answers_for_is_shut(client: Client, county: Scene, now: datetime) -> None:
    row = actions.store(
        upload=encoded(), purpose="x", subject_kind="unknown", subject_id=uuid7(), by=county.admin, now=now
    )
    assert ask(client, county, row, as_="admin").status_code == 404


def test_what_belongs_to_nothing_yet_is_its_uploaders(client: Client, county: Scene, now: datetime) -> None:
    row = actions.store(upload=encoded(), purpose="report", by=county.resident, now=now)
    own = ask(client, county, row, as_="resident")
    assert own.status_code == 200
    assert body(own)
    assert ask(client, county, row, as_="admin").status_code == 404
    visitors = actions.store(upload=encoded(), purpose="report", by=county.stranger, now=now)
    client.logout()
    assert ask(client, county, visitors).status_code == 404


def test_the_small_picture_and_the_unchanged_one(client: Client, county: Scene, file: Any) -> None:
    small = ask(client, county, file, as_="grid_worker", query="?size=thumb")
    raw = body(small)
    assert raw == queries.path_of(file, thumb=True).read_bytes() and len(raw) < file.size
    again = ask(
        client, county, file, as_="grid_worker", query="?size=thumb", **{"If-None-Match": small["ETag"]}
    )
    assert again.status_code == 304


def test_missing_bytes_are_a_404_not_a_crash(client: Client, county: Scene, file: Any) -> None:
    queries.path_of(file).unlink()
    assert ask(client, county, file, as_="grid_worker").status_code == 404


def test_only_reading_is_offered(client: Client, county: Scene, file: Any) -> None:
    body(ask(client, county, file, as_="grid_worker"))
    assert client.post(f"/files/{file.id}/").status_code == 405
