"""Whose a case is: by the routing table, else by matter type and territory. The answer carries its why, and is stored
with the dispatch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.calendar import queries as calendar
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.clock import local_day
from mulin.kernel.errors import Refused
from mulin.services.cases.models import Case, CaseUnit
from mulin.services.cases.queries import table
from mulin.services.cases.rules import (
    COMMUNITY,
    COMPOUND,
    COUNTY,
    GRID,
    LEVELS,
    ROLE_AT,
    STREET,
    UNIT_STAFF,
    Address,
    Asked,
    Holder,
    Hours,
    Line,
    Part,
    Table,
    Urgency,
    clerk_at,
    community_of_grid,
    level_of_role,
    next_level,
    skips,
)
from mulin.services.catalogue import queries as catalogue


@dataclass(frozen=True)
class Routed:
    """Who is to hold a case, and why, in words that are kept."""

    holder: Holder
    why: str
    rule: UUID | None = None
    """The version of the routing rule that says so."""
    helpers: tuple[UUID, ...] = ()
    officers: tuple[UUID, ...] = ()
    broken: bool = False
    """What should decide cannot be followed: a clerk looks at it."""


BROKEN = "rule_broken"


class Broken(Refused):
    """The rule (or the type) that should decide names somebody who is not there any more."""

    def __init__(self, message: str, rule: UUID | None = None) -> None:
        super().__init__(BROKEN, message)
        self.rule = rule


def decide(case: Case, *, now: datetime) -> Routed | None:
    """To whom a case goes at a moment: as the most specific rule of the table says, else as its matter type does. None:
    neither says anything.

    Raises Broken ("rule_broken"), which names the rule (or the type) and what is wrong with it, where whoever it names
    is not there any more: such a rule is never passed over. One statement where the table has nothing to say about the
    place; about six where a rule decides.
    """
    line = _rule_for(case, now)
    if line is not None:
        return _by_rule(case, line, local_day(now))
    if case.matter is None:
        return None
    try:
        return by_matter(case, case.matter, on=local_day(now))
    except Refused as refused:
        if refused.code != "unit_ended":
            raise
        told = {"matter": case.matter.name, "unit": case.matter.lead_unit.name}
        words = _("事项“%(matter)s”现在派不出去：主办单位%(unit)s已经撤销。请改派，并更正事项清单。") % told
        raise Broken(words) from refused


def _rule_for(case: Case, now: datetime) -> Line | None:
    rows = table.candidates(case.place_path, case.grid_path)
    if not rows:
        return None
    timed = any(row.hours != Hours.ALWAYS for row in rows)
    kind = case.matter.matter_type if case.matter is not None else None
    asked = Asked(
        place_path=case.place_path,
        grid_path=case.grid_path,
        matter_type=kind.id if kind else None,
        category=kind.category_id if kind else None,
        day=local_day(now),
        working=calendar.is_working(now) if timed else True,
    )
    found = Table([row.line() for row in rows]).pick(asked)
    return table.lines([row for row in rows if row.pk == found.version])[0] if found is not None else None


def _by_rule(case: Case, line: Line, on: date) -> Routed:
    names = table.Names.of([line.content], on)
    target, rule = line.content.target, table.name_of_rule(line, names)
    if trouble := names.standing.trouble(line.content):
        words = _("%(rule)s现在用不了：%(trouble)s。请改派，并请管这条规则的人更正。")
        raise Broken(words % {"rule": rule, "trouble": trouble}, line.version)
    holder = at_level(case, target.level, on=on, unit=target.lead).holder
    told = {"rule": rule, "target": names.target(target)}
    why = _("按%(rule)s：%(target)s") % told
    if line.content.note:
        why += _("。依据：%(note)s") % {"note": line.content.note}
    return Routed(holder, why, line.version, target.helpers, target.officers)


def to_screening(case: Case, broken: Broken) -> Routed:
    """To the clerk who screens what comes from the place, because what should decide cannot be followed."""
    if case.grid_path:
        to = Address("community_clerk", community_of_grid(case.grid_path))
        holder = Holder(level_of_role(to.role), to)
    else:
        holder = _community(case)
    return Routed(holder, broken.message, broken.rule, broken=True)


def matter(type_id: UUID) -> Any:
    """The published version of a matter type. Raises Refused ("matter_unknown")."""
    found = catalogue.current(type_id)
    if found is None:
        raise Refused("matter_unknown", _("事项清单里没有这一项，或者它已经停用。"), field="matter")
    return found


def property_company(case: Case, on: date) -> UUID | None:
    """The property company in charge of the compound in which a case lies, or None. One statement."""
    if case.place_path in ("", "/"):
        return None
    for unit in territory.units_of_division(case.place_path, on=on):
        if unit.kind == "property_company":
            return UUID(str(unit.pk))
    return None


def at_level(case: Case, level: str, *, on: date, unit: UUID | None = None) -> Routed:
    """Who holds cases of this place on a level. ``unit``: the organisation that leads there, where one is named.

    A compound without a property company: the community acts. Raises Refused for a unit that does not exist any more.
    """
    if unit is not None:
        named = people.organisation(unit)
        if named.ended_on is not None and named.ended_on <= on:
            raise Refused("unit_ended", _("这个单位已经撤销，请选择别的单位。"), field="unit")
        return Routed(Holder(level, Address("", "", unit)), _("指定由%(unit)s主办") % {"unit": named.name})
    if level == GRID and case.grid_path:
        return Routed(Holder(GRID, Address(ROLE_AT[GRID], case.grid_path)), _("在这个网格内"))
    if level == COMPOUND:
        company = property_company(case, on)
        if company is not None:
            name = people.organisation(company).name
            why = _("小区由%(unit)s管理") % {"unit": name}
            return Routed(Holder(COMPOUND, Address("", "", company)), why)
        return at_level(case, COMMUNITY, on=on)
    if level in (GRID, COMMUNITY) and case.place_path not in ("", "/"):
        to = _community(case)
        return Routed(to, _("这里没有网格或物业企业，由社区办理") if level == GRID else _("在本社区（村）内"))
    if level == STREET and case.place_path not in ("", "/"):
        return Routed(Holder(STREET, Address(ROLE_AT[STREET], case.place_path)), _("在本街道（乡镇）内"))
    return Routed(Holder(COUNTY, Address(ROLE_AT[COUNTY], "/")), _("由县级工作人员办理"))


def _community(case: Case) -> Holder:
    """The community's clerk; where only the street is known, the street's."""
    kind = case.place.kind if case.place_id is not None and case.place is not None else ""
    to = clerk_at(case.place_path, kind)
    level = {"community_clerk": COMMUNITY, "street_clerk": STREET}.get(to.role, COUNTY)
    return Holder(level, to)


def by_matter(case: Case, version: Any, *, on: date) -> Routed:
    """Where the matter type says that it goes first: its own level and lead unit."""
    found = at_level(case, version.level, on=on, unit=version.lead_unit_id)
    why = _("事项“%(matter)s”由%(level)s一级先办；%(why)s")
    told = {"matter": version.name, "level": version.get_level_display(), "why": found.why}
    return Routed(found.holder, why % told)


def one_up(case: Case, *, on: date) -> Routed | None:
    """The holder on the next level above; levels on which nobody stands are passed over. None at the top.

    The compound counts only where a property company manages it and the matter is one of property service. Where the lead
    unit is not there any more, the county's clerk finds another.
    """
    level = next_level(case.level)
    if level == COMPOUND and not _for_property(case, on):
        level = next_level(level)
    if not level:
        return None
    lead = case.matter.lead_unit if level == COUNTY and case.matter_id and case.matter else None
    stands = lead is not None and (lead.ended_on is None or lead.ended_on > on)
    return at_level(case, level, on=on, unit=lead.pk if lead is not None and stands else None)


def empty_levels(case: Case, *, on: date) -> tuple[str, ...]:
    """The levels that nobody holds for this case: going past them skips nobody."""
    return () if _for_property(case, on) else (COMPOUND,)


def ladder(case: Case, *, on: date) -> set[str]:
    """The levels to which a case may go without leaving one out that somebody holds; in an emergency every level."""
    if case.urgency == Urgency.EMERGENCY or not case.level:
        return set(LEVELS)
    empty = empty_levels(case, on=on)
    return {level for level in LEVELS if not skips(case.level, level, empty=empty)}


def reachable(case: Case, *, on: date) -> set[str]:
    """The levels to which a clerk may dispatch a case: those of the ladder, the matter type's own, and every level at the
    first dispatch and for whoever has it only because the rule that should decide cannot be followed."""
    if case.matter is None and case.accepted_at is None:
        return set(LEVELS)
    found = ladder(case, on=on) | ({case.matter.level} if case.matter is not None else set())
    if found.issuperset(LEVELS):
        return found
    held = CaseUnit.objects.filter(case=case, part=Part.LEAD, until__isnull=True)
    return set(LEVELS) if held.filter(how=BROKEN).exists() else found


def _for_property(case: Case, on: date) -> bool:
    concerns = case.matter is not None and (case.matter.property_related or case.matter.level == COMPOUND)
    return concerns and property_company(case, on) is not None


def staff_for(case: Case, *, on: date) -> list[UUID]:
    """Who may be named for a case: the staff of its lead unit, else who holds its role over its place, and who serves its
    grid and has a duty by which he sees cases. Three statements."""
    if case.unit_id is not None:
        found = [one for role in UNIT_STAFF for one in access.holders(role, unit=case.unit_id)]
    else:
        found = access.holders(case.held_role, path=case.held_path) if case.held_role else []
        serving = territory.grid_workers(case.grid_id, on=on) if case.grid_id else []
        able = access.with_duty(set(serving) - set(found))
        found += [one for one in serving if one in able]
    return list(dict.fromkeys(found))


def rank(level: str) -> int:
    """The place of a level in the ladder; unknown ones lie below all."""
    return LEVELS.index(level) if level in LEVELS else -1
