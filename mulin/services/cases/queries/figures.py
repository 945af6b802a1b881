"""The raw records behind figures: named sets of cases over a window, as things stood at its end (rows 7 to 9, 12 to 21, 44).

A set is a part of a base, said in marks. However many sets are counted, a case is read once. What columns no longer tell,
because a case moved on after the window's end (reopened, merged, taken back, given more time), ``moved`` reads from its
steps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models import Case as Choose
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull, LessThanOrEqual

from mulin.services.cases.models import Case, CaseStep, Deferral, Exclusion, Rating
from mulin.services.cases.models.case import ENDED_OTHERWISE, REOPENED, UNCLOSED
from mulin.services.cases.rules import (
    COMMUNITY,
    COMPOUND,
    CONTENT,
    FINISHED,
    GRID,
    LIMITS,
    OTHER_ENDS,
    DeferralKind,
    Provenance,
    Score,
    Source,
    State,
)

PEOPLE, STAFF_FOUND, HISTORIC = "people", "staff_found", "historic"
"""Where a case comes from, for figures: people's reports, found by staff, imported history."""

_FOUND_BY_STAFF = Q(source=Source.PATROL) | Q(found_fixed=True)
_ORIGIN = {
    HISTORIC: Q(provenance=Provenance.HISTORIC),
    STAFF_FOUND: ~Q(provenance=Provenance.HISTORIC) & _FOUND_BY_STAFF,
    PEOPLE: ~Q(provenance=Provenance.HISTORIC) & ~Q(source=Source.PATROL) & Q(found_fixed=False),
}


def every_case() -> QuerySet[Case]:
    """All cases of the county in force. For figures only: pages for a person start at ``visible_to``."""
    return Case.objects.all()


def within(cases: QuerySet[Case], path: str = "/", unit: UUID | None = None) -> QuerySet[Case]:
    """The cases that lie at or below a path, as they are placed now; those that a unit leads, or led to the end."""
    if path not in ("", "/"):
        cases = cases.filter(place_path__startswith=path)
    return cases if unit is None else cases.filter(unit=unit)


def from_origin(cases: QuerySet[Case], origin: str) -> QuerySet[Case]:
    """The cases of one origin (PEOPLE, STAFF_FOUND or HISTORIC)."""
    return cases.filter(_ORIGIN[origin])


def with_origin(cases: QuerySet[Any], through: str = "") -> QuerySet[Any]:
    """Rows annotated with the ``origin`` of their case; ``through`` is the way to it, such as ``case__``."""
    whens = [When(_through(one, through), then=Value(name)) for name, one in _ORIGIN.items()]
    found: QuerySet[Any] = cases.annotate(
        origin=Choose(*whens, default=Value(PEOPLE), output_field=CharField())
    )
    return found


def _through(condition: Q, way: str) -> Q:
    """The same condition on a row that points at a case."""
    if not way:
        return condition
    told: list[Any] = condition.children
    parts = [_through(one, way) if isinstance(one, Q) else (f"{way}{one[0]}", one[1]) for one in told]
    return Q(*parts, _connector=condition.connector, _negated=condition.negated)


def reported_between(cases: QuerySet[Case], start: datetime, end: datetime) -> QuerySet[Case]:
    """Reported in [start, end)."""
    return cases.filter(reported_at__gte=start, reported_at__lt=end)


