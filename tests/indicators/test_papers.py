"""Baselines, briefs that stay what they were, and monthly tables that make themselves."""

from __future__ import annotations

import io
import json
import math
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from docx import Document
from docx.shared import Pt

from mulin.ground.runs import actions as background
from mulin.ground.runs.models import Run
from mulin.kernel.clock import CHINA
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.readers.indicators import actions, queries
from mulin.readers.indicators.models import Baseline, Brief, MonthRound, MonthTable
from mulin.readers.indicators.queries import Scope, figures
from mulin.readers.indicators.rules import GROUPS, INDICATORS
from mulin.readers.indicators.rules.paper import NUMERALS, paper
from mulin.services.cases.models import Case
from tests.indicators.test_figures import case
from tests.indicators.test_sets import JUNE, MAY, at
from tests.personas import COUNTY, Scene

LATER = datetime(2026, 6, 5, 9, tzinfo=CHINA)


def change(code: str = "response_hours_change", **more: Any) -> Any:
    (figure,) = figures(MAY, JUNE, only=[code], **more)
    return figure


# ── baselines ─────


def test_a_change_without_a_baseline_is_a_dash(county: Scene) -> None:
    case(wait=12)
    assert (change().value, change().baseline) == (None, None)


def test_a_computed_baseline_is_counted_from_the_rows_of_its_window(county: Scene) -> None:
    case(at(3, 10), wait=48)
    case(wait=12)
    told = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 4, 1)}
    by = county.county_clerk
    actions.set_baseline(code="response_hours_median", path="/", kind="computed", by=by, now=LATER, **told)
    assert (change().value, change().baseline.value, change().baseline.declared) == (-75.0, 48.0, False)
    below = change(scope=Scope("/001/"))
    assert (below.value, below.baseline.value) == (None, None)  # counted from that place's own rows
    case(at(3, 11), wait=24, place_path="/001/003/")
    case(wait=12, place_path="/001/003/")
    assert change(scope=Scope("/001/")).value == -50.0


def test_a_declared_baseline_names_its_paper_and_holds_only_where_it_was_declared(county: Scene) -> None:
    case(wait=12)
    case(wait=12, place_path="/001/003/")
    told = {"value": 48.0, "document": "建政办〔2024〕3号", "signer": "冯涛", "signed_on": date(2024, 1, 5)}
    by = county.county_clerk
    actions.set_baseline(code="response_hours_median", path="/", kind="declared", by=by, now=LATER, **told)
    one = change()
    assert (one.value, one.baseline.declared) == (-75.0, True)
    assert one.as_json()["baseline"] == {
        "value": 48.0, "kind": "declared", "document": "建政办〔2024〕3号", "signer": "冯涛", "signed_on": "2024-01-05",
    }  # fmt: skip
    assert change(scope=Scope("/001/")).baseline is None


def test_a_newer_baseline_ends_the_one_before_and_ending_leaves_none(county: Scene) -> None:
    by, told = county.admin, {"document": "文", "signer": "冯涛", "signed_on": date(2024, 1, 5)}
    for value in (48.0, 36.0):
        actions.set_baseline(
            code="response_hours_median", path="/", kind="declared", value=value, by=by, now=LATER, **told
        )
    (now,) = Baseline.objects.filter(ended_at=None)
    assert now.value == 36.0
    actions.end_baseline(baseline=now.id, by=by, now=LATER)
    assert not Baseline.objects.filter(ended_at=None).exists()
    with pytest.raises(Refused, match="停用"):
        actions.end_baseline(baseline=now.id, by=by, now=LATER)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"kind": "computed"}, "ends_on"),
        ({"kind": "computed", "starts_on": date(2026, 5, 1), "ends_on": date(2026, 5, 1)}, "ends_on"),
        ({"kind": "computed", "starts_on": date(2026, 6, 1), "ends_on": date(2026, 7, 1)}, "ends_on"),
        ({"kind": "declared"}, "value"),
        ({"kind": "declared", "value": -1.0}, "value"),
        ({"kind": "declared", "value": 48.0}, "document"),
        ({"kind": "declared", "value": 48.0, "document": "文"}, "signer"),
        ({"kind": "declared", "value": 48.0, "document": "文", "signer": "冯"}, "signed_on"),
        ({"kind": "computed", "code": "cases_closed"}, "code"),
        ({"kind": "computed", "path": "/999/"}, "path"),
    ],
)
def test_a_baseline_that_says_too_little_is_refused(county: Scene, told: dict[str, Any], field: str) -> None:
    said = {"code": "response_hours_median", "path": "/"} | told
    with pytest.raises(Refused) as refused:
        actions.set_baseline(**said, by=county.county_clerk, now=LATER)
    assert refused.value.field == field


