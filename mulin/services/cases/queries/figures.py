"""The raw records behind figures: named sets of cases over a window, as things stood at its end (rows 7 to 9, 12 to 21, 44).

A set is a part of a base. However many sets are counted, each base is read once. What columns no longer tell, because a
case moved on after the window's end (reopened, merged, taken back, given more time), ``moved`` reads from its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Case as Choose
from django.db.models import (
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models import DateTimeField as Moment
from django.db.models.functions import Coalesce

from mulin.services.cases.models import Case, CaseStep, Deferral, Exclusion, Rating
from mulin.services.cases.models.case import ENDED_OTHERWISE, UNCLOSED
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
    """Open and due at its end; given more time since."""
    resting: tuple[UUID, ...] = ()
    """Shelved, or in a statutory wait, at its end."""
    reopened: tuple[UUID, ...] = ()
    """Reopened within the window after they had been closed."""
    excluded: tuple[UUID, ...] = ()
    """Left out at its end; reopened since."""
    signed: tuple[UUID, ...] = ()
    """Signed off as hard problems within the window; reopened since."""


def moved(start: datetime, end: datetime, until: datetime) -> Look:
    """The window with what moved since, and what rests at its end. Four statements, over those cases only."""
    ids: dict[str, list[UUID]] = {name: [] for name in Look.__dataclass_fields__ if name not in _MOMENTS}
    decided: set[UUID] = set()
    for row in _unclosings(start, until):
        if row["at"] < until:
            ids["reopened"].append(row["case_id"])
        elif row["case_id"] not in decided and row["was"] is not None and row["was"] < until:
            decided.add(row["case_id"])
            ids["closed" if row["was"] >= start else "finished"].append(row["case_id"])
            for name in ("excluded", "signed"):
                if row[name]:
                    ids[name].append(row["case_id"])
            due = row["facts"].get("due_before")
            if due is None or (row["done"] or row["was"]) <= datetime.fromisoformat(due):
                ids["in_time"].append(row["case_id"])
    for case, before in _other_ends(until):
        if case not in decided:
            decided.add(case)
            ids["finished" if before in OTHER_ENDS else "open"].append(case)
            if before == State.MERGED:
                ids["merged"].append(case)
    ids["late"] += _given_time(until)
    ids["resting"] += _resting_at(until)
    return Look(start, end, until, **{name: tuple(found) for name, found in ids.items()})


_MOMENTS = ("start", "end", "until")


def _unclosings(start: datetime, until: datetime) -> Iterable[dict[str, Any]]:
    """Closed cases that were sent back since the window began, with the moment of the closing that it undid."""
    closing = CaseStep.objects.filter(case=OuterRef("case"), to_state=State.CLOSED, at__lte=OuterRef("at"))
    latest = closing.exclude(from_state=State.CLOSED).order_by("-at", "-id").values("at")[:1]
    left_out = Exclusion.objects.filter(case=OuterRef("case"), granted=True, decided_at__lt=until)
    sign = CaseStep.objects.filter(case=OuterRef("case"), action="sign_off_hard", at__gte=start, at__lt=until)
    result = CaseStep.objects.filter(case=OuterRef("case"), action="dispose", at__lte=OuterRef("at"))
    rows = CaseStep.objects.filter(UNCLOSED, at__gte=start, case__reported_at__lt=until).annotate(
        was=Subquery(latest),
        done=Subquery(result.order_by("-at", "-id").values("at")[:1]),
        excluded=Exists(left_out),
        signed=Exists(sign),
    )
    told = ("case_id", "at", "facts", "was", "done", "excluded", "signed")
    found: Iterable[dict[str, Any]] = rows.order_by("at", "id").values(*told).iterator()
    return found


def _other_ends(until: datetime) -> Iterable[tuple[UUID, str]]:
    """The first time since the window's end that a case ended otherwise than by closing, or came back from there."""
    rows = CaseStep.objects.filter(ENDED_OTHERWISE, at__gte=until, case__reported_at__lt=until)
    return rows.order_by("at", "id").values_list("case_id", "from_state").iterator()


def _given_time(until: datetime) -> list[UUID]:
    """Cases that were overdue at the window's end and were given more time since."""
    rows = Deferral.objects.filter(granted=True, decided_at__gte=until, due_before__lt=until)
    return list(rows.values_list("case_id", flat=True))


def _resting_at(until: datetime) -> list[UUID]:
    rows = Deferral.objects.filter(granted=True, decided_at__lt=until).exclude(kind=DeferralKind.EXTENSION)
    return list(
        rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=until)).values_list("case_id", flat=True)
    )


# ── bases and their parts ────────────────────────────────────────────────────────────────────────────────────────

_BY_PEOPLE = ~_FOUND_BY_STAFF
_RESPONSE_DUE = Coalesce(
    F("response_due_at"),
    ExpressionWrapper(F("reported_at") + Value(LIMITS.handle), output_field=Moment()),
)
"""A case without a limit of its own gets the county's default."""


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


