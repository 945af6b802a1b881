"""The list of cases: narrowed, ordered, paged, counted where somebody asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.kernel.errors import Refused
from mulin.services.cases import queries
from mulin.services.cases.actions import exports
from mulin.services.cases.models import Case
from mulin.services.cases.rules import TONES
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.filters import address, asked, controls


@require_safe
def list_cases(request: HttpRequest) -> HttpResponse:
    """GET /desk/cases/: what I may see, narrowed. ``count=1`` says how many there are, too."""
    actor, now = staff(request), clock.now()
    by = asked(request)
    page = queries.listing(actor, by, now, at=request.GET.get("at", ""))
    context = {
        "rows": table_rows(page.rows, now),
        "total": queries.count_of(actor, by, now) if request.GET.get("count") == "1" else None,
        "count_url": f"?{urlencode({**by.as_query(), 'count': 1})}",
        **controls(actor, by, now),
        **page.links(by.as_query()),
    }
    return render(request, "cases/list.html", context, status=422 if by.upside_down else 200)


@never_cache
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """POST /desk/cases/export/: the list as it is narrowed, as a file; it is made in the background."""
    actor, by = staff(request), queries.Filters.read(request.POST.dict())
    try:
        exports.ask_for_list(by=actor, now=clock.now(), narrowed=by)
    except Refused as refused:
        if refused.status != 429:
            raise
        messages.error(request, str(refused.message))
        return HttpResponseRedirect(reverse("cases:list") + address(by))
    messages.success(request, _("正在做，做好了在这里下载。"))
    return HttpResponseRedirect(reverse("runs:list"))


def table_rows(cases: list[Case], now: datetime) -> list[dict[str, Any]]:
    """Cases as templates/cases/parts/table.html shows them. Two statements for any number of rows."""
    waiting = work.of_subjects("case", [case.id for case in cases])
    names = people.public_names({case.handler_id for case in cases if case.handler_id})
    roles = access.roles()
    return [_row(case, waiting.get(case.id, []), dict(names), roles, now) for case in cases]


def _row(
    case: Case, waiting: list[Any], names: dict[UUID, str], roles: dict[str, Any], now: datetime
) -> dict[str, Any]:
    item = work.lit(waiting[:1], now)[0] if waiting else None
    if case.grid:
        place = case.grid.name
    else:
        place = case.place.name if case.place and case.place_path != "/" else case.place_text
    role = roles.get(item.role) if item else None
    holder = names.get(case.handler_id) if case.handler_id else None
    return {
        "case": case,
        "tone": TONES[case.state],
        "item": item,
        "place": place,
        "holder": holder or (case.unit.name if case.unit else "") or (str(role.name) if role else ""),
        "light": queries.light_of(case, now),
    }
