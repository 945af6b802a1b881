"""From the state table to a chart: a node for each state, a flow for each move from one state to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from mulin.services.cases.rules.states import FINISHED, TRANSITIONS, State, Transition, closes_from

START: Final = "start"
"""The node before all states: somebody reports."""


@dataclass(frozen=True)
class Facts:
    """What a matter type and the county add to the table, in the reader's words: ``notes`` state → lines (who, within what
    time, with what), ``verification`` how a result is looked at ('' = whatever the table allows)."""

    title: str
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verification: str = ""


@dataclass(frozen=True)
class Walked:
    """How far one case has come: the state in which it is, when it came into each state last, the moves that it made."""

    here: str
    since: Mapping[str, str]
    """State → day and time in words."""
    moves: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Node:
    """A state (or the start). ``end``: a case may stay there for good."""

    key: str
    words: str
    notes: tuple[str, ...] = ()
    end: bool = False


@dataclass(frozen=True)
class Flow:
    """A move from a state to another one, and the actions that make it, in the table's order."""

    source: str
    target: str
    actions: tuple[str, ...]

    @property
    def words(self) -> str:
        """The actions in short: what stands on an arrow."""
        return "、".join(dict.fromkeys(short(action) for action in self.actions))


@dataclass(frozen=True)
class Chart:
    """Nodes in the table's order, flows between them, and the case that is shown on it, if any."""

    title: str
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    walked: Walked | None = None

    def leaving(self, key: str) -> tuple[Flow, ...]:
        """The flows out of a node."""
        return tuple(flow for flow in self.flows if flow.source == key)


def short(action: str) -> str:
    """An action's words up to the first comma or colon; the report itself is no row of the table."""
    if action == "report":
        return _("上报")
    move = TRANSITIONS[action]
    return str(move.short or move.words)


def moves(move: Transition, source: State) -> tuple[State, ...]:
    """Where an action leads from a state. ``others`` that are sources themselves mean that the case stays as it is."""
    found = (move.target,) if move.target is not None else ()
    others = move.others if source not in move.others else ()
    return tuple(dict.fromkeys(to for to in (*found, *others) if to != source))


def chart(facts: Facts, walked: Walked | None = None) -> Chart:
    """The chart of a matter: every state that a report can reach, every move that its verification leaves."""
    flows: dict[tuple[str, str], list[str]] = {(START, State.REPORTED.value): ["report"]}
    for action, move in TRANSITIONS.items():
        for source in move.sources:
            if action == "close" and not closes_from(source, facts.verification):
                continue
            for target in moves(move, source):
                flows.setdefault((source.value, target.value), []).append(action)
    reached = _reached(flows)
    nodes = [Node(START, _("发现、反映"), _notes(START, facts, walked))]
    nodes += [
        Node(state.value, str(state.label), _notes(state.value, facts, walked), state in FINISHED)
        for state in State
        if state.value in reached
    ]
    kept = tuple(
        Flow(source, target, tuple(actions))
        for (source, target), actions in flows.items()
        if source in reached and target in reached
    )
    return Chart(facts.title, tuple(nodes), kept, walked)


def _notes(key: str, facts: Facts, walked: Walked | None) -> tuple[str, ...]:
    """What stands in a node: the facts, and when the case came here."""
    since = walked.since.get(key, "") if walked is not None else ""
    return (*facts.notes.get(key, ()), *((f"✓ {since}",) if since else ()))


def _reached(flows: Mapping[tuple[str, str], object]) -> set[str]:
    found, waiting = {START}, [START]
    while waiting:
        at = waiting.pop()
        for source, target in flows:
            if source == at and target not in found:
                found.add(target)
                waiting.append(target)
    return found
