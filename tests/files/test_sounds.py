"""A recording is what its bytes say, a minute at most, kept as it came, gone with its speaker."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.files import actions, queries
from mulin.ground.files.rules import MAX_SOUND, sound_kind, wav_seconds
from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from tests.files.pictures import encoded
from tests.files.sounds import spoken
from tests.personas import Scene

StoredFile: Any = apps.get_model("files.StoredFile")
WEBM = b"\x1a\x45\xdf\xa3"


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (WEBM + b"...A_OPUS...", "webm"),
        (WEBM + b"...V_VP8...A_OPUS", ""),
        (b"OggS\x00\x02OpusHead", "ogg"),
        (b"\x00\x00\x00\x1cftypM4A ....hdlr....soun", "m4a"),
        (b"\x00\x00\x00\x1cftypisom....vide....soun", ""),
        (b"ID3\x04....", "mp3"),
        (b"\xff\xfb\x90\x00", "mp3"),
        (b"\xff\xd8\xff\xe0", ""),
        (b"RIFF....WEBPVP8 ", ""),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_the_bytes_say_what_it_is(content: bytes, kind: str) -> None:
    assert sound_kind(content) == kind


@pytest.mark.parametrize("seconds", [0.5, 3.0, 60.0])
def test_a_wav_says_how_long_it_plays(seconds: float) -> None:
    assert wav_seconds(spoken(seconds).read()) == pytest.approx(seconds, abs=0.01)


def test_a_recording_is_kept_as_it_came_and_is_no_picture(county: Scene, now: datetime) -> None:
    sent = spoken(2).read()
    row = actions.store_sound(upload=io.BytesIO(sent), by=county.resident, now=now)
    assert (row.media_type, row.purpose, row.width) == ("audio/wav", "sound", None)
    assert queries.path_of(row).read_bytes() == sent


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (lambda: spoken(61), "sound_long"),
        (lambda: io.BytesIO(b"OggS" + b"." * MAX_SOUND), "sound_long"),
        (lambda: encoded(), "sound_wrong"),
        (lambda: io.BytesIO(b"MZ..."), "sound_wrong"),
        (lambda: io.BytesIO(b""), "sound_wrong"),
    ],
)
def test_what_is_no_recording_of_a_minute_is_refused(
    county: Scene, now: datetime, upload: Any, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.store_sound(upload=upload(), by=county.resident, now=now)
    assert (refused.value.code, refused.value.field) == (code, "sound")
    assert not StoredFile.objects.exists()


def test_it_goes_with_whoever_spoke(county: Scene, now: datetime) -> None:
    row = actions.store_sound(upload=spoken(), by=county.resident, now=now)
    actions.attach(files=[row.id], subject_kind="case", subject_id=uuid7(), by=county.resident, now=now)
    assert county.resident.person is not None
    actions.erase_person(person=county.resident.person, by=county.admin, now=now)
    assert not StoredFile.objects.exists()
