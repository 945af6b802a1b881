"""Whom a case might be given to: the numbers that matter, printed beside each name. The clerk decides; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import queries as work
from mulin.services.cases.models import Case
from mulin.services.cases.queries import routing
from mulin.services.cases.rules import OPEN


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be named: ``load`` open to-dos by name; ``metres`` from the nearest grid that he serves (None: no
    position, or he serves none); ``bears``: teams in which he bears a credential; ``helps``: colleagues for whom he stands
    in; ``away``: on leave today; ``instead``: who stands in then."""

    person: UUID
    name: str
    load: int
    metres: int | None
    bears: tuple[str, ...]
    helps: int
    away: bool
    instead: str

    def words(self) -> str:
        """The name and every number that stands behind its place in the list."""
        told = [_("手上 %(n)d 件") % {"n": self.load}]
        if self.metres is not None:
            told.append(
                _("就在他的网格") if self.metres == 0 else _("离他的网格 %(n)d 米") % {"n": self.metres}
            )
        told += [_("执法证：%(team)s") % {"team": team} for team in self.bears]
        if self.helps:
            told.append(_("正代 %(n)d 位同事") % {"n": self.helps})
        if self.away:
            told.append(
                _("请假，%(name)s代办") % {"name": self.instead} if self.instead else _("请假，没有人代办")
            )
        return _("%(name)s（%(facts)s）") % {"name": self.name, "facts": _("，").join(told)}


def candidates(case: Case, on: date) -> list[Candidate]:
    """Who may be named for a case: at work before on leave, then near before far, then the smaller load; by name in the
    end. About ten statements.
    """
    keys = routing.staff_for(case, on=on)
    names = people.public_names(keys)
    loads, bearers = work.loads(names), people.bearers(names, on=on)
    leaves, helps = people.on_leave(names, on), people.standing_in(names, on=on)
    instead = people.public_names({key for key in leaves.values() if key})
    far = {}
    if case.lon is not None and case.lat is not None:
        far = territory.metres_to_grids(names, case.lon, case.lat, on=on)
    found = [
        Candidate(
            person=key,
            name=name,
            load=loads.get(key, 0),
            metres=far.get(key),
            bears=tuple(one.organisation.name for one in bearers.get(key, ())),
            helps=helps.get(key, 0),
            away=key in leaves,
            instead=instead.get(other, "") if (other := leaves.get(key)) else "",
        )
        for key, name in names.items()
    ]
    return sorted(found, key=_order)


def _order(one: Candidate) -> tuple[bool, bool, int, int, str]:
    return one.away, one.metres is None, one.metres or 0, one.load, one.name


def loads_of_units(units: list[UUID]) -> dict[UUID, int]:
    """How many open cases each of some units leads. One statement."""
    rows = Case.objects.filter(unit_id__in=units, state__in=OPEN)
    return dict(rows.values_list("unit_id").annotate(count=Count("id")))
