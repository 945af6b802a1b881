"""What the ground calls back without knowing who answers: ``config/handlers.py`` fills these at start.

Keys are subject kinds (``case``, ``person`` …). Plain tables, no signals: config/handlers.py tells all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mulin.kernel.actor import Actor

subject_url: dict[str, Callable[[Actor, UUID], str]] = {}
"""Where a person opens the subject of a to-do, a notice or a trail row."""

subject_visible: dict[str, Callable[[Actor, UUID, str], bool]] = {}
"""(actor, subject id, receipt token or '') → may this visitor see the subject's files?"""

subject_reach: dict[str, Callable[[Actor, UUID], Mapping[str, Any] | None]] = {}
"""(actor, subject id) → where it is and whose, for "why can I see this?": any of path, unit, owner, reasons, title."""

person_export: list[Callable[[UUID], Mapping[str, Any]]] = []
"""person id → everything an app keeps of that person, JSON-ready."""

person_erase: list[Callable[..., Mapping[str, int]]] = []
"""(person=UUID, by=Actor, now=datetime) → rows emptied, by table; same transaction as the erasure."""

duties_end: list[Callable[..., object]] = []
"""(organisation=UUID, person=UUID or None, on=date, by=Actor, now=datetime): what ends with an organisation (None), or
with a person's work in it; same transaction."""

overseen: list[Callable[[Actor], Any]] = []
"""actor → ids of the persons whose duties lie under him, as a subquery."""

notice_failed: dict[str, Callable[..., None]] = {}
"""subject kind → (subject_id=UUID, notice_id=UUID, now=datetime): a message that will never arrive."""

run_kinds: dict[str, Callable[..., None]] = {}
"""kind of a run (ground.runs) → (job=Job): does the work in the background, telling the job how far it is."""

run_url: dict[str, Callable[[Mapping[str, Any]], str]] = {}
"""kind of a run → (its facts) → the page on which its asker reads what came of it; kinds without one hand out a file."""

tick: list[tuple[str, Callable[..., int]]] = []
"""(name, f(now=datetime) → how many things were done), per county, in order; each opens its transactions."""

books: list[Callable[[], Iterable[tuple[str, str, UUID | None]]]] = []
"""What services find wrong in their statements against the points ledger: (code, words, row), for `mulin check-books`."""


@dataclass(frozen=True)
class Backing:
    """Something of a community that is to be had for points: so many pieces, worth so many points in all."""

    path: str
    title: str
    quantity: int
    points: int
    url: str = ""


points_backing: list[Callable[[datetime, str], Iterable[Backing]]] = []
"""(moment, path) → what services had on their shelves just before, at or below the path, at its point price."""

points_leave: list[Callable[..., None]] = []
"""(home=path of a passbook, taker=path of another community's, now=datetime): refuses where points may not be passed on
between the two."""

points_elsewhere: dict[str, object] = {}
"""subject kind → the sentence that says where points redeemed for such a subject are put right together with what was given
for them: the points desk alone does not."""

paper_shown: list[Callable[[Actor, str, str], Iterable[tuple[str, str]]]] = []
"""(actor, number, check code of a passbook's printed page that was scanned) → (words, address) of what he may do with it."""

calendar_changed: list[Callable[..., object]] = []
"""(first=date, last=date, by=Actor, now=datetime): working days or hours from ``first`` to ``last`` changed. In the
transaction of the change, after it; ``last`` is date.max where the end is open."""

county_opened: list[Callable[..., object]] = []
"""(by=Actor, now=datetime): a county was opened or brought up to date; in its scope and transaction, maybe again."""

work_words: dict[str, object] = {}
"""to-do kind → what to do next, in a few (lazily translated) words."""


@dataclass(frozen=True)
class Happened:
    """What a deed did to a subject that has a public number. ``step``: the deed's own name; ``event``: what systems outside
    call it, '' for what is not told them. ``at``: when it happened,
    which may lie long before ``now``. ``live``: of the present, not brought in from the past; ``system``: the connected
    system that the subject came from. ``followed``: it goes on in another subject, to which it happened: whoever sees
    that one is told of it there, so that only the system that this one came from is told here."""

    kind: str
    subject: UUID
    number: str
    step: str
    event: str
    version: int
    before: str
    state: str
    at: datetime
    live: bool
    system: UUID | None
    by: Actor
    now: datetime
    followed: bool = False


happened: list[Callable[..., object]] = []
"""(told=Sequence[Happened]): what deeds did, in order; within the deed's transaction and with its subject's row locked. Who
listens writes rows and nothing else, and costs no statement where nobody waits for them."""

event_words: dict[str, object] = {}
"""event → that in a few (lazily translated) words, in the order in which a page lists them."""

outside_url: dict[str, Callable[[str, Collection[str]], str]] = {}
"""kind of a subject → (its number, the scopes of a connected system) → the path at which that system reads it."""

copy_words: dict[str, object] = {}
"""why somebody is kept informed (worklist.copy) → that in a few (lazily translated) words."""

verb_words: dict[str, object] = {}
"""trail verb → the deed in a few (lazily translated) words."""

kind_words: dict[str, object] = {}
"""subject kind → its name for people (lazily translated)."""

public_names: list[Callable[[Iterable[UUID]], Mapping[UUID, str]]] = []
"""person ids → the names shown by duty, for the rooms below people."""

order_kinds: dict[str, Any] = {}
"""kind of an ask → what it declares (ground.orders' Kind)."""

order_guards: dict[str, Callable[..., Mapping[UUID, str]]] = {}
"""customer of an order → (kind=str, persons=Collection[UUID], now=datetime) → who of them may not claim one, and why."""

order_confirmed: dict[str, Callable[..., tuple[int, str] | None]] = {}
"""customer of an order → (order=, claim=, by=Actor, now=datetime): both sides said that it is done; same transaction.
Answers with the points that the giver got, and why none; None where the kind earns none."""

passbook_issued: list[Callable[..., object]] = []
"""(persons=, by=Actor, now=datetime): they hold a passbook from now on; same transaction."""

order_rungs: dict[str, Callable[[str, str], Mapping[str, Any] | None]] = {}
"""rung of a ladder → (path, path of the grid or '') → the address of its to-do; None where nobody stands on it."""

order_customers: dict[str, Any] = {}
"""customer of orders → how its form of asking speaks (ground.orders' Customer)."""

order_points: list[Callable[[date], Mapping[str, int]]] = []
"""a day → rule of the points bank → the points that one act earns on it; rules that give nothing are left out."""

order_paced: list[Callable[[date], Callable[[str, int], int]]] = []
"""a day → (path of an ask, points of a rule) → the points that one act earns there."""

settlements: list[Callable[[str], Mapping[str, str]]] = []
"""path → the county, streets and communities at or below it: path → name, for the rooms beside territory."""


def link(actor: Actor, kind: str, subject: UUID) -> str:
    """Address of a subject, or '' where the kind has no page."""
    find = subject_url.get(kind)
    return find(actor, subject) if find else ""


def names_of(persons: Iterable[UUID]) -> dict[UUID, str]:
    """Public names of persons, as far as anybody knows them."""
    wanted = list(persons)
    return {key: name for find in public_names for key, name in find(wanted).items()} if wanted else {}


def settlements_under(path: str) -> dict[str, str]:
    """The county, streets and communities at or below a path by their paths, in the county's order."""
    return {key: name for find in settlements for key, name in find(path).items()}