# ── what moved since ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Look:
    """A window [start, end) looked at as things stood at ``until``: its end, or now where it is not over. The ids are of
    cases whose columns tell something else by now."""

    start: datetime
    end: datetime
    until: datetime
    closed: tuple[UUID, ...] = ()
    """Closed in the window and closed at its end; reopened since."""
    in_time: tuple[UUID, ...] = ()
    """Of those, the ones whose result had come within the total clock of that round."""
    finished: tuple[UUID, ...] = ()
    """At its end finished in some other way, or closed before it began; open again since."""
    merged: tuple[UUID, ...] = ()
    """Of those, the ones that were merged."""
    open: tuple[UUID, ...] = ()
    """Open at its end; merged, withdrawn or not admitted since."""
    late: tuple[UUID, ...] = ()
    """Open and due at its end; given more time since, or reopened."""
    resting: tuple[UUID, ...] = ()
    """Shelved, or in a statutory wait, at its end."""
    reopened: tuple[UUID, ...] = ()
    """Reopened within the window after they had been closed, and not closed in it for good: the mark ``reopened`` holds of
    the others, too."""
    excluded: tuple[UUID, ...] = ()
    """Left out at its end; reopened since."""
    signed: tuple[UUID, ...] = ()
    """Signed off as hard problems within the window; reopened since."""
    few: bool = False
    """Asked of a few cases: what is looked up once for a year of them is asked of each."""


def moved(start: datetime, end: datetime, until: datetime, among: Collection[UUID] | None = None) -> Look:
    """The window with what moved since, and what rests at its end. Five statements, over those cases only; ``among``: of
    these few."""

    def of(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        return rows if among is None else rows.filter(case__in=among)

    ids: dict[str, list[UUID]] = {name: [] for name in Look.__dataclass_fields__ if name not in _MOMENTS}
    decided: set[UUID] = set()
    for row in of(_unclosings(start, until)):
        if row["case_id"] not in decided:
            decided.add(row["case_id"])
            ids["closed" if row["was"] >= start else "finished"].append(row["case_id"])
            for name in ("excluded", "signed"):
                if row[name]:
                    ids[name].append(row["case_id"])
            due = row["facts"].get("due_before")
            if due is None or (row["done"] or row["was"]) <= datetime.fromisoformat(due):
                ids["in_time"].append(row["case_id"])
    for case, before in of(_other_ends(until)):
        if case not in decided:
            decided.add(case)
            ids["finished" if before in OTHER_ENDS else "open"].append(case)
            if before == State.MERGED:
                ids["merged"].append(case)
    more_time, a_round = _given_time(until)
    ids["late"] += [case for (case,) in of(more_time).union(of(a_round))]
    ids["resting"] += [case for (case,) in of(_resting_at(until))]
    ids["reopened"] += [case for (case,) in of(_not_closed_again(start, until))]
    found = {name: tuple(cases) for name, cases in ids.items()}
    return Look(start, end, until, few=among is not None, **found)


_MOMENTS = ("start", "end", "until", "few")


def _unclosings(start: datetime, until: datetime) -> QuerySet[CaseStep, dict[str, Any]]:
    """Cases closed at the window's end that were sent back since, with the moment of the closing that it undid, the oldest
    first."""
    closing = CaseStep.objects.filter(case=OuterRef("case"), to_state=State.CLOSED, at__lte=OuterRef("at"))
    latest = closing.exclude(from_state=State.CLOSED).order_by("-at", "-id").values("at")[:1]
    left_out = Exclusion.objects.filter(case=OuterRef("case"), granted=True, decided_at__lt=until)
    sign = CaseStep.objects.filter(case=OuterRef("case"), action="sign_off_hard", at__gte=start, at__lt=until)
    result = CaseStep.objects.filter(case=OuterRef("case"), action="dispose", at__lte=OuterRef("at"))
    rows = (
        CaseStep.objects.filter(UNCLOSED, at__gte=until).annotate(was=Subquery(latest)).filter(was__lt=until)
    )
    rows = rows.annotate(
        done=Subquery(result.order_by("-at", "-id").values("at")[:1]),
        excluded=Exists(left_out),
        signed=Exists(sign),
    )
    told = ("case_id", "facts", "was", "done", "excluded", "signed")
    found: QuerySet[CaseStep, dict[str, Any]] = rows.order_by("at", "id").values(*told)
    return found


def _sent_back(start: datetime, until: datetime) -> QuerySet[CaseStep]:
    """The steps within the window that sent a closed case back."""
    return CaseStep.objects.filter(UNCLOSED, at__gte=start, at__lt=until)


def _not_closed_again(start: datetime, until: datetime) -> QuerySet[CaseStep, tuple[UUID]]:
    """Of the cases that were reopened within the window, those that no closing within it tells of."""
    again = Q(case__state=State.CLOSED, case__closed_at__gte=start, case__closed_at__lt=until)
    return _sent_back(start, until).exclude(again).values_list("case_id")


def _other_ends(until: datetime) -> QuerySet[CaseStep, tuple[UUID, str]]:
    """The first time since the window's end that a case ended otherwise than by closing, or came back from there."""
    rows = CaseStep.objects.filter(ENDED_OTHERWISE, at__gte=until, case__reported_at__lt=until)
    return rows.order_by("at", "id").values_list("case_id", "from_state")


def _given_time(until: datetime) -> tuple[QuerySet[Deferral, tuple[UUID]], QuerySet[CaseStep, tuple[UUID]]]:
    """Cases that were overdue at the window's end and were given more time since, or a round of its own: reopened before
    they were closed, or closed after it and reopened."""
    rows = Deferral.objects.filter(granted=True, decided_at__gte=until, due_before__lt=until)
    again = CaseStep.objects.filter(REOPENED, at__gte=until, case__reported_at__lt=until)
    again = again.annotate(due=Cast(KT("facts__due_before"), DateTimeField())).filter(due__lt=until)
    return rows.values_list("case_id"), again.values_list("case_id")


def _resting_at(until: datetime) -> QuerySet[Deferral, tuple[UUID]]:
    rows = Deferral.objects.filter(granted=True, decided_at__lt=until).exclude(kind=DeferralKind.EXTENSION)
    return rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=until)).values_list("case_id")


