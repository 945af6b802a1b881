"""Messages come in from a table: row by row, again and again, cut off and started anew."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from mulin.kernel.actor import system
from mulin.kernel.clock import CHINA, stopped
from mulin.kernel.county import county_scope
from mulin.kernel.tables import Row, open_table
from mulin.services.cases.actions import imports
from mulin.services.cases.actions.imports import COLUMNS, Outcome, import_messages
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.queries.contents import content_hash
from tests.personas import COUNTY, NEIGHBOUR, Scene

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
HEAD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间", "一级分类"]
ONE = [
    "101",
    "A01",
    "路灯不亮",
    "2019/4/24 16:03:40",
    "双虹路口的路灯坏了三天。",
    "已修好。",
    "2019/4/25 4:03:40",
    "城乡建设",
]
TWO = ["102", "A02", "噪声", "2019/4/26 8:00:00", "半夜施工。", "", "", "环境保护"]


def table(*rows: list[str], head: list[str] | None = None) -> io.BytesIO:
    import csv

    out = io.StringIO()
    csv.writer(out).writerows([head or HEAD, *rows])
    return io.BytesIO(out.getvalue().encode("utf-8-sig"))


def bring(*rows: list[str], head: list[str] | None = None, county: int = COUNTY, **more: Any) -> Outcome:
    with open_table(table(*rows, head=head), name="x.csv", columns=COLUMNS) as found:
        return import_messages(rows=found, by=system(county, "import"), clock=stopped(NOW), **more)


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.imported, outcome.updated, outcome.unchanged, len(outcome.refused)


def test_a_reply_is_the_result_the_first_response_and_the_closure(county: Scene) -> None:
    assert counts(bring(ONE, TWO)) == (2, 0, 0, 0)
    answered, waiting = Case.objects.order_by("external_no")
    replied_at = datetime(2019, 4, 25, 4, 3, 40, tzinfo=CHINA)
    assert (answered.state, answered.result, answered.title) == ("closed", "已修好。", "路灯不亮")
    assert answered.first_response_at == answered.closed_at == answered.disposed_at == replied_at
    assert (answered.provenance, answered.category_label) == ("historic", "城乡建设")
    assert [step.action for step in CaseStep.objects.filter(case=answered).order_by("at", "id")] == [
        "report", "dispose", "close",
    ]  # fmt: skip
    assert (waiting.state, waiting.first_response_at) == ("reported", None)
    assert CaseReporter.objects.filter(name_sealed__contains="A01").count() == 0


def test_historic_rows_ask_nobody_for_anything_live_ones_do(county: Scene) -> None:
    from django.apps import apps

    items: Any = apps.get_model("worklist.WorkItem").objects
    bring(ONE, TWO)
    assert items.count() == 0
    assert apps.get_model("notices.Notice").objects.count() == 0
    bring(["201", *ONE[1:]], ["202", *TWO[1:]], live=True)
    assert [item.kind for item in items.all()] == ["screen"]
    assert Case.objects.filter(provenance="live").count() == 2


def test_importing_again_changes_nothing(county: Scene) -> None:
    bring(ONE, TWO)
    before = content_hash()
    assert counts(bring(ONE, TWO)) == (0, 0, 2, 0)
    assert counts(bring(TWO, ONE)) == (0, 0, 2, 0)
    assert content_hash() == before


def test_a_row_that_says_something_new_brings_the_case_up_to_date(county: Scene) -> None:
    bring(ONE, TWO)
    reply = [*TWO[:5], "已责令停工。", "2019/4/27 8:00:00", TWO[7]]
    assert counts(bring(ONE, reply)) == (0, 1, 1, 0)
    case = Case.objects.get(external_no="102")
    assert (case.state, case.result) == ("closed", "已责令停工。")
    assert CaseStep.objects.filter(case=case).count() == 3
    assert counts(bring(reply)) == (0, 0, 1, 0)
    better = [*reply[:5], "已停工并处罚。", *reply[6:]]
    assert counts(bring(better)) == (0, 1, 0, 0)
    assert CaseStep.objects.get(case=case, action="dispose").note == "已停工并处罚。"
    assert CaseStep.objects.filter(case=case).count() == 3


def test_a_blank_or_missing_cell_says_nothing(county: Scene) -> None:
    bring(ONE)
    without_reply = [*ONE[:5], "", "", ONE[7]]
    assert counts(bring(without_reply)) == (0, 0, 1, 0)
    assert counts(bring(ONE[:5], head=HEAD[:5])) == (0, 0, 1, 0)
    assert Case.objects.get().state == "closed"


def test_what_was_handled_here_since_is_not_overwritten(county: Scene) -> None:
    bring(ONE)
    case = Case.objects.get()
    case.state, case.closed_at, case.version = "in_hand", None, case.version + 1
    case.save()
    assert counts(bring(ONE)) == (0, 0, 1, 0)
    outcome = bring([*ONE[:5], "另一个答复", *ONE[6:]])
    assert counts(outcome) == (0, 0, 0, 1)
    case.refresh_from_db()
    assert (case.state, case.result) == ("in_hand", "已修好。")


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        (3, "2019/2/30 8:00", "留言时间"),
        (3, "", "留言时间"),
        (3, "昨天", "留言时间"),
        (3, "2031/1/1", "将来"),
        (4, "　 ", "留言详情"),
        (0, "", "留言编号"),
        (0, "9" * 61, "留言编号"),
        (6, "2019/4/23 0:00", "早于"),
        (6, "", "没有答复时间"),
        (5, "", "没有答复意见"),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_the_others_stand(
    county: Scene, column: int, value: str, word: str
) -> None:
    bad = [*ONE]
    bad[column] = value
    outcome = bring(TWO, bad, ["103", *ONE[1:]])
    assert counts(outcome) == (2, 0, 0, 1)
    row, reason, _raw = outcome.refused[0]
    assert row == 3
    assert word in reason
    assert outcome.as_json()["refused"] == [{"row": 3, "reason": reason}]


def test_one_number_with_two_contents_in_one_file(county: Scene) -> None:
    outcome = bring(ONE, [*ONE[:4], "别的内容", *ONE[5:]], ONE)
    assert counts(outcome) == (1, 0, 1, 1)
    assert outcome.refused[0][0] == 3
    assert Case.objects.get().text == ONE[4]


def test_a_dry_run_says_the_same_and_writes_nothing(county: Scene) -> None:
    bring(ONE)
    rows = (["101", *TWO[1:3], "2019/4/24 20:00", *TWO[4:]], TWO, TWO, [*TWO[:4], "", *TWO[5:]])
    dry = bring(*rows, dry_run=True)
    assert Case.objects.count() == 1
    assert dry.as_json() == bring(*rows).as_json()
    assert Case.objects.count() == 2


def test_cut_off_anywhere_and_started_anew_it_ends_the_same(
    county: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 7)
    rows = [[str(n), *(ONE if n % 3 else TWO)[1:]] for n in range(40)]
    with county_scope(NEIGHBOUR):
        bring(*rows, county=NEIGHBOUR)
        clean = content_hash()

    def until(stop: int) -> Iterator[Row]:
        with open_table(table(*rows), name="x.csv", columns=COLUMNS) as found:
            for number, row in enumerate(found):
                if number == stop:
                    raise KeyboardInterrupt
                yield row

    for stop in (3, 11, 12, 29):
        with pytest.raises(KeyboardInterrupt):
            import_messages(rows=until(stop), by=system(COUNTY, "import"), clock=stopped(NOW))
    assert Case.objects.count() == 28
    assert counts(bring(*rows)) == (12, 0, 28, 0)
    assert content_hash() == clean


def test_a_message_later_than_its_known_reply_is_refused(county: Scene) -> None:
    bring(ONE)
    outcome = bring(["101", "A01", "改了", "2019/4/26 8:00:00", "改了", "", "", ""])
    assert counts(outcome) == (0, 0, 0, 1)
    assert "晚于" in outcome.refused[0][1]
    assert Case.objects.get().title == "路灯不亮"


def test_a_long_subject_opens_the_text(county: Scene) -> None:
    bring([*TWO[:2], "长" * 300, *TWO[3:]])
    case = Case.objects.get()
    assert len(case.title) == 200
    assert case.text.startswith("长" * 300)


def test_the_county_content_hash_sees_every_word(county: Scene) -> None:
    bring(ONE)
    first = content_hash()
    step = CaseStep.objects.get(action="dispose")
    step.note = "改了一个字"
    step.save()
    assert content_hash() != first
