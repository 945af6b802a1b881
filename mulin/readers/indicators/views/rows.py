"""GET /desk/figures/CODE/: the rows that make a figure, or (``all=1``) those of its denominator; whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from mulin.ground.orders import queries as orders
from mulin.ground.points.queries import figures as points
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import page
from mulin.readers.indicators import queries
from mulin.readers.indicators.permissions import may_read_figures
from mulin.readers.indicators.queries.sets import (
    ACCOUNT,
    ACT,
    ALLIANCE,
    ASK,
    CASE,
    COMPOUND,
    DISCOUNT,
    ENTRY,
    GOOD,
    GRID,
    HONOUR,
    MERCHANT,
    OFFICER,
    PASSBOOK,
    PATROL,
    PLEDGE,
    RATING,
    STATION,
    TEAM,
)  # fmt: skip
from mulin.readers.indicators.rules import INDICATORS, ORIGINS
from mulin.readers.indicators.views.asking import Asked, reader
from mulin.services.exchange import queries as exchange

_ON_THE_MAP = (GRID, STATION, COMPOUND)
"""Their rows open to the county's map, which a property company does not see."""
_AGREED = (MERCHANT, ALLIANCE, DISCOUNT, HONOUR)
"""Their rows open to the clerks who agree with merchants."""


@require_safe
def behind(request: HttpRequest, code: str) -> HttpResponse:
    """The rows behind one figure, in pages."""
    may_read_figures(reader(request))
    indicator = INDICATORS.get(code)
    if indicator is None:
        raise NotFound(_("没有这个指标"))
    asked = Asked.of(request)
    whole = request.GET.get("all") == "1" and bool(indicator.over)
    parts = queries.parts_of(indicator.over if whole else indicator.base)
    part = request.GET.get("part", "")
    name = part if part in parts else parts[0]
    kind, origin = queries.kind_of(name), request.GET.get("origin", "")
    look = queries.look_at(asked.start, asked.end, asked.now)
    found = queries.rows_of(name, asked.scope, look)
    if kind == CASE:
        found = queries.origin_rows(found, origin)
    shape = SHAPES[kind]
    shown = page(shape.widen(found), by=shape.order, at=request.GET.get("at", ""))
    context = {
        **asked.context(),
        "indicator": indicator,
        "kind": kind,
        "columns": shape.columns,
        "rows": shape.told(shown.rows),
        "total": found.count(),
        "words": shape.words,
        "origin": ORIGINS.get(origin) if kind == CASE else "",
        "whole": whole,
        "parts": _parts(parts, name, asked, code, whole),
        **shown.links({"from": asked.start, "to": asked.end, **asked.narrowed, **_kept(request)}),
        "back": asked.link("figures"),
    }
    if kind == COMPOUND:
        counted, uncounted = queries.compound_lines(asked.scope, look)
        context |= {"compounds": {one.compound.pk: one for one in counted}, "uncounted": uncounted}
        context["rows"] = [_compound(row, context["compounds"].get(row.pk)) for row in shown.rows]
    opens = kind not in _ON_THE_MAP or territory.may_see_tree(reader(request))
    opens = opens and (kind not in _AGREED or exchange.may_agree_somewhere(reader(request)))
    context["opens"] = opens
    for row in context["rows"]:
        row["url"] = row["url"] if opens else ""
        row["labelled"] = [
            (label, _said(cell)) for label, cell in zip(shape.columns, row["cells"], strict=False)
        ]
    return render(request, "indicators/rows.html", context, status=422 if asked.wrong else 200)


def _parts(parts: tuple[str, ...], name: str, asked: Asked, code: str, whole: bool) -> list[dict[str, Any]]:
    """What a sum is made of, to go from one to the other; nothing for a plain set."""
    more = {"all": "1"} if whole else {}
    return [
        {"name": PARTS[one], "url": asked.link("rows", code, part=one, **more), "here": one == name}
        for one in (parts if len(parts) > 1 else ())
    ]


PARTS = {
    "shelved_goods": gettext_lazy("货架"),
    "pledges": gettext_lazy("兑付承诺"),
    "acts_helped": gettext_lazy("邻里求助"),
    "acts_wished": gettext_lazy("微心愿"),
    "acts_seen": gettext_lazy("工作人员记的好事"),
}


def _said(cell: object) -> object:
    if isinstance(cell, datetime):
        return f"{localtime(cell):%Y-%m-%d %H:%M}"
    return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else cell


def _kept(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("origin", "all", "part") if name in request.GET}


