"""The map of cases, and the same as a list below."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.services.cases import queries
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.lists import table_row


@require_safe
def show_map(request: HttpRequest) -> HttpResponse:
    """GET /desk/map/: grids and unfinished cases; the same as a list below."""
    actor, now = staff(request), clock.now()
    page = queries.listing(actor, queries.Filters(unfinished=True), size=20)
    waiting = work.of_subjects("case", [case.id for case in page.rows])
    context = {
        "rows": [table_row(case, waiting.get(case.id, []), now) for case in page.rows],
        "more": bool(page.next),
        "tiles": settings.TILES_URL,
        "attribution": settings.TILES_CREDIT,
    }
    return render(request, "cases/map.html", context)


@require_safe
def points(request: HttpRequest) -> JsonResponse:
    """GET /desk/map/cases.geojson: the visible unfinished cases that have a position."""
    return JsonResponse(queries.points(staff(request), clock.now()), content_type="application/geo+json")
