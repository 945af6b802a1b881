"""Who is near to a nominee neither decides nor answers; whose turn it is then, so that no round is ever stuck (row 88)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

from mulin.ground.notices.rules import TEMPLATES
from mulin.ground.people import actions as people
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.kernel.errors import NotAllowed, NotFound
from mulin.services.exchange.actions import honour_decisions as decisions
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.actions import name_assistant
from mulin.services.exchange.permissions import close_to, near_to, turn_of
from mulin.services.exchange.queries import honour_desk as desk
from mulin.services.exchange.queries import honours as queries
from tests.exchange.fairs import HAIR, family, taking_part
from tests.exchange.rounds import DAY, Race, fund, make_race
from tests.exchange.scenes import Notice, fresh, give_points, verbs
from tests.journeys.conftest import Enter
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Grant: Any = apps.get_model("access.Grant")


@pytest.fixture
def race(county: Scene, now: datetime) -> Race:
    return make_race(county, now, office="community_clerk")


def todo(race: Race, kind: str) -> Any:
    """The open to-do of a kind."""
    return WorkItem.objects.get(kind=kind, done_at=None)


def used(scene: Scene, whom: str, by: str, now: datetime) -> None:
    """A persona gives points away out of another's passbook, in his stead."""
    fund(scene, now)
    give_points(scene, whom, 5, now)
    give_points(scene, "merchant", 5, now)
    points.give(
        by=scene.actors[by], now=now, owner=points_read.person(scene.persons[whom].id),
        to=points_read.person(scene.persons["merchant"].id), amount=1, key=f"{whom}{by}", story="",
    )  # fmt: skip


def make_near(race: Race, how: str) -> Any:
    """The resident, or a unit or shop, is proposed; the community's clerk is near in one way."""
    scene, now = race.scene, race.now
    if how == "proposer":
        return race.propose("resident", by="community_clerk")
    if how == "proposer's family":
        family(scene, now, "community_clerk", "rider")
    elif how == "family":
        family(scene, now, "community_clerk", "resident")
    elif how == "helper":
        used(scene, "resident", "community_clerk", now)
    elif how == "shop":
        shop = taking_part(scene, HAIR, scene.merchant, now)
        name_assistant(merchant=shop.id, phone=scene.phones["community_clerk"], by=scene.merchant, now=now)
        return race.propose(shop.name, kind="merchant", agreed=False)
    elif how == "unit":
        unit = scene.units["department"]
        people.join(person=scene.persons["community_clerk"].id, organisation=unit.id, by=scene.admin, now=now)
        one = race.propose(unit.name, kind="unit", agreed=False)
        return actions.consent(nomination=one.id, shown="full", story_ok=True, by=scene.street_clerk, now=now)
    elif how == "household":
        family(scene, now, "community_clerk", "resident")
        return race.propose("resident", kind="household")
    return race.propose("resident")


WAYS = ["proposer", "proposer's family", "family", "helper", "shop", "unit", "household"]


@pytest.mark.parametrize("how", WAYS)
def test_who_is_near_does_not_decide_and_the_next_office_up_does(race: Race, how: str) -> None:
    one = make_near(race, how)
    if one.state == "asked":
        actions.consent(
            nomination=one.id, shown="full", story_ok=True, by=race.scene.community_clerk, now=race.now
        )
    at = race.close()
    assert (race.row.decider, race.row.raised) == ("street_clerk", "near")
    item = todo(race, "honour_decide")
    assert (item.role, item.due_at) == ("street_clerk", race.row.due_at)
    assert "commendation.passed_up" in verbs(race.row.id)
    for who, code in (("community_clerk", "own_round"), ("county_clerk", "not_allowed")):
        with pytest.raises(NotAllowed) as refused:
            race.decide({one.id: "chosen"}, by=who, at=at)
        assert refused.value.code == code
    race.decide({one.id: "chosen"}, by="street_clerk", at=at)
    assert (race.row.decider, race.row.raised) == ("street_clerk", "near")


@pytest.mark.parametrize("how", [*WAYS[2:], "nobody"])
def test_both_ways_of_asking_who_is_near_say_the_same(race: Race, how: str) -> None:
    one = make_near(race, how)
    clerk, keys = race.scene.community_clerk, {one.nominee, one.person_id} - {None}
    assert bool(close_to(clerk, [one]) & keys) == (how != "nobody")
    assert (clerk.person in near_to(keys, row=race.row)) == (how != "nobody")


