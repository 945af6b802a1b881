"""Doors for clerks: merchants and their agreements, and who is granted a discount."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.access import actions as access
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotFound
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import GrantForm, OwnerForForm, TurnForm
from mulin.services.exchange.models import Merchant
from mulin.services.exchange.permissions import may_agree_somewhere, near
from mulin.services.exchange.rules.merchants import WHO_AGREES, MerchantState
from mulin.services.exchange.rules.takings import FLOOR
from mulin.services.exchange.views.merchants import TONES

YEAR = timedelta(days=365)


def _clerk(request: HttpRequest) -> Actor:
    return admitted(request, may_agree_somewhere, str(WHO_AGREES))


def _crumbs(title: str) -> list[dict[str, str]]:
    return [{"title": _("商户"), "url": reverse("exchange:desk_merchants")}, {"title": title, "url": ""}]


@never_cache
@require_safe
def desk_merchants(request: HttpRequest) -> HttpResponse:
    """GET /desk/merchants/: merchants of one's territory, narrowed to a state."""
    actor, state = _clerk(request), request.GET.get("state", "")
    shown = queries.merchants_overseen(actor, state=state, at=request.GET.get("at", ""))
    context = {
        "rows": [{"row": one, "tone": TONES[one.state]} for one in shown.rows],
        "states": MerchantState.choices,
        "state": state,
        **shown.links({"state": state}),
    }
    return render(request, "exchange/desk_merchants.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk_merchant(request: HttpRequest, id: UUID) -> HttpResponse:
    """One merchant; POST ``act`` turns it (rules.TURNS), makes it a member of an alliance (join), lets it leave, or names
    another owner."""
    actor, now = _clerk(request), clock.now()
    row = queries.merchant(actor, id)
    bound: dict[str, forms.Form] = {}
    status, act = 200, request.POST.get("act", "")
    if request.method == "POST" and act in ("join", "leave"):
        if act == "join":
            actions.join_alliance(merchant=id, alliance=_uuid(request.POST.get("one", "")), by=actor, now=now)
        else:
            actions.leave_alliance(merchant=id, by=actor, now=now)
        messages.success(request, _("已加入联盟。") if act == "join" else _("已退出联盟。"))
        return redirect("exchange:desk_merchant", id)
    if request.method == "POST":
        form = bound[act] = (
            OwnerForForm(request.POST, auto_id="owner_%s") if act == "owner" else TurnForm(request.POST)
        )
        done, status = attempt(form, lambda told: _act(id, act, told, actor))
        if done:
            messages.success(request, _("已办好，马上生效。"))
            return redirect("exchange:desk_merchant", id)
        row = queries.merchant(actor, id)
    return _merchant_page(request, actor, row, bound, act, status)


def _act(merchant: UUID, act: str, told: dict[str, Any], actor: Actor) -> Any:
    if act == "owner":
        access.count_attempt(key=f"merchant.owner:{actor.account}", limit=20, minutes=60, now=clock.now())
        return actions.change_owner(merchant=merchant, **told, by=actor, now=clock.now())
    return actions.turn(merchant=merchant, act=act, **told, by=actor, now=clock.now())


def _turn_form(row: Merchant) -> TurnForm:
    floor = row.floor if row.takes_points else FLOOR
    first: dict[str, Any] = {"version": row.version, "takes_points": row.takes_points, "floor": floor}
    if row.state == MerchantState.ACTIVE and row.agreed_until is not None:
        first["starts"] = max(row.agreed_until + timedelta(days=1), clock.local_day(clock.now()))
    return TurnForm(initial=first)


def _merchant_page(
    request: HttpRequest, actor: Actor, row: Merchant, bound: dict[str, forms.Form], act: str, status: int
) -> HttpResponse:
    context = {
        "merchant": row,
        "tone": TONES[row.state],
        "turns": [
            {
                "act": code,
                "turn": turn,
                "form": bound.get(code) or _turn_form(row),
            }
            for code, turn in queries.turns_of(row)
        ],
        "near": near(actor, row),
        "owner": bound.get("owner") or OwnerForForm(auto_id="owner_%s"),
        "act": act,
        "offers": queries.offers_of(row),
        "people": queries.people_of(row, whole=True),
        "alliance": queries.alliance_of(row),
        "alliances": [one for one, _names in queries.alliances_overseen(actor)],
        "statements": queries.statements_of(row),
        "crumbs": _crumbs(row.name),
    }
    return render(request, "exchange/desk_merchant.html", context, status=status)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("没有这个联盟。")) from None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def grants(request: HttpRequest) -> HttpResponse:
    """Who was granted a discount, with stars; POST grants one, or with ``one`` ends it, or with ``look`` shows one name,
    which the trail tells. No reason is asked or kept."""
    actor, today = _clerk(request), clock.local_day(clock.now())
    first: dict[str, Any] = {"starts": today, "ends": today + YEAR}
    form = GrantForm(initial=first, places=queries.places(actor))
    status = 200
    if request.method == "POST" and "one" in request.POST:
        actions.end_grant(entitlement=_uuid(request.POST["one"]), by=actor, now=clock.now())
        messages.success(request, _("已收回，马上生效。"))
        return redirect("exchange:grants")
    looked, name = request.POST.get("look", ""), ""
    if looked:
        name = actions.look_at_grant(entitlement=_uuid(looked), by=actor, now=clock.now())
    elif request.method == "POST":
        form = GrantForm(request.POST, places=queries.places(actor))
        done, status = attempt(form, lambda told: actions.grant(**told, by=actor, now=clock.now()))
        if done:
            messages.success(request, _("已给，他在手机上打开商户优惠就能用。"))
            return redirect("exchange:grants")
    shown = queries.entitlements(actor, at=request.GET.get("at", ""))
    context = {
        "rows": shown.rows,
        "looked": looked,
        "name": name,
        "form": form,
        "today": today,
        "crumbs": _crumbs(_("专属折扣")),
        **shown.links(),
    }
    return render(request, "exchange/grants.html", context, status=status)
