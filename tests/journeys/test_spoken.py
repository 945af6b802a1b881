"""A report is spoken on the page, heard by staff and by no stranger, and written down."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mulin.services.cases.models import Case
from tests.files.sounds import spoken
from tests.journeys.conftest import Enter
from tests.journeys.steps import fields, text_of
from tests.personas import IN_GRID_A, Scene

StoredFile: Any = apps.get_model("files.StoredFile")
WORDS = "东门的井盖翘起来了，晚上绊倒了一个人。"


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path / "files"


def test_it_is_sent_from_the_page_heard_by_staff_and_by_no_stranger(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    visitor = Client()
    said = fields(text_of(visitor.get("/report/"))) | {
        "lon": str(IN_GRID_A[0]), "lat": str(IN_GRID_A[1]), "accuracy": "12", "text": "",
    }  # fmt: skip
    assert visitor.post("/report/", said).status_code == 422  # neither words nor a recording
    wrong = visitor.post("/report/", said | {"sound": SimpleUploadedFile("a.webm", b"no recording")})
    assert wrong.status_code == 422 and "这不是能播放的录音" in text_of(wrong)
    assert visitor.post("/report/", said | {"sound": spoken()}).status_code == 302
    case = Case.objects.get()
    clerk = enter("community_clerk")
    page = text_of(clerk.get(f"/desk/cases/{case.id}/?act=transcribe"))
    assert "<audio controls" in page and f"/desk/cases/{case.id}/transcribe/" in page
    sound = StoredFile.objects.get(purpose="sound")
    heard = clerk.get(f"/files/{sound.id}/")
    assert heard["Content-Type"] == "audio/wav" and b"".join(heard.streaming_content)[:4] == b"RIFF"
    assert clerk.get(f"/files/{sound.id}/?size=thumb").status_code == 200
    for other in (Client(), enter("other_resident"), enter("other_grid_worker")):
        assert other.get(f"/files/{sound.id}/").status_code == 404
    url = f"/desk/cases/{case.id}/transcribe/"
    assert clerk.post(url, fields(page, action=url) | {"text": WORDS}).status_code == 302
    assert Case.objects.get().text == WORDS
