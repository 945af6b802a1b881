"""Input shapes of access, and allauth as mulin uses it: accounts are opened at a counter, never by sign-up.

allauth calls its adapters in the middle of a sign-in; they stand for the door there and read the clock.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.access import actions, queries
from mulin.ground.access.models import Account
from mulin.ground.access.rules import sign_in_key
from mulin.ground.people import queries as people
from mulin.kernel import clock
from mulin.kernel.actor import Actor, visitor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.kernel.secrets import decrypt, encrypt

ADDRESS_ATTEMPTS = 20
"""An office shares one address: it may try this many times as often as one account."""


def _address_key(request: HttpRequest) -> str:
    return f"sign-in from:{address(request)}"


def address(request: HttpRequest) -> str:
    """The caller's address as the middleware found it."""
    return str(getattr(request, "address", "") or request.META.get("REMOTE_ADDR", ""))


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in by user name, with our own lockout (atomic, in every process), trail and first password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("用户名或密码不对。"),
        "too_many_login_attempts": gettext_lazy("尝试次数太多，请过几分钟再试。"),
        "rate_limited": gettext_lazy("操作太快了，请过一会儿再试。"),
        "account_inactive": gettext_lazy("这个账号已经停用，请联系管理员。"),
        "enter_current_password": gettext_lazy("现在的密码不对。"),
        "incorrect_password": gettext_lazy("密码不对。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address(request) or "0.0.0.0"  # noqa: S104 - a name for "unknown", nothing listens there

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at: of parallel guesses no more than the limit pass."""
        limit, minutes = settings.LOCKOUT_ATTEMPTS, settings.LOCKOUT_MINUTES
        now = clock.now()  # clock: the adapter is a door
        try:
            actions.count_attempt(
                key=_address_key(request), limit=limit * ADDRESS_ATTEMPTS, minutes=minutes, now=now
            )
            actions.count_attempt(
                key=sign_in_key(credentials.get("username", "")), limit=limit, minutes=minutes, now=now
            )
        except Refused as refused:
            raise ValidationError(refused.message, code=refused.code) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """As allauth's, and a right password clears the account's tries and takes back the address's."""
        account: Account | None = super().authenticate(request, **credentials)
        if account is not None:
            actions.clear_attempts(key=sign_in_key(credentials.get("username", "")))
            actions.forgive_attempt(key=_address_key(request))
        return account

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        county = getattr(request, "county", None)
        if county is not None:
            name = credentials.get("username", "")
            now = clock.now()  # clock: the adapter is a door
            actions.sign_in_failed(username=name, by=visitor(county.code), now=now)

    def login(self, request: HttpRequest, user: Account) -> None:
        """A fresh session key; what the middleware asks of the session is written at once."""
        super().login(request, user)
        now = clock.now()  # clock: the adapter is a door
        request.session["seen"] = int(now.timestamp())
        request.session.pop("door", None)
        if queries.has_second_factor(user.pk):
            request.session["second_factor"] = True

    def post_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> HttpResponse:
        """Write the sign-in down, and bring back how this person likes the pages shown."""
        actor = self._actor(request, user)
        request.actor = actor or Actor(county=0, account=user.pk)  # type: ignore[attr-defined]
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if actor is not None:
            with county_scope(actor.county):
                factor = bool(request.session.get("second_factor"))
                now = clock.now()  # clock: the adapter is a door
                actions.signed_in(account=user, by=actor, now=now, second_factor=factor)
                if actor.person:
                    show_as(response, people.person(actor.person))
        return response

    def _actor(self, request: HttpRequest, user: Account) -> Actor | None:
        """Who signed in, in the request's county or in the only one where the account is somebody."""
        county = getattr(request, "county", None)
        persons = queries.counties_of(user.pk)
        code = county.code if county is not None else (next(iter(persons)) if len(persons) == 1 else None)
        return queries.actor_of(user.pk, code, persons.get(code)) if code else None

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """The page that follows shows who is signed in: no second message saying so."""
        if message_template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff to their to-dos, everybody else to the front page."""
        actor = getattr(request, "actor", None)
        if actor is not None and queries.is_staff(actor):
            return _first("cases:desk", "portal:home")
        return _first("portal:home")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return _first("portal:home")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def clean_password(self, password: str, user: Account | None = None) -> str:
        """The rules of the settings, and never the password that is to be replaced."""
        clean: str = super().clean_password(password, user)
        if user is not None and user.has_usable_password() and user.check_password(clean):
            raise ValidationError(_("新密码不能和现在的一样。"), code="password_same")
        return clean

    def set_password(self, user: Account, password: str) -> None:
        actor = getattr(self.request, "actor", None)
        known = actor if actor is not None and actor.county else None
        now = clock.now()  # clock: the adapter is a door
        actions.set_password(account=user, password=password, by=known, now=now)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """The first factor may be enrolled right after the password was typed; everything later asks
        again.
        """
        user = self.request.user
        if app == "allauth.mfa" and user.is_authenticated and not queries.has_second_factor(user.pk):
            typed = [
                one["at"]
                for one in get_authentication_records(self.request, user)
                if one.get("method") == "password"
            ]
            if typed and time.time() - typed[-1] < REAUTHENTICATION_TIMEOUT:  # clock: allauth's own records
                return False
        return True


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: their secrets are encrypted, and staff cannot put them away."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("动态口令不对，请看验证器上最新的 6 位数字。"),
        "cannot_delete_authenticator": gettext_lazy("您的岗位要求动态口令，不能停用；换手机请找管理员。"),
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text, bound_to="account.second_factor")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text, bound_to="account.second_factor")

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        from allauth.core import context

        actor = getattr(context.request, "actor", None)
        held = actor is not None and queries.needs_mfa(actor)
        return not (settings.STAFF_NEED_MFA and (held or authenticator.user.is_staff))


def _first(*names: str) -> str:
    """The first of some addresses that exists."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return "/"


def show_as(response: Any, person: Any) -> None:
    """Set the cookies of language and large print that a person keeps."""
    told = {
        "max_age": 365 * 24 * 3600,
        "samesite": "Lax",
        "httponly": True,
        "secure": settings.SESSION_COOKIE_SECURE,
    }
    if person.language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, person.language, **told)
    if person.large_print:
        response.set_cookie("mulin_large", "1", **told)