def test_a_second_clerk_who_is_not_near_keeps_the_office(race: Race) -> None:
    Grant.objects.create(
        person=race.scene.persons["grid_worker"], role="community_clerk", path="/001/003/",
        started_on=race.now.date(),
    )  # fmt: skip
    one = race.propose("resident", by="community_clerk")
    race.close()
    assert (race.row.decider, race.row.raised) == ("community_clerk", "")
    assert not turn_of(race.row, [one]).raised


def test_where_everybody_is_near_the_administrator_is_told_and_may_appoint(race: Race) -> None:
    family(race.scene, race.now, "community_clerk", "street_clerk", "county_clerk", "admin", "resident")
    one = race.propose("resident")
    at = race.close()
    assert (race.row.decider, race.row.raised) == ("admin", "nobody")
    with pytest.raises(NotAllowed):
        race.decide({one.id: "chosen"}, by="admin", at=at)
    Grant.objects.create(
        person=race.scene.persons["grid_worker"], role="county_clerk", path="/", started_on=race.now.date()
    )
    notice.act_on_honours(now=race.row.due_at)
    assert fresh(race.row).late and fresh(race.row).decider == "county_clerk"
    assert todo(race, "honour_decide").role == "county_clerk"


def test_who_left_frees_the_office_again_while_it_decides(race: Race) -> None:
    near = race.propose("resident", by="community_clerk")
    one = race.propose("other_resident")
    at = race.close()
    assert race.row.decider == "street_clerk"
    actions.decline(nomination=near.id, by=race.scene.resident, now=at)
    assert (fresh(race.row).decider, fresh(race.row).raised) == ("community_clerk", "")
    assert todo(race, "honour_decide").role == "community_clerk"
    race.decide({one.id: "chosen"}, by="community_clerk", at=at)


def test_who_stands_in_for_somebody_near_does_not_decide(race: Race) -> None:
    one = race.propose("resident", by="community_clerk")
    race.close()
    turn = turn_of(race.row, [one])
    clerk = race.scene.persons["community_clerk"].id
    stand_in = race.scene.grid_worker
    from dataclasses import replace

    from mulin.kernel.actor import Held
    from mulin.services.exchange.permissions import Turn, may_decide

    acting = replace(stand_in, held=(*stand_in.held, Held("community_clerk", "/001/003/", behalf=clerk)))
    assert may_decide(acting, race.row, Turn("community_clerk"))
    assert not may_decide(acting, race.row, Turn("community_clerk", barred=turn.barred))


def test_a_vacant_seat_and_a_withdrawal_pass_up_too(race: Race) -> None:
    one, other = race.propose("resident"), race.propose("other_resident", by="community_clerk")
    at = race.close()
    race.decide({one.id: "chosen", other.id: "passed"}, by="street_clerk", at=at)
    actions.decline(nomination=one.id, by=race.scene.resident, now=at)
    assert todo(race, "honour_next").role == "street_clerk"
    told: dict[str, Any] = {
        "round": race.row.id,
        "nomination": other.id,
        "reasons": "好",
        "story": "",
        "now": at,
    }
    with pytest.raises(NotAllowed):
        decisions.choose_next(by=race.scene.community_clerk, **told)
    other = decisions.choose_next(by=race.scene.street_clerk, **told)
    notice.act_on_honours(now=other.notice_until or at)
    later: dict[str, Any] = {"nomination": other.id, "reasons": "查实不是", "now": at + 20 * DAY}
    with pytest.raises(NotAllowed) as refused:
        decisions.withdraw_award(by=race.scene.community_clerk, **later)
    assert refused.value.code == "own_round"
    assert "withdraw" in desk.offers(race.scene.street_clerk, fresh(race.row), desk.turn_now(fresh(race.row)))
    assert decisions.withdraw_award(by=race.scene.street_clerk, **later).state == "withdrawn"


