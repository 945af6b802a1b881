"""Where everything of a chart stands: nodes in cells, flows along tracks between them. One placing for every format.

States stand in columns: where a case goes its way in the middle, where it comes back on the left, where it rests or ends
on the right. A flow runs straight down to the next row, or leaves sideways into the gap between two columns, along a track
of its own, and enters its target sideways; across columns it uses the gap between two rows. Flows of the same actions to
the same state (or from the same one) share their tracks. Lengths are in pixels, x to the right, y downwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mulin.services.cases.rules.flow.graph import START, Chart, Flow, Node
from mulin.services.cases.rules.states import State

CELLS: Final[Mapping[str, tuple[int, int]]] = {
    START: (1, 0),
    State.REPORTED: (1, 1),
    State.ASSIGNED: (1, 2),
    State.IN_HAND: (1, 3),
    State.DISPOSED: (1, 4),
    State.VERIFIED: (1, 5),
    State.CLOSED: (1, 6),
    State.RETURNED: (0, 2),
    State.DISPUTED: (0, 3),
    State.APPEALED: (2, 0),
    State.NOT_ADMITTED: (2, 1),
    State.ASKED: (2, 2),
    State.WAITING: (2, 3),
    State.SHELVED: (2, 4),
    State.MERGED: (2, 5),
    State.WITHDRAWN: (2, 6),
}
"""State → (column, row). A state that is not named here gets a cell of its own below the last column."""

WIDTH, LINE, EDGE = 164, 17, 9
"""Of a node: how wide, how high a line of text, and the room above and below it."""
STEP, SIDE, GAP, PORT = 13, 22, 34, 13
"""Between two tracks, beside a column, between two rows without tracks, between two lines that meet a node."""
ROOM: Final = 4.0
"""Characters for which a gap between columns leaves room beside its tracks."""
ASIDE: Final = 3
"""A bundle of so many spokes is drawn more lightly."""
LETTER: Final = 12.5
"""Width of a Chinese character of a note; a Latin one is about half as wide."""


@dataclass(frozen=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True)
class Box:
    """A node and its rectangle; ``lines`` are its notes as they fit."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Path:
    """A flow and the corners of its line, from the source's edge to the target's."""

    flow: Flow
    points: tuple[Point, ...]
    aside: bool = False
    """One of many that may be taken from wherever the case is: not the usual way."""


@dataclass(frozen=True)
class Label:
    """Words on a line: ``x``, ``y`` is where their baseline begins (or, with ``end``, ends)."""

    words: str
    x: float
    y: float
    end: bool
    flows: tuple[Flow, ...]


@dataclass(frozen=True)
class Drawing:
    """A chart with its places."""

    chart: Chart
    boxes: tuple[Box, ...]
    paths: tuple[Path, ...]
    labels: tuple[Label, ...]
    width: float
    height: float


def units(text: str) -> float:
    """How many Chinese characters wide a text is."""
    return sum(1.0 if unicodedata.east_asian_width(one) in "WF" else 0.56 for one in text)


def wrapped(text: str, most: float) -> list[str]:
    """A text in lines of at most ``most`` characters' width; Latin words stay whole where they fit."""
    lines, line = [], ""
    for word in _words(text):
        if line and units(line + word.rstrip()) > most:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    """Pieces between which a line may break: every Chinese character, every Latin word with the space behind it."""
    found: list[str] = []
    for one in text:
        latin = unicodedata.east_asian_width(one) not in "WF"
        joins = found and unicodedata.east_asian_width(found[-1][-1]) not in "WF" and found[-1][-1] != " "
        if (latin and joins) or (found and one in "，。、；：）"):
            found[-1] += one
        else:
            found.append(one)
    return found


# ── bundles: flows that share a line ─────────────────────────────────────────────────────────────────────────────


@dataclass
class Bundle:
    """Flows of the same actions between one node (``hub``) and others on one side of it (``spokes``)."""

    flows: list[Flow]
    hub: str
    spokes: list[str]
    into_hub: bool
    tracks: dict[int, int] = field(default_factory=dict)
    """Gap between columns → number of the track in it; gap ``n`` lies left of column ``n``."""
    level: tuple[int, int] | None = None
    """(gap above a row, track) where the line crosses columns."""

    @property
    def aside(self) -> bool:
        """Possible from nearly everywhere on the way, or leading back to there."""
        return len(self.spokes) >= ASIDE