@pytest.mark.parametrize("who", ["leader", "street_clerk", "community_clerk", "department", "grid_worker"])
def test_only_the_county_sets_baselines(county: Scene, who: str) -> None:
    with pytest.raises(NotAllowed):
        actions.set_baseline(
            code="response_hours_median", path="/", kind="computed", starts_on=MAY, ends_on=JUNE,
            by=getattr(county, who), now=LATER,
        )  # fmt: skip


def test_the_property_complaint_rate_counts_counted_compounds_and_its_change_follows(county: Scene) -> None:
    from mulin.services.catalogue import actions as catalogue
    from mulin.services.catalogue.queries import Content

    by, now = county.county_clerk, at(1, 5)
    category = catalogue.add_category(code="test", name="试一类", by=by, now=now)
    told = Content("物业不修门", "grid", property_related=True)
    made = catalogue.draft_type(code="T01", content=told, category=category.id, by=by, now=now)
    catalogue.publish(version=made.id, by=by, now=now)
    here, division = county.places["compound"], type(county.places["compound"])
    other = division.objects.create(
        parent=county.places["community"], kind="compound", name="没数过的小区", path="/001/003/C2/", depth=3,
        started_on=date(2026, 1, 1),
    )  # fmt: skip
    here.counts.create(households=400, counted_on=date(2026, 1, 10), source="社区")
    here.counts.create(households=500, counted_on=date(2026, 5, 10), source="社区")
    complaint = {"matter": made, "compound": here, "place_path": here.path, "accepted_at": at(5, 10)}
    for number in range(3):
        case(wait=number, **complaint)
    case(**complaint | {"state": "withdrawn"})
    case(**complaint | {"accepted_at": None})
    case(**complaint | {"compound": other})
    case(at(4, 10), **complaint)
    (rate,) = figures(MAY, JUNE, only=["property_complaint_rate"])
    assert (rate.numerator, rate.denominator, rate.value) == (3, 500, 6.0)
    counted, uncounted = queries.compound_lines(Scope(), queries.look_at(MAY, JUNE))
    assert [(one.compound.name, one.complaints, one.rate) for one in counted] == [("双虹家园", 3, 6.0)]
    assert [(one.compound.name, one.complaints, one.rate) for one in uncounted] == [("没数过的小区", 1, None)]
    actions.set_baseline(
        code="property_complaint_rate", path="/", kind="computed", starts_on=date(2026, 4, 1), ends_on=MAY, by=by,
        now=LATER,
    )  # fmt: skip
    assert change("property_complaint_change").value == 140.0  # 2.5 per thousand in April, of 400


# ── briefs ─────


def sent(scene: Scene, who: str = "community_clerk", path: str = "/001/003/", **more: Any) -> Brief:
    told = {"unit": None, "start": MAY, "end": JUNE, "now": LATER} | more
    return actions.send_up(path=path, by=getattr(scene, who), **told)


def test_a_brief_sent_up_reprints_as_it_was_and_lists_what_changed(county: Scene) -> None:
    row = case(closed=True, wait=2, place_path="/001/003/", due_at=at(5, 12))
    frozen = sent(county)
    assert "双虹社区" in frozen.title
    assert "应结案 1 件，结案率 100%" in frozen.markdown
    assert queries.changes_since(frozen, LATER) == []
    Case.objects.filter(pk=row.pk).update(excluded_at=at(5, 20))
    case(at(5, 3), place_path="/001/003/", due_at=at(5, 4))
    again = Brief.objects.get(pk=frozen.pk)
    assert (again.markdown, bytes(again.word), again.page) == (
        frozen.markdown,
        frozen.word,
        Brief.objects.get(pk=frozen.pk).page,
    )
    changes = {
        one.name: (one.then, one.now) for one in queries.changes_since(again, LATER + timedelta(days=9))
    }
    assert changes["上报件数"] == ("1 件", "2 件")
    assert changes["结案率"] == ("100% 1/1（件数少）", "0% 0/1（件数少）")
    assert "满意率" not in changes


