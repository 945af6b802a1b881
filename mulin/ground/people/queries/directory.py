"""Reading people. Whoever shows a contact to somebody records that look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.people.models import (
    Consent,
    HouseholdMember,
    Leave,
    Membership,
    Organisation,
    OrganisationKind,
    Person,
)
from mulin.ground.people.permissions import may_read_directory
from mulin.ground.people.rules import PURPOSE_NAMES, WORDINGS
from mulin.ground.trail import queries as trail
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import decrypt, keyed_hash, mask_name, mask_phone, normal_phone

PURPOSES = tuple(WORDINGS)
OPEN = Q(ended_on__isnull=True)
STANDING = Q(withdrawn_at__isnull=True)


@dataclass(frozen=True)
class Contact:
    """How to reach a person, in plain text. Never goes into a log, an address or a job."""

    name: str = ""
    phone: str = ""
    email: str = ""
    wechat: str = ""

    def masked(self) -> Contact:
        """As it may stand on a page without a reason: ``王**``, ``138****5678``."""
        return Contact(
            mask_name(self.name),
            mask_phone(self.phone),
            "•••" if self.email else "",
            "•••" if self.wechat else "",
        )


def _contact(row: Person) -> Contact:
    return Contact(
        name=decrypt(row.name_sealed, bound_to="person.name"),
        phone=decrypt(row.phone_sealed, bound_to="person.phone"),
        email=decrypt(row.email_sealed, bound_to="person.email"),
        wechat=decrypt(row.wechat_sealed, bound_to="person.wechat"),
    )


# ── persons ─────


def person(key: UUID | None) -> Person:
    """A person of the county in force. Raises NotFound."""
    found = Person.objects.filter(pk=key).first() if key else None
    if found is None:
        raise NotFound(_("没有这个人。"))
    return found


def find_by_phone(phone: str) -> Person | None:
    """The person with this number, however it was typed. One statement, none for what cannot be a number."""
    digits = normal_phone(phone)
    return Person.objects.filter(phone_hash=keyed_hash(digits)).first() if digits else None


def contact(key: UUID) -> Contact:
    """Plain contact data; empty after erasure. The caller records the reveal. Raises NotFound."""
    return _contact(person(key))


def contacts(keys: Iterable[UUID]) -> dict[UUID, Contact]:
    """Plain contact data of several persons, in one statement."""
    return {row.pk: _contact(row) for row in Person.objects.filter(pk__in=list(keys))}


def public_names(keys: Iterable[UUID]) -> dict[UUID, str]:
    """The names that staff bear in public. Residents have none and are left out."""
    wanted = list(keys)
    if not wanted:
        return {}
    rows = Person.objects.filter(pk__in=wanted).exclude(public_name="")
    return dict(rows.values_list("pk", "public_name"))


def work_contacts(keys: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """(public name, work phone) of staff: what may be shown to anybody."""
    rows = Person.objects.filter(pk__in=list(keys)).exclude(public_name="")
    return {key: (name, phone) for key, name, phone in rows.values_list("pk", "public_name", "work_phone")}


def colleague(said: str, *, field: str = "person") -> Person:
    """The colleague whom a public name or a work telephone means. Refuses nobody ("colleague_unknown") and several
    ("colleague_several"). One statement.
    """
    text = " ".join(said.split())
    found = list(Person.objects.filter(Q(public_name=text) | Q(work_phone=text)).exclude(public_name="")[:2])
    if text and len(found) == 1:
        return found[0]
    told = {"name": text[:30]}
    if text and found:
        raise Refused(
            "colleague_several", _("有几位同事都叫“%(name)s”，请改填工作电话。") % told, field=field
        )
    words = _("没有登记叫“%(name)s”的同事，请填对外称呼或工作电话。")
    raise Refused("colleague_unknown", words % told, field=field)


def visible_to(actor: Actor) -> QuerySet[Person]:
    """The staff directory for staff; otherwise only oneself."""
    if may_read_directory(actor):
        return Person.objects.exclude(public_name="")
    return Person.objects.filter(pk=actor.person) if actor.person else Person.objects.none()


def directory(actor: Actor, *, named: str = "", at: str = "", size: int = 50) -> Page:
    """Staff, newest first, filtered by a part of the public name. Two statements for any number of rows."""
    found = visible_to(actor)
    if named:
        found = found.filter(public_name__icontains=named)
    shown = page(found, by="-id", at=at, size=size)
    posts: dict[UUID, list[str]] = {}
    members = Membership.objects.filter(OPEN, person_id__in=[row.pk for row in shown.rows]).select_related(
        "organisation"
    )
    for one in members:
        posts.setdefault(one.person_id, []).append(f"{one.organisation.name} {one.post}".strip())
    return shown.of([{"person": row, "posts": posts.get(row.pk, [])} for row in shown.rows])


# ── organisations ─────


def organisation(key: UUID | None) -> Organisation:
    """An organisation of the county in force. Raises NotFound."""
    found = Organisation.objects.filter(pk=key).first() if key else None
    if found is None:
        raise NotFound(_("没有这个单位。"))
    return found


def organisations(*, kinds: Iterable[str] = (), named: str = "") -> QuerySet[Organisation]:
    """Organisations that exist now, in their order. Names of public bodies are no secret within the
    county.
    """
    found = Organisation.objects.filter(OPEN)
    if kinds:
        found = found.filter(kind__in=list(kinds))
    if named:
        found = found.filter(name__icontains=named)
    return found.order_by("sort_key", "id")


def organisations_page(*, named: str = "", kind: str = "", at: str = "", size: int = 50) -> Page:
    """A page of organisations in their order, with how many work there. Two statements for any number of rows."""
    shown = page(organisations(kinds=[kind] if kind else (), named=named), by="sort_key", at=at, size=size)
    counted = Membership.objects.filter(OPEN, organisation_id__in=[row.pk for row in shown.rows])
    members = dict(counted.values_list("organisation_id").annotate(count=Count("id")))
    return shown.of([{"organisation": row, "members": members.get(row.pk, 0)} for row in shown.rows])


def organisation_names(keys: Iterable[UUID]) -> dict[UUID, str]:
    """Names of organisations, ended ones too."""
    wanted = list(keys)
    return dict(Organisation.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def organisations_by_id(keys: Iterable[UUID]) -> dict[UUID, Organisation]:
    """Organisations by id, ended ones too. One statement, none for nothing."""
    wanted = list(keys)
    return Organisation.objects.in_bulk(wanted) if wanted else {}


def members_of(keys: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Who works in each of some organisations now, as ids. One statement, none for nothing."""
    wanted = list(keys)
    found: dict[UUID, list[UUID]] = {}
    if wanted:
        rows = Membership.objects.filter(OPEN, organisation_id__in=wanted).order_by("started_on", "id")
        for unit, person in rows.values_list("organisation_id", "person_id"):
            found.setdefault(unit, []).append(person)
    return found


