"""The sets behind figures against cases counted by hand, through the real actions: what moves later leaves a month as it was."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.orders import actions as orders
from mulin.ground.points import actions as points
from mulin.ground.points import queries
from mulin.ground.points.actions.looking import open_review
from mulin.ground.points.models import Transfer
from mulin.kernel.clock import CHINA
from mulin.kernel.ids import public_number, uuid7
from mulin.readers.indicators.queries import Scope, figures, parts_of, rows
from mulin.readers.indicators.rules import INDICATORS, RATE, RATIO
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseStep, Deferral, Exclusion, Rating
from mulin.services.exchange import actions as exchange
from tests.cases.scenes import fresh, in_state, reported
from tests.exchange.scenes import PLACE, make_corner
from tests.indicators.test_figures import case
from tests.orders.scenes import served
from tests.personas import COUNTY, Scene

MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (5, 6, 7, 8))
NOON = datetime(2026, 5, 10, 12, tzinfo=CHINA)


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=CHINA)


def told(start: date = MAY, end: date = JUNE, **more: Any) -> dict[str, tuple[int | None, int | None]]:
    """code → (numerator, denominator)."""
    return {one.indicator.code: (one.numerator, one.denominator) for one in figures(start, end, **more)}


def reopened(scene: Scene, row: Case, now: datetime) -> Case:
    return actions.reopen(case=row, reason="又坏了", by=scene.community_clerk, now=now, version=row.version)


# ── due, closed, carried over ─────


def test_due_closure_is_closed_in_the_month_or_due_and_open_at_its_end(county: Scene) -> None:
    case(closed=True, due_at=at(5, 12))  # closed and due in May
    case(closed=True, due_at=at(7, 1))  # closed in May, due later
    case(due_at=at(5, 31, 23))  # due in May, open
    case(due_at=at(6, 1, 0))  # due at the first moment of June: not May's
    case(at(4, 2), due_at=at(4, 5))  # carried from April through May
    case(at(4, 2), wait=1, closed=True, due_at=at(4, 5))  # April's own
    case(at(4, 2), due_at=at(4, 5), state="closed", disposed_at=at(6, 2), closed_at=at(6, 3), result="好")
    may = told()
    assert may["due_closure_count"] == (5, None)
    assert may["closure_rate"] == (2, 5)
    assert may["carried_over"] == (3, 5)
    assert may["on_time_closure_rate"] == (2, 5)
    assert told(JUNE, JULY)["closure_rate"] == (1, 4)
    assert rows("carried_over", MAY, JUNE).count() == 3


def test_the_first_and_the_last_instant_belong_to_asia_shanghai(county: Scene) -> None:
    first, last = at(5, 1, 0), at(6, 1, 0) - timedelta(microseconds=1)
    for moment in (first, last, at(6, 1, 0), first - timedelta(microseconds=1)):
        case(at(4, 1), state="closed", disposed_at=moment, closed_at=moment, result="好", due_at=at(4, 9))
    assert told()["closure_rate"][0] == 2
    assert told()["on_time_closure_rate"] == (0, 3)


def test_a_result_in_time_stays_in_time_while_it_waits_for_a_rating(county: Scene) -> None:
    case(wait=2, state="closed", disposed_at=at(5, 12), closed_at=at(5, 20), due_at=at(5, 13), result="好")
    case(wait=2, state="closed", disposed_at=at(5, 14), closed_at=at(5, 20), due_at=at(5, 13), result="好")
    assert told()["on_time_closure_rate"] == (1, 2)


def test_while_the_month_runs_only_what_is_due_by_now_is_due(county: Scene) -> None:
    case(due_at=at(5, 12))
    case(due_at=at(5, 28))
    assert told(now=at(5, 20))["due_closure_count"] == (1, None)
    assert told(now=at(6, 20))["due_closure_count"] == (2, None)


# ── what moves later ─────


def test_reopening_after_the_month_leaves_the_month_as_it_was(county: Scene) -> None:
    row, _receipt = in_state(county, NOON, "closed")
    was = told()
    assert (was["closure_rate"], was["on_time_closure_rate"], was["resolution_rate"]) == (
        (1, 1),
        (1, 1),
        (1, 1),
    )
    again = reopened(county, row, at(6, 5))
    assert fresh(row).closed_at is None
    assert told() == was | {"cases_closed": (0, None)}  # its definition says so
    june = told(JUNE, JULY)
    assert june["resolution_rate"] == (0, 1)
    assert june["closure_rate"] == (0, 1)  # its new clock ran out in June, and it is open
    actions.dispose(case=again, result="又修了", by=county.grid_worker, now=at(6, 6), version=again.version)
    now = fresh(row)
    if now.informed_at is None:
        now = actions.inform(
            case=now, outcome="reached", by=county.grid_worker, now=at(6, 7), version=now.version
        )
    actions.close(case=now, by=county.community_clerk, now=at(6, 8), version=now.version)
    assert told() == was | {"cases_closed": (0, None)}
    june = told(JUNE, JULY)
    assert (june["closure_rate"], june["resolution_rate"]) == ((1, 1), (0, 1))  # reopened counts, once


def test_reopening_within_the_month_is_not_resolved_and_counts_once(county: Scene) -> None:
    row, _receipt = in_state(county, NOON, "closed")
    in_state(county, NOON, "closed")
    reopened(county, row, at(5, 12))
    may = told()
    assert may["resolution_rate"] == (1, 2)
    assert may["closure_rate"] == (1, 2)


def test_merging_later_leaves_an_overdue_case_in_the_month(county: Scene) -> None:
    kept, merged = case(due_at=at(5, 12)), case(due_at=at(5, 12))
    assert told()["carried_over"] == (2, 2)
    CaseStep.objects.create(
        case=merged, at=at(6, 3), action="merge_into", from_state="reported", to_state="merged"
    )
    Case.objects.filter(pk=merged.pk).update(state="merged", merged_into=kept.pk)
    assert told()["carried_over"] == (2, 2)
    assert told(JUNE, JULY)["carried_over"] == (1, 1)
    CaseStep.objects.create(
        case=merged, at=at(7, 3), action="unmerge", from_state="merged", to_state="reported"
    )
    Case.objects.filter(pk=merged.pk).update(state="reported", merged_into=None)
    assert told()["carried_over"] == (2, 2)
    assert told(JUNE, JULY)["carried_over"] == (1, 1)
    assert told(JULY, AUGUST)["carried_over"] == (2, 2)


def test_a_merged_group_counts_once(county: Scene) -> None:
    kept = case(wait=1, closed=True, due_at=at(5, 12))
    case(due_at=at(5, 12), state="merged", merged_into=kept)
    may = told()
    assert (may["cases_reported"][0], may["cases_responded"]) == (2, (1, 1))
    assert (may["closure_rate"], may["response_rate"]) == ((1, 1), (1, 1))


def test_more_time_given_later_takes_nothing_from_the_month(county: Scene) -> None:
    row = case(due_at=at(5, 12))
    defer(row, "extension", at(6, 2), due_before=at(5, 12))
    Case.objects.filter(pk=row.pk).update(due_at=at(8, 1))
    assert told()["carried_over"] == (1, 1)
    assert told()["extension_rate"] == (0, 1)
    assert told(JUNE, JULY)["carried_over"] == (0, 0)


@pytest.mark.parametrize("end", ["before it was closed", "after it was closed later"])
def test_reopening_what_was_open_and_late_leaves_it_carried_over(county: Scene, end: str) -> None:
    row, _receipt = in_state(county, at(5, 4), "disposed")
    Case.objects.filter(pk=row.pk).update(due_at=at(5, 6))
    CaseStep.objects.filter(case=row).update(at=at(5, 20))
    Case.objects.filter(pk=row.pk).update(disposed_at=at(5, 20))
    assert told()["carried_over"] == (1, 1)
    if end != "before it was closed":
        actions.close(case=row, by=county.community_clerk, now=at(6, 1), version=None)
        assert told()["carried_over"] == (1, 1)
    actions.reopen(case=row, reason="又坏", by=county.community_clerk, now=at(6, 3), version=None)
    due = fresh(row).due_at
    assert due is not None and due > at(6, 1)
    assert told()["carried_over"] == (1, 1)


def defer(row: Case, kind: str, decided: datetime, **more: Any) -> Deferral:
    return Deferral.objects.create(
        case=row, kind=kind, reason="等", until=decided + timedelta(days=30), asked_by=uuid7(), asked_at=decided,
        decided_by=uuid7(), decided_at=decided, granted=True, **more,
    )  # fmt: skip


def test_shelved_and_waiting_are_shared_out_beside_the_due(county: Scene) -> None:
    case(closed=True, due_at=at(5, 12))
    for kind in ("shelve", "wait"):
        defer(case(state="shelved", due_at=at(9, 1)), kind, at(5, 20))
    ended = case(state="in_hand", due_at=at(9, 1))
    defer(ended, "shelve", at(5, 20), ended_at=at(5, 25))
    later = case(state="in_hand", due_at=at(9, 1))
    defer(later, "shelve", at(5, 20), ended_at=at(6, 2))
    may = told()
    assert may["shelved_share"] == (3, 4)
    assert may["due_closure_count"] == (1, None)


def test_a_question_to_the_reporter_makes_nothing_due(county: Scene) -> None:
    case(state="asked", due_at=at(5, 12), paused_since=at(5, 11))
    case(state="asked", due_at=at(5, 12), paused_since=at(5, 13))  # asked when it was late already
    assert told()["carried_over"] == (1, 1)


# ── left out ─────


def test_what_is_excluded_is_out_of_the_rates_and_its_share_is_printed(county: Scene) -> None:
    one, _receipt = in_state(county, NOON, "closed")
    in_state(county, NOON, "closed")
    one = actions.exclude(
        case=one,
        code="policy",
        reason="政策不允许",
        by=county.community_clerk,
        now=at(5, 12),
        version=one.version,
    )
    assert told()["excluded_share"] == (0, 2)
    actions.decide_exclusion(
        case=one, granted=True, decision="属实", by=county.street_clerk, now=at(5, 13), version=one.version
    )
    may = told()
    assert may["excluded_share"] == (1, 2)
    for code in (
        "closure_rate",
        "on_time_closure_rate",
        "grid_closure_share",
        "resolution_rate",
        "response_rate",
    ):
        assert may[code][1] == 1, code
    reopened(county, fresh(one), at(6, 2))
    assert told()["excluded_share"] == (1, 2)
    assert told()["closure_rate"] == (1, 1)


def test_an_exclusion_decided_after_the_month_leaves_it_alone(county: Scene) -> None:
    row = case(closed=True, due_at=at(5, 12), excluded_at=at(6, 2))
    Exclusion.objects.create(
        case=row, code="policy", reason="政策", asked_by=uuid7(), asked_at=at(6, 1), decided_by=uuid7(),
        decided_at=at(6, 2), granted=True,
    )  # fmt: skip
    assert told()["excluded_share"] == (0, 1)
    assert told()["closure_rate"] == (1, 1)


# ── admission, response, rework, returns ─────


def test_admission_counts_decisions_and_not_what_was_fixed_on_the_spot(county: Scene) -> None:
    in_state(county, NOON, "assigned")
    in_state(county, NOON, "not_admitted")
    in_state(county, NOON, "reported")
    case(source="patrol", found_fixed=True, wait=0, closed=True, accepted_at=NOON)
    assert told()["admission_rate"] == (1, 2)


def test_response_counts_the_unanswered_once_their_time_is_up(county: Scene) -> None:
    due = NOON + timedelta(hours=24)
    case(NOON, wait=3, response_due_at=due)
    case(NOON, wait=30, response_due_at=due)  # late
    case(NOON, response_due_at=due)  # nobody answered, nobody screened
    case(at(5, 31, 23), response_due_at=at(6, 2))  # not due yet
    case(NOON, state="not_admitted", response_due_at=due)
    case(NOON, source="patrol", wait=1, response_due_at=due)
    assert told()["response_rate"] == (1, 3)
    assert told(now=NOON + timedelta(hours=5))["response_rate"] == (1, 1)


def test_rework_is_what_did_not_pass_once_per_case(county: Scene) -> None:
    row, _receipt = in_state(county, NOON, "disposed")
    for turn in range(2):
        row = actions.verify_fail(
            case=row, reason="没修好", by=county.community_clerk, now=at(5, 11 + turn), version=row.version
        )
        row = actions.dispose(
            case=row, result="重修了", by=county.grid_worker, now=at(5, 11 + turn, 14), version=row.version
        )
    if row.informed_at is None:
        row = actions.inform(
            case=row, outcome="reached", by=county.grid_worker, now=at(5, 13), version=row.version
        )
    assert told()["rework_rate"] == (0, 0)  # not closed yet
    actions.close(case=row, by=county.community_clerk, now=at(5, 14), version=row.version)
    in_state(county, NOON, "closed")
    assert told()["rework_rate"] == (1, 2)


def test_returns_count_cases_and_only_up_to_the_months_end(county: Scene) -> None:
    row, _receipt = in_state(county, at(5, 25), "disputed")
    in_state(county, NOON, "closed")
    assert row.returns == 3
    assert told()["return_rate"] == (1, 2)
    later, _receipt = in_state(county, at(5, 31, 22), "returned")
    Case.objects.filter(pk=later.pk).update(due_at=at(5, 31, 23), step_due_at=None)
    CaseStep.objects.filter(case=later, action="return_not_ours").update(at=at(6, 1, 1))
    assert told()["return_rate"] == (1, 3)


def test_levels_are_those_at_the_closing(county: Scene) -> None:
    for level, count in {"grid": 3, "compound": 1, "community": 2, "street": 1, "county": 1}.items():
        for _one in range(count):
            case(closed=True, level=level)
    may = told()
    assert (may["grid_closure_share"], may["local_closure_share"]) == ((3, 8), (6, 8))


# ── ratings ─────


def test_ratings_count_by_reporter_and_day_and_a_refusal_is_none(county: Scene) -> None:
    for number, score in enumerate(["satisfied", "mostly_satisfied", "fair", "dissatisfied", "no_rating"]):
        row = case(closed=True)
        rated(row, score, at(5, 20 + number))
    rated(case(closed=True), "satisfied", at(6, 2))
    may = told()
    assert may["satisfaction_rate"] == (2, 4)
    assert may["rated_share"] == (4, 6)
    assert may["resolution_rate"] == (5, 6)
    assert told(JUNE, JULY)["satisfaction_rate"] == (1, 1)
    assert rows("good_ratings", MAY, JUNE).count() == 2


def rated(row: Case, score: str, moment: datetime) -> None:
    reporter = row.reporters.create(receipt=f"r{uuid7().hex[:20]}")
    Rating.objects.create(case=row, reporter=reporter, score=score, rated_at=moment)


# ── hard problems, compounds ─────


def test_a_hard_problem_counts_in_the_month_it_was_signed_off(county: Scene) -> None:
    case(closed=True, hard_signed_at=at(5, 20))
    case(closed=True, hard_signed_at=at(6, 1, 0))
    assert told()["hard_problems_solved"] == (1, None)


def test_a_hard_problem_reopened_later_stays_in_its_month(county: Scene) -> None:
    row, _receipt = in_state(county, NOON, "closed")
    CaseStep.objects.create(
        case=row, at=at(5, 20), action="sign_off_hard", from_state="closed", to_state="closed"
    )
    Case.objects.filter(pk=row.pk).update(hard_signed_at=at(5, 20))
    reopened(county, fresh(row), at(6, 2))
    assert fresh(row).hard_signed_at is None
    assert told()["hard_problems_solved"] == (1, None)
    assert told(JUNE, JULY)["hard_problems_solved"] == (0, None)


# ── place and unit ─────


def test_a_case_that_was_moved_counts_where_it_lies_now_and_nowhere_twice(county: Scene) -> None:
    row = case(closed=True, due_at=at(5, 12), place_path="/001/003/", unit=county.units["department"])
    case(closed=True, due_at=at(5, 12), place_path="/003/004/")
    here, there = Scope("/001/"), Scope("/003/")
    assert (told(scope=here)["closure_rate"], told(scope=there)["closure_rate"]) == ((1, 1), (1, 1))
    Case.objects.filter(pk=row.pk).update(place_path="/003/004/")
    assert (told(scope=here)["closure_rate"], told(scope=there)["closure_rate"]) == ((0, 0), (2, 2))
    assert told()["closure_rate"] == (2, 2)
    assert told(scope=Scope(unit=county.units["department"].id))["closure_rate"] == (1, 1)


def test_a_reader_counts_what_he_may_see(county: Scene) -> None:
    case(closed=True, place_path="/001/003/", grid_path="/001/003/g1001/")
    case(closed=True, place_path="/003/004/", grid_path="/003/004/g1001/")
    given = case(closed=True, place_path="/003/004/")
    actions_unit = county.units["department"]
    given.units.create(part="lead", unit=actions_unit, level="county", how="dispatch", since=NOON)
    seen = {
        who: told(scope=Scope(reader=getattr(county, who)))["closure_rate"][1]
        for who in ("leader", "community_clerk", "grid_worker", "other_clerk", "department", "resident")
    }
    assert seen == {
        "leader": 3, "community_clerk": 1, "grid_worker": 1, "other_clerk": 2, "department": 1, "resident": 0,
    }  # fmt: skip


# ── whatever the cases are ─────

moments = st.integers(0, 60 * 24 * 90).map(lambda minutes: at(4, 1, 0) + timedelta(minutes=minutes))
spans = st.integers(0, 60 * 24 * 20).map(lambda minutes: timedelta(minutes=minutes))
shapes = st.fixed_dictionaries(
    {
        "reported": moments,
        "answered": st.none() | spans,
        "due": st.none() | spans,
        "done": st.none() | spans,
        "back": st.none() | spans,
        "source": st.sampled_from(["resident", "patrol", "staff", "import"]),
        "historic": st.booleans(),
        "level": st.sampled_from(["grid", "community", "county", ""]),
        "excluded": st.booleans(),
        "end": st.sampled_from(["", "merged", "withdrawn", "not_admitted"]),
        "returns": st.integers(0, 2),
        "reworks": st.integers(0, 2),
        "score": st.sampled_from(["", "satisfied", "dissatisfied", "no_rating"]),
    }
)


def make(told: dict[str, Any], kept: Case | None) -> Case:
    """A case of any shape, with the steps that such a case has."""
    start = told["reported"]
    row: dict[str, Any] = {
        "state": "in_hand", "source": told["source"], "provenance": "historic" if told["historic"] else "live",
        "level": told["level"], "returns": told["returns"], "reworks": told["reworks"],
        "due_at": None if told["due"] is None else start + told["due"],
        "first_response_at": None if told["answered"] is None else start + told["answered"],
    }  # fmt: skip
    due = row["due_at"].isoformat() if row["due_at"] else None
    turns: list[tuple[datetime, str, str, str]] = []
    if told["done"] is not None:
        closed = start + told["done"]
        turns.append((closed, "close", "disposed", "closed"))
        row |= {"state": "closed", "disposed_at": closed, "closed_at": closed, "result": "好"}
        if told["excluded"]:
            row["excluded_at"] = closed
        if told["back"] is not None:
            turns.append((closed + told["back"], "reopen", "closed", "in_hand"))
            row |= {
                "state": "in_hand",
                "disposed_at": None,
                "closed_at": None,
                "result": "",
                "round": 2,
                "excluded_at": None,
            }
    elif told["end"] and (told["end"] != "merged" or kept is not None):
        turns.append((start + timedelta(hours=1), told["end"], "reported", told["end"]))
        row |= {"state": told["end"], "merged_into": kept if told["end"] == "merged" else None}
    made = Case.objects.create(
        number=public_number(COUNTY), client_id=uuid7(), title="路灯", text="路灯", place_path="/", reported_at=start,
        reported_day=start.date(), **row,
    )  # fmt: skip
    if told["returns"]:
        turns.append((start + timedelta(hours=2), "return_not_ours", "in_hand", "returned"))
    if told["reworks"]:
        turns.append((start + timedelta(hours=3), "verify_fail", "disposed", "in_hand"))
    for moment, action, before, after in turns:
        facts = {"due_before": due} if action == "reopen" else {}
        CaseStep.objects.create(
            case=made, at=moment, action=action, from_state=before, to_state=after, facts=facts
        )
    if told["score"]:
        rated(made, told["score"], start + (told["done"] or timedelta()) + timedelta(days=2))
    return made


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(shapes, max_size=12))
def test_a_numerator_is_part_of_its_denominator_and_the_split_adds_up(
    county: Scene, told: list[dict[str, Any]]
) -> None:
    Case.objects.update(state="in_hand", merged_into=None, excluded_at=None)
    Case.objects.all().delete()
    kept: Case | None = None
    for one in told:
        kept = make(one, kept)
    for figure in figures(MAY, JUNE):
        one = figure.indicator
        above = keys_of(one.base)
        assert len(above) == figure.numerator, one.code
        if one.over and one.over != "compounds_counted":
            below = keys_of(one.over)
            assert one.kind == RATIO or above <= below, one.code
            assert len(below) == figure.denominator, one.code
        cells = list(figure.split.values())
        if cells[0]["numerator"] is not None:
            assert sum(cell["numerator"] or 0 for cell in cells) == figure.numerator, one.code
            if one.over:
                assert sum(cell["denominator"] or 0 for cell in cells) == figure.denominator, one.code
        if one.kind == RATE:
            assert figure.value is None if not figure.denominator else 0 <= figure.value <= 100, one.code


def keys_of(name: str) -> set[Any]:
    """The ids of a set's rows, of a sum those of all its parts."""
    return {key for part in parts_of(name) for key in rows(part, MAY, JUNE).values_list("pk", flat=True)}


