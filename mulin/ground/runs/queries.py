"""Reading runs: each sees what he asked for himself."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from mulin.ground.runs.models import Run
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.paging import Page, page


def visible_to(actor: Actor) -> QuerySet[Run]:
    """What the actor asked for himself, newest first."""
    if actor.person is None:
        return Run.objects.none()
    return Run.objects.filter(asked_by=actor.person).order_by("-created_at", "-id")


def runs_page(actor: Actor, *, at: str = "", size: int = 20) -> Page:
    """A page of one's own runs, newest first. One statement."""
    return page(visible_to(actor), by="-created_at", at=at, size=size)


def of_kind(kind: str) -> QuerySet[Run]:
    """The county's runs of one kind, newest first. The caller has checked that the actor may see them."""
    return Run.objects.filter(kind=kind).order_by("-created_at", "-id")


def folder() -> Path:
    """Where the files of the county's runs lie; nobody else on the machine reads them."""
    found: Path = settings.HOME / "runs" / f"{current_county():06d}"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def upload_of(run: Run) -> Path:
    """The file that was brought in, while the run is not finished."""
    return folder() / f"{run.id}.in{Path(run.upload_name).suffix.lower()}"


def result_of(run: Run) -> Path:
    """The file that the run made. May be gone after a week."""
    return folder() / f"{run.id}.out"


def export(person: UUID) -> dict[str, object]:
    """What a person asked the background to do."""
    rows = Run.objects.filter(asked_by=person).order_by("id")
    return {
        "runs": [
            {"kind": row.kind, "title": row.title, "at": row.created_at.isoformat(), "state": row.state}
            for row in rows.iterator()
        ]
    }
