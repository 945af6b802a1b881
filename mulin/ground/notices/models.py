"""The outbox: one row per message and channel. A message is a row, never a call inside a deed."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped


class Channel(models.TextChoices):
    IN_APP = "in_app", "站内"
    EMAIL = "email", "电子邮件"
    SMS = "sms", "短信"
    WECHAT = "wechat", "微信公众号"


class NoticeState(models.TextChoices):
    QUEUED = "queued", "待发送"
    SENDING = "sending", "发送中"
    SENT = "sent", "已送达"
    FAILED = "failed", "未送达"
    UNCERTAIN = "uncertain", "是否送达未知"


class Notice(CountyScoped):
    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, null=True, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address_sealed = models.TextField(
        blank=True, default="", help_text="encrypted; erased once sent or on request"
    )
    address_hash = models.CharField(max_length=64, blank=True, default="")
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict, help_text="no personal data")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    key = models.CharField(max_length=120, help_text="idempotency: one message per key and channel")
    state = models.CharField(max_length=12, choices=NoticeState.choices, default=NoticeState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True, default="")
    provider_ref = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key", "channel"], name="notice_once"),
        ]
        indexes = [
            models.Index(
                fields=["county", "next_try_at"],
                name="notice_due",
                condition=models.Q(state__in=["queued", "sending"]),
            ),
            models.Index(fields=["county", "person", "id"], name="notice_person"),
            models.Index(fields=["county", "subject_kind", "subject_id"], name="notice_subject"),
        ]
