"""Imports asked for on a page: the file waits on disk, a background job brings it in, the page shows how far it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.tables import open_table, write_refused
from mulin.services.cases.actions.imports import COLUMNS, Outcome, import_messages
from mulin.services.cases.models import ImportRun, ImportState
from mulin.services.cases.permissions import may_import

MAX_BYTES = 200 * 1024 * 1024
STALLED = timedelta(minutes=10)
KEPT = timedelta(days=7)
_SHOWN = 200
_ENDINGS = (".xlsx", ".xlsm", ".csv", ".txt", ".tsv")


class Upload(Protocol):
    """A file as the form brings it."""

    name: str | None
    size: int | None

    def chunks(self) -> Any: ...


def _folder() -> Path:
    folder: Path = settings.HOME / "imports" / f"{current_county():06d}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _file(run: ImportRun) -> Path:
    return _folder() / f"{run.id}{Path(run.file_name).suffix.lower()}"


def refused_file(*, run: ImportRun) -> Path:
    """Where the refused rows of a run lie, with the reason in the last column. May be gone after a week."""
    return _folder() / f"{run.id}.refused.xlsx"


def ask_for_import(
    *,
    upload: Upload,
    by: Actor,
    now: datetime,
    source: str = "import",
    live: bool = False,
    dry_run: bool = False,
) -> ImportRun:
    """Keep the file and ask the background for it: run and job are committed together. The file lies first.

    Refused for whoever is not the county's clerk or administrator, for other kinds of files, and above 200 MB.
    """
    if not may_import(by):
        raise NotAllowed(_("导入由县级工作人员或管理员进行。"))
    name = Path(upload.name or "").name
    if Path(name).suffix.lower() not in _ENDINGS:
        raise Refused("import_kind", _("请选择 .xlsx 或 .csv 文件。"), field="file")
    if (upload.size or 0) > MAX_BYTES:
        raise Refused("import_size", _("文件超过 200 MB，请分成几个文件。"), field="file")
    run = ImportRun(
        file_name=name[-200:],
        source=source,
        live=live,
        dry_run=dry_run,
        by_id=by.person,
        created_at=now,
        moved_at=now,
    )
    with os.fdopen(os.open(_file(run), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        for chunk in upload.chunks():
            handle.write(chunk)
        handle.flush()
        os.fsync(handle.fileno())
    with transaction.atomic():
        run.save(force_insert=True)
        trail.record(
            by=by, now=now, verb="import.asked", subject_kind="import", subject_id=run.id,
            facts={"live": live, "dry_run": dry_run, "source": source},
        )  # fmt: skip
        _defer(run)
    return run


def _defer(run: ImportRun) -> None:
    from mulin.services.cases.tasks import bring_in  # room: the job is named here, not called

    bring_in.defer(county=current_county(), run=str(run.id))


def perform_import(*, run: UUID, clock: Callable[[], datetime]) -> Outcome | None:
    """What the job does: bring the file in, batch by batch, and say how it ended. ``clock`` tells it how time goes on.

    Every batch is a transaction of its own, so a killed job leaves whole batches and may be started again. A run that
    is finished, or that another job is bringing in at this moment, is left alone.
    """
    now = clock()
    free = Q(state=ImportState.QUEUED) | Q(moved_at__lt=now - STALLED)
    claimed = ImportRun.objects.filter(free, pk=run, finished_at__isnull=True)
    if not claimed.update(state=ImportState.RUNNING, moved_at=now):
        return None
    row = ImportRun.objects.get(pk=run)
    county = current_county()

    def show(outcome: Outcome, **more: Any) -> None:
        counts = {"read": outcome.read, "imported": outcome.imported, "updated": outcome.updated}
        more = {"state": ImportState.RUNNING, **more}
        ImportRun.objects.filter(pk=row.pk).update(
            **counts, unchanged=outcome.unchanged, refused=len(outcome.refused), moved_at=clock(), **more
        )

    try:
        with (
            _file(row).open("rb") as handle,
            open_table(handle, name=row.file_name, columns=COLUMNS) as table,
        ):
            outcome = import_messages(
                rows=table, by=system(county, "import"), now=now, source=row.source, live=row.live,
                dry_run=row.dry_run, progress=show,
            )  # fmt: skip
            if outcome.refused:
                lines = [(number, raw, reason) for number, reason, raw in outcome.refused]
                write_refused(refused_file(run=row), table.header, lines)
    except (Refused, FileNotFoundError) as refused:
        words = refused.message if isinstance(refused, Refused) else _("文件已不在，请重新上传。")
        show(Outcome(), state=ImportState.REFUSED, message=str(words)[:300], finished_at=clock())
        _file(row).unlink(missing_ok=True)
        return None
    reasons = [[number, reason] for number, reason, _raw in outcome.refused[:_SHOWN]]
    show(outcome, state=ImportState.DONE, reasons=reasons, finished_at=clock())
    _file(row).unlink(missing_ok=True)
    return outcome


def tend_imports(*, now: datetime) -> int:
    """Part of ``tick``: start stalled runs again, and delete files that are a week old. How many of both."""
    stalled = list(
        ImportRun.objects.filter(finished_at__isnull=True, moved_at__lt=now - STALLED).order_by("id")
    )
    for run in stalled:
        with transaction.atomic():
            moved = ImportRun.objects.filter(pk=run.pk, moved_at=run.moved_at).update(
                moved_at=now, state=ImportState.QUEUED
            )
            if moved:
                _defer(run)
    old = ImportRun.objects.filter(
        finished_at__lt=now - KEPT, finished_at__gte=now - KEPT - timedelta(days=2)
    )
    gone = 0
    for run in old:
        for path in (refused_file(run=run), _file(run)):
            if path.exists():
                path.unlink(missing_ok=True)
                gone += 1
    return len(stalled) + gone


def run_for(*, by: Actor, run: UUID) -> ImportRun:
    """A run, for whoever may import. Raises NotFound for everybody else."""
    row = ImportRun.objects.filter(pk=run).first() if may_import(by) else None
    if row is None:
        raise NotFound(_("没有这次导入。"))
    return row
