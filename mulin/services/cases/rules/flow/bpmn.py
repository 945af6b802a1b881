"""A drawing as BPMN 2.0 XML with its diagram: opens laid out in any modeller.

States are user tasks (what waits to be done there), the report is the start event, and each state in which a case may stay
for good leads to an end event beside it. A task has several flows out, of which one is taken: each carries the actions that
take it as its condition. Written by the OMG's schema, BPMN 2.0.2 (formal/2013-12-09).
"""

from __future__ import annotations

from xml.etree import ElementTree as Tree

from mulin.services.cases.rules.flow.graph import START
from mulin.services.cases.rules.flow.layout import LETTER, LINE, Box, Drawing, Label, Point, units

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
BOUNDS = "http://www.omg.org/spec/DD/20100524/DC"
WAYS = "http://www.omg.org/spec/DD/20100524/DI"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
CIRCLE = 30.0
"""Across an end event."""


def bpmn(drawing: Drawing, *, key: str) -> bytes:
    """The file, UTF-8. ``key`` names the process: letters, digits, ``_`` and ``-``; it begins with a letter."""
    for prefix, space in (
        ("bpmn", MODEL),
        ("bpmndi", DIAGRAM),
        ("dc", BOUNDS),
        ("di", WAYS),
        ("xsi", INSTANCE),
    ):
        Tree.register_namespace(prefix, space)
    root = Tree.Element(
        f"{{{MODEL}}}definitions", {"id": f"{key}_definitions", "targetNamespace": f"urn:mulin:flow:{key}"}
    )
    process = _add(root, MODEL, "process", id=key, name=drawing.chart.title, isExecutable="false")
    plane_of = _add(root, DIAGRAM, "BPMNDiagram", id=f"{key}_diagram")
    plane = _add(plane_of, DIAGRAM, "BPMNPlane", id=f"{key}_plane", bpmnElement=key)
    for box in drawing.boxes:
        _node(process, plane, box, drawing)
    labels = {flow: label for label in drawing.labels for flow in label.flows[:1]}
    for path in drawing.paths:
        flow = path.flow
        one = _add(
            process, MODEL, "sequenceFlow", id=_flow(flow.source, flow.target), name=flow.words,
            sourceRef=flow.source, targetRef=flow.target,
        )  # fmt: skip
        if flow.source != START:
            condition = _add(one, MODEL, "conditionExpression")
            condition.set(f"{{{INSTANCE}}}type", "bpmn:tFormalExpression")
            condition.text = " || ".join(f"action == '{action}'" for action in flow.actions)
        _edge(plane, _flow(flow.source, flow.target), path.points, labels.get(flow))
    Tree.indent(root)
    content: bytes = Tree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return content


def _add(parent: Tree.Element, space: str, tag: str, **values: str) -> Tree.Element:
    return Tree.SubElement(parent, f"{{{space}}}{tag}", values)


def _flow(source: str, target: str) -> str:
    return f"flow_{source}_{target}"


def _node(process: Tree.Element, plane: Tree.Element, box: Box, drawing: Drawing) -> None:
    node = box.node
    tag = "startEvent" if node.key == START else "userTask"
    words = "\n".join((node.words, *node.notes))
    one = _add(process, MODEL, tag, id=node.key, name=words)
    for flow in drawing.chart.flows:
        if flow.target == node.key:
            _add(one, MODEL, "incoming").text = _flow(flow.source, flow.target)
    for flow in drawing.chart.leaving(node.key):
        _add(one, MODEL, "outgoing").text = _flow(flow.source, flow.target)
    if node.key == START:
        middle = Point(box.x + box.width / 2, box.y + box.height - CIRCLE / 2)
        shape = _shape(plane, node.key, middle.x - CIRCLE / 2, middle.y - CIRCLE / 2, CIRCLE, CIRCLE)
        wide = units(node.words) * LETTER
        label = _add(shape, DIAGRAM, "BPMNLabel")
        _bounds(label, middle.x + CIRCLE / 2 + 6, middle.y - LINE / 2, wide, LINE)
        return
    _shape(plane, node.key, box.x, box.y, box.width, box.height)
    if node.end:
        _end(process, plane, box, one)


def _end(process: Tree.Element, plane: Tree.Element, box: Box, task: Tree.Element) -> None:
    """The end event right below a state in which a case may stay, and the way there."""
    key, end = box.node.key, f"end_{box.node.key}"
    _add(task, MODEL, "outgoing").text = _flow(key, end)
    event = _add(process, MODEL, "endEvent", id=end)
    _add(event, MODEL, "incoming").text = _flow(key, end)
    flow = _add(process, MODEL, "sequenceFlow", id=_flow(key, end), sourceRef=key, targetRef=end)
    condition = _add(flow, MODEL, "conditionExpression")
    condition.set(f"{{{INSTANCE}}}type", "bpmn:tFormalExpression")
    condition.text = "action == ''"
    x, top = box.x + box.width - CIRCLE, box.y + box.height + 8
    small = CIRCLE * 0.6
    _shape(plane, end, x, top, small, small)
    middle = x + small / 2
    _edge(plane, _flow(key, end), (Point(middle, box.y + box.height), Point(middle, top)), None)


def _shape(plane: Tree.Element, key: str, x: float, y: float, width: float, height: float) -> Tree.Element:
    shape = _add(plane, DIAGRAM, "BPMNShape", id=f"{key}_shape", bpmnElement=key)
    _bounds(shape, x, y, width, height)
    return shape


def _bounds(parent: Tree.Element, x: float, y: float, width: float, height: float) -> None:
    _add(parent, BOUNDS, "Bounds", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=f"{height:.1f}")


def _edge(plane: Tree.Element, key: str, points: tuple[Point, ...], label: Label | None) -> None:
    edge = _add(plane, DIAGRAM, "BPMNEdge", id=f"{key}_edge", bpmnElement=key)
    for point in points:
        _add(edge, WAYS, "waypoint", x=f"{point.x:.1f}", y=f"{point.y:.1f}")
    if label is not None:
        wide = units(label.words) * LETTER
        place = _add(edge, DIAGRAM, "BPMNLabel")
        _bounds(place, label.x - wide if label.end else label.x, label.y - LINE * 0.8, wide, LINE)
