"""Doors of the import: the upload, how far it is, the rows that could not stand, the template."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.runs.queries import result_of
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import refuse_into, workbook
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.paging import page
from mulin.kernel.tables import Column, write_template
from mulin.services.cases.actions import ledgers
from mulin.services.cases.permissions import may_import
from mulin.services.cases.queries import ledgers as read
from mulin.services.cases.queries.ledgers import COLUMNS
from mulin.services.cases.views.desk import staff

_EXAMPLES = (
    {
        "number": "2554",
        "user": "A00023583",
        "phone": "13800000000",
        "subject": "路灯不亮",
        "reported_at": "2019/4/24 16:03:40",
        "text": "小区门口的路灯坏了三天。",
        "place": "双虹家园东门",
        "reply": "已修好。",
        "replied_at": "2019/4/25 9:00:00",
        "category": "城乡建设",
    },
)


class ImportForm(forms.Form):
    """A table, where it comes from, and whether its rows are history or today's work."""

    file = forms.FileField(label=gettext_lazy("台账或留言表（.xlsx 或 .csv）"))
    source = forms.CharField(
        label=gettext_lazy("从哪里来"),
        max_length=40,
        initial="import",
        help_text=gettext_lazy("同一来源里一个编号只有一件；下次导入会记得它的列。比如：12345热线。"),
    )
    live = forms.BooleanField(
        required=False,
        label=gettext_lazy("作为现行案件"),
        help_text=gettext_lazy(
            "没有答复的会进入县级筛查待办，12345 工单按它的时限办、办完答复 12345；不选则只作为历史，不产生待办。"
        ),
    )


class MappingForm(forms.Form):
    """Which header is which field. ``headers`` stand in the file; ``chosen`` is what is likely or was chosen before."""

    def __init__(
        self,
        *args: Any,
        headers: Sequence[str],
        chosen: Mapping[str, str],
        columns: Sequence[Column],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        named = [("", _("不用")), *((one, one) for one in dict.fromkeys(headers) if one)]
        for column in columns:
            self.fields[column.name] = forms.ChoiceField(
                label=FIELD_WORDS[column.name], choices=named, required=False,
                initial=chosen.get(column.name, ""),
            )  # fmt: skip
            self.fields[column.name].needed = column.required  # type: ignore[attr-defined]


FIELD_WORDS: dict[str, Any] = {
    "number": gettext_lazy("编号"),
    "user": gettext_lazy("反映人"),
    "phone": gettext_lazy("联系电话"),
    "subject": gettext_lazy("标题"),
    "reported_at": gettext_lazy("反映时间"),
    "text": gettext_lazy("内容"),
    "place": gettext_lazy("详细位置"),
    "reply": gettext_lazy("答复"),
    "replied_at": gettext_lazy("答复时间"),
    "category": gettext_lazy("分类"),
    "appeal": gettext_lazy("诉求类型（咨询、求助、投诉…）"),
    "order_type": gettext_lazy("工单类型（催办单、重复件）"),
    "related": gettext_lazy("原工单编号"),
    "unit": gettext_lazy("承办单位"),
    "due_at": gettext_lazy("12345 的办理时限"),
    "urgency": gettext_lazy("紧急程度"),
    "confidential": gettext_lazy("是否保密"),
}


def _importer(request: HttpRequest) -> Actor:
    actor = staff(request)
    if not may_import(actor):
        raise NotAllowed(_("导入由县级工作人员或管理员进行。"))
    return actor


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """GET /desk/import/: upload and earlier imports. POST: keep the file and go on to its columns."""
    actor = _importer(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            kept = ledgers.keep_table(
                upload=said["file"], by=actor, now=clock.now(), source=said["source"], live=said["live"]
            )
        except Refused as refused:
            refuse_into(form, refused)
        else:
            return HttpResponseRedirect(reverse("cases:import_table", args=[kept.id]))
    shown = page(read.import_runs(actor), by="-created_at", at=request.GET.get("at", ""), size=20)
    context: dict[str, Any] = {
        "form": form,
        "sources": read.sources(),
        "pending": read.not_written(actor),
        **_runs(shown.rows),
        **shown.links(),
    }
    part = request.headers.get("HX-Request") and request.method == "GET"
    status = 422 if form.is_bound and form.errors else 200
    name = "cases/parts/import_runs.html" if part else "cases/imports.html"
    return render(request, name, context, status=status)


def _runs(rows: list[Any]) -> dict[str, Any]:
    return {"runs": rows, "waiting": any(run.finished_at is None for run in rows)}


@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/import/ID/: which column is what, the first rows, what came of checking and writing. POST: ``do=check`` or
    ``do=write``, in the background."""
    actor = _importer(request)
    row = read.import_file(actor, id)
    shown = list(read.import_runs(actor).filter(facts__table=str(row.id))[:6])
    if request.headers.get("HX-Request") and request.method == "GET":
        return render(request, "cases/parts/import_runs.html", {**_runs(shown), "here": row})
    head, status = (read.head_of(row), 200) if row.expired_at is None else (None, 200)
    form = None
    if head is not None:
        form = MappingForm(
            request.POST or None, headers=head.header, chosen=read.mapping_for(row, head),
            columns=read.columns_of(row.source),
        )  # fmt: skip
    if request.method == "POST":
        status = 422
        if form is not None and form.is_valid():
            try:
                ledgers.ask_for_import(
                    table=row.id, mapping=form.cleaned_data, by=actor, now=clock.now(),
                    dry_run=request.POST.get("do") != "write",
                )  # fmt: skip
                return HttpResponseRedirect(f"{reverse('cases:import_table', args=[row.id])}#runs")
            except Refused as refused:
                status = refuse_into(form, refused)
    context = {
        "table": row,
        "head": head,
        "form": form,
        "here": row,
        "checked": any(run.facts.get("dry_run") and run.state == "done" for run in shown),
        **_runs(shown),
        "crumbs": [
            {"title": _("导入台账"), "url": reverse("cases:imports")},
            {"title": row.file_name, "url": ""},
        ],
    }
    return render(request, "cases/import_table.html", context, status=status)


@require_safe
def refused(request: HttpRequest, run: UUID) -> FileResponse:
    """GET /desk/import/RUN/refused.xlsx: the rows that could not stand, the reason in the last column."""
    row = read.import_runs(staff(request)).filter(pk=run).first()
    if row is None:
        raise NotFound(_("没有这次导入。"))
    path = result_of(row)
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
    return workbook(out, "留言导入模板.xlsx")
