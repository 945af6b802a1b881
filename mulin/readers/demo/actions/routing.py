"""Giving the example county a few routing rules, tried and saved as a clerk does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from mulin.kernel.actor import Actor
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules.routing import RULES, Rule
from mulin.services.cases.actions import routing as cases
from mulin.services.cases.queries import Content, Scope, Target
from mulin.services.catalogue import queries as catalogue


def lay_rules(*, laid: Map, folk: Folk, by: Actor, now: datetime) -> None:
    """The rules of the example. They count for what is accepted from now on."""
    categories = {one.code: one.id for one in catalogue.categories()}
    for rule in RULES:
        made = cases.try_rules(changes=[(None, _content(rule, laid, folk, categories))], by=by, now=now)
        cases.save_trial(trial=made.pk, by=by, now=now)


def _content(rule: Rule, laid: Map, folk: Folk, categories: Mapping[str, UUID]) -> Content:
    kind = catalogue.current_by_code(rule.matter) if rule.matter else None
    officer = folk.officers[rule.unit].person if rule.named else None
    scope = Scope(
        path=_path(rule, laid),
        matter_type=kind.matter_type_id if kind else None,
        category=categories[rule.category] if rule.category else None,
        hours=rule.hours,
    )
    target = Target(
        rule.level,
        folk.units[rule.unit] if rule.unit else None,
        folk.units[rule.team] if rule.team else None,
        (officer,) if officer else (),
    )
    return Content(scope, target, rule.note)


def _path(rule: Rule, laid: Map) -> str:
    if rule.compound:
        return str(laid.compounds[rule.compound].path)
    if not rule.place:
        return "/"
    place = laid.street(rule.place) if len(rule.place) == 3 else laid.community(rule.place)
    return str(place.path)
