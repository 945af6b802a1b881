"""What the form of a routing rule offers: places, types, units, teams, persons. And the columns of its table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.tables import Column, Kind, write_table, write_template
from mulin.kernel.tables.writing import Target as File
from mulin.services.cases.permissions import ROUTERS
from mulin.services.cases.queries import table
from mulin.services.cases.queries.offers import LEADING
from mulin.services.cases.rules import COMMUNITY_KINDS, COMPOUND_KINDS, Hours, Line
from mulin.services.catalogue import queries as catalogue

Choices = list[tuple[str, Any]]


def areas(actor: Actor) -> Choices:
    """The county, streets and communities for which the actor keeps rules. Two statements."""
    own = ("/",) if actor.system else actor.paths(*ROUTERS)
    found: Choices = [("/", _("全县"))] if "/" in own else []
    for street, places in territory.streets_and_communities():
        within = [one for one in places if one[0].startswith(tuple(own))]
        if within:
            found.append((street, within))
    return found


def all_areas() -> Choices:
    """The county, its streets and communities. Two statements."""
    return [("/", _("全县")), *territory.streets_and_communities()]


def spots(area: str, on: date) -> Choices:
    """The grids and compounds of a community. Three statements, one for any other place."""
    here = territory.division_at_path(area)
    if here is None or here.kind not in COMMUNITY_KINDS:
        return []
    grids = [(one.path, one.name) for one in territory.grids_under(area, on=on)]
    compounds = [(one.path, one.name) for one in territory.children(here.id) if one.kind in COMPOUND_KINDS]
    groups = ((_("网格"), grids), (_("小区"), compounds))
    return [group for group in groups if group[1]]


def area_of(path: str) -> str:
    """The community of a grid or compound, any other place itself: what the first choice of a form says. One statement."""
    for one in reversed(territory.chain(path)):
        if one.kind in COMMUNITY_KINDS:
            return str(one.path)
    return path


def types() -> Choices:
    """Whole categories and single types: ("c:" or "m:" and the id, name). Two statements."""
    whole = [
        (f"c:{one.id}", _("%(category)s（整个大类）") % {"category": one.label})
        for one in catalogue.categories()
    ]
    single = [
        (category, [(f"m:{key}", name) for key, name in listed]) for category, listed in catalogue.choices()
    ]
    return [(_("整个大类"), whole), *single] if whole else single


def units() -> Choices:
    """Who may lead: departments, offices, companies. One statement."""
    kinds = [kind for kind in LEADING if kind != "professional_team"] + ["other"]
    return [(str(row.pk), row.name) for row in people.organisations(kinds=kinds)]


def teams(on: date) -> Choices:
    """Professional teams. One statement."""
    return [(str(row.pk), row.name) for row in people.teams(on=on)]


# ── as a table ───────────────────────────────────────────────────────────────────────────────────────────────────

LEVEL_NAMES: Final = {
    "网格": "grid", "小区": "compound", "社区": "community", "街道": "street", "县级": "county",
}  # fmt: skip
HOUR_NAMES: Final = {
    "任何时间": Hours.ALWAYS.value, "工作时间": Hours.WORKING.value, "工作时间以外": Hours.OUTSIDE.value,
}  # fmt: skip
COLUMNS: Final = (
    Column("number", "规则编号", ("编号", "number"), hint="空着是新规则；写编号就是改那一条", kind=Kind.IDENTIFIER),
    Column("place", "地点", ("区域", "place"), True, hint="全称，如 叶柏寿街道双虹社区；或区划路径；全县写“全县”"),
    Column("what", "事项", ("事项编码", "类别", "what"), hint="事项编码或名称，或大类名称；空着是所有事项"),
    Column("hours", "时间", ("时段", "hours"), hint="任何时间、工作时间、工作时间以外；空着是任何时间"),
    Column("from_day", "从哪天起", ("开始日期",), kind=Kind.DATE),
    Column("until_day", "到哪天止", ("结束日期",), kind=Kind.DATE, hint="这一天也算"),
    Column("level", "派到哪一级", ("层级", "level"), True, hint="网格、小区、社区、街道、县级"),
    Column("unit", "主办单位", ("单位", "unit"), hint="本县登记的单位全名"),
    Column("team", "队伍", ("专业队伍", "team"), hint="专业队伍全名；同时写了主办单位的，队伍协办"),
    Column("officers", "指定经办人", ("经办人",), hint="对外称呼，几个人用顿号隔开"),
    Column("note", "依据或说明", ("说明", "note"), hint="200 字以内"),
)  # fmt: skip
CHOICES: Final = {"level": tuple(LEVEL_NAMES), "hours": tuple(HOUR_NAMES)}
SHEET: Final = "派单规则"


def write_rules(out: File, found: Iterable[Line], on: date) -> int:
    """Rules as a workbook that can be edited and imported again: written Chinese in every language. Rows."""
    listed = list(found)
    names = table.Names.of([line.content for line in listed], on)
    codes = {
        one.matter_type_id: one.matter_type.code for group in catalogue.published() for one in group.versions
    }
    return write_table(out, COLUMNS, [_cells(line, names, codes) for line in listed], sheet=SHEET)


def _cells(line: Line, names: table.Names, codes: dict[Any, str]) -> list[object]:
    scope, target = line.content.scope, line.content.target
    units = {key: names.standing.units[key].name for key in (target.unit, target.team) if key is not None}
    what = ""
    if scope.matter_type is not None:
        what = codes.get(scope.matter_type, names.types.get(scope.matter_type, ("", False))[0])
    elif scope.category is not None:
        what = names.categories.get(scope.category, ("", False))[0]
    return [
        str(line.number),
        "全县" if scope.path == "/" else names.places.get(scope.path, scope.path),
        what,
        next(word for word, code in HOUR_NAMES.items() if code == scope.hours),
        scope.from_day,
        scope.until_day,
        next(word for word, code in LEVEL_NAMES.items() if code == target.level),
        units.get(target.unit, "") if target.unit else "",
        units.get(target.team, "") if target.team else "",
        "、".join(names.standing.names.get(one, "") for one in target.officers),
        line.content.note,
    ]


def write_form(out: File, on: date) -> None:
    """An empty form with hints and drop-downs of this county's units."""
    choices = {
        **CHOICES,
        "unit": tuple(name for _key, name in units()),
        "team": tuple(name for _key, name in teams(on)),
    }
    examples: list[dict[str, object]] = [
        {
            "place": "全县",
            "what": "占道经营",
            "hours": "工作时间以外",
            "level": "县级",
            "unit": "县城市管理综合执法局",
        },
        {"place": "叶柏寿街道双虹社区", "level": "社区", "note": "试点：先由社区办"},
    ]
    write_template(out, COLUMNS, examples, choices)
