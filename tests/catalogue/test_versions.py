"""Categories and versions: draft, edit, publish, retire, and who may."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from mulin.ground.territory import actions as territory
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.models import MatterCategory, MatterType, MatterVersion
from mulin.services.catalogue.rules import LimitRow
from tests.catalogue.scenes import category, content, matter, unit
from tests.conftest import as_owner
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db
EDITORS = ("county_clerk", "admin")
OTHERS = (
    "resident",
    "rider",
    "merchant",
    "grid_worker",
    "community_clerk",
    "street_clerk",
    "department",
    "leader",
    "stranger",
)


def deeds(verb: str) -> Any:
    return apps.get_model("trail.AuditEntry").objects.filter(verb=verb)


def drafted(scene: Scene, now: datetime, *, code: str = "WY01", **said: Any) -> MatterVersion:
    return actions.draft_type(
        code=code, category=category().id, content=content(**said), by=scene.county_clerk, now=now
    )


def published(scene: Scene, now: datetime, **said: Any) -> MatterVersion:
    return actions.publish(version=drafted(scene, now, **said).id, by=scene.county_clerk, now=now)


class TestDrafts:
    def test_a_draft_keeps_everything_that_was_said_and_nobody_reports_under_it(
        self, county: Scene, now: datetime
    ) -> None:
        lead, helper = unit("县供热公司", "other"), unit("县民政局")
        said = content(
            lead_unit=lead.id,
            assists=(helper.id,),
            keywords="电梯,困人",
            emergency=True,
            theme="facilities",
            limits=(
                LimitRow("", "routine", "dispose", 1440, "working"),
                LimitRow("street", "emergency", "accept", 10, "elapsed"),
            ),
        )
        row = actions.draft_type(
            code="wy01", category=category().id, content=said, by=county.county_clerk, now=now
        )
        assert (row.matter_type.code, row.number, row.state) == ("WY01", 1, "draft")
        assert row.created_by_id == county.persons["county_clerk"].id
        told = queries.content_of(queries.version(row.id))
        assert (told.lead_unit, told.assists, told.keywords) == (lead.id, (helper.id,), "电梯、困人")
        assert told.limits == said.limits
        assert queries.current_by_code("WY01") is None
        assert deeds("catalogue.drafted").get().facts == {"code": "WY01", "number": 1, "name": "电梯故障"}

    def test_a_code_is_used_once(self, county: Scene, now: datetime) -> None:
        drafted(county, now)
        with pytest.raises(Refused) as refused:
            drafted(county, now)
        assert (refused.value.code, refused.value.field) == ("matter_known", "code")

    def test_an_edit_changes_the_draft_and_the_same_again_changes_nothing(
        self, county: Scene, now: datetime
    ) -> None:
        row = drafted(county, now)
        again = actions.edit(version=row.id, content=content(), by=county.county_clerk, now=now)
        assert again.revision == 1
        assert not deeds("catalogue.edited").exists()
        changed = actions.edit(
            version=row.id, content=content(name="电梯困人"), by=county.county_clerk, now=now, seen=1
        )
        assert (changed.revision, queries.version(row.id).name) == (2, "电梯困人")

    def test_whoever_read_an_older_draft_is_told(self, county: Scene, now: datetime) -> None:
        row = drafted(county, now)
        actions.edit(version=row.id, content=content(name="甲"), by=county.admin, now=now, seen=1)
        with pytest.raises(Stale):
            actions.edit(version=row.id, content=content(name="乙"), by=county.county_clerk, now=now, seen=1)
        assert queries.version(row.id).name == "甲"

    def test_a_form_opened_before_somebody_began_a_draft_is_told(self, county: Scene, now: datetime) -> None:
        row = published(county, now)
        save: dict[str, Any] = {"matter_type": row.matter_type_id, "by": county.county_clerk, "now": now}
        actions.save_draft(content=content(name="甲"), **save)
        with pytest.raises(Stale):
            actions.save_draft(content=content(name="乙"), **save)

    def test_saving_without_a_change_makes_no_draft(self, county: Scene, now: datetime) -> None:
        row = published(county, now)
        told = actions.save_draft(
            matter_type=row.matter_type_id, content=content(), by=county.county_clerk, now=now
        )
        assert told.id == row.id
        assert MatterVersion.objects.count() == 1

    def test_a_discarded_first_draft_leaves_nothing_and_a_later_one_the_version_in_force(
        self, county: Scene, now: datetime
    ) -> None:
        gone = drafted(county, now, code="WY02", name="另一项")
        assert actions.discard(version=gone.id, by=county.county_clerk, now=now) is False
        assert not MatterType.objects.filter(code="WY02").exists()
        row = published(county, now)
        draft = actions.draft_next(matter_type=row.matter_type_id, by=county.county_clerk, now=now)
        assert actions.discard(version=draft.id, by=county.county_clerk, now=now) is True
        assert queries.current(row.matter_type_id) == row

    def test_an_unknown_unit_or_category_is_refused(self, county: Scene, now: datetime) -> None:
        with pytest.raises(Refused) as refused:
            drafted(county, now, lead_unit=uuid7())
        assert refused.value.code == "unit_unknown"
        with pytest.raises(Refused) as refused:
            actions.draft_type(
                code="WY09", category=uuid7(), content=content(), by=county.county_clerk, now=now
            )
        assert refused.value.code == "category_unknown"
        with pytest.raises(NotFound):
            actions.edit(version=uuid7(), content=content(), by=county.county_clerk, now=now)


class TestPublishing:
    def test_a_published_version_is_in_force_and_can_no_longer_be_changed(
        self, county: Scene, now: datetime
    ) -> None:
        row = published(county, now)
        assert queries.current_by_code("WY01") == row
        assert row.published_by_id == county.persons["county_clerk"].id
        for act in (
            lambda: actions.edit(version=row.id, content=content(name="x"), by=county.admin, now=now),
            lambda: actions.discard(version=row.id, by=county.admin, now=now),
            lambda: actions.publish(version=row.id, by=county.admin, now=now),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert (refused.value.code, refused.value.status) == ("matter_not_draft", 409)

    def test_the_next_version_retires_the_one_before_and_a_case_keeps_what_it_had(
        self, county: Scene, now: datetime
    ) -> None:
        old = published(county, now, limits=(LimitRow("", "routine", "dispose", 480, "working"),))
        later = now + timedelta(days=3)
        draft = actions.draft_next(matter_type=old.matter_type_id, by=county.admin, now=later)
        assert (draft.number, queries.content_of(draft)) == (2, queries.content_of(old))
        actions.edit(version=draft.id, content=content(level="street"), by=county.admin, now=later)
        new = actions.publish(version=draft.id, by=county.admin, now=later)
        kept = queries.version(old.id)
        assert (kept.state, kept.retired_at, kept.retired_why) == ("retired", later, "由第 2 版代替")
        assert queries.limits(kept, "street").dispose.days == 1
        assert queries.current(old.matter_type_id) == new
        assert queries.limits(new, "street").dispose == queries.DEFAULTS["routine"].dispose
        assert [(one.field, one.before, one.after) for one in queries.changes(kept, new)] == [
            ("首派层级", "小区（物业）", "街道（乡镇）"),
            ("平时时限", "各级：处置 1 个工作日", ""),
        ]

    def test_two_matters_in_force_never_have_one_name(self, county: Scene, now: datetime) -> None:
        published(county, now)
        twin = drafted(county, now, code="WY02")
        with pytest.raises(Refused) as refused:
            actions.publish(version=twin.id, by=county.county_clerk, now=now)
        assert (refused.value.code, refused.value.field) == ("matter_name_known", "name")
        assert queries.version(twin.id).state == "draft"

    def test_a_unit_that_was_dissolved_cannot_be_published(self, county: Scene, now: datetime) -> None:
        office = unit("县旧局")
        row = drafted(county, now, lead_unit=office.id)
        apps.get_model("people.Organisation").objects.filter(id=office.id).update(ended_on=now.date())
        with pytest.raises(Refused, match="县旧局已经撤销"):
            actions.publish(version=row.id, by=county.county_clerk, now=now)

    def test_a_retired_matter_takes_nothing_new_and_says_why(self, county: Scene, now: datetime) -> None:
        row = published(county, now)
        with pytest.raises(Refused) as refused:
            actions.retire(version=row.id, why=" ", by=county.county_clerk, now=now)
        assert refused.value.field == "why"
        actions.retire(version=row.id, why="并入 WY02", by=county.county_clerk, now=now)
        assert queries.current(row.matter_type_id) is None
        assert queries.version(row.id).retired_why == "并入 WY02"
        with pytest.raises(Refused) as refused:
            actions.retire(version=row.id, why="再来", by=county.county_clerk, now=now)
        assert refused.value.status == 409

    def test_a_retired_matter_comes_back_as_a_new_version(self, county: Scene, now: datetime) -> None:
        row = published(county, now)
        actions.retire(version=row.id, why="暂停", by=county.county_clerk, now=now)
        draft = actions.draft_next(matter_type=row.matter_type_id, by=county.county_clerk, now=now)
        assert actions.publish(version=draft.id, by=county.county_clerk, now=now).number == 2


class TestWhoMay:
    @pytest.mark.parametrize("who", EDITORS)
    def test_county_clerks_and_administrators_keep_the_catalogue(
        self, county: Scene, now: datetime, who: str
    ) -> None:
        by = getattr(county, who)
        row = actions.draft_type(code="A1", category=category().id, content=content(), by=by, now=now)
        actions.publish(version=row.id, by=by, now=now)
        actions.retire(version=row.id, why="试", by=by, now=now)

    @pytest.mark.parametrize("who", OTHERS)
    def test_nobody_else_changes_a_word(self, county: Scene, now: datetime, who: str) -> None:
        by = getattr(county, who)
        draft = drafted(county, now)
        old = matter("WY05", now, name="别的")
        for act in (
            lambda: actions.draft_type(code="A1", category=category().id, content=content(), by=by, now=now),
            lambda: actions.draft_next(matter_type=old.matter_type_id, by=by, now=now),
            lambda: actions.save_draft(
                matter_type=old.matter_type_id, content=content(name="x"), by=by, now=now
            ),
            lambda: actions.edit(version=draft.id, content=content(name="x"), by=by, now=now),
            lambda: actions.publish(version=draft.id, by=by, now=now),
            lambda: actions.discard(version=draft.id, by=by, now=now),
            lambda: actions.retire(version=old.id, why="x", by=by, now=now),
            lambda: actions.install_categories(by=by, now=now),
            lambda: actions.add_category(code="extra", name="x", by=by, now=now),
            lambda: actions.change_category(category=category().id, name="x", by=by, now=now),
            lambda: actions.end_category(category=category().id, by=by, now=now),
        ):
            with pytest.raises(NotAllowed):
                act()
        assert MatterVersion.objects.count() == 2


class TestCategories:
    def test_the_eight_are_installed_once_and_say_their_names(self, county: Scene, now: datetime) -> None:
        assert actions.install_categories(by=county.county_clerk, now=now) == 8
        assert actions.install_categories(by=county.county_clerk, now=now) == 0
        assert [one.name for one in queries.categories()][:3] == ["党建引领", "社会治安", "公共安全"]

    def test_every_one_can_be_renamed_moved_and_ended(self, county: Scene, now: datetime) -> None:
        actions.install_categories(by=county.county_clerk, now=now)
        one = queries.categories()[7]
        actions.change_category(
            category=one.id, name="走访宣传", name_en="Outreach", position=1, by=county.admin, now=now
        )
        assert MatterCategory.objects.get(id=one.id).label == "走访宣传"
        actions.end_category(category=one.id, by=county.admin, now=now)
        assert len(queries.categories()) == 7
        assert actions.install_categories(by=county.admin, now=now) == 0

    def test_a_category_with_matters_in_force_stays(self, county: Scene, now: datetime) -> None:
        row = published(county, now)
        with pytest.raises(Refused) as refused:
            actions.end_category(category=category().id, by=county.admin, now=now)
        assert refused.value.code == "category_in_use"
        actions.retire(version=row.id, why="并入", by=county.admin, now=now)
        actions.end_category(category=category().id, by=county.admin, now=now)
        draft = actions.draft_next(matter_type=row.matter_type_id, by=county.admin, now=now)
        with pytest.raises(Refused) as refused:
            actions.publish(version=draft.id, by=county.admin, now=now)
        assert refused.value.code == "category_ended"

    @pytest.mark.parametrize(
        ("code", "name", "why"),
        [
            ("Rural Affairs", "乡村", "category_code"),
            ("property_facilities", "乡村", "category_known"),
            ("rural", "", "category_name"),
            ("rural", "物业服务与小区设施", "category_name_known"),
        ],
    )
    def test_a_category_needs_its_own_code_and_name(
        self, county: Scene, now: datetime, code: str, name: str, why: str
    ) -> None:
        category()
        with pytest.raises(Refused) as refused:
            actions.add_category(code=code, name=name, by=county.admin, now=now)
        assert refused.value.code == why


@pytest.mark.django_db
def test_a_county_that_is_opened_has_the_eight_and_keeps_its_own_when_opened_again(now: datetime) -> None:
    by = system(COUNTY, "test")
    with as_owner():
        table = "code,name\n21,辽宁省\n2113,朝阳市\n211322,建平县\n211322001,叶柏寿街道\n"
        territory.import_divisions(file=io.BytesIO(table.encode()), as_of=date(2025, 6, 30))
        territory.open_county(code=str(COUNTY), by=by, now=now)
    with county_scope(COUNTY):
        assert len(queries.categories()) == 8
        one = queries.categories()[3]
        actions.change_category(category=one.id, name="邻里纠纷", by=by, now=now, position=4)
        actions.end_category(category=queries.categories()[7].id, by=by, now=now)
    with as_owner():
        territory.open_county(code=str(COUNTY), by=by, now=now)
    with county_scope(COUNTY):
        assert [row.name for row in queries.categories()][3] == "邻里纠纷"
        assert len(queries.categories()) == 7


def test_the_neighbours_catalogue_is_another_one(county: Scene, now: datetime) -> None:
    mine = published(county, now)
    with county_scope(NEIGHBOUR):
        by = county.neighbour_admin
        assert queries.catalogue(on=now.date(), state="") == []
        with pytest.raises(NotFound):
            actions.publish(version=mine.id, by=by, now=now)
        twin = actions.draft_type(code="WY01", category=category().id, content=content(), by=by, now=now)
        assert actions.publish(version=twin.id, by=by, now=now).county_id == NEIGHBOUR
    assert queries.current_by_code("WY01") == mine


@pytest.mark.django_db(transaction=True)
def test_two_clerks_publishing_at_once_leave_one_version_in_force(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        row = published(scene, now)
        draft = actions.draft_next(matter_type=row.matter_type_id, by=scene.admin, now=now)

    def press(_number: int) -> str:
        try:
            with county_scope(COUNTY):
                actions.publish(version=draft.id, by=system(COUNTY, "test"), now=now)
                return "done"
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(press, range(4)))
    assert told == ["done", *["matter_not_draft"] * 3]
    with county_scope(COUNTY):
        assert MatterVersion.objects.filter(state="published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clerks_beginning_a_draft_at_once_share_one(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        row = published(scene, now)

    def press(_number: int) -> Any:
        try:
            with county_scope(COUNTY):
                return actions.draft_next(
                    matter_type=row.matter_type_id, by=system(COUNTY, "test"), now=now
                ).id
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(press, range(4)))) == 1
