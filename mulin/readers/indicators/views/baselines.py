"""Doors of the baselines: what is in force, setting one, ending one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from mulin.ground.territory import queries as territory
from mulin.kernel import clock, hooks
from mulin.kernel.doors import refuse_into
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.paging import page
from mulin.readers.indicators import actions, queries
from mulin.readers.indicators.forms import BaselineForm
from mulin.readers.indicators.permissions import may_read_figures, may_set_baselines
from mulin.readers.indicators.rules import INDICATORS
from mulin.readers.indicators.views.asking import crumbs, reader


@require_http_methods(["GET", "HEAD", "POST"])
def baselines(request: HttpRequest) -> HttpResponse:
    """/desk/figures/baselines/: every reader of figures may see them; the county's clerks and administrators set them."""
    actor = reader(request)
    may_read_figures(actor)
    if request.method == "POST" and not may_set_baselines(actor):
        raise NotAllowed(_("基期由县级工作人员和管理员设定。"))
    form, status = None, 200
    if may_set_baselines(actor):
        places = list(territory.settlements("/").items())
        form = BaselineForm(request.POST if request.method == "POST" else None, places=places)
    if form is not None and form.is_bound:
        status = 422
        if form.is_valid():
            try:
                actions.set_baseline(**form.cleaned_data, by=actor, now=clock.now())
            except Refused as refused:
                if refused.status in (403, 404):
                    raise
                status = refuse_into(form, refused)
            else:
                messages.success(request, _("基期已设定。"))
                return redirect("indicators:baselines")
    shown = page(queries.baselines(), by="-set_at", at=request.GET.get("at", ""))
    context: dict[str, Any] = {
        "rows": _rows(shown.rows),
        "form": form,
        **shown.links(),
        **crumbs(_("基期")),
    }
    return render(request, "indicators/baselines.html", context, status=status)


def _rows(rows: list[Any]) -> list[dict[str, Any]]:
    names = territory.names_of_paths({row.path for row in rows})
    people = hooks.names_of({row.set_by for row in rows})
    return [
        {
            "row": row,
            "indicator": INDICATORS[row.code],
            "place": names.get(row.path, row.path),
            "who": people.get(row.set_by, ""),
        }
        for row in rows
        if row.code in INDICATORS
    ]


@require_POST
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    """POST: compare with it no more."""
    may_read_figures(reader(request))
    actions.end_baseline(baseline=key, by=reader(request), now=clock.now())
    messages.success(request, _("基期已停用。"))
    return redirect("indicators:baselines")