def _bundles(flows: Iterable[Flow], cells: Mapping[str, tuple[int, int]]) -> list[Bundle]:
    """Grouped by what leads to the same state, else by what comes from the same one, and by the side of the hub."""
    into: dict[tuple[tuple[str, ...], str], list[Flow]] = {}
    for flow in flows:
        into.setdefault((flow.actions, flow.target), []).append(flow)
    out: dict[tuple[tuple[str, ...], str], list[Flow]] = {}
    found: list[tuple[str, bool, list[Flow]]] = []
    for (actions, target), group in into.items():
        if len(group) > 1:
            found.append((target, True, group))
        else:
            out.setdefault((actions, group[0].source), []).extend(group)
    for (_actions, source), group in out.items():
        found.append((source, False, group) if len(group) > 1 else (group[0].target, True, group))
    bundles: dict[tuple[int, str, int], Bundle] = {}
    for number, (hub, into_hub, group) in enumerate(found):
        for flow in group:
            spoke = flow.source if into_hub else flow.target
            side = _side(cells[spoke], cells[hub], into_hub)
            one = bundles.setdefault((number, hub, side), Bundle([], hub, [], into_hub))
            one.flows.append(flow)
            one.spokes.append(spoke)
    return list(bundles.values())


def _side(spoke: tuple[int, int], hub: tuple[int, int], into_hub: bool) -> int:
    """-1 left of the hub, +1 right of it; in its own column 2 for a way down, -2 for one up."""
    if spoke[0] != hub[0]:
        return -1 if spoke[0] < hub[0] else 1
    down = (spoke[1] < hub[1]) == into_hub
    return 2 if down else -2


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


class _Plan:
    """The tracks that bundles take, before anything has a length."""

    def __init__(self, chart: Chart) -> None:
        self.cells = dict(CELLS)
        columns = max(column for column, _row in CELLS.values())
        rows = max(row for _column, row in CELLS.values())
        for node in chart.nodes:
            if node.key not in self.cells:
                rows += 1
                self.cells[node.key] = (columns, rows)
        self.columns, self.rows = columns + 1, rows + 1
        self.vertical = [0] * (self.columns + 1)
        self.level = [0] * (self.rows + 1)
        self.straight: list[Flow] = []
        self.bundles: list[Bundle] = []
        for bundle in sorted(_bundles(chart.flows, self.cells), key=self._span):
            if self._is_straight(bundle):
                self.straight += bundle.flows
            else:
                self._assign(bundle)
                self.bundles.append(bundle)
        self.meeting: dict[tuple[str, int], dict[int, list[str]]] = {}
        """(node, gap) → bundles that meet it there, with the nodes at their other ends."""
        for number, bundle in enumerate(self.bundles):
            for spoke in bundle.spokes:
                near, far = self.gaps(bundle, spoke)
                for key, gap, other in ((spoke, near, bundle.hub), (bundle.hub, far, spoke)):
                    self.meeting.setdefault((key, gap), {}).setdefault(number, []).append(other)

    def _span(self, bundle: Bundle) -> tuple[int, int]:
        rows = [self.cells[one][1] for one in (bundle.hub, *bundle.spokes)]
        columns = [self.cells[one][0] for one in (bundle.hub, *bundle.spokes)]
        return max(rows) - min(rows), max(columns) - min(columns)

    def _is_straight(self, bundle: Bundle) -> bool:
        """One step down, or one column aside with nothing between."""
        if len(bundle.flows) > 1:
            return False
        (column, row), (to, below) = (self.cells[bundle.flows[0].source], self.cells[bundle.flows[0].target])
        return column == to and below == row + 1

    def gaps(self, bundle: Bundle, spoke: str) -> tuple[int, int]:
        """The gap beside the spoke and the one beside the hub through which its line runs."""
        (near, row), (hub, hub_row) = self.cells[spoke], self.cells[bundle.hub]
        if near == hub:
            down = (row < hub_row) == bundle.into_hub
            return (near + 1, near + 1) if down else (near, near)
        return (near + 1, hub) if near < hub else (near, hub + 1)

    def _assign(self, bundle: Bundle) -> None:
        for spoke in bundle.spokes:
            pair = self.gaps(bundle, spoke)
            for gap in pair:
                if gap not in bundle.tracks:
                    bundle.tracks[gap] = self.vertical[gap]
                    self.vertical[gap] += 1
            if pair[0] != pair[1] and bundle.level is None:
                row = self.cells[bundle.hub][1]
                bundle.level = (row, self.level[row])
                self.level[row] += 1

    def height(self, node: Node, lines: Sequence[str]) -> float:
        """High enough for its words, and for the lines that meet either side."""
        gaps = (self.cells[node.key][0], self.cells[node.key][0] + 1)
        most = max(len(self.meeting.get((node.key, gap), ())) for gap in gaps)
        return max(2 * EDGE + LINE * (1 + len(lines)), PORT * (most + 1))