def test_the_pages_say_who_decides_and_why(race: Race, enter: Enter) -> None:
    race.propose("resident", by="community_clerk")
    race.close()
    key = race.row.id
    clerk, office = enter("community_clerk"), enter("street_clerk")
    told = clerk.get(reverse("exchange:honour_desk", args=[key])).content.decode()
    assert "您不能参与" in told and "街道（乡镇）" in told
    assert "评定，开始公示" not in told
    answer = clerk.get(reverse("exchange:honour_decide", args=[key]))
    assert answer.status_code == 403 and "您不能参与" in answer.content.decode()
    told = office.get(reverse("exchange:honour_desk", args=[key])).content.decode()
    assert "原定一级的工作人员提名过候选" in told
    assert office.get(reverse("exchange:honour_decide", args=[key])).status_code == 200
    told = enter("rider").get(reverse("exchange:honour", args=[key])).content.decode()
    assert "· 街道（乡镇）" in told and "由上一级评定" in told


# ── objections ─────


def test_an_objection_goes_to_the_first_office_where_nobody_is_near(race: Race) -> None:
    family(race.scene, race.now, "street_clerk", "resident")
    one = race.propose("resident")
    at = race.close()
    race.decide({one.id: "chosen"}, by="community_clerk", at=at)
    said = race.object_to(fresh(one), at)
    item = todo(race, "honour_objection")
    assert (item.role, item.person_id) == ("county_clerk", None)
    with pytest.raises(NotFound):
        desk.objection(race.scene.street_clerk, said.id)
    assert desk.objection(race.scene.county_clerk, said.id).may_answer


def test_where_one_of_an_office_is_near_it_goes_to_the_other_by_name(race: Race) -> None:
    family(race.scene, race.now, "street_clerk", "resident")
    other = race.scene.persons["grid_worker"]
    Grant.objects.create(person=other, role="street_clerk", path="/001/", started_on=race.now.date())
    one = race.propose("resident")
    at = race.close()
    race.decide({one.id: "chosen"}, by="community_clerk", at=at)
    race.object_to(fresh(one), at)
    item = todo(race, "honour_objection")
    assert (item.role, item.person_id) == ("", other.id)


def test_where_everybody_above_is_near_it_comes_down(race: Race) -> None:
    family(race.scene, race.now, "street_clerk", "county_clerk", "admin", "other_resident")
    Grant.objects.create(
        person=race.scene.persons["grid_worker"], role="community_clerk", path="/001/003/",
        started_on=race.now.date(),
    )  # fmt: skip
    one = race.propose("resident")
    at = race.close()
    race.decide({one.id: "chosen"}, by="community_clerk", at=at)
    said = race.object_to(fresh(one), at, by="other_resident")
    assert todo(race, "honour_objection").person_id == race.scene.persons["grid_worker"].id
    notice.act_on_honours(now=said.due_at)
    assert fresh(said).late


# ── who works in a unit ─────


def test_all_who_work_in_a_unit_are_told_of_its_nomination_and_its_result(race: Race) -> None:
    unit = race.scene.units["department"]
    for who in ("rider", "other_resident"):
        people.join(
            person=race.scene.persons[who].id, organisation=unit.id, by=race.scene.admin, now=race.now
        )
    one = race.propose(unit.name, kind="unit", by="rider")
    if one.state == "asked":
        one = actions.consent(
            nomination=one.id, shown="full", story_ok=True, by=race.scene.department, now=race.now
        )
    at = race.close()
    race.decide({one.id: "chosen"}, by="community_clerk", at=at)
    notice.act_on_honours(now=fresh(one).notice_until)
    for template in ("honour_unit_chosen", "honour_unit_awarded"):
        told = set(Notice.objects.filter(template=template).values_list("person", flat=True))
        assert {race.scene.persons[who].id for who in ("rider", "other_resident")} <= told
    assert not Notice.objects.filter(template="honour_chosen").exists()


def test_the_members_are_asked_but_whoever_proposed_it(race: Race) -> None:
    unit = race.scene.units["department"]
    people.join(
        person=race.scene.persons["other_resident"].id,
        organisation=unit.id,
        by=race.scene.admin,
        now=race.now,
    )
    race.propose(unit.name, kind="unit", by="rider", agreed=False)
    told = Notice.objects.filter(template="honour_unit_asked").values_list("person", flat=True)
    assert race.scene.persons["other_resident"].id in set(told)
    assert race.scene.persons["rider"].id not in set(told)


@pytest.mark.no_tenant_rows
def test_whatever_a_nominee_is_told_can_be_told_to_a_unit() -> None:
    told = {name.removeprefix("honour_") for name in TEMPLATES if name.startswith("honour_")}
    units = {name.removeprefix("unit_") for name in told if name.startswith("unit_")}
    own = {name for name in told if not name.startswith("unit_")} - {"answered"}
    assert units == own and own


