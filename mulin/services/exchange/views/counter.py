"""The counter, on a phone: scan a code and hand over, receive, count, serve a paper passbook. Keepers and clerks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import asking, attempt
from mulin.kernel.errors import NotFound
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import CodeForm, CountForm, PaperForm, ReceiveForm, ReturnForm
from mulin.services.exchange.models import Good, Redemption
from mulin.services.exchange.views.shop import TONES


@never_cache
@require_http_methods(["GET", "HEAD"])
def counter(request: HttpRequest) -> HttpResponse:
    """GET /shop/counter/: who comes to collect, and the shelves. ``?code=`` (a scan) leads to what is to be handed over."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    shops = list(queries.kept_shops(actor)) if actor.person else []
    if not shops:
        raise NotFound(_("没有这个页面。"))
    form = CodeForm(request.GET if "code" in request.GET else None)
    if form.is_bound:
        found, status = attempt(form, lambda told: queries.by_code(actor, told["code"]))
        if found:
            return redirect("exchange:collect", found.id)
    shown = queries.waiting(shops, at=request.GET.get("at", ""))
    context = {
        "shops": shops,
        "form": form,
        "rows": shown.rows,
        "goods": queries.goods_of(shops),
        **shown.links(),
    }
    return render(request, "exchange/counter.html", context, status=status if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def collect(request: HttpRequest, id: UUID) -> HttpResponse:
    """One redemption at the counter; POST ``deed``: hand it over, or say that it cannot be given."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    row = queries.at_counter(actor, id)
    if request.method != "POST":
        return _collect_page(request, row, actor, ReturnForm())
    now, deed = clock.now(), request.POST.get("deed", "")
    if deed == "hand":
        actions.hand_over(redemption=id, by=actor, now=now)
        messages.success(request, _("已交货，积分已扣。"))
        return redirect("exchange:collect", id)
    form, acts = ReturnForm(request.POST), {"fault": _fault, "return": _take_back}
    if deed not in acts:
        form.add_error(None, _("请从这一页上的按钮重新点一次。"))
    done, status = attempt(form, lambda told: acts[deed](told, id, actor))
    if done:
        messages.success(request, _("积分已退回存折。"))
        return redirect("exchange:collect", id)
    return _collect_page(request, queries.at_counter(actor, id), actor, form, status, deed)


def _fault(told: dict[str, Any], id: UUID, actor: Actor) -> Redemption:
    return actions.fault(redemption=id, why=told["why"], by=actor, now=clock.now())


def _take_back(told: dict[str, Any], id: UUID, actor: Actor) -> Redemption:
    return actions.take_back(redemption=id, **told, by=actor, now=clock.now())


def _collect_page(
    request: HttpRequest, row: Redemption, actor: Actor, form: forms.Form, status: int = 200, deed: str = ""
) -> HttpResponse:
    context = {
        "row": row,
        "tone": TONES[row.state],
        "form": form,
        "deed": deed,
        "returnable": queries.returnable(row, clock.now()),
    }
    return render(request, "exchange/collect.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shelf(request: HttpRequest, id: UUID) -> HttpResponse:
    """A good on the shelf, its moves; POST ``deed``: receive, count, or serve a paper passbook."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    row = queries.kept_good(actor, id)
    bound: dict[str, forms.Form] = {}
    status = 200
    if request.method == "POST":
        deed = request.POST.get("deed", "count")
        make, act, words = DEEDS.get(deed, DEEDS["count"])
        form = bound[deed if deed in DEEDS else "count"] = make(request.POST)
        done, status = attempt(form, lambda told: act(told, row, actor))
        if done:
            messages.success(request, str(words))
            return (
                redirect("exchange:collect", done.id) if deed == "paper" else redirect("exchange:shelf", id)
            )
        row = queries.kept_good(actor, id)
    shown = queries.moves(row.id, at=request.GET.get("at", ""))
    first = {"price": row.price, "key": uuid7(), "quantity": 1}
    context = {
        "good": row,
        "receive": bound.get("receive") or ReceiveForm(initial={"supplier": row.supplier, "key": uuid7()}),
        "count": bound.get("count") or CountForm(initial={"seen": row.stock}),
        "paper": bound.get("paper") or PaperForm(initial=first),
        "open": next(iter(bound), ""),
        "rows": shown.rows,
        **shown.links(),
    }
    return render(request, "exchange/shelf.html", context, status=status)


def _receive(told: dict[str, Any], row: Good, actor: Actor) -> Good:
    return actions.receive(
        good=row.id,
        quantity=told["quantity"],
        supplier=told["supplier"],
        key=str(told["key"]),
        by=actor,
        now=clock.now(),
    )


def _count(told: dict[str, Any], row: Good, actor: Actor) -> Good:
    return actions.count(good=row.id, **told, by=actor, now=clock.now())


def _paper(told: dict[str, Any], row: Good, actor: Actor) -> Redemption:
    account, _whose = queries.paper_book(actor, told["book"])
    return actions.at_counter(
        good=row.id,
        quantity=told["quantity"],
        price=told["price"],
        account=account,
        key=str(told["key"]),
        by=actor,
        now=clock.now(),
    )


DEEDS: dict[str, tuple[type[forms.Form], Callable[..., Any], Any]] = {
    "receive": (ReceiveForm, _receive, gettext_lazy("已记进货。")),
    "count": (CountForm, _count, gettext_lazy("盘点已记下。")),
    "paper": (PaperForm, _paper, gettext_lazy("已交货，积分从存折里扣了。")),
}
