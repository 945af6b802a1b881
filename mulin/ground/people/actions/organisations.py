"""Organisations and who works there, from a day to a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries
from mulin.ground.people.models import Membership, Organisation, OrganisationKind, Secondment
from mulin.ground.people.permissions import may_manage_organisations
from mulin.ground.people.rules import (
    checked_credential,
    checked_name,
    checked_service_phone,
    checked_uscc,
)
from mulin.ground.trail.actions import record
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, Refused


class _Row(Protocol):
    pk: Any


def _key(of: UUID | _Row | None) -> UUID | None:
    """The id of a row, or the id itself."""
    return of if of is None or isinstance(of, UUID) else of.pk


def _must_manage(by: Actor) -> None:
    if not may_manage_organisations(by):
        raise NotAllowed(_("单位由全县的管理员或县级工作人员管理。"))


@transaction.atomic
def add_organisation(
    *,
    by: Actor,
    now: datetime,
    kind: str,
    name: str,
    name_en: str = "",
    parent: UUID | _Row | None = None,
    credit_code: str = "",
    duty_phone: str = "",
    started_on: date | None = None,
    sort_key: str = "",
) -> Organisation:
    """Register a department, street office, team, company. ``sort_key`` orders lists (pinyin if given, else
    the name).

    Refuses an unknown kind, a second one of the same kind and name ("organisation_known"), a wrong credit
    code.
    """
    _must_manage(by)
    if kind not in OrganisationKind.values:
        raise Refused("organisation_kind", _("没有这类单位。"), field="kind")
    called = checked_name(name, longest=80)
    if not called:
        raise Refused("name_missing", _("请写明单位名称。"), field="name")
    row = Organisation(
        kind=kind,
        name=called,
        name_en=checked_name(name_en, field="name_en", longest=120),
        sort_key=(sort_key or called)[:120],
        parent_id=queries.organisation(_key(parent)).pk if parent is not None else None,
        credit_code=checked_uscc(credit_code),
        duty_phone=checked_service_phone(duty_phone, field="duty_phone"),
        started_on=started_on or local_day(now),
    )
    _save_named(row, force_insert=True)
    _record(row, "organisation.added", by, now, kind=kind, name=called)
    return row


@transaction.atomic
def change_organisation(
    *, organisation: UUID | _Row, by: Actor, now: datetime, **values: str
) -> Organisation:
    """Correct ``name``, ``name_en``, ``credit_code``, ``duty_phone`` or ``sort_key``. Raises TypeError
    for others.
    """
    _must_manage(by)
    if stranger := set(values) - {"name", "name_en", "credit_code", "duty_phone", "sort_key"}:
        raise TypeError(f"an organisation's {sorted(stranger)} cannot be changed so")
    row = queries.organisation(_key(organisation))
    checked = dict(values)
    if "name" in checked:
        checked["name"] = checked_name(values["name"], longest=80) or row.name
    if "credit_code" in checked:
        checked["credit_code"] = checked_uscc(values["credit_code"])
    if "duty_phone" in checked:
        checked["duty_phone"] = checked_service_phone(values["duty_phone"], field="duty_phone")
    changed = {field: value for field, value in checked.items() if getattr(row, field) != value}
    if "name" in changed and row.sort_key == row.name and "sort_key" not in changed:
        changed["sort_key"] = changed["name"]
    for field, value in changed.items():
        setattr(row, field, value)
    if changed:
        _save_named(row, update_fields=list(changed))
        _record(row, "organisation.changed", by, now, **changed)
    return row


@transaction.atomic
def end_organisation(
    *, organisation: UUID | _Row, by: Actor, now: datetime, ended_on: date | None = None
) -> Organisation:
    """An organisation is dissolved, and what it answered for ends with it. Refuses while people work there, parts
    of it stand or a team works under it ("organisation_in_use").
    """
    _must_manage(by)
    row = queries.organisation(_key(organisation))
    parts = Organisation.objects.filter(queries.OPEN, parent=row).exists()
    guests = Secondment.objects.filter(queries.OPEN, host=row).exists()
    if parts or guests or Membership.objects.filter(queries.OPEN, organisation=row).exists():
        words = _("这个单位还有人员、下属单位或下沉的队伍，请先办理离任、撤并或召回。")
        raise Refused("organisation_in_use", words, status=409)
    if row.ended_on is None:
        row.ended_on = ended_on or local_day(now)
        row.save(update_fields=["ended_on"])
        for sent in Secondment.objects.filter(queries.OPEN, team=row):
            close(row=sent, day=max(row.ended_on, sent.started_on))
        _end_duties(row.pk, None, row.ended_on, by, now)
        _record(row, "organisation.ended", by, now)
    return row


def _save_named(row: Organisation, **how: Any) -> None:
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError:
        raise Refused("organisation_known", _("已经有同类同名的单位。"), field="name", status=409) from None


@transaction.atomic
def join(
    *,
    organisation: UUID | _Row,
    person: UUID | _Row,
    by: Actor,
    now: datetime,
    post: str = "",
    credential: str | None = None,
    started_on: date | None = None,
) -> Membership:
    """A person begins to work in an organisation; one who works there already keeps his membership,
    with the new post (and the new number of his enforcement credential, where one is given).

    Refuses a number that somebody else bears ("credential_known").
    """
    _must_manage(by)
    unit, who = queries.organisation(_key(organisation)), queries.person(_key(person))
    if unit.ended_on is not None:
        raise Refused("organisation_ended", _("这个单位已经撤销。"))
    if who.erased_at is not None:
        raise Refused("person_erased", _("这个人的信息已经删除。"))
    wanted: dict[str, Any] = {"post": checked_name(post, field="post")}
    if credential is not None:
        wanted["credential"] = checked_credential(credential)
    standing = Membership.objects.filter(queries.OPEN, organisation=unit, person=who).first()
    if standing is not None:
        if all(getattr(standing, field) == value for field, value in wanted.items()):
            return standing
        for field, value in wanted.items():
            setattr(standing, field, value)
    else:
        day = started_on or local_day(now)
        standing = Membership(organisation=unit, person=who, started_on=day, **wanted)
    _save_bearer(standing)
    record(
        by=by, now=now, verb="organisation.joined", subject_kind="organisation", subject_id=unit.pk,
        facts=wanted, about=who.pk,
    )  # fmt: skip
    return standing


@transaction.atomic
def leave(
    *, organisation: UUID | _Row, person: UUID | _Row, by: Actor, now: datetime, ended_on: date | None = None
) -> bool:
    """A person stops working there, and what he did for it elsewhere ends. Whether he did. His roles are ended apart:
    access answers for them.
    """
    _must_manage(by)
    unit, who = queries.organisation(_key(organisation)), queries.person(_key(person))
    rows = Membership.objects.select_for_update(no_key=True).filter(
        queries.OPEN, organisation=unit, person=who
    )
    standing = rows.first()
    if standing is None:
        return False
    standing.ended_on = max(ended_on or local_day(now), standing.started_on)
    standing.save(update_fields=["ended_on"])
    _end_duties(unit.pk, who.pk, standing.ended_on, by, now)
    record(
        by=by,
        now=now,
        verb="organisation.left",
        subject_kind="organisation",
        subject_id=unit.pk,
        about=standing.person_id,
    )
    return True


def _save_bearer(row: Membership) -> None:
    """Save a membership whose credential may be somebody else's. A person joins once, however often he is clicked."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        there = Membership.objects.filter(queries.OPEN, credential=row.credential).exclude(pk=row.pk)
        if not row.credential or not there.exists():
            words = _("这个人刚刚已经登记在这个单位了，请刷新后再看。")
            raise Refused("membership_known", words, status=409) from None
        words = _("执法证号 %(number)s 已经登记在别人名下。") % {"number": row.credential}
        raise Refused("credential_known", words, field="credential", status=409) from None


def _end_duties(organisation: UUID, person: UUID | None, on: date, by: Actor, now: datetime) -> None:
    for end in hooks.duties_end:
        end(organisation=organisation, person=person, on=on, by=by, now=now)


def close(*, row: Secondment, day: date) -> None:
    """End a secondment on a day; one that ends on its first day never was: it goes."""
    if row.started_on == day:
        row.delete()
        return
    row.ended_on = day
    row.save(update_fields=["ended_on"])


def _record(row: Organisation, verb: str, by: Actor, now: datetime, **facts: str) -> None:
    record(by=by, now=now, verb=verb, subject_kind="organisation", subject_id=row.pk, facts=facts)
