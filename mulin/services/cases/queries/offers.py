"""What the form of an act offers its reader: grids, matter types, holders, units, persons. Each costs its statements only
where the form is shown."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case, CaseUnit
from mulin.services.cases.permissions import allowed_for, judges_himself
from mulin.services.cases.queries import lessons, lookup, routing, suggest
from mulin.services.cases.rules import (
    ASKED_ALREADY,
    ASKED_BY,
    CLERKS,
    COMMUNITY,
    COMMUNITY_KINDS,
    COMPOUND,
    COUNTY,
    FINISHED,
    GRID,
    LEVELS,
    STREET,
    STREET_KINDS,
    TRANSITIONS,
    Part,
    asks_for_photo,
    closes_from,
)
from mulin.services.cases.rules.hotline import WHOLE
from mulin.services.catalogue import queries as catalogue

Choices = list[tuple[str, Any]]
LEADING: Final = (
    "department",
    "county_office",
    "professional_team",
    "property_company",
    "subdistrict_office",
)
"""Kinds of organisations that may lead or help with a case, in the order of the lists."""


def offered(action: str, actor: Actor, case: Case, on: date) -> dict[str, Any]:
    """The keyword arguments of an action's form. Empty for forms without choices of their own."""
    if action == "accept":
        return {
            "to": destinations(actor, case, on),
            "stays": bool(case.grid_path) or case.accepted_at is not None,
        } | matters(case)
    if action == "reclassify":
        return matters(case)
    if action == "relocate":
        return {"to": destinations(actor, case, on)}
    if action == "dispatch":
        levels = routing.reachable(case, on=on)
        return {"holders": holders(case, on, levels), "units": units(case), "persons": persons(case, on)}
    if action == "arbitrate":
        return {"holders": holders(case, on), "units": units(case), "helping": helping(case)}
    if action == "name_officers":
        return {"persons": persons(case, on)}
    if action == "dispose":
        return {"evidence": case.matter.get_evidence_needed_display() if needs_photo(case) else ""}
    if action == "inform":
        waiting = [one for one in lookup.reporters(case) if not one.told]
        return {
            "reporters": [(str(one.id), f"{one.name} {one.phone}".strip()) for one in waiting],
            "tries": lookup.tried(case),
        }
    return {}


def open_acts(
    actor: Actor, case: Case, *, waiting: set[str], told: bool, holds_work: bool = False
) -> tuple[str, ...]:
    """What the actor may do with the case now, in the table's order. ``waiting``: the kinds of its open to-dos; ``told``:
    there is a reporter to answer. A statement for the few acts by which he might judge himself."""
    return tuple(
        action
        for action in allowed_for(actor, case, holds_work=holds_work)
        if ASKED_BY.get(action) in {None, *waiting}
        and (action != "share" or (case.shown_at is None and case.matter_id is not None))
        and (action != "unshare" or case.shown_at is not None)
        and (action != "close" or closes_from(case.state, case.verification))
        and not waiting.intersection(ASKED_ALREADY.get(action, ()))
        and (action != "reply" or told)
        and (action != "split" or case.source not in WHOLE)
        and not judges_himself(actor, action, case)
    )


def act_words(action: str) -> Any:
    """What an act of the table is called."""
    return TRANSITIONS[action].words


def needs_photo(case: Case) -> bool:
    """Whether a result of its type must bring a photo."""
    return case.matter is not None and asks_for_photo(case.matter.evidence_needed)


def matters(case: Case) -> dict[str, Any]:
    """The matter types in force, and which of them its words speak for. Two statements."""
    choices = catalogue.choices()
    return {"matters": choices, "hints": lessons.hints(case.text, choices) if choices else None}


def elsewhere(case: Case, now: datetime) -> str:
    """To whom such a matter would go, in words, where that is not who holds it; else ''. A few statements."""
    if case.state in FINISHED:
        return ""
    try:
        routed = routing.decide(case, now=now)
    except routing.Broken as broken:
        return broken.message
    if routed is None or (routed.holder.level, routed.holder.to.unit) == (case.level, case.unit_id):
        return ""
    return routed.why


def destinations(actor: Actor, case: Case, on: date) -> Choices:
    """Where a clerk may send a case: his grids, and the communities or streets right below him (and his own place)."""
    groups: Choices = []
    for path in dict.fromkeys(actor.paths(*CLERKS)):
        narrow = path if path != "/" or case.place_path == "/" else case.place_path
        grids = territory.grids_under(narrow, on=on) if narrow != "/" else []
        if grids:
            groups.append(
                (_("网格"), [(f"g:{one.id}", f"{one.community.name} · {one.name}") for one in grids])
            )
        here = territory.division_at_path(path)
        if here is None:
            continue
        if here.kind in COMMUNITY_KINDS:
            groups.append((_("社区（村）自己办"), [(f"d:{here.id}", here.name)]))
            continue
        places = [one for one in territory.children(here.id) if one.kind in (*COMMUNITY_KINDS, *STREET_KINDS)]
        label = _("社区（村）") if here.kind in STREET_KINDS else _("街道（乡镇）")
        groups.append((label, [(f"d:{one.id}", one.name) for one in places]))
    return [group for group in groups if group[1]]


