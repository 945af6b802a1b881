"""Giving the example county its catalogue: matter types, mandates of its streets, applications of its departments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mulin.kernel.actor import Actor
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules.catalogue import APPLICATIONS, BASIS, MANDATES, Application, StreetMandate
from mulin.services.catalogue import actions as catalogue
from mulin.services.catalogue import queries as catalogue_read

PUBLISHED_AFTER, APPLIED_AFTER, DECIDED_AFTER = timedelta(hours=1), timedelta(days=2), timedelta(days=5)


def furnish(*, laid: Map, folk: Folk, by: Actor, now: datetime) -> None:
    """Everything that was settled before the first case: the list in force, the mandates, what was decided."""
    told = catalogue.install_shipped(by=by, now=now, publish=True)
    if told.refused:
        raise RuntimeError(f"the shipped catalogue names what the example county lacks: {told.refused[:3]}")
    for code, mandate in MANDATES.items():
        _mandate(laid, folk, code, mandate, by, now + PUBLISHED_AFTER)
    _apply([one for one in APPLICATIONS if one.outcome], folk, now + APPLIED_AFTER)


def ask_at_last(*, folk: Folk, now: datetime) -> None:
    """The applications that still wait for the county's decision."""
    _apply([one for one in APPLICATIONS if not one.outcome], folk, now)


def _mandate(laid: Map, folk: Folk, code: str, mandate: StreetMandate, by: Actor, now: datetime) -> None:
    duties = [catalogue.Duty(text) for text in mandate.own]
    duties += [catalogue.Duty(text, "assist", folk.units[unit]) for text, unit in mandate.helps]
    duties += [catalogue.Duty(text, "taken_back", folk.units[unit]) for text, unit in mandate.taken_back]
    draft = catalogue.draft_mandate(division=laid.street(code).id, by=by, now=now)
    catalogue.edit_mandate(
        mandate=draft.id, positioning=mandate.positioning, basis=BASIS, duties=duties, by=by, now=now
    )
    catalogue.publish_mandate(mandate=draft.id, by=by, now=now)


def _apply(applications: Iterable[Application], folk: Folk, at: datetime) -> None:
    categories = {one.code: one.id for one in catalogue_read.categories()}
    made = []
    for one in applications:
        row = catalogue.apply(
            unit=folk.units[one.unit],
            category=categories[one.category],
            name=one.name,
            description=one.description,
            reason=one.reason,
            level=one.level,
            evidence_needed=one.evidence,
            by=folk.officers[one.unit],
            now=at,
        )
        made.append((one, row))
    for one, row in made:
        if one.outcome:
            catalogue.decide(
                admission=row.id,
                admit=one.outcome == "admitted",
                reason=one.answer,
                code=one.code,
                by=folk.county_clerk,
                now=at + DECIDED_AFTER,
            )
