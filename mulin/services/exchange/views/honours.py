"""Doors of commendations for everybody: rounds, notices and awards; proposing, agreeing, objecting; one's own honours."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

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
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import asking, attempt
from mulin.kernel.errors import NotFound
from mulin.services.exchange.actions import honour_decisions as decisions
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.forms import ConsentForm, NominateForm, ObjectForm, OneselfForm
from mulin.services.exchange.models import Commendation
from mulin.services.exchange.queries import honour_desk as desk
from mulin.services.exchange.queries import honours as queries
from mulin.services.exchange.rules.honours import (
    DECIDERS,
    LIVING,
    RAISED,
    NominationState,
    NomineeKind,
    RoundState,
)

TONES = {
    "planned": "neutral",
    "nominating": "info",
    "deciding": "info",
    "notice": "warn",
    "done": "good",
    "cancelled": "neutral",
    "asked": "warn",
    "standing": "info",
    "declined": "neutral",
    "lapsed": "neutral",
    "passed": "neutral",
    "chosen": "info",
    "removed": "bad",
    "awarded": "good",
    "withdrawn": "bad",
    "open": "warn",
    "upheld": "bad",
    "dismissed": "neutral",
    "dropped": "neutral",
}


def known(actor: Actor) -> bool:
    """Whether somebody is known as a person of this county."""
    return actor.person is not None


def to_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Whoever has not signed in goes there first; NotFound for who is nobody here."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    if not known(actor):
        raise NotFound(_("没有这个页面。"))
    return None


def uuid_said(request: HttpRequest, name: str) -> UUID:
    """An id in a form. Raises NotFound."""
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise NotFound(_("没有这一项。")) from None


# ── for everybody ─────


@never_cache
@require_safe
def honours(request: HttpRequest) -> HttpResponse:
    """GET /honours/: rounds, and the awarded of a year who agreed to be named. Nobody is ranked."""
    actor, years = asking(request), queries.years()
    said = request.GET.get("year", "")
    year = int(said) if said.isdecimal() and int(said) in years else next(iter(years), None)
    awarded, nameless = queries.awarded_in(year) if year else ([], 0)
    shown = queries.rounds_shown(at=request.GET.get("at", ""))
    context = {
        "rounds": [{**one, "tone": TONES[one["row"].state]} for one in shown.rows],
        "years": years,
        "year": year,
        "awarded": awarded,
        "nameless": nameless,
        "known": known(actor),
        **shown.links({"year": year or ""}),
    }
    return render(request, "exchange/honours.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def honour(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /honours/ID/: a round as everybody reads it; POST ``second`` proposes the same."""
    actor, now = asking(request), clock.now()
    row = queries.round_shown(id)
    if request.method == "POST":
        if (first := to_sign_in(request)) is not None:
            return first
        actions.second(nomination=uuid_said(request, "second"), by=actor, now=now)
        messages.success(request, _("已记下您的附议。附议不公开、不排名。"))
        return redirect("exchange:honour", id)
    told, nameless = queries.public_nominees(row)
    open_to = (
        queries.to_second(actor, [one.row for one in told]) if row.state == RoundState.NOMINATING else set()
    )
    said = queries.objected(actor, [one.row for one in told])
    context = {
        "row": row,
        "place": territory.name_of_path(row.path),
        "tone": TONES[row.state],
        "told": [
            {
                "one": one,
                "tone": TONES[one.row.state],
                "second": one.row.id in open_to,
                "object": one.row.id not in said
                and (
                    queries.may_object(actor, one.row, now) or (actor.anonymous and one.row.state == "chosen")
                ),
                "said": one.row.id in said,
            }
            for one in told
        ],
        "nameless": nameless,
        "snapshot": desk.snapshot_of(row),
        "withdrawn": queries.withdrawn_days(row),
        "changes": queries.changes_of(row),
        "raised": RAISED.get(row.raised, ""),
        "decider": DECIDERS.get(row.decider, row.get_office_display()),
        "known": known(actor),
    }
    return render(request, "exchange/honour.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def nominate(request: HttpRequest, id: UUID) -> HttpResponse:
    """Propose somebody; with ?self=1 oneself. What one learns is the same whoever it is."""
    if (first := to_sign_in(request)) is not None:
        return first
    actor, row = asking(request), queries.round_shown(id)
    if row.state != RoundState.NOMINATING:
        raise NotFound(_("现在不在提名时间里。"))
    oneself = request.GET.get("self") == "1"
    form, status = _nominate_form(request, actor, oneself), 200
    if form.is_bound:
        access.count_attempt(key=f"honour.nominate:{actor.account}", limit=20, minutes=60, now=clock.now())
        done, status = attempt(form, lambda told: _nominate(row, actor, told, oneself=oneself))
        if done:
            said = (
                _("已报名。")
                if oneself
                else _("已收到。登记过的，先问本人（单位、商户问负责人），同意以后才会公开。")
            )
            messages.success(request, said)
            return redirect("exchange:honour", id)
    context = {"row": row, "form": form, "oneself": oneself}
    return render(request, "exchange/honour_nominate.html", context, status=status)


def _nominate_form(request: HttpRequest, actor: Actor, oneself: bool) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    if oneself:
        return OneselfForm(data)
    found = people.memberships(actor.person) if actor.person else []
    return NominateForm(data, units=[(str(one.organisation_id), str(one.organisation)) for one in found])


def _nominate(row: Commendation, actor: Actor, told: dict[str, Any], *, oneself: bool) -> bool:
    unit = told.pop("unit", "")
    proposal = actions.Proposal(
        kind=told.pop("kind", NomineeKind.PERSON), who=told.pop("who", ""), unit=UUID(unit) if unit else None,
        oneself=oneself, **told,
    )  # fmt: skip
    actions.nominate(round=row.id, told=proposal, by=actor, now=clock.now())
    return True


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def object_to(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say what is wrong about a choice that is in its notice."""
    if (first := to_sign_in(request)) is not None:
        return first
    actor = asking(request)
    row, name = queries.in_notice(id)
    if not queries.may_object(actor, row, clock.now()):
        raise NotFound(_("没有这项公示，或者已经结束。"))
    form, status = ObjectForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:
        done, status = attempt(
            form, lambda told: notice.object_to(nomination=id, **told, by=actor, now=clock.now())
        )
        if done:
            messages.success(request, _("已收到。核实的结果会告诉您。"))
            return redirect("exchange:honours_mine")
    context = {"row": row, "name": name, "marked": name == queries.in_notice_called(row), "form": form}
    return render(request, "exchange/honour_object.html", context, status=status)


# ── one's own ─────


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """GET /honours/mine/: where one was proposed, what one proposed and objected to."""
    if (first := to_sign_in(request)) is not None:
        return first
    actor = asking(request)
    context = {
        "mine": [{"row": one, "tone": TONES[one.state]} for one in queries.mine(actor)],
        "proposed": queries.proposed_by(actor),
        "objections": [{**one, "tone": TONES[one["row"].state]} for one in queries.my_objections(actor)],
    }
    return render(request, "exchange/honours_mine.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine_one(request: HttpRequest, id: UUID) -> HttpResponse:
    """One's own nomination; POST ``deed`` agrees (and how one is named) or declines."""
    if (first := to_sign_in(request)) is not None:
        return first
    actor = asking(request)
    row = queries.my_nomination(actor, id)
    form: forms.Form = ConsentForm(initial={"shown": row.shown or "masked", "story_ok": row.story_ok})
    status = 200
    if request.method == "POST" and request.POST.get("deed") == "decline":
        actions.decline(nomination=id, by=actor, now=clock.now())
        messages.success(request, _("已退出，公开的页面上不再有您。"))
        return redirect("exchange:honours_mine")
    if request.method == "POST":
        form = ConsentForm(request.POST)
        done, status = attempt(
            form, lambda told: actions.consent(nomination=id, **told, by=actor, now=clock.now())
        )
        if done:
            messages.success(request, _("已记下。"))
            return redirect("exchange:honour_mine_one", id)
    over = row.round.state == RoundState.CANCELLED
    context = {
        "row": row,
        "over": over,
        "place": territory.name_of_path(row.round.path),
        "tone": TONES[row.state],
        "words": {key: said for key, said in queries.words_of(row).items() if key != "evidence"},
        "form": form,
        "answers": not over and row.state in (*LIVING, NominationState.AWARDED),
        "leaves": not over and row.state in LIVING,
        "line": queries.my_line(row),
        "decisions": queries.decisions_told(row),
        "held": row.state == "chosen" and row.objections.filter(state="open").exists(),
    }
    return render(request, "exchange/honour_mine.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET: a certificate to print, for the awarded and the office; POST: with the whole name, noted down for the office."""
    if (first := to_sign_in(request)) is not None:
        return first
    actor, now = asking(request), clock.now()
    whole = request.method == "POST"
    row, name = queries.certificate(actor, id, whole=whole)
    own = queries.is_of(actor, row)
    if whole and not own:
        decisions.reveal_awarded(nomination=id, by=actor, now=now)
    awarded: date | None = clock.local_day(row.awarded_at) if row.awarded_at else None
    context = {
        "row": row,
        "name": name,
        "place": territory.name_of_path(row.round.path),
        "awarded": awarded,
        "own": own,
        "masked": not own and not whole and row.person_id is not None and row.shown != "full",
        "back": reverse("exchange:honour_mine_one", args=[id])
        if own
        else reverse("exchange:honour_desk", args=[row.round_id]),
        "printed_at": now,
        "printed_by": "",
    }
    return render(request, "exchange/honour_certificate.html", context)


@never_cache
@require_safe
def counted(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET: the rows behind what was counted of a nominee, those that the asking may see by their own rights."""
    if (first := to_sign_in(request)) is not None:
        return first
    actor = asking(request)
    line = desk.line_shown(actor, id)
    own = queries.is_of(actor, line.nomination)
    context = {
        "line": line,
        "own": own,
        "name": queries.called([line.nomination], whole=own)[line.nomination_id],
        **desk.rows_counted(actor, line),
    }
    return render(request, "exchange/honour_counted.html", context)