def test_who_was_not_chosen_is_told(race: Race) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    at = race.close()
    race.decide({one.id: "chosen", other.id: "passed"}, by="community_clerk", at=at)
    told = Notice.objects.filter(template="honour_passed").values_list("person", flat=True)
    assert list(told) == [other.person_id]


# ── who is not named ─────


def test_who_is_not_named_stands_in_the_notice_by_a_number(race: Race, enter: Enter) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    for each, who in ((one, "resident"), (other, "other_resident")):
        actions.consent(
            nomination=each.id, shown="hidden", story_ok=False, by=race.scene.actors[who], now=race.now
        )
    assert queries.public_nominees(race.row) == ([], 2)
    at = race.close()
    race.decide({one.id: "chosen", other.id: "passed"}, by="community_clerk", at=at)
    (told,), nameless = queries.public_nominees(race.row)
    assert (told.name, told.marked, nameless) == ("1 号", True, 0)
    said = race.object_to(fresh(one), at)
    assert [row["name"] for row in queries.my_objections(race.scene.other_resident)] == ["1 号"]
    race.answer(said, at, upheld=True)
    decisions.choose_next(
        round=race.row.id, nomination=other.id, reasons="好", story="", by=race.scene.community_clerk, now=at
    )
    assert [told.name for told in queries.public_nominees(fresh(race.row))[0]] == ["2 号"]
    notice.act_on_honours(now=fresh(other).notice_until)
    assert queries.public_nominees(fresh(race.row)) == ([], 1)


def test_the_page_offers_an_objection_by_number(race: Race, enter: Enter, clock_at: Any) -> None:
    one = race.propose("resident")
    actions.consent(nomination=one.id, shown="hidden", story_ok=False, by=race.scene.resident, now=race.now)
    at = race.close()
    race.decide({one.id: "chosen"}, by="community_clerk", at=at)
    clock_at(at)
    client = enter("other_resident")
    told = client.get(reverse("exchange:honour", args=[race.row.id])).content.decode()
    url = reverse("exchange:honour_object", args=[one.id])
    assert "1 号" in told and url in told and "王" not in told.split("公示</h2>")[1].split("</ul>")[0]
    told = client.get(url).content.decode()
    assert "对 1 号 的公示提异议" in told and "按本人意愿不写名字" in told
    assert client.post(url, {"said": "我想是隔壁那位，他没有来"}).status_code == 302


# ── the export of who proposed ─────


@pytest.mark.parametrize("what", ["asked", "declined", "lapsed", "hidden"])
def test_the_export_of_who_proposed_tells_nothing_of_who_does_not_stand(race: Race, what: str) -> None:
    rider = race.scene.persons["rider"].id
    before = queries.export_honours(rider)
    one = race.propose("resident", agreed=what == "hidden")
    if what == "declined":
        actions.decline(nomination=one.id, by=race.scene.resident, now=race.now)
    elif what == "hidden":
        actions.consent(
            nomination=one.id, shown="hidden", story_ok=False, by=race.scene.resident, now=race.now
        )
    elif what == "lapsed":
        other = race.propose("other_resident", by="merchant")
        race.close()
        race.decide({other.id: "chosen"}, by="community_clerk")
    assert queries.export_honours(rider) == before == {}


def test_the_export_does_not_say_that_he_put_himself_forward_unnamed(race: Race) -> None:
    race.propose("resident", agreed=False)
    race.propose("", by="resident", oneself=True, shown="hidden")
    assert queries.export_honours(race.scene.persons["rider"].id) == {}


def test_nobody_reads_in_his_export_who_objected_nor_what_was_answered_to_others(race: Race) -> None:
    one = race.propose("resident")
    at = race.close()
    race.decide({one.id: "chosen"}, by="community_clerk", at=at)
    said = race.object_to(fresh(one), at)
    race.answer(said, at, upheld=False)
    for who in ("resident", "rider"):
        told = str(queries.export_honours(race.scene.persons[who].id))
        assert "他没有来" not in told and "问过了" not in told
        assert ("大家都说好" in told) == (who == "resident"), "why he was chosen is his own to know"
        assert str(said.person_id) not in told
