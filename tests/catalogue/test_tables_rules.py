"""The catalogue in the words of a table: limits, cells, and the shipped proposal. No database."""

from __future__ import annotations

import re
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.kernel.errors import Refused
from mulin.services.catalogue.rules import (
    CATEGORIES,
    CODE,
    Clock,
    Content,
    DisposalLevel,
    Evidence,
    LimitRow,
    Mode,
    Step,
    Theme,
    Verification,
    checked,
    checked_code,
    exceptions_text,
    keywords_of,
    read_exceptions,
    read_span,
    span_text,
)
from mulin.services.catalogue.rules.columns import COLUMNS, cells_of, content_from
from mulin.services.catalogue.rules.shipped import shipped

NAMESPACE = UUID(int=7)
UNITS = [uuid5(NAMESPACE, name) for name in ("甲局", "乙局", "丙局")]
NAMES = dict(zip(UNITS, ("甲局", "乙局", "丙局"), strict=True))


def find_unit(name: str) -> UUID:
    return next(key for key, known in NAMES.items() if known == name)


LIMITS = st.lists(
    st.builds(
        LimitRow,
        level=st.sampled_from(["", *DisposalLevel.values]),
        mode=st.sampled_from(Mode.values),
        step=st.sampled_from(Step.values),
        minutes=st.integers(1, 30 * 1440),
        clock=st.sampled_from(Clock.values),
    ),
    unique_by=lambda row: (row.level, row.mode, row.step),
    max_size=8,
).map(tuple)
WORDS = st.text(alphabet="电梯困人abc12 ，。", max_size=12)
CONTENTS = st.builds(
    Content,
    name=st.text(alphabet="电梯故障困人", min_size=1, max_size=10),
    level=st.sampled_from(DisposalLevel.values),
    keywords=st.lists(st.text(alphabet="漏水渗", min_size=1, max_size=4), max_size=3).map("、".join),
    description=WORDS,
    basis=WORDS,
    theme=st.sampled_from(Theme.values),
    micro=st.booleans(),
    emergency=st.booleans(),
    lead_unit=st.sampled_from([None, UNITS[0]]),
    assists=st.lists(st.sampled_from(UNITS[1:]), unique=True).map(tuple),
    evidence_needed=st.sampled_from(Evidence.values),
    verification=st.sampled_from(Verification.values),
    limits=LIMITS,
).map(checked)


