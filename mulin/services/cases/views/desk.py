"""Doors of the desk: who works here, and reports by staff."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.ground.access import queries as access
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, kept_on_phone, refuse_into
from mulin.kernel.errors import NotAllowed, Refused
from mulin.services.cases import actions
from mulin.services.cases.forms import FixedForm, StaffReportForm
from mulin.services.cases.permissions import may_keep_codes_somewhere
from mulin.services.cases.rules import (
    GRID_STAFF,
    Source,
)
from mulin.services.cases.views.places import as_uuid, levels


def staff(request: HttpRequest) -> Actor:
    """Whoever works here. Raises NotAllowed for a partner (merchant), NotFound for neighbours and other counties."""
    words = _("工作台供工作人员使用。您报的事在“我的”里看得到。")
    return admitted(request, access.is_staff, words, nobody=words)


# ── reports by staff ─────────────────────────────────────────────────────────────────────────────────────────────


LAST_SOURCE = "report_source"
"""Whoever answers the telephone writes down one call after the other: what he chose last is chosen already."""


def _usual(actor: Actor) -> str:
    return Source.PROPERTY if actor.holds("property_clerk") else Source.STAFF


@kept_on_phone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_report(request: HttpRequest) -> HttpResponse:
    """Report on behalf of a neighbour; his receipt follows, to be printed."""
    actor = staff(request)
    begin = {"client_id": actions.new_client_id(), "source": request.session.get(LAST_SOURCE, _usual(actor))}
    form = StaffReportForm(request.POST or None, request.FILES or None, initial=begin)
    status, fresh = 200, False
    if request.method == "POST":
        status = 422
        if request.POST.get("go") != "places" and form.is_valid():
            told = form.cleaned_data
            try:
                found = actions.report(
                    by=actor,
                    now=clock.now(),
                    client_id=told["client_id"],
                    text=told["text"],
                    name=told["name"],
                    phone=told["phone"],
                    photos=told["photos"],
                    source=told["source"] or Source.STAFF,
                    on_behalf=True,
                    **form.position(),
                )
                if told["source"]:
                    request.session[LAST_SOURCE] = told["source"]
                return HttpResponseRedirect(f"{reverse('cases:receipt', args=[found.receipt])}?new=1")
            except Refused as refused:
                status = refuse_into(form, refused)
                fresh = status == 409
        elif request.POST.get("go") == "places":
            form, status = StaffReportForm(initial=_said(request)), 200
    context = _intake(form, fresh) | {"keeps_codes": may_keep_codes_somewhere(actor)}
    return render(request, "cases/staff_report.html", context, status=status)


@kept_on_phone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def found_fixed(request: HttpRequest) -> HttpResponse:
    """A grid worker found something and fixed it at once: one form."""
    actor = staff(request)
    if not actor.paths(*GRID_STAFF):
        raise NotAllowed(_("“发现并当场解决”由网格员和网格长填写。"))
    form = FixedForm(
        request.POST or None, request.FILES or None, initial={"client_id": actions.new_client_id()}
    )
    status, fresh = 200, False
    if request.method == "POST":
        status = 422
        if request.POST.get("go") == "places":
            form, status = FixedForm(initial=_said(request)), 200
        elif form.is_valid():
            told = form.cleaned_data
            try:
                found = actions.found_and_fixed(
                    by=actor,
                    now=clock.now(),
                    client_id=told["client_id"],
                    text=told["text"],
                    result=told["result"],
                    photos=told["photos"],
                    **form.position(),
                )
                messages.success(request, _("已记录：发现并当场解决。"))
                return HttpResponseRedirect(
                    f"{reverse('cases:detail', args=[found.case.id])}?done=found_fixed"
                )
            except Refused as refused:
                status = refuse_into(form, refused)
                fresh = status == 409
    return render(request, "cases/found_fixed.html", _intake(form, fresh), status=status)


def _said(request: HttpRequest) -> dict[str, Any]:
    said: dict[str, Any] = request.POST.dict()
    said["place"] = next((one for one in reversed(request.POST.getlist("place")) if one), "")
    return said


def _intake(form: Any, fresh: bool) -> dict[str, Any]:
    place = as_uuid(form["place"].value() or "")
    key = actions.new_client_id() if fresh else form["client_id"].value()
    return {"form": form, "levels": levels(place), "client_id": key, "fresh_key": fresh}
