"""Reading the outbox: what a person has, which channels exist, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from mulin.citus.models import county_in_force
from mulin.ground.notices.models import Channel, Notice, NoticeState
from mulin.ground.notices.rules import PREFERENCE, words
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.paging import Page, page


class ChannelState(NamedTuple):
    """A channel, whether it is configured here, and what that means in words."""

    channel: str
    configured: bool
    words: str


def configured() -> tuple[str, ...]:
    """The channels out of the house that are configured, the preferred one first."""
    ready = {
        Channel.WECHAT: bool(settings.WECHAT_APPID and settings.WECHAT_SECRET and settings.WECHAT_TEMPLATE),
        Channel.SMS: bool(settings.SMS_URL and settings.SMS_TOKEN),
        Channel.EMAIL: bool(settings.EMAIL_HOST),
    }
    return tuple(channel for channel in PREFERENCE if ready[Channel(channel)])


def channels() -> list[ChannelState]:
    """Every channel with its honest state, and what to set where it is not configured."""
    live = configured()
    settings_of = {
        Channel.WECHAT: "MULIN_WECHAT_APPID, MULIN_WECHAT_SECRET, MULIN_WECHAT_TEMPLATE",
        Channel.SMS: "MULIN_SMS_URL, MULIN_SMS_TOKEN",
        Channel.EMAIL: "MULIN_EMAIL_HOST, MULIN_EMAIL_FROM, MULIN_EMAIL_USER, MULIN_EMAIL_PASSWORD",
    }
    told = [ChannelState(Channel.IN_APP, True, _("随时可用：有账号的人在“消息”里看到"))]
    for channel in (Channel.WECHAT, Channel.SMS, Channel.EMAIL):
        if channel in live:
            told.append(ChannelState(channel, True, _("已配置")))
        else:
            missing = _("未配置：请设置 %(names)s") % {"names": settings_of[channel]}
            told.append(ChannelState(channel, False, missing))
    return told


def channel_words(channel: str) -> str:
    """The name of a channel for people."""
    names = {
        Channel.IN_APP: _("站内消息"),
        Channel.EMAIL: _("电子邮件"),
        Channel.SMS: _("短信"),
        Channel.WECHAT: _("微信公众号"),
    }
    return names[Channel(channel)]


def state_words(state: str) -> str:
    """The state of a notice for people."""
    names = {
        NoticeState.QUEUED: _("待发送"),
        NoticeState.SENDING: _("发送中"),
        NoticeState.SENT: _("已发出"),
        NoticeState.FAILED: _("未送达"),
        NoticeState.UNCERTAIN: _("是否送达未知"),
    }
    return names[NoticeState(state)]


def outbox_counts() -> dict[str, dict[str, int]]:
    """How many notices of each channel are in each state: one statement."""
    found: dict[str, dict[str, int]] = {}
    for row in Notice.objects.values("channel", "state").annotate(of=Count("*")):
        found.setdefault(row["channel"], {})[row["state"]] = row["of"]
    return found


def told_at(kind: str, subject: UUID, at: datetime) -> bool:
    """Whether a message to whoever reported it went out with the deed of that moment. One statement."""
    rows = Notice.objects.filter(subject_kind=kind, subject_id=subject, created_at=at)
    return rows.filter(template__startswith=f"{kind}_").exists()


def for_person(actor: Actor) -> QuerySet[Notice]:
    """The in-app messages of whoever is signed in, newest first."""
    if actor.person is None:
        return Notice.objects.none()
    return Notice.objects.filter(person=actor.person, channel=Channel.IN_APP).order_by("-id")


visible_to = for_person


def unread_count(actor: Actor) -> int:
    """How many of them nobody has read yet."""
    return for_person(actor).filter(read_at__isnull=True).count()


@dataclass(frozen=True)
class Line:
    """An in-app message as a page shows it."""

    id: UUID
    title: str
    text: str
    url: str
    at: datetime
    unread: bool


def messages_page(actor: Actor, *, at: str = "", size: int = 30, unread: bool = False) -> Page:
    """A page of somebody's (unread) messages, newest first: one statement (links may cost their own)."""
    wanted = for_person(actor)
    if unread:
        wanted = wanted.filter(read_at__isnull=True)
    shown = page(wanted, by="-id", at=at, size=size)
    return shown.of([_line(row, actor) for row in shown.rows])


def _line(row: Notice, actor: Actor) -> Line:
    title, text = words(row.template, row.params)
    url = hooks.link(actor, row.subject_kind, row.subject_id)
    return Line(row.id, title, text, url, row.created_at, row.read_at is None)


def of_subject(kind: str, subject: UUID) -> list[Notice]:
    """Every message about a subject, oldest first. The caller has checked that the actor sees it."""
    return list(Notice.objects.filter(subject_kind=kind, subject_id=subject).order_by("id"))


def base_url() -> str:
    """``https://host`` of this county or installation, or '' where none is known: a link needs a host."""
    host = county_in_force().host
    if host:
        return f"https://{host}"
    return str(settings.CSRF_TRUSTED_ORIGINS[0]) if settings.CSRF_TRUSTED_ORIGINS else ""


def export(person: UUID) -> dict[str, Any]:
    """The messages to a person, by every channel."""
    rows = Notice.objects.filter(person=person).order_by("id")
    return {
        "notices": [
            {
                "channel": row.channel,
                "text": words(row.template, row.params)[1],
                "state": row.state,
                "created_at": row.created_at.isoformat(),
                "sent_at": row.sent_at.isoformat() if row.sent_at else None,
                "read_at": row.read_at.isoformat() if row.read_at else None,
            }
            for row in rows.iterator()
        ]
    }
