"""The points bank of the example county: rules, budgets, passbooks, what residents did, gave away, lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from mulin.ground.people import actions as people
from mulin.ground.points import actions, queries
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import points as table


def open_bank(*, laid: Map, folk: Folk, seed: int, by: Actor, now: datetime) -> None:
    """Everything through the ordinary actions, in the order in which it is said to have happened."""
    rng = Random(f"points-{seed}")  # noqa: S311 a story, not a secret
    began = now - timedelta(days=table.BEGAN)
    for deed in table.DEEDS:
        actions.publish_rule(
            by=folk.county_clerk, now=began, code=deed.code, name=deed.name, points=deed.points,
            per_day=deed.per_day, per_month=deed.per_month, effective_on=local_day(began), note="县积分银行管理办法",
        )  # fmt: skip
    clean = table.DEEDS[-1]
    actions.publish_rule(
        by=folk.county_clerk, now=now - timedelta(days=5), code=clean.code, name=clean.name, points=clean.points + 2,
        per_day=1, per_month=10, effective_on=local_day(now + timedelta(days=9)), note="冬季扫雪加分",
    )  # fmt: skip
    clerks = sorted(folk.clerks.items())
    for code, _clerk in clerks:
        place = laid.community(code)
        actions.grant_budget(
            by=folk.county_clerk, now=began, path=place.path, division=place.id, amount=table.BUDGET,
            note="年度积分预算", key=f"example:{place.path}",
        )  # fmt: skip
    at_the_door = [one for one in folk.door.values() if one.holds("resident") and one not in folk.residents]
    residents = [*at_the_door, *folk.residents]
    homes = {}
    for place, resident in enumerate(residents):
        code, clerk = clerks[place % len(clerks)]
        homes[resident.person] = (laid.community(code).path, clerk)
    for resident in residents:
        path, clerk = homes[resident.person]
        _one(resident, path, clerk, rng, began, now, least=8 if resident in at_the_door else 1)
    _family(folk, homes, by, now)
    givers = [one for one in residents if _free(one) >= 20]
    for giver, taker in zip(givers[::4], givers[1::4], strict=False):
        actions.give(
            by=giver, now=now - timedelta(days=2), owner=_own(giver), to=_own(taker), amount=5,
            key=f"example:{giver.person}", story="谢谢你帮忙",
        )  # fmt: skip
    for loser in residents[3:6]:
        account = queries.account_of(_own(loser))
        if account is not None:
            actions.lose(by=loser, now=now - timedelta(days=20), account=account.id)
            actions.replace(by=homes[loser.person][1], now=now - timedelta(days=19), account=account.id)


def _own(actor: Actor) -> queries.Owner:
    assert actor.person is not None, "residents of the example are persons"
    return queries.person(actor.person)


def _free(actor: Actor) -> int:
    found = queries.balance(_own(actor))
    return found.free if found else 0


def _one(
    resident: Actor, path: str, clerk: Actor, rng: Random, began: datetime, now: datetime, *, least: int
) -> None:
    opened = began + timedelta(days=rng.randint(0, 8))
    account = actions.issue(by=clerk, now=opened, owner=_own(resident), path=path)
    assert clerk.person is not None, "clerks of the example are persons"
    for number, (days, deed, story) in enumerate(table.acts(rng, least)):
        at = max(opened, now - timedelta(days=days))
        actions.earn(
            by=clerk, now=at, rule_code=deed.code, key=f"example:{resident.person}:{number}", done_on=local_day(at),
            subject=("passbook", account.id), story=story, community_path=path, confirmed_by=clerk.person,
            person=resident.person,
        )  # fmt: skip


def _family(folk: Folk, homes: dict[UUID | None, tuple[str, Actor]], by: Actor, now: datetime) -> None:
    """The last two residents live together and have a passbook between them besides."""
    if len(folk.residents) < 2:
        return
    home = people.add_household(label="2单元301", by=by, now=now)
    for one in folk.residents[-2:]:
        people.move_in(household=home.pk, person=_own(one).id, by=by, now=now)
    path, clerk = homes[folk.residents[-1].person]
    actions.issue(by=clerk, now=now, owner=queries.household(home.pk), path=path)
