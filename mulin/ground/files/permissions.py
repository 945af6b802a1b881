"""Who may see a file: whoever sees its subject."""

from __future__ import annotations

from mulin.ground.files.models import StoredFile
from mulin.kernel import hooks
from mulin.kernel.actor import Actor


def may_see(actor: Actor, file: StoredFile, receipt: str = "") -> bool:
    """The subject decides. A file that belongs to nothing yet is its uploader's alone."""
    if file.subject_id is None:
        return file.uploaded_by is not None and file.uploaded_by in (actor.person, actor.account)
    visible = hooks.subject_visible.get(file.subject_kind)
    return visible is not None and visible(actor, file.subject_id, receipt)