def test_every_indicator_says_how_it_is_counted() -> None:
    for code, one in INDICATORS.items():
        assert one.code == code
        assert len(str(one.definition)) > 15, code
        assert bool(one.over) == (one.kind != "count") or code in ("cases_responded", "carried_over"), code


@pytest.mark.parametrize("who", ["leader"])
def test_a_report_that_nobody_looked_at_still_counts(county: Scene, who: str) -> None:
    reported(county, NOON)
    assert told()["response_rate"] == (0, 1)
    assert told()["carried_over"] == (1, 1)


# ── sums of sets ─────


def test_cover_is_goods_and_pledges_over_what_is_outstanding_and_opens_to_both(
    county: Scene, now: datetime
) -> None:
    corner = make_corner(county, now)  # 5 bags at 30, 5 bottles at 50; 140 points in passbooks
    points.enter_pledge(
        path=PLACE, kind="budget", source="年度兑付预算", words="米面油", points=20, starts_on=now.date(),
        ends_on=now.date(), by=county.community_clerk, now=now,
    )  # fmt: skip
    day = now.date()
    (cover,) = figures(day, day + timedelta(days=1), only=["reserve_cover"])
    assert (cover.numerator, cover.denominator, cover.value) == (420, 140, 300)
    parts = {name: list(rows(name, day, day + timedelta(days=1))) for name in parts_of("points_backing")}
    assert sum(one.delta for found in parts.values() for one in found) == 420
    row = corner.reserve()
    exchange.hand_over(redemption=row.id, by=county.rider, now=now + timedelta(days=1))
    told = {one.indicator.code: one for one in figures(day, day + timedelta(days=2))}
    assert (told["reserve_cover"].numerator, told["reserve_cover"].denominator) == (370, 110), (
        "one day's pledge"
    )
    assert (told["redemption_rate"].numerator, told["redemption_rate"].denominator) == (30, 140)
    (again,) = figures(day, day + timedelta(days=1), only=["reserve_cover"])
    assert (again.numerator, again.denominator) == (420, 140), "a day gone by stays"
    elsewhere = figures(day, day + timedelta(days=1), only=["reserve_cover"], scope=Scope("/003/"))
    assert (elsewhere[0].numerator, elsewhere[0].denominator) == (0, 0)


