"""The reserve behind the points: pledges, the cover of a month, and the pace that is announced and never retroactive."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.points import actions
from mulin.ground.points.actions import reserve as reserve_acts
from mulin.ground.points.models import Act, CoverMonth, Entry, PaceRule, PaceTold, Pledge
from mulin.ground.points.queries import check_books, points_on
from mulin.ground.points.queries import reserve as queries
from mulin.ground.points.queries.figures import outstanding
from mulin.ground.points.rules.reserve import cover, paced, starts, too_low
from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, Refused, Stale
from tests.conftest import as_owner
from tests.journeys.conftest import Enter, clock_at, enter, files_home, morning
from tests.journeys.steps import text_of
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, Bank, family, make_bank

__all__ = ["clock_at", "enter", "files_home", "morning"]

Notice: Any = apps.get_model("notices.Notice")


def pledge(scene: Scene, now: datetime, points: int = 100, **more: Any) -> Pledge:
    told: dict[str, Any] = {
        "path": PLACE, "kind": "merchant", "source": "永和超市", "words": "每月大米十袋", "points": points,
        "starts_on": now.date(), "ends_on": now.date() + timedelta(days=365), "by": scene.community_clerk,
    }  # fmt: skip
    return actions.enter_pledge(now=now, **(told | more))


def rule(scene: Scene, now: datetime, **more: Any) -> PaceRule:
    told: dict[str, Any] = {
        "floor": 60, "percent": 70, "notice": 14, "effective_on": now.date(), "by": scene.county_clerk,
    }  # fmt: skip
    return actions.publish_pace(now=now, **(told | more))


def next_month(now: datetime, months: int = 1) -> datetime:
    """Nine in the morning of the first of a month to come."""
    place = now.year * 12 + now.month - 1 + months
    return datetime(place // 12, place % 12 + 1, 1, 9, tzinfo=CHINA)


# ── pure ─────


@pytest.mark.no_tenant_rows("numbers only")
@given(points=st.integers(1, 10_000), percent=st.integers(1, 100))
def test_a_pace_gives_at_least_one_point_and_never_more_than_the_rule(points: int, percent: int) -> None:
    given_points = paced(points, percent)
    assert 1 <= given_points <= points
    assert abs(given_points * 100 - points * percent) <= 50 or given_points == 1
    assert paced(0, percent) == 0 and paced(points, 100) == points


@pytest.mark.no_tenant_rows("numbers only")
@given(
    day=st.dates(date(2026, 1, 1), date(2027, 1, 1)), notice=st.integers(0, 180), days=st.integers(-200, 200)
)
def test_a_pace_begins_after_its_notice_and_after_what_was_announced(
    day: date, notice: int, days: int
) -> None:
    last = day + timedelta(days=days)
    begins = starts(day, notice, last)
    assert begins > day and begins > last and begins >= day + timedelta(days=notice)
    assert starts(day, notice, None) == day + timedelta(days=max(notice, 1))


@pytest.mark.no_tenant_rows("numbers only")
def test_cover_is_rounded_down_and_none_over_nothing() -> None:
    assert cover(599, 1000) == 59 and cover(0, 5) == 0 and cover(5, 0) is None
    assert too_low(599, 1000, 60) and not too_low(600, 1000, 60) and not too_low(0, 0, 60)


# ── pledges ─────


def test_a_pledge_counts_within_its_days_and_until_it_was_ended(bank: Bank) -> None:
    scene, now = bank.scene, bank.now
    row = pledge(scene, now, 100)
    pledge(scene, now, 50, starts_on=now.date() + timedelta(days=10))
    bank.earn(bank.one)
    (found,) = queries.covers(now + timedelta(seconds=1))
    assert (found.pledged, found.outstanding, found.percent) == (100, 10, 1000)
    later = now + timedelta(days=20)
    assert queries.covers(later)[0].pledged == 150
    actions.end_pledge(by=scene.county_clerk, now=later, pledge=row.id, why="超市停业")
    assert queries.covers(later + timedelta(days=1))[0].pledged == 50
    assert queries.covers(now + timedelta(days=2))[0].pledged == 100, "the past stays"
    with pytest.raises(Stale):
        actions.end_pledge(by=scene.county_clerk, now=later, pledge=row.id, why="再来一次")


@pytest.mark.parametrize(
    "who", ["resident", "grid_worker", "other_clerk", "department", "leader", "merchant"]
)
def test_who_is_not_at_a_counter_of_the_community_enters_and_ends_no_pledge(bank: Bank, who: str) -> None:
    row = pledge(bank.scene, bank.now)
    with pytest.raises(NotAllowed):
        pledge(bank.scene, bank.now, by=bank.scene.actors[who])
    with pytest.raises(NotAllowed):
        actions.end_pledge(by=bank.scene.actors[who], now=bank.now, pledge=row.id, why="不要了")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"source": " "}, "pledge_source"),
        ({"words": ""}, "pledge_words"),
        ({"points": 0}, "pledge_points"),
        ({"kind": "cash"}, "pledge_kind"),
        ({"starts_on": date(2020, 1, 1)}, "pledge_start"),
        ({"ends_on": date(2020, 1, 1)}, "pledge_end"),
        ({"ends_on": date(2099, 1, 1)}, "pledge_end"),
    ],
)
def test_a_pledge_without_a_source_words_or_days_is_refused(
    bank: Bank, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        pledge(bank.scene, bank.now, **more)
    assert refused.value.code == code
    assert not Pledge.objects.exists()


@pytest.mark.parametrize("who", ["resident", "community_clerk", "street_clerk", "leader", "department"])
def test_only_the_county_slows_issuing(bank: Bank, who: str) -> None:
    with pytest.raises(NotAllowed):
        rule(bank.scene, bank.now, by=bank.scene.actors[who])


@pytest.mark.parametrize(
    "more", [{"floor": 0}, {"percent": 100}, {"notice": 0}, {"effective_on": date(2020, 1, 1)}]
)
def test_a_pace_rule_out_of_bounds_is_refused(bank: Bank, more: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        rule(bank.scene, bank.now, **more)
    rule(bank.scene, bank.now)
    with pytest.raises(Refused) as refused:
        rule(bank.scene, bank.now)
    assert (refused.value.code, refused.value.status) == ("pace_day_taken", 409)


# ── a month's end ─────


def test_a_low_cover_is_announced_once_and_slows_only_what_is_done_from_its_day_on(bank: Bank) -> None:
    scene, now = bank.scene, bank.now
    rule(scene, now)
    for number in range(3):
        bank.earn(bank.one, done_on=now.date(), key=f"first:{number}")
    first = next_month(now)
    assert actions.measure_covers(now=first) == 1
    assert actions.measure_covers(now=first) == 0, "twice changes nothing"
    row = CoverMonth.objects.get()
    assert (row.path, row.outstanding, row.goods, row.pledged, row.percent) == (PLACE, 30, 0, 0, 70)
    begins = first.date() + timedelta(days=14)
    assert row.starts_on == begins
    told = Notice.objects.filter(template="points_pace")
    assert set(told.values_list("person_id", "channel")) == {
        (bank.one.id, "in_app"), (bank.other.id, "in_app"),
    }  # fmt: skip
    later = first + timedelta(days=20)
    before = bank.earn(bank.one, done_on=begins - timedelta(days=1), now=later)
    after = bank.earn(bank.one, done_on=begins, now=later)
    assert (before.points, after.points) == (10, 7)
    act = Act.objects.get(transfer=after.transfer_id)
    assert act.paced_id == row.id and Act.objects.get(transfer=before.transfer_id).paced_id is None
    assert points_on(begins) == {"help": 10}, "the rule itself is as it was"
    assert queries.paced_on(begins)("/001/003/C1/", 10) == 7
    assert queries.paced_on(begins)("/003/004/", 10) == 10
    actions.seal(now=later)
    assert check_books().findings == []


def test_it_ends_the_same_way_once_the_cover_has_recovered(bank: Bank) -> None:
    scene, now = bank.scene, bank.now
    rule(scene, now)
    bank.earn(bank.one)
    first, second = next_month(now), next_month(now, 2)
    actions.measure_covers(now=first)
    pledge(scene, first, 100)
    actions.measure_covers(now=second)
    slow, whole = CoverMonth.objects.order_by("month")
    assert (slow.percent, whole.percent) == (70, 100)
    assert whole.starts_on == second.date() + timedelta(days=14)
    assert Notice.objects.filter(template="points_pace_over").count() == 2
    third = next_month(now, 3)
    assert actions.measure_covers(now=third) == 1
    assert CoverMonth.objects.get(month=second.date()).starts_on is None, "nothing changed: nothing announced"
    days = (slow.starts_on, whole.starts_on - timedelta(days=1), whole.starts_on)
    assert [bank.earn(bank.one, done_on=day, now=third).points for day in days] == [7, 7, 10]
    assert check_books().findings == []


def test_a_rule_that_ended_lets_the_pace_recover(bank: Bank) -> None:
    rule(bank.scene, bank.now)
    bank.earn(bank.one)
    first = next_month(bank.now)
    actions.measure_covers(now=first)
    rule(bank.scene, first, ended=True, effective_on=first.date())
    actions.measure_covers(now=next_month(bank.now, 2))
    assert list(CoverMonth.objects.order_by("month").values_list("percent", flat=True)) == [70, 100]


def test_without_a_rule_the_cover_is_written_down_and_nothing_announced(bank: Bank) -> None:
    bank.earn(bank.one)
    actions.measure_covers(now=next_month(bank.now))
    row = CoverMonth.objects.get()
    assert (row.percent, row.starts_on, row.rule_id) == (100, None, None)
    assert not Notice.objects.filter(template__startswith="points_pace").exists()


def test_books_find_an_act_that_was_paid_at_another_pace(bank: Bank) -> None:
    rule(bank.scene, bank.now)
    bank.earn(bank.one)
    first = next_month(bank.now)
    actions.measure_covers(now=first)
    later = first + timedelta(days=20)
    paid = bank.earn(bank.one, done_on=later.date(), now=later)
    with as_owner():
        Act.objects.filter(transfer=paid.transfer_id).update(paced=None)
    assert [one.code for one in check_books().findings] == ["act_pace"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.data())
def test_whatever_was_announced_is_what_an_act_of_its_day_brings(bank: Bank, told: st.DataObject) -> None:
    """Rules, pledges and months in any order: an act brings the pace that had been announced for its day, whenever it
    is written down, and no announcement ever reaches back."""
    around = transaction.savepoint()
    try:
        _try_months(bank, told)
    finally:
        transaction.savepoint_rollback(around)


def _try_months(bank: Bank, told: st.DataObject) -> None:
    scene, start = bank.scene, bank.now
    bank.earn(bank.one)
    promised: dict[date, int] = {}
    for month in range(1, 5):
        now = next_month(start, month)
        if told.draw(st.booleans()):
            rule(
                scene, now - timedelta(days=1), floor=told.draw(st.integers(1, 200)),
                percent=told.draw(st.integers(1, 99)), notice=told.draw(st.integers(1, 60)),
                effective_on=now.date() - timedelta(days=1), ended=told.draw(st.booleans()),
            )  # fmt: skip
        if told.draw(st.booleans()):
            pledge(
                scene,
                now - timedelta(days=1),
                told.draw(st.integers(1, 60)),
                ends_on=now.date() + timedelta(days=40),
            )
        known = {day: _pace(day) for day in _days(start, now.date())}
        actions.measure_covers(now=now)
        assert {day: _pace(day) for day in known} == known, "a day gone by keeps its pace"
        promised |= known
    last = next_month(start, 5)
    for day in told.draw(st.lists(st.sampled_from(sorted(promised)), min_size=1, max_size=4)):
        paid = bank.earn(bank.one, done_on=day, now=last)
        assert paid.points == paced(10, promised[day])
    assert Entry.objects.filter(balance_after__lt=0).count() == 0


def _days(start: datetime, until: date) -> list[date]:
    return [start.date() + timedelta(days=n) for n in range((until - start.date()).days + 1)]


def _pace(day: date) -> int:
    row = queries.pace_on(PLACE, day)
    return row.percent if row else 100


# ── pages ─────


def test_everybody_reads_what_stands_behind_the_points(
    bank: Bank, enter: Enter, clock_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mulin.ground.points.views.reserve.SMALL", 1)
    pledge(bank.scene, bank.now)
    bank.earn(bank.one)
    clock_at(bank.now + timedelta(minutes=5))
    place = bank.scene.places["community"].id
    for who in ("stranger", "resident", "merchant", "leader", "community_clerk"):
        page = text_of(enter(who).get(reverse("points:reserve")))
        assert "双虹社区" in page and "1000%" in page, who
        one = text_of(enter(who).get(reverse("points:community_reserve", args=[place])))
        assert "永和超市" in one and "每月大米十袋" in one, who
        assert ("登记一条兑付承诺" in one) == (who == "community_clerk"), who


def test_the_sum_of_few_passbooks_is_told_to_whoever_serves_them_only(
    bank: Bank, enter: Enter, clock_at: Any
) -> None:
    """It could be one person's points."""
    pledge(bank.scene, bank.now)
    bank.earn(bank.one)
    clock_at(bank.now + timedelta(minutes=5))
    place = reverse("points:community_reserve", args=[bank.scene.places["community"].id])
    for who in ("stranger", "resident", "merchant", "leader", "community_clerk"):
        pages = text_of(enter(who).get(reverse("points:reserve"))), text_of(enter(who).get(place))
        serving = who == "community_clerk"
        assert ["1000" in page for page in pages] == [serving, serving], who
        assert ["存折太少" in page for page in pages] == [not serving, not serving], who


