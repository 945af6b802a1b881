"""Doors of merchants: for neighbours (who gives what, one's own code), at the till, and for the shop's owner."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.access import actions as access
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import asking, attempt
from mulin.kernel.errors import NotFound
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import ApplyForm, KeeperForm, OfferForm, OwnerForm, TillForm, WordsForm
from mulin.services.exchange.models import Merchant, Statement
from mulin.services.exchange.permissions import may_hold_books, near
from mulin.services.exchange.rules.merchants import seconds_left, spoken

TRIES, MINUTES = 120, 10
"""So many codes one account may check in so many minutes."""
TONES = {
    "applied": "info",
    "declined": "neutral",
    "agreed": "info",
    "active": "good",
    "suspended": "warn",
    "ended": "neutral",
    "issued": "info",
    "disputed": "warn",
    "confirmed": "good",
    "settled": "neutral",
}

# ── for neighbours ─────


@never_cache
@require_safe
def merchants(request: HttpRequest) -> HttpResponse:
    """GET /merchants/: who gives what. Open to everybody; whoever is known reaches his own code."""
    actor, now = asking(request), clock.now()
    known = may_hold_books(actor)
    context = {
        "merchants": queries.merchants_shown(clock.local_day(now)),
        "known": known,
        "mine": queries.my_uses(actor) if known else [],
        "takings": queries.my_takings(actor) if known else [],
        "works": known and queries.my_merchants(actor).exists(),
    }
    return render(request, "exchange/merchants.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, id: UUID) -> HttpResponse:
    """One's own code for one merchant: POST makes a new one, GET shows the living one with its seconds."""
    actor, now = asking(request), clock.now()
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    if not may_hold_books(actor):
        raise NotFound(_("没有这个页面。"))
    row = queries.merchant_shown(id, clock.local_day(now))
    if request.method == "POST":
        form = forms.Form(request.POST)
        done, status = attempt(form, lambda _told: actions.show_code(merchant=id, by=actor, now=now))
        if done:
            return redirect("exchange:code", id)
        return render(request, "exchange/code.html", {"merchant": row, "form": form}, status=status)
    offers = [*queries.given_by_all(row), *queries.offers_of(row)]
    context: dict[str, Any] = {"merchant": row, "offers": offers}
    living = queries.my_code(actor, id, now)
    if living is not None:
        digits = queries.code_of(living.id)
        url = f"{request.build_absolute_uri(reverse('exchange:till'))}?code={digits}"
        drawn = segno.make(url, micro=False)
        context |= {
            "digits": spoken(digits),
            "seconds": seconds_left(expires_at=living.expires_at, now=now),
            "qr": drawn.svg_inline(scale=5, border=2, svgclass="qr", lineclass=None, omitsize=False),
        }
    return render(request, "exchange/code.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """A shop's owner asks to take part."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    if not may_hold_books(actor):
        raise NotFound(_("没有这个页面。"))
    form = ApplyForm(request.POST if request.method == "POST" else None, places=queries.every_community())
    status = 200
    if form.is_bound:
        done, status = attempt(form, lambda _told: actions.apply(told=form.told(), by=actor, now=clock.now()))
        if done:
            messages.success(request, _("申请已收到，社区审核以后和您签协议。现在可以先写优惠内容。"))
            return redirect("exchange:my_merchant", done.id)
    return render(request, "exchange/apply.html", {"form": form}, status=status)


# ── at the till ─────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def till(request: HttpRequest) -> HttpResponse:
    """GET: the digits of a code (a scan fills them in); POST: whether it holds. The answer is one of two pages, the same
    bytes for everybody."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    shops = list(queries.my_merchants(actor)) if actor.person else []
    if not shops:
        raise NotFound(_("没有这个页面。"))
    if request.method == "POST":
        form = TillForm(request.POST)
        valid, status = attempt(form, lambda said: _checked(said, actor))
        if valid is not None:
            return render(request, "exchange/checked.html", {"valid": valid})
        return _till_page(request, actor, form, shops, status)
    form = TillForm(initial={"code": request.GET.get("code", "")[:40], "key": uuid7()})
    return _till_page(request, actor, form, shops, 200)


def _till_page(
    request: HttpRequest, actor: Actor, form: TillForm, shops: list[Merchant], status: int
) -> HttpResponse:
    own = {one.pk for one in queries.my_merchants(actor, owner=True)}
    return render(request, "exchange/till.html", {"form": form, "shops": shops, "own": own}, status=status)


def _checked(said: dict[str, Any], actor: Actor) -> bool:
    access.count_attempt(key=f"till.codes:{actor.account}", limit=TRIES, minutes=MINUTES, now=clock.now())
    return actions.check(code=said["code"], key=str(said["key"]), by=actor, now=clock.now())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_merchant(request: HttpRequest, id: UUID) -> HttpResponse:
    """One's shop: today's discounts; its owner keeps offers, assistants and statements. POST ``deed``."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    row, owns = queries.my_merchant(actor, id)
    bound: dict[str, forms.Form] = {}
    status = 200
    if request.method == "POST":
        deed = request.POST.get("deed", "")
        if deed == "leave":
            actions.leave_alliance(merchant=id, by=actor, now=clock.now())
            messages.success(request, _("已退出联盟。"))
            return redirect("exchange:my_merchant", id)
        if deed in ENDS:
            ENDS[deed](row, _uuid(request.POST.get("one", "")), actor)
            messages.success(request, _("已办好，马上生效。"))
            return redirect("exchange:my_merchant", id)
        make, act = DEEDS.get(deed, DEEDS["offer"])
        form = bound[deed if deed in DEEDS else "offer"] = make(request.POST)
        done, status = attempt(form, lambda told: act(row, told, actor))
        if done:
            messages.success(request, _("已办好，马上生效。"))
            here = queries.my_merchants(actor).filter(pk=id).exists()  # he may just have handed it over
            return redirect("exchange:my_merchant", id) if here else redirect("exchange:merchants")
    return _shop_page(request, row, owns, bound, status)


def _shop_page(
    request: HttpRequest, row: Merchant, owns: bool, bound: dict[str, forms.Form], status: int
) -> HttpResponse:
    context = {
        "merchant": row,
        "tone": TONES[row.state],
        "owns": owns,
        "uses": queries.uses_on(row, clock.local_day(clock.now())),
        "takings": queries.takings_on(row, clock.local_day(clock.now())) if row.takes_points else [],
        "offers": queries.offers_of(row),
        "people": queries.people_of(row) if owns else [],
        "statements": queries.statements_of(row) if owns else [],
        "alliance": queries.alliance_of(row),
        "given_by_all": queries.given_by_all(row),
        "offer": bound.get("offer") or OfferForm(),
        "assistant": bound.get("assistant") or KeeperForm(),
        "owner": bound.get("owner") or OwnerForm(),
        "open": next(iter(bound), ""),
    }
    return render(request, "exchange/my_merchant.html", context, status=status)


def _offer(row: Merchant, told: dict[str, Any], actor: Actor) -> Any:
    return actions.add_offer(merchant=row.id, **told, by=actor, now=clock.now())


def _assistant(row: Merchant, told: dict[str, Any], actor: Actor) -> Any:
    access.count_attempt(key=f"merchant.assistant:{actor.account}", limit=20, minutes=60, now=clock.now())
    return actions.name_assistant(merchant=row.id, **told, by=actor, now=clock.now())


def _owner(row: Merchant, told: dict[str, Any], actor: Actor) -> Any:
    access.count_attempt(key=f"merchant.owner:{actor.account}", limit=20, minutes=60, now=clock.now())
    return actions.change_owner(merchant=row.id, **told, by=actor, now=clock.now())


def _end_offer(row: Merchant, one: UUID, actor: Actor) -> None:
    actions.end_offer(merchant=row.id, offer=one, by=actor, now=clock.now())


def _end_assistant(row: Merchant, one: UUID, actor: Actor) -> None:
    actions.end_assistant(merchant=row.id, assistant=one, by=actor, now=clock.now())


def _void(_row: Merchant, one: UUID, actor: Actor) -> None:
    actions.void(use=one, by=actor, now=clock.now())


DEEDS: dict[str, tuple[type[forms.Form], Any]] = {
    "offer": (OfferForm, _offer),
    "assistant": (KeeperForm, _assistant),
    "owner": (OwnerForm, _owner),
}
ENDS = {"end_offer": _end_offer, "end_assistant": _end_assistant, "void": _void}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("没有这一项。")) from None


