"""Doors for clerks: alliances of merchants, what all their members give."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotFound
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import AllianceForm, AllianceOfferForm, WhyForm
from mulin.services.exchange.permissions import may_agree_somewhere
from mulin.services.exchange.rules.merchants import WHO_AGREES


def _clerk(request: HttpRequest) -> Actor:
    return admitted(request, may_agree_somewhere, str(WHO_AGREES))


def _crumbs(title: str, back: str = "") -> list[dict[str, str]]:
    found = [{"title": _("商户"), "url": reverse("exchange:desk_merchants")}]
    if back:
        found.append({"title": back, "url": reverse("exchange:alliances")})
    return [*found, {"title": title, "url": ""}]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def alliances(request: HttpRequest) -> HttpResponse:
    """Alliances of one's territory; POST founds one."""
    actor = _clerk(request)
    form = AllianceForm(request.POST if request.method == "POST" else None, places=queries.places(actor))
    status = 200
    if form.is_bound:
        done, status = attempt(form, lambda told: actions.found_alliance(**told, by=actor, now=clock.now()))
        if done:
            messages.success(request, _("联盟已成立，到商户页面把商户加进来。"))
            return redirect("exchange:alliances")
    context = {
        "alliances": queries.alliances_overseen(actor),
        "ended": queries.alliances_ended(actor),
        "form": form,
        "crumbs": _crumbs(_("互助联盟")),
    }
    return render(request, "exchange/alliances.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def alliance_members(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/alliances/<id>/members/: its members, what all of them give; POST ``deed`` adds or ends an offer, or ends
    the alliance."""
    actor = _clerk(request)
    row = queries.alliance(actor, id)
    bound: dict[str, forms.Form] = {}
    status, deed = 200, request.POST.get("deed", "")
    if request.method == "POST" and deed == "end_offer":
        actions.end_alliance_offer(
            alliance=id, offer=_uuid(request.POST.get("one", "")), by=actor, now=clock.now()
        )
        messages.success(request, _("已停用，马上生效。"))
        return redirect("exchange:alliance_members", id)
    if request.method == "POST":
        form = bound[deed] = WhyForm(request.POST) if deed == "end" else AllianceOfferForm(request.POST)
        if deed not in DEEDS:
            form.add_error(None, _("请从这一页上的按钮重新点一次。"))
        done, status = attempt(form, lambda told: DEEDS[deed](alliance=id, **told, by=actor, now=clock.now()))
        if done:
            messages.success(request, _("已办好，商户会收到消息。"))
            return redirect("exchange:alliance_members", id)
    context = {
        "alliance": row,
        "members": queries.members_of(row),
        "offers": queries.alliance_offers(row),
        "offer": bound.get("offer") or AllianceOfferForm(),
        "end": bound.get("end") or WhyForm(),
        "open": next(iter(bound), ""),
        "crumbs": _crumbs(row.name, _("互助联盟")),
    }
    return render(request, "exchange/alliance_members.html", context, status=status)


DEEDS: dict[str, Any] = {"offer": actions.add_alliance_offer, "end": actions.end_alliance}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("没有这一项。")) from None
