"""The map of cases, and the same as a list below."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mulin.kernel import clock
from mulin.services.cases import queries
from mulin.services.cases.queries import Filters
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.filters import address, asked, controls
from mulin.services.cases.views.lists import table_rows


def _wanted(request: HttpRequest) -> Filters:
    """The list's filters; without a state the unfinished cases, for those are what a map is looked at for."""
    by = asked(request)
    return by if by.state else replace(by, state=queries.UNFINISHED)


@require_safe
def show_map(request: HttpRequest) -> HttpResponse:
    """GET /desk/map/: grids and cases, narrowed as the list is; the same as a list below."""
    actor, now = staff(request), clock.now()
    by = _wanted(request)
    page = queries.listing(actor, by, now, size=20)
    context = {
        "rows": table_rows(page.rows, now),
        "more": bool(page.next),
        "tiles": settings.TILES_URL,
        "attribution": settings.TILES_CREDIT,
        **controls(actor, by, now),
        "sorts": None,
        "quick": None,
        "points": address(by),
    }
    return render(request, "cases/map.html", context, status=422 if by.upside_down else 200)


@require_safe
def points(request: HttpRequest) -> JsonResponse:
    """GET /desk/map/cases.geojson?bbox=…&zoom=…: the visible cases in view, narrowed as the list is, by squares where there
    are many."""
    view = queries.Viewport.read(request.GET.dict())
    found = queries.points(staff(request), clock.now(), _wanted(request), view)
    return JsonResponse(found, content_type="application/geo+json")
