"""Doors of runs: what I asked for and how far it is, and the files that came of it."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mulin.ground.access import queries as access
from mulin.ground.runs import actions, queries
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted


def _staff(request: HttpRequest) -> Actor:
    """Whoever works here. Raises NotAllowed for a partner (merchant), NotFound for neighbours and other counties."""
    words = _("工作台供工作人员使用。")
    return admitted(request, access.is_staff, words, nobody=words)


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """GET /desk/files/: my exports and other long work, newest first; asked again every two seconds while one runs."""
    page = queries.runs_page(_staff(request), at=request.GET.get("at", ""))
    context = {
        "runs": page.rows,
        "waiting": any(run.finished_at is None for run in page.rows),
        **page.links(),
    }
    part = bool(request.headers.get("HX-Request"))
    return render(request, "runs/parts/runs.html" if part else "runs/list.html", context)


@never_cache
@require_safe
def hand_out(request: HttpRequest, run: UUID) -> FileResponse:
    """GET /desk/files/RUN/: the file, for whoever asked for it."""
    row, path = actions.hand_out(run=run, by=_staff(request), now=clock.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.result_name)
