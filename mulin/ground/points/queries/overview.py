"""What the rules bring, for whoever keeps them: by rule, by community, by group of people, each down to its rows.

A group is what somebody holds now: his passbook's kind or his role. No age, party or hardship is kept of people, so
nothing is told by these. Groups of few are put together (``rules.fairness.merged``), and are told for a month and the
reader's whole area only: no two such tables overlap, so that none is taken from another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from mulin.ground.access import queries as access
from mulin.ground.points.models import Act, CallBack, Review, RuleVersion
from mulin.ground.points.queries.fairness import Deed, deeds
from mulin.ground.points.queries.standing import put_right
from mulin.ground.points.rules import REASONS
from mulin.ground.points.rules.fairness import LEVELS, Called, Group, merged
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.paging import Page, page

GROUPS: Final = {
    "family": _("家庭存折"),
    "staff": _("有职务的人（网格员、社区等）"),
    "rider": _("骑手"),
    "resident": _("其他居民"),
}


def area(actor: Actor, column: str) -> Q:
    """Rows in the territories over which the actor sits at a counter."""
    found = Q(pk__in=())
    for path in actor.paths(*LEVELS):
        found |= Q(**{f"{column}__startswith": path})
    return found


@dataclass(frozen=True)
class Asked:
    """Days (both included) and what they are narrowed to; '' is everything."""

    first: date
    last: date
    place: str = ""
    rule: str = ""
    reason: str = ""
    group: tuple[str, ...] = ()
    called: str = ""


def acts(actor: Actor, asked: Asked) -> QuerySet[Act]:
    """Acts confirmed in these days in the actor's area, those put right since left out."""
    rows = Act.objects.filter(
        ~put_right(),
        area(actor, "account__path"),
        confirmed_on__gte=asked.first,
        confirmed_on__lte=asked.last,
    )
    if asked.place:
        rows = rows.filter(account__path__startswith=asked.place)
    if asked.rule:
        rows = rows.filter(rule__code=asked.rule)
    if asked.reason:
        rows = rows.filter(points=0) if asked.reason == "any" else rows.filter(reason=asked.reason)
    if asked.group:
        some = Q(pk__in=())
        for code in asked.group:
            some |= GROUP_IS[code]()
        rows = rows.filter(some)
    if asked.called:
        called = CallBack.objects.filter(transfer=OuterRef("transfer"), county_id=OuterRef("county_id"))
        rows = rows.filter(Exists(called if asked.called == "any" else called.filter(state=asked.called)))
    return rows


GROUP_IS: Final[dict[str, Any]] = {
    "family": lambda: Q(account__kind="household"),
    "staff": lambda: Q(account__kind="person", person__in=access.on_duty()),
    "rider": lambda: (
        Q(account__kind="person", person__in=access.holding("rider")) & ~Q(person__in=access.on_duty())
    ),
    "resident": lambda: (
        Q(account__kind="person") & ~Q(person__in=access.on_duty()) & ~Q(person__in=access.holding("rider"))
    ),
}


@dataclass
class Line:
    """A rule's or a community's numbers. ``zero``: acts without points by reason; ``called``: call-backs by outcome."""

    key: str
    name: str
    acts: int = 0
    points: int = 0
    zero: dict[str, int] = field(default_factory=dict)
    called: dict[str, int] = field(default_factory=dict)

    @property
    def without(self) -> int:
        """Acts that brought nothing."""
        return sum(self.zero.values())

    @property
    def asked_back(self) -> int:
        """Call-backs of them, whatever came of it."""
        return sum(self.called.values())

    @property
    def zero_words(self) -> list[tuple[str, object, int]]:
        """(code, why in words, how many)."""
        return [(code, REASONS[code], n) for code, n in sorted(self.zero.items())]

    @property
    def called_words(self) -> list[tuple[str, object, int]]:
        """(code, outcome in words, how many)."""
        return [(code, Called(code).label, n) for code, n in sorted(self.called.items())]


@dataclass(frozen=True)
class GroupLine:
    """A group as it may be shown: without numbers where it is too few people."""

    codes: str
    names: list[object]
    group: Group


