"""What neighbours of the example county find besides their own reports: matters that they met too, codes on doors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from mulin.kernel.actor import Actor, visitor
from mulin.kernel.secrets import keyed_hash
from mulin.readers.demo.actions.cases import Played
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import places
from mulin.readers.demo.rules.catalogue import CODES
from mulin.readers.demo.rules.people import COMMUNITY_CLERK
from mulin.services.cases import actions as cases
from mulin.services.cases.actions import spots
from mulin.services.catalogue import queries as catalogue

EVERYBODYS = ("public_safety", "urban_environment", "property_facilities")
"""Categories of what many meet alike."""
SHOWN, MOST_MET = 8, 14
DOORS = (("双虹家园", "3号楼一单元门"), ("双虹家园", "东门灯杆"))
"""Compound and where its code hangs."""


def meet_too(*, played: Iterable[Played], folk: Folk, seed: int, now: datetime) -> None:
    """Clerks name the newest open matters of everybody's and let them be seen; neighbours say that they met them too."""
    rng = Random(f"met-{seed}")  # noqa: S311 a story, not a secret
    fit = [one for one in played if _fits(one, now)]
    for one in sorted(fit, key=lambda one: one.plan.steps[-1].at)[-SHOWN:]:
        begun = one.plan.steps[-1].at
        shown = begun + (now - begun) / 4
        if one.case.matter_id is None:
            version = catalogue.current_by_code(CODES[one.plan.title])
            assert version is not None, "the shipped catalogue was published before the first case"
            cases.reclassify(
                case=one.case.id, matter=version.matter_type_id, reason="补上事项类型。", by=one.clerk,
                now=shown, version=None,
            )  # fmt: skip
        cases.share(case=one.case.id, by=one.clerk, now=shown, version=None)
        others: list[Actor] = [by for by in folk.residents if by != one.person]
        for met in range(rng.randint(1, MOST_MET)):
            by = rng.choice([*others, visitor(places.COUNTY)])
            cases.support(
                case=one.case.id,
                visitor="" if by.person else keyed_hash(f"support:example-{one.plan.serial}-{met}"),
                address=f"192.0.2.{met}",
                by=by,
                now=shown + (now - shown) * rng.random(),
            )


def _fits(one: Played, now: datetime) -> bool:
    """Open in a grid's hands for at least some hours, and of a kind that many meet."""
    known = one.plan.title in CODES and one.plan.category in EVERYBODYS
    return known and one.case.state == "in_hand" and now - one.plan.steps[-1].at > timedelta(hours=4)


def hang_codes(*, laid: Map, folk: Folk, now: datetime) -> None:
    """The clerk at the door has hung up codes in one of his compounds."""
    for compound, label in DOORS:
        place = laid.compounds[compound].id
        spots.make_code(label=label, place=place, by=folk.door[COMMUNITY_CLERK], now=now)
