"""The catalogue out of Excel and into it: upsert by code, bad rows told, again nothing new."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError

from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed
from mulin.kernel.tables import Row, open_table, write_table
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.actions import Outcome
from mulin.services.catalogue.models import MatterCategory, MatterType, MatterVersion
from mulin.services.catalogue.rules.columns import COLUMNS
from tests.catalogue.scenes import category, row, unit
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db
HEAD = ("事项编码", "大类", "事项名称", "首派层级", "主办单位", "处置时限")


def brought(scene: Scene, now: datetime, rows: Iterable[Row], **how: Any) -> Outcome:
    return actions.import_matters(rows=rows, by=scene.county_clerk, now=now, **how)


def shipped_units() -> None:
    """Every unit that the shipped proposal names."""
    for one in queries.shipped():
        for name in [one["lead_unit"], *one["assists"].split("、")]:
            if name:
                unit(name)


class TestRows:
    def test_a_new_code_becomes_a_draft_or_is_published_at_once(self, county: Scene, now: datetime) -> None:
        category()
        told = brought(county, now, [row()])
        assert (told.read, told.added, told.published) == (1, 1, 0)
        assert queries.current_by_code("WY01") is None
        told = brought(county, now, [row(code="WY02", name="单元门损坏")], publish=True)
        assert (told.added, told.published) == (1, 1)
        found = queries.current_by_code("WY02")
        assert found is not None
        assert found.level == "compound"

    def test_the_same_again_changes_nothing(self, county: Scene, now: datetime) -> None:
        category()
        rows = [row(dispose="3个工作日", exceptions="街道：处置5个工作日", keywords="电梯,困人")]
        brought(county, now, rows, publish=True)
        before = list(MatterVersion.objects.values().order_by("id"))
        told = brought(county, now, rows, publish=True)
        assert (told.unchanged, told.added, told.changed, told.published) == (1, 0, 0, 0)
        assert list(MatterVersion.objects.values().order_by("id")) == before

    def test_a_change_of_a_matter_in_force_is_a_draft_for_review(self, county: Scene, now: datetime) -> None:
        category()
        brought(county, now, [row(dispose="3个工作日")], publish=True)
        told = brought(county, now, [row(dispose="5个工作日")])
        assert (told.changed, told.published) == (1, 0)
        current = queries.current_by_code("WY01")
        assert current is not None
        assert queries.limits(current, "compound").dispose.days == 3
        draft = queries.latest(current.matter_type_id)
        assert draft is not None
        assert (draft.state, queries.limits(draft, "compound").dispose.days) == ("draft", 5)
        assert brought(county, now, [row(dispose="5个工作日")]).unchanged == 1
        told = brought(county, now, [row(dispose="5个工作日")], publish=True)
        assert (told.changed, told.published, told.unchanged) == (0, 1, 0)
        assert queries.current_by_code("WY01") == draft

    def test_good_rows_stand_and_bad_ones_are_told_by_number_and_reason(
        self, county: Scene, now: datetime
    ) -> None:
        category()
        rows = [
            row(2, code="WY01", name="甲"),
            row(3, code="0602", name="乙"),
            row(4, code="WY03", name="丙", level="市级"),
            row(5, code="WY04", name="丁", lead_unit="县没有局"),
            row(6, code="WY05", name="戊", category="没有的类"),
            row(7, code="WY01", name="己"),
            row(8, code="WY01", name="甲"),
            Row(9, {"code": "WY09"}, ("WY09",), ("“事项名称”不能为空",)),
            row(10, code="WY10", name="甲"),
            row(11, code="WY11", name="庚"),
        ]
        told = brought(county, now, rows, publish=True)
        assert (told.read, told.added, told.unchanged) == (10, 2, 1)
        reasons = {number: reason for number, reason, _raw in told.refused}
        assert set(reasons) == {3, 4, 5, 6, 7, 9, 10}
        assert "字母开头" in reasons[3] and "首派层级" in reasons[4] and "县没有局" in reasons[5]
        assert "没有的类" in reasons[6] and "保留前一行" in reasons[7] and "不能为空" in reasons[9]
        assert "已经有一项现行的事项叫" in reasons[10]
        assert set(MatterType.objects.values_list("code", flat=True)) == {"WY01", "WY11"}

    def test_a_retired_matter_and_another_category_are_not_changed_by_a_table(
        self, county: Scene, now: datetime
    ) -> None:
        category(), category("public_order")
        brought(county, now, [row()], publish=True)
        moved = brought(county, now, [row(category="社会治安")])
        assert "不能换大类" in moved.refused[0][1]
        current = queries.current_by_code("WY01")
        assert current is not None
        actions.retire(version=current.id, why="并入", by=county.admin, now=now)
        assert "已停用" in brought(county, now, [row()]).refused[0][1]

    def test_units_come_by_name(self, county: Scene, now: datetime) -> None:
        category()
        heat, two = unit("县供热公司", "other"), unit("县民政局")
        brought(county, now, [row(lead_unit="县供热公司", assists="县民政局")])
        newest = queries.latest(MatterType.objects.get(code="WY01").id)
        assert newest is not None
        said = queries.content_of(newest)
        assert (said.lead_unit, said.assists) == (heat.id, (two.id,))
        unit("县供热公司", "property_company")
        told = brought(county, now, [row(code="WY02", lead_unit="县供热公司")])
        assert "几个单位同名" in told.refused[0][1]

    def test_a_trial_writes_nothing_and_tells_the_same(self, county: Scene, now: datetime) -> None:
        category()
        rows = [row(), row(3, code="x")]
        trail = apps.get_model("trail.AuditEntry").objects
        before = trail.count()
        trial = brought(county, now, rows, publish=True, dry_run=True)
        assert not MatterType.objects.exists()
        assert trail.count() == before
        assert trial.as_json() == brought(county, now, rows, publish=True).as_json()
        assert trail.get(verb="catalogue.imported").facts["added"] == 1

    @pytest.mark.parametrize("who", ["community_clerk", "street_clerk", "department", "leader", "resident"])
    def test_only_the_county_imports(self, county: Scene, now: datetime, who: str) -> None:
        with pytest.raises(NotAllowed):
            actions.import_matters(rows=[row()], by=getattr(county, who), now=now)
        with pytest.raises(NotAllowed):
            actions.install_shipped(by=getattr(county, who), now=now)


class TestShipped:
    def test_a_county_with_the_units_begins_with_the_whole_proposal(
        self, county: Scene, now: datetime
    ) -> None:
        shipped_units()
        told = actions.install_shipped(by=county.county_clerk, now=now, publish=True)
        assert (told.refused, told.added) == ([], len(queries.shipped()))
        assert MatterCategory.objects.count() == 8
        again = actions.install_shipped(by=county.county_clerk, now=now, publish=True)
        assert again.unchanged == told.added

    def test_what_is_exported_is_imported_again_without_a_change(self, county: Scene, now: datetime) -> None:
        shipped_units()
        actions.install_shipped(by=county.county_clerk, now=now, publish=True)
        out = io.BytesIO()
        assert queries.write_catalogue(out) == len(queries.shipped())
        with open_table(out, name="export.xlsx", columns=COLUMNS) as table:
            assert set(table.columns_found) == {column.name for column in COLUMNS}
            told = brought(county, now, table, publish=True)
        assert (told.unchanged, told.refused) == (told.read, [])

    def test_where_units_are_missing_only_their_rows_wait(self, county: Scene, now: datetime) -> None:
        told = actions.install_shipped(by=county.county_clerk, now=now)
        known = {"县市场监督管理局", "县水利局", ""}
        whole = [one for one in queries.shipped() if {one["lead_unit"], *one["assists"].split("、")} <= known]
        assert told.added == len(whole) > 10
        assert all("没有登记这个单位" in reason for _row, reason, _raw in told.refused)

    def test_the_empty_form_has_hints_and_this_countys_choices(self, county: Scene, now: datetime) -> None:
        actions.install_categories(by=county.county_clerk, now=now)
        unit("县供热公司", "other")
        out = io.BytesIO()
        queries.write_form(out)
        with open_table(out, name="form.xlsx", columns=COLUMNS) as table:
            assert list(table) == []
            assert len(table.columns_found) == len(COLUMNS)


class TestCommands:
    def file(self, place: Path, rows: list[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> Path:
        path = place / "catalogue.xlsx"
        write_table(path, head, rows)
        return path

    def run(self, capsys: Any, *words: Any) -> str:
        call_command(*[str(word) for word in words])
        return str(capsys.readouterr().out)

    def test_a_file_is_checked_brought_in_and_answered_row_by_row(
        self, scene: Scene, tmp_path: Path, capsys: Any
    ) -> None:
        path = self.file(
            tmp_path,
            [
                ("WY01", "物业服务与小区设施", "电梯故障", "小区", "", "3个工作日"),
                ("WY02", "物业服务与小区设施", "供暖不热", "县级", "县没有局", ""),
            ],
        )
        words = ("import_catalogue", path, "--county", COUNTY)
        said = self.run(capsys, *words, "--dry-run")
        assert "新增 1" in said and "第 3 行" in said and "未写入" in said
        with county_scope(COUNTY):
            assert not MatterType.objects.exists()
        errors = tmp_path / "refused.xlsx"
        told = json.loads(self.run(capsys, *words, "--publish", "--errors", errors, "--format", "json"))
        assert (told["added"], told["published"], [one["row"] for one in told["refused"]]) == (1, 1, [3])
        with open_table(errors, name="refused.xlsx", columns=COLUMNS) as table:
            assert [one.values["code"] for one in table] == ["WY02"]
            assert "拒收原因" in table.header
        with county_scope(COUNTY):
            assert MatterCategory.objects.count() == 8
            assert queries.current_by_code("WY01") is not None

    def test_a_header_by_another_name_is_pointed_to(self, scene: Scene, tmp_path: Path, capsys: Any) -> None:
        path = self.file(tmp_path, [("WY01", "公共安全", "井盖", "网格", "", "")], ("序号码", *HEAD[1:]))
        said = self.run(capsys, "import_catalogue", path, "--county", COUNTY, "--map", "事项编码=序号码")
        assert "新增 1" in said

    def test_the_proposal_and_what_is_in_force_are_written_out(
        self, scene: Scene, tmp_path: Path, capsys: Any
    ) -> None:
        path = tmp_path / "proposal.xlsx"
        said = self.run(capsys, "export_catalogue", path, "--county", COUNTY, "--proposal")
        assert f"写出 {len(queries.shipped())} 项" in said
        said = self.run(capsys, "export_catalogue", tmp_path / "now.xlsx", "--county", COUNTY)
        assert "写出 0 项" in said

    @pytest.mark.no_tenant_rows(reason="refused before any county is opened")
    @pytest.mark.parametrize(
        "words",
        [
            ("import_catalogue", "nowhere.xlsx", "--county", "211322"),
            ("import_catalogue", "nowhere.xlsx", "--county", "110101"),
            ("export_catalogue", "x.xlsx", "--county", "110101"),
        ],
    )
    def test_what_cannot_be_done_is_one_clear_line(self, scene: Scene, words: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            call_command(*words)

    def test_the_neighbour_gets_nothing(self, scene: Scene, tmp_path: Path, capsys: Any) -> None:
        path = self.file(tmp_path, [("WY01", "公共安全", "井盖", "网格", "", "")])
        self.run(capsys, "import_catalogue", path, "--county", COUNTY)
        with county_scope(NEIGHBOUR):
            assert not MatterType.objects.exists()