def test_the_word_file_opens_and_says_what_the_markdown_says(county: Scene) -> None:
    case(closed=True, wait=2, place_path="/001/003/")
    frozen = sent(county)
    document = Document(io.BytesIO(frozen.word))
    words = [one.text for one in document.paragraphs]
    assert words[0] == frozen.title
    assert any("结案率" in one for one in words)
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"结案率", "100%", "1/1（件数少）"} <= cells
    (table,) = document.tables
    for row in table.rows[1:]:
        texts = [cell.text for cell in row.cells]
        across = len(set(texts)) == 1
        assert (f"## {texts[0]}" if across else f"| {' | '.join(texts)} |") in frozen.markdown


def test_every_group_of_figures_has_a_number() -> None:
    assert len(GROUPS) <= len(NUMERALS)


def test_every_figure_there_is_goes_on_one_page(county: Scene) -> None:
    page = Document(io.BytesIO(sent(county).word)).sections[0]
    room = (page.page_height - page.top_margin - page.bottom_margin) / Pt(1)
    figure = {
        "value": 1.0,
        "unit": "%",
        "numerator": 1,
        "denominator": 1,
        "name": "指标的名称",
        "source": {"people": {"value": 1}},
    }
    figure["baseline"] = {
        "kind": "declared",
        "value": 48,
        "document": "网格化工作基线说明（建社发〔2024〕1号）",
        "signer": "韩国庆",
    }
    everything = [figure | {"code": code} for code in INDICATORS]
    whole = paper(
        where="叶柏寿街道双虹社区",
        start=MAY,
        end=JUNE,
        month=True,
        made=LATER,
        figures=everything,
        before=everything,
    )
    made = Document(io.BytesIO(queries.word(whole, LATER)))
    rows = [row.cells[0].paragraphs[0].paragraph_format.line_spacing.pt + 0.5 for row in made.tables[0].rows]
    wide = (page.page_width - page.left_margin - page.right_margin) / Pt(1)
    said = 0.0
    for one in made.paragraphs:
        size = one.runs[0].font.size.pt
        said += math.ceil(len(one.text) * size / wide) * size * 1.3 * one.paragraph_format.line_spacing + 3
    assert len(rows) == 1 + len(whole.parts) + len(INDICATORS)
    assert sum(rows) + said < room


def test_a_second_brief_says_why_and_leaves_the_first_one(county: Scene) -> None:
    first = sent(county)
    with pytest.raises(Refused) as refused:
        sent(county)
    assert refused.value.field == "note"
    second = sent(county, note="补登了两件")
    assert (first.version, second.version, Brief.objects.count()) == (1, 2, 2)


def test_a_running_month_is_not_sent_up(county: Scene) -> None:
    with pytest.raises(Refused, match="没有过完"):
        sent(county, now=at(5, 31, 23))


@pytest.mark.parametrize(
    ("who", "path", "unit", "may"),
    [
        ("community_clerk", "/001/003/", "", True),
        ("community_clerk", "/003/004/", "", False),
        ("community_clerk", "/", "", False),
        ("street_clerk", "/001/003/", "", True),
        ("county_clerk", "/", "", True),
        ("county_clerk", "/", "department", True),
        ("department", "/", "department", True),
        ("department", "/", "other_department", False),
        ("department", "/", "", False),
        ("leader", "/", "", False),
        ("grid_worker", "/001/003/", "", False),
        ("resident", "/", "", False),
    ],
)
def test_who_sends_up_what(county: Scene, who: str, path: str, unit: str, may: bool) -> None:
    key = county.units[unit].id if unit else None
    if may:
        assert sent(county, who, path, unit=key).version == 1
        return
    with pytest.raises(NotAllowed):
        sent(county, who, path, unit=key)


def test_a_brief_is_read_by_its_place_and_those_above(county: Scene) -> None:
    row = sent(county)
    readers = {
        who: _reads(county, who, row)
        for who in (
            "community_clerk",
            "street_clerk",
            "county_clerk",
            "leader",
            "admin",
            "other_clerk",
            "department",
            "grid_worker",
        )
    }
    assert [who for who, reads in readers.items() if reads] == [
        "community_clerk", "street_clerk", "county_clerk", "leader", "admin",
    ]  # fmt: skip


def _reads(scene: Scene, who: str, row: Brief) -> bool:
    try:
        return queries.brief(getattr(scene, who), row.id) == row
    except NotFound:
        return False


def test_whoever_is_above_is_told(county: Scene) -> None:
    from mulin.ground.worklist.queries import copies_for

    row = sent(county)
    assert [one.subject_id for one in copies_for(county.street_clerk)] == [row.id]
    assert not copies_for(county.other_clerk)


# ── monthly tables ─────