# ── marks: what a figure asks of a case ──────────────────────────────────────────────────────────────────────────

WAITED = ExpressionWrapper(F("first_response_at") - F("reported_at"), output_field=DurationField())


def _answer_due(look: Look) -> Q:
    """A case without a limit of its own gets the county's default. What is the same for all cases is reckoned here and not
    by the database: adding a span to a moment costs it more than reading the row."""
    default = Q(response_due_at__isnull=True, reported_at__lt=look.until - LIMITS.handle)
    return Q(response_due_at__lt=look.until) | default


def _answered_in_time(_look: Look) -> Q:
    default = Q(response_due_at__isnull=True) & Q(LessThanOrEqual(WAITED, LIMITS.handle))
    return Q(first_response_at__lte=F("response_due_at")) | default


def _screened(look: Look) -> Q:
    accepted = Q(accepted_at__gte=look.start, accepted_at__lt=look.until)
    refused = Q(refused_at__gte=look.start, refused_at__lt=look.until)
    return (accepted | refused) & Q(found_fixed=False)


def _closed(look: Look) -> Q:
    return Q(state=State.CLOSED, closed_at__gte=look.start, closed_at__lt=look.until) | Q(pk__in=look.closed)


def _late(look: Look) -> Q:
    """Due before the window's end, and open at it. One whose reporter was asked has its clock at rest."""
    due = Q(due_at__lt=look.until, reported_at__lt=look.until)
    still = Q(closed_at__isnull=True, due_at__isnull=False) & ~Q(state__in=FINISHED)
    since = Q(state=State.CLOSED, closed_at__gte=look.until, closed_at__gt=F("due_at"))
    resting = Q(paused_since__isnull=False, paused_since__lt=F("due_at"))
    shown = due & still & ~resting | due & since | due & Q(pk__in=look.open)
    late = Q(pk__in=look.late, reported_at__lt=look.until) & (still | Q(closed_at__gte=look.until))
    return (shown | late) & ~Q(pk__in=(*look.finished, *look.closed))


def _ended_otherwise(look: Look, *states: State) -> Q:
    """Merged, withdrawn or not admitted at the window's end, of what was reported in it."""
    now = Q(state__in=states or OTHER_ENDS) & ~Q(pk__in=look.open)
    then = look.finished if not states else look.merged
    return now | Q(pk__in=then, reported_at__gte=look.start)


