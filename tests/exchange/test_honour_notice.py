"""The public notice: objections, what ends it, awards and their withdrawal; export and erasure (row 88)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.people import actions as people
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.readers.indicators import queries as indicators
from mulin.readers.indicators.queries import Scope
from mulin.services.exchange.actions import honour_decisions as decisions
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.models import HonourDecision, HonourWords
from mulin.services.exchange.queries import honour_desk as desk
from mulin.services.exchange.queries import honours as queries
from mulin.services.exchange.rules.honours import digest
from tests.exchange.fairs import family
from tests.exchange.rounds import DAY, Race, make_race
from tests.exchange.scenes import AuditEntry, Notice, fresh, verbs
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene

AuditDetail: Any = apps.get_model("trail.AuditDetail")


@pytest.fixture
def race(county: Scene, now: datetime) -> Race:
    return make_race(county, now)


def test_after_the_notice_the_chosen_are_awarded_once(race: Race) -> None:
    one, at = race.chosen()
    assert one.notice_until is not None and (one.notice_until - at).days == 7
    assert notice.act_on_honours(now=at + DAY) == 0
    assert notice.act_on_honours(now=one.notice_until) == 1
    assert notice.act_on_honours(now=one.notice_until + DAY) == 0
    one = fresh(one)
    assert (one.state, one.awarded_at, fresh(race.row).state) == ("awarded", one.notice_until, "done")
    assert Notice.objects.filter(person=one.person_id, template="honour_awarded").count() == 1
    groups, nameless = queries.awarded_in(one.awarded_at.year)
    assert [told.name for told in groups[0]["told"]] == ["王秀英"] and nameless == 0
    assert queries.years() == [one.awarded_at.year]


def test_a_notice_in_working_days_lasts_longer_than_so_many_days(county: Scene, now: datetime) -> None:
    race = make_race(county, now, notice_clock="working")
    one, at = race.chosen()
    assert one.notice_until is not None and (one.notice_until - at).days >= 9


def test_an_open_objection_holds_the_award_up_until_it_is_answered(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    assert one.notice_until is not None
    over = one.notice_until + DAY
    notice.act_on_honours(now=over)
    assert fresh(one).state == "chosen"
    race.answer(said, over, upheld=False)
    assert fresh(one).state == "chosen"
    notice.act_on_honours(now=over + DAY)
    assert (fresh(one).state, fresh(one).awarded_at) == ("awarded", over)
    assert Notice.objects.filter(person=said.person_id, template="honour_answered").exists()


def test_upheld_the_seat_goes_to_the_next_one_with_a_notice_of_his_own(race: Race) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    at = race.close()
    race.decide({one.id: "chosen", other.id: "passed"}, at=at)
    said = race.object_to(fresh(one), at, by="merchant")
    race.answer(said, at + DAY, upheld=True)
    assert (fresh(one).state, fresh(race.row).vacant) == ("removed", 1)
    with pytest.raises(NotAllowed):
        decisions.choose_next(
            round=race.row.id,
            nomination=other.id,
            reasons="好",
            story="",
            by=race.scene.community_clerk,
            now=at + DAY,
        )
    decisions.choose_next(
        round=race.row.id,
        nomination=other.id,
        reasons="好",
        story="",
        by=race.scene.street_clerk,
        now=at + DAY,
    )
    other = fresh(other)
    assert other.state == "chosen" and other.notice_until is not None
    assert (other.notice_until - at).days == 8
    notice.act_on_honours(now=other.notice_until)
    assert (fresh(other).state, fresh(race.row).state) == ("awarded", "done")
    assert Notice.objects.filter(person=one.person_id, template="honour_removed").exists()


def test_a_second_seat_that_falls_vacant_leaves_the_time_of_the_first(county: Scene, now: datetime) -> None:
    race = make_race(county, now, seats=2)
    one, two, other = (race.propose(who) for who in ("resident", "other_resident", "merchant"))
    at = race.close()
    race.decide({one.id: "chosen", two.id: "chosen", other.id: "passed"}, at=at)
    actions.decline(nomination=one.id, by=county.resident, now=at)
    due = fresh(race.row).due_at
    actions.decline(nomination=two.id, by=county.other_resident, now=at + 2 * DAY)
    assert (fresh(race.row).vacant, fresh(race.row).due_at) == (2, due)


def test_a_seat_may_stay_empty_with_a_reason(race: Race) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    at = race.close()
    race.decide({one.id: "chosen", other.id: "passed"}, at=at)
    race.answer(race.object_to(fresh(one), at, by="merchant"), at, upheld=True)
    decisions.leave_empty(round=race.row.id, reasons="没有合适的", by=race.scene.street_clerk, now=at)
    assert fresh(race.row).state == "done"
    assert [each["words"] for each in desk.empty_seats(race.row)] == ["没有合适的"]
    with pytest.raises(Stale):
        decisions.leave_empty(round=race.row.id, reasons="x", by=race.scene.street_clerk, now=at)


def test_where_nobody_is_left_the_round_ends_by_itself(race: Race) -> None:
    one, at = race.chosen()
    race.answer(race.object_to(one, at), at, upheld=True)
    assert (fresh(race.row).state, fresh(race.row).vacant) == ("done", 0)


def test_who_steps_back_in_the_notice_leaves_his_seat(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    actions.decline(nomination=one.id, by=race.scene.resident, now=at)
    assert (fresh(one).state, fresh(said).state) == ("declined", "dropped")
    assert queries.public_nominees(fresh(race.row)) == ([], 0)


@pytest.mark.parametrize(
    ("who", "wrong"),
    [("street_clerk", NotAllowed), ("other_clerk", NotFound), ("resident", NotFound), ("leader", NotFound)],
)
def test_another_than_the_decider_answers(race: Race, who: str, wrong: type[Exception]) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    with pytest.raises(wrong):
        race.answer(said, at, upheld=True, by=who)
    assert fresh(said).state == "open"


def test_who_proposed_or_objected_does_not_answer(race: Race) -> None:
    one, at = race.chosen(by="community_clerk")
    said = race.object_to(one, at, by="county_clerk")
    for who in ("community_clerk", "county_clerk"):
        with pytest.raises(NotAllowed):
            race.answer(said, at, upheld=False, by=who)
    assert race.answer(said, at, upheld=False, by="admin").state == "dismissed"
    with pytest.raises(Refused) as refused:
        race.answer(said, at, upheld=True, by="admin")
    assert refused.value.status == 409


def test_who_may_object_and_when(race: Race) -> None:
    one, at = race.chosen()
    with pytest.raises(NotAllowed):
        race.object_to(one, at, by="resident")
    with pytest.raises(NotAllowed):
        race.object_to(one, at, by="stranger")
    race.object_to(one, at)
    with pytest.raises(Refused) as refused:
        race.object_to(one, at)
    assert refused.value.code == "again"
    assert one.notice_until is not None
    with pytest.raises(NotFound):
        race.object_to(one, one.notice_until, by="merchant")


def test_the_nominee_learns_nothing_of_who_objects(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    deeds = AuditEntry.objects.filter(subject_id=one.id, verb="objection.made")
    assert deeds.exists()
    told = queries.export_honours(race.scene.persons["resident"].id)
    assert "他没有来" not in str(told) and str(said.person_id) not in str(told)
    assert [row["words"] for row in queries.my_objections(race.scene.other_resident)] == ["他没有来"]


def test_the_office_looks_at_who_objects_and_it_is_noted(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    assert desk.objection(race.scene.county_clerk, said.id).who == "李**"
    notice.reveal_objector(objection=said.id, by=race.scene.county_clerk, now=at)
    assert verbs(said.id) == ["objection.name.viewed"]
    with pytest.raises(NotFound):
        notice.reveal_objector(objection=said.id, by=race.scene.other_clerk, now=at)


@pytest.mark.parametrize("nominee", ["county_clerk", "resident"])
def test_the_nominee_and_his_household_read_no_objection(race: Race, nominee: str) -> None:
    family(race.scene, race.now, "county_clerk", "resident")
    one, at = race.chosen(nominee)
    said = race.object_to(one, at)
    near = race.scene.county_clerk
    with pytest.raises(NotFound):
        desk.objection(near, said.id)
    with pytest.raises(NotFound):
        notice.reveal_objector(objection=said.id, by=near, now=at)
    with pytest.raises(NotFound):
        race.answer(said, at, upheld=False)
    assert [sheet.objections for sheet in desk.sheets(near, race.row)] == [[]]
    assert len(desk.sheets(race.scene.admin, race.row)[0].objections) == 1


def test_against_whose_choice_it_goes_reads_not_who_objects(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    assert desk.objection(race.scene.street_clerk, said.id, whole=True).who == ""
    with pytest.raises(NotAllowed):
        notice.reveal_objector(objection=said.id, by=race.scene.street_clerk, now=at)
    assert verbs(said.id) == []


def test_who_lives_with_the_objector_or_seconded_does_not_answer(race: Race) -> None:
    family(race.scene, race.now, "county_clerk", "other_resident")
    one = race.propose("resident")
    actions.second(nomination=one.id, by=race.scene.admin, now=race.now)
    at = race.close()
    race.decide({one.id: "chosen"}, at=at)
    said = race.object_to(fresh(one), at)
    for who in ("county_clerk", "admin"):
        with pytest.raises(NotAllowed):
            race.answer(said, at, upheld=False, by=who)


def test_a_late_answer_is_told_of_once(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    notice.act_on_honours(now=said.due_at)
    notice.act_on_honours(now=said.due_at + DAY)
    assert fresh(said).late and verbs(race.row.id).count("objection.late") == 1


def test_an_award_is_withdrawn_with_a_reason_that_he_reads(race: Race) -> None:
    one, _at = race.chosen()
    assert one.notice_until is not None
    notice.act_on_honours(now=one.notice_until)
    later = one.notice_until + DAY
    for who, wrong in (("county_clerk", NotAllowed), ("other_clerk", NotFound)):
        with pytest.raises(wrong):
            decisions.withdraw_award(
                nomination=one.id, reasons="弄虚作假", by=race.scene.actors[who], now=later
            )
    decisions.withdraw_award(nomination=one.id, reasons="弄虚作假", by=race.scene.street_clerk, now=later)
    assert queries.public_nominees(fresh(race.row)) == ([], 0)
    assert queries.withdrawn_days(race.row) == [later]
    assert [told["words"] for told in queries.decisions_told(fresh(one))] == ["弄虚作假"]
    assert not queries.awarded_between(race.now, later + DAY).exists()
    assert queries.awarded_between(race.now, later).exists()
    with pytest.raises(NotFound):
        queries.certificate(race.scene.resident, one.id)


def test_the_certificate_is_for_the_awarded_and_the_office(race: Race) -> None:
    one, _at = race.chosen()
    assert one.notice_until is not None
    notice.act_on_honours(now=one.notice_until)
    assert queries.certificate(race.scene.resident, one.id)[1] == "王秀英"
    assert queries.certificate(race.scene.community_clerk, one.id)[1] == "王秀英"
    for who in ("other_resident", "other_clerk", "leader", "stranger"):
        with pytest.raises(NotFound):
            queries.certificate(race.scene.actors[who], one.id)


def test_decisions_are_kept_and_their_words_are_the_ones_said(race: Race) -> None:
    one, _at = race.chosen()
    (made,) = HonourDecision.objects.filter(nomination=one)
    words = HonourWords.objects.get(decision=made)
    assert desk.reasons([made])[made.id] == "大家都说好"
    assert made.digest == digest(words.salt, "大家都说好")


def test_figures_count_awards_and_nominations_of_a_place(race: Race) -> None:
    one, _at = race.chosen()
    assert one.notice_until is not None
    notice.act_on_honours(now=one.notice_until)
    start, end = race.now.date(), one.notice_until.date() + 2 * DAY
    codes = ("commendations_awarded", "nominations")
    for path, told in (("/", [1, 1]), ("/001/003/", [1, 1]), ("/003/", [0, 0])):
        found = indicators.figures(start, end, only=codes, scope=Scope(path), now=one.notice_until + 2 * DAY)
        assert [figure.value for figure in found] == told


# ── export and erasure ─────


def test_what_was_counted_and_decided_is_exported_to_the_nominee_alone(race: Race) -> None:
    one, at = race.chosen()
    (told,) = queries.export_honours(race.scene.persons["resident"].id)["nominations"]
    line = one.lines.get()
    assert told["counted"] == [
        {"at": line.snapshot.at.isoformat(), "acts": line.acts, "of": line.told},
    ]
    assert [row["act"] for row in told["decisions"]] == ["chosen"]
    assert told["decisions"][0]["reasons"] == "大家都说好" and one.decisions.get().at == at
    proposer = race.scene.persons["rider"].id
    assert one.nominated_by == proposer != one.person_id
    others = queries.export_honours(proposer)["nominations"]
    assert all("counted" not in row and "decisions" not in row for row in others)


def test_erased_an_award_stays_as_a_figure_without_anybody(race: Race) -> None:
    one, _at = race.chosen()
    assert one.notice_until is not None
    notice.act_on_honours(now=one.notice_until)
    by = system(COUNTY, "test")
    notice.erase_honours(person=race.scene.persons["resident"].id, by=by, now=one.notice_until)
    one = fresh(one)
    assert (one.person_id, one.nominee, one.why_sealed, one.story_sealed, one.state) == (
        None,
        None,
        "",
        "",
        "awarded",
    )
    assert queries.public_nominees(fresh(race.row)) == ([], 1)
    assert not HonourWords.objects.filter(decision__nomination=one).exclude(sealed="").exists()
    assert queries.awarded_between(race.now, one.notice_until + DAY).count() == 1
    assert queries.export_honours(race.scene.persons["resident"].id) == {}


def test_at_the_counter_a_person_is_erased_with_all_that_was_written_of_him(race: Race) -> None:
    one, at = race.chosen()
    race.object_to(one, at, by="merchant")
    person = race.scene.persons["resident"].id
    gone = people.erase(person=person, by=race.scene.admin, now=at, reason="counter_request")
    assert gone["exchange_nomination"] == 1
    one = fresh(one)
    assert (one.person_id, one.nominee, one.why_sealed, one.state) == (None, None, "", "declined")
    assert not AuditDetail.objects.filter(about=person).exclude(payload={}).exists()


def test_erased_in_the_notice_the_seat_falls_vacant(race: Race) -> None:
    one, at = race.chosen()
    notice.erase_honours(person=race.scene.persons["resident"].id, by=system(COUNTY, "test"), now=at)
    assert (fresh(one).state, fresh(race.row).state) == ("declined", "done")


def test_an_objection_of_somebody_erased_is_answered_all_the_same(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    notice.erase_honours(person=race.scene.persons["other_resident"].id, by=system(COUNTY, "test"), now=at)
    assert fresh(said).person_id is None
    said = race.answer(fresh(said), at, upheld=False)
    assert (said.state, said.words_sealed, said.answer_sealed) == ("dismissed", "", "")


def test_an_objection_of_somebody_erased_that_is_dropped_keeps_no_words(race: Race) -> None:
    one, at = race.chosen()
    said = race.object_to(one, at)
    notice.erase_honours(person=race.scene.persons["other_resident"].id, by=system(COUNTY, "test"), now=at)
    assert fresh(said).words_sealed != ""
    actions.decline(nomination=one.id, by=race.scene.resident, now=at)
    said = fresh(said)
    assert (said.state, said.person_id, said.words_sealed) == ("dropped", None, "")


def test_what_is_kept_of_a_person_is_told_him(race: Race) -> None:
    race.propose("resident", by="other_resident", evidence="问李婶")
    told = queries.export_honours(race.scene.persons["resident"].id)
    assert [(row["about"], row["why"]) for row in told["nominations"]] == [("oneself", "常帮邻居买菜")]
    assert "李婶" not in str(told)
    told = queries.export_honours(race.scene.persons["other_resident"].id)
    (said,) = told["nominations"]
    assert set(said) == {"round", "at", "about", "why", "evidence"}
    assert (said["about"], said["evidence"]) == ("another", "问李婶")


# ── at once ─────


@pytest.mark.django_db(transaction=True)
def test_two_ticks_and_an_objection_at_once_award_nobody_twice(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        race = make_race(scene, now)
        one, _at = race.chosen()
    until = one.notice_until
    assert until is not None

    def tick() -> str:
        with county_scope(COUNTY):
            return str(notice.act_on_honours(now=until))

    def say() -> str:
        with county_scope(COUNTY):
            try:
                return str(race.object_to(one, until - DAY / 24).state)
            except Refused as refused:
                return refused.code

    _first, said, _second = at_once(tick, say, tick)
    with county_scope(COUNTY):
        state, waiting = fresh(one).state, one.objections.filter(state="open").count()
        assert (state, waiting, said) in [("awarded", 0, "not_found"), ("chosen", 1, "open")]
        assert verbs(one.id).count("nomination.awarded") == (state == "awarded")