def _excluded(look: Look) -> Q:
    return Q(excluded_at__lt=look.until) | Q(pk__in=look.excluded)


def _due(look: Look) -> Q:
    return (_closed(look) | _late(look)) & ~_excluded(look)


def _settled(look: Look) -> Q:
    """People's matters that ended in the window or whose ending did not hold: a reopened one counts, once."""
    return (_closed(look) | Q(pk__in=look.reopened)) & _BY_PEOPLE & ~_excluded(look)


def _counted_closed(look: Look) -> Q:
    return _closed(look) & ~_excluded(look)


def _in_time(look: Look) -> Q:
    """The total clock stops at the result: waiting for a rating or a verification makes nothing late."""
    in_time = Q(due_at__isnull=True) | Q(disposed_at__lte=F("due_at"))
    return _counted_closed(look) & (in_time & ~Q(pk__in=look.closed) | Q(pk__in=look.in_time))


def _rated(look: Look, *scores: str) -> Q:
    """Ratings of the closure that counts, before the window's end. Of what was reopened since, whichever came by then.

    Nearly all came within the window, in a first or second round: those are looked up once for all cases (a question per
    case is what a year cannot afford). Only where the result is older than the window may a rating be older, too.
    """
    rows = Rating.objects.filter(rated_at__lt=look.until)
    rows = rows.filter(score__in=scores) if scores else rows.exclude(score=Score.NO_RATING)
    own = rows.filter(case=OuterRef("pk"))
    found = Q(pk__in=look.closed) & Q(Exists(own))
    found |= (Q(disposed_at__lt=look.start) | Q(round__gt=2)) & Q(
        Exists(own.filter(closure=OuterRef("round")))
    )
    for number in (1, 2):
        recent = rows.filter(rated_at__gte=look.start, closure=number).values("case_id")
        found |= Q(round=number) & Q(pk__in=recent)
    return found


def _stepped(look: Look, *actions: str) -> Any:
    return Exists(CaseStep.objects.filter(case=OuterRef("pk"), action__in=actions, at__lt=look.until))


def _extended(look: Look) -> Q:
    rows = Deferral.objects.filter(kind=DeferralKind.EXTENSION, granted=True, decided_at__lt=look.until)
    return Q(pk__in=rows.values("case_id"))


def _resting_then(look: Look) -> Q:
    """Shelved or waiting at the window's end: its clocks stand still, so it is not due; its share is printed."""
    return Q(pk__in=look.resting) & ~_closed(look) & ~_excluded(look)


def _answerable(look: Look) -> Q:
    """People's matters that were not turned down, whose answer came or was due by the window's end."""
    known = Q(first_response_at__lt=look.until) | Q(response_limit__lt=look.until)
    return _BY_PEOPLE & ~_ended_otherwise(look) & ~_excluded(look) & known


_AT_GRID = Q(level=GRID) | Q(level="") & ~Q(grid_path="")


@dataclass(frozen=True)
class Cut:
    """A named set: the ``part`` of a ``base`` that belongs to it."""

    base: str
    part: Callable[[Look], Q] = field(default=lambda _look: Q())


CUTS: Final[Mapping[str, Cut]] = {
    "reported": Cut("reported"),
    "asked": Cut("reported", lambda look: _BY_PEOPLE & ~_ended_otherwise(look, State.MERGED)),
    "responded": Cut(
        "reported",
        lambda look: _BY_PEOPLE & ~_ended_otherwise(look, State.MERGED) & Q(first_response_at__isnull=False),
    ),
    "answerable": Cut("reported", _answerable),
    "answered_in_time": Cut(
        "reported",
        lambda look: (
            _answerable(look)
            & Q(first_response_at__lt=look.until, first_response_at__lte=F("response_limit"))
        ),
    ),
    "property_complaints": Cut(
        "reported",
        lambda look: (
            Q(matter__property_related=True, compound__isnull=False, accepted_at__isnull=False)
            & ~_ended_otherwise(look)
        ),
    ),
    "screened": Cut("screened"),
    "admitted": Cut("screened", lambda look: Q(accepted_at__gte=look.start, accepted_at__lt=look.until)),
    "closed_still": Cut(
        "closing", lambda look: Q(state=State.CLOSED, closed_at__gte=look.start, closed_at__lt=look.end)
    ),
    "closed": Cut("closing", _counted_closed),
    "closed_in_grid": Cut("closing", lambda look: _counted_closed(look) & _AT_GRID),
    "closed_locally": Cut(
        "closing", lambda look: _counted_closed(look) & (_AT_GRID | Q(level__in=(COMPOUND, COMMUNITY)))
    ),
    "due": Cut("closing", _due),
    "due_with_excluded": Cut("closing", lambda look: _closed(look) | _late(look)),
    "excluded": Cut("closing", lambda look: (_closed(look) | _late(look)) & _excluded(look)),
    "closed_in_time": Cut("closing", _in_time),
    "carried_over": Cut("closing", lambda look: _late(look) & ~_excluded(look)),
    "returned": Cut(
        "closing", lambda look: _due(look) & Q(returns__gt=0) & _stepped(look, "return_not_ours")
    ),
    "extended": Cut("closing", lambda look: _due(look) & _extended(look)),
    "shelved": Cut("closing", _resting_then),
    "due_with_shelved": Cut("closing", lambda look: _due(look) | _resting_then(look)),
    "reworked": Cut(
        "closing",
        lambda look: _counted_closed(look) & Q(reworks__gt=0) & _stepped(look, "verify_fail", "check_fail"),
    ),
    "settled": Cut("closing", _settled),
    "resolved": Cut(
        "closing",
        lambda look: (
            _counted_closed(look) & _BY_PEOPLE & ~Q(pk__in=look.reopened) & ~_rated(look, Score.DISSATISFIED)
        ),
    ),
    "closed_for_people": Cut("closing", lambda look: _counted_closed(look) & _BY_PEOPLE),
    "rated": Cut("closing", lambda look: _counted_closed(look) & _BY_PEOPLE & _rated(look)),
    "compound_issues": Cut(
        "closing", lambda look: _closed(look) & Q(compound__isnull=False, matter__theme__gt="")
    ),
    "hard_signed": Cut("signed"),
}
"""Every set of cases that a figure may name as its numerator or denominator."""