def _in_time(look: Look) -> Q:
    """The total clock stops at the result: waiting for a rating or a verification makes nothing late."""
    in_time = Q(due_at__isnull=True) | Q(disposed_at__lte=F("due_at"))
    return in_time & ~Q(pk__in=look.closed) | Q(pk__in=look.in_time)


def _rated(look: Look, *scores: str) -> Q:
    """Ratings of the closure that counts, before the window's end. Of what was reopened since, whichever came by then.

    Nearly all came within the window, in a first or second round: those are looked up once for all cases (a question per
    case is what a year cannot afford). Only where the result is older than the window may a rating be older, too.
    """
    rows = Rating.objects.filter(rated_at__lt=look.until)
    rows = rows.filter(score__in=scores) if scores else rows.exclude(score=Score.NO_RATING)
    own = rows.filter(case=OuterRef("pk"))
    found = Q(pk__in=look.closed) & _one_by_one(own)
    old = Q(disposed_at__isnull=False) & (Q(disposed_at__lt=look.start) | Q(round__gt=2))
    found |= old & _one_by_one(own.filter(closure=OuterRef("round")))
    for number in (1, 2):
        found |= Q(round=number) & any_of(look, rows.filter(rated_at__gte=look.start, closure=number))
    return found


def _stepped(look: Look, *actions: str) -> Q:
    return _one_by_one(CaseStep.objects.filter(case=OuterRef("pk"), action__in=actions, at__lt=look.until))


def any_of(look: Look, rows: QuerySet[Any]) -> Q:
    """Whether a case has such rows: looked up once for all cases, or asked of each where they are few."""
    return _one_by_one(rows.filter(case=OuterRef("pk"))) if look.few else Q(pk__in=rows.values("case_id"))


def _one_by_one(rows: QuerySet[Any]) -> Q:
    """Whether a case has such rows, asked only of the few cases that come so far. EXISTS would let the planner read the rows
    of all cases of all years beforehand."""
    return Q(IsNull(Subquery(rows.values("pk")[:1]), False))


def _extended(look: Look) -> Q:
    rows = Deferral.objects.filter(kind=DeferralKind.EXTENSION, granted=True, decided_at__lt=look.until)
    return any_of(look, rows)


MARKS: Final[Mapping[str, Callable[[Look], Q]]] = {
    # where it comes from
    "historic": lambda _look: Q(provenance=Provenance.HISTORIC),
    "found": lambda _look: _FOUND_BY_STAFF,
    # what was reported, screened, or signed off as a hard problem in the window
    "reported": lambda look: Q(reported_at__gte=look.start, reported_at__lt=look.end),
    "screened": _screened,
    "signed": lambda look: (
        Q(hard_signed_at__gte=look.start, hard_signed_at__lt=look.until) | Q(pk__in=look.signed)
    ),
    # of what was reported
    "merged": lambda look: _ended_otherwise(look, State.MERGED),
    "ended": lambda look: _ended_otherwise(look),
    "responded": lambda _look: Q(first_response_at__isnull=False),
    "answered": lambda look: Q(first_response_at__lt=look.until),
    "answer_due": _answer_due,
    "answered_in_time": _answered_in_time,
    "property": lambda _look: Q(
        matter__property_related=True, compound__isnull=False, accepted_at__isnull=False
    ),
    # of what was screened
    "admitted": lambda look: Q(accepted_at__gte=look.start, accepted_at__lt=look.until),
    # of what was closed in it, sent back in it, due by its end, or rested then
    "closed_still": lambda look: Q(state=State.CLOSED, closed_at__gte=look.start, closed_at__lt=look.end),
    "closed": _closed,
    "late": _late,
    "excluded": lambda look: Q(excluded_at__lt=look.until) | Q(pk__in=look.excluded),
    "in_time": _in_time,
    "open_again": lambda look: Q(pk__in=look.reopened),
    "reopened": lambda look: any_of(look, _sent_back(look.start, look.until)),
    "resting": lambda look: Q(pk__in=look.resting),
    "in_grid": lambda _look: Q(level=GRID) | Q(level="") & ~Q(grid_path=""),
    "near": lambda _look: Q(level__in=(COMPOUND, COMMUNITY)),
    "returned": lambda look: Q(returns__gt=0) & _stepped(look, "return_not_ours"),
    "reworked": lambda look: Q(reworks__gt=0) & _stepped(look, "verify_fail", "check_fail"),
    "extended": _extended,
    "rated": _rated,
    "dissatisfied": lambda look: _rated(look, Score.DISSATISFIED),
    "compound_issue": lambda _look: Q(compound__isnull=False, matter__theme__gt=""),
}
"""What is true of a case at the window's end or not. A set is said in these words, so that a case is asked each of them
once, however many sets are counted."""


