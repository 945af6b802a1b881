"""Doors of what an alliance owes, for clerks and the owners of its shops: its page, one repayment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, asking, attempt
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import RepaymentForm, WordsForm
from mulin.services.exchange.models import Alliance, Repayment
from mulin.services.exchange.permissions import may_agree, may_agree_somewhere, may_own_shops
from mulin.services.exchange.rules.merchants import WHO_AGREES

GET_POST = ["GET", "HEAD", "POST"]
TONES = {"proposed": "info", "confirmed": "good", "declined": "warn", "withdrawn": "neutral"}


def _may(actor: Actor) -> bool:
    return may_agree_somewhere(actor) or may_own_shops(actor)


def _crumbs(row: Alliance, title: str = "") -> list[dict[str, str]]:
    found = [
        {"title": _("商户"), "url": reverse("exchange:desk_merchants")},
        {"title": _("互助联盟"), "url": reverse("exchange:alliances")},
    ]
    if title:
        found.append({"title": row.name, "url": reverse("exchange:alliance", args=[row.id])})
    return [*found, {"title": title or row.name, "url": ""}]


def _toned(row: Repayment) -> Repayment:
    row.tone = TONES[row.state]  # type: ignore[attr-defined]
    return row


@never_cache
@require_http_methods(GET_POST)
def alliance(request: HttpRequest, id: UUID) -> HttpResponse:
    """What an alliance advanced and made good; POST says that it made something good."""
    if asking(request).anonymous:
        return redirect_to_login(request.get_full_path())
    actor, status, now = admitted(request, _may, str(WHO_AGREES)), 200, clock.now()
    row = queries.alliance(actor, id)
    clerk = may_agree(actor, row.path)
    books = [] if clerk else queries.my_books(actor)
    form = RepaymentForm(
        request.POST if request.method == "POST" else None,
        books=[
            (str(one.account), _("从%(book)s出（可用 %(n)d 分）") % {"book": one.words, "n": one.free})
            for one in books
        ],
        initial={"key": uuid7(), "done_on": clock.local_day(now)},
    )
    if form.is_bound:
        done, status = attempt(
            form, lambda _told: actions.propose_repayment(alliance=id, **form.told(), by=actor, now=now)
        )
        if done:
            messages.success(request, _("已报上去，等社区工作人员核对确认。"))
            return redirect("exchange:repayment", done.id)
    debts = queries.debts_of(row, at=request.GET.get("at", ""))
    context = {
        "alliance": row,
        "clerk": clerk,
        "debt": queries.debt_of(row),
        "debts": debts.rows,
        **debts.links(),
        "repayments": [_toned(one) for one in queries.repayments_of(row)],
        "form": form,
        "crumbs": _crumbs(row),
    }
    return render(request, "exchange/alliance.html", context, status=status)


@never_cache
@require_http_methods(GET_POST)
def repayment(request: HttpRequest, id: UUID) -> HttpResponse:
    """One repayment; POST ``deed``: another person confirms or declines it, its proposer withdraws it."""
    if asking(request).anonymous:
        return redirect_to_login(request.get_full_path())
    actor, status, now = admitted(request, _may, str(WHO_AGREES)), 200, clock.now()
    shown, deed = queries.repayment(actor, id), request.POST.get("deed", "")
    form = WordsForm(request.POST if request.method == "POST" and deed not in DEEDS else None)
    if deed in DEEDS:
        act, said = DEEDS[deed]
        act(repayment=id, by=actor, now=now)
        messages.success(request, str(said))
        return redirect("exchange:repayment", id)
    if form.is_bound:
        if deed != "decline":
            form.add_error(None, _("请从这一页上的按钮重新点一次。"))
        done, status = attempt(
            form, lambda told: actions.decline_repayment(repayment=id, **told, by=actor, now=now)
        )
        if done:
            messages.success(request, _("已记下，联盟看得到。"))
            return redirect("exchange:repayment", id)
        shown = queries.repayment(actor, id)
    context: dict[str, Any] = {
        "row": _toned(shown.row),
        "shown": shown,
        "clerk": may_agree(actor, shown.row.alliance.path),
        "form": form,
        "crumbs": _crumbs(shown.row.alliance, shown.row.number),
    }
    return render(request, "exchange/repayment.html", context, status=status)


DEEDS: dict[str, tuple[Any, Any]] = {
    "confirm": (actions.confirm_repayment, gettext_lazy("已确认，联盟少欠这些分。")),
    "withdraw": (actions.withdraw_repayment, gettext_lazy("已撤回。")),
}