@dataclass(frozen=True)
class Overview:
    """Everything on the page. ``reviews``: patterns by verdict."""

    rules: list[Line]
    places: list[Line]
    groups: list[GroupLine]
    whole: Line
    reviews: dict[str, int]


def overview(actor: Actor, asked: Asked) -> Overview:
    """The numbers of some days. Eleven statements, for any number of acts."""
    found = acts(actor, asked)
    names = rule_names()
    rules = _lines(found, asked, "rule__code", names)
    paths = set(found.values_list("account__path", flat=True).distinct())
    places = _lines(found, asked, "account__path", territory.names_of_paths(paths))
    whole = Line("", "")
    for line in rules:
        _add(whole, line)
    reviews = Review.objects.filter(
        area(actor, "path"), found_at__date__gte=asked.first, found_at__date__lte=asked.last
    )
    return Overview(
        rules=rules,
        places=places,
        groups=groups_of(found),
        whole=whole,
        reviews=dict(reviews.values_list("state").annotate(n=Count("id"))),
    )


def _lines(found: QuerySet[Act], asked: Asked, column: str, names: dict[str, str]) -> list[Line]:
    lines: dict[str, Line] = {}
    for key, reason, n, points in found.values_list(column, "reason").annotate(
        n=Count("id"), p=Sum("points")
    ):
        line = lines.setdefault(key, Line(key, names.get(key, key)))
        line.acts, line.points = line.acts + n, line.points + points
        if reason:
            line.zero[reason] = line.zero.get(reason, 0) + n
    called = CallBack.objects.filter(transfer_id__in=found.values("transfer_id"))
    by = {"rule__code": "transfer__acts__rule__code", "account__path": "account_path"}[column]
    for key, state, n in called.values_list(by, "state").annotate(n=Count("id")):
        lines[key].called[state] = lines[key].called.get(state, 0) + n
    return sorted(lines.values(), key=lambda line: line.name)


def _add(whole: Line, line: Line) -> None:
    whole.acts, whole.points = whole.acts + line.acts, whole.points + line.points
    for into, told in ((whole.zero, line.zero), (whole.called, line.called)):
        for code, n in told.items():
            into[code] = into.get(code, 0) + n


def groups_of(found: QuerySet[Act]) -> list[GroupLine]:
    """The groups of some acts as they may be shown, the largest first. Four statements."""
    counted = []
    for code, some in GROUP_IS.items():
        told = found.filter(some()).aggregate(
            members=Count("account__owner" if code == "family" else "person", distinct=True),
            n=Count("id"), p=Sum("points"),
        )  # fmt: skip
        counted.append(Group((code,), told["members"], told["n"], told["p"] or 0))
    return [
        GroupLine("+".join(one.codes), [GROUPS[code] for code in one.codes], one) for one in merged(counted)
    ]


def shown_groups(actor: Actor, asked: Asked) -> dict[tuple[str, ...], list[object]]:
    """The groups of these days that may be opened, those that are shown by themselves: codes → names. Four statements."""
    whole = acts(actor, Asked(asked.first, asked.last))
    return {one.group.codes: one.names for one in groups_of(whole) if one.group.shown}


def rows(actor: Actor, asked: Asked, *, at: str = "", size: int = 30) -> Page:
    """A page of the acts behind a number, newest first. At most ten statements."""
    shown = page(acts(actor, asked), by="-confirmed_on", at=at, size=size)
    told: dict[UUID, Deed] = {one.transfer: one for one in deeds(one.transfer_id for one in shown.rows)}
    return shown.of([told[one.transfer_id] for one in shown.rows])


def rule_names() -> dict[str, str]:
    """Rule → what it is called last. One statement."""
    return dict(RuleVersion.objects.order_by("effective_on").values_list("rule__code", "name"))


def rule_name(code: str) -> str:
    """What a rule is called last; its code where there is none. One statement."""
    found = (
        RuleVersion.objects.filter(rule__code=code).order_by("-effective_on").values_list("name", flat=True)
    )
    return found.first() or code
