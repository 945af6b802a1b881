"""Who did what: append-only entries, their erasable details, and the chain that seals them.

``AuditEntry`` and ``Seal`` are append-only to the web role (SELECT, INSERT). The entry keeps a salted digest
of its detail, so a detail can be erased on a person's request and the chain stays valid.
"""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped


class AuditEntry(CountyScoped):
    append_only = True

    at = models.DateTimeField()
    local_day = models.DateField()
    account = models.UUIDField(null=True)
    person = models.UUIDField(null=True)
    system = models.CharField(max_length=40, blank=True, default="")
    on_behalf_of = models.UUIDField(null=True)
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    facts = models.JSONField(default=dict, help_text="what happened, without personal data")
    digest = models.CharField(max_length=64, help_text="SHA-256 of salt and personal detail")

    class Meta:
        indexes = [
            models.Index(fields=["county", "subject_kind", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["county", "local_day", "id"], name="audit_day"),
            models.Index(fields=["county", "person", "id"], name="audit_person"),
        ]


class AuditDetail(CountyScoped):
    entry = CountyForeignKey(AuditEntry, on_delete=models.PROTECT, related_name="+", county_index=False)
    about = models.UUIDField(null=True, help_text="the person whom the payload concerns")
    salt = models.CharField(max_length=32)
    payload = models.JSONField(default=dict)
    sealed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "entry"], name="audit_detail_one")]
        indexes = [
            models.Index(fields=["county", "entry"], name="audit_unsealed", condition=models.Q(sealed=False)),
            models.Index(
                fields=["county", "about"], name="audit_about", condition=models.Q(about__isnull=False)
            ),
        ]


class Seal(CountyScoped):
    append_only = True

    number = models.BigIntegerField()
    entry = CountyForeignKey(AuditEntry, on_delete=models.PROTECT, related_name="+", county_index=False)
    sealed_at = models.DateTimeField()
    hash = models.CharField(max_length=64, help_text="SHA-256 of the previous hash and this entry")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="seal_number"),
            models.UniqueConstraint(fields=["county", "entry"], name="seal_entry"),
        ]
