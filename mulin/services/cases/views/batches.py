"""Doors of bulk acts: choose rows, see who may and who may not, do it, read what became of it, take it back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.people import queries as people
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import refuse_into
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.actions import batches
from mulin.services.cases.actions import undo as taking_back
from mulin.services.cases.forms import ACTION_FORMS
from mulin.services.cases.models import Batch
from mulin.services.cases.queries import batches as read
from mulin.services.cases.queries import offers
from mulin.services.cases.rules import MOST_AT_ONCE, TRANSITIONS, UNDO_WITHIN, Outcome, SetBack
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.filters import address
from mulin.services.cases.views.places import as_uuid
from mulin.services.cases.views.todos import narrowed_by

SHOWN = 50
"""Rows of a batch on its page; those that were not done come first and all of them."""


@never_cache
@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """POST /desk/batches/new/: ``case`` = id, or id:version where the confirmed page sends them; ``all=1`` takes the list
    that ``list`` (cases, todos) and its filters name. ``go=1`` does it, everything else asks once more."""
    actor, now = staff(request), clock.now()
    acts = [act for act, _words in read.offered(actor)]
    if not acts:
        raise NotAllowed(_("批量办理由接单和受理的人使用。"))
    seen = _seen(request)
    ids = list(seen) if request.POST.get("all") != "1" else _whole_list(request, actor)
    cases = read.chosen(actor, ids)
    if not cases:
        messages.error(request, _("没有选中案件。请先勾选，再选要做什么。"))
        return HttpResponseRedirect(_back(request))
    chances = {act: one for act, one in read.chances(actor, cases).items() if act in acts}
    wanted, go = request.POST.get("act", ""), request.POST.get("go") == "1"
    if go and wanted not in chances:
        raise NotAllowed(_("这一步不由您批量来做。"))
    likely = max(acts, key=lambda act: len(chances[act].may))
    act = wanted if wanted in chances else likely
    chance = chances[act]
    form, status = None, 200
    if chance.may:
        form = _form(act, actor, chance.may, request if go else None)
    if form is not None and form.is_bound:
        status = 422
        if form.is_valid():
            try:
                batch = batches.act_on_many(
                    act=act,
                    cases=[(case.id, seen.get(case.id) or case.version) for case in cases],
                    told=_told(form),
                    by=actor,
                    now=now,
                    clock=clock.now,
                    client_id=as_uuid(request.POST.get("client_id", "")) or actions.new_client_id(),
                )
            except Refused as refused:
                status = refuse_into(form, refused)
            else:
                return HttpResponseRedirect(reverse("cases:batch", args=[batch.id]))
    context = {
        "cases": cases,
        "kept": [(case.id, seen.get(case.id) or case.version) for case in cases],
        "lost": len(ids) - len(cases),
        "most": MOST_AT_ONCE,
        "full": len(cases) >= MOST_AT_ONCE,
        "chance": chance,
        "others": [one for name, one in chances.items() if name != act],
        "form": form,
        "client_id": request.POST.get("client_id") or actions.new_client_id(),
        "back": _back(request),
        "crumbs": [
            {"title": _("案件"), "url": reverse("cases:list")},
            {"title": _("批量办理"), "url": ""},
        ],
    }
    return render(request, "cases/batch_new.html", context, status=status)


def _seen(request: HttpRequest) -> dict[UUID, int]:
    """case id → the version its reader saw, 0 where the list did not say."""
    found = {}
    for one in request.POST.getlist("case")[: MOST_AT_ONCE * 2]:
        key, _colon, version = one.partition(":")
        if (case := as_uuid(key)) is not None:
            found[case] = int(version) if version.isdecimal() and len(version) < 9 else 0
    return found


def _whole_list(request: HttpRequest, actor: Actor) -> list[UUID]:
    said, now = request.POST.dict(), clock.now()
    if said.get("list") == "todos":
        return read.of_tab(actor, said.get("tab", ""), now, narrowed_by(said))
    return read.of_list(actor, queries.Filters.read(said), now)


def _back(request: HttpRequest) -> str:
    """The list from which it was chosen, as it was narrowed."""
    said = request.POST.dict()
    if (back := said.get("back", "")).startswith("/desk/"):
        return back
    if said.get("list") == "todos":
        kept = {"tab": said.get("tab", ""), **narrowed_by(said).as_query()}
        return f"{reverse('cases:desk')}?{urlencode({name: value for name, value in kept.items() if value})}"
    return reverse("cases:list") + address(queries.Filters.read(said))


def _form(act: str, actor: Actor, cases: list[Any], request: HttpRequest | None) -> Any:
    kind = ACTION_FORMS[act]
    more = offers.offered_for_many(act, actor, cases, clock.local_day(clock.now()))
    form = kind(request.POST, **more) if request is not None else kind(**more)
    form.fields.pop("version", None)
    return form


def _told(form: Any) -> dict[str, Any]:
    told: dict[str, Any] = form.told() if hasattr(form, "told") else dict(form.cleaned_data)
    return told


# ── what became of it ────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_safe
def show_all(request: HttpRequest) -> HttpResponse:
    """GET /desk/batches/: what I and those below me did to many cases at once, newest first."""
    actor = staff(request)
    page = read.batches_page(actor, at=request.GET.get("at", ""))
    names = people.public_names({row.made_by_id for row in page.rows if row.made_by_id})
    rows = [
        {"batch": row, "words": TRANSITIONS[row.act].words, "who": names.get(row.made_by_id, "")}
        for row in page.rows
    ]
    return render(request, "cases/batches.html", {"rows": rows, **page.links()})


def _batch(actor: Actor, key: UUID) -> Batch:
    found = read.find_batch(actor, key)
    if found is None:
        raise NotFound(_("没有这次批量办理，或者您看不到它。"))
    return found


@never_cache
@require_safe
def show(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/batches/ID/: how many were moved, which were not and why; asked again every two seconds while it runs."""
    return _page(request, staff(request), id)


