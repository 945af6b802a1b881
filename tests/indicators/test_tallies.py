"""Counts that are kept tell what is counted case by case, whatever was done to the cases since."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mulin.kernel.ids import earlier, uuid7
from mulin.readers.indicators import actions
from mulin.readers.indicators.actions import tallies as keeping
from mulin.readers.indicators.models import Tally, TallyCase
from mulin.readers.indicators.queries import Figure, Scope, figures, parts_of, rows, tallies
from mulin.services.cases.models import Case, CaseStep, Deferral, Exclusion
from mulin.services.catalogue import actions as catalogue
from mulin.services.catalogue.queries import Content
from tests.cases.scenes import STATES, in_state
from tests.indicators.test_figures import case
from tests.indicators.test_sets import AUGUST, JULY, JUNE, MAY, at, make, moments, rated, shapes, spans
from tests.journeys.conftest import Enter
from tests.personas import Scene

APRIL, HERE = date(2026, 4, 1), "/001/"
NOW = at(9, 1)
WINDOWS = ((MAY, JUNE, "/"), (APRIL, AUGUST, "/"), (MAY, JUNE, HERE))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "OFTEN", -keeping.SLACK)


def keep(scene: Scene, *windows: tuple[date, date, str]) -> None:
    for start, end, path in windows:
        actions.ask_tally(scope=Scope(path), start=start, end=end, by=scene.leader, now=NOW)
    for _window in windows:
        actions.keep_tallies(now=NOW)
    assert not Tally.objects.filter(version=0).exists()


def plain(found: list[Figure]) -> dict[str, Any]:
    return {one.indicator.code: (one.value, one.numerator, one.denominator, one.split) for one in found}


def counted(start: date, end: date, path: str = "/") -> dict[str, Any]:
    """Every figure, counted case by case."""
    with patch("mulin.readers.indicators.queries.figures.held", return_value=None):
        return plain(figures(start, end, scope=Scope(path), now=NOW))


def agree(start: date, end: date, path: str = "/") -> None:
    """What is kept is what is counted, and opens to as many rows."""
    known = figures(start, end, scope=Scope(path), now=NOW)
    assert all(one.kept for one in known)
    assert plain(known) == counted(start, end, path)
    for one in known:
        if one.numerator is not None and (start, end, path) == (MAY, JUNE, "/"):
            parts = parts_of(one.indicator.base)
            behind = sum(rows(part, start, end, scope=Scope(path), now=NOW).count() for part in parts)
            assert behind == one.numerator, one.indicator.code


# ── whatever happens ─────

changes = st.tuples(
    st.sampled_from(
        ("close", "reopen", "answer", "rate", "move", "level", "exclude", "merge", "unmerge", "extend", "rest", "report", "new")
    ),
    st.integers(0, 99),
    moments,
    spans,
    st.booleans(),
)  # fmt: skip


def change(kind: str, row: Case, moment: datetime, span: timedelta, yes: bool, other: Case) -> None:
    """Something that a later act may do to a case, with the step that tells of it; as an act does, the row is written."""

    def step(before: str, after: str, **facts: Any) -> None:
        CaseStep.objects.create(
            case=row, at=moment, action=kind, from_state=before, to_state=after, facts=facts
        )

    was = row.state
    moment = max(moment, row.reported_at)
    if kind == "close":
        step(was, "closed")
        row.state, row.disposed_at, row.closed_at, row.result = "closed", moment, moment, "好"
        row.merged_into = None
    elif kind == "reopen" and was == "closed":
        step(was, "in_hand", due_before=row.due_at.isoformat() if row.due_at else None)
        row.state, row.disposed_at, row.closed_at, row.result = "in_hand", None, None, ""
        row.round, row.excluded_at, row.due_at = row.round + 1, None, moment + span
    elif kind == "answer":
        row.first_response_at = row.reported_at + span if yes else None
    elif kind == "rate":
        rated(row, "satisfied" if yes else "dissatisfied", moment)
    elif kind == "move":
        row.place_path = HERE if yes else "/003/"
    elif kind == "level":
        row.level, row.found_fixed, row.source = "grid" if yes else "street", yes, "staff"
    elif kind == "exclude":
        row.excluded_at = moment if yes else None
        if yes:
            Exclusion.objects.create(
                case=row, code="policy", reason="政策", asked_by=uuid7(), asked_at=moment, decided_by=uuid7(),
                decided_at=moment, granted=True,
            )  # fmt: skip
    elif kind == "merge" and was == "in_hand" and other != row:
        step(was, "merged")
        row.state, row.merged_into = "merged", other
    elif kind == "unmerge" and was == "merged":
        step(was, "in_hand")
        row.state, row.merged_into = "in_hand", None
    elif kind in ("extend", "rest"):
        Deferral.objects.create(
            case=row, kind="extension" if kind == "extend" else "shelve", reason="等", until=moment + span, asked_by=uuid7(),
            asked_at=moment, decided_by=uuid7(), decided_at=moment, granted=True, due_before=row.due_at,
        )  # fmt: skip
        row.due_at = moment + span
    elif kind == "report" and not row.closed_at and not row.first_response_at:
        row.reported_at, row.reported_day = moment, moment.date()
    row.save()


@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=st.lists(shapes, min_size=4, max_size=14), later=st.lists(changes, min_size=1, max_size=10))
def test_what_is_kept_is_what_is_counted_whatever_was_done_since(
    county: Scene, told: list[dict[str, Any]], later: list[Any]
) -> None:
    Case.objects.update(state="in_hand", merged_into=None, excluded_at=None)
    Case.objects.all().delete()
    Tally.objects.all().delete()
    made: list[Case] = []
    for number, one in enumerate(told):
        row = make(one, made[-1] if made else None)
        if number % 3 == 0:
            Case.objects.filter(pk=row.pk).update(place_path=HERE)
        made.append(row)
    keep(county, *WINDOWS)
    for window in WINDOWS:
        agree(*window)
    # As if the tallies had been made long ago and nothing had been written since: from here on, only what is.
    Tally.objects.update(since=uuid7())
    for kind, which, moment, span, yes in later:
        if kind == "new":
            made.append(make({**told[which % len(told)], "reported": moment}, made[0]))
            continue
        row = Case.objects.get(pk=made[which % len(made)].pk)
        change(kind, row, moment, span, yes, made[0])
    for window in WINDOWS:
        agree(*window)
    actions.keep_tallies(now=NOW)
    for window in WINDOWS:
        agree(*window)
    corrected = {one.pk: (one.sums, one.waits) for one in Tally.objects.all()}
    Tally.objects.update(words="others")
    for _window in WINDOWS:
        actions.keep_tallies(now=NOW)
    assert {one.pk: (one.sums, one.waits) for one in Tally.objects.all()} == corrected


@pytest.mark.parametrize("state", STATES)
def test_every_act_says_that_it_wrote_the_case(county: Scene, state: str) -> None:
    keep(county, (MAY, JUNE, "/"))
    Tally.objects.update(since=uuid7())
    in_state(county, at(5, 10), state)
    agree(MAY, JUNE)


# ── what says that a case was written ─────


def test_whatever_writes_a_case_says_when(county: Scene) -> None:
    row = case()
    seen = [row.touched]
    row.title = "井盖"
    row.save(update_fields=["title"])
    seen.append(Case.objects.get(pk=row.pk).touched)
    Case.objects.filter(pk=row.pk).update(title="路灯")
    seen.append(Case.objects.get(pk=row.pk).touched)
    Case.objects.bulk_update([row], ["title"])
    seen.append(Case.objects.get(pk=row.pk).touched)
    assert seen == sorted(set(seen)) and len(seen) == 4
    assert earlier(timedelta(minutes=1)) < seen[0] < uuid7()


# ── which windows are kept ─────


def test_only_a_place_of_somebody_who_sees_it_all_is_kept_once_it_is_over(county: Scene) -> None:
    def asked(scope: Scope, end: date = JUNE) -> bool:
        return actions.ask_tally(scope=scope, start=MAY, end=end, by=county.leader, now=at(6, 20))

    assert not asked(Scope(), JULY), "it runs"
    assert not asked(Scope(unit=county.units["department"].id))
    assert not asked(Scope(reader=county.community_clerk))
    assert asked(Scope(reader=county.leader))
    actions.keep_tallies(now=NOW)
    assert figures(MAY, JUNE, scope=Scope(reader=county.leader), now=NOW)[0].kept
    for scope in (
        Scope(reader=county.community_clerk),
        Scope(unit=county.units["department"].id),
        Scope(HERE),
    ):
        assert not figures(MAY, JUNE, scope=scope, now=NOW)[0].kept
    assert not figures(MAY, JUNE, now=at(5, 20))[0].kept, "as things stood before its end"


def test_what_is_not_kept_or_is_being_counted_is_counted_case_by_case(county: Scene) -> None:
    case(closed=True, due_at=at(5, 12))
    assert not figures(MAY, JUNE, now=NOW)[0].kept
    keep(county, (MAY, JUNE, "/"))
    case(closed=True, due_at=at(5, 12))
    agree(MAY, JUNE)
    with patch.object(tallies, "MOST", 1):
        case(closed=True, due_at=at(5, 12))
        assert not figures(MAY, JUNE, now=NOW)[0].kept, (
            "more was written than can be counted while somebody waits"
        )
    original = tallies.changes

    def meanwhile(tally: Tally) -> Any:
        found = original(tally)
        actions.keep_tallies(now=NOW)
        return found

    with patch.object(tallies, "changes", meanwhile):
        assert not figures(MAY, JUNE, now=NOW)[0].kept
    agree(MAY, JUNE)


def test_other_definitions_are_counted_anew(county: Scene) -> None:
    keep(county, (MAY, JUNE, "/"))
    Tally.objects.update(words="others", sums={"reported people": 7})
    assert not figures(MAY, JUNE, now=NOW)[0].kept
    actions.keep_tallies(now=NOW)
    agree(MAY, JUNE)


def test_one_window_is_counted_anew_in_a_pass_and_the_oldest_go(
    county: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "KEPT", 2)
    for number, (start, end, path) in enumerate(WINDOWS):
        actions.ask_tally(
            scope=Scope(path), start=start, end=end, by=county.leader, now=NOW + timedelta(minutes=number)
        )
    assert not actions.ask_tally(scope=Scope(), start=MAY, end=JUNE, by=county.leader, now=NOW), "once"
    assert (actions.keep_tallies(now=NOW), Tally.objects.filter(version=0).count()) == (1, 1)
    assert set(Tally.objects.values_list("ends_on", "path")) == {(AUGUST, "/"), (JUNE, HERE)}
    actions.keep_tallies(now=NOW)
    assert not Tally.objects.filter(version=0).exists()


def test_a_tally_is_corrected_every_ten_minutes(county: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(county, (MAY, JUNE, "/"))
    monkeypatch.undo()
    case(closed=True)
    assert actions.keep_tallies(now=NOW) == 0
    agree(MAY, JUNE)
    Tally.objects.update(since=earlier(keeping.SLACK + keeping.OFTEN))
    assert actions.keep_tallies(now=NOW) == 1
    assert TallyCase.objects.count() == 1
    agree(MAY, JUNE)


def test_a_large_window_is_kept_by_looking_at_it(county: Scene, enter: Enter, morning: datetime) -> None:
    case(at(4, 10), closed=True)
    case(closed=True)
    address = "/desk/figures/?from=2026-05-01&to=2026-06-01"
    leader = enter("leader")
    assert leader.get(address).status_code == 200
    assert not Tally.objects.exists(), "few are counted in no time"
    with patch("mulin.readers.indicators.queries.LEAST", 1):
        assert leader.get(address).status_code == 200
        enter("community_clerk").get(address)
    assert set(Tally.objects.values_list("starts_on", "ends_on", "path")) == {
        (MAY, JUNE, "/"),
        (APRIL, MAY, "/"),
    }
    for _pass in range(2):
        actions.keep_tallies(now=morning)
    page = leader.get(address)
    assert all(line["figure"].kept for line in page.context["lines"])
    assert {line["figure"].indicator.code: line["figure"].numerator for line in page.context["lines"]}[
        "cases_closed"
    ] == 1


def test_complaints_are_kept_by_compound_and_counted_where_households_are(county: Scene) -> None:
    by, now, here = county.county_clerk, at(1, 5), county.places["compound"]
    category = catalogue.add_category(code="test", name="试一类", by=by, now=now)
    told = Content("物业不修门", "grid", property_related=True)
    kind = catalogue.draft_type(code="T01", content=told, category=category.id, by=by, now=now)
    catalogue.publish(version=kind.id, by=by, now=now)
    complaint = {"matter": kind, "compound": here, "place_path": here.path, "accepted_at": at(5, 10)}
    for _one in range(3):
        row = case(**complaint)
    keep(county, (MAY, JUNE, "/"))
    Tally.objects.update(since=uuid7())

    def rate() -> tuple[int | None, int | None]:
        (known,) = figures(MAY, JUNE, only=["property_complaint_rate"], now=NOW)
        assert known.kept
        agree(MAY, JUNE)
        return known.numerator, known.denominator

    assert rate() == (0, 0), "nobody counted the households"
    here.counts.create(households=400, counted_on=date(2026, 1, 10), source="社区")
    assert rate() == (3, 400)
    Case.objects.filter(pk=row.pk).update(state="withdrawn")
    assert rate() == (2, 400)
