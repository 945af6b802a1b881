"""Roles as code, each with its policy in words; passwords, lockouts, idle time and the example county's door.

Pure: no database, no clock, no settings.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.kernel.actor import Actor, Held

Words = str | Promise
Binding = Literal["none", "division", "grid", "unit", "unit+division"]


@dataclass(frozen=True)
class Role:
    """What somebody may be in a county. ``policy`` is the sentence that "why can I see this?" prints.

    ``binds``: what a grant of it names. ``kinds``: division kinds (or organisation kinds) it may be bound to.
    ``may_grant``: the roles its holder gives to others, never outside the holder's own territory.
    """

    code: str
    name: Words
    policy: Words
    binds: Binding = "none"
    kinds: tuple[str, ...] = ()
    staff: bool = False
    needs_mfa: bool = False
    may_grant: tuple[str, ...] = ()


_COMMUNITIES = ("community", "village")
_STREETS = ("subdistrict", "town")
_FIELD = ("grid_head", "grid_worker")
_DAILY = (
    *_FIELD,
    "community_clerk",
    "street_clerk",
    "department_officer",
    "merchant",
    "property_clerk",
    "rider",
    "resident",
)

ROLES: dict[str, Role] = {
    role.code: role
    for role in [
        Role(
            "resident", gettext_lazy("居民"), gettext_lazy("居民看得到自己报的事、自己的信息和公开的内容。")
        ),
        Role(
            "rider",
            gettext_lazy("骑手（新就业群体）"),
            gettext_lazy("骑手看得到自己报的事和公开的内容，可以随手上报路上的问题。"),
        ),
        Role(
            "grid_worker",
            gettext_lazy("网格员"),
            gettext_lazy("网格员看得到、办得了自己网格内的事，看得到办事所需的联系方式。"),
            binds="grid",
            staff=True,
            needs_mfa=True,
        ),
        Role(
            "grid_head",
            gettext_lazy("网格长"),
            gettext_lazy("网格长看得到、办得了自己网格内的事，并督促网格员按时办理。"),
            binds="grid",
            staff=True,
            needs_mfa=True,
        ),
        Role(
            "community_clerk",
            gettext_lazy("社区工作人员"),
            gettext_lazy(
                "社区工作人员看得到本社区（村）的事，负责甄别、派单和结案，可以任命本社区的网格员。"
            ),
            binds="division",
            kinds=_COMMUNITIES,
            staff=True,
            needs_mfa=True,
            may_grant=(*_FIELD, "rider", "resident"),
        ),
        Role(
            "street_clerk",
            gettext_lazy("街道（乡镇）工作人员"),
            gettext_lazy(
                "街道（乡镇）工作人员看得到辖区内所有社区的事，协调社区办不了的事，可以任命社区人员。"
            ),
            binds="division",
            kinds=_STREETS,
            staff=True,
            needs_mfa=True,
            may_grant=(*_FIELD, "community_clerk", "property_clerk", "rider", "resident"),
        ),
        Role(
            "department_officer",
            gettext_lazy("部门工作人员"),
            gettext_lazy("部门工作人员只看得到交给本部门办理的事。"),
            binds="unit",
            kinds=("county_office", "department", "professional_team", "subdistrict_office", "other"),
            staff=True,
            needs_mfa=True,
        ),
        Role(
            "county_clerk",
            gettext_lazy("县级工作人员"),
            gettext_lazy("县级工作人员看得到全县的事，甄别不在任何网格内的上报，管理人员和单位。"),
            binds="division",
            kinds=("county",),
            staff=True,
            needs_mfa=True,
            may_grant=_DAILY,
        ),
        Role(
            "leader",
            gettext_lazy("领导"),
            gettext_lazy("领导看得到分管区域内的事、数据和操作留痕，不直接办理。"),
            binds="division",
            kinds=("county", *_STREETS),
            staff=True,
            needs_mfa=True,
        ),
        Role(
            "admin",
            gettext_lazy("管理员"),
            gettext_lazy("管理员开通账号、授予和收回权限、查阅操作留痕，看得到全县的事。"),
            binds="division",
            kinds=("county",),
            staff=True,
            needs_mfa=True,
            may_grant=(*_DAILY, "county_clerk", "leader", "admin"),
        ),
        Role(
            "merchant",
            gettext_lazy("商户"),
            gettext_lazy("商户只看得到自己店铺的内容。"),
            binds="unit",
            kinds=("merchant",),
        ),
        Role(
            "property_clerk",
            gettext_lazy("物业工作人员"),
            gettext_lazy("物业工作人员看得到自己企业所管小区内、交给物业办理的事。"),
            binds="unit+division",
            kinds=("property_company",),
            staff=True,
            needs_mfa=True,
        ),
    ]
}

PLAIN = ("resident", "rider")
"""Roles that are no duty: they end by themselves when a person is erased, and fill no list."""

STOOD_IN = ("grid_head", "grid_worker", "department_officer", "property_clerk")
"""Duties that a stand-in takes on while a colleague is on leave: handling. Offices that give rights to others,
or stand over a whole territory, are never passed on by a leave."""

READ_GRANTS = ("admin", "county_clerk", "leader", "street_clerk", "community_clerk")
"""Holders of these see who holds what below them."""


def role_of(code: str) -> Role | None:
    """The role of a code, or None for one that no longer exists."""
    return ROLES.get(code)


def is_staff(actor: Actor) -> bool:
    """Whether any role held is a duty in the administration."""
    return any(ROLES[held.role].staff for held in actor.held if held.role in ROLES)


def needs_mfa(actor: Actor) -> bool:
    """Whether any role held asks for a second factor at sign-in."""
    return any(ROLES[held.role].needs_mfa for held in actor.held if held.role in ROLES)


def grantable(actor: Actor, *, path: str, whole_county: bool) -> frozenset[str]:
    """Codes of the roles the actor may give over ``path``; without a path only a holder over the whole
    county may.
    """
    found: set[str] = set()
    for held in actor.held:
        role = ROLES.get(held.role)
        if role and held.path and (held.path == "/" if whole_county else path.startswith(held.path)):
            found.update(role.may_grant)
    return frozenset(found)


def reaches(held: Held, *, path: str, unit: object) -> bool:
    """Whether one held role opens a thing at ``path`` or within ``unit``; a role in a unit with a
    place needs both.
    """
    over = bool(held.path) and bool(path) and path.startswith(held.path)
    within = held.unit is not None and held.unit == unit
    if held.unit is not None:
        return within and (over or not held.path)
    return over


# ── passwords ─────

_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
_SYLLABLES = "abcdefghjkmnpqrstuvwxyz"
_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"


def classes_in(password: str) -> int:
    """How many of lower case, upper case, digits and others occur."""
    return sum(bool(re.search(one, password)) for one in _CLASSES)


class MixedCharacters:
    """Django password validator: at least three of four classes (GB/T 22239-2019 asks for complexity)."""

    def __init__(self, least: int = 3) -> None:
        self.least = least

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError with one sentence."""
        if classes_in(password) < self.least:
            raise ValidationError(self.get_help_text(), code="password_not_mixed")

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("密码要包含大写字母、小写字母、数字、符号中的至少三种。")


