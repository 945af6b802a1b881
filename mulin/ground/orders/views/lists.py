"""Doors to lists: the hall, what I asked and where I help, what I am willing to do, what staff look after."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.orders import actions, queries
from mulin.ground.orders.forms import HelpForm
from mulin.ground.orders.permissions import may_oversee, may_work
from mulin.ground.orders.queries.lists import TABS
from mulin.ground.orders.rules import TONES
from mulin.ground.orders.rules.kinds import GRID_STAFF, REVIEWERS
from mulin.ground.orders.rules.load import DAYS, FEW
from mulin.ground.orders.views.asking import neighbour, to_sign_in
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, asking, attempt

TAB_WORDS = {
    "review": gettext_lazy("待审核"),
    "open": gettext_lazy("等人来帮"),
    "going": gettext_lazy("正在帮"),
    "ended": gettext_lazy("已结束"),
    "thanks": gettext_lazy("可以念的谢谢"),
}


def _rows(orders: Any) -> list[dict[str, Any]]:
    """Asks as lines: kind, rough place, when, how it stands, what it earns. Four statements."""
    names = territory.names_of_paths({one.path for one in orders})
    points = queries.points_of(orders, clock.local_day(clock.now()))
    return [
        {
            "order": one,
            "kind": queries.kind_of(one.kind),
            "place": names.get(one.path, ""),
            "tone": TONES[one.state],
            "points": points[one.pk],
            "url": reverse("orders:order", args=[one.pk]),
        }
        for one in orders
    ]


@never_cache
@require_safe
def hall(request: HttpRequest) -> HttpResponse:
    """GET /neighbours/[?area=PATH&kind=CODE]: who needs help near me, in my own community where it is known and no other
    area is asked for ("/": the whole county). Everybody sees kind and compound, nothing more."""
    actor = asking(request)
    kind, home = request.GET.get("kind", ""), _home(actor)
    area = request.GET.get("area", home)
    places = territory.streets_and_communities()
    known = {path: name for _street, below in places for path, name in below}
    area = area if area in known else ""
    page = queries.hall(path=area or "/", kind=kind, at=request.GET.get("at", ""))
    keep = {"area": area or "/"} if area or home else {}
    keep |= {"kind": kind} if kind else {}
    context = {
        "rows": _rows(page.rows),
        "customers": queries.customers(),
        "kinds": queries.kinds(),
        "area": area,
        "area_name": known.get(area, ""),
        "wider": _wider(home, area, kind, known),
        "kind": kind,
        "places": places,
        "signed_in": actor.person is not None,
        **page.links(keep),
    }
    return render(request, "orders/hall.html", context)


def _home(actor: Actor) -> str:
    """Where his duty lies, within one community; of everybody else the community in which he lives."""
    duty = min(actor.paths(*REVIEWERS, *GRID_STAFF), key=len, default="")
    return territory.community_path(duty) if duty else queries.home(actor.person)


def _wider(home: str, area: str, kind: str, known: dict[str, str]) -> list[dict[str, Any]]:
    """My community, its street, the county: one tap each; nothing where it is not known where somebody lives."""
    if home not in known:
        return []
    street = territory.street_path(home)
    return [
        {
            "words": words,
            "chosen": (area or "/") == path,
            "named": path != "/",
            "query": urlencode({"area": path, **({"kind": kind} if kind else {})}),
        }
        for path, words in {home: known[home], street: known.get(street, ""), "/": _("全县")}.items()
        if words
    ]


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """GET /neighbours/mine/: what I asked for, and where I help."""
    actor = neighbour(request)
    if actor is None:
        return to_sign_in(request)
    helping = request.GET.get("tab") == "helping"
    at = request.GET.get("at", "")
    page = queries.helped_by(actor, at=at) if helping else queries.mine(actor, at=at)
    rows = _rows([one.order if helping else one for one in page.rows])
    if helping:
        for row, claim in zip(rows, page.rows, strict=True):
            row["claim"] = claim
    context = {"rows": rows, "helping": helping, **page.links({"tab": "helping"} if helping else {})}
    return render(request, "orders/mine.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def helping(request: HttpRequest) -> HttpResponse:
    """With what I am willing to help: ticks, saved at once."""
    actor = neighbour(request)
    if actor is None or actor.person is None:
        return to_sign_in(request)
    more: dict[str, Any] = {
        "kinds": queries.kinds(),
        "customers": queries.customers(),
        "places": queries.places(on=clock.local_day(clock.now())),
    }
    if request.method != "POST":
        known = queries.helps_with(actor.person)
        place = known[0].place_id if known else queries.last_place(actor.person)
        form = HelpForm(initial={"kinds": [one.kind for one in known], "place": place}, **more)
        return render(request, "orders/helping.html", {"form": form})
    form = HelpForm(request.POST, **more)
    done, status = attempt(form, lambda said: (actions.set_help(by=actor, now=clock.now(), **said),))
    if done is None:
        return render(request, "orders/helping.html", {"form": form}, status=status)
    messages.success(
        request, _("记下了，谢谢您。附近有人需要时会告诉您。") if done[0] else _("记下了，不再请您帮忙。")
    )
    return HttpResponseRedirect(reverse("orders:hall"))


@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """GET /desk/neighbours/[?tab=review|open|going|ended&customer=CODE]: what staff look after, and whether the same few
    carry everything."""
    actor = admitted(request, may_oversee, _("互助求助由社区工作人员、网格员审核和派单。"))
    tab = request.GET.get("tab", "")
    tabs = {code: words for code, words in TAB_WORDS.items() if code in TABS or may_work(actor)}
    tab = tab if tab in tabs else ("review" if may_work(actor) else "open")
    customer = request.GET.get("customer", "")
    at = request.GET.get("at", "")
    if tab in TABS:
        page = queries.staff_list(actor, tab, customer=customer, at=at)
    else:
        page = queries.thanks(actor, at=at)
    keep = {"tab": tab, **({"customer": customer} if customer else {})}
    load = queries.load(actor, clock.now()) if may_work(actor) else None
    context = {
        "rows": _rows(page.rows) if tab in TABS else page.rows,
        "tabs": [{"code": code, "words": words, "chosen": code == tab} for code, words in tabs.items()],
        "tab": tab,
        "customer": customer,
        "customers": queries.customers(),
        "works": may_work(actor),
        "load": load,
        "share": round(100 * load.share) if load else 0,
        "few": FEW,
        "days": DAYS,
        **page.links(keep),
    }
    return render(request, "orders/desk.html", context)
