"""Doors of points at merchants: the holder's code, the till (also kept on the phone), slips for clerks."""

from __future__ import annotations

from collections.abc import Callable
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
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.access import actions as access
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, asking, attempt, keep_on_phone
from mulin.kernel.errors import NotFound, Stale
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.forms import PaperTillForm, PayForm, PointsCodeForm, WordsForm
from mulin.services.exchange.models import DiscountCode, Offer, Taking
from mulin.services.exchange.permissions import may_agree_somewhere, may_hold_books, near
from mulin.services.exchange.rules.merchants import WHO_AGREES, seconds_left, spoken

GET_POST = ["GET", "HEAD", "POST"]
TRIES, MINUTES = 120, 10
"""So many codes and slips one account may send in so many minutes: a phone that comes back to a network sends a day's."""
TONES = {"taken": "good", "voided": "neutral", "kept": "warn", "declined": "neutral"}

# ── the holder ─────


@never_cache
@require_http_methods(GET_POST)
def pay(request: HttpRequest, id: UUID) -> HttpResponse:
    """What the holder pays with points at one merchant: POST makes a code, GET shows the living one with its seconds."""
    actor, now = asking(request), clock.now()
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    if not may_hold_books(actor):
        raise NotFound(_("没有这个页面。"))
    row, offers = queries.merchant_for_points(id, clock.local_day(now))
    books = queries.usable_books(actor, request.GET.get("book", "")[:36])
    form = PayForm(
        request.POST if request.method == "POST" else None,
        offers=_priced(offers),
        books=[
            (str(one.account), _("%(book)s（可用 %(n)d 分）") % {"book": one.words, "n": one.free})
            for one in books
        ],
    )
    status = 200
    if form.is_bound:
        done, status = attempt(form, lambda told: _code(told, id, actor))
        if done:
            return redirect("exchange:pay", id)
    context: dict[str, Any] = {"merchant": row, "form": form, "books": books, "offers": offers}
    living = None if form.is_bound else queries.my_points_code(actor, id, now)
    return render(request, "exchange/pay.html", context | _shown(request, living, id), status=status)


def _priced(offers: list[Offer]) -> list[tuple[str, str]]:
    words = [
        ngettext("%(title)s · %(n)d 分", "%(title)s · %(n)d 分", one.points or 0)
        % {"title": one.title, "n": one.points or 0}
        for one in offers
    ]
    return [(str(one.id), said) for one, said in zip(offers, words, strict=True)]


def _code(told: dict[str, Any], merchant: UUID, actor: Actor) -> DiscountCode:
    return actions.show_points_code(
        merchant=merchant, offer=UUID(told["offer"]), account=UUID(told["book"]), by=actor, now=clock.now()
    )


def _shown(request: HttpRequest, living: DiscountCode | None, merchant: UUID) -> dict[str, Any]:
    if living is None:
        return {}
    digits = queries.code_of(living.id)
    url = f"{request.build_absolute_uri(reverse('exchange:till_points', args=[merchant]))}?code={digits}"
    drawn = segno.make(url, micro=False)
    return {
        "offer": living.offer,
        "digits": spoken(digits),
        "seconds": seconds_left(expires_at=living.expires_at, now=clock.now()),
        "qr": drawn.svg_inline(scale=5, border=2, svgclass="qr", lineclass=None, omitsize=False),
    }


# ── the till ─────


