"""A chart as Mermaid text: for a wiki, a document, or whoever wants to draw it anew."""

from __future__ import annotations

from mulin.services.cases.rules.flow.graph import START, Chart, Node


def mermaid(chart: Chart) -> str:
    """``flowchart TD`` with a node per state and an arrow per move; where a case stands is marked. Ends with a newline."""
    lines = ["---", f"title: {_plain(chart.title)}", "---", "flowchart TD"]
    lines += [f"    {_name(node.key)}{_shape(node)}" for node in chart.nodes]
    for flow in chart.flows:
        lines.append(f'    {_name(flow.source)} -->|"{_plain(flow.words)}"| {_name(flow.target)}')
    if chart.walked is not None:
        lines.append("    classDef here stroke:#b0431a,stroke-width:4px")
        lines.append(f"    class {_name(chart.walked.here)} here")
    return "\n".join(lines) + "\n"


def _name(key: str) -> str:
    """An id: ``end`` and other words of the language must not stand alone."""
    return f"s_{key}"


def _shape(node: Node) -> str:
    words = "<br/>".join(_plain(one) for one in (node.words, *node.notes))
    return f'(["{words}"])' if node.end or node.key == START else f'["{words}"]'


def _plain(text: str) -> str:
    """Without what Mermaid would read as its own signs."""
    for sign, told in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("\n", " "), ("`", "'")):
        text = text.replace(sign, told)
    return text
