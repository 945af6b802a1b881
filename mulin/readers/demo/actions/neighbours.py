"""What neighbours of the example county find besides their own reports: matters that they met too, codes on doors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from random import Random

from mulin.kernel.actor import Actor, visitor
from mulin.kernel.secrets import keyed_hash
from mulin.readers.demo.actions.cases import Meanwhile, Played
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import places
from mulin.readers.demo.rules.catalogue import CODES
from mulin.readers.demo.rules.people import COMMUNITY_CLERK
from mulin.readers.demo.rules.stories import Plan
from mulin.services.cases import actions as cases
from mulin.services.cases.actions import spots
from mulin.services.catalogue import queries as catalogue

EVERYBODYS = ("public_safety", "urban_environment", "property_facilities")
"""Categories of what many meet alike."""
TAKEN_UP = ("take_up", "reply")
"""The last act of a case that somebody has in hand."""
SHOWN, MOST_MET = 8, 14
DOORS = (("双虹家园", "3号楼一单元门"), ("双虹家园", "东门灯杆"))
"""Compound and where its code hangs."""


def meetings(*, plans: Iterable[Plan], folk: Folk, seed: int, now: datetime) -> list[Meanwhile]:
    """What neighbours do meanwhile: clerks name the newest open matters of everybody's and let them be seen; others say that
    they met them too. By the moment, oldest first."""
    rng = Random(f"met-{seed}")  # noqa: S311 a story, not a secret
    fit = sorted((one for one in plans if _fits(one, now)), key=lambda one: one.steps[-1].at)[-SHOWN:]
    found: list[Meanwhile] = []
    for plan in fit:
        begun = plan.steps[-1].at
        shown = begun + (now - begun) / 4
        found.append((shown, plan.serial, partial(_show, now=shown)))
        for met in range(rng.randint(1, MOST_MET)):
            at = shown + (now - shown) * rng.random()
            others: list[Actor] = [*folk.residents, visitor(places.COUNTY)]
            found.append((at, plan.serial, partial(_meet, by=rng.choice(others), met=met, now=at)))
    return sorted(found, key=lambda one: one[0])


def _fits(plan: Plan, now: datetime) -> bool:
    """Taken up, not done yet, for at least some hours, and of a kind that many meet."""
    known = plan.title in CODES and plan.category in EVERYBODYS
    return known and plan.steps[-1].act in TAKEN_UP and now - plan.steps[-1].at > timedelta(hours=4)


def _show(one: Played, *, now: datetime) -> None:
    if one.case.matter_id is None:
        version = catalogue.current_by_code(CODES[one.plan.title])
        assert version is not None, "the shipped catalogue was published before the first case"
        one.case = cases.reclassify(
            case=one.case.id, matter=version.matter_type_id, reason="补上事项类型。", by=one.clerk,
            now=now, version=None,
        )  # fmt: skip
    one.case = cases.share(case=one.case.id, by=one.clerk, now=now, version=None)


def _meet(one: Played, *, by: Actor, met: int, now: datetime) -> None:
    if by == one.person:
        return  # it is his own report
    cases.support(
        case=one.case.id,
        visitor="" if by.person else keyed_hash(f"support:example-{one.plan.serial}-{met}"),
        address=f"192.0.2.{met}",
        by=by,
        now=now,
    )


def hang_codes(*, laid: Map, folk: Folk, now: datetime) -> None:
    """The clerk at the door has hung up codes in one of his compounds."""
    for compound, label in DOORS:
        place = laid.compounds[compound].id
        spots.make_code(label=label, place=place, by=folk.door[COMMUNITY_CLERK], now=now)
