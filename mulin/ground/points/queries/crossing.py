"""Rules by groups of people, and by months: every number that is told opens to its acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, F, QuerySet, Sum, UUIDField, Value, When
from django.db.models.functions import TruncMonth

from mulin.ground.points.models import Act
from mulin.ground.points.queries.overview import GROUP_IS, Asked, GroupLine, acts, groups_of, rule_names
from mulin.ground.points.rules import month_of
from mulin.ground.points.rules.crossing import Place, untold
from mulin.kernel.actor import Actor

MONTHS = 6


@dataclass(frozen=True)
class Cell:
    """What some people did under a rule, or all in a month; without numbers where it is not ``told``."""

    codes: str
    acts: int
    points: int
    told: bool = True
    names: tuple[object, ...] = ()
    month: date | None = None


@dataclass(frozen=True)
class Row:
    """A rule and its cells, one for each column."""

    rule: str
    name: str
    cells: list[Cell]


def by_group(actor: Actor, asked: Asked) -> tuple[list[GroupLine], list[Row]]:
    """(the columns, the rows) of a month: rules by groups that are shown; nothing where that is one group only. Six
    statements."""
    found = acts(actor, Asked(asked.first, asked.last))
    columns = groups_of(found)
    if len(columns) < 2:
        return columns, []
    names = rule_names()
    counted, members = _counted(found, columns)
    hidden = untold(members)
    rows = []
    for rule in sorted({rule for rule, _codes in members}, key=lambda rule: names.get(rule, rule)):
        cells = []
        for one in columns:
            n, points = counted.get((rule, one.codes), (0, 0))
            told = (rule, one.codes) not in hidden
            cells.append(Cell(one.codes, n, points, told, tuple(one.names)))
        rows.append(Row(rule, names.get(rule, rule), cells))
    return columns, rows


def _counted(found: QuerySet[Act], columns: list[GroupLine]) -> tuple[dict[Place, Any], dict[Place, int]]:
    """((rule, column) → (acts, points), (rule, column) → persons or households), of every rule with every column. One
    statement. No one is in two groups, so that those of a column add up."""
    column = {code: one.codes for one in columns for code in one.group.codes}
    told = found.annotate(
        part=Case(
            *(When(holds(), then=Value(code)) for code, holds in GROUP_IS.items()), default=Value(""),
            output_field=CharField(),
        ),
        who=Case(
            When(account__kind="household", then=F("account__owner")), default=F("person"), output_field=UUIDField()
        ),
    ).values_list("rule__code", "part").annotate(m=Count("who", distinct=True), n=Count("id"), p=Sum("points"))  # fmt: skip
    counted: dict[Place, tuple[int, int]] = {}
    members: dict[Place, int] = {}
    for rule, part, m, n, p in told:
        for codes in {one.codes for one in columns}:
            members.setdefault((rule, codes), 0)
        if part not in column:
            continue
        at = (rule, column[part])
        before = counted.get(at, (0, 0))
        counted[at], members[at] = (before[0] + n, before[1] + p), members[at] + m
    return counted, members


def opens(actor: Actor, asked: Asked, rule: str, codes: str) -> list[object]:
    """The names of the groups of a cell that is told; nothing for any other. Six statements."""
    _columns, rows = by_group(actor, asked)
    found = (
        cell for row in rows if row.rule == rule for cell in row.cells if cell.codes == codes and cell.told
    )
    return [name for cell in found for name in cell.names]


def by_month(actor: Actor, last: date) -> tuple[list[date], list[Row]]:
    """(the months, the rows): the acts of each rule in the MONTHS months up to that of a day. Two statements."""
    months = [last.replace(day=1)]
    while len(months) < MONTHS:
        months.insert(0, _before(months[0]))
    found = acts(actor, Asked(months[0], last)).annotate(in_month=TruncMonth("confirmed_on"))
    counted: dict[str, dict[date, tuple[int, int]]] = {}
    for rule, month, n, points in found.values_list("rule__code", "in_month").annotate(
        n=Count("id"), p=Sum("points")
    ):
        counted.setdefault(rule, {})[month] = (n, points)
    names = rule_names()
    return months, [
        Row(
            rule, names.get(rule, rule), [Cell("", *told.get(month, (0, 0)), month=month) for month in months]
        )
        for rule, told in sorted(counted.items(), key=lambda one: names.get(one[0], one[0]))
    ]


def _before(month: date) -> date:
    return month_of(date.fromordinal(month.toordinal() - 1))[0]
