"""The points bank of the example county: rules, budgets, passbooks, what residents did, gave away, lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from random import Random
from uuid import UUID

from mulin.ground.people import actions as people
from mulin.ground.points import actions, queries
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.readers.demo.actions.patrols import Event
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import aid
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules import points as table
from mulin.readers.demo.rules.moments import awake

BASIS = "县积分银行管理办法"


def open_bank(*, laid: Map, folk: Folk, now: datetime) -> None:
    """The bank's rules, a budget for each community, passbooks for neighbours."""
    by, on = folk.county_clerk, local_day(now)
    for code, name, given in aid.POINTS:
        actions.publish_rule(
            code=code, name=name, points=given, effective_on=on, per_day=aid.A_DAY, note=BASIS, by=by, now=now
        )
    for deed in table.DEEDS:
        actions.publish_rule(
            code=deed.code, name=deed.name, points=deed.points, effective_on=on, per_day=deed.per_day,
            per_month=deed.per_month, note=BASIS, by=by, now=now,
        )  # fmt: skip
    for code in folk.clerks:
        place = laid.community(code)
        actions.grant_budget(
            path=place.path, division=place.id, amount=table.BUDGET, note="年度积分预算", key=f"example:{code}",
            by=by, now=now,
        )  # fmt: skip
    for one, code in homes(folk=folk):
        actions.issue(owner=_own(one), path=laid.community(code).path, by=one, now=now)


def bank_events(
    *, laid: Map, folk: Folk, seed: int, by: Actor, since: datetime, now: datetime
) -> list[Event]:
    """What was seen to be done and what holders did with their passbooks, to be played among everything else."""
    rng = Random(f"points-{seed}")  # noqa: S311 a story, not a secret
    door = {one.person for one in folk.door.values()}
    owners = homes(folk=folk)
    found: list[Event] = []
    for one, code in owners:
        clerk, path = folk.clerks[code], laid.community(code).path
        seen = table.acts(rng, 8 if one.person in door else 1, (now - since).days - 1)
        for number, (back, deed, story) in enumerate(seen):
            at = day_start(local_day(now - timedelta(days=back))) + timedelta(
                hours=8 + number % 9, minutes=20
            )
            found.append((at, partial(_seen, one, clerk, path, deed, story, number, at)))
    for giver, taker in zip(folk.residents[::4], folk.residents[1::4], strict=False):
        at = awake(now - timedelta(days=2))
        found.append((at, partial(_give, giver, taker, at)))
    for loser, code in owners[3:6]:
        at = awake(now - timedelta(days=20))
        found.append((at, partial(_lose, loser, folk.clerks[code], at)))
    announced, family = awake(now - timedelta(days=5)), awake(now - timedelta(hours=1))
    found.append((announced, partial(_announce, folk.county_clerk, announced)))
    found.append((family, partial(_family, laid, folk, by, family)))
    home = min(folk.clerks)
    entered, decided, waiting = (day_start(local_day(now - timedelta(days=n))) for n in (18, 17, 1))
    path, clerk, old = laid.community(home).path, folk.clerks[home], _Old()
    at = entered + timedelta(hours=10)
    found.append((at, partial(old.enter, clerk, path, table.OLD_BOOKS[0], at)))
    at = decided + timedelta(hours=15)
    found.append((at, partial(old.decide, folk.county_clerk, at)))
    at = waiting + timedelta(hours=10)
    found.append((at, partial(old.enter, clerk, path, table.OLD_BOOKS[1], at)))
    return sorted(found, key=lambda one: one[0])


class _Old:
    """Paper passbooks brought in as a list: entered by one, let in by another; a later list waits."""

    def __init__(self) -> None:
        self.list: UUID | None = None

    def enter(self, clerk: Actor, path: str, told: tuple[str, str], now: datetime) -> None:
        source, rows = told
        last = local_day(now) + timedelta(days=365)
        row = actions.propose_opening(
            file=BytesIO(rows.encode()), name="old.csv", path=path, source=source, expires_on=last,
            by=clerk, now=now,
        )  # fmt: skip
        self.list = self.list or row.id

    def decide(self, by: Actor, now: datetime) -> None:
        assert self.list is not None, "it was entered the day before"
        actions.decide_opening(opening=self.list, approve=True, by=by, now=now)


def homes(*, folk: Folk) -> list[tuple[Actor, str]]:
    """Who has a passbook, and the code of the community that keeps it; whoever stands at the door last."""
    codes = sorted(folk.clerks)
    door = [folk.door[name] for name in (names.RESIDENT, names.ELDER, names.RIDER)]
    holders = dict.fromkeys((*folk.residents, *folk.riders))
    others = [(one, codes[number % len(codes)]) for number, one in enumerate(holders) if one not in door]
    return [*others, *((one, names.HOME_COMMUNITY) for one in door)]


def _own(actor: Actor) -> queries.Owner:
    if actor.person is None:
        raise ValueError("nobody")
    return queries.person(actor.person)


def _seen(
    one: Actor, clerk: Actor, path: str, deed: table.Deed, story: str, number: int, at: datetime
) -> None:
    account = queries.account_of(_own(one))
    assert account is not None, "the bank was opened first"
    assert clerk.person is not None, "clerks of the example are persons"
    actions.earn(
        by=clerk, now=at, rule_code=deed.code, key=f"example:{one.person}:{number}", done_on=local_day(at),
        subject=("passbook", account.id), story=story, community_path=path, confirmed_by=clerk.person,
        person=one.person,
    )  # fmt: skip


def _give(giver: Actor, taker: Actor, at: datetime) -> None:
    found = queries.balance(_own(giver))
    if found is not None and found.free >= 5:
        actions.give(
            by=giver, now=at, owner=_own(giver), to=_own(taker), amount=5, key=f"example:{giver.person}",
            story="谢谢你帮忙",
        )  # fmt: skip


def _lose(loser: Actor, clerk: Actor, at: datetime) -> None:
    account = queries.account_of(_own(loser))
    assert account is not None, "the bank was opened first"
    actions.lose(by=loser, now=at, account=account.id)
    actions.replace(by=clerk, now=at + timedelta(days=1), account=account.id)


def _announce(clerk: Actor, at: datetime) -> None:
    """A second version of a rule, from a day to come."""
    deed = table.CLEANING
    actions.publish_rule(
        by=clerk, now=at, code=deed.code, name=deed.name, points=deed.points + 2, per_day=deed.per_day,
        effective_on=local_day(at + timedelta(days=14)), note="冬季扫雪加分",
    )  # fmt: skip


def _family(laid: Map, folk: Folk, by: Actor, at: datetime) -> None:
    """Two residents live together and have a passbook between them besides."""
    pair = [(one, code) for one, code in homes(folk=folk) if one in folk.residents][-2:]
    home = people.add_household(label="2单元301", by=by, now=at)
    for one, _code in pair:
        people.move_in(household=home.pk, person=_own(one).id, by=by, now=at)
    code = pair[-1][1]
    actions.issue(
        by=folk.clerks[code], now=at, owner=queries.household(home.pk), path=laid.community(code).path
    )
