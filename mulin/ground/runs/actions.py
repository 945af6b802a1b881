"""Long work in the background: ask for it, do it, start it again when its worker died, clear its files away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.runs.models import Run, RunState
from mulin.ground.runs.queries import result_of, upload_of, visible_to
from mulin.ground.trail import actions as trail
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused

STALLED: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=7)
MOST_TRIES: Final = 5
MOST_OPEN: Final = 5
"""Runs that one person may have waiting at a time."""
MOST_BYTES: Final = 200 * 1024 * 1024
SHOWN: Final = 200
"""Refused rows that are kept with their reasons for the page; the file has all of them."""


class Upload(Protocol):
    """A file as a form brings it."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]: ...


class Superseded(Exception):
    """This run was given up for dead and began anew elsewhere: whoever still works on it stops."""


@dataclass
class Job:
    """A run under way, as its kind sees it (hooks.run_kinds). ``by`` is the asker with the rights he holds now."""

    run: Run
    by: Actor
    clock: Callable[[], datetime]

    @property
    def upload(self) -> Path:
        """The file that was brought in."""
        return upload_of(self.run)

    @property
    def result(self) -> Path:
        """Where the file to hand out belongs. It is put there whole, or not at all."""
        return result_of(self.run)

    def show(self, done: int, *, of: int | None = None, **counts: int) -> None:
        """Say how far it is: a sign of life. Raises Superseded where another worker has begun anew."""
        now: dict[str, Any] = {"done": done, "moved_at": self.clock()}
        if of is not None:
            now["of"] = of
        if counts:
            now["counts"] = counts
        self.write(**now)

    def write(self, **fields: Any) -> None:
        """Write into the run's row while it is this worker's. Raises Superseded where it is not."""
        mine = Run.objects.filter(pk=self.run.pk, tries=self.run.tries, finished_at__isnull=True)
        if not mine.update(**fields):
            raise Superseded(str(self.run.pk))


def ask(
    *,
    kind: str,
    title: str,
    by: Actor,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    upload: Upload | None = None,
    result_name: str = "",
    told: Mapping[str, Any] | None = None,
) -> Run:
    """Ask the background for something: run, job and trail are committed together; an upload lies on disk first.

    ``told`` is what the trail keeps (no personal data). The caller has checked that ``by`` may ask for this kind.
    Refused while MOST_OPEN of his runs wait, and for uploads above 200 MB. What ``tick`` asks for is nobody's own.
    """
    if by.person is None and not by.system:
        raise NotAllowed(_("请先登录。"))
    if kind not in hooks.run_kinds:
        raise ValueError(f"nobody does runs of kind {kind!r}")
    if visible_to(by).filter(finished_at__isnull=True).count() >= MOST_OPEN:
        raise Refused("too_many_runs", _("您已有几件在排队，请等它们完成再来。"), status=429)
    run = Run(
        kind=kind,
        title=title[:200],
        asked_by_id=by.person,
        facts=dict(facts or {}),
        upload_name=Path(upload.name or "").name[-200:] if upload else "",
        result_name=result_name[:200],
        created_at=now,
        moved_at=now,
    )
    if upload is not None:
        _keep(run, upload)
    with transaction.atomic():
        run.save(force_insert=True)
        trail.record(
            by=by,
            now=now,
            verb="run.asked",
            subject_kind="run",
            subject_id=run.id,
            facts={"kind": kind, **(told or {})},
        )
        _defer(run)
    return run


def _keep(run: Run, upload: Upload) -> None:
    if (upload.size or 0) > MOST_BYTES:
        raise Refused("too_large", _("文件不能超过 200 MB，请分成几份。"), field="file")
    place = upload_of(run)
    with place.open("xb") as out:
        place.chmod(0o600)
        for chunk in upload.chunks():
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def _defer(run: Run) -> None:
    from mulin.ground.runs.tasks import perform_run  # room: the job is named here, not called

    perform_run.defer(county=current_county(), run=str(run.id))


def perform(*, run: UUID, clock: Callable[[], datetime]) -> Run | None:
    """What the job does: claim the run, do its work, say how it ended. ``clock`` tells it how time goes on.

    None where another worker has it or it is finished. A killed one leaves it RUNNING; ``tend`` starts it again, and
    kinds are written so that beginning anew is right. After MOST_TRIES it is given up, in words.
    """
    now = clock()
    free = Q(state=RunState.QUEUED) | Q(moved_at__lt=now - STALLED)
    claimed = Run.objects.filter(free, pk=run, finished_at__isnull=True)
    if not claimed.update(state=RunState.RUNNING, moved_at=now, tries=F("tries") + 1):
        return None
    row = Run.objects.get(pk=run)
    who = access.actor_of_person(row.asked_by_id) if row.asked_by_id else system(current_county(), "runs")
    job = Job(row, who, clock)
    try:
        if row.tries > MOST_TRIES:
            raise Refused("given_up", _("试了几次都没有完成，请联系管理员。"))
        hooks.run_kinds[row.kind](job=job)
    except Refused as refused:
        result_of(row).unlink(missing_ok=True)
        job.write(state=RunState.REFUSED, message=str(refused.message)[:300], finished_at=clock())
    else:
        job.write(state=RunState.DONE, finished_at=clock())
    upload_of(row).unlink(missing_ok=True)
    row.refresh_from_db()
    return row


def tend(*, now: datetime) -> int:
    """Part of ``tick``: start stalled runs again, delete files that are a week old. How many of both. Twice is as once."""
    stalled = list(Run.objects.filter(finished_at__isnull=True, moved_at__lt=now - STALLED).order_by("id"))
    for run in stalled:
        with transaction.atomic():
            mine = Run.objects.filter(pk=run.pk, moved_at=run.moved_at, finished_at__isnull=True)
            if mine.update(moved_at=now, state=RunState.QUEUED):
                _defer(run)
    old = list(Run.objects.filter(finished_at__lt=now - KEPT, expired_at__isnull=True).order_by("id"))
    for run in old:
        for path in (result_of(run), upload_of(run)):
            path.unlink(missing_ok=True)
        Run.objects.filter(pk=run.pk).update(expired_at=now)
    return len(stalled) + len(old)


@transaction.atomic
def hand_out(*, run: UUID, by: Actor, now: datetime) -> tuple[Run, Path]:
    """The file that a run made, for whoever asked for it and nobody else; the trail notes it.

    NotFound for everybody else, before it is done, and after a week.
    """
    row = visible_to(by).filter(pk=run).first()
    if row is None:
        raise NotFound(_("没有这个文件。"))
    path = result_of(row)
    if row.state != RunState.DONE or not row.result_name or not path.exists():
        raise NotFound(_("这个文件已过期，请重新导出一次。"))
    trail.record(
        by=by,
        now=now,
        verb="run.handed_out",
        subject_kind="run",
        subject_id=row.id,
        facts={"kind": row.kind, "rows": row.done},
    )
    return row, path


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: files that a person asked for are deleted, and no run points at him any more."""
    rows = list(Run.objects.filter(asked_by=person))
    for run in rows:
        for path in (result_of(run), upload_of(run)):
            path.unlink(missing_ok=True)
    ended = Run.objects.filter(asked_by=person, finished_at__isnull=True)
    ended.update(state=RunState.REFUSED, finished_at=now, message=_("要求它的人已不在。"))
    Run.objects.filter(asked_by=person).update(asked_by=None, title="", facts={}, expired_at=now)
    return {"runs_run": len(rows)}
