"""The example county in the database: whole, once, and never over a real one."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import Any

from django.apps import apps
from shapely import STRtree
from shapely.geometry import shape

from mulin.ground.access import queries as access
from mulin.ground.territory import queries as territory
from mulin.ground.trail import queries as trail
from mulin.ground.worklist import queries as worklist
from mulin.kernel.clock import local_day
from mulin.readers.demo.actions import Made, make_example
from mulin.readers.demo.queries import standing
from mulin.readers.demo.rules import people
from mulin.readers.indicators.queries import figures
from mulin.services.cases.queries import hotline
from mulin.services.cases.queries.history import history
from tests.conftest import NOW
from tests.personas import COUNTY

FINISHED = ("closed", "not_admitted", "merged", "withdrawn")


def rows(label: str) -> Any:
    return apps.get_model(label).objects.all()


def actor(username: str) -> Any:
    guest = next(one for one in access.example_people() if one.username == username)
    return access.actor_for(guest.account, COUNTY)


# ── made once ──────────────────────────────────────────────────────────────────────────────


def test_a_second_run_changes_nothing_and_is_quick(example: Made) -> None:
    before = [
        rows(label).count() for label in ("trail.AuditEntry", "cases.Case", "people.Person", "trail.Seal")
    ]
    begun = time.monotonic()
    again = make_example(county=COUNTY, seed=99, scale=5, now=NOW + timedelta(days=1))
    assert time.monotonic() - begun < 1
    assert not again.fresh
    assert before == [
        rows(label).count() for label in ("trail.AuditEntry", "cases.Case", "people.Person", "trail.Seal")
    ]
    assert standing(COUNTY) == "made"


def test_every_deed_is_sealed_and_the_chain_holds(example: Made) -> None:
    assert rows("trail.Seal").count() == rows("trail.AuditEntry").count() > 500
    assert not trail.verify().findings


def test_the_figures_of_compounds_have_rows_behind_them(example: Made) -> None:
    end = local_day(NOW) + timedelta(days=1)
    codes = ["compound_issues_solved", "property_complaint_rate"]
    for one in figures(end - timedelta(days=400), end, only=codes, now=NOW):
        assert one.numerator and one.numerator > 1, one.indicator.code


# ── the map ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_tree_has_its_places_in_two_languages(example: Made) -> None:
    kinds = Counter(rows("territory.Division").values_list("kind", flat=True))
    assert (
        kinds["subdistrict"] == 4
        and kinds["community"] == 27
        and kinds["compound"] >= 40
        and kinds["village"] == 0
    )
    home = rows("territory.Division").get(region_code="211322001003")
    assert (home.name, home.name_en) == ("双虹社区", "Shuanghong Community")
    assert not rows("territory.Division").filter(name_en="").exists()


def test_every_place_stands_in_exactly_one_grid_of_its_own_community(example: Made) -> None:
    places = Counter(rows("territory.GridPlace").filter(ended_on=None).values_list("division_id", flat=True))
    homes = rows("territory.Division").filter(kind__in=["compound", "building"])
    assert {home.id for home in homes} == set(places) and set(places.values()) == {1}
    for row in rows("territory.GridPlace").select_related("grid__community", "division"):
        assert row.division.path.startswith(row.grid.community.path)


def test_grids_share_edges_and_never_overlap(example: Made) -> None:
    shapes = [shape(row.geometry) for row in rows("territory.GridShape")]
    assert len(shapes) == 60
    ours, theirs = STRtree(shapes).query(shapes, predicate="intersects")
    touching = 0
    for one, other in zip(ours, theirs, strict=True):
        if one < other:
            common = shapes[one].intersection(shapes[other])
            assert common.area < 1e-13
            touching += common.length > 0
    assert touching > 90


def test_every_grid_has_a_worker_who_may_work_there_and_a_head(example: Made) -> None:
    today = local_day(NOW)
    for grid in territory.grids_under("/", on=today):
        for person in territory.grid_workers(grid.id, on=today):
            assert access.actor_of_person(person).covers(grid.path, "grid_worker", "grid_head")
        kinds = Counter(rows("territory.GridPosting").filter(grid=grid).values_list("kind", flat=True))
        assert kinds == {"grid_worker": 1, "grid_head": 1}


def test_the_county_knows_its_inside_and_its_outside(example: Made) -> None:
    assert territory.in_county(119.64, 41.40) is True
    assert territory.in_county(120.41, 41.58) is False
    spot = territory.grid_at(119.65, 41.40, on=local_day(NOW))
    assert spot is not None and spot.grid_path.startswith(spot.community_path)


# ── the people ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_door_has_its_people_and_nobody_has_a_password(example: Made) -> None:
    guests = {guest.username: guest for guest in access.example_people()}
    assert set(guests) == set(people.DOOR)
    for username, guest in guests.items():
        assert guest.name and people.DOOR[username].role in {held.role for held in guest.held}
    accounts = rows("access.Account").filter(username__startswith="example-")
    assert accounts.count() == len(people.DOOR)
    assert not any(account.has_usable_password() or account.is_staff for account in accounts)
    assert rows("people.Person").get(id=guests[people.ELDER].person).large_print


def test_every_territory_is_somebodys(example: Made) -> None:
    grants = rows("access.Grant").filter(ended_on=None)
    holders = Counter(grants.values_list("role", flat=True))
    assert holders["community_clerk"] == 27 and holders["grid_worker"] == 60 and holders["street_clerk"] == 30
    assert set(holders) == set(access.roles())


# ── the cases ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_catalogue_is_in_force_with_its_mandates_and_one_application_waits(example: Made) -> None:
    assert rows("catalogue.MatterVersion").filter(state="published").count() >= 60
    assert rows("catalogue.MatterCategory").count() == 8
    streets = rows("catalogue.Mandate").filter(state="published").values_list("division__name", flat=True)
    assert sorted(streets) == ["万寿街道", "叶柏寿街道", "红山街道", "铁南街道"]
    states = Counter(rows("catalogue.MatterAdmission").values_list("state", flat=True))
    assert states == {"admitted": 1, "refused": 1, "submitted": 1}
    assert rows("catalogue.MatterVersion").filter(state="draft").count() == 1
    open_items = rows("worklist.WorkItem").filter(done_at=None, subject_kind="admission")
    assert [item.role for item in open_items] == ["county_clerk"]


def test_every_open_case_has_its_one_step_to_do_and_no_other_has_any(example: Made) -> None:
    open_items = Counter(
        rows("worklist.WorkItem")
        .filter(done_at=None, subject_kind="case")
        .exclude(kind__in=("call_or_visit", "check", "decide", "supervised", "answer_hotline"))
        .values_list("subject_id", flat=True)
    )
    open_cases = set(rows("cases.Case").exclude(state__in=FINISHED).values_list("id", flat=True))
    assert set(open_items) == open_cases and set(open_items.values()) == {1}
    calls = (
        rows("worklist.WorkItem")
        .filter(done_at=None, kind="call_or_visit")
        .values_list("subject_id", flat=True)
    )
    assert set(calls) <= open_cases
    owed = rows("worklist.WorkItem").filter(done_at=None, kind="answer_hotline")
    assert owed.count() == 1 and set(owed.values_list("subject_id", flat=True)) <= open_cases


def test_every_closed_case_has_a_result_and_times_in_order(example: Made) -> None:
    closed = rows("cases.Case").filter(state="closed")
    assert closed.count() > 20
    for case in closed:
        assert case.result and case.closed_at >= case.reported_at
        assert case.found_fixed or case.informed_at is not None
    moments = list(rows("cases.CaseStep").order_by("id").values_list("at", flat=True))
    assert moments == sorted(moments) and moments[-1] <= NOW
    assert min(moments) > NOW - timedelta(days=76)


def test_all_ways_of_a_case_occur(example: Made) -> None:
    assert set(rows("cases.Case").values_list("state", flat=True)) >= {
        "reported", "asked", "assigned", "in_hand", "disposed", "closed", "not_admitted", "appealed", "withdrawn", "shelved", "merged",
    }  # fmt: skip
    assert set(rows("cases.Case").values_list("source", flat=True)) == {
        "resident",
        "rider",
        "staff",
        "patrol",
        "hotline",
    }
    assert rows("cases.CaseStep").filter(action="report", facts__outside=True).count() == 1
    assert rows("files.StoredFile").filter(purpose="report").exists()
    assert rows("files.StoredFile").filter(purpose="result").exists()
    assert rows("cases.Rating").exists()


def test_the_grid_worker_at_the_door_has_work_in_every_light(example: Made) -> None:
    items = worklist.lit(worklist.open_for(actor(people.GRID_WORKER)), NOW)
    assert {item.light for item in items} == {"green", "yellow", "red"}


def test_the_resident_at_the_door_has_cases_in_several_states_and_one_to_rate(example: Made) -> None:
    own = rows("cases.Case").filter(reported_by=actor(people.RESIDENT).person)
    assert Counter(own.values_list("state", flat=True)) == {
        "reported": 1,
        "in_hand": 1,
        "disposed": 1,
        "closed": 2,
    }
    assert not rows("cases.Rating").filter(case__in=own.filter(state="disposed")).exists()


def test_the_same_seed_makes_the_same_county(example: Made) -> None:
    told = (
        rows("cases.Case")
        .exclude(pk__in=rows("patrols.PatrolFinding").values("case"))
        .order_by("reported_at", "title")
        .values_list("title", "text", "state", "reported_at", "closed_at")
    )
    from mulin.readers.demo.rules.outlines import Blocks
    from mulin.readers.demo.rules.stories import plans
    from tests.demo.conftest import SCALE

    planned = plans(seed=7, scale=SCALE, now=NOW, blocks=Blocks(7))
    assert sorted((plan.title, plan.text) for plan in planned) == sorted(row[:2] for row in told)
    assert sorted(plan.steps[0].at for plan in planned) == sorted(row[3] for row in told)


def test_neighbours_find_what_others_met_too_and_codes_on_doors(example: Made) -> None:
    shown = rows("cases.Case").filter(shown_at__isnull=False)
    assert shown.count() >= 3 and not shown.filter(matter=None).exists()
    assert all(one.supports == rows("cases.Support").filter(case=one).count() > 0 for one in shown)
    assert not shown.filter(state__in=FINISHED).exists()
    assert all(one.accepted_at is None or one.accepted_at <= one.shown_at <= NOW for one in shown)
    assert {code.place.name for code in rows("cases.PlaceCode")} == {"双虹家园"}


def test_one_stall_is_there_for_the_sixth_time(example: Made) -> None:
    case = rows("cases.Case").get(state="reported", text__startswith="桥头卖糖葫芦")
    seen = history(actor(people.COMMUNITY_CLERK), case)
    assert seen is not None and seen.times == 6 and all(one.found_fixed for one in seen.rows)


# ── 12345 ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_hotline_has_orders_at_every_stage(example: Made) -> None:
    """One called back and closed, one answered that the hotline has not taken, one urged, one come in; no caller is told
    by us."""
    orders = [one for one in rows("cases.HotlineOrder").select_related("case", "reporter") if one.reporter]
    assert Counter(one.case.state for one in orders)["closed"] == 1
    assert {one.case.source for one in orders} == {"hotline"}
    assert {one.reporter.via for one in orders} == {"hotline"}
    assert sum(one.handed_at is not None for one in orders) == 1
    assert hotline.to_hand_over(actor(people.COUNTY_CLERK)).count() == 1
    assert all(one.case.clocks["outer"] for one in orders if one.case.state not in FINISHED)
    urged = rows("cases.CaseStep").filter(action="urge", case__in=[one.case_id for one in orders])
    assert urged.count() == 1


def test_help_shows_what_became_of_its_points(example: Made) -> None:
    claims = rows("orders.OrderClaim")
    assert claims.filter(unpaid="no_passbook", points=0).count() == 1, "one may still open a passbook"
    assert claims.filter(points__gt=0).count() > 5
    assert not claims.filter(unpaid="confirmer").exists(), "nobody's month is full"
    assert claims.filter(unit__isnull=False, state="held").count() == 1, "a unit keeps its word"
    assert rows("orders.OrderHelper").filter(kind__startswith="wish.").exists()
