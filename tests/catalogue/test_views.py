"""The catalogue's pages, as their readers meet them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mulin.kernel.tables import open_table, write_table
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.forms import MatterForm
from mulin.services.catalogue.models import MatterType
from mulin.services.catalogue.rules import LimitRow
from mulin.services.catalogue.rules.columns import COLUMNS
from tests.catalogue.scenes import category, content, limit, matter, unit
from tests.personas import Scene

pytestmark = pytest.mark.django_db
Enter = Callable[[str], Client]


@pytest.fixture(autouse=True)
def no_factor(settings: Any) -> None:
    settings.STAFF_NEED_MFA = False


@pytest.fixture
def enter(county: Scene) -> Enter:
    def as_(who: str) -> Client:
        client = Client()
        client.force_login(county.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_


def text(answer: Any) -> str:
    return str(answer.content.decode())


def filled(form: MatterForm, **said: Any) -> dict[str, Any]:
    """What a browser sends of a form as it stands on the page, with what was typed."""
    told = {}
    for field in form:
        value = field.value()
        if value not in (None, False, ""):
            told[field.html_name] = "on" if value is True else value
    return told | said


def in_force(scene: Scene, now: datetime, code: str = "WY01", **said: Any) -> Any:
    row = actions.draft_type(
        code=code, category=category().id, content=content(**said), by=scene.county_clerk, now=now
    )
    return actions.publish(version=row.id, by=scene.county_clerk, now=now)


class TestList:
    def test_everybody_on_staff_reads_it_and_the_county_finds_its_tools(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        row = in_force(county, now)
        limit(row, "dispose", 1440, clock="working")
        page = text(enter("grid_worker").get(reverse("catalogue:list")))
        assert "电梯故障" in page and "处置 3 个工作日" in page and "现行 1 项" in page
        assert reverse("catalogue:new") not in page and reverse("catalogue:admissions") not in page
        assert reverse("catalogue:new") in text(enter("county_clerk").get(reverse("catalogue:list")))
        assert reverse("catalogue:apply") in text(enter("department").get(reverse("catalogue:list")))

    def test_it_is_narrowed_by_words_category_and_state(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        in_force(county, now, keywords="困人、卡住")
        matter("ZA01", now, name="养犬不拴绳", of="public_order")
        matter("ZA02", now, name="还在起草的", of="public_order", state="draft")
        matter("ZA03", now, name="停用了的", of="public_order", state="retired")
        clerk = enter("county_clerk")

        def names(question: str) -> set[str]:
            page = clerk.get(reverse("catalogue:list") + question)
            return {one.version.name for section in page.context["sections"] for one in section.rows}

        assert names("") == {"电梯故障", "养犬不拴绳"}
        assert names("?q=卡住了出不来") == {"电梯故障"}
        assert names("?q=za01") == {"养犬不拴绳"}
        assert names("?category=public_order") == {"养犬不拴绳"}
        assert names("?state=draft") == {"还在起草的"}
        assert names("?state=retired") == {"停用了的"}
        assert len(names("?state=all")) == 4
        assert "没有符合条件的事项" in text(clerk.get(reverse("catalogue:list") + "?q=飞碟"))

    def test_an_empty_catalogue_says_how_to_begin(self, county: Scene, enter: Enter) -> None:
        assert "从 Excel 开始" in text(enter("admin").get(reverse("catalogue:list")))
        assert "由县级工作人员或管理员编制" in text(enter("leader").get(reverse("catalogue:list")))

    def test_more_rows_cost_no_more_statements(self, county: Scene, now: datetime, enter: Enter) -> None:
        clerk = enter("county_clerk")

        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                clerk.get(reverse("catalogue:list"))
            return len(asked)

        in_force(county, now)
        cost()
        few = cost()
        for number in range(2, 8):
            row = in_force(
                county, now, f"WY0{number}", name=f"第{number}件", lead_unit=unit(f"第{number}局").id
            )
            limit(row, "dispose", 60)
        assert cost() == few


class TestMatter:
    def test_the_page_tells_who_how_long_with_what_and_why(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        heat = unit("县供热公司", "other")
        row = in_force(
            county,
            now,
            lead_unit=heat.id,
            level="county",
            keywords="暖气、不热",
            basis="本县规定",
            accept_text="会预约上门测温。",
            limits=(
                LimitRow("", "routine", "dispose", 1440, "elapsed"),
                LimitRow("county", "emergency", "dispose", 480, "elapsed"),
            ),
        )
        page = text(enter("street_clerk").get(reverse("catalogue:matter", args=[row.matter_type_id])))
        for words in ("县供热公司", "24 小时", "8 小时", "暖气", "本县规定", "会预约上门测温。", "第 1 版"):
            assert words in page
        assert "起草新版" not in page

    def test_versions_are_shown_with_what_changed_and_old_ones_stay_readable(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        row = in_force(county, now)
        draft = actions.save_draft(
            matter_type=row.matter_type_id, content=content(level="street"), by=county.admin, now=now
        )
        address = reverse("catalogue:matter", args=[row.matter_type_id])
        clerk = enter("county_clerk")
        assert "有一份第 2 版的草稿" in text(clerk.get(address))
        shown = text(clerk.get(address + "?version=2"))
        assert "仍按第 1 版办" in shown and "小区（物业）" in shown and "街道（乡镇）" in shown
        actions.publish(version=draft.id, by=county.admin, now=now)
        old = text(clerk.get(address + "?version=1"))
        assert "由第 2 版代替" in old and "看现行的一版" in old
        assert clerk.get(address + "?version=9").status_code == 404

    def test_the_form_begins_a_draft_and_the_button_publishes_it(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        category()
        clerk = enter("county_clerk")
        address = reverse("catalogue:new") + "?category=property_facilities"
        form = clerk.get(address).context["form"]
        sent = filled(
            form,
            code="WY01",
            name="供暖不热",
            level="county",
            evidence_needed="text",
            verification="reporter",
            limit_routine_every_dispose="3个工作日",
            limit_routine_street_dispose="5个工作日",
            limit_emergency_every_accept="15分钟",
            assists=[str(unit("县民政局").id)],
        )
        answer = clerk.post(address, sent)
        kind = MatterType.objects.get(code="WY01")
        assert (answer.status_code, answer["Location"]) == (302, reverse("catalogue:matter", args=[kind.id]))
        clerk.post(reverse("catalogue:publish", args=[kind.id]))
        row = queries.current(kind.id)
        assert row is not None
        assert queries.limits(row, "grid").dispose.days == 3
        assert queries.limits(row, "street").dispose.days == 5
        assert queries.limits(row, "grid", "emergency").accept.span.total_seconds() == 900
        assert len(queries.content_of(row).assists) == 1

    def test_a_limit_that_cannot_be_read_keeps_every_word(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        row = in_force(county, now, basis="本县规定")
        clerk = enter("county_clerk")
        address = reverse("catalogue:edit", args=[row.matter_type_id])
        sent = filled(
            clerk.get(address).context["form"], name="改了的名称", limit_routine_every_dispose="尽快"
        )
        answer = clerk.post(address, sent)
        page = text(answer)
        assert answer.status_code == 422
        assert "看不懂" in page and "改了的名称" in page and "尽快" in page and "本县规定" in page
        assert len(queries.versions(row.matter_type_id)) == 1

    def test_a_form_that_comes_late_is_told_and_keeps_its_words(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        row = in_force(county, now)
        clerk = enter("county_clerk")
        address = reverse("catalogue:edit", args=[row.matter_type_id])
        sent = filled(clerk.get(address).context["form"], name="我的名称")
        actions.save_draft(
            matter_type=row.matter_type_id, content=content(name="他的"), by=county.admin, now=now
        )
        answer = clerk.post(address, sent)
        assert answer.status_code == 409
        assert "刚被别人改过" in text(answer) and "我的名称" in text(answer)

    def test_opening_and_saving_unchanged_makes_no_draft(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        """What a page shows of a version is the whole of it: nothing gets lost on the way through the form."""
        kind = unit("县民政局"), unit("县司法局"), unit("县公安局")
        row = in_force(
            county,
            now,
            name_en="Lifts",
            description="说明\n第二行",
            keywords="甲、乙",
            theme="facilities",
            property_related=True,
            micro=True,
            emergency=True,
            lead_unit=kind[0].id,
            assists=(kind[2].id, kind[1].id),
            evidence_needed="photo_both",
            verification="sample",
            basis="依据",
            accept_text="受理",
            dispose_text="办结",
            refuse_text="去向",
            limits=(
                LimitRow("", "routine", "accept", 30, "elapsed"),
                LimitRow("", "routine", "verify", 60, "working"),
                LimitRow("county", "routine", "dispose", 4800, "working"),
                LimitRow("grid", "emergency", "first_response", 10, "elapsed"),
            ),
        )
        clerk = enter("county_clerk")
        address = reverse("catalogue:edit", args=[row.matter_type_id])
        answer = clerk.post(address, filled(clerk.get(address).context["form"]), follow=True)
        assert "没有改动" in text(answer)
        assert len(queries.versions(row.matter_type_id)) == 1

    def test_the_name_of_another_matter_cannot_be_published(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        in_force(county, now)
        twin = actions.draft_type(
            code="WY02", category=category().id, content=content(), by=county.admin, now=now
        )
        answer = enter("county_clerk").post(
            reverse("catalogue:publish", args=[twin.matter_type_id]), follow=True
        )
        assert "请换个名称以便区分" in text(answer)
        assert queries.version(twin.id).state == "draft"

    def test_a_matter_is_retired_with_a_reason(self, county: Scene, now: datetime, enter: Enter) -> None:
        row = in_force(county, now)
        clerk = enter("county_clerk")
        address = reverse("catalogue:retire", args=[row.matter_type_id])
        assert clerk.post(address, {"why": ""}).status_code == 422
        assert clerk.post(address, {"why": "并入别的事项"}).status_code == 302
        assert queries.current(row.matter_type_id) is None

    def test_an_english_reader_finds_english(self, county: Scene, now: datetime, enter: Enter) -> None:
        row = in_force(county, now, name_en="Lift out of order")
        reader = enter("leader")
        reader.cookies["django_language"] = "en"
        page = text(reader.get(reverse("catalogue:matter", args=[row.matter_type_id])))
        assert "Lift out of order" in page and "归谁办" not in page


class TestCategories:
    def test_they_are_installed_added_renamed_and_ended(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        clerk = enter("county_clerk")
        address = reverse("catalogue:categories")
        assert "装入八个大类" in text(clerk.get(address))
        clerk.post(address, {"do": "install"})
        page = text(clerk.get(address))
        assert page.count("建议稿，可改") == 5
        clerk.post(address, {"do": "add", "code": "rural", "name": "乡村事务", "name_en": "", "position": 9})
        one = queries.categories()[8]
        sent = {"do": "change", "category": one.id, "name": "乡村建设", "name_en": "Rural", "position": 3}
        clerk.post(address, sent)
        assert [row.name for row in queries.categories() if row.id == one.id] == ["乡村建设"]
        refused = clerk.post(address, sent | {"name": "社会治安"})
        assert refused.status_code == 409 and "已经有同名的大类" in text(refused)
        clerk.post(address, {"do": "end", "category": one.id})
        assert len(queries.categories()) == 8

    def test_one_in_use_says_why_it_stays(self, county: Scene, now: datetime, enter: Enter) -> None:
        in_force(county, now)
        answer = enter("admin").post(
            reverse("catalogue:categories"), {"do": "end", "category": category().id}
        )
        assert answer.status_code == 409
        assert "还有现行的事项" in text(answer)


class TestWhose:
    def test_the_clerk_reads_the_answer_aloud(self, county: Scene, now: datetime, enter: Enter) -> None:
        in_force(
            county, now, level="grid", name="楼上漏水纠纷", keywords="漏水",
            accept_text="网格员会约双方看漏点。", refuse_text="调解不成可以起诉。", emergency=True,
        )  # fmt: skip
        worker = county.persons["grid_worker"]
        apps.get_model("people.Person").objects.filter(id=worker.id).update(work_phone="19900000001")
        clerk = enter("community_clerk")
        address = reverse("catalogue:whose")
        assert "漏水" in text(clerk.get(address))
        page = text(clerk.get(address, {"q": "我家楼上漏水", "place": "/001/003/"}))
        for words in (
            "楼上漏水纠纷", "因为他说到", "双虹第一网格", "张工", "tel:19900000001",
            "网格员会约双方看漏点。", "调解不成可以起诉。", "119", reverse("cases:staff_report"),
        ):  # fmt: skip
            assert words in page
        assert "没有查到" in text(clerk.get(address, {"q": "飞碟"}))

    def test_a_place_that_is_none_of_the_countys_is_refused_in_words(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        in_force(county, now)
        page = enter("grid_worker").get(reverse("catalogue:whose"), {"q": "电梯", "place": "/999/"})
        assert page.status_code == 200
        assert page.context["answer"] is None
        assert page.context["form"].errors


class TestTable:
    def upload(self, rows: list[tuple[str, ...]]) -> SimpleUploadedFile:
        out = io.BytesIO()
        write_table(out, ("事项编码", "大类", "事项名称", "首派层级"), rows)
        return SimpleUploadedFile("清单.xlsx", out.getvalue())

    ROWS = [("WY01", "物业服务与小区设施", "电梯故障", "小区"), ("WY02", "没有的类", "门坏", "小区")]

    def test_a_file_is_checked_then_brought_in(self, county: Scene, now: datetime, enter: Enter) -> None:
        category()
        clerk = enter("county_clerk")
        address = reverse("catalogue:table")
        page = text(clerk.post(address, {"file": self.upload(self.ROWS), "what": "check"}))
        assert "没有写入" in page and "没有“没有的类”这个大类" in page
        assert not MatterType.objects.exists()
        clerk.post(address, {"file": self.upload(self.ROWS), "what": "draft"})
        assert queries.current_by_code("WY01") is None
        assert MatterType.objects.get().code == "WY01"
        clerk.post(address, {"file": self.upload(self.ROWS), "what": "publish"})
        assert queries.current_by_code("WY01") is not None

    def test_the_refused_rows_come_back_as_a_workbook_and_nothing_is_written(
        self, county: Scene, enter: Enter
    ) -> None:
        category()
        answer = enter("admin").post(
            reverse("catalogue:table"),
            {"file": self.upload(self.ROWS), "what": "publish", "go": "refused"},
        )
        with open_table(
            io.BytesIO(b"".join(answer.streaming_content)), name="x.xlsx", columns=COLUMNS
        ) as table:
            assert [row.values["code"] for row in table] == ["WY02"]
        assert not MatterType.objects.exists()

    @pytest.mark.parametrize("content", [b"not a table", b""])
    def test_what_is_no_table_is_told_in_words(self, county: Scene, enter: Enter, content: bytes) -> None:
        sent = {"file": SimpleUploadedFile("x.xlsx", content), "what": "check"}
        answer = enter("admin").post(reverse("catalogue:table"), sent)
        assert answer.status_code == 422
        assert answer.context["form"].errors["file"]

    def test_the_forms_can_be_taken_and_read_back(self, county: Scene, now: datetime, enter: Enter) -> None:
        in_force(county, now)
        clerk = enter("county_clerk")
        counts = []
        for address in (
            reverse("catalogue:export"),
            reverse("catalogue:template"),
            reverse("catalogue:template") + "?filled=1",
        ):
            body = b"".join(clerk.get(address).streaming_content)
            with open_table(io.BytesIO(body), name="x.xlsx", columns=COLUMNS) as table:
                counts.append(sum(1 for _row in table))
        assert counts == [1, 0, len(queries.shipped())]


class TestAdmission:
    def test_from_the_units_form_to_the_countys_draft(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        category("public_safety")
        officer, clerk = enter("department"), enter("county_clerk")
        form = officer.get(reverse("catalogue:apply")).context["form"]
        assert [name for _key, name in form.fields["unit"].choices] == ["县市场监督管理局"]
        sent = {
            "unit": form.fields["unit"].choices[0][0], "category": str(category("public_safety").id),
            "name": "小作坊用气巡查", "description": "每月看一次。", "reason": "到不了每一户。",
            "level": "grid", "evidence_needed": "photo_after",
        }  # fmt: skip
        page = officer.post(reverse("catalogue:apply"), sent | {"reason": ""})
        assert page.status_code == 422 and "每月看一次。" in text(page)
        where = officer.post(reverse("catalogue:apply"), sent)["Location"]
        assert "撤回申请" in text(officer.get(where)) and "不予准入" not in text(officer.get(where))
        assert "小作坊用气巡查" in text(clerk.get(reverse("cases:desk")))
        assert clerk.post(where + "review/").status_code == 302
        refused = clerk.post(where + "admit/", {"reason": "好", "code": ""})
        assert refused.status_code == 422 and "好" in text(refused)
        clerk.post(where + "admit/", {"reason": "只在冬季", "code": "AQ20"})
        page = text(officer.get(where))
        assert "已准入" in page and "只在冬季" in page and "AQ20" in page
        assert clerk.post(where + "refuse/", {"reason": "反悔"}).status_code == 409
        assert clerk.post(where + "revoke/", {"why": "任务完成"}).status_code == 302
        assert not MatterType.objects.filter(code="AQ20").exists()

    def test_more_applications_cost_no_more_statements(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        officer = enter("department")

        def add(number: int) -> None:
            actions.apply(
                unit=county.units["department"].id, category=category().id, name=f"第{number}件",
                description="做", reason="因", level="grid", by=county.department, now=now,
            )  # fmt: skip

        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                officer.get(reverse("catalogue:admissions"))
            return len(asked)

        add(0)
        cost()
        few = cost()
        for number in (1, 2, 3):
            add(number)
        assert cost() == few


class TestMandates:
    def test_a_list_is_pasted_line_by_line_and_published(
        self, county: Scene, now: datetime, enter: Enter
    ) -> None:
        clerk, street = enter("county_clerk"), county.places["street"]
        address = reverse("catalogue:edit_mandate", args=[street.id])
        sent = {
            "positioning": "老城中心",
            "basic": "调解邻里纠纷\n\n  组织居民议事  ",
            "assist": "配合拆除违法建设｜县水利局\n配合检查|县市场监督管理局",
            "taken_back": "电梯检查\t县没有局",
        }
        answer = clerk.post(address, sent)
        assert answer.status_code == 422
        assert "第 1 行：本县没有登记“县没有局”这个单位" in text(answer) and "组织居民议事" in text(answer)
        answer = clerk.post(address, sent | {"taken_back": "电梯检查\t县市场监督管理局"})
        assert answer.status_code == 302
        page = reverse("catalogue:mandate", args=[street.id])
        assert "草稿" in text(clerk.get(answer["Location"]))
        clerk.post(page + "publish/")
        shown = text(enter("grid_worker").get(page))
        assert "组织居民议事" in shown and "县水利局" in shown and "老城中心" in shown
        form = clerk.get(address).context["form"]
        assert form.initial["assist"] == "配合拆除违法建设｜县水利局\n配合检查｜县市场监督管理局"
        listed = text(clerk.get(reverse("catalogue:mandates")))
        assert "1 个街道（乡镇）有现行的职责清单" in listed and "编制清单" in listed
        assert (
            clerk.get(reverse("catalogue:mandate", args=[county.places["community"].id])).status_code == 404
        )


def test_who_keeps_the_catalogue_sees_whose_unit_has_ended(
    county: Scene, enter: Enter, now: datetime
) -> None:
    gone, stays = unit("县旧局"), unit("县新局")
    broken = matter("WY31", now, name="没人办的事", lead_unit=gone)
    matter("WY32", now, name="有人办的事", lead_unit=stays)
    clerk = enter("county_clerk")
    assert "主办单位已经撤销" not in text(clerk.get("/desk/catalogue/"))
    gone.ended_on = now.date()
    gone.save(update_fields=["ended_on"])
    page = text(clerk.get("/desk/catalogue/"))
    assert "有 1 项的主办单位已经撤销" in page and page.count("主办单位已撤销</span>") == 1
    only = text(clerk.get("/desk/catalogue/?state=ownerless"))
    assert "没人办的事" in only and "有人办的事" not in only
    assert "请起草新版，改由别的单位主办" in text(clerk.get(f"/desk/catalogue/{broken.matter_type_id}/"))
    assert "主办单位已经撤销" not in text(enter("grid_worker").get("/desk/catalogue/"))