def test_a_clerk_enters_and_ends_a_pledge_on_the_page(bank: Bank, enter: Enter, clock_at: Any) -> None:
    now = bank.now
    clock_at(now)
    client, url = (
        enter("community_clerk"),
        reverse("points:community_reserve", args=[bank.scene.places["community"].id]),
    )
    told = {
        "deed": "enter", "kind": "organisation", "source": "县妇联", "words": "牙膏二百支", "points": "x",
        "starts_on": f"{now:%Y-%m-%d}", "ends_on": f"{now + timedelta(days=90):%Y-%m-%d}",
    }  # fmt: skip
    wrong = client.post(url, told)
    assert wrong.status_code == 422 and "牙膏二百支" in text_of(wrong), "what was typed comes back"
    assert client.post(url, told | {"points": "160"}).status_code == 302
    row = Pledge.objects.get()
    assert (row.source, row.points, row.entered_by) == ("县妇联", 160, bank.scene.community_clerk.person)
    assert client.post(url, {"deed": "end", "pledge": row.id, "why": ""}).status_code == 422
    assert client.post(url, {"deed": "end", "pledge": "nothing", "why": "停了"}).status_code == 404
    assert client.post(url, {"deed": "end", "pledge": row.id, "why": "停了"}).status_code == 302
    assert "停了" in text_of(client.get(url))