# ── pages of our own ─────


class GrantFilter(forms.Form):
    """What the list of roles shows."""

    role = forms.ChoiceField(label=gettext_lazy("角色"), required=False)
    ended = forms.BooleanField(label=gettext_lazy("包括已收回的"), required=False)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("全部职务"))] + [(role.code, role.name) for role in queries.roles().values()]
        self.fields["role"].choices = every  # type: ignore[attr-defined]


class OpenAccount(forms.Form):
    """A user name for somebody who has none yet."""

    username = forms.CharField(
        label=gettext_lazy("用户名"),
        max_length=60,
        help_text=gettext_lazy("小写字母、数字、点、横线，3 位以上；不要用电话号码。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class Shown(forms.Form):
    """How somebody likes the pages."""

    language = forms.ChoiceField(
        label=gettext_lazy("语言"),
        choices=[("zh-hans", "中文"), ("en", "English")],
        widget=forms.RadioSelect,
    )
    large_print = forms.BooleanField(label=gettext_lazy("长辈版（大字）"), required=False)


class GridPost(forms.Form):
    """Somebody is to serve a grid."""

    person = forms.CharField(
        label=gettext_lazy("谁"),
        max_length=40,
        help_text=gettext_lazy("对外称呼；有同名的，填工作电话。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("岗位"))

    def __init__(self, *args: Any, roles: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.code, role.name) for role in roles]  # type: ignore[attr-defined]


class EraseConfirm(forms.Form):
    """The word that confirms an erasure."""

    word = forms.CharField(
        label=gettext_lazy("请输入“删除”两个字"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
