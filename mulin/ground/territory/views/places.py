"""The desk's doors of places: the tree, one place, one grid, the map's GeoJSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zlib import crc32

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.territory import actions, queries
from mulin.ground.territory.actions.divisions import BELOW
from mulin.ground.territory.actions.grids import HOLDERS, UNPLACED
from mulin.ground.territory.forms import (
    DATUM_CHOICES,
    DivisionNames,
    GridFile,
    GridName,
    GridOutline,
    LastDay,
    NewDivision,
    NewGrid,
    PlaceInGrid,
)
from mulin.ground.territory.models import Division
from mulin.ground.territory.permissions import may_edit, may_edit_somewhere
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
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """The county's own page."""
    actor = visiting(request)
    return _show(request, actor, queries.root())


@require_safe
def division(request: HttpRequest, division_id: UUID) -> HttpResponse:
    """One place: what stands in it, who answers for it, its grids."""
    actor = visiting(request)
    return _show(request, actor, queries.division(division_id))


def _show(request: HttpRequest, actor: Actor, place: Division) -> HttpResponse:
    day = today()
    below = queries.children(place.id)
    counts = queries.summaries([row.path for row in below] + [place.path])
    grids = queries.grids_under(place.path, on=day) if place.kind in HOLDERS else []
    serving = (
        {contact["code"]: contact for contact in queries.grid_contacts(place.id, on=day)} if grids else {}
    )
    context = {
        "place": place,
        "rows": [{"place": row, "counts": counts[row.path]} for row in below],
        "counts": counts[place.path],
        "grids": [{"grid": row, "serving": serving.get(row.code, {})} for row in grids],
        "own_grid": queries.grid_of_place(place.id, on=day) if place.kind not in UNPLACED else None,
        "units": queries.units_of_division(place.path),
        "charges": staffing.charges_of(place.id),
        "stations": [
            one
            for one in queries.stations_in_force(on=day, under=place.path)[:200]
            if one.division_id == place.id
        ],
        "is_compound": place.kind in queries.COMPOUND_KINDS,
        "household_counts": queries.counts_of_division(place.id)
        if place.kind in queries.COMPOUND_KINDS
        else [],
        "may_edit": may_edit(actor, place.path) and place.ended_on is None,
        "may_import": may_edit_somewhere(actor),
        "holds_grids": place.kind in HOLDERS,
        "small": place.kind not in UNPLACED,
        "may_place": place.kind not in UNPLACED,
        "kinds_below": _kinds_below(place),
        "map_url": f"{reverse('territory:grids_geojson')}?{urlencode({'under': place.path})}",
        "datums": DATUM_CHOICES,
        "crumbs": crumbs(place) if place.path != "/" else [],
    }
    return render(request, "territory/division.html", context)


def _kinds_below(place: Division) -> list[str]:
    """What people may add here; streets and communities come from the national table."""
    return [
        str(kind)
        for kind, above in BELOW.items()
        if place.kind in above and kind not in (*UNPLACED, *HOLDERS)
    ]


@require_safe
def grid(request: HttpRequest, grid_id: UUID) -> HttpResponse:
    """One grid: its outline, the buildings in it, who serves it."""
    actor, day = visiting(request), today()
    row = queries.grid(grid_id)
    shape = queries.shape_of_grid(row.id, on=day)
    context = {
        "grid": row,
        "shape": shape,
        "hectares": queries.square_metres(shape.geometry) / 10_000 if shape else None,
        "places": queries.places_of_grid(row.id, on=day),
        "postings": queries.postings_of_grid(row.id, on=day),
        "links": queries.department_links(row.path, day),
        "past_links": queries.past_links(row.id, on=day),
        "officers": queries.officers_of_grid(row.id, day),
        "may_edit": may_edit(actor, row.path) and row.ended_on is None,
        "map_url": f"{reverse('territory:grids_geojson')}?{urlencode({'under': row.path})}",
        "crumbs": crumbs(row.community, row.name),
    }
    return render(request, "territory/grid.html", context)


@require_safe
def grids_geojson(request: HttpRequest) -> HttpResponse:
    """The grids of today within the actor's territories, for the map; unchanged ones are not sent again."""
    actor, day = visiting(request), today()
    under = request.GET.get("under", "/")
    mark = queries.map_mark()
    paths = sorted({held.path for held in actor.held})
    tag = f'"{mark[1].hex}-{mark[2]}-{day}-{crc32(repr((under, paths)).encode()):x}"' if mark else ""
    if tag and request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag, "Cache-Control": "private, no-cache"})
    whole = queries.grids_geojson(
        on=day,
        actor=actor,
        under=under if under.startswith("/") else "/",
        urls=lambda key: reverse("territory:grid", args=[key]),
    )
    answer = JsonResponse(
        whole, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False}
    )
    answer["Cache-Control"] = "private, no-cache"
    if tag:
        answer["ETag"] = tag
    return answer


@require_safe
def export_grids(request: HttpRequest) -> HttpResponse:
    """Grids and compounds below a path as a GeoJSON file in the asked datum, to those who keep the map
    there."""
    path = request.GET.get("under", "/")
    editing(request, path)
    datum = request.GET.get("datum", "wgs84")
    whole = queries.grids_geojson(on=today(), under=path, datum=datum, places=True)
    answer = JsonResponse(
        whole, content_type="application/geo+json", json_dumps_params={"ensure_ascii": False}
    )
    answer["Content-Disposition"] = f'attachment; filename="grids-{whole["datum"]}.geojson"'
    return answer


