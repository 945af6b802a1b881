"""Doors for asking: first the kind, then the form; the page of the ask is the third screen. Staff for a neighbour too."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.orders import actions, queries
from mulin.ground.orders.forms import AskForm, BehalfForm
from mulin.ground.orders.permissions import may_work
from mulin.ground.orders.queries import Customer, Kind
from mulin.ground.orders.rules.kinds import GRID_STAFF, REVIEWERS
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, asking, attempt
from mulin.kernel.errors import NotFound
from mulin.kernel.ids import uuid7


def neighbour(request: HttpRequest) -> Actor | None:
    """Whoever has signed in and is somebody here; None for a visitor, who is sent to the door.

    Raises NotFound for an account that is nobody in this county.
    """
    actor = asking(request)
    if actor.person is None and not actor.anonymous:
        raise NotFound(_("您的账号在本县没有登记个人信息。"))
    return actor if actor.person is not None else None


def to_sign_in(request: HttpRequest, back: str = "") -> HttpResponse:
    """To the door, and back here, or to another page where this one is only written to."""
    return HttpResponseRedirect(f"{reverse('account_login')}?next={back or request.path}")


def _staff(request: HttpRequest) -> Actor:
    return admitted(request, may_work, _("由社区工作人员、网格员代居民求助。"))


def _customer(code: str) -> Customer:
    found = next((one for one in queries.customers() if one.code == code), None)
    if found is None:
        raise NotFound(_("没有这个页面。"))
    return found


def _kind(customer: Customer, code: str) -> Kind:
    found = next((one for one in queries.kinds(customer.code) if one.code == code), None)
    if found is None:
        raise NotFound(_("没有这一种，请重新选。"))
    return found


@require_safe
def kinds(request: HttpRequest, customer: str) -> HttpResponse:
    """GET /neighbours/ask/CUSTOMER/: what kind of help; one tap."""
    return _kinds(request, _customer(customer), "orders:ask_kind", behalf=False)


@never_cache
@require_safe
def kinds_for(request: HttpRequest, customer: str) -> HttpResponse:
    """GET /desk/neighbours/ask/CUSTOMER/: the same for a neighbour."""
    _staff(request)
    return _kinds(request, _customer(customer), "orders:ask_for_kind", behalf=True)


def _kinds(request: HttpRequest, customer: Customer, door: str, *, behalf: bool) -> HttpResponse:
    found = queries.kinds(customer.code)
    if len(found) == 1:
        return HttpResponseRedirect(reverse(door, args=[customer.code, found[0].code]))
    rows = [{"kind": one, "url": reverse(door, args=[customer.code, one.code])} for one in found]
    context = {
        "customer": customer, "rows": rows, "behalf": behalf, "base": "desk.html" if behalf else "neighbour.html"
    }  # fmt: skip
    return render(request, "orders/kinds.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, customer: str, kind: str) -> HttpResponse:
    """The form of an ask for oneself."""
    who, what = _customer(customer), None
    what = _kind(who, kind)
    actor = neighbour(request)
    if actor is None or actor.person is None:
        return to_sign_in(request)
    places = queries.places(on=clock.local_day(clock.now()))
    if request.method != "POST":
        first = {"client_id": uuid7(), "place": queries.last_place(actor.person)}
        return _form(request, who, what, AskForm(initial=first, kind=what, places=places))
    form = AskForm(request.POST, kind=what, places=places)
    made, status = attempt(
        form, lambda _said: actions.ask(kind=what.code, by=actor, now=clock.now(), **form.told())
    )
    return _made(request, made) if made else _form(request, who, what, form, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for(request: HttpRequest, customer: str, kind: str) -> HttpResponse:
    """The form of an ask that staff write down for a neighbour."""
    actor = _staff(request)
    who = _customer(customer)
    what = _kind(who, kind)
    within = tuple(path for path in actor.paths(*REVIEWERS, *GRID_STAFF))
    more: dict[str, Any] = {
        "kind": what,
        "places": queries.places(on=clock.local_day(clock.now()), within=within),
        "askers": queries.past_askers(actor),
    }
    if request.method != "POST":
        return _form(request, who, what, BehalfForm(initial={"client_id": uuid7()}, **more), behalf=True)
    form = BehalfForm(request.POST, **more)
    made, status = attempt(
        form, lambda _said: actions.ask_for(kind=what.code, by=actor, now=clock.now(), **form.told())
    )
    return _made(request, made) if made else _form(request, who, what, form, behalf=True, status=status)


def _made(request: HttpRequest, made: Any) -> HttpResponse:
    messages.success(request, _("已提出，编号 %(number)s。") % {"number": made.number})
    return HttpResponseRedirect(reverse("orders:order", args=[made.pk]))


def _form(
    request: HttpRequest,
    customer: Customer,
    kind: Kind,
    form: Any,
    *,
    behalf: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "customer": customer, "kind": kind, "form": form, "behalf": behalf,
        "base": "desk.html" if behalf else "neighbour.html",
        "back": reverse("orders:ask_for" if behalf else "orders:ask", args=[customer.code]),
        "several": len(queries.kinds(customer.code)) > 1,
    }  # fmt: skip
    return render(request, "orders/ask.html", context, status=status)
