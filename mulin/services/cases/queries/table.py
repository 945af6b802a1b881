"""The routing table: the rules in force, whether each can be followed, and all of it in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound
from mulin.services.cases.models import (
    Case,
    CaseUnit,
    RoutingOfficer,
    RoutingRule,
    RoutingTable,
    RoutingVersion,
)
from mulin.services.cases.permissions import ROUTERS
from mulin.services.cases.rules import (
    LEVEL_WORDS,
    ROLE_AT,
    UNIT_STAFF,
    Content,
    Hours,
    Line,
    Scope,
    Target,
    places_around,
)
from mulin.services.catalogue import queries as catalogue

IN_FORCE = Q(until__isnull=True)


def version_of_table() -> int:
    """How often the table was changed. One statement."""
    return RoutingTable.objects.values_list("version", flat=True).first() or 0


def lines(rows: Iterable[RoutingVersion]) -> list[Line]:
    """Versions (with their rules) as the rules see them. One statement for the persons whom they name."""
    listed = list(rows)
    named: dict[UUID, list[UUID]] = {}
    officers = RoutingOfficer.objects.filter(version_id__in=[row.pk for row in listed])
    for version, person in officers.order_by("position", "id").values_list("version_id", "person_id"):
        named.setdefault(version, []).append(person)
    return [row.line(tuple(named.get(row.pk, ()))) for row in listed]


def in_force() -> list[Line]:
    """Every rule in force. Two statements."""
    return lines(RoutingVersion.objects.filter(IN_FORCE).select_related("rule"))


def candidates(*paths: str) -> list[RoutingVersion]:
    """The rules in force for places that contain one of these paths. One statement."""
    rows = RoutingVersion.objects.filter(IN_FORCE, path__in=places_around(*paths))
    return list(rows.select_related("rule"))


def rule(number: int) -> RoutingRule:
    """A rule by its number. Raises NotFound."""
    row = RoutingRule.objects.filter(number=number).first()
    if row is None:
        raise NotFound(_("没有这条派单规则。"))
    return row


def versions(key: UUID) -> list[RoutingVersion]:
    """Every version of a rule, the newest first. One statement."""
    return list(RoutingVersion.objects.filter(rule_id=key).select_related("rule").order_by("-number")[:200])


def given_by(actor: Actor, key: UUID) -> QuerySet[Case]:
    """The cases that the actor may see and that a rule gave to somebody, in any of its versions."""
    from mulin.services.cases.queries.lists import visible_to

    hops = CaseUnit.objects.filter(rule__in=RoutingVersion.objects.filter(rule_id=key).values("pk"))
    return visible_to(actor).filter(pk__in=hops.values("case_id"))


# ── can it be followed? ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Standing:
    """What is known of everything that some rules name: organisations, who works there, types, places."""

    on: date
    units: dict[UUID, Any] = field(default_factory=dict)
    holders: dict[UUID, list[UUID]] = field(default_factory=dict)
    members: dict[UUID, list[UUID]] = field(default_factory=dict)
    duty: set[UUID] = field(default_factory=set)
    names: dict[UUID, str] = field(default_factory=dict)
    at_level: dict[tuple[str, str], set[UUID]] = field(default_factory=dict)

    @classmethod
    def of(cls, contents: Sequence[Content], on: date) -> Standing:
        """Three statements where units are named, three more where persons are."""
        targets = [one.target for one in contents]
        units = {key for one in targets for key in (one.unit, one.team) if key is not None}
        persons = {key for one in targets for key in one.officers}
        found = cls(on, units=people.organisations_by_id(units))
        if units:
            found.holders = access.holders_in(units, *UNIT_STAFF)
        if persons:
            found.members = people.members_of(units)
            found.duty = access.with_duty(persons)
            found.names = people.public_names(persons)
        for one in contents:
            if one.target.officers and one.target.lead is None:
                key = (one.target.level, one.scope.path)
                found.at_level.setdefault(key, set(access.holders(ROLE_AT[key[0]], path=key[1])))
        return found

    def may_work(self, content: Content, person: UUID) -> bool:
        """Whether somebody works where the rule sends the case, and has a duty by which he opens it."""
        target = content.target
        if target.lead is None:
            return person in self.at_level.get((target.level, content.scope.path), ())
        where = [key for key in (target.unit, target.team) if key is not None]
        if any(person in self.holders.get(key, ()) for key in where):
            return True
        return person in self.duty and any(person in self.members.get(key, ()) for key in where)

    def trouble(self, content: Content) -> str:
        """Why nobody can follow the rule, in words; '' where it can be followed."""
        target = content.target
        for key in (target.unit, target.team):
            unit = self.units.get(key) if key is not None else None
            if unit is not None and unit.ended_on is not None and unit.ended_on <= self.on:
                return _("%(unit)s已经撤销") % {"unit": unit.name}
        nobody = target.lead is not None and not self.holders.get(target.lead)
        if nobody and not any(self.may_work(content, one) for one in target.officers):
            return _("%(unit)s没有人能接单") % {"unit": self.units[target.lead].name}  # type: ignore[index]
        for person in target.officers:
            if not self.may_work(content, person):
                name = self.names.get(person) or _("指定的人")
                return _("%(person)s已经不在那里办理") % {"person": name}
        return ""


def officers_for(content: Content, on: date) -> list[tuple[str, str]]:
    """Who may be named in a rule that says so: (person id, public name), by name. Six statements at most."""
    target = content.target
    where = [key for key in (target.unit, target.team) if key is not None]
    if where:
        held = [one for found in access.holders_in(where, *UNIT_STAFF).values() for one in found]
        members = [one for found in people.members_of(where).values() for one in found]
        wanted = {*held, *(access.with_duty(members))}
    else:
        wanted = (
            set(access.holders(ROLE_AT[target.level], path=content.scope.path)) if target.level else set()
        )
    names = people.public_names(wanted)
    return sorted(((str(key), name) for key, name in names.items()), key=lambda one: one[1])


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Names:
    """What places, types and organisations are called."""

    places: dict[str, str]
    types: dict[UUID, tuple[str, bool]]
    categories: dict[UUID, tuple[str, bool]]
    gone: set[str]
    standing: Standing

    @classmethod
    def of(cls, contents: Sequence[Content], on: date) -> Names:
        """At most nine statements for any number of rules."""
        scopes = [one.scope for one in contents]
        paths = {one.path for one in scopes}
        types = {one.matter_type for one in scopes if one.matter_type is not None}
        named = any(one.category is not None for one in scopes)
        rows = catalogue.categories(ended=True) if named else []
        return cls(
            territory.names_of_paths(paths),
            catalogue.type_names(types),
            {row.id: (row.label, row.ended_on is None) for row in rows},
            territory.ended_paths(paths, on=on),
            Standing.of(contents, on),
        )

    def place(self, path: str) -> str:
        """The place of a rule."""
        return _("全县") if path == "/" else self.places.get(path, path)

    def what(self, scope: Scope) -> str:
        """The types that a rule covers."""
        if scope.matter_type is not None:
            return self.types.get(scope.matter_type, ("—", False))[0]
        if scope.category is not None:
            return _("%(category)s（整个大类）") % {
                "category": self.categories.get(scope.category, ("—", False))[0]
            }
        return _("所有事项")

    def scope(self, scope: Scope) -> str:
        """What a rule covers, in one line."""
        return " · ".join(one for one in (self.place(scope.path), self.what(scope), time_words(scope)) if one)

    def target(self, target: Target) -> str:
        """To whom a rule sends a case, in one line."""
        units = [
            self.standing.units[key].name for key in (target.unit, target.team) if key in self.standing.units
        ]
        persons = [self.standing.names.get(key) or _("（已不在）") for key in target.officers]
        return " · ".join(
            [str(LEVEL_WORDS.get(target.level, "")), *units, *(["、".join(persons)] if persons else [])]
        )

    def idle(self, scope: Scope) -> str:
        """Why a rule will never be used again, in words; '' where it may be."""
        if scope.path in self.gone:
            return _("这个地方已经撤销")
        if scope.matter_type is not None and not self.types.get(scope.matter_type, ("", False))[1]:
            return _("这个事项已经停用")
        if scope.category is not None and not self.categories.get(scope.category, ("", False))[1]:
            return _("这个大类已经停用")
        if scope.until_day is not None and scope.until_day < self.standing.on:
            return _("日期已经过了")
        return ""


def time_words(scope: Scope) -> str:
    """When a rule counts; '' for always."""
    said = [str(Hours(scope.hours).label)] if scope.hours != Hours.ALWAYS else []
    if scope.from_day and scope.until_day:
        said.append(f"{scope.from_day:%Y-%m-%d} – {scope.until_day:%Y-%m-%d}")
    elif scope.from_day:
        said.append(_("%(day)s 起") % {"day": f"{scope.from_day:%Y-%m-%d}"})
    elif scope.until_day:
        said.append(_("到 %(day)s") % {"day": f"{scope.until_day:%Y-%m-%d}"})
    return " · ".join(said)


@dataclass(frozen=True)
class Shown:
    """A rule as a page shows it. ``trouble``: nobody can follow it; ``idle``: it will not be used any more."""

    number: int
    path: str
    place: str
    what: str
    time: str
    target: str
    note: str
    trouble: str
    idle: str
    may_edit: bool
    version: UUID
    content: Content


def shown(found: Sequence[Line], on: date, actor: Actor | None = None) -> list[Shown]:
    """Rules in words, in the order of the places, the most specific first within one. At most nine statements."""
    names = Names.of([one.content for one in found], on)
    return [_shown(one, names, actor) for one in found]


def _shown(line: Line, names: Names, actor: Actor | None) -> Shown:
    scope, target = line.content.scope, line.content.target
    return Shown(
        number=line.number,
        path=scope.path,
        place=names.place(scope.path),
        what=names.what(scope),
        time=time_words(scope),
        target=names.target(target),
        note=line.content.note,
        trouble=names.standing.trouble(line.content),
        idle=names.idle(scope),
        may_edit=actor is not None and (bool(actor.system) or actor.covers(scope.path, *ROUTERS)),
        version=line.version,
        content=line.content,
    )


def name_of_rule(line: Line, names: Names) -> str:
    """A rule as people speak of it."""
    return _("第 %(number)s 条派单规则（%(scope)s）") % {
        "number": line.number,
        "scope": names.scope(line.content.scope),
    }


def rule_address(_actor: Actor, key: UUID) -> str:
    """The hook for links: the page of a rule. One statement."""
    number = RoutingRule.objects.filter(pk=key).values_list("number", flat=True).first()
    return reverse("cases:routing_rule", args=[number]) if number else ""


def export_officer(person: UUID) -> dict[str, Any]:
    """The export hook: the routing rules that name a person."""
    rows = RoutingOfficer.objects.filter(person_id=person).select_related("version__rule").order_by("id")
    return {"routing_rules": [_exported(row.version) for row in rows]}


def _exported(row: RoutingVersion) -> dict[str, Any]:
    until: datetime | None = row.until
    return {
        "rule": row.rule.number,
        "from": row.since.isoformat(),
        "until": until.isoformat() if until else None,
    }
