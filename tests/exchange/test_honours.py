"""Commendations: proposing, agreeing, the snapshot, the decision (rows 57 and 88)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions import honour_decisions as decisions
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.models import Nomination, PrioritySnapshot, Second
from mulin.services.exchange.queries import honour_desk as desk
from mulin.services.exchange.queries import honours as queries
from tests.exchange.fairs import HAIR, family, taking_part
from tests.exchange.rounds import DAY, Race, fund, helped, make_race, told
from tests.exchange.scenes import Notice, fresh, give_points, verbs
from tests.orders.scenes import asked
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Grant: Any = apps.get_model("access.Grant")


@pytest.fixture
def race(county: Scene, now: datetime) -> Race:
    return make_race(county, now)


def names(race: Race) -> list[str]:
    """Who is named in public now."""
    return [one.name for one in queries.public_nominees(race.row)[0]]


def offers(actor: Any, row: Any) -> set[str]:
    """What the page of a round offers somebody."""
    return desk.offers(actor, row, desk.turn_now(row))


# ── holding a round ─────


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("community_clerk", True), ("street_clerk", True), ("county_clerk", True), ("admin", True),
        ("other_clerk", False), ("resident", False), ("leader", False), ("grid_worker", False), ("department", False),
    ],
)  # fmt: skip
def test_clerks_hold_rounds_in_their_territory(county: Scene, now: datetime, who: str, may: bool) -> None:
    if may:
        assert actions.hold(told=told(now), by=county.actors[who], now=now).state == "nominating"
        return
    with pytest.raises(NotAllowed):
        actions.hold(told=told(now), by=county.actors[who], now=now)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"path": "/009/"}, "path"),
        ({"path": "/", "office": "street_clerk"}, "office"),
        ({"counts": ["rule:nothing"]}, "counts"),
        ({"nominate_until": datetime(2020, 1, 1).date()}, "nominate_until"),
    ],
)
def test_a_round_that_cannot_be_is_refused_beside_its_field(
    county: Scene, now: datetime, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.hold(told=told(now, **more), by=county.county_clerk, now=now)
    assert refused.value.field == field


def test_a_planned_round_opens_on_its_day_once(county: Scene, now: datetime) -> None:
    race = make_race(county, now, nominate_from=now.date() + DAY)
    assert race.row.state == "planned"
    with pytest.raises(Stale):
        race.propose("resident")
    assert notice.act_on_honours(now=now) == 0
    assert notice.act_on_honours(now=now + DAY) == 1
    assert notice.act_on_honours(now=now + DAY) == 0
    assert fresh(race.row).state == "nominating"


# ── proposing and agreeing ─────


def test_nobody_is_public_before_he_agreed(race: Race) -> None:
    one = race.propose("resident", agreed=False)
    assert one.state == "asked" and names(race) == []
    assert Notice.objects.filter(person=race.scene.persons["resident"], template="honour_asked").exists()
    actions.consent(nomination=one.id, shown="masked", story_ok=False, by=race.scene.resident, now=race.now)
    assert names(race) == ["王**"]
    actions.consent(nomination=one.id, shown="full", story_ok=False, by=race.scene.resident, now=race.now)
    assert names(race) == ["王秀英"]
    actions.consent(nomination=one.id, shown="hidden", story_ok=False, by=race.scene.resident, now=race.now)
    assert names(race) == []


def test_who_declines_is_gone_and_is_not_asked_again(race: Race) -> None:
    one = race.propose("resident")
    actions.decline(nomination=one.id, by=race.scene.resident, now=race.now)
    assert names(race) == [] and queries.words_of(fresh(one))["why"] == ""
    again = race.propose("resident", by="other_resident", agreed=False)
    assert (again.id, again.state) == (one.id, "declined")
    assert not Second.objects.exists()
    assert [sheet.row.id for sheet in desk.sheets(race.scene.street_clerk, race.row)] == []


def test_others_second_once_each_and_nobody_himself(race: Race) -> None:
    one = race.propose("resident", by="rider")
    for who in ("other_resident", "other_resident", "merchant", "rider", "resident"):
        actions.second(nomination=one.id, by=race.scene.actors[who], now=race.now)
    race.propose("resident", by="merchant")
    assert Second.objects.filter(nomination=one).count() == 2
    assert Nomination.objects.count() == 1
    assert queries.to_second(race.scene.grid_worker, [one]) == {one.id}
    assert queries.to_second(race.scene.rider, [one]) == set()


@pytest.mark.parametrize("before", ["asked", "declined", "standing"])
def test_who_puts_himself_forward_stands_whoever_proposed_him_before(race: Race, before: str) -> None:
    one = race.propose("resident", by="rider", agreed=before == "standing")
    if before == "declined":
        actions.decline(nomination=one.id, by=race.scene.resident, now=race.now)
    own = race.propose("", by="resident", oneself=True, shown="masked", story_ok=True, why="我来报名")
    assert (own.id, own.state, own.ended_at) == (one.id, "standing", None)
    assert (own.nominated_by, own.shown, own.story_ok) == (own.person_id, "masked", True)
    assert queries.words_of(fresh(own))["why"] == "我来报名" and names(race) == ["王**"]
    assert list(own.seconds.values_list("person", flat=True)) == [race.scene.rider.person]
    assert not WorkItem.objects.filter(subject_id=one.id, done_at=None).exists()


def test_who_did_not_agree_cannot_be_seconded(race: Race) -> None:
    one = race.propose("resident", agreed=False)
    with pytest.raises(NotFound):
        actions.second(nomination=one.id, by=race.scene.other_resident, now=race.now)


def test_a_clerk_who_asked_him_may_write_down_the_answer_and_nobody_else(race: Race) -> None:
    one = race.propose("resident", agreed=False, by="community_clerk")
    said: dict[str, Any] = {"nomination": one.id, "shown": "masked", "story_ok": False, "now": race.now}
    for who, wrong in (
        ("other_resident", NotFound),
        ("other_clerk", NotFound),
        ("community_clerk", NotAllowed),
    ):
        with pytest.raises(wrong):
            actions.consent(**said, by=race.scene.actors[who])
    one = actions.consent(**said, by=race.scene.street_clerk)
    assert one.answered_for == race.scene.street_clerk.person
    assert Notice.objects.filter(person=one.person_id, template="honour_agreed_for").exists()
    with pytest.raises(NotAllowed):
        actions.consent(**(said | {"shown": "full"}), by=race.scene.street_clerk)


def test_for_who_has_an_account_a_clerk_writes_no_whole_name(race: Race) -> None:
    one = race.propose("resident", agreed=False)
    actions.consent(nomination=one.id, shown="full", story_ok=False, by=race.scene.street_clerk, now=race.now)
    assert names(race) == ["王**"]
    actions.consent(nomination=one.id, shown="full", story_ok=False, by=race.scene.resident, now=race.now)
    assert names(race) == ["王秀英"]


def test_oneself_a_household_a_unit_and_a_merchant_can_be_proposed(race: Race) -> None:
    family(race.scene, race.now, "other_resident")
    shop = taking_part(race.scene, HAIR, race.scene.merchant, race.now)
    me = race.propose("resident", by="resident", oneself=True, shown="full")
    home = race.propose("other_resident", kind="household")
    unit = race.propose("县市场监督管理局", kind="unit", by="resident", agreed=False)
    hair = race.propose("丽人美发", kind="merchant", by="resident", agreed=False)
    assert {unit.state, hair.state} == {"asked"} and names(race) == ["王秀英", "李建国一家"]
    assert Notice.objects.filter(person=race.scene.persons["merchant"], template="honour_asked").exists()
    assert WorkItem.objects.filter(kind="honour_consent", subject_id=unit.id, done_at=None).exists()
    with pytest.raises(NotFound):
        actions.consent(nomination=hair.id, shown="full", story_ok=True, by=race.scene.rider, now=race.now)
    assert queries.mine(race.scene.merchant) == [hair] and queries.mine(race.scene.department) == [unit]
    for one, who in ((unit, "department"), (hair, "merchant")):
        by = race.scene.actors[who]
        actions.consent(nomination=one.id, shown="full", story_ok=True, by=by, now=race.now)
    unit, hair = fresh(unit), fresh(hair)
    assert {one.state for one in (me, home, unit, hair)} == {"standing"}
    assert hair.nominee == shop.id
    assert names(race) == ["王秀英", "李建国一家", "县市场监督管理局", "丽人美发"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"who": "李婶"}, "who"), ({"kind": "unit", "who": "没有的单位"}, "who"),
        ({"kind": "merchant", "who": ""}, "who"), ({"kind": "household", "who": ""}, "who"), ({"why": " "}, "why"),
    ],
)  # fmt: skip
def test_who_is_not_there_is_said_beside_the_field(race: Race, more: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        race.propose("resident", **more)
    assert refused.value.field == field


def test_the_owner_says_no_for_his_shop_also_later(race: Race) -> None:
    taking_part(race.scene, HAIR, race.scene.merchant, race.now)
    hair = race.propose("丽人美发", kind="merchant", by="merchant", agreed=False)
    assert hair.state == "standing" and names(race) == ["丽人美发"]
    actions.consent(nomination=hair.id, shown="hidden", story_ok=False, by=race.scene.merchant, now=race.now)
    assert names(race) == []
    actions.decline(nomination=hair.id, by=race.scene.merchant, now=race.now)
    assert fresh(hair).state == "declined"


@pytest.mark.parametrize(
    ("kind", "who"), [("person", "13800000000"), ("household", "13800000000"), ("household", "")]
)
def test_where_nobody_is_registered_nothing_is_kept_and_nothing_said(race: Race, kind: str, who: str) -> None:
    told = actions.Proposal(kind=kind, who=who or race.scene.phones["resident"], why="好")
    assert actions.nominate(round=race.row.id, told=told, by=race.scene.rider, now=race.now) is None
    assert not Nomination.objects.exists()


def test_who_proposes_does_not_read_who_was_asked(race: Race) -> None:
    one = race.propose("resident", agreed=False)
    assert queries.proposed_by(race.scene.rider) == []
    actions.consent(nomination=one.id, shown="masked", story_ok=False, by=race.scene.resident, now=race.now)
    assert queries.proposed_by(race.scene.rider) == [one]


def test_only_in_the_name_of_a_team_in_which_one_works(race: Race) -> None:
    with pytest.raises(Refused) as refused:
        race.propose("resident", unit=race.scene.units["department"].id)
    assert refused.value.code == "not_in_team"


# ── the snapshot ─────


def test_the_snapshot_is_dated_explained_and_never_changes(county: Scene, now: datetime) -> None:
    fund(county, now)
    code = helped(county, "resident", 2, now)
    race = make_race(county, now, counts=[code])
    one = race.propose("resident")
    at = race.close()
    found = desk.snapshot_of(race.row)
    assert found is not None and found.at == at
    (line,) = found.lines.all()
    assert line.told == [{"code": code, "name": "邻里互助", "acts": 2, "versions": [1]}]
    helped(county, "resident", 1, now)
    assert desk.priority(desk.snapshot_of(race.row)) == {one.id: 2}
    actions.recount(round=race.row.id, by=county.street_clerk, now=at)
    assert desk.priority(desk.snapshot_of(race.row)) == {one.id: 3}
    assert list(PrioritySnapshot.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    race.decide({one.id: "chosen"}, at=at)
    with pytest.raises(Stale):
        actions.recount(round=race.row.id, by=county.street_clerk, now=at)


@pytest.mark.parametrize(("customer", "counted"), [("help", 0), ("wish", 1)])
def test_only_points_of_asks_that_are_counted_themselves_count_no_second_time(
    county: Scene, now: datetime, customer: str, counted: int
) -> None:
    fund(county, now)
    give_points(county, "resident", 5, now, subject=("order", asked(county, now).id))
    race = make_race(county, now, counts=["rule:help_5_24", f"orders:{customer}"])
    one = race.propose("resident")
    race.close()
    assert desk.priority(desk.snapshot_of(race.row)) == {one.id: counted}


def test_acts_outside_the_window_and_of_others_do_not_count(county: Scene, now: datetime) -> None:
    fund(county, now)
    code = helped(county, "resident", 2, now)
    helped(county, "other_resident", 1, now)
    yesterday = now.date() - DAY
    race = make_race(county, now, counts=[code], counted_until=yesterday)
    one = race.propose("resident")
    race.close()
    assert desk.priority(desk.snapshot_of(race.row)) == {one.id: 0}


def test_the_rows_behind_it_open_only_to_whom_the_points_bank_lets_in(county: Scene, now: datetime) -> None:
    fund(county, now)
    race = make_race(county, now, counts=[helped(county, "resident", 2, now)])
    one = race.propose("resident")
    race.close()
    line = queries.my_line(one)
    assert line is not None
    assert len(desk.rows_counted(county.resident, line)["lines"]) == 2
    assert desk.rows_counted(county.street_clerk, line)["hidden"] == 0
    assert desk.rows_counted(county.other_clerk, line) == {
        "lines": [],
        "asks": [],
        "hidden": 2,
        "discounts": 0,
    }
    assert desk.line_shown(county.resident, line.id) == line
    for who in ("other_resident", "other_clerk", "leader", "stranger"):
        with pytest.raises(NotFound):
            desk.line_shown(county.actors[who], line.id)


# ── the decision ─────


def test_only_the_office_of_the_round_decides(race: Race) -> None:
    one = race.propose("resident")
    race.close()
    for who, wrong in (("community_clerk", NotAllowed), ("county_clerk", None), ("other_clerk", NotFound)):
        if wrong is not None:
            with pytest.raises(wrong):
                race.decide({one.id: "chosen"}, by=who)
    with pytest.raises(NotAllowed):
        race.decide({one.id: "chosen"}, by="county_clerk")
    assert race.decide({one.id: "chosen"}).state == "notice"
    assert fresh(one).state == "chosen"
    assert "nomination.chosen" in verbs(one.id)


def test_between_equals_the_snapshot_decides_and_it_is_said(county: Scene, now: datetime) -> None:
    fund(county, now)
    helped(county, "other_resident", 2, now)
    code = helped(county, "resident", 1, now)
    race = make_race(county, now, counts=[code])
    one, other = race.propose("resident"), race.propose("other_resident")
    race.close()
    race.decide({one.id: "equal", other.id: "equal"})
    assert (fresh(one).state, fresh(other).state) == ("passed", "chosen")
    assert fresh(other).by_priority
    (made,) = other.decisions.all()
    assert made.by_priority and made.snapshot == desk.snapshot_of(race.row)


def test_people_may_choose_against_what_was_counted(county: Scene, now: datetime) -> None:
    fund(county, now)
    race = make_race(county, now, counts=[helped(county, "other_resident", 2, now)])
    one, other = race.propose("resident"), race.propose("other_resident")
    race.close()
    race.decide({one.id: "chosen", other.id: "passed"})
    assert (fresh(one).by_priority, fresh(other).state) == (False, "passed")


def test_equals_of_whom_as_much_was_counted_go_back_to_the_people(race: Race) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    race.close()
    with pytest.raises(Refused) as refused:
        race.decide({one.id: "equal", other.id: "equal"})
    assert refused.value.code == "still_equal"
    assert fresh(race.row).state == "deciding"


def test_a_decision_needs_reasons_everybody_and_the_newest_snapshot(race: Race) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    at = race.close()
    found = desk.snapshot_of(race.row)
    assert found is not None
    say = {one.id: decisions.Choice("chosen", "好"), other.id: decisions.Choice("passed")}

    def decide(choices: Any) -> Any:
        return decisions.decide(
            round=race.row.id, choices=choices, seen=found.id, by=race.scene.street_clerk, now=at
        )

    with pytest.raises(Refused) as refused:
        decide(say | {one.id: decisions.Choice("chosen", " ")})
    assert refused.value.field == f"why_{one.id.hex}"
    with pytest.raises(Stale):
        decide({one.id: decisions.Choice("chosen", "好")})
    actions.recount(round=race.row.id, by=race.scene.street_clerk, now=at)
    with pytest.raises(Stale):
        decide(say)


def test_nobody_decides_where_he_or_his_family_stands(race: Race) -> None:
    family(race.scene, race.now, "street_clerk", "resident")
    one = race.propose("resident")
    race.close()
    with pytest.raises(NotAllowed) as refused:
        race.decide({one.id: "chosen"})
    assert refused.value.code == "own_round"


def test_nobody_decides_where_his_unit_or_his_shop_stands(race: Race) -> None:
    shop = taking_part(race.scene, HAIR, race.scene.street_clerk, race.now)
    one = race.propose(shop.name, kind="merchant")
    race.close()
    with pytest.raises(NotAllowed) as refused:
        race.decide({one.id: "chosen"})
    assert refused.value.code == "own_round"


def test_cancelled_whoever_was_asked_or_agreed_is_told_and_his_words_go(race: Race) -> None:
    stood = race.propose("other_resident")
    actions.cancel(round=race.row.id, why="重来", by=race.scene.community_clerk, now=race.now)
    assert (fresh(stood).state, fresh(stood).why_sealed) == ("lapsed", "")
    assert Notice.objects.filter(person=stood.person_id, template="honour_cancelled").exists()


def test_nobody_agrees_in_a_round_that_was_decided(race: Race) -> None:
    one = race.propose("resident", agreed=False)
    type(race.row).objects.filter(pk=race.row.pk).update(state="notice")
    with pytest.raises(Stale):
        actions.consent(nomination=one.id, shown="full", story_ok=True, by=race.scene.resident, now=race.now)


def test_cancelled_nobody_is_asked_any_more(race: Race) -> None:
    one = race.propose("resident", agreed=False)
    actions.cancel(round=race.row.id, why="重来", by=race.scene.community_clerk, now=race.now)
    assert (fresh(one).state, fresh(one).why_sealed) == ("lapsed", "")
    assert not WorkItem.objects.filter(subject_id=one.id, done_at=None).exists()
    with pytest.raises(Stale):
        actions.consent(nomination=one.id, shown="full", story_ok=True, by=race.scene.resident, now=race.now)


def test_who_did_not_answer_lapses_with_the_words_about_him(race: Race) -> None:
    one, silent = race.propose("resident"), race.propose("other_resident", agreed=False)
    race.close()
    race.decide({one.id: "chosen"})
    silent = fresh(silent)
    assert (silent.state, silent.why_sealed) == ("lapsed", "")
    assert queries.mine(race.scene.other_resident) == []


def test_a_round_is_cancelled_with_a_reason_until_it_was_decided(race: Race) -> None:
    one = race.propose("resident")
    with pytest.raises(NotFound):
        actions.cancel(round=race.row.id, why="重来", by=race.scene.other_clerk, now=race.now)
    with pytest.raises(Refused):
        actions.cancel(round=race.row.id, why=" ", by=race.scene.community_clerk, now=race.now)
    at = race.close()
    race.decide({one.id: "chosen"}, at=at)
    with pytest.raises(Stale):
        actions.cancel(round=race.row.id, why="重来", by=race.scene.community_clerk, now=at)


def test_a_late_office_is_told_of_once(race: Race) -> None:
    race.propose("resident")
    race.close()
    row = fresh(race.row)
    assert notice.act_on_honours(now=row.due_at) == 1
    assert notice.act_on_honours(now=row.due_at + DAY) == 0
    assert fresh(row).late and verbs(row.id).count("commendation.late") == 1


@pytest.mark.parametrize(
    ("office", "role"), [("street_clerk", "street_clerk"), ("community_clerk", "community_clerk")]
)
def test_what_is_to_do_waits_for_somebody_who_is_there(
    county: Scene, now: datetime, office: str, role: str
) -> None:
    race = make_race(county, now, office=office)
    race.propose("resident", agreed=False)
    race.close()
    todo = WorkItem.objects.get(kind="honour_decide", subject_id=race.row.id)
    assert (todo.role, todo.path) == (role, "/001/003/")
    assert WorkItem.objects.filter(kind="honour_consent", role=role).exists()


def test_an_office_that_nobody_holds_has_its_work_done_above(county: Scene, now: datetime) -> None:
    Grant.objects.filter(role="street_clerk").update(ended_on=now.date())
    race = make_race(county, now)
    race.propose("resident")
    race.close()
    assert WorkItem.objects.get(kind="honour_decide").role == "county_clerk"


def test_an_office_that_nobody_holds_is_filled_by_the_next_one_above(county: Scene, now: datetime) -> None:
    Grant.objects.filter(role="street_clerk").update(ended_on=now.date())
    race = make_race(county, now)
    one, other = race.propose("resident"), race.propose("other_resident")
    at = race.close()
    assert "decide" in offers(county.county_clerk, race.row)
    assert "decide" not in offers(county.admin, race.row)
    with pytest.raises(NotAllowed):
        race.decide({one.id: "chosen", other.id: "passed"}, by="admin", at=at)
    race.decide({one.id: "chosen", other.id: "passed"}, by="county_clerk", at=at)
    said = race.object_to(fresh(one), at, by="merchant")
    assert WorkItem.objects.get(kind="honour_objection").role == "admin"
    race.answer(said, at, upheld=True, by="admin")
    assert offers(county.county_clerk, fresh(race.row)) == {"fill"}
    decisions.leave_empty(round=race.row.id, reasons="没有合适的", by=county.county_clerk, now=at)
    assert fresh(race.row).state == "done"


def test_looking_at_names_stands_in_the_trail_of_each(race: Race) -> None:
    one = race.propose("resident")
    decisions.reveal(round=race.row.id, by=race.scene.street_clerk, now=race.now)
    assert "nomination.names.viewed" in verbs(one.id)
    with pytest.raises(NotFound):
        decisions.reveal(round=race.row.id, by=race.scene.other_clerk, now=race.now)
    (sheet,) = desk.sheets(race.scene.street_clerk, race.row)
    (whole,) = desk.sheets(race.scene.street_clerk, race.row, whole=True)
    assert (sheet.name, whole.name) == ("王**", "王秀英")
