"""Who serves where, out of a table: rosters, links, officers, stations, postings, households. Good rows stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.people import actions as people
from mulin.ground.people import queries as people_read
from mulin.ground.territory.actions.links import assign_officer, lead_department, link_department
from mulin.ground.territory.actions.stations import add_station, count_households, post_to_station
from mulin.ground.territory.models import OPEN, DepartmentGridLink, Division, Grid, OfficerRole, Station
from mulin.ground.territory.queries import paths_by_name
from mulin.ground.territory.rules import weekday_names
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import Refused
from mulin.kernel.tables import Column, Kind, Row

_ON = Column("on", "从哪天起", ("开始日期",), kind=Kind.DATE, hint="空着就是今天")
_WHO = Column("person", "姓名", ("对外称呼", "人员"), True, hint="对外称呼；有同名的写工作电话")
_GRID = Column(
    "grid", "网格", ("网格编码", "编码"), True, Kind.IDENTIFIER, hint="16 位编码，或 社区名+网格名"
)
_PLACE = Column("place", "地点", ("社区", "小区"), True, hint="全称，如 叶柏寿街道双虹社区")


@dataclass(frozen=True)
class Sheet:
    """A kind of table: its name for people, its columns, examples of its rows."""

    title: str | Promise
    columns: tuple[Column, ...]
    example: Mapping[str, object]


SHEETS: Final[dict[str, Sheet]] = {
    "roster": Sheet(
        gettext_lazy("队伍名册"),
        (
            Column("team", "队伍", ("专业队伍",), True, hint="登记的全名"),
            _WHO,
            Column("post", "职务", ()),
            Column("credential", "执法证号", ("证号",), kind=Kind.IDENTIFIER, hint="没有执法证的空着"),
            Column("leads", "队长", (), hint="是队长的填“是”"),
        ),
        {
            "team": "城管执法下沉分队",
            "person": "张敏",
            "post": "队员",
            "credential": "LN2113220001",
            "leads": "否",
        },
    ),
    "links": Sheet(
        gettext_lazy("部门包联网格"),
        (
            _GRID,
            Column("unit", "部门", ("包联部门",), True),
            Column("leads", "牵头", (), hint="牵头的填“是”"),
            _ON,
        ),
        {"grid": "2113220010031001", "unit": "县民政局", "leads": "是"},
    ),
    "officers": Sheet(
        gettext_lazy("执法人员编入网格"),
        (
            _GRID,
            Column("team", "队伍", ("专业队伍",), True),
            _WHO,
            Column("role", "职责", (), hint="执法、巡查、联络；空着是执法"),
            _ON,
        ),
        {"grid": "2113220010031001", "team": "城管执法下沉分队", "person": "张敏", "role": "执法"},
    ),
    "stations": Sheet(
        gettext_lazy("站点"),
        (_PLACE, Column("name", "站点", ("站点名称",), True), Column("address", "地址", ()), _ON),
        {"place": "叶柏寿街道双虹社区", "name": "双虹社区党群服务站", "address": "双虹路 12 号"},
    ),
    "postings": Sheet(
        gettext_lazy("站点常驻"),
        (
            Column("station", "站点", ("站点名称",), True),
            _WHO,
            Column("weekdays", "星期", ("星期几",), hint="如 一三五；空着是每个工作日"),
            Column("hours", "时间", ("几点到几点",)),
            _ON,
        ),
        {"station": "双虹社区党群服务站", "person": "张敏", "weekdays": "一三五", "hours": "9:00—11:30"},
    ),
    "counts": Sheet(
        gettext_lazy("小区户数"),
        (
            _PLACE,
            Column("households", "户数", (), True, Kind.INTEGER),
            Column("floor_area", "建筑面积", ("面积",), kind=Kind.INTEGER, hint="平方米"),
            Column("counted_on", "哪天的数", ("日期",), True, Kind.DATE),
            Column("source", "数字从哪里来", ("来源",), True),
        ),
        {"place": "双虹家园", "households": 420, "floor_area": 38000, "source": "物业台账"},
    ),
}


@dataclass
class Taken:
    """What a table did. ``refused`` holds (row number as Excel shows it, reason, raw cells)."""

    read: int = 0
    good: int = 0
    refused: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)


@dataclass
class _Run:
    by: Actor
    now: datetime
    places: dict[str, list[str]]

    @property
    def today(self) -> date:
        return local_day(self.now)


@transaction.atomic
def import_staff(*, kind: str, rows: Iterable[Row], by: Actor, now: datetime, dry_run: bool = False) -> Taken:
    """Bring rows in through the same actions as the pages: what they refuse is told with the row's number, and the other
    rows stand. A row that says nothing new changes nothing. ``dry_run`` does all of it and takes it back.
    """
    if kind not in SHEETS:
        raise Refused("kind", _("请选择这是什么表。"), field="kind")
    found, run = Taken(), _Run(by, now, paths_by_name())
    for row in rows:
        found.read += 1
        try:
            if row.problems:
                raise Refused("row", "；".join(row.problems))
            with transaction.atomic():
                _TAKE[kind](run, _Cells(row.values))
        except Refused as refused:
            found.refused.append((row.number, refused.message, row.raw))
        else:
            found.good += 1
    if dry_run:
        transaction.set_rollback(True)
    return found


@dataclass(frozen=True)
class _Cells:
    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return " ".join(str(value).split()) if value is not None else ""

    def yes(self, name: str) -> bool:
        return self.text(name) in ("是", "有", "√", "1", "yes")

    def day(self, run: _Run) -> date:
        return self.values.get("on") or run.today


def _organisation(name: str, kinds: tuple[str, ...]) -> UUID:
    found = list(people_read.organisations(kinds=kinds).filter(name=name).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise Refused("row_unit", _("本县没有登记“%(name)s”") % {"name": name[:30]})
    return UUID(str(found[0]))


def _team(name: str) -> UUID:
    return _organisation(name, ("professional_team",))


def _path(run: _Run, said: str) -> str:
    """The path of a place or grid, by its full name or, where it is the only one, its own."""
    found = run.places.get(said, [])
    if len(found) == 1:
        return found[0]
    words = _("“%(name)s”不止一个，请写全称") if found else _("没有“%(name)s”这个地方")
    raise Refused("row_place", words % {"name": said[:30]})


def _grid(run: _Run, said: str) -> Grid:
    row = Grid.objects.filter(OPEN, code=said).first()
    row = row or Grid.objects.filter(OPEN, path=_path(run, said)).first()
    if row is None:
        raise Refused("row_grid", _("“%(name)s”不是网格") % {"name": said[:30]})
    return row


def _division(run: _Run, said: str) -> Division:
    row = Division.objects.filter(OPEN, path=_path(run, said)).first()
    if row is None:
        raise Refused("row_place", _("没有“%(name)s”这个地方") % {"name": said[:30]})
    return row


def _roster(run: _Run, cells: _Cells) -> None:
    team, who = _team(cells.text("team")), people_read.colleague(cells.text("person")).pk
    told: dict[str, Any] = {"post": cells.text("post")}
    if "credential" in cells.values:
        told["credential"] = cells.text("credential")
    people.join(organisation=team, person=who, by=run.by, now=run.now, **told)
    if cells.yes("leads"):
        people.name_leader(team=team, person=who, by=run.by, now=run.now)


def _link(run: _Run, cells: _Cells) -> None:
    grid, day = _grid(run, cells.text("grid")), cells.day(run)
    unit = _organisation(cells.text("unit"), ("department", "county_office"))
    there = DepartmentGridLink.objects.filter(OPEN, grid=grid, organisation_id=unit).first()
    if there is None:
        there = link_department(organisation=unit, grid=grid, on=day, by=run.by, now=run.now)
    if cells.yes("leads") and not there.leads:
        lead_department(link=there.pk, on=day, by=run.by, now=run.now)


_ROLES: Final = {"": OfficerRole.ENFORCEMENT, "执法": OfficerRole.ENFORCEMENT, "巡查": OfficerRole.PATROL,
                 "联络": OfficerRole.LIAISON}  # fmt: skip


def _officer(run: _Run, cells: _Cells) -> None:
    role = _ROLES.get(cells.text("role"))
    if role is None:
        raise Refused("officer_role", _("没有这种职责。"))
    assign_officer(
        person=people_read.colleague(cells.text("person")).pk,
        team=_team(cells.text("team")),
        grid=_grid(run, cells.text("grid")),
        role=role,
        on=cells.day(run),
        by=run.by,
        now=run.now,
    )


def _station(run: _Run, cells: _Cells) -> None:
    place, name = _division(run, cells.text("place")), cells.text("name")
    if Station.objects.filter(OPEN, division=place, name=name).exists():
        return
    add_station(
        division=place, name=name, address=cells.text("address"), on=cells.day(run), by=run.by, now=run.now
    )


def _posting(run: _Run, cells: _Cells) -> None:
    name = cells.text("station")
    found = list(Station.objects.filter(OPEN, name=name).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        words = _("“%(name)s”不止一个，请写全称") if found else _("没有“%(name)s”这个站点")
        raise Refused("row_station", words % {"name": name[:30]})
    post_to_station(
        station=found[0],
        person=people_read.colleague(cells.text("person")).pk,
        weekdays=_weekdays(cells.text("weekdays")),
        hours=cells.text("hours"),
        on=cells.day(run),
        by=run.by,
        now=run.now,
    )


def _weekdays(said: str) -> list[int]:
    """一三五, 周一、周三, 1,3,5 → 1, 3, 5."""
    letters = {str(name)[-1]: day for day, name in weekday_names().items()}
    known = {**dict(zip("一二三四五六日", range(1, 8), strict=True)), "天": 7, **letters}
    known |= {str(day): day for day in range(1, 8)}
    plain = re.sub(r"[周星期礼拜、,，;；/\s和]", "", said)
    if any(letter not in known for letter in plain):
        raise Refused("weekday", _("星期只能是周一到周日。"))
    return [known[letter] for letter in plain]


def _count(run: _Run, cells: _Cells) -> None:
    count_households(
        division=_division(run, cells.text("place")),
        households=int(cells.values.get("households") or 0),
        floor_area=cells.values.get("floor_area"),
        counted_on=cells.values["counted_on"],
        source=cells.text("source"),
        by=run.by,
        now=run.now,
    )


_TAKE: Final[dict[str, Callable[[_Run, _Cells], None]]] = {
    "roster": _roster,
    "links": _link,
    "officers": _officer,
    "stations": _station,
    "postings": _posting,
    "counts": _count,
}
