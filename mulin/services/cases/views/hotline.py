"""The 12345 page of the desk: what the hotline still waits for, its reply sheets, and the mark that it has them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import Day, attempt
from mulin.kernel.errors import NotAllowed
from mulin.kernel.paging import page
from mulin.services.cases.actions import sheets
from mulin.services.cases.permissions import may_import
from mulin.services.cases.queries import hotline as read
from mulin.services.cases.views.desk import staff


class SheetForm(forms.Form):
    """Which answers belong on the sheet."""

    since = Day(label=gettext_lazy("办结从"), required=False)
    until = Day(label=gettext_lazy("到"), required=False)
    again = forms.BooleanField(
        label=gettext_lazy("连同已经交过的"), required=False,
        help_text=gettext_lazy("交过的回单丢了或退回来了，选上这个重做一张。"),
    )  # fmt: skip


def _keeper(request: HttpRequest) -> Actor:
    actor = staff(request)
    if not may_import(actor):
        raise NotAllowed(_("12345 的工单和回单由县级工作人员或管理员管。"))
    return actor


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """GET /desk/hotline/: what is owed and the sheets. POST: ask for a sheet."""
    actor = _keeper(request)
    form = SheetForm(request.POST or None)
    status = 200
    if request.method == "POST":
        _run, status = attempt(form, lambda said: sheets.ask_for_sheet(**said, by=actor, now=clock.now()))
        if _run is not None:
            messages.success(request, _("正在做回单表，做好了就在下面。"))
            return HttpResponseRedirect(reverse("cases:hotline") + "#sheets")
    shown = page(read.sheets(actor), by="-created_at", at=request.GET.get("at", ""), size=20)
    marked = read.sheet_standing(shown.rows)
    context: dict[str, Any] = {
        "form": form,
        "owed": read.to_hand_over(actor).count(),
        "taken_at": read.taken_at(),
        "mine": actor.person,
        "rows": [{"run": run, "marked": marked.get(run.id)} for run in shown.rows],
        "waiting": any(run.finished_at is None for run in shown.rows),
        **shown.links(),
    }
    return render(request, "cases/hotline.html", context, status=status)


@require_POST
def handed(request: HttpRequest, run: UUID) -> HttpResponse:
    """POST /desk/hotline/RUN/handed/: the sheet was given to the hotline."""
    marked = sheets.hand_sheet_over(run=run, by=_keeper(request), now=clock.now())
    words = ngettext(
        "已标记：%(n)d 张工单的答复交给了 12345。", "已标记：%(n)d 张工单的答复交给了 12345。", marked
    )
    messages.success(request, words % {"n": marked})
    return HttpResponseRedirect(reverse("cases:hotline") + "#sheets")
