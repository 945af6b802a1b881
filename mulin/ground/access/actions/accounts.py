"""Accounts: opened for a person at the counter or by staff, never by sign-up."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.citus.models import County
from mulin.ground.access import queries
from mulin.ground.access.actions.attempts import clear_attempts
from mulin.ground.access.actions.grants import grant
from mulin.ground.access.models import Account, AccountCounty, Grant
from mulin.ground.access.permissions import may_end_grant, may_open_accounts, may_reset_accounts
from mulin.ground.access.rules import EXAMPLE_PREFIX, PLAIN, one_time_password, sign_in_key
from mulin.ground.people import actions as people_actions
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county, scope_or_none
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.secrets import normal_phone

_USERNAME = re.compile(r"^[a-z0-9][a-z0-9._-]{2,59}$")


@transaction.atomic
def open_account(
    *, username: str, person: UUID, by: Actor, now: datetime, password: str | None = None
) -> tuple[Account, str]:
    """Open an account for a person of the county; returns it with its one-time password, shown once and
    kept nowhere.

    ``password`` None: a one-time password is made and must be changed at the first sign-in. "" : nobody
    signs in with a password (the example county's people). Anything else is set as it is, and the second
    value is "".
    Whoever opens an account holds its password for a moment, so nobody opens one for a person whose roles he could not
    end himself. Refuses a name that is taken, unreadable or a phone number, and a second account of the same person.
    """
    if not may_open_accounts(by):
        raise NotAllowed(_("开通账号要由管理员或社区、街道、县级工作人员办理。"))
    name = username.strip().lower()
    _check_username(name, by)
    who = people.person(person)
    if who.erased_at is not None:
        raise Refused("person_erased", _("这个人的信息已经删除，不能再开通账号。"))
    duties = [held for held in queries.held_by([person]).get(person, ()) if held.role not in PLAIN]
    if any(not may_end_grant(by, held.role, path=held.path) for held in duties):
        raise NotAllowed(_("这个人担任您管不到的职务，账号要由管理员开通。"))
    if queries.account_of(person) is not None:
        raise Refused("account_known", _("这个人已经有账号了。"))
    once = one_time_password() if password is None else ""
    account = Account(username=name, must_change_password=bool(once), password_changed_at=now)
    if once or password:
        account.set_password(once or password)
    else:
        account.set_unusable_password()
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError:
        raise Refused("username_taken", _("这个用户名已经有人用了。"), field="username") from None
    AccountCounty.objects.create(account=account, county_code=current_county(), person_id=person)
    record(
        by=by, now=now, verb="account.opened", subject_kind="account", subject_id=account.pk,
        facts={"one_time_password": bool(once)}, personal={"username": name}, about=person,
    )  # fmt: skip
    return account, once


def _check_username(name: str, by: Actor) -> None:
    if normal_phone(name):
        raise Refused("username_is_phone", _("用户名不能用电话号码。"), field="username")
    if not _USERNAME.match(name):
        words = _("用户名用 3 到 60 个小写字母、数字、点、横线，以字母或数字开头。")
        raise Refused("username_invalid", words, field="username")
    if name.startswith(EXAMPLE_PREFIX):
        example = County.objects.filter(code=current_county(), is_example=True).exists()
        if not (by.system and example):
            raise Refused("username_reserved", _("这个用户名留给示例县。"), field="username")


@transaction.atomic
def first_admin(*, username: str, name: str, by: Actor, now: datetime) -> str:
    """Open the county's first administrator: person, account, role over the whole county. Returns the one-time password.

    Refuses while anybody is administrator ("admin_known"): from the second one on, administrators appoint each other.
    """
    if not by.system:
        raise NotAllowed(_("第一位管理员只能在服务器上开通。"))
    if Grant.objects.filter(queries.OPEN, role="admin").exists():
        raise Refused("admin_known", _("这个县已经有管理员了：请由管理员在“权限”里任命。"), status=409)
    person = people_actions.add_person(by=by, now=now, name=name, public_name=_("管理员"))
    _account, once = open_account(username=username, person=person.pk, by=by, now=now)
    grant(person=person.pk, role="admin", division=territory.root().pk, by=by, now=now)
    return once


@transaction.atomic
def set_password(*, account: Account, password: str, by: Actor | None, now: datetime) -> None:
    """The owner sets a new password (already validated): one-time ones end here. ``by`` is None
    outside any county.
    """
    account.set_password(password)
    account.must_change_password = False
    account.password_changed_at = now
    account.save(update_fields=["password", "must_change_password", "password_changed_at"])
    _record(by, now, "account.password_changed", account)


@transaction.atomic
def reset_password(*, account: Account, by: Actor, now: datetime) -> str:
    """A new one-time password for somebody who lost his; every session of the account ends. Returns
    it, once.
    """
    _may_take_over(account, by)
    once = one_time_password()
    account.set_password(once)
    account.must_change_password = True
    account.password_changed_at = now
    account.save(update_fields=["password", "must_change_password", "password_changed_at"])
    clear_attempts(key=sign_in_key(account.username))
    _record(by, now, "account.password_reset", account)
    return once


@transaction.atomic
def remove_second_factor(*, account: Account, by: Actor, now: datetime) -> None:
    """For a lost phone: the next sign-in enrols a new authenticator. Every session of the account ends
    with it.
    """
    from allauth.mfa.models import Authenticator

    _may_take_over(account, by)
    Authenticator.objects.filter(user_id=account.pk).delete()
    _record(by, now, "account.second_factor_removed", account)


def _may_take_over(account: Account, by: Actor) -> None:
    """Whoever resets an account could become its owner, so never that of another county or of the
    installation.
    """
    if not may_reset_accounts(by):
        raise NotAllowed(_("重置账号只能由全县的管理员办理。"))
    if account.is_superuser or account.is_staff:
        raise Refused("account_of_installation", _("这是安装方的账号，请在服务器上用命令重置。"))
    if set(queries.counties_of(account.pk)) != {by.county}:
        raise Refused("account_elsewhere", _("这个账号在别的县也有身份，请在服务器上用命令重置。"))


@transaction.atomic
def close_account(*, account: Account, by: Actor, now: datetime) -> None:
    """Nobody signs in with it any more, and open sessions end at their next click."""
    _may_take_over(account, by)
    if by.account == account.pk:
        raise Refused("own_account", _("不能停用自己的账号。"))
    if Account.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
        _record(by, now, "account.closed", account)


@transaction.atomic
def reopen_account(*, account: Account, by: Actor, now: datetime) -> None:
    """A closed account may be used again."""
    _may_take_over(account, by)
    if Account.objects.filter(pk=account.pk, is_active=False).update(is_active=True):
        _record(by, now, "account.reopened", account)


def signed_in(*, account: Account, by: Actor | None, now: datetime, second_factor: bool) -> None:
    """Write down a sign-in. Outside any county there is no trail to write to."""
    _record(by, now, "account.signed_in", account, second_factor=second_factor)


def sign_in_failed(*, username: str, by: Actor | None, now: datetime) -> None:
    """Write down a wrong password for an account that exists. Nothing is told about names that nobody has."""
    account = Account.objects.filter(username=username.strip().lower()[:60]).first()
    if account is not None:
        _record(by, now, "account.sign_in_failed", account)


def _record(by: Actor | None, now: datetime, verb: str, account: Account, **facts: bool) -> None:
    if by is None or scope_or_none() != by.county:
        return
    record(by=by, now=now, verb=verb, subject_kind="account", subject_id=account.pk, facts=facts)


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: refuses while a role is held; takes the account away, or only this county from it."""
    if Grant.objects.filter(queries.OPEN, person_id=person).exclude(role__in=PLAIN).exists():
        words = _("这个人还担任职务：先收回权限，再删除个人信息（依法须能查到谁在办事）。")
        raise Refused("holds_grant", words, status=409)
    ended = Grant.objects.filter(queries.OPEN, person_id=person).update(ended_on=local_day(now))
    account = queries.account_of(person)
    if account is None:
        return {"access_grant": ended}
    AccountCounty.objects.filter(account=account, county_code=current_county()).delete()
    if not AccountCounty.objects.filter(account=account).exists() and not account.is_superuser:
        account.delete()
    return {"access_grant": ended, "access_account": 1}
