"""How often a matter came up at its spot: the same stall for the sixth time is another matter than a first one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mulin.services.cases import actions
from mulin.services.cases.models import Case
from mulin.services.cases.queries.history import MOST_SHOWN, history
from tests.cases.catalogue import matter
from tests.cases.scenes import browser, fresh, reported
from tests.personas import Scene

DAY = timedelta(days=1)
STALL = (119.6450, 41.4050)
NEAR = (119.6454, 41.4052)
"""About 40 metres from STALL."""
FAR = (119.6458, 41.4050)
"""About 67 metres from STALL."""


def at_stall(scene: Scene, when: datetime, kind: UUID | None = None, at: Any = STALL, **more: Any) -> Case:
    case = reported(scene, when, at=at, **more).case
    if kind is None:
        return case
    return actions.accept(case=case, matter=kind, by=scene.community_clerk, now=when, version=case.version)


def told(scene: Scene, case: Case, by: str = "community_clerk") -> tuple[int, list[UUID]]:
    found = history(scene.actors[by], Case.objects.select_related("place", "matter").get(pk=case.pk))
    return (found.times, [one.id for one in found.rows]) if found else (1, [])


def test_the_same_matter_within_fifty_metres_and_ninety_days_counts(county: Scene, now: datetime) -> None:
    kind, other = matter(county, now, "H1", "grid"), matter(county, now, "H2", "grid")
    old = at_stall(county, now - 91 * DAY, kind)
    early = at_stall(county, now - 90 * DAY, kind)
    near = at_stall(county, now - 3 * DAY, kind, NEAR)
    at_stall(county, now - 2 * DAY, kind, FAR)
    at_stall(county, now - 2 * DAY, other)
    case = at_stall(county, now, kind)
    later = at_stall(county, now + DAY, kind)
    assert told(county, case) == (3, [near.id, early.id])
    assert told(county, old) == (1, [])
    assert told(county, later)[0] == 3


def test_what_did_not_happen_once_more_does_not_count(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "H1", "grid")
    first = at_stall(county, now - 5 * DAY, kind)
    same = at_stall(county, now - 4 * DAY, kind)
    actions.merge_into(
        case=same, number=first.number, by=county.community_clerk, now=now - 4 * DAY, version=None
    )
    refused = at_stall(county, now - 3 * DAY)
    actions.refuse(
        case=refused, reason="不归", where="市里", by=county.community_clerk, now=now - 3 * DAY, version=None
    )
    assert told(county, at_stall(county, now, kind)) == (2, [first.id])


def test_without_a_type_the_words_decide(county: Scene, now: datetime) -> None:
    first = at_stall(county, now - DAY, text="早市东口的水果摊占了盲道")
    at_stall(county, now - DAY, text="井盖丢了，很危险")
    case = at_stall(county, now, matter(county, now, "H1", "grid"), text="水果摊又占了盲道，早市东口")
    assert told(county, case) == (2, [first.id])


def test_without_a_position_the_compound_is_the_spot_and_a_community_is_none(
    county: Scene, now: datetime
) -> None:
    kind, compound, community = (
        matter(county, now, "H1", "grid"),
        county.places["compound"].id,
        county.places["community"].id,
    )
    first = at_stall(county, now - DAY, kind, None, place=compound)
    at_stall(county, now - DAY, kind, None, place=community)
    assert told(county, at_stall(county, now, kind, None, place=compound)) == (2, [first.id])
    assert told(county, at_stall(county, now, kind, None, place=community)) == (1, [])


def test_nobody_learns_of_cases_that_he_may_not_see(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "H1", "county", lead="department")
    at_stall(county, now - 2 * DAY)  # waits in the grid, in the same words
    mine = at_stall(county, now - DAY, kind)
    case = at_stall(county, now, kind)
    assert told(county, case)[0] == 3
    assert told(county, case, "department") == (2, [mine.id])


def test_the_page_says_it_to_staff_and_leads_there(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "H1", "grid")
    cases = [at_stall(county, now - n * DAY, kind, text=f"水果摊占道{n}") for n in range(MOST_SHOWN + 2)]
    page = browser(county, "grid_worker").get(f"/desk/cases/{fresh(cases[0]).id}/").content.decode()
    assert "90 天里第 7 次" in page and "还有更早的 1 次" in page
    assert f"/desk/cases/{cases[1].id}/" in page and f"/desk/cases/{cases[-1].id}/" not in page
    alone = browser(county, "grid_worker").get(f"/desk/cases/{cases[-1].id}/").content.decode()
    assert "这个地方" not in alone