def _base(cases: QuerySet[Case], base: str, look: Look) -> QuerySet[Any]:
    if base == "reported":
        reported = reported_between(cases, look.start, look.end)
        rows: QuerySet[Any] = reported.annotate(response_limit=_RESPONSE_DUE)
        return rows
    if base == "screened":
        in_window = Q(accepted_at__gte=look.start, accepted_at__lt=look.until)
        in_window |= Q(refused_at__gte=look.start, refused_at__lt=look.until)
        return cases.filter(in_window, found_fixed=False)
    if base == "signed":
        signed = Q(hard_signed_at__gte=look.start, hard_signed_at__lt=look.until)
        return cases.filter(signed | Q(pk__in=look.signed))
    return cases.filter(_closed(look) | _late(look) | Q(pk__in=(*look.reopened, *look.resting)))


def case_set(cases: QuerySet[Case], name: str, look: Look) -> QuerySet[Any]:
    """The rows of a named set, out of ``cases``."""
    cut = CUTS[name]
    found: QuerySet[Any] = _base(cases, cut.base, look).filter(cut.part(look))
    return found


def case_counts(cases: QuerySet[Case], names: Iterable[str], look: Look) -> dict[str, dict[str, int]]:
    """name → origin → how many rows of that origin. One statement for each base."""
    wanted: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        wanted.setdefault(CUTS[name].base, []).append(name)
    found: dict[str, dict[str, int]] = {name: {} for names in wanted.values() for name in names}
    for base, cuts in wanted.items():
        rows = with_origin(_base(cases, base, look)).order_by().values("origin")
        counted = {f"n_{name}": Count("id", filter=CUTS[name].part(look)) for name in cuts}
        for row in rows.annotate(**counted):
            for name in cuts:
                found[name][row["origin"]] = row[f"n_{name}"]
    return found


def complaints_by_compound(cases: QuerySet[Case], look: Look) -> dict[UUID, int]:
    """compound → complaints against its property services that were reported in the window. One statement."""
    rows = case_set(cases, "property_complaints", look).order_by().values("compound_id")
    return {row["compound_id"]: row["n"] for row in rows.annotate(n=Count("id"))}


# ── ratings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def rating_set(cases: QuerySet[Case] | None, name: str, look: Look) -> QuerySet[Rating]:
    """``ratings``: those given in the window for cases that count; ``good_ratings``: satisfied and mostly satisfied. None
    for ``cases`` is the whole county."""
    rows = Rating.objects.filter(rated_at__gte=look.start, rated_at__lt=look.until)
    rows = rows.exclude(score=Score.NO_RATING).exclude(_through(_excluded(look), "case__"))
    if cases is not None:
        rows = rows.filter(case__in=cases.order_by().values("pk"))
    if name == "good_ratings":
        rows = rows.filter(score__in=CONTENT)
    return rows


def rating_counts(cases: QuerySet[Case] | None, look: Look) -> dict[str, dict[str, int]]:
    """The same, name → origin → how many. One statement."""
    rows = with_origin(rating_set(cases, "ratings", look), "case__").order_by().values("origin")
    found: dict[str, dict[str, int]] = {"ratings": {}, "good_ratings": {}}
    for row in rows.annotate(n=Count("id"), good=Count("id", filter=Q(score__in=CONTENT))):
        found["ratings"][row["origin"]] = row["n"]
        found["good_ratings"][row["origin"]] = row["good"]
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
