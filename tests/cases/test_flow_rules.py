"""The flowchart says what the state table says, whatever stands in it; and nothing on it hides anything else."""

from __future__ import annotations

from xml.etree import ElementTree as Tree

import pytest

from mulin.services.cases.rules import TRANSITIONS, State
from mulin.services.cases.rules.flow import START, Facts, Walked, bpmn, chart, laid_out, mermaid, svg
from mulin.services.cases.rules.flow.bpmn import BOUNDS, DIAGRAM, MODEL, WAYS
from mulin.services.cases.rules.flow.layout import wrapped
from mulin.services.cases.rules.states import Transition

FACTS = Facts(
    "路灯不亮：标准处置流程",
    {
        "reported": ("社区工作人员", "4 个工作小时内受理"),
        "in_hand": ("主办：建平县住房和城乡建设局", "5 个工作日内处置", "要附：处置后照片"),
        "closed": ("30 天内可以要求重新办理",),
    },
)


def drawn() -> set[tuple[str, str, str]]:
    """(source, action, target) of every arrow but the first."""
    flows = chart(FACTS).flows
    return {(one.source, action, one.target) for one in flows for action in one.actions} - {
        (START, "report", "reported")
    }


def test_every_move_of_the_table_is_an_arrow_and_no_other() -> None:
    for source, action, target in drawn():
        move = TRANSITIONS[action]
        assert State(source) in move.sources and move.leads_to(target) and source != target
    for action, move in TRANSITIONS.items():
        for source in move.sources:
            if move.target is not None and source != move.target:
                assert (source.value, action, move.target.value) in drawn()
            if source not in move.others:
                assert all((source.value, action, to.value) in drawn() for to in move.others)


def test_every_state_is_on_it() -> None:
    assert {one.key for one in chart(FACTS).nodes} == {START, *State.values}


def test_what_a_second_person_must_see_is_not_closed_before() -> None:
    def closing(verification: str) -> set[str]:
        flows = chart(Facts("x", verification=verification)).flows
        return {one.source for one in flows if "close" in one.actions}

    assert closing("second_person") == {"verified"}
    assert closing("reporter") == closing("sample") == {"disposed", "verified"}


def test_one_more_row_in_the_table_is_on_all_three_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    before = laid_out(chart(FACTS))
    row = Transition((State.VERIFIED,), State.RETURNED, "退给街道重派")
    monkeypatch.setitem(TRANSITIONS, "send_back", row)
    after = laid_out(chart(FACTS))
    for write in (
        lambda drawing: svg(drawing, words="x"),
        lambda drawing: bpmn(drawing, key="x").decode(),
        lambda drawing: mermaid(drawing.chart),
    ):
        assert "退给街道重派" in write(after) and "退给街道重派" not in write(before)


def test_a_row_gone_from_the_table_takes_the_state_along_that_only_it_led_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(TRANSITIONS, "appeal")
    after = chart(FACTS)
    assert "appealed" not in {one.key for one in after.nodes}
    assert all("appealed" not in (one.source, one.target) for one in after.flows)


def test_other_limits_are_on_all_three_drawings() -> None:
    other = Facts(FACTS.title, {**FACTS.notes, "in_hand": ("3 个工作日内处置",)})
    drawing = laid_out(chart(other))
    for told in (svg(drawing, words="x"), bpmn(drawing, key="x").decode(), mermaid(drawing.chart)):
        assert "3 个工作日内处置" in told and "5 个工作日内处置" not in told


def test_nodes_lie_apart_and_arrows_begin_and_end_at_their_edges() -> None:
    drawing = laid_out(chart(FACTS))
    boxes = {one.node.key: one for one in drawing.boxes}
    for one in drawing.boxes:
        assert one.x >= 0 and one.x + one.width <= drawing.width
        assert one.y >= 0 and one.y + one.height <= drawing.height
        for other in drawing.boxes:
            if one is not other:
                apart = (
                    one.x + one.width < other.x
                    or other.x + other.width < one.x
                    or one.y + one.height < other.y
                    or other.y + other.height < one.y
                )
                assert apart, (one.node.key, other.node.key)
    for path in drawing.paths:
        for key, point in ((path.flow.source, path.points[0]), (path.flow.target, path.points[-1])):
            box = boxes[key]
            on_side = point.x in (box.x, box.x + box.width) and box.y < point.y < box.y + box.height
            on_end = point.y in (box.y, box.y + box.height) and box.x < point.x < box.x + box.width
            assert on_side or on_end, path.flow
        for a, b in zip(path.points, path.points[1:], strict=False):
            assert a.x == b.x or a.y == b.y
            for key, box in boxes.items():
                across = (
                    min(a.x, b.x) < box.x + box.width - 1
                    and max(a.x, b.x) > box.x + 1
                    and min(a.y, b.y) < box.y + box.height - 1
                    and max(a.y, b.y) > box.y + 1
                )
                assert not across, (path.flow, key)