BASES: Final[Mapping[str, Q]] = {
    "reported": Q(reported=True),
    "screened": Q(screened=True),
    "signed": Q(signed=True),
    "closing": Q(closed=True) | Q(late=True) | Q(open_again=True) | Q(resting=True),
}
"""What is read for a figure, said in marks. Each has a column with an index for its window."""


@dataclass(frozen=True)
class Cut:
    """A named set: the part of a ``base`` of which these marks are true, or not."""

    base: str
    part: Q = field(default_factory=Q)


_BY_PEOPLE = Q(found=False)
_CLOSED = Q(closed=True, excluded=False)
_DUE = (Q(closed=True) | Q(late=True)) & Q(excluded=False)
_ANSWERABLE = _BY_PEOPLE & Q(ended=False, excluded=False) & (Q(answered=True) | Q(answer_due=True))
_RESTING = Q(resting=True, closed=False, excluded=False)
"""Shelved or waiting at the window's end: its clocks stand still, so it is not due; its share is printed."""

CUTS: Final[Mapping[str, Cut]] = {
    "reported": Cut("reported"),
    "asked": Cut("reported", _BY_PEOPLE & Q(merged=False)),
    "responded": Cut("reported", _BY_PEOPLE & Q(merged=False, responded=True)),
    # people's matters that were not turned down, whose answer came or was due by the window's end
    "answerable": Cut("reported", _ANSWERABLE),
    "answered_in_time": Cut("reported", _ANSWERABLE & Q(answered=True, answered_in_time=True)),
    "property_complaints": Cut("reported", Q(property=True, ended=False)),
    "screened": Cut("screened"),
    "admitted": Cut("screened", Q(admitted=True)),
    "closed_still": Cut("closing", Q(closed_still=True)),
    "closed": Cut("closing", _CLOSED),
    "closed_in_grid": Cut("closing", _CLOSED & Q(in_grid=True)),
    "closed_locally": Cut("closing", _CLOSED & (Q(in_grid=True) | Q(near=True))),
    "due": Cut("closing", _DUE),
    "due_with_excluded": Cut("closing", Q(closed=True) | Q(late=True)),
    "excluded": Cut("closing", (Q(closed=True) | Q(late=True)) & Q(excluded=True)),
    "closed_in_time": Cut("closing", _CLOSED & Q(in_time=True)),
    "carried_over": Cut("closing", Q(late=True, excluded=False)),
    "returned": Cut("closing", _DUE & Q(returned=True)),
    "extended": Cut("closing", _DUE & Q(extended=True)),
    "shelved": Cut("closing", _RESTING),
    "due_with_shelved": Cut("closing", _DUE | _RESTING),
    "reworked": Cut("closing", _CLOSED & Q(reworked=True)),
    # people's matters that ended in the window or whose ending did not hold: a reopened one counts, once
    "settled": Cut("closing", (Q(closed=True) | Q(reopened=True)) & _BY_PEOPLE & Q(excluded=False)),
    "resolved": Cut("closing", _CLOSED & _BY_PEOPLE & Q(reopened=False, dissatisfied=False)),
    "closed_for_people": Cut("closing", _CLOSED & _BY_PEOPLE),
    "rated": Cut("closing", _CLOSED & _BY_PEOPLE & Q(rated=True)),
    "compound_issues": Cut("closing", Q(closed=True, compound_issue=True)),
    "hard_signed": Cut("signed"),
}
"""Every set of cases that a figure may name as its numerator or denominator."""