def units(case: Case) -> Choices:
    """Organisations that may lead or help, those that the case's type names before the others, the others by kind:
    (id, name). Two statements."""
    named = _named(case)
    rows = [*people.organisations(kinds=LEADING)]
    rows.sort(
        key=lambda row: (named.index(row.pk) if row.pk in named else len(named), LEADING.index(row.kind))
    )
    return [(str(row.pk), row.name) for row in rows]


def _named(case: Case) -> list[UUID]:
    """The units that the case's type names: who leads, then who helps. One statement where it has a type."""
    if case.matter is None:
        return []
    lead = [case.matter.lead_unit_id] if case.matter.lead_unit_id is not None else []
    return [*lead, *case.matter.assists.order_by("position").values_list("unit", flat=True)]


def helping(case: Case) -> list[str]:
    """Ids of the units that help with it now. One statement."""
    parts = CaseUnit.objects.filter(case=case, part=Part.ASSIST, until__isnull=True).order_by("id")
    return [str(key) for key in parts.values_list("unit", flat=True)]


def holders(case: Case, on: date, reachable: Container[str] = LEVELS) -> Choices:
    """Who may hold a case, on the levels to which it may go: by level, by the units that its type names, and by kind of
    unit. Four or five statements."""
    levels: Choices = []
    if case.grid_path:
        levels.append((f"l:{GRID}", _("本网格")))
    if case.place_path not in ("", "/"):
        if routing.property_company(case, on) is not None:
            levels.append((f"l:{COMPOUND}", _("小区物业")))
        levels += [(f"l:{COMMUNITY}", _("社区（村）")), (f"l:{STREET}", _("街道（乡镇）"))]
    levels.append((f"l:{COUNTY}", _("县级工作人员")))
    levels = [(key, words) for key, words in levels if key[2:] in reachable]
    rows = [row for row in people.organisations(kinds=LEADING) if _level_of(row) in reachable]
    loads = suggest.loads_of_units([row.pk for row in rows])
    choices = {
        row.pk: (f"u:{_level_of(row)}:{row.pk}", _with_load(row.name, loads.get(row.pk, 0))) for row in rows
    }
    named = [choices.pop(key) for key in _named(case) if key in choices]
    by_kind: dict[str, Choices] = {words: [] for words in map(_group_of, LEADING)}
    for row in rows:
        if row.pk in choices:
            by_kind[_group_of(row.kind)].append(choices[row.pk])
    groups = [(_("按层级"), levels), (_("事项清单上的单位"), named), *by_kind.items()]
    return [group for group in groups if group[1]]


def _group_of(kind: str) -> str:
    words = {
        "professional_team": _("专业队伍"),
        "property_company": _("物业企业"),
        "subdistrict_office": _("街道（乡镇）"),
    }
    return words.get(kind, _("县级部门"))


def _with_load(name: str, load: int) -> str:
    return _("%(unit)s（在办 %(n)d 件）") % {"unit": name, "n": load}


def _level_of(unit: Any) -> str:
    return {"property_company": COMPOUND, "subdistrict_office": STREET}.get(unit.kind, COUNTY)


def persons(case: Case, on: date) -> Choices:
    """Who may be named for a case now: (person id, name and the numbers by which he stands where he stands in the list).
    About ten statements."""
    return [(str(one.person), one.words()) for one in suggest.candidates(case, on)]


def offered_for_many(action: str, actor: Actor, cases: Sequence[Case], on: date) -> dict[str, Any]:
    """The same for one form over several cases: what is on offer for any of them. A choice that does not suit one of
    them is refused for that one."""
    if action == "accept":
        return offered(action, actor, _widest(cases), on) | {"stays": True, "many": True, "hints": None}
    if action == "dispatch":
        return offered(action, actor, _widest(cases), on) | {"persons": _persons_of_many(cases, on)}
    if action == "name_officers":
        return {"persons": _persons_of_many(cases, on)}
    return {}


def _widest(cases: Sequence[Case]) -> Case:
    """The case that offers most: one in a grid before one in a place before one that lies nowhere."""
    return max(cases, key=lambda case: (bool(case.grid_path), len(case.place_path)))


MOST_HOLDERS: Final = 10


def _persons_of_many(cases: Sequence[Case], on: date) -> Choices:
    """The staff of each holder among the cases, the first MOST_HOLDERS of them."""
    one_each = {(case.unit_id, case.held_role, case.held_path, case.grid_id): case for case in cases}
    found: dict[str, Any] = {}
    for case in list(one_each.values())[:MOST_HOLDERS]:
        names = people.public_names(routing.staff_for(case, on=on))
        found |= {str(key): name for key, name in names.items()}
    return list(found.items())
