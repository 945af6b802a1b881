"""A stored photo is pixels and nothing else; bytes come before the row; only orphans are swept away."""

from __future__ import annotations

import io
import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image

from mulin.ground.files import actions, queries
from mulin.ground.files.actions import disk
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from tests.files.pictures import encoded, exif, picture
from tests.personas import NEIGHBOUR, Scene

StoredFile: Any = apps.get_model("files.StoredFile")


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


def store(scene: Scene, now: datetime, upload: Any = None, **more: Any) -> Any:
    told: dict[str, Any] = {"purpose": "report", "subject_kind": "case", "subject_id": uuid7()} | more
    return actions.store(upload=upload or encoded(), by=scene.resident, now=now, **told)


def shown(row: Any, **more: Any) -> Image.Image:
    return Image.open(queries.path_of(row, **more))


def bytes_on_disk(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("*/??/*"))


def test_position_is_read_and_every_tag_is_stripped(county: Scene, now: datetime) -> None:
    row = store(county, now, encoded(exif=exif(lon=119.645, lat=41.405), comment=b"secret comment"))
    assert (round(row.lon, 5), round(row.lat, 5)) == (119.645, 41.405)
    raw = queries.path_of(row).read_bytes()
    assert b"Exif" not in raw and b"SecretPhoneMaker" not in raw and b"secret comment" not in raw
    image = shown(row)
    assert dict(image.getexif()) == {} and image.format == "JPEG"
    assert (row.width, row.height, row.size, row.media_type) == (64, 48, len(raw), "image/jpeg")
    assert row.uploaded_by == county.resident.person


def test_a_photo_without_position_has_none(county: Scene, now: datetime) -> None:
    assert store(county, now).lon is None


@pytest.mark.parametrize(
    ("orientation", "size", "top_left"),
    [
        (1, (64, 48), "red"),
        (2, (64, 48), "blue"),
        (3, (64, 48), "blue"),
        (6, (48, 64), "red"),
        (8, (48, 64), "blue"),
    ],
)
def test_orientation_is_applied(
    county: Scene, now: datetime, orientation: int, size: tuple[int, int], top_left: str
) -> None:
    image = shown(store(county, now, encoded(exif=exif(orientation=orientation), quality=95)))
    assert image.size == size
    red, _green, blue = image.convert("RGB").getpixel((3, 3))  # type: ignore[misc]
    assert ("red" if red > blue else "blue") == top_left


def test_large_photos_are_made_small_and_have_a_thumb(county: Scene, now: datetime) -> None:
    row = store(county, now, encoded(picture(5000, 2500)))
    assert (row.width, row.height) == (2400, 1200)
    assert shown(row, thumb=True).size == (480, 240)


def test_png_stays_png_with_its_transparency_and_loses_its_texts(county: Scene, now: datetime) -> None:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Author", "secret author")
    image = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    row = store(
        county,
        now,
        encoded(image, "PNG", pnginfo=texts, icc_profile=b"x" * 200, exif=exif(lon=119.6, lat=41.4)),
    )
    raw = queries.path_of(row).read_bytes()
    assert row.media_type == "image/png" and row.lon == pytest.approx(119.6)
    assert b"secret" not in raw and b"iCCP" not in raw and b"eXIf" not in raw and b"tEXt" not in raw
    assert shown(row).mode == "RGBA"
    assert shown(row, thumb=True).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_webp_becomes_jpeg(county: Scene, now: datetime) -> None:
    row = store(county, now, encoded(kind="WEBP"))
    assert row.media_type == "image/jpeg" and shown(row).format == "JPEG"