def marks_in(part: Q) -> set[str]:
    """The names of the marks that a part speaks of."""
    told: list[Any] = part.children
    return {name for one in told for name in (marks_in(one) if isinstance(one, Q) else [one[0]])}


def spelled(part: Q, look: Look) -> Q:
    """The condition on a case that a part stands for."""
    told: list[Any] = part.children
    said = [
        spelled(one, look) if isinstance(one, Q) else MARKS[one[0]](look) if one[1] else ~MARKS[one[0]](look)
        for one in told
    ]
    return Q(*said, _connector=part.connector, _negated=part.negated)


def holds(part: Q, true: Set[str]) -> bool:
    """Whether a part is so of a case of which those marks are true."""
    told: list[Any] = part.children
    said = (holds(one, true) if isinstance(one, Q) else (one[0] in true) == one[1] for one in told)
    return (any(said) if part.connector == Q.OR else all(said)) != part.negated


def _among(cases: QuerySet[Case], bases: Iterable[str], look: Look) -> QuerySet[Case]:
    """The cases that belong to any of the bases."""
    some = reduce(or_, (spelled(BASES[base], look) for base in bases))
    return cases.filter(some)


def case_set(cases: QuerySet[Case], name: str, look: Look) -> QuerySet[Case]:
    """The rows of a named set, out of ``cases``."""
    cut = CUTS[name]
    return _among(cases, [cut.base], look).filter(spelled(cut.part, look))


def case_counts(cases: QuerySet[Case], names: Iterable[str], look: Look) -> dict[str, dict[str, int]]:
    """name → origin → how many rows of that origin. One statement, in which a case is read once whatever sets it is in."""
    parts = {name: BASES[CUTS[name].base] & CUTS[name].part for name in names}
    found: dict[str, dict[str, int]] = {name: {} for name in parts}
    marks = sorted({"historic", "found"}.union(*map(marks_in, parts.values())))
    for true, number in _shapes(_among(cases, {CUTS[name].base for name in parts}, look), marks, look):
        origin = origin_of(true)
        for name, part in parts.items():
            if holds(part, true):
                found[name][origin] = found[name].get(origin, 0) + number
    return found


class _Bits(Func):
    """The sum of numbers each of which is another power of two, or nothing."""

    template, arg_joiner, output_field = "%(expressions)s", " + ", BigIntegerField()


def bits_of(marks: Sequence[str], look: Look) -> _Bits:
    """Marks as a number: each is a bit of it."""
    bits = (
        Choose(When(MARKS[name](look), then=Value(1 << place)), default=Value(0))
        for place, name in enumerate(marks)
    )
    return _Bits(*bits)


def true_of(shape: int, marks: Sequence[str]) -> set[str]:
    """The marks that are true of cases of this number."""
    return {name for place, name in enumerate(marks) if shape >> place & 1}


def _shapes(rows: QuerySet[Any], marks: Sequence[str], look: Look) -> Iterable[tuple[set[str], int]]:
    """(the marks that are true, of how many rows): as many lines as there are shapes of cases, whatever their number. One
    statement."""
    try:
        shaped = rows.order_by().annotate(shape=bits_of(marks, look)).values("shape")
        sql, params = shaped.query.sql_with_params()
    except EmptyResultSet:
        return
    # OFFSET 0 keeps the planner from expecting as many shapes as there are cases, and sorting them.
    statement = f"SELECT shape, count(*) FROM ({sql} OFFSET 0) marked GROUP BY shape"  # noqa: S608  (made by the compiler)
    with connection.cursor() as cursor:  # sql: the compiler put the county into the rows
        cursor.execute(statement, params)
        for shape, number in cursor.fetchall():
            yield true_of(shape, marks), number


def origin_of(true: Set[str]) -> str:
    if "historic" in true:
        return HISTORIC
    return STAFF_FOUND if "found" in true else PEOPLE