# ── the month ─────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: HttpRequest, id: UUID) -> HttpResponse:
    """A month: its discounts by number and time; the owner confirms or disputes, a clerk answers and settles."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    row, owns, clerk = queries.statement(actor, id)
    form: forms.Form = WordsForm()
    status = 200
    deed = request.POST.get("deed", "")
    if request.method == "POST":
        form = WordsForm(request.POST) if deed != "confirm" else forms.Form(request.POST)
        if deed not in STATEMENT_DEEDS:
            form.add_error(None, _("请从这一页上的按钮重新点一次。"))
        done, status = attempt(form, lambda told: STATEMENT_DEEDS[deed](row, told, actor))
        if done:
            messages.success(request, _("已记下。"))
            return redirect("exchange:statement", id)
        row, owns, clerk = queries.statement(actor, id)
    context = {
        "row": row,
        "tone": TONES[row.state],
        "lines": queries.lines_of(row.merchant_id, row.month),
        "takings": queries.month_of(row.merchant_id, row.month),
        "alliances": queries.alliances_paying(row) if row.points_advanced else [],
        "owns": owns,
        "clerk": clerk,
        "near": clerk and near(actor, row.merchant),
        "form": form,
        "deed": deed,
    }
    return render(request, "exchange/statement.html", context, status=status)


def _confirm(row: Statement, _told: dict[str, Any], actor: Actor) -> Statement:
    return actions.confirm(statement=row.id, by=actor, now=clock.now())


def _dispute(row: Statement, told: dict[str, Any], actor: Actor) -> Statement:
    return actions.dispute(statement=row.id, said=told["words"], by=actor, now=clock.now())


def _answer(row: Statement, told: dict[str, Any], actor: Actor) -> Statement:
    return actions.answer(statement=row.id, words=told["words"], by=actor, now=clock.now())


def _confirm_for(row: Statement, told: dict[str, Any], actor: Actor) -> Statement:
    return actions.confirm_for(statement=row.id, words=told["words"], by=actor, now=clock.now())


def _settle(row: Statement, told: dict[str, Any], actor: Actor) -> Statement:
    return actions.settle(statement=row.id, words=told["words"], by=actor, now=clock.now())


STATEMENT_DEEDS = {
    "confirm": _confirm,
    "dispute": _dispute,
    "answer": _answer,
    "confirm_for": _confirm_for,
    "settle": _settle,
}
