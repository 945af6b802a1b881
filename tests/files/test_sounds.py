"""A recording is what its bytes say, a minute at most, kept as it came, gone with its speaker."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.files import actions, queries
from mulin.ground.files.rules.sounds import MAX_SOUND, sound_kind, sound_seconds
from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from tests.files.pictures import encoded
from tests.files.sounds import mp3, mp4_in_fragments, opus, spoken, webm
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


MADE: dict[str, Callable[[float], io.BytesIO]] = {
    "wav": spoken,
    "webm": webm,
    "m4a": mp4_in_fragments,
    "m4a, usual times": lambda seconds: mp4_in_fragments(seconds, timed=False),
    "ogg": opus,
    "mp3": mp3,
}


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("seconds", [1.0, 7.0, 60.0, 75.0])
def test_the_bytes_say_how_long_it_plays(made: str, seconds: float) -> None:
    content = MADE[made](seconds).read()
    assert sound_kind(content) == made[:4].strip(",")
    assert sound_seconds(content, sound_kind(content)) == pytest.approx(seconds, abs=0.07)


@pytest.mark.parametrize("made", MADE)
def test_bytes_that_end_anywhere_are_read_to_where_they_make_sense(made: str) -> None:
    content = MADE[made](2.0).read()
    for end in range(0, len(content), max(1, len(content) // 200)):
        assert 0 <= sound_seconds(content[:end], made[:4].strip(",")) <= 2.1


@pytest.mark.parametrize("made", MADE)
def test_a_minute_is_taken_in_every_kind_and_more_in_none(county: Scene, now: datetime, made: str) -> None:
    assert actions.store_sound(upload=MADE[made](61), by=county.resident, now=now).size
    with pytest.raises(Refused) as refused:
        actions.store_sound(upload=MADE[made](64), by=county.resident, now=now)
    assert refused.value.code == "sound_long"


def test_a_recording_is_kept_as_it_came_and_is_no_picture(county: Scene, now: datetime) -> None:
    sent = spoken(2).read()
    row = actions.store_sound(upload=io.BytesIO(sent), by=county.resident, now=now)
    assert (row.media_type, row.purpose, row.width) == ("audio/wav", "sound", None)
    assert queries.path_of(row).read_bytes() == sent


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (lambda: spoken(64), "sound_long"),
        (lambda: io.BytesIO(b"OggS" + b"." * MAX_SOUND), "sound_long"),
        (lambda: encoded(), "sound_wrong"),
        (lambda: io.BytesIO(b"MZ..."), "sound_wrong"),
        (lambda: io.BytesIO(b"OggS" + b"." * 99), "sound_wrong"),
        (lambda: io.BytesIO(WEBM + b"...A_OPUS..."), "sound_wrong"),
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
