"""Doors of mutual aid: the register of who was checked. Asking and helping are the engine's (ground.orders)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.services.mutual_aid import actions, queries
from mulin.services.mutual_aid.forms import CheckForm
from mulin.services.mutual_aid.permissions import may_check


def _checker(request: HttpRequest) -> Actor:
    return admitted(request, may_check, _("看护核查由社区、街道、县级工作人员登记。"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vettings(request: HttpRequest) -> HttpResponse:
    """The register of the own area, and the form above it."""
    actor, now = _checker(request), clock.now()
    form, status = CheckForm(), 200
    if request.method == "POST":
        form = CheckForm(request.POST)
        made, status = attempt(form, lambda said: actions.check(by=actor, now=now, **said))
        if made is not None:
            messages.success(request, _("已登记。现在起他可以接看护的求助。"))
            return HttpResponseRedirect(reverse("mutual_aid:vettings"))
    page = queries.register(actor, now, at=request.GET.get("at", ""))
    context = {
        "form": form,
        "rows": page.rows,
        **page.links(),
        "crumbs": [
            {"title": _("邻里互助"), "url": reverse("orders:desk")},
            {"title": _("看护核查"), "url": ""},
        ],
    }
    return render(request, "mutual_aid/vettings.html", context, status=status)


@never_cache
@require_POST
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST …/ID/end/: it is good no longer."""
    actor = _checker(request)
    actions.end_check(vetting=id, by=actor, now=clock.now())
    messages.success(request, _("已停用。他不能再接看护的求助。"))
    return HttpResponseRedirect(reverse("mutual_aid:vettings"))
