"""Uploaded files: a row per upload, the bytes content-addressed under the county, outside the web root."""

from __future__ import annotations

from django.db import models

from mulin.citus.models import CountyScoped


class StoredFile(CountyScoped):
    subject_kind = models.CharField(max_length=40, blank=True, default="")
    subject_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(help_text="bytes, as stored")
    media_type = models.CharField(max_length=60)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    lon = models.FloatField(null=True, help_text="degrees WGS-84, read from EXIF before it was stripped")
    lat = models.FloatField(null=True)
    uploaded_by = models.UUIDField(null=True)
    uploaded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["county", "subject_kind", "subject_id"], name="file_subject"),
            models.Index(fields=["county", "sha256"], name="file_content"),
        ]