def test_lines_of_different_actions_never_lie_on_each_other() -> None:
    drawing = laid_out(chart(FACTS))
    runs: dict[tuple[str, float], list[tuple[float, float, tuple[str, ...]]]] = {}
    for path in drawing.paths:
        for a, b in zip(path.points, path.points[1:], strict=False):
            if a.x == b.x and a.y != b.y:
                span = (min(a.y, b.y), max(a.y, b.y), path.flow.actions)
                runs.setdefault(("x", round(a.x, 1)), []).append(span)
    for spans in runs.values():
        for one in spans:
            for other in spans:
                if one[2] != other[2]:
                    assert min(one[1], other[1]) <= max(one[0], other[0])


def test_the_bpmn_file_is_whole() -> None:
    drawing = laid_out(chart(FACTS))
    root = Tree.fromstring(bpmn(drawing, key="matter_1"))
    process = root.find(f"{{{MODEL}}}process")
    assert process is not None
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    flows = process.findall(f"{{{MODEL}}}sequenceFlow")
    nodes = {one.attrib["id"] for one in process if not one.tag.endswith("sequenceFlow")}
    for flow in flows:
        assert {flow.attrib["sourceRef"], flow.attrib["targetRef"]} <= nodes
    shown = {one.attrib["bpmnElement"] for one in root.iter(f"{{{DIAGRAM}}}BPMNShape")}
    lined = {one.attrib["bpmnElement"] for one in root.iter(f"{{{DIAGRAM}}}BPMNEdge")}
    assert shown == nodes and lined == {one.attrib["id"] for one in flows}
    for edge in root.iter(f"{{{DIAGRAM}}}BPMNEdge"):
        assert len(edge.findall(f"{{{WAYS}}}waypoint")) >= 2
    for bounds in root.iter(f"{{{BOUNDS}}}Bounds"):
        assert float(bounds.attrib["width"]) > 0 and float(bounds.attrib["x"]) >= 0
    for one in process:
        for way in ("incoming", "outgoing"):
            told = {flow.text for flow in one.findall(f"{{{MODEL}}}{way}")}
            end = "targetRef" if way == "incoming" else "sourceRef"
            assert told == {flow.attrib["id"] for flow in flows if flow.attrib[end] == one.attrib["id"]} or (
                one.tag.endswith("sequenceFlow")
            )


def test_words_of_people_break_no_format() -> None:
    title = """<script>"路灯" & 'x' #1 `b` %% ; end] {"""
    drawing = laid_out(chart(Facts(title, {"reported": (title,)})))
    assert "<script>" not in svg(drawing, words=title)
    assert Tree.fromstring(svg(drawing, words=title, alone=True)) is not None
    found = Tree.fromstring(bpmn(drawing, key="x")).find(f"{{{MODEL}}}process")
    assert found is not None and found.attrib["name"] == title
    told = mermaid(drawing.chart)
    assert "<script>" not in told and '"路灯"' not in told


def test_where_a_case_stands_and_has_been_is_marked() -> None:
    gone = Walked(
        "in_hand", {"reported": "11-20 09:00", "in_hand": "11-20 10:00"}, frozenset({("reported", "in_hand")})
    )
    drawing = laid_out(chart(FACTS, gone))
    told = svg(drawing, words="x", here="现在在这里")
    assert told.count("data-here") == 1 and 'data-state="in_hand" data-here' in told
    assert "现在在这里" in told and "✓ 11-20 10:00" in told
    assert told.count('data-way="gone"') == 1
    assert "class s_in_hand here" in mermaid(drawing.chart)


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("主办：建平县住房和城乡建设局", 8, ["主办：建平县住房", "和城乡建设局"]),
        ("within 5 working days", 6, ["within 5", "working", "days"]),
        ("", 8, []),
        ("好，好", 2, ["好，", "好"]),
    ],
)
def test_notes_are_wrapped(text: str, most: float, lines: list[str]) -> None:
    assert wrapped(text, most) == lines
