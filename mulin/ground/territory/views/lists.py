"""Lists of who serves where. Each is narrowed by place and by what is missing; each figure on top opens its rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.people import queries as people
from mulin.ground.territory import queries
from mulin.ground.territory.permissions import may_edit_somewhere, may_keep_teams
from mulin.ground.territory.queries import staffing
from mulin.ground.territory.rules import weekday_words
from mulin.ground.territory.views.doors import today, visiting
from mulin.kernel.paging import count_words

Cell = dict[str, Any]


def tabs(active: str) -> list[dict[str, Any]]:
    """The pages of who serves where, one beside the other."""
    named = (
        ("teams", _("专业队伍")),
        ("served", _("网格与包联")),
        ("officers", _("执法人员")),
        ("stations", _("站点")),
        ("compounds", _("小区户数")),
    )
    return [
        {"title": title, "url": reverse(f"territory:{name}"), "active": name == active}
        for name, title in named
    ]


def area_of(request: HttpRequest) -> str:
    """The place to which a list is narrowed."""
    said = request.GET.get("area", "")
    return said if said.startswith("/") and len(said) <= 200 else "/"


def _cell(label: str, text: Any, **more: Any) -> Cell:
    return {"label": label, "text": str(text) if text not in (None, "") else "—", **more}


def _state(request: HttpRequest, known: dict[str, str]) -> str:
    said = request.GET.get("state", "")
    return said if said in known else ""


def _figure(
    name: str, value: int, unit: str, keep: dict[str, str], state: str, of: int | None = None
) -> dict[str, Any]:
    """A number that opens its rows."""
    url = f"?{urlencode({**keep, 'state': state})}" if state else f"?{urlencode(keep)}" if keep else "?"
    told = {"name": name, "value": count_words(value) or 0, "unit": unit, "url": url}
    return told | ({"numerator": value, "denominator": of} if of is not None else {})


def listing(request: HttpRequest, **told: Any) -> HttpResponse:
    """A list in words: ``rows`` of cells under ``columns``, ``figures``, ``states`` to narrow by."""
    area = told["area"]
    context = {
        "tabs": tabs(told["active"]),
        "areas": [("", _("全县")), *_places()],
        "table": {"caption": told["title"], "columns": told["columns"], "rows": told["rows"]},
        "crumbs": [
            {"title": _("辖区与网格"), "url": reverse("territory:tree")},
            {"title": _("谁在哪里服务"), "url": ""},
        ],
        **told,
        "area": "" if area == "/" else area,
    }
    return render(request, "territory/listing.html", context)


def _places() -> list[tuple[str, str]]:
    return [
        (path, name if place == 0 else f"　{name}")
        for _street, places in queries.streets_and_communities()
        for place, (path, name) in enumerate(places)
    ]


def _keep(area: str, **more: str) -> dict[str, str]:
    return {name: value for name, value in {"area": "" if area == "/" else area, **more}.items() if value}


@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """GET /desk/teams/: the professional teams of today, with leader, roster and where they were sent (row 13)."""
    actor, day = visiting(request), today()
    states = {"active": _("名册上有人的"), "empty": _("名册空着的"), "away": _("下沉在外的")}
    state, every = _state(request, states), people.team_lines(on=day)
    wanted = {
        "active": [one for one in every if one.size],
        "empty": [one for one in every if not one.size],
        "away": [one for one in every if one.host],
    }
    rows = [
        {
            "url": reverse("territory:team", args=[one.team.pk]),
            "cells": [
                _cell("", one.team.name),
                _cell(_("归属"), one.team.parent.name if one.team.parent else ""),
                _cell(_("队长"), one.leader.person.public_name if one.leader else ""),
                _cell(_("在册"), _("%(n)d 人") % {"n": one.size}, number=True),
                _cell(_("现在下沉在"), one.host.name if one.host else _("在原单位")),
            ],
        }
        for one in wanted.get(state, every)
    ]
    return listing(
        request,
        active="teams",
        area="/",
        hide_area=True,
        title=_("专业队伍"),
        lead=_("整建制下沉的队伍：名册、队长、下沉到哪里。"),
        columns=[_("队伍"), _("归属"), _("队长"), _("在册"), _("现在下沉在")],
        rows=rows,
        states=states,
        state=state,
        figures=[
            _figure(_("在编队伍"), len(wanted["active"]), _("支"), {}, "active"),
            _figure(_("下沉在外"), len(wanted["away"]), _("支"), {}, "away", len(every)),
        ],
        add=("territory:add_team", _("登记队伍")) if may_keep_teams(actor) else None,
        may_import=may_edit_somewhere(actor),
        empty=_("还没有登记专业队伍"),
    )


@require_safe
def served(request: HttpRequest) -> HttpResponse:
    """GET /desk/territory/served/: grids with their workers, departments (row 14) and officers (row 16)."""
    actor, day, area = visiting(request), today(), area_of(request)
    states = {
        "worker": _("有网格员的"), "no_worker": _("没有网格员的"),
        "department": _("有部门包联的"), "no_department": _("没有部门包联的"),
        "officer": _("有执法人员的"), "no_officer": _("没有执法人员的"),
    }  # fmt: skip
    state = _state(request, states)
    page = staffing.grids_page(state, on=day, under=area, at=request.GET.get("at", ""))
    counted, keep = staffing.grids_counted(on=day, under=area), _keep(area)
    rows = []
    for row in page.rows:
        lead = next((one.organisation.name for one in row["links"] if one.leads), "")
        helps = [one.organisation.name for one in row["links"] if not one.leads]
        rows.append(
            {
                "url": reverse("territory:grid", args=[row["grid"].pk]),
                "cells": [
                    _cell("", row["grid"].name),
                    _cell(_("社区（村）"), row["grid"].community.name),
                    _cell(_("网格长、网格员"), "、".join(_names(row["workers"]))),
                    _cell(_("牵头部门"), lead),
                    _cell(_("配合部门"), "、".join(helps)),
                    _cell(_("执法人员"), "、".join(_names(row["officers"]))),
                ],
            }
        )
    return listing(
        request,
        active="served",
        area=area,
        title=_("网格与包联"),
        lead=_("每个网格由谁服务、哪个部门包联；打开网格登记。"),
        columns=[
            _("网格"),
            _("社区（村）"),
            _("网格长、网格员"),
            _("牵头部门"),
            _("配合部门"),
            _("执法人员"),
        ],
        rows=rows,
        states=states,
        state=state,
        figures=[
            _figure(_("有网格员"), counted["worker"], _("个网格"), keep, "worker", counted[""]),
            _figure(_("有部门包联"), counted["department"], _("个网格"), keep, "department", counted[""]),
            _figure(_("有执法人员"), counted["officer"], _("个网格"), keep, "officer", counted[""]),
        ],
        may_import=may_edit_somewhere(actor),
        empty=_("没有符合条件的网格"),
        **page.links(_keep(area, state=state)),
    )


def _names(rows: list[Any]) -> list[str]:
    return list(dict.fromkeys(one.person.public_name for one in rows if one.person.public_name))


@require_safe
def officers(request: HttpRequest) -> HttpResponse:
    """GET /desk/territory/officers/: enforcement officers in grids (row 16): one line each, with credential and grids."""
    actor, day, area = visiting(request), today(), area_of(request)
    states = {str(row.pk): row.name for row in people.teams(on=day)}
    state = _state(request, states)
    page = staffing.officers_page(
        on=day, under=area, team=UUID(state) if state else None, at=request.GET.get("at", "")
    )
    rows = [
        {
            "url": reverse("people:person", args=[one["row"].person_id]),
            "cells": [
                _cell("", one["row"].person.public_name),
                _cell(
                    _("队伍"), one["row"].team.name, url=reverse("territory:team", args=[one["row"].team_id])
                ),
                _cell(_("执法证号"), one["credential"]),
                _cell(_("职责"), one["row"].get_role_display()),
                _cell(
                    _("编入的网格"),
                    "、".join(f"{own.grid.community.name}{own.grid.name}" for own in one["grids"]),
                ),
            ],
        }
        for one in page.rows
    ]
    return listing(
        request,
        active="officers",
        area=area,
        title=_("执法人员"),
        lead=_("编入网格的执法人员，一人一行。"),
        columns=[_("姓名"), _("队伍"), _("执法证号"), _("职责"), _("编入的网格")],
        rows=rows,
        states=states,
        states_word=_("队伍不限"),
        state=state,
        figures=[
            _figure(
                _("编入网格的执法人员"),
                staffing.officers_counted(on=day, under=area),
                _("人"),
                _keep(area),
                "",
            )
        ],
        may_import=may_edit_somewhere(actor),
        empty=_("还没有执法人员编入网格"),
        **page.links(_keep(area, state=state)),
    )


@require_safe
def stations(request: HttpRequest) -> HttpResponse:
    """GET /desk/stations/: stations with who is posted there and when (row 15)."""
    actor, day, area = visiting(request), today(), area_of(request)
    states = {"posted": _("有人常驻的"), "unposted": _("没有人常驻的")}
    state = _state(request, states)
    page = staffing.stations_page(state, on=day, under=area, at=request.GET.get("at", ""))
    every, posted = staffing.stations_counted(on=day, under=area)
    places = queries.names_of_paths({one["station"].path for one in page.rows})
    rows = [
        {
            "url": reverse("territory:station", args=[one["station"].pk]),
            "cells": [
                _cell("", one["station"].name),
                _cell(_("在哪里"), places.get(one["station"].path, "")),
                _cell(_("地址"), one["station"].address),
                _cell(_("常驻"), "；".join(_posted(row) for row in one["postings"])),
            ],
        }
        for one in page.rows
    ]
    return listing(
        request,
        active="stations",
        area=area,
        title=_("站点"),
        lead=_("干部在哪里、星期几能找到。不打卡，事后写一句做了什么。"),
        columns=[_("站点"), _("在哪里"), _("地址"), _("常驻")],
        rows=rows,
        states=states,
        state=state,
        figures=[_figure(_("有人常驻"), posted, _("个站点"), _keep(area), "posted", every)],
        add=("territory:add_station", _("设站点")) if may_edit_somewhere(actor) else None,
        may_import=may_edit_somewhere(actor),
        empty=_("没有符合条件的站点"),
        **page.links(_keep(area, state=state)),
    )


def _posted(row: Any) -> str:
    when = " ".join(one for one in (weekday_words(row.weekdays), row.hours) if one)
    return f"{row.person.public_name or _('（未公开姓名）')}（{when}）"


@require_safe
def compounds(request: HttpRequest) -> HttpResponse:
    """GET /desk/territory/compounds/: households and property companies of compounds (what row 45 is divided by)."""
    actor, day, area = visiting(request), today(), area_of(request)
    states = {
        "counted": _("登记过户数的"), "uncounted": _("没有户数的"),
        "managed": _("有物业企业的"), "unmanaged": _("没有物业企业的"),
    }  # fmt: skip
    state = _state(request, states)
    page = staffing.compounds_page(state, on=day, under=area, at=request.GET.get("at", ""))
    counted, keep = staffing.compounds_counted(on=day, under=area), _keep(area)
    rows = []
    for one in page.rows:
        newest = one["count"]
        rows.append(
            {
                "url": reverse("territory:division", args=[one["place"].pk]),
                "cells": [
                    _cell("", one["place"].name),
                    _cell(_("社区（村）"), one["place"].parent.name if one["place"].parent else ""),
                    _cell(_("物业企业"), "、".join(row.name for row in one["companies"])),
                    _cell(_("户数"), newest.households if newest else "", number=True),
                    _cell(_("建筑面积（㎡）"), newest.floor_area if newest else "", number=True),
                    _cell(
                        _("哪天、谁说的"), f"{newest.counted_on:%Y-%m-%d} {newest.source}" if newest else ""
                    ),
                ],
            }
        )
    return listing(
        request,
        active="compounds",
        area=area,
        title=_("小区户数"),
        lead=_("投诉率按户数算。没有户数的小区单列，不参加比较。"),
        columns=[
            _("小区、单体楼宇"),
            _("社区（村）"),
            _("物业企业"),
            _("户数"),
            _("建筑面积（㎡）"),
            _("哪天、谁说的"),
        ],
        rows=rows,
        states=states,
        state=state,
        figures=[
            _figure(_("登记过户数"), counted["counted"], _("个"), keep, "counted", counted[""]),
            _figure(_("有物业企业"), counted["managed"], _("个"), keep, "managed", counted[""]),
        ],
        may_import=may_edit_somewhere(actor),
        empty=_("没有符合条件的小区"),
        **page.links(_keep(area, state=state)),
    )