class TestSpans:
    @pytest.mark.parametrize(
        ("written", "minutes", "clock"),
        [
            ("3个工作日", 1440, "working"),
            ("3 工作日", 1440, "working"),
            ("0.5工作日", 240, "working"),
            ("４个工作小时", 240, "working"),
            ("30分钟", 30, "elapsed"),
            ("24小时", 1440, "elapsed"),
            ("7天", 7 * 1440, "elapsed"),
            ("7个自然日", 7 * 1440, "elapsed"),
        ],
    )
    def test_limits_are_read_as_people_write_them(self, written: str, minutes: int, clock: str) -> None:
        assert read_span(written) == (minutes, clock)

    @pytest.mark.parametrize(
        "written", ["", "3", "三天", "尽快", "0分钟", "0.001小时", "400天", "-1天", "3个工作年"]
    )
    def test_what_is_no_limit_is_told(self, written: str) -> None:
        with pytest.raises(ValueError, match="时限"):
            read_span(written)

    def test_a_day_by_the_clock_is_written_as_people_say_it(self) -> None:
        assert span_text(1440, "elapsed") == "24小时"
        assert span_text(2880, "elapsed") == "2天"
        assert span_text(480, "working") == "1个工作日"

    @given(st.integers(1, 366 * 1440), st.sampled_from(Clock.values))
    def test_what_is_written_is_read_back(self, minutes: int, clock: str) -> None:
        assert read_span(span_text(minutes, clock)) == (minutes, clock)

    @given(LIMITS)
    def test_exceptions_in_one_cell_are_read_back(self, rows: tuple[LimitRow, ...]) -> None:
        for mode in Mode.values:
            told = {row for row in rows if row.mode == mode and (row.level or mode == "emergency")}
            assert set(read_exceptions(exceptions_text(rows, mode), mode)) == told

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("处置3个工作日", "前面要写层级"),
            ("市级：处置3个工作日", "不是层级"),
            ("街道：3个工作日", "没有写是哪一步"),
            ("街道：处置3个工作日、处置4个工作日", "写了两次"),
            ("街道：处置很快", "看不懂"),
        ],
    )
    def test_an_exception_that_cannot_be_read_is_told(self, text: str, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            read_exceptions(text, "routine")


class TestCells:
    @given(CONTENTS)
    def test_a_row_that_was_written_is_read_back_the_same(self, content: Content) -> None:
        cells = cells_of("WY01", "物业", content, NAMES)
        read, problems = content_from(cells, None, find_unit)
        assert problems == []
        assert checked(read) == content
        assert set(cells) == {column.name for column in COLUMNS}

    @given(CONTENTS, CONTENTS)
    def test_columns_that_a_file_lacks_leave_what_was_there(self, before: Content, other: Content) -> None:
        cells = {"name": other.name, "dispose": ""}
        read, _problems = content_from(cells, before, find_unit)
        told = checked(read)
        assert told.name == other.name
        assert (told.level, told.basis, told.assists) == (before.level, before.basis, before.assists)
        gone = {("", "routine", "dispose")}
        assert {(row.level, row.mode, row.step) for row in told.limits} == {
            (row.level, row.mode, row.step) for row in before.limits
        } - gone

    def test_every_cell_that_cannot_be_read_is_told_at_once(self) -> None:
        cells = {"name": "x", "level": "省级", "accept": "尽快", "micro": "也许", "evidence_needed": "录像"}
        _read, problems = content_from(cells, None, find_unit)
        assert [problem.split("”")[0].strip("“") for problem in problems] == [
            "首派层级",
            "结果材料",
            "微难题",
            "受理时限",
        ]


class TestContent:
    def test_keywords_are_separated_as_people_separate_them(self) -> None:
        assert keywords_of("漏水,渗水，返水；漏水  下水") == ("漏水", "渗水", "返水", "下水")

    @pytest.mark.parametrize(
        ("said", "code", "field"),
        [
            ({"name": "  "}, "matter_name", "name"),
            ({"basis": "长" * 1001}, "matter_long", "basis"),
            ({"level": "village"}, "matter_choice", "level"),
            ({"lead_unit": UNITS[0], "assists": (UNITS[0],)}, "matter_assist_leads", "assists"),
            ({"limits": (LimitRow("", "routine", "dispose", 0, "elapsed"),)}, "matter_limit", "limits"),
            ({"limits": (LimitRow("", "war", "dispose", 5, "elapsed"),)}, "matter_limit", "limits"),
            (
                {"limits": (LimitRow("", "routine", "verify", 5, "elapsed"),) * 2},
                "matter_limit_twice",
                "limits",
            ),
        ],
    )
    def test_what_a_version_cannot_say_is_refused_at_its_field(
        self, said: dict[str, object], code: str, field: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            checked(Content(**({"name": "电梯", "level": "grid"} | said)))  # type: ignore[arg-type]
        assert (refused.value.code, refused.value.field) == (code, field)

    def test_a_code_has_one_form(self) -> None:
        assert checked_code(" wy０3 ") == "WY03"
        with pytest.raises(Refused):
            checked_code("0603")


class TestShipped:
    ROWS = shipped()

    def contents(self) -> dict[str, Content]:
        found = {}
        for row in self.ROWS:
            content, problems = content_from(row, None, lambda name: uuid5(NAMESPACE, name))
            assert problems == [], row["code"]
            found[row["code"]] = checked(content)
        return found

    def test_there_are_at_least_sixty_over_the_eight_categories(self) -> None:
        assert len(self.ROWS) >= 60
        assert {row["category"] for row in self.ROWS} == {one.name for one in CATEGORIES}
        assert all(sum(row["category"] == one.name for row in self.ROWS) >= 5 for one in CATEGORIES)

    def test_every_row_can_be_read_and_says_everything_a_clerk_needs(self) -> None:
        for code, content in self.contents().items():
            assert CODE.fullmatch(code)
            assert content.description and content.accept_text and content.dispose_text and content.basis, (
                code
            )
            assert len(keywords_of(content.keywords)) >= 3, code
            assert content.name_en.isascii() and content.name_en, code
            limited = {row.step for row in content.limits if not row.level and row.mode == "routine"}
            assert limited == set(Step.values), code

    def test_no_two_are_alike_but_for_the_name(self) -> None:
        seen: dict[object, str] = {}
        for code, one in self.contents().items():
            told = (
                one.level, one.lead_unit, one.assists, one.evidence_needed, one.verification, one.limits, one.basis,
            )  # fmt: skip
            assert told not in seen, (seen.get(told), code)
            seen[told] = code
        for column in ("name", "name_en", "description", "accept_text", "dispose_text"):
            values = [row[column] for row in self.ROWS]
            assert len(set(values)) == len(values), column

    def test_levels_lead_units_evidence_and_limits_differ_as_in_a_real_county(self) -> None:
        contents = self.contents().values()
        assert {one.level for one in contents} == set(DisposalLevel.values)
        assert {one.evidence_needed for one in contents} == set(Evidence.values)
        assert {one.verification for one in contents} == set(Verification.values)
        assert {one.theme for one in contents} == set(Theme.values)
        assert len({one.lead_unit for one in contents}) >= 15
        assert len({one.limits for one in contents}) >= len(contents) * 3 // 4

    def test_a_department_named_in_the_lead_stands_at_its_level(self) -> None:
        """What the county level does has a department; what grid, compound and community do is by place."""
        for row in self.ROWS:
            if row["level"] == "县级":
                assert row["lead_unit"], row["code"]
            if row["level"] in ("网格", "小区", "社区"):
                assert not row["lead_unit"], row["code"]

    def test_the_matters_that_texts_point_to_exist(self) -> None:
        names = {row["name"] for row in self.ROWS}
        for row in self.ROWS:
            for text in (row["description"], row["refuse_text"]):
                for pointed in re.findall(r"按“([^”]+)”", text):
                    assert pointed in names, (row["code"], pointed)

    def test_only_laws_and_the_countys_own_rule_are_cited(self) -> None:
        for row in self.ROWS:
            rest = re.sub(r"《[^》]+》(第[一二三四五六七八九十百千]+条)?", "", row["basis"]).strip("、")
            assert rest in ("", "本县规定"), (row["code"], rest)
