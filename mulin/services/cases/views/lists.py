"""The list of cases: narrowed, ordered, paged, counted where somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.services.cases import queries
from mulin.services.cases.actions import exports, saved
from mulin.services.cases.models import Case
from mulin.services.cases.queries import Filters, batches
from mulin.services.cases.queries import saved as saved_read
from mulin.services.cases.rules import MOST_AT_ONCE, TONES, Provenance, Source, State
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.filters import address, asked, controls
from mulin.services.cases.views.places import as_uuid


@require_safe
def list_cases(request: HttpRequest) -> HttpResponse:
    """GET /desk/cases/: what I may see, narrowed. ``count=1`` says how many there are, too; without any question the
    list opens as its reader wished."""
    actor, now = staff(request), clock.now()
    views = saved_read.views_of(actor)
    wished = next((view for view in views if view.opens), None)
    if wished is not None and not request.GET:
        return HttpResponseRedirect(reverse("cases:list") + address(wished.by))
    return _list_page(request, actor, asked(request), views, now)


def _list_page(
    request: HttpRequest, actor: Actor, by: Filters, views: list[saved_read.View], now: datetime, **more: Any
) -> HttpResponse:
    page = queries.listing(actor, by, now, at=request.GET.get("at", ""))
    context = {
        "rows": table_rows(page.rows, now),
        "total": queries.count_of(actor, by, now) if request.GET.get("count") == "1" else None,
        "count_url": f"?{urlencode({**by.as_query(), 'count': 1})}",
        **controls(actor, by, now),
        **page.links(by.as_query()),
        "views": [{"view": view, "url": address(view.by), "chosen": view.by == by} for view in views],
        "chosen": next((view for view in views if view.by == by), None),
        "acts": batches.offered(actor),
        "most_at_once": MOST_AT_ONCE,
        "name_length": saved.NAME_LENGTH,
        **more,
    }
    wrong = by.upside_down or "wrong" in more
    return render(request, "cases/list.html", context, status=422 if wrong else 200)


@never_cache
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """POST /desk/cases/views/: keep a view (``do=save``), let the list open with it or no longer, forget it."""
    actor, now = staff(request), clock.now()
    by, do = queries.Filters.read(request.POST.dict()), request.POST.get("do", "save")
    view = as_uuid(request.POST.get("view", ""))
    if do == "save":
        name = request.POST.get("name", "")
        try:
            kept = saved.save_view(
                name=name, by=actor, now=now, narrowed=by, opens=request.POST.get("opens") == "1"
            )
        except Refused as refused:
            if refused.status == 403:
                raise
            views = saved_read.views_of(actor)
            return _list_page(request, actor, by, views, now, wrong=str(refused.message), name=name)
        messages.success(request, _("已存为“%(name)s”。") % {"name": kept.name})
    elif view is None:
        raise NotFound(_("没有这个视图。"))
    elif do == "drop":
        saved.drop_view(view=view, by=actor)
        messages.success(request, _("视图已删掉。"))
    else:
        saved.open_with(view=view, by=actor, opens=do == "open")
    return HttpResponseRedirect(reverse("cases:list") + address(by))


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
    words = _Words(
        names=people.public_names({case.handler_id for case in cases if case.handler_id}),
        roles={code: str(role.name) for code, role in access.roles().items()},
        states={value: str(label) for value, label in State.choices},
        sources={value: str(label) for value, label in Source.choices},
    )
    items = {one.subject_id: one for one in work.lit([rows[0] for rows in waiting.values()], now)}
    return [_row(case, items.get(case.id), words) for case in cases]


@dataclass(frozen=True)
class _Words:
    """What is said of many rows, looked up and translated once."""

    names: Mapping[UUID, str]
    roles: Mapping[str, str]
    states: Mapping[str, str]
    sources: Mapping[str, str]


_ICONS = {"good": "tick-circle", "warn": "warning", "bad": "cross", "info": "info"}


def _row(case: Case, item: work.Lit | None, words: _Words) -> dict[str, Any]:
    if case.grid:
        place = case.grid.name
    else:
        place = case.place.name if case.place and case.place_path != "/" else case.place_text
    holder = words.names.get(case.handler_id, "") if case.handler_id else ""
    holder = holder or (case.unit.name if case.unit else "")
    tone = TONES[case.state]
    return {
        "id": case.id,
        "version": case.version,
        "url": queries.page_address(case.id),
        "title": case.title,
        "number": case.number,
        "tone": tone,
        "icon": _ICONS.get(tone, "clock"),
        "state": words.states.get(case.state, case.state),
        "item": item,
        "due": (item.due_words or item.light_words) if item else "",
        "holder": holder or (words.roles.get(item.role, "") if item else "") or "—",
        "place": place or "—",
        "source": words.sources.get(case.source, case.source),
        "fixed": case.found_fixed,
        "historic": case.provenance == Provenance.HISTORIC,
        "reported": f"{localtime(case.reported_at):%Y-%m-%d %H:%M}",
    }