def organisation_kinds() -> list[tuple[str, str]]:
    """(value, words) for a form."""
    return [(str(value), str(words)) for value, words in OrganisationKind.choices]


def members(key: UUID) -> QuerySet[Membership]:
    """Who works in an organisation now."""
    return (
        Membership.objects.filter(OPEN, organisation_id=key)
        .select_related("person")
        .order_by("started_on", "id")
    )


def bearers(persons: Iterable[UUID], *, on: date) -> dict[UUID, list[Membership]]:
    """The memberships of some persons on a day in which they bear an enforcement credential, with the organisation. One
    statement.
    """
    now = Q(started_on__lte=on) & (OPEN | Q(ended_on__gt=on))
    rows = Membership.objects.filter(now, person_id__in=list(persons)).exclude(credential="")
    found: dict[UUID, list[Membership]] = {}
    for row in rows.select_related("organisation").order_by("started_on", "id"):
        found.setdefault(row.person_id, []).append(row)
    return found


def housemates(person: UUID) -> set[UUID]:
    """Who lives in one household with a person now, himself included. One statement."""
    homes = HouseholdMember.objects.filter(OPEN, person_id=person).values("household_id")
    rows = HouseholdMember.objects.filter(OPEN, household_id__in=homes)
    return {person, *rows.values_list("person_id", flat=True)}