def laid_out(chart: Chart) -> Drawing:
    """The chart with a place for every node, line and label. The same chart is always placed the same way."""
    plan = _Plan(chart)
    lines = {node.key: _lines(node) for node in chart.nodes}
    high = {node.key: plan.height(node, lines[node.key]) for node in chart.nodes}
    left, x = [], 0.0
    for gap in range(plan.columns + 1):
        left.append(x)
        x += _wide(plan, gap) + (WIDTH if gap < plan.columns else 0)
    tops, y = [], float(GAP)
    for row in range(plan.rows):
        y += STEP * plan.level[row]
        tops.append(y)
        y += max((high[key] for key, cell in plan.cells.items() if cell[1] == row and key in high), default=0)
        y += GAP
    boxes = {}
    for node in chart.nodes:
        column, row = plan.cells[node.key]
        right = left[column + 1]
        boxes[node.key] = Box(node, right - WIDTH, tops[row], WIDTH, high[node.key], tuple(lines[node.key]))
    paths, labels = _lines_of(plan, boxes, left, tops)
    return Drawing(chart, tuple(boxes.values()), tuple(paths), tuple(labels), x, y)


def _wide(plan: _Plan, gap: int) -> float:
    """How wide a gap between columns is: its tracks, and room for the words on both sides."""
    if not plan.vertical[gap]:
        return SIDE
    return 2 * SIDE + STEP * (plan.vertical[gap] - 1) + _room(plan, gap)


def _room(plan: _Plan, gap: int) -> float:
    """Room for the words on the lines that end in a gap between columns."""
    wide = [units(one.flows[0].words) for one in plan.bundles if gap in one.tracks]
    return min(max(wide, default=0.0), ROOM) * LETTER


def _lines(node: Node) -> list[str]:
    most = (WIDTH - 18) / LETTER
    return [line for note in node.notes for line in wrapped(note, most)]


def _lines_of(
    plan: _Plan, boxes: Mapping[str, Box], left: Sequence[float], tops: Sequence[float]
) -> tuple[list[Path], list[Label]]:
    ports = _ports(plan, boxes)
    paths, labels = [], []
    for flow in plan.straight:
        above, below = boxes[flow.source], boxes[flow.target]
        middle = above.x + WIDTH / 2
        start, end = Point(middle, above.y + above.height), Point(middle, below.y)
        paths.append(Path(flow, (start, end)))
        labels.append(Label(flow.words, middle + 8, start.y + 15, False, (flow,)))
    for number, bundle in enumerate(plan.bundles):
        tracks = {gap: _track(plan, left, gap, track) for gap, track in bundle.tracks.items()}
        for flow, spoke in zip(bundle.flows, bundle.spokes, strict=True):
            near, far = plan.gaps(bundle, spoke)
            begin = _port(plan, boxes[spoke], near, ports[number, spoke, near])
            finish = _port(plan, boxes[bundle.hub], far, ports[number, bundle.hub, far])
            corners = [begin, Point(tracks[near], begin.y)]
            if near != far and bundle.level is not None:
                row, track = bundle.level
                level = tops[row] - GAP / 2 - STEP * track
                corners += [Point(tracks[near], level), Point(tracks[far], level)]
            corners += [Point(tracks[far], finish.y), finish]
            paths.append(Path(flow, tuple(corners if bundle.into_hub else reversed(corners)), bundle.aside))
        hub, gap = boxes[bundle.hub], plan.gaps(bundle, bundle.spokes[0])[1]
        port = _port(plan, hub, gap, ports[number, bundle.hub, gap])
        on_left = port.x == hub.x
        away = 12 if bundle.into_hub else 6
        labels.append(
            Label(
                bundle.flows[0].words, port.x - away if on_left else port.x + away, port.y - 4, on_left,
                tuple(bundle.flows),
            )
        )  # fmt: skip
    return paths, labels


def _track(plan: _Plan, left: Sequence[float], gap: int, track: int) -> float:
    """The x of a track in its gap."""
    count = max(plan.vertical[gap] - 1, 0)
    return left[gap] + _wide(plan, gap) / 2 + STEP * (track - count / 2)


def _ports(plan: _Plan, boxes: Mapping[str, Box]) -> dict[tuple[int, str, int], float]:
    """(bundle, node, gap) → y: lines that meet a side of a node stand apart, in the order of where they go."""
    found = {}
    for (node, gap), lines in plan.meeting.items():
        box = boxes[node]
        away = {
            number: sum(boxes[one].y + boxes[one].height / 2 for one in others) / len(others)
            for number, others in lines.items()
        }
        for place, number in enumerate(sorted(lines, key=lambda one: (away[one], one)), start=1):
            found[number, node, gap] = box.y + box.height * place / (len(lines) + 1)
    return found


def _port(plan: _Plan, box: Box, gap: int, y: float) -> Point:
    """On the side of a node that faces a gap."""
    column = plan.cells[box.node.key][0]
    return Point(box.x if gap == column else box.x + WIDTH, y)
