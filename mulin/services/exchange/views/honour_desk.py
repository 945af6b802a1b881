"""Doors of commendations for the office: rounds of one's territory, a round with its deeds, the decision, an objection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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

from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotAllowed
from mulin.services.exchange.actions import honour_amending as amending
from mulin.services.exchange.actions import honour_decisions as decisions
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.forms import (
    AmendForm,
    ConsentForm,
    DecideForm,
    NextForm,
    ReasonsForm,
    ReplyForm,
    RoundForm,
    WhyForm,
)
from mulin.services.exchange.models import Commendation
from mulin.services.exchange.permissions import Turn, may_commend_somewhere, may_decide
from mulin.services.exchange.queries import honour_desk as queries
from mulin.services.exchange.queries import places
from mulin.services.exchange.queries.honour_counts import sources
from mulin.services.exchange.queries.honours import called, changes_of, to_choose
from mulin.services.exchange.rules.amending import FIELDS
from mulin.services.exchange.rules.honours import (
    DECIDERS,
    RAISED,
    TOO_NEAR,
    WHO_DECIDES,
    WHO_HOLDS,
    RoundState,
)
from mulin.services.exchange.views.honours import TONES, uuid_said

MONTH = timedelta(days=30)
YEAR = timedelta(days=365)


def _clerk(request: HttpRequest) -> Actor:
    return admitted(request, may_commend_somewhere, str(WHO_HOLDS))


def _crumbs(*steps: tuple[str, str]) -> list[dict[str, str]]:
    first = {"title": _("评优表彰"), "url": reverse("exchange:honours_desk")}
    return [first, *({"title": title, "url": url} for title, url in steps)]


@never_cache
@require_safe
def honours_desk(request: HttpRequest) -> HttpResponse:
    """GET /desk/honours/: rounds of one's territory, narrowed to a state."""
    actor, state = _clerk(request), request.GET.get("state", "")
    shown = queries.rounds_overseen(actor, state=state, at=request.GET.get("at", ""))
    context = {
        "rows": [{**one, "tone": TONES[one["row"].state]} for one in shown.rows],
        "states": RoundState.choices,
        "state": state,
        **shown.links({"state": state}),
    }
    return render(request, "exchange/honours_desk.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Hold a round."""
    actor, now = _clerk(request), clock.now()
    today = clock.local_day(now)
    first: dict[str, Any] = {
        "nominate_from": today,
        "nominate_until": today + MONTH,
        "counted_from": today - YEAR,
        "counted_until": today,
    }
    data = request.POST if request.method == "POST" else None
    form, status = RoundForm(data, initial=first, places=places(actor), sources=sources(today)), 200
    if form.is_bound:
        done, status = attempt(
            form, lambda told: actions.hold(told=actions.RoundTold(**told), by=actor, now=now)
        )
        if done:
            messages.success(request, _("已公布，居民看得到。"))
            return redirect("exchange:honour_desk", done.id)
    context = {"form": form, "crumbs": _crumbs((_("新评选"), ""))}
    return render(request, "exchange/honour_new.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change a published round, as far as it may still be."""
    actor, now = _clerk(request), clock.now()
    row = queries.round_overseen(actor, id)
    may = queries.may_amend(row)
    if not may:
        return redirect("exchange:honour_desk", id)
    first = {name: getattr(row, name) for name in FIELDS} | {"seen": row.version}
    data = request.POST if request.method == "POST" else None
    known = sources(clock.local_day(now))
    form = AmendForm(data, initial=first, may=may, places=places(actor), sources=known)
    status = 200
    if form.is_bound:
        done, status = attempt(form, lambda told: _amend(row, told, actor))
        if done:
            messages.success(request, _("已改好，原来的写法居民也看得到。"))
            return redirect("exchange:honour_desk", id)
    context = {
        "row": row,
        "form": form,
        "all": len(may) == len(FIELDS),
        "until": "nominate_until" in may,
        "crumbs": _crumbs((row.title, reverse("exchange:honour_desk", args=[id])), (_("改公告"), "")),
    }
    return render(request, "exchange/honour_amend.html", context, status=status)


def _amend(row: Commendation, told: dict[str, Any], actor: Actor) -> Any:
    why, seen = told.pop("why"), told.pop("seen")
    return amending.amend(
        round=row.id,
        told=replace(amending.as_it_is(row=row), **told),
        why=why,
        seen=seen,
        by=actor,
        now=clock.now(),
    )


# ── a round ─────

Deed = Callable[[Commendation, dict[str, Any], UUID | None, Actor], Any]


def _cancel(row: Commendation, told: dict[str, Any], _one: UUID | None, actor: Actor) -> Any:
    return actions.cancel(round=row.id, why=told["why"], by=actor, now=clock.now())


def _recount(row: Commendation, _told: dict[str, Any], _one: UUID | None, actor: Actor) -> Any:
    return actions.recount(round=row.id, by=actor, now=clock.now())


def _agreed(_row: Commendation, told: dict[str, Any], one: UUID | None, actor: Actor) -> Any:
    return actions.consent(nomination=one or UUID(int=0), **told, by=actor, now=clock.now())


def _declined(_row: Commendation, _told: dict[str, Any], one: UUID | None, actor: Actor) -> Any:
    return actions.decline(nomination=one or UUID(int=0), by=actor, now=clock.now())


def _withdraw(_row: Commendation, told: dict[str, Any], one: UUID | None, actor: Actor) -> Any:
    return decisions.withdraw_award(nomination=one or UUID(int=0), **told, by=actor, now=clock.now())


def _fill(row: Commendation, told: dict[str, Any], _one: UUID | None, actor: Actor) -> Any:
    who, now = told["who"], clock.now()
    if not who:
        return decisions.leave_empty(round=row.id, reasons=told["reasons"], by=actor, now=now)
    return decisions.choose_next(
        round=row.id, nomination=UUID(who), reasons=told["reasons"], story=told["story"], by=actor, now=now
    )


DEEDS: dict[str, tuple[type[forms.Form], Deed]] = {
    "cancel": (WhyForm, _cancel),
    "recount": (forms.Form, _recount),
    "agreed": (ConsentForm, _agreed),
    "declined": (forms.Form, _declined),
    "withdraw": (ReasonsForm, _withdraw),
    "fill": (NextForm, _fill),
}
ON_ONE = ("agreed", "declined", "withdraw")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def honour_desk(request: HttpRequest, id: UUID) -> HttpResponse:
    """A round with its nominees, stars for names; POST ``deed`` is one of DEEDS, or "names" shows them, noted down."""
    actor = _clerk(request)
    row, deed = queries.round_overseen(actor, id), request.POST.get("deed", "")
    if request.method == "POST" and deed == "names":
        decisions.reveal(round=id, by=actor, now=clock.now())
        return _desk(request, actor, row, whole=True)
    if request.method != "POST":
        return _desk(request, actor, row)
    form, act = _form(request, row, deed)
    one = uuid_said(request, "one") if deed in ON_ONE else None
    done, status = attempt(form, lambda told: act(row, told, one, actor))
    if done:
        messages.success(request, _("已办好。"))
        return redirect("exchange:honour_desk", id)
    return _desk(request, actor, queries.round_overseen(actor, id), wrong=(deed, one, form), status=status)


def _form(request: HttpRequest, row: Commendation, deed: str) -> tuple[forms.Form, Deed]:
    if deed not in DEEDS:
        form = forms.Form(request.POST)
        form.add_error(None, _("请从这一页上的按钮重新点一次。"))
        return form, _recount
    kind, act = DEEDS[deed]
    return (_next(row, request.POST) if kind is NextForm else kind(request.POST)), act


def _next(row: Commendation, data: Any = None, *, whole: bool = False) -> NextForm:
    rows = to_choose(row)
    names = called(rows, whole=whole)
    return NextForm(data, nominees=[(str(one.id), names[one.id]) for one in rows])


def _desk(
    request: HttpRequest,
    actor: Actor,
    row: Commendation,
    *,
    whole: bool = False,
    wrong: tuple[str, UUID | None, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    deed, one, form = wrong or ("", None, None)
    turn = queries.turn_now(row)
    offered = queries.offers(actor, row, turn)
    context = {
        "row": row,
        "place": territory.name_of_path(row.path),
        "tone": TONES[row.state],
        "sheets": [
            {"sheet": sheet, "tone": TONES[sheet.row.state], "objections": _toned(sheet.objections)}
            for sheet in queries.sheets(actor, row, whole=whole)
        ],
        "snapshot": queries.snapshot_of(row),
        "changes": changes_of(row),
        "empty": queries.empty_seats(row),
        "sources": dict(sources(row.counted_until)),
        "offers": offered,
        "whole": whole,
        "deed": deed,
        "one": one,
        "form": form,
        "cancel": form if deed == "cancel" else WhyForm(),
        "fill": form if deed == "fill" else _next(row, whole=whole) if "fill" in offered else None,
        "agree": form if deed == "agreed" else ConsentForm(),
        "withdraw": form if deed == "withdraw" else ReasonsForm(),
        **_whose(actor, row, turn),
        "crumbs": _crumbs((row.title, "")),
    }
    return render(request, "exchange/honour_desk.html", context, status=status)


def _whose(actor: Actor, row: Commendation, turn: Turn) -> dict[str, Any]:
    """Why another office decides, who that is, and whether the actor is too near, while there is something to decide."""
    if row.state != RoundState.DECIDING and not row.vacant:
        return {}
    near = actor.person in turn.barred
    return {
        "decider": DECIDERS[turn.role],
        "raised": RAISED.get(turn.raised, ""),
        "too_near": str(TOO_NEAR) % {"who": DECIDERS[turn.role]} if near else "",
    }


def _toned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "tone": TONES[one["row"].state]} for one in rows]


# ── the decision ─────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, id: UUID) -> HttpResponse:
    """The deciders choose among those who agreed, in neutral order; POST ``names`` shows the names, and it is noted down."""
    actor, now = _clerk(request), clock.now()
    row = queries.round_overseen(actor, id)
    turn = queries.turn_now(row)
    if not may_decide(actor, row, turn):
        near = str(TOO_NEAR) % {"who": DECIDERS[turn.role]} if actor.person in turn.barred else ""
        raise NotAllowed(near or str(WHO_DECIDES))
    if row.state != RoundState.DECIDING:
        return redirect("exchange:honour_desk", id)
    snapshot = queries.snapshot_of(row)
    rows = to_choose(row)
    keys = [one.id for one in rows]
    whole = request.method == "POST" and "names" in request.POST
    if whole:
        decisions.reveal(round=id, by=actor, now=now)
    form = DecideForm(
        request.POST if request.method == "POST" and ("seen" in request.POST or not whole) else None,
        nominees=keys,
        initial={"seen": snapshot.id if snapshot else None},
    )
    status = 200
    if form.is_bound:
        done, status = attempt(
            form,
            lambda told: decisions.decide(
                round=id, choices=form.choices(), seen=told["seen"], by=actor, now=now
            ),
        )
        if done:
            messages.success(request, _("已评定，公示开始。"))
            return redirect("exchange:honour_desk", id)
        form.data = {
            **request.POST.dict(),
            "seen": str(snapshot.id if snapshot else ""),
            "stood": form.standing,
        }
    sheets = {sheet.row.id: sheet for sheet in queries.sheets(actor, row, whole=whole)}
    context = {
        "row": row,
        "whole": whole,
        "snapshot": snapshot,
        "parts": [{"sheet": sheets[key], "fields": form.part(key)} for key in keys if key in sheets],
        "form": form,
        "crumbs": _crumbs((row.title, reverse("exchange:honour_desk", args=[id])), (_("评定"), "")),
    }
    return render(request, "exchange/honour_decide.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def objection(request: HttpRequest, id: UUID) -> HttpResponse:
    """One objection; somebody who is not involved answers it. POST ``names`` shows who objects, and it is noted down."""
    actor = _clerk(request)
    whole = request.method == "POST" and "names" in request.POST
    said = queries.objection(actor, id, whole=whole)
    if whole:
        notice.reveal_objector(objection=id, by=actor, now=clock.now())
    form, status = ReplyForm(request.POST if request.method == "POST" and not whole else None), 200
    if form.is_bound:
        done, status = attempt(
            form,
            lambda told: notice.answer(
                objection=id, upheld=told["upheld"], words_=told["words"], by=actor, now=clock.now()
            ),
        )
        if done:
            messages.success(request, _("已答复，提异议的人会收到通知。"))
            return redirect("exchange:honour_desk", said.row.nomination.round_id)
    row = said.row
    one = row.nomination
    back = reverse("exchange:honour_desk", args=[one.round_id])
    context = {
        "row": row,
        "said": said,
        "whole": whole,
        "name": called([one])[one.id],
        "tone": TONES[row.state],
        "answers": row.state == "open" and said.may_answer,
        "form": form,
        "crumbs": _crumbs((one.round.title, back), (_("异议"), "")),
    }
    return render(request, "exchange/honour_objection.html", context, status=status)