@dataclass(frozen=True)
class Shape:
    """How rows of a kind are shown: the list's order, its columns after the first, and a row's cells."""

    words: Any
    order: str
    columns: tuple[Any, ...]
    told: Callable[[list[Any]], list[dict[str, Any]]]
    widen: Callable[[Any], Any] = lambda found: found


def _row(title: object, url: str, *cells: object, note: object = "", **more: Any) -> dict[str, Any]:
    return {"title": title, "url": url, "note": note, "cells": cells, **more}


def _cases(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(
            case.title, reverse("cases:detail", args=[case.id]), note=case.number, case=case,
            hours=queries.hours_waited(case),
        )
        for case in rows
    ]  # fmt: skip


def _ratings(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(
            row.case.title, reverse("cases:detail", args=[row.case_id]), row.get_score_display(), row.rated_at,
            note=row.case.number,
        )
        for row in rows
    ]  # fmt: skip


def _patrols(rows: list[Any]) -> list[dict[str, Any]]:
    names = territory.names_of_paths({row.grid_path or row.place_path for row in rows})
    return [
        _row(
            names.get(row.grid_path or row.place_path, row.place_path), reverse("patrols:task", args=[row.id]),
            row.day, row.get_state_display(),
        )
        for row in rows
    ]  # fmt: skip


def _grids(rows: list[Any]) -> list[dict[str, Any]]:
    links = territory.departments_of([row.pk for row in rows], on=clock.local_day(clock.now()))
    return [
        _row(
            row.name,
            reverse("territory:grid", args=[row.id]),
            row.community.name,
            "、".join(links.get(row.pk, ())),
        )
        for row in rows
    ]


def _officers(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(
            row.person.public_name,
            reverse("people:person", args=[row.person_id]),
            row.team.name,
            row.grid.name,
        )
        for row in rows
    ]


def _teams(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(row.name, reverse("people:unit", args=[row.id]), row.parent.name if row.parent else "")
        for row in rows
    ]


def _stations(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(row.name, reverse("territory:division", args=[row.division_id]), row.division.name, row.address)
        for row in rows
    ]


def _passbooks(rows: list[Any]) -> list[dict[str, Any]]:
    """By number and community: whose they are is nobody's business here."""
    names = territory.names_of_paths({row.account.path for row in rows})
    return [_row(row.number, "", names.get(row.account.path, ""), row.issued_at) for row in rows]


def _entries(rows: list[Any]) -> list[dict[str, Any]]:
    numbers = points.numbers_of({row.account_id for row in rows})
    names = territory.names_of_paths({row.account.path for row in rows})
    return [
        _row(
            numbers.get(row.account_id, ""),
            "",
            names.get(row.account.path, ""),
            row.transfer.at,
            abs(row.delta),
        )
        for row in rows
    ]


def _acts(rows: list[Any]) -> list[dict[str, Any]]:
    found = _asks([row.order for row in rows])
    for line, row in zip(found, rows, strict=True):
        line["cells"] = (row.confirmed_at, row.get_rating_display() or "—")
    return found


def _asks(rows: list[Any]) -> list[dict[str, Any]]:
    """Kind and rough place: nobody's name, no word of the ask."""
    names = territory.names_of_paths({row.path for row in rows})
    return [
        _row(
            f"{orders.kind_of(row.kind).name} · {names.get(row.path, '')}", reverse("orders:order", args=[row.pk]),
            row.reviewed_at or "—", row.confirmed_at or "—", row.get_state_display(), note=row.number,
        )
        for row in rows
    ]  # fmt: skip


def _merchants(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(
            row.name,
            reverse("exchange:desk_merchant", args=[row.id]),
            row.get_trade_display(),
            row.agreed_until,
        )
        for row in rows
    ]


def _accounts(rows: list[Any]) -> list[dict[str, Any]]:
    numbers = points.numbers_of({row.pk for row in rows})
    names = territory.names_of_paths({row.path for row in rows})
    return [_row(numbers.get(row.pk, ""), "", names.get(row.path, ""), row.delta) for row in rows]


def _goods(rows: list[Any]) -> list[dict[str, Any]]:
    names = territory.names_of_paths({row.shop.path for row in rows})
    return [
        _row(
            row.name, "" if row.ended_at else reverse("exchange:good", args=[row.pk]),
            names.get(row.shop.path, ""), row.pieces, row.delta, note=row.shop.name,
        )
        for row in rows
    ]  # fmt: skip


def _pledges(rows: list[Any]) -> list[dict[str, Any]]:
    paths = {row.path for row in rows}
    names, keys = territory.names_of_paths(paths), territory.keys_of_paths(paths)
    return [
        _row(
            row.source,
            reverse("points:community_reserve", args=[keys[row.path]]) if row.path in keys else "",
            names.get(row.path, ""), row.ends_on, row.points, note=row.words,
        )
        for row in rows
    ]  # fmt: skip


