"""Doors for whoever runs shops: shops, goods and prices, keepers, variance with its reasons."""

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

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotFound
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import GoodForm, KeeperForm, ShopForm
from mulin.services.exchange.models import Good, Shop
from mulin.services.exchange.permissions import may_run_somewhere
from mulin.services.exchange.rules.shop import WHO_RUNS

VARIANCE_DAYS = 90


def _clerk(request: HttpRequest) -> Actor:
    return admitted(request, may_run_somewhere, str(WHO_RUNS))


def _crumbs(title: str, shop: Shop | None = None) -> list[dict[str, str]]:
    found = [{"title": _("文明超市"), "url": reverse("exchange:shops")}]
    if shop is not None:
        found.append({"title": shop.name, "url": reverse("exchange:shop_desk", args=[shop.id])})
    return [*found, {"title": title, "url": ""}]


@never_cache
@require_safe
def shops(request: HttpRequest) -> HttpResponse:
    """GET /desk/shops/: the shops of one's territory."""
    actor = _clerk(request)
    return render(request, "exchange/shops.html", {"shops": queries.shops_run(actor)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_shop(request: HttpRequest) -> HttpResponse:
    """A new shop in a community."""
    actor = _clerk(request)
    form = ShopForm(request.POST if request.method == "POST" else None, places=queries.communities(actor))
    status = 200
    if form.is_bound:
        done, status = attempt(
            form, lambda _told: actions.add_shop(told=form.told(), by=actor, now=clock.now())
        )
        if done:
            messages.success(request, _("超市已设立，接着添商品。"))
            return redirect("exchange:shop_desk", done.id)
    title = _("设一家超市")
    context = {"form": form, "title": title, "crumbs": _crumbs(title), "back": reverse("exchange:shops")}
    return render(request, "exchange/form.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def shop_desk(request: HttpRequest, id: UUID) -> HttpResponse:
    """One shop: goods, keepers, variance. POST ``deed``: name or end a keeper, close the shop."""
    actor = _clerk(request)
    row = queries.shop(actor, id)
    form: forms.Form = KeeperForm()
    status = 200
    if request.method == "POST":
        deed, now = request.POST.get("deed", ""), clock.now()
        if deed == "close":
            actions.close_shop(shop=id, by=actor, now=now)
            messages.success(request, _("超市已关闭。"))
            return redirect("exchange:shop_desk", id)
        if deed == "end_keeper":
            actions.end_keeper(shop=id, keeper=_uuid(request.POST.get("keeper", "")), by=actor, now=now)
            messages.success(request, _("已取消，马上生效。"))
            return redirect("exchange:shop_desk", id)
        form = KeeperForm(request.POST)
        done, status = attempt(form, lambda told: actions.name_keeper(shop=id, **told, by=actor, now=now))
        if done:
            messages.success(request, _("已指定，他在手机上打开文明超市就能看到柜台。"))
            return redirect("exchange:shop_desk", id)
    context = {
        "shop": row,
        "goods": queries.goods_of([row]),
        "keepers": queries.keepers_of(row),
        "variances": queries.variances(row, since=clock.now() - timedelta(days=VARIANCE_DAYS)),
        "days": VARIANCE_DAYS,
        "form": form,
        "crumbs": _crumbs(row.name),
    }
    return render(request, "exchange/shop_desk.html", context, status=status)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("没有这位管理员。")) from None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_good(request: HttpRequest, id: UUID) -> HttpResponse:
    """A new good in a shop."""
    actor = _clerk(request)
    shop = queries.shop(actor, id)

    def act(form: GoodForm) -> Good:
        return actions.add_good(shop=id, told=form.told(), by=actor, now=clock.now())

    return _good_page(
        request, shop, _("添商品"), {"version": 1}, act, _("商品已添上，到货以后在柜台记进货。")
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_good(request: HttpRequest, id: UUID) -> HttpResponse:
    """Words, price and supplier of a good; POST ``deed=end`` offers it no more."""
    actor = _clerk(request)
    row = queries.kept_good(actor, id)
    shop = queries.shop(actor, row.shop_id)
    if request.method == "POST" and request.POST.get("deed") == "end":
        actions.end_good(good=id, by=actor, now=clock.now())
        messages.success(request, _("不再兑换了；已预留的还能取。"))
        return redirect("exchange:shop_desk", shop.id)

    def act(form: GoodForm) -> Good:
        version = form.cleaned_data["version"]
        return actions.change_good(good=id, told=form.told(), version=version, by=actor, now=clock.now())

    fields = ("name", "unit", "price", "supplier", "words", "per_month", "version")
    first = {field: getattr(row, field) for field in fields}
    return _good_page(request, shop, _("改商品"), first, act, _("已改好。已预留的按原来的价格。"), row)


def _good_page(
    request: HttpRequest,
    shop: Shop,
    title: str,
    first: dict[str, Any],
    act: Any,
    words: str,
    row: Good | None = None,
) -> HttpResponse:
    form = GoodForm(request.POST if request.method == "POST" else None, initial=first)
    status = 200
    if form.is_bound:
        done, status = attempt(form, lambda _told: act(form))
        if done:
            messages.success(request, words)
            return redirect("exchange:shop_desk", shop.id)
    back = reverse("exchange:shop_desk", args=[shop.id])
    context = {"form": form, "title": title, "good": row, "back": back, "crumbs": _crumbs(title, shop)}
    return render(request, "exchange/form.html", context, status=status)