def test_the_tables_of_a_month_are_asked_for_once_and_made_for_everybody(county: Scene) -> None:
    case(at(9, 10), closed=True, place_path="/001/003/", due_at=at(9, 12))
    assert actions.arrange_months(now=at(10, 1, 0)) == 1
    assert actions.arrange_months(now=at(10, 1, 1)) == 0
    assert actions.arrange_months(now=at(10, 30)) == 0
    (run,) = Run.objects.filter(kind=actions.KIND_ROUND)
    background.perform(run=run.id, clock=lambda: at(10, 1, 2))
    assert Run.objects.get(pk=run.pk).state == "done"
    assert MonthRound.objects.get().made_at == at(10, 1, 2)
    names = set(MonthTable.objects.values_list("name", flat=True))
    assert {"建平县", "叶柏寿街道", "叶柏寿街道双虹社区", "县市场监督管理局", "安居物业"} <= names
    table = MonthTable.objects.get(path="/001/003/")
    assert next(one for one in table.rows if one["code"] == "closure_rate")["numerator"] == 1
    assert actions.arrange_months(now=at(11, 1, 0)) == 1


def test_a_run_that_was_killed_makes_only_what_is_missing(county: Scene) -> None:
    actions.arrange_months(now=at(10, 1, 0))
    run = Run.objects.get(kind=actions.KIND_ROUND)
    background.perform(run=run.id, clock=lambda: at(10, 1, 2))
    made = dict(MonthTable.objects.values_list("pk", "made_at"))
    gone = next(iter(made))
    MonthTable.objects.filter(pk=gone).delete()
    Run.objects.filter(pk=run.pk).update(finished_at=None, state="queued")
    background.perform(run=run.id, clock=lambda: at(10, 2, 2))
    again = dict(MonthTable.objects.values_list("pk", "made_at"))
    assert len(again) == len(made)
    assert {key for key in again if key in made} == set(made) - {gone}


def test_a_county_opened_this_month_has_no_table_of_the_last(county: Scene, now: datetime) -> None:
    opened = county.county.opened_at.astimezone(CHINA)
    assert actions.arrange_months(now=opened + timedelta(hours=1)) == 0


def test_a_table_asked_for_is_the_askers_own_excel_file(county: Scene) -> None:
    case(closed=True, place_path="/001/003/", due_at=at(5, 12))
    key = actions.ask_for_month(path="/001/003/", unit=None, month=MAY, by=county.community_clerk, now=LATER)
    background.perform(run=key, clock=lambda: LATER)
    row, path = background.hand_out(run=key, by=county.community_clerk, now=LATER)
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    lines = {line[0]: line for line in sheet.iter_rows(min_row=3, values_only=True)}
    assert lines["结案率"][1:5] == (100, "%", 1, 1)
    assert row.result_name.endswith("2026-05 月报表.xlsx")
    with pytest.raises(NotFound):
        background.hand_out(run=key, by=county.leader, now=LATER)
    for who in ("other_clerk", "leader", "department", "grid_worker"):
        with pytest.raises(NotAllowed):
            actions.ask_for_month(path="/001/003/", unit=None, month=MAY, by=getattr(county, who), now=LATER)


def test_a_month_was_marked_by_another_process(county: Scene) -> None:
    MonthRound.objects.create(first=MAY, asked_at=LATER)
    assert actions.arrange_months(now=LATER) == 0
    assert connection.in_atomic_block


# ── the command ─────


def test_the_command_writes_a_page_for_a_place(county: Scene, tmp_path: Path) -> None:
    case(closed=True, wait=2, place_path="/001/003/", due_at=at(5, 12))
    case(place_path="/003/004/", due_at=at(5, 12))
    told = {"county": COUNTY, "start": MAY, "end": JUNE}
    for form in ("md", "docx"):
        file = tmp_path / f"page.{form}"
        call_command("brief", **told, place="双虹社区", format=form, output=str(file))
    assert "结案率 100%" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "结案率 100%" in "".join(one.text for one in Document(str(tmp_path / "page.docx")).paragraphs)
    with pytest.raises(CommandError, match="没有"):
        call_command("brief", **told, place="没有的社区", output=str(tmp_path / "x"))
    with pytest.raises(CommandError, match="没有"):
        call_command("indicators", **told, unit="没有的单位")
    out = io.StringIO()
    call_command("indicators", **told, place="/003/", only="closure_rate", format="json", stdout=out)
    (one,) = json.loads(out.getvalue())
    assert (one["numerator"], one["denominator"]) == (0, 1)
