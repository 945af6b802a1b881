"""What a report form shows while it is being written, for htmx: nothing is kept, and sending works without it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from mulin.kernel import clock
from mulin.services.cases.forms import ReportForm
from mulin.services.cases.queries import beside
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.neighbour import is_large, who
from mulin.services.cases.views.sharing import MOST_LARGE, visitor_of


@never_cache
@require_POST
def for_staff(request: HttpRequest) -> HttpResponse:
    """POST /desk/report/beside/ (text, lon, lat, place): which matters it may be, and what near it may be the same."""
    actor, now = staff(request), clock.now()
    text, spot = _said(request, now)
    found = beside.for_staff(actor, text, spot, now)
    return render(request, "cases/parts/beside_staff.html", {"found": found, "this_grid": spot.grid_path})


@never_cache
@require_POST
def for_neighbour(request: HttpRequest) -> HttpResponse:
    """POST /report/beside/ (the same): what neighbours may see that may be the same. Empty where there is nothing."""
    now = clock.now()
    text, spot = _said(request, now)
    rows = beside.for_neighbour(who(request), visitor_of(request), text, spot, now)
    context = {"rows": rows[:MOST_LARGE] if is_large(request) else rows, "large": is_large(request)}
    return render(request, "cases/parts/beside_neighbour.html", context)


def _said(request: HttpRequest, now: datetime) -> tuple[str, beside.Spot]:
    """The words and the place, as far as they can be read."""
    form = ReportForm(request.POST)
    form.is_valid()
    told = form.cleaned_data
    spot = beside.spot_of(told.get("lon"), told.get("lat"), told.get("place"), now)
    return str(told.get("text") or ""), spot
