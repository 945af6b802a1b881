"""What is laid before a person, pure: pairs, rings and stars against brute force; lots; groups of few."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import permutations
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mulin.ground.points.rules import fairness as rules

SIDES = [UUID(int=n) for n in range(1, 6)]
Edges = list[tuple[int, int, int]]
edges = some.lists(some.tuples(some.integers(0, 4), some.integers(0, 4), some.integers(1, 4)), max_size=14)


def acts(told: Edges) -> list[rules.Deed]:
    """(who confirms, who did it, how many acts) as deeds."""
    key = iter(range(100, 10_000))
    return [
        rules.Deed(UUID(int=next(key)), SIDES[giver], SIDES[taker])
        for giver, taker, many in told
        for _n in range(many)
    ]


def of(found: list[rules.Found], kind: str) -> list[rules.Found]:
    return [one for one in found if one.kind == kind]


@given(edges)
def test_pairs_and_rings_are_those_that_trying_everything_finds(told: Edges) -> None:
    deeds = acts(told)
    many = Counter((one.giver, one.taker) for one in deeds if one.giver != one.taker)
    pairs = {
        (one, other)
        for one, other in permutations(SIDES, 2)
        if one < other and many[one, other] >= rules.PAIR_EACH and many[other, one] >= rules.PAIR_EACH
    }
    rings = {
        ring
        for ring in permutations(SIDES, 3)
        if ring[0] == min(ring) and all(many[ring[n], ring[(n + 1) % 3]] >= rules.RING_EACH for n in range(3))
    }
    found = rules.patterns(deeds)
    for kind, sides in (("pair", pairs), ("ring", rings)):
        named = [one.sides for one in of(found, kind)]
        assert len(named) == len(set(named)) and set(named) == sides
    for one in of(found, "pair") + of(found, "ring"):
        steps = set(zip(one.sides, (*one.sides[1:], one.sides[0]), strict=True))
        assert set(one.deeds) == {deed.key for deed in deeds if (deed.giver, deed.taker) in steps}


@given(edges, some.randoms())
def test_the_order_of_acts_changes_nothing(told: Edges, random: Random) -> None:
    deeds = acts(told)
    other = list(deeds)
    random.shuffle(other)
    day = date(2026, 9, 1)
    assert {rules.review_key(one, day): set(one.deeds) for one in rules.patterns(deeds)} == {
        rules.review_key(one, day): set(one.deeds) for one in rules.patterns(other)
    }


def test_nobody_is_in_a_pattern_with_himself() -> None:
    assert rules.patterns(acts([(0, 0, 50)])) == []


def test_a_star_is_far_above_the_usual_and_for_few() -> None:
    usual = [(1, 2, 2), (2, 3, 2), (3, 4, 3), (4, 1, 2)]
    assert of(rules.patterns(acts([*usual, (0, 1, rules.STAR_EACH - 1)])), "star") == []
    found = of(rules.patterns(acts([*usual, (0, 1, rules.STAR_EACH), (0, 2, 1)])), "star")
    assert [(one.sides, len(one.deeds)) for one in found] == [((SIDES[0], SIDES[1]), rules.STAR_EACH)]
    beside = [(0, taker, 5) for taker in (2, 3, 4)]
    assert of(rules.patterns(acts([*usual, *beside, (0, 1, rules.STAR_EACH)])), "star") == [], (
        "of much, a part"
    )
    everybody = [(0, taker, 20) for taker in (1, 2, 3, 4)]
    small = [(giver, taker, 1) for giver, taker in permutations((1, 2, 3, 4), 2)]
    assert of(rules.patterns(acts([*everybody, *small])), "star") == [], "for whom it is more, it is his work"
    busy = [(1, 2, 12), (2, 3, 12), (3, 4, 13)]
    assert of(rules.patterns(acts(busy)), "star") == [], "where all do so much, it is the usual"


def test_many_gifts_into_one_passbook() -> None:
    takers = [UUID(int=n) for n in range(1, 9)]
    gifts = [rules.Deed(UUID(int=100 + n), giver, takers[0]) for n, giver in enumerate(takers[1:])]
    (found,) = rules.patterns([], gifts[: rules.GIFTS_FROM])
    assert (found.kind, found.sides[0], len(found.deeds)) == ("gifts", takers[0], rules.GIFTS_FROM)
    assert rules.patterns([], gifts[: rules.GIFTS_FROM - 1]) == []
    often = [rules.Deed(UUID(int=200 + n), takers[1], takers[0]) for n in range(20)]
    assert rules.patterns([], often) == [], "one that gives often is one"


def test_a_pattern_has_one_key_within_a_window() -> None:
    one = rules.Found("pair", (SIDES[0], SIDES[1]), ())
    first = date.fromordinal(rules.WINDOW * 8000)
    keys = {rules.review_key(one, first + timedelta(days=n)) for n in range(rules.WINDOW)}
    assert len(keys) == 1
    assert rules.review_key(one, first + timedelta(days=rules.WINDOW)) not in keys


lots = some.dictionaries(some.uuids(), some.floats(0, 1, exclude_max=True), max_size=40)


@given(lots, some.booleans(), some.booleans())
def test_a_month_that_is_over_has_at_least_one_call_back(
    told: dict[UUID, float], over: bool, had: bool
) -> None:
    found = rules.drawn(told, month_over=over, had=had)
    low = {key for key, lot in told.items() if lot < rules.SHARE}
    assert low <= found <= set(told)
    assert len(found - low) <= 1
    if told and over and not had:
        assert found
    if not over or had:
        assert found == low


groups = some.lists(some.tuples(some.integers(0, 9), some.integers(0, 50), some.integers(0, 500)), max_size=6)


@given(groups)
def test_no_group_of_few_is_shown_and_nothing_is_lost(told: list[tuple[int, int, int]]) -> None:
    every = [rules.Group((f"g{n}",), members, acts, points) for n, (members, acts, points) in enumerate(told)]
    some_people = [one for one in every if one.members]
    found = rules.merged(every)
    assert sum(one.members for one in found) == sum(one.members for one in some_people)
    assert sum(one.acts for one in found) == sum(one.acts for one in some_people)
    assert sum(one.points for one in found) == sum(one.points for one in some_people)
    codes = [code for one in found for code in one.codes]
    assert sorted(codes) == sorted(one.codes[0] for one in some_people)
    assert all(one.shown for one in found) or len(found) == 1


@pytest.mark.parametrize(
    ("paths", "place", "level"),
    [
        ({"/001/003/"}, "/001/003/", "community_clerk"),
        ({"/001/003/", "/001/004/"}, "/001/", "street_clerk"),
        ({"/001/003/", "/003/004/"}, "/", "county_clerk"),
        ({"/001/003/", "/"}, "/", "county_clerk"),
    ],
)
def test_what_lies_in_several_places_is_for_whoever_is_over_all(
    paths: set[str], place: str, level: str
) -> None:
    assert rules.common(paths) == place and rules.lowest(place) == level
    assert rules.place_of(level, place) == place


def test_the_second_answer_comes_from_one_level_up() -> None:
    assert [rules.level_above(one) for one in rules.LEVELS] == [
        "street_clerk", "county_clerk", "admin", "admin",
    ]  # fmt: skip
    assert rules.place_of("street_clerk", "/001/003/") == "/001/"
    assert rules.place_of("county_clerk", "/001/003/") == rules.place_of("admin", "/001/") == "/"