# ── changing ──────────────────────────────────────────────────────────────────────────────────────────────
@form_methods
def edit_division(request: HttpRequest, division_id: UUID) -> HttpResponse:
    """Another name."""
    place = queries.division(division_id)
    actor = editing(request, place.path)
    form = DivisionNames(sent(request), initial={"name": place.name, "name_en": place.name_en})
    if form.is_bound and did(
        form, lambda told: actions.rename_division(division=place, **told, by=actor, now=clock.now())
    ):
        return redirect("territory:division", place.id)
    title = _("改名称")
    context = {"form": form, "title": title, "crumbs": crumbs(place, title), "submit": _("保存")}
    context["back"] = reverse("territory:division", args=[place.id])
    return form_page(request, context)


@form_methods
def add_division(request: HttpRequest, division_id: UUID) -> HttpResponse:
    """A compound, building or place below this one."""
    place = queries.division(division_id)
    actor = editing(request, place.path)
    form = NewDivision(sent(request), kinds=_kinds_below(place))
    made = form.is_bound and did(
        form, lambda told: actions.add_division(parent=place, **told, by=actor, now=clock.now())
    )
    if made:
        messages.success(request, _("已添加%(name)s。") % {"name": made.name})
        return redirect("territory:division", place.id)
    title = _("添加小区、楼栋或场所")
    context = {"form": form, "title": title, "crumbs": crumbs(place, title), "submit": _("添加")}
    context["back"] = reverse("territory:division", args=[place.id])
    return form_page(request, context)


@form_methods
def draw_grid(request: HttpRequest, division_id: UUID) -> HttpResponse:
    """A new grid in this community or village."""
    place = queries.division(division_id)
    actor = editing(request, place.path)
    form = NewGrid(sent(request), initial={"on": today()})
    made = form.is_bound and did(
        form, lambda told: actions.draw_grid(community=place, **told, by=actor, now=clock.now())
    )
    if made:
        messages.success(request, _("已划%(name)s，编码 %(code)s。") % {"name": made.name, "code": made.code})
        return redirect("territory:grid", made.id)
    title = _("划新网格")
    context = {"form": form, "title": title, "crumbs": crumbs(place, title), "submit": _("划网格")}
    context["back"] = reverse("territory:division", args=[place.id])
    return form_page(request, context)


@form_methods
def place_in_grid(request: HttpRequest, division_id: UUID) -> HttpResponse:
    """Which grid a compound or building belongs to."""
    place = queries.division(division_id)
    actor = editing(request, place.path)
    community = next((step for step in reversed(queries.chain(place.path)) if step.kind in HOLDERS), None)
    if community is None or place.kind in UNPLACED:
        raise NotFound(_("没有这个页面。"))
    grids = [(str(row.id), row.name) for row in queries.grids_under(community.path, on=today())]
    form = PlaceInGrid(sent(request), grids=grids, initial={"on": today()})

    def act(told: dict[str, Any]) -> Any:
        return actions.put_in_grid(
            division=place, grid=UUID(told["grid"]), on=told["on"], by=actor, now=clock.now()
        )

    if form.is_bound and did(form, act):
        return redirect("territory:division", place.id)
    title = _("归入网格")
    context = {"form": form, "title": title, "crumbs": crumbs(place, title), "submit": _("保存")}
    context["back"] = reverse("territory:division", args=[place.id])
    return form_page(request, context)


@form_methods
def edit_grid(request: HttpRequest, grid_id: UUID, what: str) -> HttpResponse:
    """Rename, redraw or end a grid: ``what`` says which."""
    row = queries.grid(grid_id)
    actor = editing(request, row.path)
    form: forms.Form
    if what == "name":
        form, title = GridName(sent(request), initial={"name": row.name}), _("改网格名称")
        act: Callable[..., Any] = actions.rename_grid
    elif what == "outline":
        form, title = GridOutline(sent(request), initial={"on": today()}), _("重画边界")
        act = actions.redraw_grid
    else:
        form, title = LastDay(sent(request), initial={"on": today()}), _("撤销网格")
        act = actions.end_grid
    if form.is_bound and did(form, lambda told: act(grid=row, **told, by=actor, now=clock.now())):
        return redirect("territory:grid", row.id)
    context: dict[str, Any] = {"form": form, "title": title}
    context["crumbs"] = crumbs(row.community, row.name, title)
    context |= {"submit": title, "danger": what == "end", "back": reverse("territory:grid", args=[row.id])}
    return form_page(request, context)


@form_methods
def import_grids(request: HttpRequest) -> HttpResponse:
    """GeoJSON of grids and compounds: the whole file, or every reason why not."""
    actor = visiting(request)
    if not may_edit_somewhere(actor):
        raise NotAllowed(_("网格由社区、街道和县的管理人员导入。"))
    form = GridFile(sent(request), request.FILES or None, initial={"on": today()})
    problems: list[tuple[int, str]] = []

    def act(told: dict[str, Any]) -> Any:
        try:
            return actions.import_grids(
                geojson=told["file"].read(), datum=told["datum"], on=told["on"], by=actor, now=clock.now()
            )
        except actions.RefusedFile as refused:
            problems.extend(refused.problems)
            listed = Refused(refused.code, _("文件没有导入，问题列在上面。"), field="file")
            raise listed from refused

    done = form.is_bound and did(form, act)
    if done:
        words = _("读了 %(read)s 个图形：新增 %(added)s，改动 %(changed)s，未变 %(unchanged)s。")
        messages.success(request, words % done.plain())
        return redirect("territory:tree")
    title = _("导入网格边界")
    context = {
        "form": form,
        "title": title,
        "problems": problems[:100],
        "more": max(0, len(problems) - 100),
        "crumbs": [{"title": _("辖区与网格"), "url": reverse("territory:tree")}, {"title": title, "url": ""}],
        "submit": _("检查并导入"),
        "back": reverse("territory:tree"),
        "upload": True,
    }
    return form_page(request, context)
