"""Tables brought in from a page: the file on its way, and how a source names its columns."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped


class ImportFile(CountyScoped):
    """A table somebody brought in. It lies on disk for a week; runs of ``ground.runs`` check it and write it."""

    file_name = models.CharField(max_length=200)
    source = models.CharField(max_length=40, default="import", help_text="numbers are unique within a source")
    live = models.BooleanField(default=False)
    mapping = models.JSONField(default=dict, help_text="field → its header in this file, as chosen last")
    by = CountyForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True, help_text="asked to be written, not only checked")
    expired_at = models.DateTimeField(null=True, help_text="its file is gone")

    class Meta:
        indexes = [
            models.Index(fields=["county", "-created_at", "-id"], name="import_file_newest"),
            models.Index(
                fields=["county", "created_at"],
                name="import_file_there",
                condition=models.Q(expired_at__isnull=True),
            ),
        ]


class ImportMapping(CountyScoped):
    """How a source names its columns, so that its next table is understood at once."""

    source = models.CharField(max_length=40)
    mapping = models.JSONField(default=dict, help_text="field → header")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "source"], name="import_mapping_once")]
