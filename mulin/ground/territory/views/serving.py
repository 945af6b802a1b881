"""Doors of what serves a grid or a place: departments, officers, units in charge, households. Dated, each ends on a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.people import queries as people
from mulin.ground.territory import actions, queries
from mulin.ground.territory.actions.links import DEPARTMENTS
from mulin.ground.territory.forms import ChargeForm, CountForm, LinkForm, OfficerForm, OnDay
from mulin.ground.territory.queries import staffing
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
from mulin.kernel import clock
from mulin.kernel.errors import NotFound

IN_CHARGE = ("subdistrict_office", "residents_committee", "property_company", "department", "county_office")


def done(act: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], bool]:
    """An action that returns nothing, as a form's success."""

    def run(told: dict[str, Any]) -> bool:
        act(told)
        return True

    return run


@form_methods
def link(request: HttpRequest, grid_id: UUID) -> HttpResponse:
    """A department has a duty in the grid (包联, row 14)."""
    row = queries.grid(grid_id)
    actor = editing(request, row.path)
    departments = [(str(one.pk), one.name) for one in people.organisations(kinds=DEPARTMENTS)]
    form = LinkForm(sent(request), departments=departments, initial={"on": today()})

    def act(told: dict[str, Any]) -> Any:
        told = told | {"organisation": UUID(told["organisation"])}
        return actions.link_department(grid=row, **told, by=actor, now=clock.now())

    if form.is_bound and did(form, act):
        messages.success(request, _("已登记包联。"))
        return redirect("territory:grid", row.id)
    title = _("登记部门包联")
    context = {"form": form, "title": title, "crumbs": crumbs(row.community, row.name, title)}
    return form_page(
        request, context | {"submit": _("登记"), "back": reverse("territory:grid", args=[row.id])}
    )


@form_methods
def officer(request: HttpRequest, grid_id: UUID) -> HttpResponse:
    """An officer of a team serves the grid (row 16)."""
    row = queries.grid(grid_id)
    actor = editing(request, row.path)
    form = OfficerForm(sent(request), officers=_officers(), initial={"on": today()})

    def act(told: dict[str, Any]) -> Any:
        team, person = (UUID(one) for one in told["person"].split(":"))
        return actions.assign_officer(
            person=person, team=team, grid=row, on=told["on"], role=told["role"], by=actor, now=clock.now()
        )

    if form.is_bound and did(form, act):
        messages.success(request, _("已编入网格。"))
        return redirect("territory:grid", row.id)
    title = _("编入执法人员")
    context = {"form": form, "title": title, "crumbs": crumbs(row.community, row.name, title)}
    return form_page(
        request, context | {"submit": _("编入"), "back": reverse("territory:grid", args=[row.id])}
    )


def _officers() -> list[tuple[str, Any]]:
    """The rosters of today, by team: (team:person, name and credential)."""
    found: list[tuple[str, Any]] = []
    for one in people.team_lines(on=today()):
        members = [
            (f"{one.team.pk}:{row.person_id}", f"{row.person.public_name} {row.credential}".strip())
            for row in people.roster(one.team.pk, on=today())
            if row.person.public_name
        ]
        if members:
            found.append((one.team.name, members))
    return found


@form_methods
def charge(request: HttpRequest, division_id: UUID) -> HttpResponse:
    """An organisation answers for the place."""
    place = queries.division(division_id)
    actor = editing(request, place.path)
    units = [(str(one.pk), one.name) for one in people.organisations(kinds=IN_CHARGE)]
    form = ChargeForm(sent(request), units=units, initial={"on": today()})

    def act(told: dict[str, Any]) -> Any:
        unit = UUID(told["organisation"])
        return actions.put_in_charge(
            organisation=unit, division=place, on=told["on"], by=actor, now=clock.now()
        )

    if form.is_bound and did(form, act):
        messages.success(request, _("已登记负责的单位。"))
        return redirect("territory:division", place.id)
    title = _("登记负责的单位")
    context = {"form": form, "title": title, "crumbs": crumbs(place, title), "submit": _("登记")}
    return form_page(request, context | {"back": reverse("territory:division", args=[place.id])})