def one_time_password() -> str:
    """Four groups without look-alikes, such as ``fbzhx-BFMCM-92868-keprk``: 80 random bits at least, easy
    to read out.
    """
    parts = [
        "".join(secrets.choice(alphabet) for _place in range(5))
        for alphabet in (_SYLLABLES, _CAPITALS, _DIGITS, _SYLLABLES)
    ]
    return "-".join(parts)


def password_is_old(*, changed_at: datetime, now: datetime, days: int) -> bool:
    """Whether a password outlived the limit; 0 days means no limit."""
    return days > 0 and now - changed_at > timedelta(days=days)


# ── lockouts and idle time ─────


def sign_in_key(username: str) -> str:
    """The key under which tries of a user name are counted."""
    return f"sign-in:{username.strip().lower()}"


def wait_words(remaining: timedelta) -> str:
    """The remaining time of a lockout, rounded up to whole minutes."""
    minutes = max(1, -(-int(remaining.total_seconds()) // 60))
    return _("尝试次数太多，请在 %(minutes)d 分钟后再试。") % {"minutes": minutes}


def is_idle(*, seen: datetime | None, now: datetime, minutes: int) -> bool:
    """Whether a session rested longer than allowed. One never seen is fresh; a clock set back is forgiven."""
    return seen is not None and now - seen > timedelta(minutes=minutes)


# ── the example county's door ─────

EXAMPLE_PREFIX = "example-"
"""User names of the example county's people begin so."""

FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_VIA",
)
"""Headers that tell of a proxy in front: with any of them the caller's address means nothing."""


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return found.is_loopback or bool(mapped and mapped.is_loopback)


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this machine: ``127.0.0.1:8000``, ``localhost``, ``[::1]:8000``."""
    name = re.sub(r":\d+$", "", host).strip("[]").lower()
    return name == "localhost" or is_loopback(name)


def door_is_open(
    *, switched_on: bool, example: bool, address: str, host: str, headers: Iterable[str]
) -> bool:
    """The one-click door exists on this machine only: switched on, example county, nobody in between."""
    return (
        switched_on
        and example
        and is_loopback(address)
        and is_loopback_host(host)
        and not set(headers).intersection(FORWARDED)
    )
