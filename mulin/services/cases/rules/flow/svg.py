"""A drawing as SVG. Every mark carries its own colours as attributes: the page's policy allows no style of its own, and the
same bytes lie in a file."""

from __future__ import annotations

from html import escape
from typing import Final

from mulin.services.cases.rules.flow.graph import START
from mulin.services.cases.rules.flow.layout import LINE, Box, Drawing, Label, Path
from mulin.services.cases.rules.states import TONES

INK, SOFT, LINES, FAINT, BRAND, WARM = "#1d2427", "#4b565a", "#767d7f", "#a9b0b2", "#0d5663", "#b0431a"
FONT: Final = "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
FILLS: Final = {
    "good": ("#e3f2e8", "#1a6a3a"),
    "warn": ("#fdf0cd", "#754c00"),
    "bad": ("#fbe6e4", "#a11a1a"),
    "info": ("#e2eff1", BRAND),
    "neutral": ("#eeece7", "#535c60"),
}
"""Tone of a state → (fill, outline), as the badges of the pages have them."""
GONE, USUAL, ASIDE, OTHER = "gone", "usual", "aside", "other"
STROKES: Final = {
    GONE: f'stroke="{BRAND}" stroke-width="3"',
    USUAL: f'stroke="{INK}" stroke-width="2"',
    ASIDE: f'stroke="{FAINT}" stroke-width="1.3" stroke-dasharray="4 3"',
    OTHER: f'stroke="{LINES}" stroke-width="1.3"',
}


def svg(drawing: Drawing, *, words: str, here: str = "", alone: bool = False) -> str:
    """The picture, as wide as its frame. ``words`` say what it shows to who cannot see it, ``here`` marks the state of the
    case; ``alone`` makes a file of its own."""
    size = f'width="{drawing.width:.0f}" height="{drawing.height:.0f}"'
    walked = drawing.chart.walked
    gone = walked.moves if walked is not None else frozenset()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" viewBox="0 0 {drawing.width:.0f} {drawing.height:.0f}" '
        f'{size} role="img" aria-label="{escape(words)}" font-family="{FONT}" font-size="13" fill="{INK}">'
        f"<title>{escape(words)}</title>",
        '<defs><marker id="flow-tip" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path fill="{LINES}" d="M0 0L10 5L0 10z"/></marker></defs>',
    ]
    if alone:
        parts.append(f'<rect fill="#fff" {size}/>')
    kinds = [(_kind(path, (path.flow.source, path.flow.target) in gone), path) for path in drawing.paths]
    order = (ASIDE, OTHER, USUAL, GONE)
    parts += [_line(path, kind) for kind, path in sorted(kinds, key=lambda one: order.index(one[0]))]
    parts += [_box(box, drawing, here) for box in drawing.boxes]
    parts += [_label(label) for label in drawing.labels]
    return "".join([*parts, "</svg>"])


def _kind(path: Path, gone: bool) -> str:
    if gone:
        return GONE
    if path.aside:
        return ASIDE
    return USUAL if len(path.points) == 2 else OTHER


def _line(path: Path, kind: str) -> str:
    way = "L".join(f"{point.x:.1f} {point.y:.1f}" for point in path.points)
    flow = path.flow
    return (
        f'<path data-flow="{flow.source}-{flow.target}" data-actions="{" ".join(flow.actions)}" data-way="{kind}" '
        f'fill="none" {STROKES[kind]} marker-end="url(#flow-tip)" d="M{way}"/>'
    )


def _box(box: Box, drawing: Drawing, here: str) -> str:
    key, walked = box.node.key, drawing.chart.walked
    fill, outline = FILLS["info" if key == START else TONES.get(key, "neutral")]
    at = walked is not None and key == walked.here
    been = walked is not None and key in walked.since
    thick = 4 if at else 3 if been else 1.5
    corner = min(box.height / 2, 26) if box.node.end or key == START else 8
    middle, top = box.x + box.width / 2, box.y + (box.height - LINE * (1 + len(box.lines))) / 2
    parts = [
        f'<g data-state="{key}"{" data-here" if at else ""}><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="{corner:.1f}" fill="{fill}" stroke="{WARM if at else outline}" '
        f'stroke-width="{thick}"/>',
        _text(middle, top + LINE * 0.78, box.node.words, 'font-weight="700" font-size="14"'),
    ]
    for number, line in enumerate(box.lines, start=1):
        parts.append(_text(middle, top + LINE * (number + 0.78), line, f'font-size="12" fill="{SOFT}"'))
    if at and here:
        parts.append(
            f'<text x="{box.x:.1f}" y="{box.y - 8:.1f}" font-weight="700" fill="{WARM}">{escape(here)}</text>'
        )
    return "".join([*parts, "</g>"])


def _text(x: float, y: float, words: str, more: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" {more}>{escape(words)}</text>'


def _label(label: Label) -> str:
    anchor = "end" if label.end else "start"
    return (
        f'<text x="{label.x:.1f}" y="{label.y:.1f}" text-anchor="{anchor}" font-size="12" paint-order="stroke" '
        f'stroke="#fff" stroke-width="4" stroke-linejoin="round">{escape(label.words)}</text>'
    )