def memberships(person: UUID) -> QuerySet[Membership]:
    """Where a person works now."""
    return (
        Membership.objects.filter(OPEN, person_id=person)
        .select_related("organisation")
        .order_by("started_on", "id")
    )


# ── consent and the whole of a person ─────


def consents(person: UUID) -> dict[str, Consent]:
    """The consents that stand, by purpose."""
    return {one.purpose: one for one in Consent.objects.filter(STANDING, person_id=person)}


def consented(person: UUID, purpose: str) -> bool:
    """Whether a consent stands."""
    return Consent.objects.filter(STANDING, person_id=person, purpose=purpose).exists()


def consent_lines(person: UUID) -> list[dict[str, Any]]:
    """Each purpose with its name, its wording and the consent that stands, for the page "my data"."""
    given = consents(person)
    return [
        {"purpose": purpose, "name": PURPOSE_NAMES[purpose], "wording": wording, "given": given.get(purpose)}
        for purpose, wording in WORDINGS.items()
    ]


def looks(person: UUID, *, limit: int = 20) -> list[dict[str, Any]]:
    """Who looked at a person's data lately: when, what it was, and who (by public name)."""
    deeds = trail.who_looked_at(person, limit=limit)
    names = public_names({deed.person for deed in deeds if deed.person})
    return [
        {
            "at": deed.at,
            "words": deed.words,
            "own": deed.person == person,
            "who": names.get(deed.person, "") if deed.person else deed.system,
        }
        for deed in deeds
    ]


def export(person_id: UUID) -> dict[str, Any]:
    """Everything that is kept of a person, JSON-ready: his data, consents, posts, what each room adds,
    who looked.
    """
    row = person(person_id)
    plain = _contact(row)
    told: dict[str, Any] = {
        "person": {
            "id": str(row.pk),
            "county": row.county_id,
            "name": plain.name,
            "phone": plain.phone,
            "email": plain.email,
            "wechat": plain.wechat,
            "public_name": row.public_name,
            "work_phone": row.work_phone,
            "language": row.language,
            "large_print": row.large_print,
            "created_at": row.created_at.isoformat(),
            "erased_at": row.erased_at.isoformat() if row.erased_at else None,
        },
        "consents": [_consent(one) for one in Consent.objects.filter(person=row).order_by("id")],
        "organisations": [
            {"name": one.organisation.name, "post": one.post, **_days(one)}
            for one in Membership.objects.filter(person=row).select_related("organisation").order_by("id")
        ],
        "households": [
            {"label": one.household.label, **_days(one)}
            for one in HouseholdMember.objects.filter(person=row).select_related("household").order_by("id")
        ],
    }
    told["leaves"] = [
        {"from": one.first_day.isoformat(), "until": one.last_day.isoformat(), "reason": one.reason}
        for one in Leave.objects.filter(person=row, cancelled_at__isnull=True).order_by("first_day", "id")
    ]
    for tell in hooks.person_export:
        told.update(tell(person_id))
    told["who_looked"] = [
        {"at": one["at"].isoformat(), "deed": one["words"], "by": one["who"]}
        for one in looks(person_id, limit=10_000)
    ]
    return told


def _days(row: Any) -> dict[str, str | None]:
    return {"from": row.started_on.isoformat(), "until": row.ended_on.isoformat() if row.ended_on else None}


def _consent(row: Consent) -> dict[str, str | None]:
    ended = row.withdrawn_at.isoformat() if row.withdrawn_at else None
    return {
        "purpose": row.purpose,
        "wording": row.wording,
        "given_at": row.given_at.isoformat(),
        "withdrawn_at": ended,
    }
