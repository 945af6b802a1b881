"""Doors of the table: bring the catalogue in from Excel, take it out, the template."""

from __future__ import annotations

import io
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import refused_rows, workbook
from mulin.kernel.errors import Refused
from mulin.kernel.tables import open_table
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.forms import TableForm
from mulin.services.catalogue.views.doors import editor, reader

MOST_BYTES = 20 * 1024 * 1024
_SHOWN = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest) -> HttpResponseBase:
    """GET /desk/catalogue/table/: how it works. POST: check or import; the answer tells row by row what could not stand.

    The button "refused" checks only and answers with the refused rows as a workbook, the reason in its last column.
    """
    actor = editor(request)
    form = TableForm(request.POST or None, request.FILES or None)
    outcome, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                header, outcome = _bring_in(form.cleaned_data, actor, request.POST.get("go") == "refused")
            except Refused as refused:
                form.add_error("file", str(refused.message))
            else:
                if request.POST.get("go") == "refused" and outcome.refused:
                    return refused_rows(header, outcome.refused)
                status = 200
    context: dict[str, Any] = {
        "form": form,
        "outcome": outcome,
        "what": form.cleaned_data.get("what") if outcome else "",
        "refused": outcome.refused[:_SHOWN] if outcome else [],
        "more": max(0, len(outcome.refused) - _SHOWN) if outcome else 0,
        "counts": queries.counts(on=clock.local_day(clock.now())),
        "crumbs": [
            {"title": _("事项清单"), "url": reverse("catalogue:list")},
            {"title": _("Excel 导入导出"), "url": ""},
        ],
    }
    return render(request, "catalogue/table.html", context, status=status)


def _bring_in(told: dict[str, Any], by: Actor, check: bool) -> tuple[tuple[str, ...], actions.Outcome]:
    upload = told["file"]
    if upload.size > MOST_BYTES:
        raise Refused("table_size", _("文件超过 20 MB。"))
    with open_table(upload.file, name=upload.name, columns=queries.COLUMNS) as opened:
        outcome = actions.import_matters(
            rows=opened,
            by=by,
            now=clock.now(),
            publish=told["what"] == "publish",
            dry_run=check or told["what"] == "check",
        )
        return opened.header, outcome


@require_safe
def template(request: HttpRequest) -> FileResponse:
    """GET: an empty form with hints and drop-downs; ``?filled=1`` the shipped proposal to begin with."""
    editor(request)
    out = io.BytesIO()
    if request.GET.get("filled"):
        queries.write_shipped(out)
        return workbook(out, "事项清单建议稿.xlsx")
    queries.write_form(out)
    return workbook(out, "事项清单模板.xlsx")


@require_safe
def export(request: HttpRequest) -> FileResponse:
    """GET: the catalogue in force as a workbook that can be edited and imported again."""
    reader(request)
    out = io.BytesIO()
    queries.write_catalogue(out)
    return workbook(out, f"事项清单-{clock.local_day(clock.now()):%Y%m%d}.xlsx")
