"""The first page of the desk: what is mine to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mulin.ground.territory import queries as territory
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.services.cases.rules import GRID_STAFF, WORK_SHORT
from mulin.services.cases.views.desk import staff


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """GET /desk/: what is mine to do, the most urgent first. The count is the length of the list."""
    actor, now = staff(request), clock.now()
    kind = request.GET.get("kind", "")
    kind = kind if kind in WORK_SHORT else ""
    page = work.todo_page(actor, now, kind=kind, at=request.GET.get("at", ""))
    names = territory.names_of_paths({item.path for item in page.rows if item.path not in ("", "/")})
    context = {
        "rows": [{"item": item, "place": names.get(item.path, "")} for item in page.rows],
        "count": work.count_for(actor, kind=kind),
        **page.links({"kind": kind}),
        "kind": kind,
        "kinds": list(WORK_SHORT.items()),
        "fixes": bool(actor.paths(*GRID_STAFF)),
    }
    return render(request, "cases/desk.html", context)
