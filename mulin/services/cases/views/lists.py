"""The list of cases: filtered, paged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mulin.ground.territory import queries as territory
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.services.cases import queries
from mulin.services.cases.forms import FilterForm
from mulin.services.cases.models import Case
from mulin.services.cases.rules import COMMUNITY_KINDS, TONES
from mulin.services.cases.views.desk import staff


@require_safe
def list_cases(request: HttpRequest) -> HttpResponse:
    """GET /desk/cases/: what I may see, filtered, newest first, keyset pages."""
    actor, now = staff(request), clock.now()
    form = FilterForm(request.GET or None, areas=_areas(actor, request.GET.get("area", "")))
    told = form.cleaned_data if form.is_bound and form.is_valid() else {}
    page = queries.listing(actor, _filters(told), at=request.GET.get("at", ""))
    waiting = work.of_subjects("case", [case.id for case in page.rows])
    context = {
        "form": form,
        "rows": [table_row(case, waiting.get(case.id, []), now) for case in page.rows],
        **page.links(request.GET.dict()),
        "filtered": any(value for name, value in request.GET.items() if name != "at"),
    }
    return render(request, "cases/list.html", context, status=422 if form.errors else 200)


def _filters(told: dict[str, Any]) -> queries.Filters:
    state = told.get("state", "")
    return queries.Filters(
        state="" if state == "unfinished" else state,
        unfinished=state == "unfinished",
        source=told.get("source", ""),
        area=told.get("area", ""),
        since=told.get("since"),
        until=told.get("until"),
        words=told.get("q", ""),
    )


def table_row(case: Case, waiting: list[Any], now: datetime) -> dict[str, Any]:
    item = work.lit(waiting[:1], now)[0] if waiting else None
    place = (
        case.grid.name
        if case.grid
        else case.place.name
        if case.place and case.place_path != "/"
        else case.place_text
    )
    return {
        "case": case,
        "tone": TONES[case.state],
        "item": item,
        "place": place,
        "light": queries.light_of(case, now),
    }


def _areas(actor: Actor, chosen: str) -> list[tuple[str, str]]:
    """The filter's areas: the actor's own territories, the county's streets, and what lies below the chosen one."""
    own = {held.path for held in actor.held if held.path}
    if "/" in own or not own:
        found = [(one.path, one.name) for one in territory.children(None)]
    else:
        found = sorted(territory.names_of_paths(own).items())
    if chosen in ("", "/"):
        return found
    here = territory.division_at_path(chosen)
    if here is None:
        return (
            found
            if any(path == chosen for path, _name in found)
            else [*found, *territory.names_of_paths([chosen]).items()]
        )
    if not any(path == chosen for path, _name in found):
        found.append((here.path, here.name))
    found += [(one.path, f"　{one.name}") for one in territory.children(here.id)]
    if here.kind in COMMUNITY_KINDS:
        found += [
            (one.path, f"　{one.name}")
            for one in territory.grids_under(here.path, on=clock.local_day(clock.now()))
        ]
    return found
