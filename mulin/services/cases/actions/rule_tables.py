"""The routing table out of a file: each good row is a change to be tried, each bad one is told with its number."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import Refused
from mulin.kernel.tables import Row
from mulin.services.cases.actions.routing import problem, tie
from mulin.services.cases.permissions import may_route
from mulin.services.cases.queries import rule_choices, table, trials
from mulin.services.cases.queries.trials import Change
from mulin.services.cases.rules import Content, Hours, Line, Scope, Target, checked
from mulin.services.catalogue import queries as catalogue


@dataclass
class Read:
    """What a file says: the changes to try, the rows that say nothing new, and those refused (row number as Excel shows
    it, reason, raw cells)."""

    read: int = 0
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    refused: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)


@dataclass
class _Known:
    """What the words of a file can mean in this county."""

    on: date
    lines: list[Line]
    places: dict[str, list[str]]
    types: dict[str, list[UUID]]
    categories: dict[str, UUID]
    units: dict[str, list[UUID]]


def read_rules(*, rows: Iterable[Row], by: Actor, now: datetime) -> Read:
    """Read rules from a table; a number changes that rule, none makes a new one. Nothing is written.

    A row is refused, and the others stand, where a cell cannot be read, where its place, type, unit or person is not
    known or not the only one of that name, where its place is not the reader's to keep, where a rule stands twice in the
    file, and where it ties with a rule in force or an earlier row.
    """
    found, known = Read(), _known(local_day(now))
    for row in rows:
        found.read += 1
        try:
            change = _change(row, known, by)
        except Refused as refused:
            found.refused.append((row.number, refused.message, row.raw))
            continue
        if change is None:
            found.unchanged += 1
            continue
        found.changes.append(change)
        known.lines = trials.with_changes(known.lines, [change])
    return found


def _known(on: date) -> _Known:
    types: dict[str, list[UUID]] = {}
    for group in catalogue.published():
        for version in group.versions:
            for word in {version.matter_type.code, version.name}:
                types.setdefault(word, []).append(version.matter_type_id)
    units: dict[str, list[UUID]] = {}
    for key, name in people.organisations().values_list("id", "name"):
        units.setdefault(name, []).append(key)
    categories = {one.name: one.id for one in catalogue.categories()}
    return _Known(on, table.in_force(), territory.paths_by_name(), types, categories, units)


def _change(row: Row, known: _Known, by: Actor) -> Change | None:
    """The change that a row asks for; None where the rule says so already."""
    if row.problems:
        raise Refused("row", "；".join(row.problems))
    cells = {name: _cell(value) for name, value in row.values.items()}
    old = _old(cells.get("number", ""), known)
    content = checked(_content(cells, row.values, known))
    for path in {content.scope.path} | ({old.content.scope.path} if old else set()):
        if not may_route(by, path):
            raise Refused("not_yours", _("这个地方的规则不由您维护"))
    if old is not None and old.content == content:
        return None
    names = table.Names.of([content], known.on)
    after = trials.with_changes(known.lines, [(old.rule if old else None, content)])
    near = [line for line in after if line.content.scope.path == content.scope.path]
    wrong = problem(content=content, names=names) or tie(content=content, among=near, names=names)
    if wrong is not None:
        raise wrong
    return (old.rule if old else None, content)


def _cell(value: object) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip() if value is not None else ""


def _old(number: str, known: _Known) -> Line | None:
    if not number:
        return None
    line = next((one for one in known.lines if str(one.number) == number), None)
    if line is None:
        raise Refused(
            "row_number", _("没有第 %(number)s 条规则；新规则请把编号空着") % {"number": number[:12]}
        )
    return line


def _content(cells: Mapping[str, str], values: Mapping[str, Any], known: _Known) -> Content:
    scope = Scope(
        path=_place(cells.get("place", ""), known),
        **_what(cells.get("what", ""), known),
        hours=_word(cells.get("hours", ""), rule_choices.HOUR_NAMES, Hours.ALWAYS.value),
        from_day=values.get("from_day"),
        until_day=values.get("until_day"),
    )
    level = _word(cells.get("level", ""), rule_choices.LEVEL_NAMES, "")
    target = Target(level, _unit(cells.get("unit", ""), known), _unit(cells.get("team", ""), known))
    content = Content(scope, target, cells.get("note", ""))
    persons = _persons(cells.get("officers", ""), content, known)
    return Content(scope, Target(target.level, target.unit, target.team, persons), content.note)


def _only(found: list[Any], name: str, nobody: str) -> Any:
    if not found:
        raise Refused("row_unknown", nobody % {"name": name[:30]})
    if len(found) > 1:
        raise Refused("row_several", _("“%(name)s”不止一个，请写得更全") % {"name": name[:30]})
    return found[0]


def _place(cell: str, known: _Known) -> str:
    if cell in ("全县", "/"):
        return "/"
    if cell.startswith("/"):
        return cell
    return str(_only(known.places.get(cell, []), cell, _("没有“%(name)s”这个地方")))


def _what(cell: str, known: _Known) -> dict[str, UUID]:
    if not cell or cell == "所有事项":
        return {}
    if cell in known.categories:
        return {"category": known.categories[cell]}
    return {"matter_type": _only(known.types.get(cell, []), cell, _("没有“%(name)s”这个事项或大类"))}


def _word(cell: str, words: Mapping[str, str], blank: str) -> str:
    if not cell:
        return blank
    if cell in words:
        return words[cell]
    told = {"text": cell[:20], "choices": "、".join(words)}
    raise Refused("row_word", _("写的是“%(text)s”，应是其中之一：%(choices)s") % told)


def _unit(cell: str, known: _Known) -> UUID | None:
    if not cell:
        return None
    found: UUID = _only(known.units.get(cell, []), cell, _("本县没有登记“%(name)s”"))
    return found


def _persons(cell: str, content: Content, known: _Known) -> tuple[UUID, ...]:
    names = [one.strip() for one in cell.replace(",", "、").replace("；", "、").split("、") if one.strip()]
    if not names:
        return ()
    there: dict[str, list[UUID]] = {}
    for key, name in table.officers_for(content, known.on):
        there.setdefault(name, []).append(UUID(key))
    return tuple(_only(there.get(name, []), name, _("“%(name)s”不在那里办理")) for name in names)