def test_an_act_that_several_figures_count_is_one_act_and_says_in_how_many(
    county: Scene, now: datetime
) -> None:
    by, clerk = county.county_clerk, county.community_clerk
    told: dict[str, Any] = {"points": 2, "effective_on": now.date(), "by": by, "now": now}
    points.publish_rule(code="help_parcel", name="代收快递", **told)
    points.publish_rule(code="yard", name="扫院子", **told)
    points.grant_budget(
        path=PLACE, division=county.places["community"].id, amount=100, note="年度", key="b", by=by, now=now
    )
    owner = queries.person(county.persons["other_resident"].id)
    points.issue(owner=owner, path=PLACE, by=clerk, now=now)
    for kind in ("help.parcel", "wish.thing"):  # the first brings points, nobody made a rule for the second
        row, claim = served(county, now, kind=kind)
        orders.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)
    points.earn(
        rule_code="yard", key="seen", done_on=now.date(), subject=("division", county.places["community"].id),
        story="扫雪", community_path=PLACE, confirmed_by=county.persons["community_clerk"].id, person=owner.id,
        by=clerk, now=now,
    )  # fmt: skip
    end = now.date() + timedelta(days=1)
    told_by = {one.indicator.code: one for one in figures(now.date(), end)}
    assert (told_by["aid_acts"].value, told_by["wishes_fulfilled"].value) == (1, 1)
    assert told_by["points_issued"].value == 4, "two acts of two points"
    assert told_by["acts_distinct"].value == 3
    twice = told_by["acts_counted_twice"]
    assert (twice.numerator, twice.denominator) == (1, 3)
    found = {name: rows(name, now.date(), end).count() for name in parts_of("acts_distinct")}
    assert found == {"acts_helped": 1, "acts_wished": 1, "acts_seen": 1}
    assert rows("acts_overlapping", now.date(), end).get().order.kind == "help.parcel"


