"""One case on the desk: everything about it on one page, and what its reader may do now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.territory import queries as territory
from mulin.ground.trail import queries as trail
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import keep_on_phone, refuse_into
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions, queries
from mulin.services.cases.forms import ACTION_FORMS
from mulin.services.cases.models import Case
from mulin.services.cases.permissions import is_reporter_only, may
from mulin.services.cases.queries import hotline, merging, offers
from mulin.services.cases.queries.history import history
from mulin.services.cases.queries.way import holders, way
from mulin.services.cases.rules import (
    CLERKS,
    DANGEROUS,
    DONE_WORDS,
    FINISHED,
    LIKELY,
    OVERSIGHT,
    PRESSING,
    TONES,
    TRANSITIONS,
    State,
)
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.neighbour import who
from mulin.services.catalogue import queries as catalogue

INLINE = 2
"""So many forms stand open to hand on the page; every other act is one press away."""


@never_cache
@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/cases/ID/[?act=NAME]: one case, the likeliest acts as forms, the others as links."""
    return _page(request, _case(staff(request), id), asked=request.GET.get("act", ""))


@require_safe
def by_part(request: HttpRequest, kind: str, id: UUID) -> HttpResponse:
    """GET /desk/parts/KIND/ID/: from the to-do of an assisting unit or a named officer to its case."""
    actor, found = staff(request), queries.case_of_part(kind, id)
    if found is None or queries.find(actor, found) is None:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    return HttpResponseRedirect(reverse("cases:detail", args=[found]))


def _case(actor: Actor, key: UUID, *, bare: bool = False) -> Case:
    found = queries.find(actor, key, bare=bare)
    if found is None:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    return found


@never_cache
@require_POST
def act(request: HttpRequest, id: UUID, action: str) -> HttpResponse:
    """POST /desk/cases/ID/ACTION/: one action; a refusal shows the case as it is now, with the words kept."""
    actor = staff(request)
    if action not in ACTION_FORMS:
        raise NotFound(_("没有这个页面。"))
    case = _case(actor, id, bare=True)
    stale = request.POST.get("version", "") not in ("", str(case.version))  # he will be told that it changed
    if not stale and not (
        may(actor, action, case) or (_holds(actor, case) and may(actor, action, case, holds_work=True))
    ):
        raise NotAllowed(_("这一步不由您来做。"))
    form = _form(action, actor, case, request)
    if action == "show_contact":
        shown = actions.show_contact(case=case, by=actor, now=clock.now())
        return _page(request, case, contacts=shown)
    status = 422
    if form.is_valid():
        try:
            done = _do(action, case, form, actor, clock.now())
        except Refused as refused:
            status = refuse_into(form, refused)
        else:
            if action == "accept" and done.state == State.RETURNED:
                words = _("已受理，但没有派出去。%(why)s")
                messages.warning(request, words % {"why": queries.why_here(case)})
            elif action == "return_not_ours" and done.state == State.DISPUTED:
                messages.success(request, _("已退回。退了几次了，交上级裁定由谁主办。"))
            elif action == "sign_off_supervision" and not form.cleaned_data["passed"]:
                messages.success(request, _("已退回，承办的人要再答复。"))
            else:
                messages.success(request, str(DONE_WORDS[action]))
            if action == "reclassify" and (why := offers.elsewhere(done, clock.now())):
                messages.info(request, _("按新的事项：%(why)s。可以派单转过去。") % {"why": why})
            return HttpResponseRedirect(f"{reverse('cases:detail', args=[case.id])}?done={action}")
    return _page(request, _case(actor, id), refused=(action, form), status=status)


def _do(action: str, case: Case, form: Any, by: Actor, now: datetime) -> Any:
    """The action named so. A form whose fields are not its arguments says what they are (``told``)."""
    told = dict(form.cleaned_data)
    version = told.pop("version")
    if hasattr(form, "told"):
        told = form.told()
    return getattr(actions, action)(case=case, by=by, now=now, version=version, **told)


def _form(action: str, actor: Actor, case: Case, request: HttpRequest | None = None) -> Any:
    """The form of an action: bound to a POST, or fresh with the version on show. Its choices are the reader's own."""
    kind = ACTION_FORMS[action]
    begun: dict[str, Any] = {"version": case.version}
    if action == "accept":
        begun["urgency"] = case.urgency
        begun["matter"] = str(case.matter.matter_type_id) if case.matter is not None else ""
    more: dict[str, Any] = {"initial": begun, "auto_id": f"id_{action}_%s"}
    more |= offers.offered(action, actor, case, clock.local_day(clock.now()))
    return kind(request.POST, request.FILES, **more) if request is not None else kind(**more)


def _holds(actor: Actor, case: Case) -> bool:
    return bool(actor.persons) and work.of_subject("case", case.id).filter(person__in=actor.persons).exists()


