"""Persons: added, corrected, looked at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries
from mulin.ground.people.models import Person
from mulin.ground.people.permissions import may_manage_people
from mulin.ground.people.queries import Contact
from mulin.ground.people.rules import checked_email, checked_name, checked_phone, checked_service_phone
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.secrets import encrypt, keyed_hash

LANGUAGES = ("", "zh-hans", "en")


def add_person(
    *,
    by: Actor,
    now: datetime,
    name: str = "",
    phone: str = "",
    email: str = "",
    wechat: str = "",
    public_name: str = "",
    work_phone: str = "",
) -> Person:
    """Register a person with no more than is needed. Contact data is stored encrypted, the phone with a
    keyed hash.

    ``public_name`` and ``work_phone`` are what the public sees of staff. Refuses a number that is no
    number, and one that another person has ("phone_known"): of two at once, one is refused.
    """
    row = _built(
        now,
        name=name,
        phone=phone,
        email=email,
        wechat=wechat,
        public_name=public_name,
        work_phone=work_phone,
    )
    if _registered(row, by, now).pk != row.pk:
        raise Refused("phone_known", _("这个电话号码已经登记过了，请先按号码查找。"), field="phone")
    return row


def find_or_add(*, phone: str, by: Actor, now: datetime, name: str = "") -> Person:
    """The person with this number, registered if nobody has it yet; eight at once make one person.

    The name that is given never replaces one that is there: anybody may type somebody else's number.
    Two statements for a known number, four for a new one. Refuses a number that is no number.
    """
    row = _built(now, name=name, phone=phone)
    if not row.phone_hash:
        raise Refused("phone_missing", _("请留下电话号码。"), field="phone")
    return _registered(row, by, now)


def _built(
    now: datetime,
    *,
    name: str = "",
    phone: str = "",
    email: str = "",
    wechat: str = "",
    public_name: str = "",
    work_phone: str = "",
) -> Person:
    digits = checked_phone(phone)
    return Person(
        name_sealed=encrypt(checked_name(name), bound_to="person.name"),
        phone_sealed=encrypt(digits, bound_to="person.phone"),
        phone_hash=keyed_hash(digits),
        email_sealed=encrypt(checked_email(email), bound_to="person.email"),
        wechat_sealed=encrypt(wechat.strip()[:128], bound_to="person.wechat"),
        public_name=checked_name(public_name, field="public_name"),
        work_phone=checked_service_phone(work_phone, field="work_phone"),
        created_at=now,
    )


@transaction.atomic(savepoint=False)
def _registered(row: Person, by: Actor, now: datetime) -> Person:
    """Insert and record, unless the number is taken (a competing insert is waited for). Whoever has the number now.

    Nothing in here refuses, so a caller's transaction survives a refusal that follows.
    """
    if row.phone_hash:
        Person.objects.bulk_create([row], ignore_conflicts=True)
        standing = Person.objects.get(phone_hash=row.phone_hash)
    else:
        row.save(force_insert=True)
        standing = row
    if standing.pk == row.pk:
        _record_added(row, by, now)
    return standing


def _record_added(row: Person, by: Actor, now: datetime) -> None:
    facts = {"phone": bool(row.phone_hash), "name": bool(row.name_sealed), "staff": bool(row.public_name)}
    record(by=by, now=now, verb="person.added", subject_kind="person", subject_id=row.pk, facts=facts)


@transaction.atomic
def change_person(
    *,
    person: UUID,
    by: Actor,
    now: datetime,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    wechat: str | None = None,
    public_name: str | None = None,
    work_phone: str | None = None,
    language: str | None = None,
    large_print: bool | None = None,
) -> Person:
    """Correct what is given and leave the rest. The trail names the fields, never their values.

    A person corrects his own data; those at a counter correct anybody's, and they alone what the public
    sees of staff. Refuses an erased person, and a number that another person has.
    """
    _may_change(by, person, public=public_name is not None or work_phone is not None)
    row = Person.objects.select_for_update(no_key=True).filter(pk=person).first() or queries.person(person)
    if row.erased_at is not None:
        raise Refused("person_erased", _("这个人的信息已经删除。"))
    before = {field: getattr(row, field) for field in _FIELDS}
    plain = queries.contact(person)
    if name is not None and checked_name(name) != plain.name:
        row.name_sealed = encrypt(checked_name(name), bound_to="person.name")
    if phone is not None and checked_phone(phone) != plain.phone:
        _move_phone(row, checked_phone(phone))
    if email is not None and checked_email(email) != plain.email:
        row.email_sealed = encrypt(checked_email(email), bound_to="person.email")
    if wechat is not None and wechat.strip() != plain.wechat:
        row.wechat_sealed = encrypt(wechat.strip()[:128], bound_to="person.wechat")
    if public_name is not None:
        row.public_name = checked_name(public_name, field="public_name")
    if work_phone is not None:
        row.work_phone = checked_service_phone(work_phone, field="work_phone")
    if language is not None and language in LANGUAGES:
        row.language = language
    if large_print is not None:
        row.large_print = large_print
    changed = [field for field in _FIELDS if getattr(row, field) != before[field]]
    if changed:
        row.save(update_fields=changed)
        facts = {"fields": sorted({field.removesuffix("_sealed").removesuffix("_hash") for field in changed})}
        record(by=by, now=now, verb="person.changed", subject_kind="person", subject_id=row.pk, facts=facts)
    return row


def _may_change(by: Actor, person: UUID, *, public: bool) -> None:
    if not may_manage_people(by) and (public or by.person != person):
        raise NotAllowed(_("个人信息由本人修改，或由社区、街道、县级窗口代办。"))


_FIELDS = (
    "name_sealed", "phone_sealed", "phone_hash", "email_sealed", "wechat_sealed", "public_name",
    "work_phone", "language", "large_print",
)  # fmt: skip


def _move_phone(row: Person, digits: str) -> None:
    known = (
        Person.objects.filter(phone_hash=keyed_hash(digits)).exclude(pk=row.pk).exists() if digits else False
    )
    if known:
        raise Refused("phone_known", _("这个电话号码已经登记在另一个人名下。"), field="phone")
    row.phone_sealed, row.phone_hash = encrypt(digits, bound_to="person.phone"), keyed_hash(digits)


@transaction.atomic
def reveal(*, person: UUID, by: Actor, now: datetime, why: str = "") -> Contact:
    """Plain contact data for somebody who needs it, with the look recorded where the person can read it.

    ``why`` is a short code such as a case number, never personal data. The caller has checked the right to
    look.
    """
    plain = queries.contact(person)
    record(
        by=by,
        now=now,
        verb="person.revealed",
        subject_kind="person",
        subject_id=person,
        facts={"for": why[:60]},
        about=person,
    )
    return plain


def viewed(*, person: UUID, by: Actor, now: datetime) -> None:
    """Write down that somebody was looked up, where the person can read it."""
    record(by=by, now=now, verb="person.viewed", subject_kind="person", subject_id=person, about=person)