def test_the_pace_stands_on_the_rules_page_in_the_passbook_and_beside_the_entry(
    bank: Bank, enter: Enter, clock_at: Any
) -> None:
    rule(bank.scene, bank.now)
    bank.earn(bank.one)
    first = next_month(bank.now)
    actions.measure_covers(now=first)
    clock_at(first)
    begins = f"{first + timedelta(days=14):%Y-%m-%d}"
    assert begins in text_of(enter("stranger").get(reverse("points:rules")))
    later = first + timedelta(days=20)
    bank.earn(bank.one, done_on=later.date(), now=later)
    clock_at(later)
    page = text_of(enter("resident").get(reverse("points:mine"), follow=True))
    assert f"按 70% 发放，自 {begins} 起" in page and "+7" in page
    clerk = enter("community_clerk")
    account = outstanding(later, later)[0].pk
    assert "邻里互助（7）" in text_of(clerk.get(reverse("points:award", args=[account])))


def test_the_county_publishes_a_pace_on_the_page(bank: Bank, enter: Enter, clock_at: Any) -> None:
    clock_at(bank.now)
    client, url = enter("county_clerk"), reverse("points:pace")
    told = {"floor": "60", "percent": "100", "notice": "14", "effective_on": f"{bank.now:%Y-%m-%d}"}
    assert client.post(url, told).status_code == 422
    assert client.post(url, told | {"percent": "70"}).status_code == 302
    assert "低于 60%，提前 14 天公布，按 70% 发" in text_of(client.get(url))


