"""The routing table through its actions: tried before it is saved, followed, kept with the case, broken aloud."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection

from mulin.ground.people import actions as people
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, Refused, Stale
from mulin.kernel.tables import open_table
from mulin.services.cases import actions, queries
from mulin.services.cases.actions import routing as table_actions
from mulin.services.cases.actions.rule_tables import Read, read_rules
from mulin.services.cases.models import (
    Case,
    CaseOfficer,
    CaseStep,
    CaseUnit,
    RoutingRule,
    RoutingTrial,
    RoutingVersion,
)
from mulin.services.cases.queries import rule_choices, table, trials
from mulin.services.cases.rules import Content, Scope, Target
from tests.cases.catalogue import matter
from tests.cases.scenes import browser, fresh, reported
from tests.conftest import as_owner
from tests.personas import COUNTY, Scene


def page_of(response: Any) -> str:
    return str(response.content.decode())


WorkItem: Any = apps.get_model("worklist.WorkItem")


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def keep(
    scene: Scene, now: datetime, content: Content, *, by: Actor | None = None, rule: UUID | None = None
) -> RoutingVersion:
    """A rule tried and saved."""
    actor = by or scene.county_clerk
    tried = table_actions.try_rules(changes=[(rule, content)], by=actor, now=now)
    return table_actions.save_trial(trial=tried.pk, by=actor, now=now)[0]


def to_department(scene: Scene, path: str = "/001/", **scope: Any) -> Content:
    unit = scene.units["department"].id
    return Content(Scope(path, **scope), Target("county", unit), "试点文件3号")


def accepted(scene: Scene, now: datetime, **told: Any) -> Case:
    case = reported(scene, now).case
    return actions.accept(
        case=case, by=scene.community_clerk, now=later(now, 1), version=case.version, **told
    )


# ── it decides ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_goes_before_the_type_and_is_kept_with_the_case(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "R1", "community")
    made = keep(county, now, to_department(county, matter_type=kind))
    case = accepted(county, now, matter=kind)
    assert (case.state, case.level, case.unit_id) == ("assigned", "county", county.units["department"].id)
    hop = CaseUnit.objects.get(case=case, until=None)
    assert hop.rule_id == made.id and hop.how == "accept"
    for word in ("第 1 条派单规则", "叶柏寿街道", "事项R1", "县市场监督管理局", "试点文件3号"):
        assert word in hop.why
    step = CaseStep.objects.get(case=case, action="accept")
    assert step.facts["rule"] == str(made.id) and step.facts["why"] == hop.why
    assert queries.standing(case, now).hops[-1].rule == 1
    assert list(table.given_by(county.county_clerk, made.rule_id)) == [case]


def test_what_no_rule_covers_goes_as_before(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "R2", "community")
    keep(county, now, to_department(county, "/003/", matter_type=kind))
    case = accepted(county, now, matter=kind)
    assert (case.level, case.unit_id) == ("community", None)
    assert CaseUnit.objects.get(case=case, until=None).rule_id is None
    plain = accepted(county, now)
    assert (plain.level, plain.held_role) == ("grid", "grid_worker")


def test_a_rule_for_all_types_takes_what_was_not_classified_but_not_what_a_clerk_sends_himself(
    county: Scene, now: datetime
) -> None:
    keep(county, now, to_department(county))
    assert accepted(county, now).unit_id == county.units["department"].id
    assert accepted(county, now, grid=county.grids["b"].id).grid_path == county.grids["b"].path
    assert accepted(county, now, grid=county.grids["b"].id).level == "grid"


def test_a_rule_of_the_working_hours_does_not_count_at_night(county: Scene, now: datetime) -> None:
    keep(county, now, to_department(county, hours="outside"))
    assert accepted(county, now).unit_id is None, "ten in the morning of a Tuesday"
    case = reported(county, now).case
    night = actions.accept(case=case, by=county.community_clerk, now=later(now, 13), version=case.version)
    assert night.unit_id == county.units["department"].id


def test_team_and_officers_get_their_parts(county: Scene, now: datetime) -> None:
    clerk, department = county.county_clerk, county.units["department"].id
    team = people.add_team(name="城管分队", home=department, by=clerk, now=now).id
    officer = county.department.person
    assert officer is not None
    people.join(organisation=team, person=officer, post="队员", by=clerk, now=now)
    target = Target("county", department, team, (officer,))
    keep(county, now, Content(Scope("/001/"), target))
    case = accepted(county, now)
    parts = set(CaseUnit.objects.filter(case=case, until=None).values_list("part", "unit"))
    assert parts == {("lead", department), ("assist", team)}
    assert [row.person_id for row in CaseOfficer.objects.filter(case=case, until=None)] == [officer]
    assert WorkItem.objects.filter(kind="officer", person=officer, done_at=None).count() == 1


# ── it breaks aloud ──────────────────────────────────────────────────────────────────────────────────────────────


def end_unit(scene: Scene, now: datetime) -> None:
    people.end_organisation(organisation=scene.units["department"].id, by=scene.county_clerk, now=now)


def test_a_rule_whose_unit_ended_is_never_passed_over_and_the_clerk_gets_the_case(
    county: Scene, now: datetime
) -> None:
    keep(county, now, to_department(county))
    keep(county, now, Content(Scope("/"), Target("street")))
    end_unit(county, now)
    case = accepted(county, now)
    assert (case.state, case.held_role, case.held_path) == ("returned", "community_clerk", "/001/003/")
    assert case.accepted_at is not None and case.due_at is not None, "the clock runs"
    hop = CaseUnit.objects.get(case=case, until=None)
    assert hop.how == "rule_broken" and "第 1 条派单规则" in hop.why and "已经撤销" in hop.why
    assert queries.standing(case, now).hops[-1].rule == 1
    items = WorkItem.objects.filter(subject_id=case.id, done_at=None)
    assert [(one.kind, one.role) for one in items] == [("screen", "community_clerk")]
    assert items[0].title.startswith("派不出去：")
    page = page_of(browser(county, "community_clerk").get(f"/desk/cases/{case.id}/"))
    assert "待改派" in page and "不是谁退回来的" in page, "nobody sent it back, and nobody says so"
    accepted(county, later(now, 1))
    told = apps.get_model("notices.Notice").objects.filter(template="rule_broken", channel="in_app")
    assert [(one.person_id, one.params) for one in told] == [(county.county_clerk.person, {"number": "1"})]
    page = page_of(browser(county, "county_clerk").get("/notices/"))
    assert "第 1 条派单规则现在用不了" in page and "/desk/routing/1/" in page
    sent = actions.dispatch(
        case=case, level="county", by=county.community_clerk, now=later(now, 2), version=case.version
    )
    assert sent.level == "county", "he sends it where the rule would have, without being told not to skip"
    page = page_of(browser(county, "community_clerk").get(f"/desk/cases/{case.id}/"))
    assert "没有派出去" not in page


def test_broken_rules_are_shown_as_such(county: Scene, now: datetime) -> None:
    keep(county, now, to_department(county))
    keep(county, now, Content(Scope("/", until_day=local_day(now)), Target("street")))
    found = table.shown(table.in_force(), local_day(now))
    assert [(one.trouble, one.idle) for one in found] == [("", ""), ("", "")]
    end_unit(county, now)
    found = table.shown(table.in_force(), local_day(later(now, 48)))
    by_number = {one.number: one for one in found}
    assert "县市场监督管理局已经撤销" in by_number[1].trouble
    assert by_number[2].idle


def test_an_officer_who_left_breaks_the_rule_that_names_him(county: Scene, now: datetime) -> None:
    officer = county.department.person
    assert officer is not None
    other = people.add_person(name="刘强", public_name="刘工", by=county.county_clerk, now=now).id
    people.join(organisation=county.units["department"].id, person=other, by=county.county_clerk, now=now)
    content = Content(Scope("/001/"), Target("county", county.units["department"].id, None, (officer,)))
    keep(county, now, content)
    with as_owner():
        apps.get_model("access.Grant").objects.filter(person_id=officer).update(ended_on=local_day(now))
        apps.get_model("access.Grant").objects.create(
            person_id=other,
            role="department_officer",
            unit_id=county.units["department"].id,
            started_on=local_day(now),
        )
    case = accepted(county, now)
    assert case.state == "returned" and "吴工" in CaseUnit.objects.get(case=case, until=None).why


def test_a_unit_of_the_catalogue_that_ended_is_told_likewise(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "R3", "county", lead="department")
    end_unit(county, now)
    case = accepted(county, now, matter=kind)
    assert case.state == "returned" and "事项R3" in CaseUnit.objects.get(case=case, until=None).why


# ── trying and saving ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_trial_lists_what_would_go_elsewhere_and_changes_nothing(county: Scene, now: datetime) -> None:
    kind, other = matter(county, now, "R4", "community"), matter(county, now, "R5", "community")
    moved = [accepted(county, now, matter=kind) for _n in range(3)]
    accepted(county, now, matter=other)
    old = accepted(county, now, matter=kind)
    with as_owner():
        Case.objects.filter(pk=old.pk).update(reported_at=later(now, -3000), accepted_at=later(now, -2999))
    by, at = county.county_clerk, later(now, 2)
    change = [(None, to_department(county, matter_type=kind))]
    tried = table_actions.try_rules(changes=change, by=by, now=at)
    assert (tried.looked, tried.moved, tried.cut) == (4, 3, False), "ninety days, and of the place"
    outcome = trials.tried(change, now=at)
    rows, following = trials.moved_words(outcome, on=local_day(at), actor=by)
    assert {row.case.pk for row in rows} == {one.pk for one in moved} and following is None
    assert rows[0].before == "社区（村）" and "县市场监督管理局" in rows[0].after
    assert trials.moved_words(outcome, on=local_day(at), actor=county.other_clerk)[0] == []
    assert not RoutingVersion.objects.exists() and fresh(moved[0]).unit_id is None


def test_what_nobody_saved_is_forgotten_and_what_was_saved_is_kept(county: Scene, now: datetime) -> None:
    made = keep(county, now, to_department(county))
    change = [(None, Content(Scope("/003/"), Target("street")))]
    left = table_actions.try_rules(changes=change, by=county.county_clerk, now=now)
    table_actions.try_rules(changes=change, by=county.county_clerk, now=later(now, 24 * 8))
    kept = set(RoutingTrial.objects.values_list("pk", flat=True))
    assert made.trial_id in kept and left.pk not in kept and len(kept) == 2


def test_a_rule_that_says_what_the_type_says_moves_nothing(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "R6", "county", lead="department")
    accepted(county, now, matter=kind)
    tried = table_actions.try_rules(
        changes=[(None, to_department(county, matter_type=kind))], by=county.county_clerk, now=later(now, 2)
    )
    assert (tried.looked, tried.moved) == (1, 0)


def test_a_changed_rule_keeps_its_versions_and_a_past_case_the_one_it_used(
    county: Scene, now: datetime
) -> None:
    made = keep(county, now, to_department(county))
    case = accepted(county, now)
    second = keep(county, later(now, 2), Content(Scope("/001/"), Target("street")), rule=made.rule_id)
    assert (second.number, second.rule_id) == (2, made.rule_id)
    made.refresh_from_db()
    assert made.until == second.since == later(now, 2)
    hop = CaseUnit.objects.get(case=case, until=None)
    assert hop.rule == made and "县市场监督管理局" in hop.why
    tried = table_actions.try_rules(changes=[(made.rule_id, None)], by=county.county_clerk, now=later(now, 3))
    table_actions.save_trial(trial=tried.pk, by=county.county_clerk, now=later(now, 3))
    assert table.in_force() == [] and len(table.versions(made.rule_id)) == 2
    assert keep(county, later(now, 4), to_department(county)).rule.number == 2, "numbers are not given again"


def test_ties_are_refused_when_trying(county: Scene, now: datetime) -> None:
    keep(county, now, to_department(county))
    with pytest.raises(Refused) as refused:
        keep(county, now, Content(Scope("/001/"), Target("street")))
    assert refused.value.code == "tie" and "第 1 条" in refused.value.message
    both = [(None, Content(Scope("/003/"), Target(level))) for level in ("street", "county")]
    with pytest.raises(Refused) as refused:
        table_actions.try_rules(changes=both, by=county.county_clerk, now=now)
    assert refused.value.code == "tie", "two new ones that tie with each other"


def test_what_was_tried_on_another_table_is_tried_again(county: Scene, now: datetime) -> None:
    by = county.county_clerk
    first = table_actions.try_rules(changes=[(None, to_department(county))], by=by, now=now)
    keep(county, now, Content(Scope("/003/"), Target("street")))
    with pytest.raises(Stale):
        table_actions.save_trial(trial=first.pk, by=by, now=now)
    again = table_actions.try_rules(changes=trials.changes_of(first), by=by, now=now)
    table_actions.save_trial(trial=again.pk, by=by, now=now)
    with pytest.raises(Refused) as refused:
        table_actions.save_trial(trial=again.pk, by=by, now=now)
    assert refused.value.code in ("saved", "tie")
    with pytest.raises(NotAllowed):
        mine = table_actions.try_rules(
            changes=[(None, Content(Scope("/001/003/"), Target("street")))], by=by, now=now
        )
        table_actions.save_trial(trial=mine.pk, by=county.admin, now=now)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Content(Scope("/999/"), Target("street")), "rule_place"),
        (Content(Scope("/001/", matter_type=UUID(int=7)), Target("street")), "matter_unknown"),
        (Content(Scope("/001/", category=UUID(int=7)), Target("street")), "category_unknown"),
        (Content(Scope("/001/"), Target("county", UUID(int=7))), "unit_unknown"),
    ],
)
def test_a_rule_that_names_nothing_real_is_refused(
    county: Scene, now: datetime, change: Content, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        table_actions.try_rules(changes=[(None, change)], by=county.county_clerk, now=now)
    assert refused.value.code == code


def test_a_rule_to_where_nobody_works_is_refused(county: Scene, now: datetime) -> None:
    empty = Content(Scope("/001/"), Target("county", county.units["other_department"].id))
    stranger = Content(
        Scope("/001/"),
        Target("county", county.units["department"].id, None, (county.grid_worker.person,)),  # type: ignore[arg-type]
    )
    no_team = Content(Scope("/001/"), Target("county", None, county.units["department"].id))
    for content, code in ((empty, "rule_broken"), (stranger, "rule_broken"), (no_team, "not_a_team")):
        with pytest.raises(Refused) as refused:
            table_actions.try_rules(changes=[(None, content)], by=county.county_clerk, now=now)
        assert refused.value.code == code


def test_a_street_keeps_its_own_rules_and_nobody_else_does(county: Scene, now: datetime) -> None:
    own = Content(Scope("/001/003/"), Target("street"))
    made = keep(county, now, own, by=county.street_clerk)
    for who, content in (
        (county.street_clerk, Content(Scope("/003/"), Target("street"))),
        (county.street_clerk, Content(Scope("/"), Target("street"))),
        (county.community_clerk, Content(Scope("/001/003/C1/"), Target("street"))),
        (county.leader, Content(Scope("/"), Target("street"))),
        (county.department, Content(Scope("/"), Target("street"))),
        (county.grid_worker, Content(Scope("/001/003/g1001/"), Target("street"))),
        (county.resident, Content(Scope("/"), Target("street"))),
    ):
        with pytest.raises(NotAllowed):
            table_actions.try_rules(changes=[(None, content)], by=who, now=now)
    away = Content(Scope("/003/"), Target("street"))
    with pytest.raises(NotAllowed):
        table_actions.try_rules(changes=[(made.rule_id, away)], by=county.street_clerk, now=now)
    county_rule = keep(county, now, Content(Scope("/"), Target("street")))
    with pytest.raises(NotAllowed):
        table_actions.try_rules(changes=[(county_rule.rule_id, None)], by=county.street_clerk, now=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told_to_try_again(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        tried = [
            table_actions.try_rules(
                changes=[(None, to_department(scene, path))], by=scene.county_clerk, now=now
            ).pk
            for path in ("/001/", "/003/")
        ]

    def save(key: UUID) -> str:
        try:
            with county_scope(COUNTY):
                table_actions.save_trial(trial=key, by=scene.county_clerk, now=now)
            return "saved"
        except Stale:
            return "stale"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, tried)) == ["saved", "stale"]
    with county_scope(COUNTY):
        assert RoutingRule.objects.count() == 1


# ── as a file ────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def opened(text: str) -> Iterator[Any]:
    with open_table(io.BytesIO(text.encode()), name="rules.csv", columns=rule_choices.COLUMNS) as rows:
        yield rows


def read(scene: Scene, now: datetime, *rows: str, by: Actor | None = None) -> Read:
    head = "规则编号,地点,事项,时间,从哪天起,到哪天止,派到哪一级,主办单位,队伍,指定经办人,依据或说明"
    with opened("\n".join((head, *rows))) as found:
        return read_rules(rows=found, by=by or scene.county_clerk, now=now)


def test_a_file_becomes_changes_to_try_and_its_bad_rows_are_told(county: Scene, now: datetime) -> None:
    matter(county, now, "R7", "community")
    first = keep(county, now, to_department(county))
    found = read(
        county,
        now,
        "1,叶柏寿街道,,,,,街道,,,,",
        ",双虹社区,R7,工作时间以外,2026-09-01,2026-12-31,县级,县市场监督管理局,,吴工,夜间",
        ",全县,市容环境,,,,街道,,,,",
        ",全县,市容环境,,,,社区,,,,",
        ",铁东社区,,,,,街道,,,,",
        ",双虹社区,没有的事,,,,街道,,,,",
        "99,双虹社区,,,,,街道,,,,",
        ",双虹社区,,,,,省级,,,,",
        ",双虹社区,,,,,县级,县财政局,,,",
        ",双虹社区,,,,,县级,县市场监督管理局,,王五,",
    )
    assert (found.read, len(found.changes), found.unchanged) == (10, 3, 0)
    assert found.changes[0] == (first.rule_id, Content(Scope("/001/"), Target("street")))
    assert [number for number, _reason, _raw in found.refused] == [5, 6, 7, 8, 9, 10, 11]
    reasons = [reason for _number, reason, _raw in found.refused]
    for word, reason in zip(
        ("同样具体", "铁东社区", "没有的事", "99", "省级", "县财政局", "王五"), reasons, strict=True
    ):
        assert word in reason
    tried = table_actions.try_rules(changes=found.changes, by=county.county_clerk, now=now)
    assert len(table_actions.save_trial(trial=tried.pk, by=county.county_clerk, now=now)) == 3
    assert read(county, now, "1,叶柏寿街道,,,,,街道,,,,").unchanged == 1


def test_what_is_written_out_is_read_back_as_it_was(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "R8", "community")
    officer = county.department.person
    content = Content(
        Scope("/001/003/g1001/", kind, None, "working", local_day(now), local_day(later(now, 48))),
        Target("county", county.units["department"].id, None, (officer,)),  # type: ignore[arg-type]
        "=1+1 依据",
    )
    keep(county, now, content)
    keep(county, now, Content(Scope("/"), Target("street")))
    out = io.BytesIO()
    assert rule_choices.write_rules(out, table.in_force(), local_day(now)) == 2
    out.seek(0)
    with open_table(out, name="rules.xlsx", columns=rule_choices.COLUMNS) as rows:
        found = read_rules(rows=rows, by=county.county_clerk, now=now)
    assert (found.read, found.unchanged, found.refused, found.changes) == (2, 2, [], [])


def test_a_street_reads_in_only_its_own(county: Scene, now: datetime) -> None:
    found = read(county, now, ",双虹社区,,,,,街道,,,,", ",铁西社区,,,,,街道,,,,", by=county.street_clerk)
    assert len(found.changes) == 1 and "不由您维护" in found.refused[0][1]
