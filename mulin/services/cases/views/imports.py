"""Doors of the import: the upload, how far it is, the rows that could not stand, the template."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from mulin.kernel import clock
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.paging import page
from mulin.kernel.tables import write_template
from mulin.services.cases.actions import runs
from mulin.services.cases.actions.imports import COLUMNS
from mulin.services.cases.permissions import may_import
from mulin.services.cases.queries.runs import import_runs
from mulin.services.cases.views.desk import staff

_EXAMPLES = (
    {
        "number": "2554",
        "user": "A00023583",
        "subject": "路灯不亮",
        "reported_at": "2019/4/24 16:03:40",
        "text": "小区门口的路灯坏了三天。",
        "reply": "已修好。",
        "replied_at": "2019/4/25 9:00:00",
        "category": "城乡建设",
    },
)


class ImportForm(forms.Form):
    """A table, and whether its rows are history or today's work."""

    file = forms.FileField(label=gettext_lazy("留言表（.xlsx 或 .csv）"))
    live = forms.BooleanField(
        required=False,
        label=gettext_lazy("作为现行案件"),
        help_text=gettext_lazy("没有答复的会进入县级筛查待办；不选则只作为历史，不产生待办。"),
    )
    dry_run = forms.BooleanField(required=False, label=gettext_lazy("只核对，不写入"))


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """GET /desk/import/: upload and earlier imports. POST: keep the file, ask the background for it."""
    actor = staff(request)
    if not may_import(actor):
        raise NotAllowed(_("导入由县级工作人员或管理员进行。"))
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            runs.ask_for_import(
                upload=said["file"], by=actor, now=clock.now(), live=said["live"], dry_run=said["dry_run"]
            )
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.message))
        else:
            return HttpResponseRedirect(reverse("cases:imports"))
    shown = page(import_runs(actor), by="-created_at", at=request.GET.get("at", ""), size=20)
    context: dict[str, Any] = {
        "form": form,
        "runs": shown.rows,
        "waiting": any(run.finished_at is None for run in shown.rows),
        **shown.links(),
    }
    part = request.headers.get("HX-Request") and request.method == "GET"
    status = 422 if form.is_bound and form.errors else 200
    return render(
        request, "cases/parts/import_runs.html" if part else "cases/imports.html", context, status=status
    )


@require_safe
def refused(request: HttpRequest, run: UUID) -> FileResponse:
    """GET /desk/import/RUN/refused.xlsx: the rows that could not stand, the reason in the last column."""
    row = runs.run_for(by=staff(request), run=run)
    path = runs.refused_file(run=row)
    if not path.exists():
        raise NotFound(_("这个文件已过期，请重新导入一次。"))
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=f"未采用的行-{row.created_at:%Y%m%d%H%M}.xlsx"
    )


@require_safe
def template(request: HttpRequest) -> FileResponse:
    """GET /desk/import/template.xlsx: the columns with hints."""
    staff(request)
    out = io.BytesIO()
    write_template(out, COLUMNS, _EXAMPLES)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename="留言导入模板.xlsx")