def test_a_jpeg_of_several_pictures_is_its_first(county: Scene, now: datetime) -> None:
    row = store(county, now, encoded(picture(50, 40), "MPO", save_all=True, append_images=[picture(20, 20)]))
    assert (row.width, row.height, shown(row).format) == (50, 40, "JPEG")


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "LA", "I;16"])
def test_unusual_modes_are_kept_as_pictures(county: Scene, now: datetime, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    store(county, now, encoded(Image.new(mode, (30, 20)), kind))


GIF = encoded(kind="GIF").getvalue()
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "photo_empty"),
        (GIF, "photo_kind"),
        (SVG, "photo_kind"),
        (b"%PDF-1.7 ...", "photo_kind"),
        (b"\x00\x00\x00\x18ftypheic" + b"x" * 99, "photo_heic"),
        (b"\x00\x00\x00\x18ftypisom" + b"x" * 99, "photo_kind"),
        (b"\xff\xd8\xff\xe0 this is no photo at all", "photo_unreadable"),
        (b"\x89PNG\r\n\x1a\n broken", "photo_unreadable"),
        (encoded(picture(400, 300)).getvalue()[:700], "photo_unreadable"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 broken", "photo_unreadable"),
    ],
)
def test_what_is_no_photo_is_refused_in_words(
    county: Scene, now: datetime, root: Path, raw: bytes, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        store(county, now, SimpleUploadedFile("photo.jpg", raw, content_type="image/jpeg"))
    assert (refused.value.code, refused.value.field) == (code, "photos")
    assert not StoredFile.objects.exists() and bytes_on_disk(root) == []


def test_a_name_and_type_that_lie_change_nothing(county: Scene, now: datetime) -> None:
    upload = SimpleUploadedFile("../../etc/x.svg", encoded().getvalue(), content_type="image/svg+xml")
    row = store(county, now, upload)
    assert row.media_type == "image/jpeg" and "etc" not in str(queries.path_of(row))


def test_too_many_bytes_are_refused(county: Scene, now: datetime, settings: Any) -> None:
    settings.MAX_PHOTO_BYTES = 500
    with pytest.raises(Refused) as refused:
        store(county, now, encoded(picture(400, 300)))
    assert refused.value.code == "photo_too_large"


@pytest.mark.parametrize("side", [5_100, 12_000, 20_000])
def test_decompression_bombs_are_refused_unread(county: Scene, now: datetime, side: int) -> None:
    bomb = io.BytesIO()
    Image.new("1", (side, side)).save(bomb, "PNG")
    bomb.seek(0)
    with pytest.raises(Refused) as refused:
        store(county, now, bomb)
    assert refused.value.code == "photo_too_many_pixels"


def test_bytes_are_private_and_lie_under_their_county(county: Scene, now: datetime, root: Path) -> None:
    row = store(county, now)
    path = queries.path_of(row)
    assert path.relative_to(root).parts == ("211322", row.sha256[:2], f"{row.sha256}.jpg")
    assert {oct(one.stat().st_mode)[-3:] for one in (path, queries.path_of(row, thumb=True))} == {"600"}


def test_the_same_photo_twice_is_two_rows_and_one_content(county: Scene, now: datetime, root: Path) -> None:
    first, second = store(county, now), store(county, now)
    assert first.sha256 == second.sha256 and first.id != second.id
    assert len(bytes_on_disk(root)) == 2  # the photo and its thumb


def test_the_row_comes_after_the_bytes_and_is_one_insert(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_told: Any) -> None:
        raise OSError(28, "No space left on device")

    with CaptureQueriesContext(connection) as caught:
        store(county, now)
    assert len(caught) == 1
    monkeypatch.setattr(disk, "keep", full)
    with pytest.raises(OSError):
        store(county, now, encoded(picture(10, 10)))
    assert StoredFile.objects.count() == 1


def test_uploads_are_attached_once_and_by_their_uploader(county: Scene, now: datetime) -> None:
    row = store(county, now, subject_kind="", subject_id=None)
    subject = uuid7()
    with pytest.raises(Refused, match="失效"), transaction.atomic():
        actions.attach(
            files=[row.id], subject_kind="case", subject_id=subject, by=county.other_resident, now=now
        )
    assert (
        actions.attach(files=[row.id], subject_kind="case", subject_id=subject, by=county.resident, now=now)
        == 1
    )
    assert [one.id for one in queries.of_subjects("case", [subject])[subject]] == [row.id]
    with pytest.raises(Refused), transaction.atomic():
        actions.attach(files=[row.id], subject_kind="case", subject_id=uuid7(), by=county.resident, now=now)
    assert actions.attach(files=[], subject_kind="case", subject_id=subject, by=county.resident, now=now) == 0


def test_a_visitors_upload_is_attached_by_a_visitor(county: Scene, now: datetime) -> None:
    row = actions.store(upload=encoded(), purpose="report", by=county.stranger, now=now)
    assert (
        actions.attach(files=[row.id], subject_kind="case", subject_id=uuid7(), by=county.stranger, now=now)
        == 1
    )


def test_the_sweep_takes_orphans_after_a_day_and_nothing_else(
    county: Scene, now: datetime, root: Path
) -> None:
    kept = store(county, now, encoded(picture(20, 20)))
    waiting = store(county, now, encoded(picture(30, 30)), subject_kind="", subject_id=None)
    orphan = store(county, now, encoded(picture(40, 40)))
    StoredFile.objects.filter(pk=orphan.pk).delete()
    draft = queries.path_of(kept).with_name(f"{kept.sha256}.jpg.aaaa.draft")
    draft.write_bytes(b"half")
    disk.stamp(path=draft, now=now)

    assert actions.sweep(now=now + timedelta(hours=23)) == 0
    assert len(bytes_on_disk(root)) == 7
    # the row never attached, four files (two photos with thumbs), the draft
    assert actions.sweep(now=now + timedelta(hours=47)) == 6
    assert not StoredFile.objects.filter(pk=waiting.pk).exists()
    assert bytes_on_disk(root) == sorted([f"{kept.sha256}.jpg", f"{kept.sha256}.thumb.jpg"])
    assert actions.sweep(now=now + timedelta(hours=99)) == 0


def test_an_upload_of_old_content_saves_it_from_the_sweep(county: Scene, now: datetime, root: Path) -> None:
    row = store(county, now)
    StoredFile.objects.all().delete()
    later = now + timedelta(hours=30)
    disk.keep(
        path=queries.path_of(row), content=queries.path_of(row).read_bytes(), now=later
    )  # its row is to come
    assert actions.sweep(now=later) == 1  # the thumb only
    assert queries.path_of(row).exists()


def test_the_folder_is_walked_every_six_hours_at_most(county: Scene, now: datetime, root: Path) -> None:
    store(county, now)
    StoredFile.objects.all().delete()
    actions.sweep(now=now + timedelta(hours=20))
    assert actions.sweep(now=now + timedelta(hours=25)) == 0
    assert actions.sweep(now=now + timedelta(hours=26, minutes=1)) == 2


def test_counties_do_not_share_bytes(scene: Scene, now: datetime, root: Path) -> None:
    for code in (211322, NEIGHBOUR):
        with county_scope(code):
            actions.store(upload=encoded(), purpose="report", by=scene.stranger, now=now)
    assert sorted(os.listdir(root)) == ["211321", "211322"]


def test_erasure_takes_a_persons_photos_and_forgets_his_name_on_results(
    county: Scene, now: datetime, root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    person = county.persons["resident"].id
    mine = store(county, now, encoded(exif=exif(lon=119.6, lat=41.4)))
    result = store(county, now, encoded(picture(20, 20), exif=exif(lon=119.6, lat=41.4)), purpose="result")
    shared = store(county, now, encoded(picture(30, 30)))
    actions.store(upload=encoded(picture(30, 30)), purpose="report", by=county.other_resident, now=now)
    exported = queries.export(person)["files"]
    assert len(exported) == 3 and json.dumps(exported)
    with django_capture_on_commit_callbacks(execute=True):
        told = actions.erase_person(person=person, by=county.admin, now=now)
    assert told == {"files_storedfile": 3}
    assert not queries.path_of(mine).exists() and not queries.path_of(mine, thumb=True).exists()
    assert queries.path_of(shared).exists()  # another person's row shows the same bytes
    row = StoredFile.objects.get(pk=result.pk)
    assert (row.uploaded_by, row.lon) == (None, None) and queries.path_of(row).exists()
    assert queries.export(person) == {"files": []}


def test_a_subjects_photos_can_be_discarded_by_purpose(
    county: Scene, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    subject = uuid7()
    report = store(county, now, subject_id=subject)
    store(county, now, encoded(picture(20, 20)), subject_id=subject, purpose="result")
    with django_capture_on_commit_callbacks(execute=True):
        told = actions.discard(
            subject_kind="case", subject_id=subject, purpose="report", by=county.admin, now=now
        )
    assert told == 1 and not queries.path_of(report).exists()
    assert [row.purpose for row in queries.of_subjects("case", [subject])[subject]] == ["result"]