def _page(
    request: HttpRequest,
    case: Case,
    *,
    asked: str = "",
    refused: tuple[str, Any] | None = None,
    contacts: Any = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = who(request), clock.now()
    todos = list(work.of_subject("case", case.id))
    holds = any(item.person_id in actor.persons for item in todos if item.person_id is not None)
    waiting = {item.kind for item in todos}
    reporters = queries.shown_reporters(case)
    open_now = offers.open_acts(actor, case, waiting=waiting, told=bool(reporters), holds_work=holds)
    allowed = tuple(action for action in open_now if action in ACTION_FORMS)
    forms, links = _acts(actor, case, allowed, asked, refused)
    lit = work.lit(todos, now, actor=actor)
    whose = holders(lit)
    story = queries.timeline(case, actor, public=False if holds else None)
    standing = queries.standing(case, now)
    context = {
        "case": case,
        "before": history(actor, case) if case.state not in FINISHED else None,
        "kin": merging.relatives(actor, case) if story.related else None,
        "twins": merging.likely(actor, case) if "merge_into" in allowed else [],
        "tone": TONES[case.state],
        "finished": case.state in FINISHED,
        "light": queries.light_of(case, now),
        "story": story,
        "place": territory.name_of_path(case.grid_path or case.place_path),
        "standing": standing,
        "again": next((hop for hop in standing.hops if hop.again and hop.until is None), None),
        "stuck": next((hop for hop in standing.hops if hop.broken and hop.until is None), None),
        "beside": queries.beside_clocks(case, waiting, now),
        "judges": any(action in PRESSING for action in allowed),
        "reporters": reporters,
        "hotline": hotline.of_case(case, reporters),
        "chosen": catalogue.choice_name(case.chosen) if case.chosen and case.matter_id is None else "",
        "way": way(case, told=bool(reporters)),
        "contacts": contacts,
        "may_show_contact": any(one.name or one.phone or one.confidential for one in reporters)
        and may(actor, "show_contact", case, holds_work=holds),
        "ratings": queries.ratings(case),
        "todos": [{"item": one, "whose": whose[one.id]} for one in lit],
        "actions": forms,
        "more_actions": links,
        "deeds": trail.of_subject("case", case.id)
        if actor.holds(*CLERKS, *OVERSIGHT) and not is_reporter_only(actor, case)
        else [],
        "late": refused is not None and refused[0] not in allowed,
        "refused": refused,
        "typed": _typed(refused[1]) if refused is not None else [],
        "done": _draft_of(case, request.GET.get("done", "")),
        "crumbs": [{"title": _("案件"), "url": reverse("cases:list")}, {"title": case.number, "url": ""}],
    }
    response = render(request, "cases/detail.html", context, status=status)
    if "dispose" in allowed:  # the result may be written where no network is
        keep_on_phone(request, response)
    return response


def _typed(form: Any) -> list[tuple[Any, str]]:
    """What somebody wrote and chose in a form, as it stood there: (label, words)."""
    found = []
    for field in form.visible_fields():
        value = field.value()
        words = dict(_flat(getattr(field.field, "choices", ())))
        values = value if isinstance(value, list) else [value]
        said = [str(words.get(str(one), "") if words else one) for one in values if one]
        if any(said):
            found.append((field.label, "、".join(filter(None, said))))
    return found


def _flat(choices: Any) -> Iterator[tuple[str, Any]]:
    for key, words in choices:
        if isinstance(words, list | tuple):
            yield from _flat(words)
        else:
            yield str(key), words


def _draft_of(case: Case, done: str) -> str:
    """The draft on this phone that has become a deed."""
    return f"act_{case.id}_{done}" if done in ACTION_FORMS else "found_fixed" if done == "found_fixed" else ""


def _acts(
    actor: Actor, case: Case, allowed: tuple[str, ...], asked: str, refused: tuple[str, Any] | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The forms at hand (the one asked for or refused first and open) and, as links, every other act allowed now."""
    order = [action for action in (*PRESSING, *LIKELY.get(State(case.state), ())) if action in allowed]
    order += [action for action in allowed if action not in order]
    if refused is not None and refused[0] in allowed:
        asked = refused[0]
    shown = (
        [asked, *(action for action in order[:INLINE] if action != asked)]
        if asked in allowed
        else order[:INLINE]
    )
    forms = [
        _act(action, actor, case, refused, first=place == 0, wanted=action == asked)
        for place, action in enumerate(shown)
    ]
    links = [
        {
            "name": action,
            "words": TRANSITIONS[action].words,
            "dangerous": action in DANGEROUS,
            "url": reverse("cases:merge", args=[case.id])
            if action == "merge_into"
            else f"?act={action}#acts",
        }
        for action in order
        if action not in shown
    ]
    return forms, links


def _act(
    action: str, actor: Actor, case: Case, refused: tuple[str, Any] | None, *, first: bool, wanted: bool
) -> dict[str, Any]:
    form = _form(action, actor, case)
    wrong = refused is not None and refused[0] == action
    if wrong and refused is not None:
        form = refused[1]
        form.data = form.data.copy()
        form.data["version"] = str(case.version)
        if "client_id" in form.fields:  # what was refused is sent again as something new
            form.data["client_id"] = str(uuid7())
    return {
        "name": action,
        "words": TRANSITIONS[action].words,
        "form": form,
        "open": wrong or (first and (action not in DANGEROUS or wanted)),
        "wrong": wrong,
        "dangerous": action in DANGEROUS,
        "files": any(name == "photos" for name in form.fields),
    }
