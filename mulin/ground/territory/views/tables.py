"""Doors of the tables of who serves where: a template of each kind, a dry run, the import, the refused rows."""

from __future__ import annotations

import io
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mulin.ground.territory.actions.tables import SHEETS, Taken, import_staff
from mulin.ground.territory.forms import StaffTable
from mulin.ground.territory.permissions import may_edit_somewhere
from mulin.ground.territory.views.doors import form_methods, sent, visiting
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import refused_rows, workbook
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.tables import open_table, write_template

_SHOWN = 200


def _editor(request: HttpRequest) -> Actor:
    actor = visiting(request)
    if not may_edit_somewhere(actor):
        raise NotAllowed(_("名册和安排由社区、街道和县的管理人员导入。"))
    return actor


@never_cache
@form_methods
def table(request: HttpRequest) -> HttpResponseBase:
    """GET, POST /desk/territory/staff/table/: check or import a table; what could not stand is told row by row."""
    actor = _editor(request)
    kinds = [(key, sheet.title) for key, sheet in SHEETS.items()]
    form = StaffTable(sent(request), request.FILES or None, kinds=kinds)
    context: dict[str, Any] = {"form": form, "kinds": kinds, "crumbs": _crumbs()}
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        check = told["do"] == "check" or request.POST.get("go") == "refused"
        try:
            header, found = _bring_in(told, actor, check)
        except Refused as refused:
            if refused.status in (403, 404):
                raise
            form.add_error("file", refused.message)
        else:
            if request.POST.get("go") == "refused" and found.refused:
                return refused_rows(header, found.refused)
            more = max(0, len(found.refused) - _SHOWN)
            context |= {"found": found, "check": check, "refused": found.refused[:_SHOWN], "more": more}
    return render(request, "territory/staff_table.html", context, status=422 if form.errors else 200)


def _crumbs() -> list[dict[str, str]]:
    return [
        {"title": _("谁在哪里服务"), "url": reverse("territory:teams")},
        {"title": _("Excel 导入"), "url": ""},
    ]


def _bring_in(told: dict[str, Any], by: Actor, check: bool) -> tuple[tuple[str, ...], Taken]:
    upload = told["file"]
    columns = SHEETS[told["kind"]].columns
    with open_table(upload.file, name=upload.name, columns=columns) as opened:
        found = import_staff(kind=told["kind"], rows=opened, by=by, now=clock.now(), dry_run=check)
        return opened.header, found


@require_safe
def template(request: HttpRequest, kind: str) -> FileResponse:
    """GET: an empty form of a kind, with hints."""
    _editor(request)
    sheet = SHEETS.get(kind)
    if sheet is None:
        raise NotFound(_("没有这个页面。"))
    out = io.BytesIO()
    write_template(
        out, sheet.columns, [sheet.example], {"leads": ("是", "否"), "role": ("执法", "巡查", "联络")}
    )
    return workbook(out, f"{sheet.title}模板.xlsx")
