"""Changing a published round: what may still be, what stays to be read, who is told (row 88)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as some

from mulin.kernel.errors import NotFound, Refused, Stale
from mulin.services.exchange.actions import honour_amending as amending
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.models import RoundVersion
from mulin.services.exchange.queries import honours as queries
from mulin.services.exchange.rules.amending import FIELDS, WORDS, change_wrong, changed, open_fields
from tests.exchange.rounds import DAY, Race, make_race
from tests.exchange.scenes import Notice, fresh, verbs
from tests.journeys.conftest import Enter
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene


@pytest.fixture
def race(county: Scene, now: datetime) -> Race:
    return make_race(county, now)


def amend(race: Race, *, by: str = "community_clerk", now: datetime | None = None, **more: Any) -> Any:
    """The community's clerk changes some of what the round declares."""
    said: dict[str, Any] = {
        "why": more.pop("why", "写漏了"),
        "seen": more.pop("seen", fresh(race.row).version),
    }
    row = fresh(race.row)
    race.row = amending.amend(
        round=row.id,
        told=replace(amending.as_it_is(row=row), **more),
        by=race.scene.actors[by],
        now=now or race.now,
        **said,
    )
    return race.row


# ── the rule ─────


def test_what_may_be_changed_shrinks_as_the_round_goes_on() -> None:
    assert open_fields(state="planned", nominated=False) == tuple(FIELDS)
    assert open_fields(state="nominating", nominated=False) == tuple(FIELDS)
    assert open_fields(state="nominating", nominated=True) == (*WORDS, "nominate_until")
    assert open_fields(state="deciding", nominated=True) == WORDS
    for state in ("notice", "done", "cancelled"):
        assert open_fields(state=state, nominated=True) == ()


@given(
    state=some.sampled_from(["planned", "nominating", "deciding", "notice", "done", "cancelled"]),
    nominated=some.booleans(),
    fields=some.sets(some.sampled_from(sorted(FIELDS)), min_size=1),
)
def test_a_change_of_what_is_not_open_is_never_right(state: str, nominated: bool, fields: set[str]) -> None:
    before: dict[str, Any] = dict.fromkeys(FIELDS, "2026-09-05")
    after = before | dict.fromkeys(fields, "2026-09-09")
    field, why = change_wrong(
        state=state, nominated=nominated, before=before, after=after, today="2026-09-01"
    )
    allowed = set(open_fields(state=state, nominated=nominated))
    assert changed(before, after) == [name for name in FIELDS if name in fields]
    assert (why == "") == (fields <= allowed)
    assert not why or field in fields - allowed


# ── changing ─────


def test_before_anybody_is_proposed_everything_may_be_changed(race: Race) -> None:
    first = race.now.date() + 3 * DAY
    row = amend(
        race, title="好邻居（二）", seats=3, office="community_clerk", nominate_from=first,
        nominate_until=first + 9 * DAY, notice_clock="working", counts=["orders:help"],
    )  # fmt: skip
    assert (row.title, row.seats, row.state, row.version) == ("好邻居（二）", 3, "planned", 2)
    assert notice.act_on_honours(now=race.now + 3 * DAY) == 1
    assert fresh(row).state == "nominating"
    (told_,) = queries.changes_of(fresh(row))
    said = {str(line["name"]): (line["before"], line["after"]) for line in told_["lines"]}
    assert said["评选名称"] == ("好邻居", "好邻居（二）") and said["名额"] == ("1", "3")
    assert said["哪一级评定"] == ("街道（乡镇）", "社区（村）") and said["优先依据统计哪些"][0] == "不统计"
    assert told_["why"] == "写漏了" and "commendation.amended" in verbs(row.id)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"path": "/009/"}, "path"),
        ({"path": "/", "office": "street_clerk"}, "office"),
        ({"counts": ["rule:nothing"]}, "counts"),
        ({"nominate_until": datetime(2020, 1, 1).date()}, "nominate_until"),
    ],
)
def test_what_hold_refuses_amend_refuses_too(race: Race, more: dict[str, Any], field: str) -> None:
    by = "county_clerk" if "path" in more else "community_clerk"
    with pytest.raises(Refused) as refused:
        amend(race, by=by, **more)
    assert refused.value.field == field
    assert not RoundVersion.objects.exists() and fresh(race.row).version == 1


