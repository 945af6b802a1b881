"""Doors of the professional teams (row 13): roster, leader, where they were sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.people import actions as people_actions
from mulin.ground.people import queries as people
from mulin.ground.people.actions.teams import HOMES, HOSTS
from mulin.ground.territory import queries
from mulin.ground.territory.forms import HostForm, MemberForm, OnDay, TeamForm
from mulin.ground.territory.permissions import may_keep_teams
from mulin.ground.territory.views.doors import did, form_methods, form_page, sent, today, visiting
from mulin.ground.territory.views.serving import done
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound


def _keeper(request: HttpRequest) -> Actor:
    actor = visiting(request)
    if not may_keep_teams(actor):
        raise NotAllowed(_("队伍由全县的管理员或县级工作人员管理。"))
    return actor


def _team(key: UUID) -> Any:
    row = people.organisation(key)
    if row.kind != "professional_team":
        raise NotFound(_("没有这支队伍。"))
    return row


def _crumbs(*more: tuple[str, str]) -> list[dict[str, str]]:
    found = [(_("专业队伍"), reverse("territory:teams")), *more]
    return [{"title": title, "url": url} for title, url in found[:-1]] + [{"title": found[-1][0], "url": ""}]


def _back(request: HttpRequest, key: UUID, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("territory:team", key)


def _page(
    request: HttpRequest,
    row: Any,
    form: Any,
    title: str,
    submit: str,
    *,
    lead: str = "",
    danger: bool = False,
) -> HttpResponse:
    """A form about a team."""
    back = reverse("territory:team", args=[row.pk])
    told = {"form": form, "title": title, "lead": lead, "submit": submit, "back": back, "danger": danger}
    return form_page(request, told | {"crumbs": _crumbs((row.name, back), (title, ""))})


@require_safe
def team(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET /desk/teams/KEY/: who is on the roster with which credential and in which grids, and where the team was."""
    actor, day = visiting(request), today()
    row = _team(key)
    served = queries.assignments_of_team(key, on=day)
    context = {
        "row": row,
        "roster": [
            {"member": one, "grids": served.get(one.person_id, [])} for one in people.roster(key, on=day)
        ],
        "host": people.hosts_of([key], on=day).get(key),
        "secondments": people.secondments(key),
        "may_keep": may_keep_teams(actor) and row.ended_on is None,
        "crumbs": _crumbs((row.name, "")),
    }
    return render(request, "territory/team.html", context)


@form_methods
def add(request: HttpRequest) -> HttpResponse:
    """A team of a department."""
    actor = _keeper(request)
    homes = [(str(one.pk), one.name) for one in people.organisations(kinds=HOMES)]
    form = TeamForm(sent(request), homes=homes)

    def act(told: dict[str, Any]) -> Any:
        return people_actions.add_team(**told | {"home": UUID(told["home"])}, by=actor, now=clock.now())

    made = form.is_bound and did(form, act)
    if made:
        return _back(request, made.pk, _("队伍已登记，请把队员加进名册。"))
    title = _("登记队伍")
    context = {"form": form, "title": title, "crumbs": _crumbs((title, "")), "submit": _("登记")}
    return form_page(request, context | {"back": reverse("territory:teams")})


@form_methods
def member(request: HttpRequest, key: UUID) -> HttpResponse:
    """Somebody comes onto the roster, or his post and credential are corrected. ``?person=`` names one who is on it."""
    actor, row = _keeper(request), _team(key)
    form = MemberForm(sent(request), initial=_known(request, key))

    def act(told: dict[str, Any]) -> Any:
        person = people.colleague(told.pop("person"))
        return people_actions.join(organisation=key, person=person.pk, **told, by=actor, now=clock.now())

    if form.is_bound and did(form, act):
        return _back(request, key, _("名册已更新。"))
    return _page(request, row, form, _("加进名册"), _("保存"))


def _known(request: HttpRequest, key: UUID) -> dict[str, str]:
    said = request.GET.get("person", "")
    found = next((one for one in people.roster(key, on=today()) if str(one.person_id) == said), None)
    if found is None:
        return {}
    name = found.person.work_phone or found.person.public_name
    return {"person": name, "post": found.post, "credential": found.credential}


@form_methods
def part(request: HttpRequest, key: UUID, person: UUID) -> HttpResponse:
    """/desk/teams/KEY/members/PERSON/: he leads the team (POST ``do=lead``), or leaves it (``do=leave``: a page asks once
    more and says which grids end with it)."""
    actor, now = _keeper(request), clock.now()
    row, do = _team(key), request.POST.get("do") or request.GET.get("do")
    if request.method == "POST" and do == "lead":
        people_actions.name_leader(team=key, person=person, by=actor, now=now)
        return _back(request, key, _("已指定队长。"))
    if do != "leave":
        raise NotFound(_("没有这个页面。"))
    form = Form(sent(request))
    act = done(lambda _told: people_actions.leave(organisation=key, person=person, by=actor, now=now))
    if form.is_bound and did(form, act):
        return _back(request, key, _("已离队；编入的网格也一并结束。"))
    title = _("离队")
    return _page(request, row, form, title, title, lead=_leaving(key, person), danger=True)


def _leaving(key: UUID, person: UUID) -> str:
    """Who leaves, and what ends with it. Raises NotFound for one who is not on the roster."""
    name = next(
        (one.person.public_name for one in people.roster(key, on=today()) if one.person_id == person), None
    )
    if name is None:
        raise NotFound(_("他不在这支队伍的名册里。"))
    grids = [
        f"{one.grid.community.name}{one.grid.name}"
        for one in queries.assignments_of_team(key, on=today()).get(person, [])
    ]
    told = {"name": name or _("（未公开姓名）"), "grids": _("、").join(grids)}
    if grids:
        return _("%(name)s从今天起不再是队员；编入的网格一并结束：%(grids)s。") % told
    return _("%(name)s从今天起不再是队员。") % told


@form_methods
def second(request: HttpRequest, key: UUID) -> HttpResponse:
    """The team works under another unit from a day on (整建制下沉)."""
    actor, row = _keeper(request), _team(key)
    hosts = [(str(one.pk), one.name) for one in people.organisations(kinds=HOSTS) if one.pk != row.parent_id]
    form = HostForm(sent(request), hosts=hosts, initial={"on": today()})

    def act(told: dict[str, Any]) -> Any:
        return people_actions.second(
            team=key, host=UUID(told["host"]), on=told["on"], by=actor, now=clock.now()
        )

    if form.is_bound and did(form, act):
        return _back(request, key, _("已登记下沉。"))
    return _page(request, row, form, _("整建制下沉"), _("登记"))


@form_methods
def recall(request: HttpRequest, key: UUID) -> HttpResponse:
    """The team works at home again from a day on."""
    actor, row = _keeper(request), _team(key)
    form = OnDay(sent(request), initial={"on": today()})
    act = done(lambda told: people_actions.recall(team=key, on=told["on"], by=actor, now=clock.now()))
    if form.is_bound and did(form, act):
        return _back(request, key, _("已召回。"))
    title = _("召回原单位")
    return _page(request, row, form, title, title)
