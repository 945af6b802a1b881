"""Doors of the stations (row 15): where cadres are to be found, on which days, and what was done there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.people import queries as people
from mulin.ground.territory import actions, queries
from mulin.ground.territory.forms import NewStation, OnDay, PostingForm, StationForm, VisitForm
from mulin.ground.territory.permissions import EDITORS, may_edit
from mulin.ground.territory.rules import weekday_words
from mulin.ground.territory.views.doors import (
    crumbs,
    did,
    editing,
    form_methods,
    form_page,
    sent,
    today,
    visiting,
)
from mulin.ground.territory.views.serving import done
from mulin.kernel import clock
from mulin.kernel.errors import NotAllowed, NotFound


def _crumbs(*more: tuple[str, str]) -> list[dict[str, str]]:
    found = [(_("站点"), reverse("territory:stations")), *more]
    return [{"title": title, "url": url} for title, url in found[:-1]] + [{"title": found[-1][0], "url": ""}]


def _back(request: HttpRequest, key: UUID, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("territory:station", key)


def _page(
    request: HttpRequest, row: Any, form: Any, title: str, submit: str, *, danger: bool = False
) -> HttpResponse:
    """A form about a station."""
    back = reverse("territory:station", args=[row.pk])
    told = {"form": form, "title": title, "submit": submit, "back": back, "danger": danger}
    return form_page(request, told | {"crumbs": _crumbs((row.name, back), (title, ""))})


@require_safe
def station(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET /desk/stations/KEY/: who is posted there, when, and what was done."""
    actor, day = visiting(request), today()
    row = queries.station(key)
    posted = queries.postings_at([key], on=day).get(key, [])
    edits = may_edit(actor, row.path) and row.ended_on is None
    context = {
        "row": row,
        "place": queries.name_of_path(row.path),
        "postings": [{"row": one, "days": weekday_words(one.weekdays)} for one in posted],
        "visits": [
            {"row": one, "mine": edits or one.person_id == actor.person}
            for one in queries.visits(key, size=100)
        ],
        "may_edit": edits,
        "may_write": row.ended_on is None and (edits or any(one.person_id == actor.person for one in posted)),
        "crumbs": _crumbs((row.name, "")),
    }
    return render(request, "territory/station.html", context)


def _where(request: HttpRequest) -> HttpResponse:
    """In which place? Those that the actor keeps."""
    actor = visiting(request)
    own = ("/",) if actor.system else actor.paths(*EDITORS)
    if not own:
        raise NotAllowed(_("站点由县、街道、社区的管理人员设。"))
    if request.method == "POST":
        raise NotFound(_("没有这个地方。"))
    groups = [
        (street, [(path, name) for path, name in places if path.startswith(tuple(own))])
        for street, places in queries.streets_and_communities()
    ]
    context = {
        "groups": [(street, places) for street, places in groups if places],
        "crumbs": _crumbs((_("设站点"), "")),
    }
    return render(request, "territory/station_where.html", context)


@form_methods
def add(request: HttpRequest) -> HttpResponse:
    """GET, POST /desk/stations/add/?path=: a station in that place; without one, the places to choose from."""
    place = queries.division_at_path(request.GET.get("path", ""))
    if place is None:
        return _where(request)
    actor = editing(request, place.path)
    form = NewStation(sent(request), initial={"on": today()})
    made = form.is_bound and did(
        form, lambda told: actions.add_station(division=place, **told, by=actor, now=clock.now())
    )
    if made:
        return _back(request, made.pk, _("站点已设，请安排常驻的人。"))
    title = _("设站点")
    context = {"form": form, "title": title, "lead": place.name, "crumbs": crumbs(place, title)}
    return form_page(request, context | {"submit": title, "back": reverse("territory:stations")})


@form_methods
def change(request: HttpRequest, key: UUID, what: str) -> HttpResponse:
    """Another name or address; or the station is closed (``what=close``)."""
    row = queries.station(key)
    actor = editing(request, row.path)
    form: Any
    if what == "close":
        title, form = _("撤销站点"), OnDay(sent(request), initial={"on": today()})
        act = done(lambda told: actions.close_station(station=key, **told, by=actor, now=clock.now()))
    else:
        initial = {"name": row.name, "name_en": row.name_en, "address": row.address}
        title, form = _("更正站点"), StationForm(sent(request), initial=initial)
        act = done(lambda told: actions.change_station(station=key, **told, by=actor, now=clock.now()))
    if form.is_bound and did(form, act):
        return _back(request, key, _("已保存。"))
    return _page(request, row, form, title, title, danger=what == "close")


@form_methods
def post(request: HttpRequest, key: UUID) -> HttpResponse:
    """Somebody is posted to the station; one who is posted already gets other days."""
    row = queries.station(key)
    actor = editing(request, row.path)
    form = PostingForm(sent(request), initial={"on": today()})

    def act(told: dict[str, Any]) -> Any:
        person = people.colleague(told.pop("person"))
        return actions.post_to_station(station=key, person=person.pk, **told, by=actor, now=clock.now())

    if form.is_bound and did(form, act):
        return _back(request, key, _("已安排常驻。"))
    title = _("安排常驻")
    return _page(request, row, form, title, title)


@form_methods
def visit(request: HttpRequest, key: UUID) -> HttpResponse:
    """What somebody did there on a day, written afterwards."""
    actor, row = visiting(request), queries.station(key)
    posted = queries.postings_at([key], on=today()).get(key, [])
    edits = may_edit(actor, row.path)
    mine = [one for one in posted if edits or one.person_id == actor.person]
    if not mine and not edits:
        raise NotAllowed(_("由常驻的人自己记，或由管这个地方的人记。"))
    persons = [(str(one.person_id), one.person.public_name) for one in mine]
    form = VisitForm(sent(request), persons=persons, initial={"day": today(), "person": str(actor.person)})

    def act(told: dict[str, Any]) -> Any:
        person = UUID(told.pop("person"))
        return actions.write_visit(station=key, person=person, **told, by=actor, now=clock.now())

    if form.is_bound and did(form, act):
        return _back(request, key, _("已记下。"))
    return _page(request, row, form, _("记一次工作"), _("记下"))


@require_POST
def withdraw(request: HttpRequest, key: UUID, visit: UUID) -> HttpResponse:
    """POST …/visits/VISIT/withdraw/: it was written by mistake."""
    actor = visiting(request)
    actions.withdraw_visit(visit=visit, by=actor, now=clock.now())
    return _back(request, key, _("已撤回。"))