def _alliances(rows: list[Any]) -> list[dict[str, Any]]:
    return [_row(row.name, reverse("exchange:alliances"), row.founded_on) for row in rows]


def _discounts(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(
            row.merchant.name,
            reverse("exchange:desk_merchant", args=[row.merchant_id]),
            row.at,
            note=row.number,
        )
        for row in rows
    ]


def _honours(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        _row(
            row.round.title,
            reverse("exchange:honour_desk", args=[row.round_id]),
            row.made_at,
            row.awarded_at or "—",
        )
        for row in rows
    ]


def _nothing(_rows: list[Any]) -> list[dict[str, Any]]:
    return []


def _compound(row: Any, line: queries.CompoundLine | None) -> dict[str, Any]:
    rate = line.rate if line else None
    shown = "—" if rate is None else f"{rate:.1f}"
    known = line.households if line else ""
    return _row(
        row.name, reverse("territory:division", args=[row.id]), line.complaints if line else 0, known, shown
    )


SHAPES = {
    CASE: Shape(gettext_lazy("件"), "-reported_at", (), _cases),
    RATING: Shape(
        gettext_lazy("份评价"),
        "-rated_at",
        (gettext_lazy("评价"), gettext_lazy("时间")),
        _ratings,
        lambda found: found.select_related("case"),
    ),
    PATROL: Shape(gettext_lazy("次巡查"), "-due_at", (gettext_lazy("日期"), gettext_lazy("情况")), _patrols),
    GRID: Shape(
        gettext_lazy("个网格"), "path", (gettext_lazy("社区（村）"), gettext_lazy("包联部门")), _grids
    ),
    OFFICER: Shape(gettext_lazy("名执法人员"), "id", (gettext_lazy("队伍"), gettext_lazy("网格")), _officers),
    TEAM: Shape(gettext_lazy("支队伍"), "sort_key", (gettext_lazy("所属部门"),), _teams),
    STATION: Shape(gettext_lazy("个站点"), "path", (gettext_lazy("在哪里"), gettext_lazy("地址")), _stations),
    PASSBOOK: Shape(
        gettext_lazy("本存折"),
        "-issued_at",
        (gettext_lazy("社区（村）"), gettext_lazy("发放时间")),
        _passbooks,
        lambda found: found.select_related("account"),
    ),
    ENTRY: Shape(
        gettext_lazy("笔"),
        "-id",
        (gettext_lazy("社区（村）"), gettext_lazy("时间"), gettext_lazy("积分")),
        _entries,
        lambda found: found.select_related("account", "transfer"),
    ),
    ACCOUNT: Shape(
        gettext_lazy("本存折"), "id", (gettext_lazy("社区（村）"), gettext_lazy("积分")), _accounts
    ),
    GOOD: Shape(
        gettext_lazy("种东西"),
        "name",
        (gettext_lazy("社区（村）"), gettext_lazy("件数"), gettext_lazy("折合积分")),
        _goods,
        lambda found: found.select_related("shop"),
    ),
    PLEDGE: Shape(
        gettext_lazy("条兑付承诺"),
        "-ends_on",
        (gettext_lazy("社区（村）"), gettext_lazy("到哪天止"), gettext_lazy("折合积分")),
        _pledges,
    ),
    ACT: Shape(gettext_lazy("次互助"), "-confirmed_at", (gettext_lazy("确认"), gettext_lazy("评价")), _acts),
    ASK: Shape(
        gettext_lazy("个心愿"),
        "-reviewed_at",
        (gettext_lazy("审核通过"), gettext_lazy("确认实现"), gettext_lazy("现在")),
        _asks,
    ),
    MERCHANT: Shape(
        gettext_lazy("家商户"), "name", (gettext_lazy("行业"), gettext_lazy("协议到期")), _merchants
    ),
    ALLIANCE: Shape(gettext_lazy("个联盟"), "name", (gettext_lazy("成立"),), _alliances),
    DISCOUNT: Shape(
        gettext_lazy("次优惠"),
        "-at",
        (gettext_lazy("时间"),),
        _discounts,
        lambda found: found.select_related("merchant").defer("person"),
    ),
    HONOUR: Shape(
        gettext_lazy("个提名"),
        "-made_at",
        (gettext_lazy("提名"), gettext_lazy("表彰")),
        _honours,
        lambda found: found.select_related("round"),
    ),
    COMPOUND: Shape(
        gettext_lazy("个小区"),
        "path",
        (gettext_lazy("投诉（件）"), gettext_lazy("户数"), gettext_lazy("件/千户")),
        _nothing,
    ),
}
