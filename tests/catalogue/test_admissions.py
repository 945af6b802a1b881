"""Admission (row 7a): a unit applies, the county decides, nobody decides his own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from mulin.ground.people import queries as people
from mulin.ground.worklist import queries as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.models import MatterAdmission, MatterType
from mulin.services.catalogue.permissions import admission_acts
from tests.catalogue.scenes import category
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db


def applied(scene: Scene, now: datetime, *, by: Actor | None = None, **said: Any) -> MatterAdmission:
    told = {
        "unit": scene.units["department"].id,
        "category": category("public_safety").id,
        "name": "小作坊用气巡查",
        "description": "每月看一次，不检查证照。",
        "reason": "执法人员到不了每一户。",
        "level": "grid",
        "evidence_needed": "photo_after",
    }
    return actions.apply(by=by or scene.department, now=now, **(told | said))


def decided(scene: Scene, row: MatterAdmission, now: datetime, **said: Any) -> MatterAdmission:
    told = {"admit": True, "reason": "只在冬季。", "code": "AQ20"} | said
    return actions.decide(admission=row.id, by=scene.county_clerk, now=now, **told)


def both(scene: Scene) -> Actor:
    """Somebody who works in the unit and is a clerk of the county as well."""
    return replace(scene.department, held=(*scene.department.held, *scene.county_clerk.held))


def notices() -> Any:
    return apps.get_model("notices.Notice").objects.filter(template="admission_decided")


class TestApplying:
    def test_an_application_is_a_to_do_of_the_county_within_fifteen_working_days(
        self, county: Scene, now: datetime
    ) -> None:
        row = applied(county, now)
        (item,) = worklist.of_subject("admission", row.id)
        assert (item.kind, item.role, item.path, item.title) == ("admission", "county_clerk", "/", row.name)
        assert timedelta(days=15) < item.due_at - now < timedelta(days=31)

    @pytest.mark.parametrize(
        ("said", "field"),
        [({"name": " "}, "name"), ({"description": " "}, "description"), ({"reason": " "}, "reason")],
    )
    def test_it_says_what_and_why(
        self, county: Scene, now: datetime, said: dict[str, str], field: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            applied(county, now, **said)
        assert refused.value.field == field

    def test_one_applies_for_his_own_unit_only(self, county: Scene, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            applied(county, now, unit=county.units["other_department"].id)
        for who in ("grid_worker", "community_clerk", "county_clerk", "leader", "resident", "merchant"):
            with pytest.raises(NotAllowed):
                applied(county, now, by=getattr(county, who))

    def test_the_same_is_not_asked_twice_while_it_is_open(self, county: Scene, now: datetime) -> None:
        row = applied(county, now)
        with pytest.raises(Refused) as refused:
            applied(county, now)
        assert refused.value.code == "admission_open"
        decided(county, row, now, admit=False, reason="不急")
        applied(county, now)


class TestDeciding:
    def test_admitted_makes_a_draft_filled_with_the_application_and_tells_the_unit(
        self, county: Scene, now: datetime
    ) -> None:
        row = decided(county, applied(county, now), now + timedelta(days=1))
        assert (row.state, row.decision, row.decided_by_id) == (
            "admitted",
            "只在冬季。",
            county.persons["county_clerk"].id,
        )
        draft = queries.version(row.version_id)
        assert (draft.state, draft.matter_type.code, draft.level) == ("draft", "AQ20", "grid")
        assert (draft.lead_unit_id, draft.evidence_needed) == (county.units["department"].id, "photo_after")
        assert draft.description == "每月看一次，不检查证照。"
        assert not worklist.of_subject("admission", row.id).exists()
        assert notices().get().person_id == county.persons["department"].id

    def test_refused_makes_nothing_but_a_reason(self, county: Scene, now: datetime) -> None:
        row = decided(county, applied(county, now), now, admit=False, reason="系统里已有的数据不再登记。")
        assert (row.state, row.version_id) == ("refused", None)
        assert not MatterType.objects.exists()

    def test_a_decision_needs_its_reason_and_an_admission_a_free_code(
        self, county: Scene, now: datetime
    ) -> None:
        row = applied(county, now)
        with pytest.raises(Refused) as refused:
            decided(county, row, now, reason=" ")
        assert refused.value.field == "reason"
        with pytest.raises(Refused) as refused:
            decided(county, row, now, code="20")
        assert refused.value.field == "code"
        row.refresh_from_db()
        assert row.state == "submitted"

    def test_whoever_applied_never_decides(self, county: Scene, now: datetime) -> None:
        row = applied(county, now)
        actor = both(county)
        assert admission_acts(actor, row) == ("withdraw",)
        for act in (
            lambda: actions.decide(admission=row.id, admit=True, reason="好", code="AQ20", by=actor, now=now),
            lambda: actions.decide(admission=row.id, admit=False, reason="不", by=actor, now=now),
            lambda: actions.start_review(admission=row.id, by=actor, now=now),
        ):
            with pytest.raises(NotAllowed, match="自己提的申请"):
                act()
        own = county.persons["department"].id
        with pytest.raises(IntegrityError), transaction.atomic():
            MatterAdmission.objects.filter(id=row.id).update(decided_by=own)

    def test_review_is_seen_and_does_not_bind(self, county: Scene, now: datetime) -> None:
        row = applied(county, now)
        actions.start_review(admission=row.id, by=county.county_clerk, now=now)
        with pytest.raises(Refused) as refused:
            actions.start_review(admission=row.id, by=county.county_clerk, now=now)
        assert refused.value.status == 409
        assert decided(county, row, now, admit=False, reason="不急").state == "refused"

    @pytest.mark.parametrize(
        "who",
        ["department", "grid_worker", "community_clerk", "street_clerk", "leader", "resident", "stranger"],
    )
    def test_nobody_but_the_county_decides(self, county: Scene, now: datetime, who: str) -> None:
        row = applied(county, now)
        with pytest.raises((NotAllowed, NotFound)):
            actions.decide(
                admission=row.id, admit=True, reason="好", code="A1", by=getattr(county, who), now=now
            )
        with pytest.raises((NotAllowed, NotFound)):
            actions.start_review(admission=row.id, by=getattr(county, who), now=now)

    def test_a_decision_is_made_once(self, county: Scene, now: datetime) -> None:
        row = decided(county, applied(county, now), now)
        for act in (
            lambda: decided(county, row, now, admit=False, reason="反悔"),
            lambda: actions.withdraw(admission=row.id, by=county.department, now=now),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert (refused.value.code, refused.value.status) == ("admission_state", 409)


class TestGoingBack:
    def test_the_unit_withdraws_while_nothing_is_decided(self, county: Scene, now: datetime) -> None:
        row = applied(county, now)
        with pytest.raises(NotAllowed):
            actions.withdraw(admission=row.id, by=county.county_clerk, now=now)
        told = actions.withdraw(admission=row.id, by=county.department, now=now, why="先试点")
        assert (told.state, told.withdrawn_why) == ("withdrawn", "先试点")
        assert not worklist.of_subject("admission", row.id).exists()

    def test_revoking_takes_the_matter_off_the_list_and_keeps_its_history(
        self, county: Scene, now: datetime
    ) -> None:
        row = decided(county, applied(county, now), now)
        actions.publish(version=row.version_id, by=county.county_clerk, now=now)
        kind = row.version.matter_type_id
        actions.draft_next(matter_type=kind, by=county.county_clerk, now=now)
        with pytest.raises(Refused) as refused:
            actions.revoke(admission=row.id, why="", by=county.county_clerk, now=now)
        assert refused.value.field == "why"
        told = actions.revoke(admission=row.id, why="任务已完成", by=county.county_clerk, now=now)
        assert told.state == "withdrawn"
        (left,) = queries.versions(kind)
        assert (left.state, left.retired_why) == ("retired", "撤销准入：任务已完成")
        assert notices().count() == 2

    def test_revoking_what_was_never_published_leaves_no_trace_on_the_list(
        self, county: Scene, now: datetime
    ) -> None:
        row = decided(county, applied(county, now), now)
        told = actions.revoke(admission=row.id, why="写错了", by=county.county_clerk, now=now)
        assert told.version_id is None
        assert not MatterType.objects.exists()


class TestWhoSees:
    def test_the_unit_sees_its_own_the_county_all_and_nobody_else_any(
        self, county: Scene, now: datetime
    ) -> None:
        row = applied(county, now)
        for who in ("department", "county_clerk", "admin", "leader"):
            assert list(queries.visible_to(getattr(county, who))) == [row]
            assert queries.admission(getattr(county, who), row.id) == row
        for who in ("grid_worker", "street_clerk", "resident", "merchant", "stranger"):
            assert list(queries.visible_to(getattr(county, who))) == []
            with pytest.raises(NotFound):
                queries.admission(getattr(county, who), row.id)
            assert queries.admission_reach(getattr(county, who), row.id) is None

    def test_a_persons_export_says_what_he_asked_for_and_put_in_force(
        self, county: Scene, now: datetime
    ) -> None:
        row = decided(county, applied(county, now), now)
        actions.publish(version=row.version_id, by=county.county_clerk, now=now)
        officer = people.export(county.persons["department"].id)
        assert [one["name"] for one in officer["matter_admissions"]] == ["小作坊用气巡查"]
        clerk = people.export(county.persons["county_clerk"].id)
        assert [one["version"] for one in clerk["matters_published"]] == [1]

    def test_the_neighbour_sees_none(self, county: Scene, now: datetime) -> None:
        row = applied(county, now)
        with county_scope(NEIGHBOUR):
            assert list(queries.visible_to(county.neighbour_admin)) == []
            with pytest.raises(NotFound):
                queries.admission(county.neighbour_admin, row.id)


@pytest.mark.django_db(transaction=True)
def test_of_two_deciding_at_once_one_is_told_that_it_is_decided(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        row = applied(scene, now)

    def press(admit: bool) -> str:
        try:
            with county_scope(COUNTY):
                actions.decide(
                    admission=row.id, admit=admit, reason="定了", code="AQ20", by=scene.county_clerk, now=now
                )
                return "done"
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, [True, False])) == ["admission_state", "done"]
