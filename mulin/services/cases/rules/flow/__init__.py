"""The standard disposal flowchart (row 10): drawn from ``states.TRANSITIONS``, the table that the actions execute.

``graph`` reads the table into nodes and flows, ``layout`` places them once, and ``svg``, ``bpmn`` and ``mermaid`` write
what was placed. Nothing here knows a state or an action that the table does not name.
"""

from mulin.services.cases.rules.flow.bpmn import bpmn
from mulin.services.cases.rules.flow.graph import START, Chart, Facts, Flow, Node, Walked, chart, short
from mulin.services.cases.rules.flow.layout import Drawing, laid_out
from mulin.services.cases.rules.flow.mermaid import mermaid
from mulin.services.cases.rules.flow.svg import svg

__all__ = [
    "START",
    "Chart",
    "Drawing",
    "Facts",
    "Flow",
    "Node",
    "Walked",
    "bpmn",
    "chart",
    "laid_out",
    "mermaid",
    "short",
    "svg",
]
