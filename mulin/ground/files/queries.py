"""Reading files: rows of a subject, and where their bytes lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from mulin.ground.files.models import StoredFile
from mulin.ground.files.permissions import may_see
from mulin.ground.files.rules import EXTENSIONS, content_path, thumb_path
from mulin.kernel.actor import Actor


def of_subjects(kind: str, ids: Iterable[UUID]) -> dict[UUID, list[StoredFile]]:
    """The files of subjects, oldest first: one statement. The caller has checked that the actor sees them."""
    found: dict[UUID, list[StoredFile]] = defaultdict(list)
    for row in StoredFile.objects.filter(subject_kind=kind, subject_id__in=list(ids)).order_by("id"):
        if row.subject_id is not None:
            found[row.subject_id].append(row)
    return dict(found)


def visible_file(actor: Actor, file_id: UUID, receipt: str = "") -> StoredFile | None:
    """A file that this visitor may see, or None: the two cases of "no" look the same."""
    row = StoredFile.objects.filter(pk=file_id).first()
    return row if row is not None and may_see(actor, row, receipt) else None


def path_of(file: StoredFile, *, thumb: bool = False) -> Path:
    """Where the bytes lie on disk."""
    root = Path(settings.FILES_ROOT)
    if thumb:
        return root / thumb_path(file.county_id or 0, file.sha256)
    return root / content_path(file.county_id or 0, file.sha256, EXTENSIONS[file.media_type])


def export(person: UUID) -> dict[str, Any]:
    """What a person uploaded."""
    rows = StoredFile.objects.filter(uploaded_by=person).order_by("id")
    return {
        "files": [
            {
                "id": str(row.id),
                "purpose": row.purpose,
                "subject": row.subject_kind,
                "uploaded_at": row.uploaded_at.isoformat(),
                "size": row.size,
                "sha256": row.sha256,
                "position": [row.lon, row.lat] if row.lon is not None else None,
            }
            for row in rows.iterator()
        ]
    }