# ── telling ─────


def announced(bank: Bank) -> datetime:
    """A community's cover is too low; the first of the next month."""
    rule(bank.scene, bank.now)
    bank.earn(bank.one)
    return next_month(bank.now)


def told_of_pace() -> set[Any]:
    return set(Notice.objects.filter(template="points_pace").values_list("person_id", flat=True))


def test_holders_are_told_batch_by_batch_from_where_the_last_tick_came_to(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mulin.ground.points.actions.reserve.BATCH", 1)
    monkeypatch.setattr("mulin.ground.points.actions.reserve.BATCHES", 1)
    first = announced(bank)
    assert actions.measure_covers(now=first) == 1
    assert len(told_of_pace()) == 1 and PaceTold.objects.get().done_at is None
    assert actions.measure_covers(now=first) == 0
    assert told_of_pace() == {bank.one.id, bank.other.id}
    actions.measure_covers(now=first)
    assert PaceTold.objects.get().done_at == first
    assert Notice.objects.filter(template="points_pace").count() == 2, "each once"


def test_a_batch_that_breaks_off_is_told_again_and_nobody_hears_it_twice(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, told = announced(bank), []
    tell = reserve_acts.notices.tell

    def breaking(**words: Any) -> Any:
        told.append(words["person"])
        if len(told) == 2:
            raise OSError("no room")
        return tell(**words)

    with monkeypatch.context() as patched:
        patched.setattr(reserve_acts.notices, "tell", breaking)
        with pytest.raises(OSError, match="no room"):
            actions.measure_covers(now=first)
    assert CoverMonth.objects.count() == 1, "what was measured stays"
    assert told_of_pace() == set() and PaceTold.objects.get().after is None
    assert actions.measure_covers(now=first) == 0
    assert told_of_pace() == {bank.one.id, bank.other.id}


def test_a_wrong_row_is_no_quiet_nothing(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserve_acts, "starts", lambda today, _notice, _last: today)
    first = announced(bank)
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.measure_covers(now=first)


def test_the_holders_of_a_households_passbook_are_told_and_looked_up_together(
    bank: Bank, django_assert_max_num_queries: Any
) -> None:
    home = family(bank.scene, bank.now, "rider", "merchant")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    first = announced(bank)
    with django_assert_max_num_queries(60):
        actions.measure_covers(now=first)
    assert told_of_pace() == {bank.one.id, bank.other.id} | {
        bank.scene.persons[who].id for who in ("rider", "merchant")
    }


@pytest.mark.django_db(transaction=True)
def test_ticks_of_two_processes_measure_once_and_tell_each_once(
    scene: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mulin.ground.points.actions.reserve.BATCH", 1)
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        first = announced(bank)

    def tick() -> int:
        with county_scope(COUNTY):
            return actions.measure_covers(now=first)

    assert sorted(at_once(*[tick] * 4)) == [0, 0, 0, 1]
    with county_scope(COUNTY):
        actions.measure_covers(now=first)
        assert CoverMonth.objects.count() == 1
        assert Notice.objects.filter(template="points_pace").count() == 2
