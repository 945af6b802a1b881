"""Professional teams on a day: their home, their leader, their roster, where they were sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mulin.ground.people.models import Membership, Organisation, OrganisationKind, Secondment


def in_force(day: date) -> Q:
    """Begun, and not ended or ended later: the end day itself no longer counts."""
    return Q(started_on__lte=day) & (Q(ended_on__isnull=True) | Q(ended_on__gt=day))


def teams(*, on: date) -> QuerySet[Organisation]:
    """The professional teams that exist on a day, in their order, with their home units."""
    found = Organisation.objects.filter(in_force(on), kind=OrganisationKind.PROFESSIONAL_TEAM)
    return found.select_related("parent").order_by("sort_key", "id")


def active_teams(*, on: date) -> QuerySet[Organisation]:
    """The teams that have somebody on their roster on a day: one that is only registered is not active."""
    roster = Membership.objects.filter(in_force(on), organisation=OuterRef("pk"))
    return teams(on=on).filter(Exists(roster))


def teams_of_department(unit: UUID, *, on: date) -> list[Organisation]:
    """The active teams of a department on a day. One statement."""
    return list(active_teams(on=on).filter(parent_id=unit))


def roster(team: UUID, *, on: date) -> QuerySet[Membership]:
    """Who is on the roster of a team on a day: its leader first, then the longest there."""
    found = Membership.objects.filter(in_force(on), organisation_id=team).select_related("person")
    return found.order_by("-leads", "started_on", "id")


def secondments(team: UUID) -> list[Secondment]:
    """Where a team was sent, the present place first."""
    rows = Secondment.objects.filter(team_id=team).select_related("home", "host")
    return list(rows.order_by("-started_on", "-id"))


def hosts_of(teams: Iterable[UUID], *, on: date) -> dict[UUID, Organisation]:
    """Under whom each team works on a day; those that stayed at home are left out. One statement."""
    rows = Secondment.objects.filter(in_force(on), team_id__in=list(teams)).select_related("host")
    return {row.team_id: row.host for row in rows}


def hosted_teams(hosts: Iterable[UUID], *, on: date) -> QuerySet[Any]:
    """The ids of the teams that work under some units on a day, as a subquery."""
    return Secondment.objects.filter(in_force(on), host_id__in=list(hosts)).values("team_id")


@dataclass(frozen=True)
class TeamLine:
    """A team as a list shows it."""

    team: Organisation
    leader: Membership | None
    size: int
    host: Organisation | None


def team_lines(*, on: date) -> list[TeamLine]:
    """Every team of a day with its leader, the length of its roster and its host. Three statements."""
    rows = list(teams(on=on))
    keys = [row.pk for row in rows]
    sizes: dict[UUID, int] = dict.fromkeys(keys, 0)
    leaders: dict[UUID, Membership] = {}
    members = Membership.objects.filter(in_force(on), organisation_id__in=keys).select_related("person")
    for one in members:
        sizes[one.organisation_id] += 1
        if one.leads:
            leaders[one.organisation_id] = one
    hosts = hosts_of(keys, on=on)
    return [TeamLine(row, leaders.get(row.pk), sizes[row.pk], hosts.get(row.pk)) for row in rows]


def credentials(wanted: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], str]:
    """(team, person) → the number of the credential, as the roster has it last. One statement."""
    pairs = set(wanted)
    if not pairs:
        return {}
    rows = Membership.objects.filter(
        organisation_id__in={team for team, _person in pairs}, person_id__in={who for _team, who in pairs}
    ).exclude(credential="")
    found = rows.order_by("started_on", "id").values_list("organisation_id", "person_id", "credential")
    return {(team, who): number for team, who, number in found if (team, who) in pairs}