def test_after_the_first_nomination_only_a_later_day_and_clearer_words(race: Race) -> None:
    one = race.propose("resident", agreed=False)
    until = race.row.nominate_until
    for more, field in (
        ({"seats": 2}, "seats"), ({"committee": "别的小组"}, "committee"), ({"notice_days": 3}, "notice_days"),
        ({"nominate_until": until - DAY}, "nominate_until"), ({"counts": ["orders:help"]}, "counts"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            amend(race, **more)
        assert refused.value.field == field
    row = amend(race, basis="热心帮邻居，也算帮外来户", nominate_until=until + 4 * DAY)
    assert row.nominate_until == until + 4 * DAY
    assert notice.act_on_honours(now=race.now + 6 * DAY) == 0
    assert notice.act_on_honours(now=race.now + 10 * DAY) == 1
    assert Notice.objects.filter(person=one.person_id, template="honour_amended").count() == 1


def test_a_day_that_is_over_is_no_later_day(race: Race) -> None:
    race.propose("resident")
    with pytest.raises(Refused) as refused:
        amend(race, nominate_until=race.now.date() + 5 * DAY + DAY, now=race.now + 8 * DAY)
    assert refused.value.code == "past"


def test_while_the_office_decides_words_only_and_from_the_notice_on_nothing(race: Race) -> None:
    one = race.propose("resident")
    at = race.close()
    with pytest.raises(Refused):
        amend(race, now=at, nominate_until=at.date() + 9 * DAY)
    assert amend(race, now=at, basis="热心帮邻居，不论大小").state == "deciding"
    assert fresh(race.row).due_at is not None
    race.decide({one.id: "chosen"}, at=at)
    with pytest.raises(Stale):
        amend(race, now=at, basis="再改")
    assert fresh(race.row).version == 2


@pytest.mark.parametrize(("why", "more"), [(" ", {"title": "新"}), ("改", {}), ("改", {"title": " 好邻居 "})])
def test_a_change_needs_a_reason_and_to_be_one(race: Race, why: str, more: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        amend(race, why=why, **more)
    assert fresh(race.row).version == 1


def test_only_clerks_over_the_place_change_it(race: Race) -> None:
    for who in ("other_clerk", "resident", "leader", "grid_worker"):
        with pytest.raises(NotFound):
            amend(race, by=who, title="新")
    assert amend(race, by="street_clerk", title="新").title == "新"


def test_two_change_it_one_after_the_other_and_the_second_sees_it_first(race: Race) -> None:
    amend(race, title="甲")
    with pytest.raises(Stale):
        amend(race, title="乙", seen=1)
    amend(race, title="乙")
    assert [one["number"] for one in queries.changes_of(fresh(race.row))] == [3, 2]
    assert list(RoundVersion.objects.order_by("number").values_list("told__title", flat=True)) == [
        "好邻居", "甲", "乙",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_change_and_the_first_nomination_at_once(scene: Scene, now: datetime) -> None:
    from mulin.kernel.county import county_scope

    with county_scope(COUNTY):
        race = make_race(scene, now)

    def change() -> str:
        with county_scope(COUNTY):
            try:
                amend(race, seats=9, seen=1)
            except Refused as refused:
                return refused.code
            return "changed"

    def propose() -> str:
        with county_scope(COUNTY):
            return str(race.propose("resident", agreed=False).state)

    said, _proposed = at_once(change, propose)
    with county_scope(COUNTY):
        row = fresh(race.row)
        assert (said, row.seats) in [("changed", 9), ("closed", 1)]


# ── the pages ─────


def test_a_clerk_changes_it_on_the_page_and_everybody_reads_what_it_said(race: Race, enter: Enter) -> None:
    clerk, url = enter("community_clerk"), reverse("exchange:honour_amend", args=[race.row.id])
    assert url in clerk.get(reverse("exchange:honour_desk", args=[race.row.id])).content.decode()
    race.propose("resident")
    page = clerk.get(url).content.decode()
    assert "截止日期只能往后延" in page and 'value="1"' in page
    until = race.row.nominate_until + timedelta(days=7)
    said: dict[str, Any] = {
        "title": "好邻居", "basis": "热心帮邻居，也算帮租户", "nominate_until": until, "seats": 40, "why": "", "seen": 1,
    }  # fmt: skip
    answer = clerk.post(url, said)
    assert answer.status_code == 422 and "也算帮租户" in answer.content.decode()
    answer = clerk.post(url, said | {"why": "租户问算不算", "seats": 40})
    assert answer.status_code == 302
    row = fresh(race.row)
    assert (row.seats, row.nominate_until, row.version) == (1, until, 2)
    told_ = Client().get(reverse("exchange:honour", args=[row.id])).content.decode()
    for words in ("公告改过", "租户问算不算", "原来：", "热心帮邻居", "也算帮租户"):
        assert words in told_


def test_what_cannot_be_changed_any_more_has_no_page(race: Race, enter: Enter) -> None:
    race.chosen()
    clerk = enter("community_clerk")
    answer = clerk.get(reverse("exchange:honour_amend", args=[race.row.id]))
    assert answer.status_code == 302
    assert "改公告" not in clerk.get(reverse("exchange:honour_desk", args=[race.row.id])).content.decode()


def test_a_round_of_which_a_source_is_gone_can_still_be_changed(county: Scene, now: datetime) -> None:
    race = make_race(county, now, counts=["orders:help"])
    type(race.row).objects.filter(pk=race.row.pk).update(counts=["rule:gone"])
    race.propose("resident")
    assert amend(race, title="好邻居们").counts == ["rule:gone"]
