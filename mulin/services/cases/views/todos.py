"""The first page of the desk: what is mine to do, what my unit has in hand, what I am told of, what I did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import actions as worklist
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.kernel.doors import kept_on_phone
from mulin.kernel.paging import count_words
from mulin.services.cases import queries as cases
from mulin.services.cases.queries import batches
from mulin.services.cases.rules import GRID_STAFF, MOST_AT_ONCE, WORK_SHORT
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.places import as_uuid


@kept_on_phone
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """GET /desk/: one of four tabs, the most urgent first. The count beside a tab is the length of its list."""
    actor, now = staff(request), clock.now()
    name = request.GET.get("tab", work.MINE)
    name = name if name in work.TABS else work.MINE
    narrowed = narrowed_by(request.GET.dict())
    page = work.tab_page(actor, name, now, narrowed, at=request.GET.get("at", ""))
    found = work.tab_counts(actor, now, narrowed)
    keep = narrowed.as_query()
    if not any(
        keep.values()
    ):  # the counter beside the entry of the desk is the same number: it is asked once
        request.todo_count = found[work.MINE]  # type: ignore[attr-defined]
    context = {
        "tab": name,
        "tabs": [_tab(one, found[one], keep, name) for one in work.TABS],
        "rows": _with_places(page.rows, around=name == work.UNIT),
        "count": found[name],
        "total": count_words(found[name]),
        **page.links({"tab": name, **keep}),
        "narrowed": narrowed,
        "filtered": any(keep.values()),
        "kinds": list(WORK_SHORT.items()),
        "lights": work.lights(),
        "acts": batches.offered(actor) if name in (work.MINE, work.UNIT) else [],
        "most_at_once": MOST_AT_ONCE,
        "fixes": bool(actor.paths(*GRID_STAFF)),
    }
    return render(request, "cases/desk.html", context)


def narrowed_by(said: Mapping[str, str]) -> work.Narrowed:
    """What the tabs are narrowed to, as an address or a form says it."""
    kind, light = said.get("kind", ""), said.get("light", "")
    return work.Narrowed(
        kind=kind if kind in WORK_SHORT else "",
        light=light if light in dict(work.lights()) else "",
        words=said.get("q", "").replace("\0", "").strip()[:60],
        seen=said.get("seen") == "1",
    )


def _tab(name: str, count: int, keep: dict[str, str], chosen: str) -> dict[str, Any]:
    words = {
        work.MINE: _("待办"),
        work.UNIT: _("我单位"),
        work.COPIED: _("抄送"),
        work.DONE: _("已办"),
    }
    said = {"tab": name, **{key: value for key, value in keep.items() if value and key != "seen"}}
    return {
        "name": name,
        "words": words[name],
        "count": count_words(count) or "0",
        "url": f"?{urlencode(said)}",
        "chosen": name == chosen,
    }


def _with_places(items: list[Any], *, around: bool) -> list[dict[str, Any]]:
    """Lines with the names of their places and, among colleagues, of whoever has them in hand. A to-do of a unit
    has its place from its case. Four statements at most."""
    known = cases.places_of({item.number for item in items if not item.path and item.number})
    paths = {item.id: item.path or known.get(item.number, "") for item in items}
    places = territory.names_of_paths(set(paths.values()) - {"", "/"})
    persons: dict[UUID, str] = {}
    units: dict[UUID, str] = {}
    if around:
        persons = dict(people.public_names({item.person for item in items if item.person}))
        units = people.organisation_names({item.unit for item in items if item.unit})
    roles = access.roles()
    rows = []
    for item in items:
        role = roles.get(item.role)
        holder = persons.get(item.person, "") or units.get(item.unit, "") or (str(role.name) if role else "")
        rows.append(
            {"item": item, "place": places.get(paths[item.id], ""), "holder": holder if around else ""}
        )
    return rows


@never_cache
@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """POST /desk/copied/: note as seen what I am kept informed of; ``id`` one of it, and on to what it is about."""
    actor = staff(request)
    one = as_uuid(request.POST.get("id", ""))
    target = work.copy_of(actor, one) if one else None
    count = worklist.seen(by=actor, now=clock.now(), copies=[one] if one else None)
    if target:
        return HttpResponseRedirect(target)
    messages.success(request, ngettext("%(n)d 件已标为看过。", "%(n)d 件已标为看过。", count) % {"n": count})
    return HttpResponseRedirect(f"{reverse('cases:desk')}?tab={work.COPIED}")