def complaints_by_compound(cases: QuerySet[Case], look: Look) -> dict[UUID, int]:
    """compound → complaints against its property services that were reported in the window. One statement."""
    rows = case_set(cases, "property_complaints", look).order_by().values("compound_id")
    return {row["compound_id"]: row["n"] for row in rows.annotate(n=Count("id"))}


# ── ratings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def ratings_given(cases: QuerySet[Case] | None, look: Look) -> QuerySet[Rating]:
    rows = Rating.objects.filter(rated_at__gte=look.start, rated_at__lt=look.until)
    rows = rows.exclude(score=Score.NO_RATING)
    return rows if cases is None else rows.filter(case__in=cases.order_by().values("pk"))


def rating_set(cases: QuerySet[Case] | None, name: str, look: Look) -> QuerySet[Rating]:
    """``ratings``: those given in the window for cases that count; ``good_ratings``: satisfied and mostly satisfied. None
    for ``cases`` is the whole county."""
    rows = ratings_given(cases, look).exclude(_through(MARKS["excluded"](look), "case__"))
    return rows.filter(score__in=CONTENT) if name == "good_ratings" else rows


def rating_counts(cases: QuerySet[Case] | None, look: Look) -> dict[str, dict[str, int]]:
    """The same, name → origin → how many. One statement.

    Each rating asks its own case by key: joined, a year of ratings makes the planner read all cases of all years.
    """
    marks = ("historic", "found")
    own = Case.objects.filter(pk=OuterRef("case_id")).annotate(shape=bits_of(marks, look)).values("shape")
    rows = ratings_given(cases, look).annotate(shape=Subquery(own.filter(~MARKS["excluded"](look))))
    found: dict[str, dict[str, int]] = {"ratings": {}, "good_ratings": {}}
    counted = (
        rows.order_by().values("shape").annotate(n=Count("id"), good=Count("id", filter=Q(score__in=CONTENT)))
    )
    for row in counted:
        if row["shape"] is not None:  # its case is left out
            origin = origin_of(true_of(row["shape"], marks))
            for name, number in (("ratings", row["n"]), ("good_ratings", row["good"])):
                found[name][origin] = found[name].get(origin, 0) + number
    return found


# ── what happens to the clocks: their shares stand beside every rate ─────────────────────────────────────────────


def extended(cases: QuerySet[Case], start: datetime, end: datetime) -> QuerySet[Case]:
    """With an extension granted in [start, end)."""
    granted = _deferrals(DeferralKind.EXTENSION).filter(decided_at__gte=start, decided_at__lt=end)
    return cases.filter(Exists(granted))


def shelved(cases: QuerySet[Case], at: datetime) -> QuerySet[Case]:
    """Shelved at a moment."""
    return cases.filter(_resting(DeferralKind.SHELVE, at))


def waiting(cases: QuerySet[Case], at: datetime) -> QuerySet[Case]:
    """In a statutory wait at a moment."""
    return cases.filter(_resting(DeferralKind.WAIT, at))


def overdue(cases: QuerySet[Case], at: datetime) -> QuerySet[Case]:
    """Total clock run out by a moment, and nothing done by then: neither a result, nor resting. By the due time and the
    round that stand now; withdrawn and merged ones are left out."""
    undone = (Q(disposed_at__isnull=True) | Q(disposed_at__gt=at)) & (
        Q(refused_at__isnull=True) | Q(refused_at__gt=at)
    )
    open_then = cases.filter(undone, reported_at__lte=at, due_at__lt=at)
    return open_then.exclude(state__in=(State.WITHDRAWN, State.MERGED)).exclude(
        _resting(DeferralKind.SHELVE, at) | _resting(DeferralKind.WAIT, at)
    )


def _deferrals(kind: str) -> QuerySet[Deferral]:
    return Deferral.objects.filter(case=OuterRef("pk"), kind=kind, granted=True)


def _resting(kind: str, at: datetime) -> Q:
    begun = _deferrals(kind).filter(decided_at__lte=at)
    return Q(Exists(begun.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))))
