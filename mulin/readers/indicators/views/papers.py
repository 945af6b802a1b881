"""Doors of a month's papers: the brief of now, those sent up, the monthly tables."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import refuse_into
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.paging import page
from mulin.readers.indicators import actions, queries
from mulin.readers.indicators.forms import MonthForm, SendForm
from mulin.readers.indicators.permissions import (
    may_read_brief,
    may_read_figures,
    may_read_months,
    may_write_brief,
)
from mulin.readers.indicators.rules.paper import markdown
from mulin.readers.indicators.views.asking import Asked, crumbs, reader

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = "text/markdown; charset=utf-8"


def _reader(request: HttpRequest) -> Actor:
    """Whoever answers for a place or works in a unit, or oversees one. Raises NotAllowed for other colleagues."""
    actor = reader(request)
    may_read_figures(actor)
    if not may_read_months(actor):
        raise NotAllowed(_("简报和月报表由社区、街道、县和部门的人员使用。"))
    return actor


def _asked(request: HttpRequest) -> Asked:
    """The window and the place or unit of a brief: without any, the last whole month of what is the reader's own."""
    actor, asked = _reader(request), Asked.of(request)
    if "from" not in request.GET and "to" not in request.GET:
        start, end = queries.last_month(asked.now)
        asked = replace(asked, start=start, end=end)
    path, unit = queries.own_place(actor, asked.scope)
    if not may_read_brief(actor, path=path, unit=unit):
        raise NotFound(_("这不是您的地方或单位。"))
    return replace(asked, scope=queries.Scope(path=path, unit=unit))


@require_safe
def brief(request: HttpRequest) -> HttpResponse:
    """GET /desk/figures/brief/: the page of a place or a unit as it would be sent up now."""
    return _brief(request, _asked(request), SendForm(), 200)


def _brief(request: HttpRequest, asked: Asked, form: SendForm, status: int) -> HttpResponse:
    paper, _figures = queries.page_of(asked.scope, asked.start, asked.end, asked.now)
    scope = asked.scope
    sent = queries.versions_of(scope, asked.start, asked.end)
    context = {
        **asked.context(),
        "paper": paper,
        "form": form,
        "sent": sent,
        "may_send": may_write_brief(reader(request), path=scope.path, unit=scope.unit) and not asked.running,
        "send_url": asked.link("send"),
        "files": [(asked.link("brief_file", "docx"), "Word"), (asked.link("brief_file", "md"), "Markdown")],
        **crumbs(_("简报")),
    }
    return render(request, "indicators/brief.html", context, status=422 if asked.wrong else status)


@never_cache
@require_safe
def brief_file(request: HttpRequest, form: str) -> HttpResponse:
    """GET: the same as a file, Word or Markdown."""
    asked = _asked(request)
    paper, _figures = queries.page_of(asked.scope, asked.start, asked.end, asked.now)
    if form == "md":
        return _file(markdown(paper).encode(), TEXT, f"{paper.title}.md")
    return _file(queries.word(paper, asked.now), WORD, f"{paper.title}.docx")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    disposition = content_disposition_header(True, name) or "attachment"
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": disposition})


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """POST: send it up. From then on it is what it was."""
    asked = _asked(request)
    form = SendForm(request.POST)
    if not form.is_valid():
        return _brief(request, asked, form, 422)
    try:
        row = actions.send_up(
            path=asked.scope.path,
            unit=asked.scope.unit,
            start=asked.start,
            end=asked.end,
            by=reader(request),
            now=asked.now,
            note=form.cleaned_data["note"],
        )
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return _brief(request, asked, form, refuse_into(form, refused))
    messages.success(request, _("已上报。以后重新打印，和现在一字不差。"))
    return redirect("indicators:sent", row.id)


@require_safe
def briefs(request: HttpRequest) -> HttpResponse:
    """GET /desk/figures/briefs/: what was sent up, of the reader's places and units."""
    shown = page(queries.briefs(_reader(request)), by="-sent_at", at=request.GET.get("at", ""))
    context = {
        "rows": shown.rows,
        "names": queries.senders(shown.rows),
        "brief_url": reverse("indicators:brief"),
        **shown.links(),
        **crumbs(_("已上报的简报")),
    }
    return render(request, "indicators/briefs.html", context)


@require_safe
def sent(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET: one as it was sent, and what has changed since."""
    row = queries.brief(_reader(request), key)
    context = {
        "brief": row,
        "who": queries.senders([row]).get(row.sent_by, ""),
        "changes": queries.changes_since(row, clock.now()),
        **crumbs(row.title, (_("已上报的简报"), reverse("indicators:briefs"))),
    }
    return render(request, "indicators/sent.html", context)


@require_safe
def sent_file(request: HttpRequest, key: UUID, form: str) -> HttpResponse:
    """GET: the file that was frozen, byte for byte."""
    row = queries.brief(_reader(request), key)
    name = f"{row.title}.{form}"
    if form == "md":
        return _file(row.markdown.encode(), TEXT, name)
    return _file(bytes(row.word), WORD, name)


# ── monthly tables ───────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def months(request: HttpRequest) -> HttpResponse:
    """GET /desk/figures/months/: the tables that made themselves, newest first; one may be asked for."""
    return _months(request, None, 200)


def _months(request: HttpRequest, form: MonthForm | None, status: int) -> HttpResponse:
    actor = _reader(request)
    first, _end = queries.last_month(clock.now())
    whose = queries.month_choices(actor)
    form = form or (MonthForm(whose=whose, initial={"month": f"{first:%Y-%m}"}) if whose else None)
    shown = page(queries.tables(actor), by="-first", at=request.GET.get("at", ""))
    context = {"rows": shown.rows, "form": form, **shown.links(), **crumbs(_("月报表"))}
    return render(request, "indicators/months.html", context, status=status)


@require_POST
def ask_month(request: HttpRequest) -> HttpResponse:
    """POST: make the table of a place or a unit now, in the background; it is handed out with the other files."""
    actor = _reader(request)
    whose = queries.month_choices(actor)
    if not whose:
        raise NotAllowed(_("月报表由本地、本单位的工作人员使用。"))
    form = MonthForm(request.POST, whose=whose)
    if not form.is_valid():
        return _months(request, form, 422)
    start, _end = queries.month_from(form.cleaned_data["month"]) or queries.last_month(clock.now())
    path, unit = queries.month_choice(form.cleaned_data["whose"])
    try:
        actions.ask_for_month(path=path, unit=unit, month=start, by=actor, now=clock.now())
    except Refused as refused:
        if refused.status != 429:
            raise
        form.add_error(None, refused.message)
        return _months(request, form, refused.status)
    messages.success(request, _("正在做，做好了在这里下载。"))
    return redirect("runs:list")


@require_safe
def month_file(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET: a monthly table as an Excel file, with the numbers of the day on which it was made."""
    row = queries.table(_reader(request), key)
    out = io.BytesIO()
    told: dict[str, Any] = {"name": row.name, "month": f"{row.first:%Y-%m}", "at": f"{row.made_at:%Y-%m-%d}"}
    above = _("%(name)s · %(month)s · %(at)s 自动生成，由原始记录算出，没有填报的数字") % told
    queries.write_month(out, row.rows, above=above)
    name = _("%(name)s %(month)s 月报表") % told
    return _file(out.getvalue(), EXCEL, f"{name}.xlsx")