def _page(
    request: HttpRequest, actor: Actor, key: UUID, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    batch, now = _batch(actor, key), clock.now()
    rows = read.rows_of(batch)
    names = people.public_names({one for one in (batch.made_by_id, batch.undo_by) if one})
    context = {
        "batch": batch,
        "words": TRANSITIONS[batch.act].words,
        "stands": read.standing(batch, now),
        "refused": rows.filter(outcome=Outcome.REFUSED),
        "kept": rows.filter(set_back=SetBack.REFUSED),
        "done": rows.filter(outcome=Outcome.DONE).exclude(set_back=SetBack.REFUSED)[:SHOWN],
        "most": SHOWN,
        "who": names.get(batch.made_by_id, "") if batch.made_by_id else "",
        "undone_by": names.get(batch.undo_by, "") if batch.undo_by else "",
        "until": batch.made_at + UNDO_WITHIN,
        "wrong": wrong,
        "crumbs": [
            {"title": _("批量办理"), "url": reverse("cases:batches")},
            {"title": TRANSITIONS[batch.act].words, "url": ""},
        ],
    }
    part = bool(request.headers.get("HX-Request")) and request.method == "GET"
    return render(request, "cases/parts/batch.html" if part else "cases/batch.html", context, status=status)


@never_cache
@require_POST
def undo(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST /desk/batches/ID/undo/: set back what nobody moved since."""
    actor = staff(request)
    try:
        batch = taking_back.undo_batch(batch=id, by=actor, now=clock.now(), clock=clock.now)
    except Refused as refused:
        if refused.status == 404:
            raise
        return _page(request, actor, id, wrong=str(refused.message), status=refused.status)
    words = (
        _("已撤回；下面写着每一件的结果。")
        if batch.undo_run is None
        else _("正在撤回；下面写着每一件的结果。")
    )
    messages.success(request, words)
    return HttpResponseRedirect(reverse("cases:batch", args=[id]))
