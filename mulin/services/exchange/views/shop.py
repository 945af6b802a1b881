"""Doors for neighbours: what is offered, reserve it, one's redemptions and the code to collect."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.kernel import clock
from mulin.kernel.doors import asking, attempt
from mulin.kernel.errors import NotFound
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import ReserveForm
from mulin.services.exchange.models import Good, Redemption, Shop
from mulin.services.exchange.permissions import may_hold_books

TONES = {
    "reserved": "info",
    "collected": "good",
    "expired": "neutral",
    "cancelled": "neutral",
    "faulted": "warn",
    "returned": "neutral",
}


@never_cache
@require_safe
def shop(request: HttpRequest) -> HttpResponse:
    """GET /shop/[?book=ACCOUNT]: what there is for points, where and when to collect it; for another's passbook where it
    is named. Open to everybody."""
    actor = asking(request)
    also = request.GET.get("book", "")[:36]
    books = queries.usable_books(actor, also) if may_hold_books(actor) else []
    shops = queries.offered(books[0].path if books else "")
    context = {
        "shops": shops,
        **_one_by_one(request, shops),
        "books": books,
        "book": f"?{urlencode({'book': also})}" if also else "",
        "keeps": may_hold_books(actor) and queries.kept_shops(actor).exists(),
        "known": may_hold_books(actor),
    }
    return render(request, "exchange/shop.html", context)


def _one_by_one(request: HttpRequest, shops: list[tuple[Shop, list[Good]]]) -> dict[str, Any]:
    """In large print one good at a time: ``one`` of those that are there, and the place of the ``next``."""
    there = [good for _shop, goods in shops for good in goods if good.free]
    said = request.GET.get("n", "")
    place = int(said) if said.isdecimal() and len(said) < 6 and int(said) < len(there) else 0
    one = there[place] if there else None
    return {"one": one, "next": place + 1 if place + 1 < len(there) else 0}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def good(request: HttpRequest, id: UUID) -> HttpResponse:
    """One good; POST reserves it, the points set aside."""
    actor, row = asking(request), queries.good(id)
    if request.method == "POST" and not may_hold_books(actor):
        if actor.anonymous:
            return redirect_to_login(request.get_full_path())
        raise NotFound(_("没有这个页面。"))
    also = request.GET.get("book", "")[:36]
    books = queries.usable_books(actor, also) if may_hold_books(actor) else []
    choices = [
        (str(one.account), _("%(book)s（可用 %(n)d 分）") % {"book": one.words, "n": one.free})
        for one in books
    ]
    status = 200
    if request.method == "POST":
        form = ReserveForm(request.POST, books=choices)
        done, status = attempt(form, lambda told: _reserve(told, id, actor))
        if done:
            messages.success(request, _("已预留，积分先留着，取货时才扣。"))
            return redirect("exchange:redemption", done.id)
        row = queries.good(id)
    else:
        first = {"price": row.price, "key": uuid7(), "quantity": 1, "book": choices[0][0] if choices else ""}
        form = ReserveForm(books=choices, initial=first)
    context = {"good": row, "form": form, "books": books, "known": may_hold_books(actor)}
    own = books[:1] if books and books[0].other else [one for one in books if not one.other] or books
    context["best"] = max(own, key=lambda one: one.free, default=None)
    context["back"] = f"?{urlencode({'book': also})}" if also else ""
    return render(request, "exchange/good.html", context, status=status)


def _reserve(told: dict[str, Any], good: UUID, actor: Any) -> Redemption:
    return actions.reserve(
        good=good,
        quantity=told["quantity"],
        price=told["price"],
        account=UUID(told["book"]),
        key=str(told["key"]),
        by=actor,
        now=clock.now(),
    )


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """GET /shop/mine/: one's redemptions, newest first."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    if not may_hold_books(actor):
        raise NotFound(_("没有这个页面。"))
    shown = queries.mine(actor, at=request.GET.get("at", ""))
    rows = [{"row": one, "tone": TONES[one.state]} for one in shown.rows]
    return render(request, "exchange/mine.html", {"rows": rows, **shown.links()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def redemption(request: HttpRequest, id: UUID) -> HttpResponse:
    """One redemption with its code; POST wants it no more."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    row = queries.redemption(actor, id)
    if request.method == "POST":
        actions.cancel(redemption=id, by=actor, now=clock.now())
        messages.success(request, _("已取消，积分退回存折。"))
        return redirect("exchange:redemption", id)
    url = f"{request.build_absolute_uri(reverse('exchange:counter'))}?code={row.token}"
    code = segno.make(url, micro=False).svg_inline(
        scale=5, border=2, svgclass="qr", lineclass=None, omitsize=False
    )
    return render(request, "exchange/redemption.html", {"row": row, "tone": TONES[row.state], "qr": code})
