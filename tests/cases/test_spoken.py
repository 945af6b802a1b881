"""A report may be spoken: kept, listened to, written down by staff, and heard by nobody else."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps

from mulin.kernel.errors import Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case
from mulin.services.cases.rules import SPOKEN
from tests.cases.scenes import fresh
from tests.cases.test_handling import todos
from tests.files.sounds import spoken
from tests.personas import IN_GRID_A, Scene

StoredFile: Any = apps.get_model("files.StoredFile")
WORDS = "东门的井盖翘起来了，晚上绊倒了一个人。"


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path / "files"


def told(scene: Scene, now: datetime, text: str = "", **more: Any) -> Any:
    lon, lat = IN_GRID_A
    return actions.report(
        client_id=uuid4(), text=text, source="resident", lon=lon, lat=lat, accuracy=10, sound=spoken(),
        by=scene.resident, now=now, **more,
    )  # fmt: skip


def test_a_report_that_only_speaks_is_written_down_by_whoever_listens(county: Scene, now: datetime) -> None:
    case = told(county, now).case
    assert case.text == SPOKEN and todos(case)["listen"] == ("community_clerk", "/001/003/")
    sound = StoredFile.objects.get(subject_id=case.id, purpose="sound")
    story = queries.timeline(case, county.community_clerk)
    assert str(sound.id) in story.sound and story.report_photos == []
    case = actions.transcribe(case=case, text=WORDS, by=county.community_clerk, now=now, version=case.version)
    assert (case.text, case.title) == (WORDS, WORDS.rstrip("。")) and "listen" not in todos(case)
    assert queries.timeline(case, county.community_clerk).entries[-1].text == WORDS
    with pytest.raises(Refused) as refused:
        actions.transcribe(case=case, text="又一遍", by=county.community_clerk, now=now, version=case.version)
    assert refused.value.code == "nothing_to_hear"


def test_words_that_were_there_stay(county: Scene, now: datetime) -> None:
    case = told(county, now, "井盖坏了").case
    case = actions.transcribe(case=case, text=WORDS, by=county.community_clerk, now=now, version=case.version)
    assert case.text == "井盖坏了"


def test_a_resend_is_the_same_case_and_keeps_one_recording(county: Scene, now: datetime) -> None:
    key, (lon, lat) = uuid4(), IN_GRID_A
    for _time in range(2):
        made = actions.report(
            client_id=key, text="", source="resident", lon=lon, lat=lat, sound=spoken(), by=county.resident,
            now=now,
        )  # fmt: skip
    assert made.again and Case.objects.count() == StoredFile.objects.count() == 1


def test_what_is_forgotten_is_heard_no_more(county: Scene, now: datetime) -> None:
    case = told(county, now).case
    assert county.resident.person is not None
    actions.erase_reporter(person=county.resident.person, by=county.admin, now=now)
    assert not StoredFile.objects.filter(purpose="sound").exists() and fresh(case).text == SPOKEN
