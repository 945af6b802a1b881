"""Fairness in the example county's points bank: neighbours who confirm each other, questions about entries, call-backs."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from mulin.ground.people import actions as people_actions
from mulin.ground.people import queries as people
from mulin.ground.points import actions, queries
from mulin.ground.points.queries import fairness
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.readers.demo.actions.patrols import Event
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.points import homes
from mulin.readers.demo.rules import aid
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules.moments import awake


def fair_events(*, folk: Folk, now: datetime) -> list[Event]:
    """Two pairs of neighbours confirm each other; one pair is looked at and appeals. Entries are asked about; one question
    nobody answers, so that it goes up to the county and its leader, another goes one level up. On some days the acts are
    looked through, and what is over its time is moved, as ``tick`` would."""
    pairs = _pairs(folk)
    found: list[Event] = []
    for number, (one, other) in enumerate(pairs):
        for turn in range(3):
            for giver, taker in ((one, other), (other, one)):
                at = awake(now - timedelta(days=34 - 16 * number - turn, hours=5))
                found.append((at, partial(_confirm, giver, taker, number * 10 + turn, at)))
    for days in (31, 22, 12, 1):
        at = awake(now - timedelta(days=days, hours=2))
        found.append((at, partial(_look, at)))
    for days, act in (
        (29, _decide),
        (20, _settle),
        (13, _call),
        (9, _ask),
        (8, _plead),
        (7, _answer),
        (5, _try),
    ):
        at = awake(now - timedelta(days=days))
        found.append((at, partial(act, folk, at)))
    at = awake(now - timedelta(hours=3))
    found.append((at, partial(_ask, folk, at)))
    for days, (asker, _other) in ((58, pairs[1]), (17, (pairs[0][1], pairs[0][0]))):
        at = awake(now - timedelta(days=days))
        found.append((at, partial(_ask_once, asker, at)))
    for number, (one, code) in enumerate(_families(folk)):
        at = awake(now - timedelta(days=2 + number, hours=4))
        found.append((at, partial(_together, one, folk.clerks[code], at)))
    for days in (48, 38, 28, 6):
        at = awake(now - timedelta(days=days, hours=1))
        found.append((at, partial(_rise, at)))
    return found


def _pairs(folk: Folk) -> list[tuple[Actor, Actor]]:
    """The resident at the door with a neighbour of his community, and two others."""
    door = {one.person for one in folk.door.values()}
    rest = [(one, code) for one, code in homes(folk=folk) if one.person not in door]
    near = next((one for one, code in rest if code == names.HOME_COMMUNITY), rest[-1][0])
    two = [one for one, _code in rest if one is not near][:2]
    return [(folk.door[names.RESIDENT], near), (two[0], two[1])]


def _families(folk: Folk) -> list[tuple[Actor, str]]:
    """Some who keep a passbook with their families besides, with the code of their community."""
    door = {one.person for one in folk.door.values()}
    paired = {one.person for pair in _pairs(folk) for one in pair}
    rest = [(one, code) for one, code in homes(folk=folk) if one.person not in door | paired]
    return rest[3:9]


def _together(one: Actor, clerk: Actor, at: datetime) -> None:
    """A family did something together: two acts into its own passbook."""
    own = queries.account_of(queries.person(_person(one)))
    assert own is not None, "the bank was opened first"
    home = people.household_of(_person(one))
    if home is None:
        row = people_actions.add_household(label="3单元102", by=clerk, now=at)
        people_actions.move_in(household=row.pk, person=_person(one), by=clerk, now=at)
        home = row.pk
    owner = queries.household(home)
    book = queries.account_of(owner) or actions.issue(by=clerk, now=at, owner=owner, path=own.path)
    for code, name, _given in (aid.POINTS[4], aid.POINTS[6]):
        actions.earn(
            by=clerk, now=at, rule_code=code, key=f"example:family:{home}:{code}", done_on=local_day(at),
            subject=("passbook", book.id), story=name, community_path=own.path, confirmed_by=_person(clerk),
            household=home,
        )  # fmt: skip


def _person(actor: Actor) -> UUID:
    assert actor.person is not None, "the people of the example are persons"
    return actor.person


def _confirm(giver: Actor, taker: Actor, number: int, at: datetime) -> None:
    """One neighbour saw what the other did."""
    account = queries.account_of(queries.person(_person(taker)))
    assert account is not None, "the bank was opened first"
    code, name, _given = aid.POINTS[4]
    actions.earn(
        by=giver, now=at, rule_code=code, key=f"example:fair:{taker.person}:{number}", done_on=local_day(at),
        subject=("passbook", account.id), story=name, community_path=account.path,
        confirmed_by=_person(giver), person=taker.person,
    )  # fmt: skip


def _look(at: datetime) -> None:
    actions.look_daily(now=at)


def _officers(folk: Folk) -> list[Actor]:
    return [*folk.clerks.values(), folk.door[names.STREET_CLERK], *folk.towns.values(), folk.county_clerk]


def _decide(folk: Folk, at: datetime) -> None:
    """The first pattern is looked at: one act is put right, the rest was so."""
    for officer in _officers(folk):
        row = fairness.open_reviews(officer).filter(kind="pair").first()
        if row is None:
            continue
        shown = fairness.review(officer, row.id)
        actions.decide_review(
            by=officer, now=at, review=row.id, wrong=True, words="问过两边，有一天下雨没有巡楼，是记错了日子。",
            undo=[one.transfer for one in shown.deeds if not one.undone][:1],
        )  # fmt: skip
        return


def _plead(folk: Folk, at: datetime) -> None:
    """The resident at the door says that it was so."""
    own = folk.door[names.RESIDENT]
    for key in fairness.concerning(_person(own)):
        actions.plead(by=own, now=at, review=key, words="那天雨停以后巡过一圈，三单元的邻居看见了。")


def _settle(folk: Folk, at: datetime) -> None:
    """Where one confirmed often for a few, it was his task."""
    for officer in _officers(folk):
        for row in fairness.open_reviews(officer).filter(kind="star"):
            words = "他是这几栋楼的登记人，和每周的登记表对过。"
            actions.decide_review(by=officer, now=at, review=row.id, wrong=False, words=words)


def _call(folk: Folk, at: datetime) -> None:
    """Everything drawn so far was asked back about."""
    for officer in _officers(folk):
        for row in fairness.open_callbacks(officer):
            actions.call_back(by=officer, now=at, callback=row.id, outcome="confirmed")


def _try(folk: Folk, at: datetime) -> None:
    """Of what was drawn since, one was not reached so far, and one says that it was not so."""
    outcomes = iter((("no_answer", ""), ("untrue", "说那天家里没有人来过，请再问问。")))
    for officer in _officers(folk):
        for row in fairness.open_callbacks(officer)[:1]:
            outcome, words = next(outcomes, ("", ""))
            if outcome:
                actions.call_back(by=officer, now=at, callback=row.id, outcome=outcome, words=words)


def _rise(at: datetime) -> None:
    actions.rise_due(now=at)


def _ask(folk: Folk, at: datetime) -> None:
    """The resident at the door asks about his newest act that he has not asked about."""
    _ask_once(folk.door[names.RESIDENT], at)


def _ask_once(own: Actor, at: datetime) -> None:
    account = queries.account_of(queries.person(_person(own)))
    assert account is not None, "the bank was opened first"
    shown = fairness.with_questions(account.id, queries.passbook(own, account.id, now=at).lines)
    line = next((one for one in shown.rows if one.kind == "earn" and one.question is None), None)
    if line is not None:
        actions.ask(
            by=own, now=at, account=account.id, transfer=line.transfer, words="这件事我记得是前一天做的。"
        )


def _answer(folk: Folk, at: datetime) -> None:
    """What the resident at the door asked."""
    own = _person(folk.door[names.RESIDENT])
    for officer in _officers(folk):
        for row in fairness.open_questions(officer).filter(asked_by=own):
            actions.answer(
                by=officer, now=at, question=row.id, outcome="explain", words="翻了当天的记录，日子没有记错。"
            )
            return