@never_cache
@require_http_methods(GET_POST)
def till(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take points: POST ``deed`` code or paper. The page may lie on the phone; without a network it keeps what is typed."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    if request.method == "POST" and request.POST.get("offline"):
        _of_one_who_left(request, id, actor)
    shown = queries.till(actor, id, clock.local_day(clock.now()))
    offers = _priced(shown.offers)
    bound: dict[str, forms.Form] = {}
    status, deed = 200, request.POST.get("deed", "code")
    if request.method == "POST":
        form: forms.Form = (
            PaperTillForm(request.POST, offers=_ever(id, offers, request))
            if deed == "paper"
            else PointsCodeForm(request.POST)
        )
        act = _by_paper if deed == "paper" else _by_code
        done, status = attempt(form, lambda told: _counted(act, told, id, actor))
        if done and not (done.doubt and done.state == "kept"):
            return redirect("exchange:taken", done.id)
        if done:  # kept for a clerk: the phone reads why
            form.add_error(None, queries.doubt_words(done))
            status = 409
        bound[deed if deed == "paper" else "code"] = form
    said = ("code", "number", "check")
    first = {"client_id": uuid7(), **{name: request.GET.get(name, "")[:40] for name in said}}
    context = {
        "till": shown,
        "code": bound.get("code") or PointsCodeForm(initial=first),
        "paper": bound.get("paper") or PaperTillForm(initial=first, offers=offers),
        "open": next(iter(bound), ""),
        "tones": TONES,
    }
    response = render(request, "exchange/till_points.html", context, status=status)
    if not request.GET:
        keep_on_phone(request, response)
    return response


def _of_one_who_left(request: HttpRequest, merchant: UUID, actor: Actor) -> None:
    """What the phone of somebody kept who works there no more goes to a clerk: he is told, and sees nothing of the till."""
    form = PaperTillForm(request.POST, offers=_ever(merchant, [], request))
    done_at = form.cleaned_data["done_at"] if form.is_valid() else None
    if done_at is not None and queries.worked_at(actor, merchant, done_at):
        done = _counted(_by_paper, form.cleaned_data, merchant, actor)
        raise Stale(queries.doubt_words(done), code="kept")


def _ever(merchant: UUID, offers: list[tuple[str, str]], request: HttpRequest) -> list[tuple[str, str]]:
    """What may be chosen: a slip from the phone may name an offer that has ended since; the action judges it."""
    said = request.POST.get("offer", "")
    try:
        return [*offers, (str(UUID(said)), "")] if request.POST.get("offline") else offers
    except ValueError:
        return offers


def _counted(act: Callable[..., Taking], told: dict[str, Any], merchant: UUID, actor: Actor) -> Taking:
    access.count_attempt(key=f"till:{actor.account}", limit=TRIES, minutes=MINUTES, now=clock.now())
    return act(told, merchant, actor)


def _by_code(told: dict[str, Any], merchant: UUID, actor: Actor) -> Taking:
    key = str(told["client_id"])
    return actions.take_by_code(merchant=merchant, code=told["code"], key=key, by=actor, now=clock.now())


def _by_paper(told: dict[str, Any], merchant: UUID, actor: Actor) -> Taking:
    return actions.take_by_paper(
        merchant=merchant,
        offer=told["offer"],
        paper=actions.Paper(told["number"], told["check"]),
        key=str(told["client_id"]),
        by=actor,
        now=clock.now(),
        offline=told["offline"],
        done_at=told["done_at"],
    )


@never_cache
@require_http_methods(GET_POST)
def taken(request: HttpRequest, id: UUID) -> HttpResponse:
    """What was taken, as the till reads it; POST voids it on the same day."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    row = queries.taking_at_till(actor, id)
    if request.method == "POST":
        actions.void_taking(taking=id, by=actor, now=clock.now())
        messages.success(request, _("已撤销，积分退回存折。"))
        return redirect("exchange:taken", id)
    today = clock.local_day(clock.now())
    context = {
        "row": row,
        "tone": TONES[row.state],
        "voidable": row.state == "taken" and row.local_day == today,
    }
    context["why"] = queries.doubt_words(row) if row.state == "kept" else ""
    return render(request, "exchange/taken.html", context)


# ── clerks ─────


def _clerk(request: HttpRequest) -> Actor:
    return admitted(request, may_agree_somewhere, str(WHO_AGREES))


def _crumbs(title: str) -> list[dict[str, str]]:
    return [{"title": _("商户"), "url": reverse("exchange:desk_merchants")}, {"title": title, "url": ""}]


@never_cache
@require_safe
def slips(request: HttpRequest) -> HttpResponse:
    """GET /desk/slips/: what phones kept and nobody may book without a look."""
    shown = queries.slips(_clerk(request), at=request.GET.get("at", ""))
    context = {"rows": shown.rows, "crumbs": _crumbs(_("待核实的离线收分")), **shown.links()}
    return render(request, "exchange/slips.html", context)


@never_cache
@require_http_methods(GET_POST)
def slip(request: HttpRequest, id: UUID) -> HttpResponse:
    """One of them; POST ``deed`` pay or decline, with words for the merchant."""
    actor = _clerk(request)
    row = queries.slip(actor, id)
    form = WordsForm(request.POST if request.method == "POST" else None)
    status, deed = 200, request.POST.get("deed", "")
    if form.is_bound:
        if deed not in ("pay", "decline"):
            form.add_error(None, _("请从这一页上的按钮重新点一次。"))
        done, status = attempt(
            form, lambda told: actions.judge(taking=id, pay=deed == "pay", **told, by=actor, now=clock.now())
        )
        if done:
            messages.success(request, _("已记下，商户看得到。"))
            return redirect("exchange:slip", id)
    context = {
        "row": row,
        "tone": TONES[row.state],
        "why": queries.doubt_words(row),
        "form": form,
        "near": near(actor, row.merchant),
        "crumbs": _crumbs(_("待核实的离线收分")),
    }
    return render(request, "exchange/slip.html", context, status=status)
