"""To-dos: a deadline is a row. One open row per subject and kind; the count is the length of the list."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped

OPEN = models.Q(done_at__isnull=True)


class WorkItem(CountyScoped):
    """Addressed to a person, to whoever holds ``role`` over ``path``, or to a unit (and ``role`` in it)."""

    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    title = models.CharField(max_length=160, help_text="one line without personal data")
    number = models.CharField(max_length=40, blank=True, default="", help_text="the subject's public number")
    person = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    role = models.CharField(max_length=30, blank=True, default="")
    path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    paused_since = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "subject_kind", "subject_id", "kind"],
                name="work_item_open_once",
                condition=OPEN,
            ),
            models.CheckConstraint(
                name="work_item_addressed",
                condition=models.Q(person__isnull=False) | models.Q(unit__isnull=False) | ~models.Q(role=""),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "role", "path", "due_at"], name="work_by_role", condition=OPEN),
            models.Index(fields=["county", "person", "due_at"], name="work_by_person", condition=OPEN),
            models.Index(fields=["county", "unit", "due_at"], name="work_by_unit", condition=OPEN),
            models.Index(fields=["county", "due_at"], name="work_due", condition=OPEN),
        ]
