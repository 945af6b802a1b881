"""Which rule of the routing table decides, and which two may not stand together: without a database."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.kernel.errors import Refused
from mulin.services.cases.rules import (
    Asked,
    Content,
    Line,
    Scope,
    Table,
    Target,
    checked,
    covers,
    rank,
    ties,
)

DAY = date(2026, 9, 1)
LITTER, NOISE, CITY = UUID(int=1), UUID(int=2), UUID(int=9)
HERE = Asked("/001/003/C1/", "/001/003/g1001/", LITTER, CITY, DAY, working=True)


def line(number: int, path: str = "/", level: str = "county", **scope: object) -> Line:
    content = Content(Scope(path, **scope), Target(level))  # type: ignore[arg-type]
    return Line(UUID(int=number), UUID(int=number), number, content)


def picked(*lines: Line, asked: Asked = HERE) -> int | None:
    found = Table(lines).pick(asked)
    return found.number if found else None


def test_the_most_specific_place_decides_before_type_and_time() -> None:
    county = line(1, matter_type=LITTER, hours="working", from_day=DAY)
    street, community = line(2, "/001/", matter_type=LITTER), line(3, "/001/003/")
    grid, compound = line(4, "/001/003/g1001/"), line(5, "/001/003/C1/")
    assert picked(county) == 1
    assert picked(county, street) == 2
    assert picked(county, street, community) == 3
    assert picked(county, street, community, grid) == 4, "a grid is closer than its community"
    assert picked(county, street, community, grid, compound) == 5, "and a compound closer than a grid"


def test_then_the_type_then_the_time() -> None:
    everything, category = line(1, "/001/"), line(2, "/001/", category=CITY)
    litter = line(3, "/001/", matter_type=LITTER)
    assert picked(everything, category) == 2 and picked(everything, category, litter) == 3
    working, dated = line(4, "/001/", hours="working"), line(5, "/001/", until_day=DAY)
    assert picked(everything, working) == 4 and picked(everything, working, dated) == 5


def test_what_does_not_cover_a_case_does_not_decide() -> None:
    assert picked(line(1, "/003/")) is None
    assert picked(line(1, matter_type=NOISE)) is None
    assert picked(line(1, category=NOISE)) is None
    assert picked(line(1, hours="outside")) is None
    assert picked(line(1, from_day=DAY + timedelta(1))) is None
    assert picked(line(1, until_day=DAY - timedelta(1))) is None
    assert picked(line(1, from_day=DAY, until_day=DAY)) == 1, "first and last day both count"
    unclassified = Asked("/001/003/", "", None, None, DAY, working=False)
    assert picked(line(1, matter_type=LITTER), line(2), asked=unclassified) == 2


@pytest.mark.parametrize(
    ("one", "other", "tie"),
    [
        ({}, {}, True),
        ({}, {"hours": "working"}, False),
        ({"hours": "working"}, {"hours": "outside"}, False),
        ({"hours": "working"}, {"hours": "working"}, True),
        ({"from_day": DAY}, {"until_day": DAY}, True),
        ({"from_day": DAY}, {"until_day": DAY - timedelta(1)}, False),
        ({"from_day": DAY}, {}, False),
        ({"matter_type": LITTER}, {"category": CITY}, False),
        ({"matter_type": LITTER}, {"matter_type": NOISE}, False),
        ({"path": "/001/"}, {"path": "/003/"}, False),
    ],
)
def test_rules_between_which_nothing_decides_are_told(
    one: dict[str, object], other: dict[str, object], tie: bool
) -> None:
    first, second = Scope(**{"path": "/", **one}), Scope(**{"path": "/", **other})  # type: ignore[arg-type]
    assert ties(first, second) is tie and ties(second, first) is tie


days = st.none() | st.dates(DAY - timedelta(3), DAY + timedelta(3))
scopes = st.builds(
    Scope,
    path=st.sampled_from(["/", "/001/", "/001/003/", "/001/003/g1001/", "/001/003/C1/", "/003/"]),
    matter_type=st.sampled_from([None, LITTER, NOISE]),
    category=st.none(),
    hours=st.sampled_from(["always", "working", "outside"]),
    from_day=days,
    until_day=days,
) | st.builds(Scope, path=st.sampled_from(["/", "/001/"]), category=st.sampled_from([CITY, NOISE]))
cases = st.builds(
    Asked,
    place_path=st.sampled_from(["/001/003/C1/", "/001/003/", "/001/", "/003/", "/"]),
    grid_path=st.just(""),
    matter_type=st.sampled_from([None, LITTER]),
    category=st.sampled_from([None, CITY]),
    day=st.dates(DAY - timedelta(3), DAY + timedelta(3)),
    working=st.booleans(),
)


@given(st.lists(scopes, max_size=12), cases)
def test_where_no_two_rules_tie_exactly_one_is_the_most_specific(found: list[Scope], asked: Asked) -> None:
    kept: list[Scope] = []
    for scope in found:
        if not any(ties(scope, other) for other in kept):
            kept.append(scope)
    lines = [
        Line(UUID(int=n), UUID(int=n), n, Content(one, Target("county"))) for n, one in enumerate(kept, 1)
    ]
    about = [one for one in lines if covers(one.content.scope, asked)]
    ranks = [rank(one.content.scope) for one in about]
    assert len(set(ranks)) == len(ranks), "no two that cover one case are alike"
    chosen = Table(lines).pick(asked)
    assert chosen == max(about, key=lambda one: rank(one.content.scope), default=None)
    assert Table(lines[::-1]).pick(asked) == chosen, "the order in which they were made does not matter"


@given(scopes)
def test_a_rule_survives_its_column(scope: Scope) -> None:
    content = Content(scope, Target("county", UUID(int=5), None, (UUID(int=6),)), "依据")
    assert Content.from_json(content.as_json()) == content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (Content(Scope("/", LITTER, CITY), Target("county")), "rule_type"),
        (Content(Scope("/", hours="lunch"), Target("county")), "rule_hours"),
        (Content(Scope("/", from_day=DAY, until_day=DAY - timedelta(1)), Target("county")), "rule_days"),
        (Content(Scope("/"), Target("moon")), "no_level"),
        (Content(Scope("/"), Target("grid", unit=CITY)), "rule_unit"),
        (
            Content(Scope("/"), Target("county", officers=tuple(UUID(int=n) for n in range(11)))),
            "rule_officers",
        ),
        (Content(Scope("/"), Target("county"), "长" * 201), "too_long"),
    ],
)
def test_what_no_table_can_hold_is_refused(content: Content, code: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(content)
    assert refused.value.code == code