def test_points_entered_anew_or_restored_for_an_ask_are_the_same_act(county: Scene, now: datetime) -> None:
    """The ask brought points; they are entered anew after a question, taken back by a review, given back by an appeal."""
    by, clerk, helper = county.county_clerk, county.community_clerk, county.persons["other_resident"].id
    told: dict[str, Any] = {"points": 2, "effective_on": now.date(), "by": by, "now": now}
    points.publish_rule(code="help_parcel", name="代收快递", **told)
    points.grant_budget(
        path=PLACE, division=county.places["community"].id, amount=100, note="年度", key="b", by=by, now=now
    )
    book = points.issue(owner=queries.person(helper), path=PLACE, by=clerk, now=now).id
    row, claim = served(county, now, kind="help.parcel")
    orders.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)

    def counted() -> tuple[Any, ...]:
        end = now.date() + timedelta(days=1)
        found = {one.indicator.code: one for one in figures(now.date(), end)}
        return (
            found["acts_distinct"].value,
            found["acts_counted_twice"].numerator,
            found["points_issued"].value,
        )

    assert counted() == (1, 1, 2)
    first = Transfer.objects.get(kind="earn")
    asked = points.ask(by=county.other_resident, now=now, account=book, transfer=first.id, words="日子不对")
    points.answer(
        by=clerk, now=now, question=asked.id, outcome="anew", words="改了日子", rule_code="help_parcel",
        done_on=now.date(),
    )  # fmt: skip
    assert counted() == (1, 1, 2), "entered anew it is still the ask's"
    anew = Transfer.objects.filter(kind="earn").exclude(pk=first.pk).get()
    review = open_review(
        key="ask", kind="callback", transfers=[anew.id], concerned=[helper], paths={PLACE}, since=now.date(),
        until=now.date(), by=by, now=now,
    )  # fmt: skip
    points.decide_review(by=clerk, now=now, review=review.id, wrong=True, words="没有这件事", undo=[anew.id])
    assert counted() == (1, 0, 0), "the ask stays confirmed, without points"
    points.plead(by=county.other_resident, now=now, review=review.id, words="有的")
    points.decide_plea(
        by=county.street_clerk,
        now=now,
        review=review.id,
        person=helper,
        holds=True,
        words="是真的",
        restore=[anew.id],
    )
    assert counted() == (1, 1, 2), "restored it is counted among both again, as one act"