@form_methods
def count(request: HttpRequest, division_id: UUID) -> HttpResponse:
    """How many households the place has on a day."""
    place = queries.division(division_id)
    actor = editing(request, place.path)
    form = CountForm(sent(request), initial={"counted_on": today()})
    act = lambda told: actions.count_households(division=place, **told, by=actor, now=clock.now())  # noqa: E731
    if form.is_bound and did(form, act):
        messages.success(request, _("户数已登记。"))
        return redirect("territory:division", place.id)
    title = _("登记户数")
    context = {"form": form, "title": title, "crumbs": crumbs(place, title), "submit": _("登记")}
    return form_page(request, context | {"back": reverse("territory:division", args=[place.id])})


# ── what ends, or changes, on a day ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Turn:
    """What ends or changes on a day: its row, where it lies, its name, the page to go back to, and the action."""

    find: Callable[[UUID], Any]
    path: Callable[[Any], str]
    name: Callable[[Any], str]
    back: Callable[[Any], str]
    act: Callable[..., Any]
    title: Callable[[], str]
    ends: bool = True


def _grid(row: Any) -> str:
    return reverse("territory:grid", args=[row.grid_id])


def _station(row: Any) -> str:
    return reverse("territory:station", args=[row.station_id])


TURNS: dict[str, _Turn] = {
    "link": _Turn(
        staffing.link, lambda row: row.grid.path, lambda row: f"{row.organisation.name} · {row.grid.name}", _grid,
        lambda row, **told: actions.end_department_link(link=row.pk, **told), lambda: _("结束包联"),
    ),
    "lead": _Turn(
        staffing.link, lambda row: row.grid.path, lambda row: f"{row.organisation.name} · {row.grid.name}", _grid,
        lambda row, **told: actions.lead_department(link=row.pk, **told), lambda: _("改为牵头"), ends=False,
    ),
    "officer": _Turn(
        staffing.assignment, lambda row: row.grid.path,
        lambda row: f"{row.person.public_name} · {row.grid.name}", _grid,
        lambda row, **told: actions.end_officer(assignment=row.pk, **told), lambda: _("离开网格"),
    ),
    "posting": _Turn(
        staffing.station_posting, lambda row: row.station.path,
        lambda row: f"{row.person.public_name} · {row.station.name}", _station,
        lambda row, **told: actions.end_station_posting(posting=row.pk, **told), lambda: _("结束常驻"),
    ),
    "charge": _Turn(
        staffing.charge, lambda row: row.division.path,
        lambda row: f"{row.organisation.name} · {row.division.name}",
        lambda row: reverse("territory:division", args=[row.division_id]),
        lambda row, **told: actions.relieve(organisation=row.organisation_id, division=row.division_id, **told),
        lambda: _("不再负责"),
    ),
}  # fmt: skip


@form_methods
def turn(request: HttpRequest, what: str, key: UUID) -> HttpResponse:
    """GET, POST /desk/territory/end/WHAT/KEY/: it ends (or a department leads) from a day on."""
    visiting(request)
    known = TURNS.get(what)
    row = known.find(key) if known is not None else None
    if known is None or row is None:
        raise NotFound(_("没有这个页面。"))
    actor = editing(request, known.path(row))
    form = OnDay(sent(request), initial={"on": today()})
    act = done(lambda told: known.act(row, **told, by=actor, now=clock.now()))
    if form.is_bound and did(form, act):
        messages.success(request, _("已登记。"))
        return redirect(known.back(row))
    title = known.title()
    context = {
        "form": form,
        "title": title,
        "lead": known.name(row),
        "crumbs": [{"title": _("辖区与网格"), "url": reverse("territory:tree")}, {"title": title, "url": ""}],
        "submit": title,
        "danger": known.ends,
        "back": known.back(row),
    }
    return form_page(request, context)


@require_safe
def unit(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET /desk/territory/units/KEY/: the grids of a unit, its places, its teams."""
    visiting(request)
    row, day = people.organisation(key), today()
    context = {
        "row": row,
        "links": list(queries.grids_of_department(key, on=day)[:500]),
        "places": queries.places_of_unit(key, on=day),
        "teams": people.teams_of_department(key, on=day),
        "crumbs": [
            {"title": _("人员与单位"), "url": f"{reverse('people:list')}?view=units"},
            {"title": row.name, "url": reverse("people:unit", args=[key])},
            {"title": _("它服务的地方"), "url": ""},
        ],
    }
    return render(request, "territory/unit.html", context)
