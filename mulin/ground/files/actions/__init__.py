"""Keeping uploads: bytes to disk before the row, rows attached to a subject, orphans swept away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.files.actions import disk
from mulin.ground.files.actions.photos import Readable, read_photo
from mulin.ground.files.actions.sounds import read_sound
from mulin.ground.files.models import StoredFile
from mulin.ground.files.rules import EXTENSIONS, KEPT_UNATTACHED_HOURS, content_path, thumb_path
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.errors import Refused

SWEEP_EVERY = timedelta(hours=6)
CHUNK = 500

__all__ = ["attach", "discard", "erase_person", "store", "store_sound", "sweep"]


def store(
    *,
    upload: Readable,
    purpose: str,
    by: Actor,
    now: datetime,
    subject_kind: str = "",
    subject_id: UUID | None = None,
) -> StoredFile:
    """Keep a photo: read, clean, write the bytes and a small picture, then one INSERT.

    Call it before the deed's transaction where possible: decoding takes a while. Without a subject the
    row waits a day for ``attach``. Refused where it is no photo we can read (see ``read_photo``).
    """
    photo = read_photo(upload=upload)
    county, root = current_county(), Path(settings.FILES_ROOT)
    extension = EXTENSIONS[photo.media_type]
    disk.keep(path=root / thumb_path(county, photo.sha256), content=photo.thumb, now=now)
    disk.keep(path=root / content_path(county, photo.sha256, extension), content=photo.content, now=now)
    return StoredFile.objects.create(
        subject_kind=subject_kind,
        subject_id=subject_id,
        purpose=purpose,
        sha256=photo.sha256,
        size=len(photo.content),
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        lon=photo.at[0] if photo.at else None,
        lat=photo.at[1] if photo.at else None,
        uploaded_by=by.person or by.account,
        uploaded_at=now,
    )


def store_sound(*, upload: Readable, by: Actor, now: datetime) -> StoredFile:
    """Keep a recording of a minute at most; like a photo it waits a day for ``attach``. Refused as ``read_sound`` says."""
    sound = read_sound(upload=upload)
    path = Path(settings.FILES_ROOT) / content_path(
        current_county(), sound.sha256, EXTENSIONS[sound.media_type]
    )
    disk.keep(path=path, content=sound.content, now=now)
    return StoredFile.objects.create(
        purpose="sound", sha256=sound.sha256, size=len(sound.content), media_type=sound.media_type,
        uploaded_by=by.person or by.account, uploaded_at=now,
    )  # fmt: skip


@transaction.atomic(savepoint=False)
def attach(*, files: Iterable[UUID], subject_kind: str, subject_id: UUID, by: Actor, now: datetime) -> int:
    """Give uploads that belong to nothing yet to a subject: one UPDATE, in the deed's transaction.

    Refused where one of them is gone or already belongs to something, or was uploaded by another person.
    """
    wanted = set(files)
    if not wanted:
        return 0
    rows = StoredFile.objects.filter(
        pk__in=wanted, subject_id__isnull=True, uploaded_by=by.person or by.account
    )
    if rows.update(subject_kind=subject_kind, subject_id=subject_id) != len(wanted):
        raise Refused("photo_gone", _("有照片已失效，请重新选择照片。"), field="photos")
    return len(wanted)


@transaction.atomic
def discard(*, subject_kind: str, subject_id: UUID, by: Actor, now: datetime, purpose: str = "") -> int:
    """Take away a subject's photos (of one purpose), rows and bytes: for an erasure. Returns the rows."""
    rows = StoredFile.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    if purpose:
        rows = rows.filter(purpose=purpose)
    return _remove(list(rows))


def _remove(rows: list[StoredFile]) -> int:
    """Delete rows now, and after the commit the bytes that no other row shows."""
    county = current_county()
    contents = {row.sha256 for row in rows}
    StoredFile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    kept = set(StoredFile.objects.filter(sha256__in=contents).values_list("sha256", flat=True))
    lost = [(row.sha256, EXTENSIONS[row.media_type]) for row in rows if row.sha256 not in kept]

    def unlink() -> None:
        root = Path(settings.FILES_ROOT)
        for sha256, extension in lost:
            (root / content_path(county, sha256, extension)).unlink(missing_ok=True)
            (root / thumb_path(county, sha256)).unlink(missing_ok=True)

    transaction.on_commit(unlink)
    return len(rows)


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: photos and recordings a person reported with go, row and bytes; of others the uploader is forgotten.

    A result photo taken on duty is evidence of the office's work and stays, without name and position.
    """
    mine = StoredFile.objects.filter(uploaded_by=person)
    gone = _remove(list(mine.filter(purpose__in=("report", "sound"))))
    forgotten = StoredFile.objects.filter(uploaded_by=person).update(uploaded_by=None, lon=None, lat=None)
    return {"files_storedfile": gone + forgotten}


def sweep(*, now: datetime) -> int:
    """Remove what nobody needs: rows never attached and files without a row, both after a day of grace.

    The folder is walked every six hours at most. Safe beside uploads: a file is removed only while no upload
    writes, and only if its time is still old then. Returns rows and files removed.
    """
    limit = now - timedelta(hours=KEPT_UNATTACHED_HOURS)
    removed, _per_table = StoredFile.objects.filter(subject_id__isnull=True, uploaded_at__lt=limit).delete()
    folder = Path(settings.FILES_ROOT) / f"{current_county():06d}"
    mark = folder / ".swept"
    if not folder.exists() or (mark.exists() and not disk.older(path=mark, than=now - SWEEP_EVERY)):
        return removed
    batch: list[Path] = []
    for path in sorted(folder.glob("??/*")):
        batch.append(path)
        if len(batch) == CHUNK:
            removed += _sweep_batch(folder, batch, limit)
            batch = []
    removed += _sweep_batch(folder, batch, limit)
    mark.touch(mode=0o600)
    disk.stamp(path=mark, now=now)
    return removed


def _sweep_batch(folder: Path, batch: list[Path], limit: datetime) -> int:
    """Remove those files of a batch that are old and have no row."""
    old = [path for path in batch if disk.older(path=path, than=limit)]
    if not old:
        return 0
    removed = 0
    with disk.county_locked(folder=folder):
        names = {path.name.split(".", 1)[0] for path in old}
        known = set(StoredFile.objects.filter(sha256__in=names).values_list("sha256", flat=True))
        for path in old:
            needless = path.name.endswith(disk.DRAFT) or path.name.split(".", 1)[0] not in known
            if needless and disk.older(path=path, than=limit):  # asked again: an upload may have renewed it
                path.unlink(missing_ok=True)
                removed += 1
    return removed
