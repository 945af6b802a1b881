"""To-dos: a deadline is a row. One open row per subject and kind; the count is the length of the list. And copies:
who is kept informed of a subject without having to do anything."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.ground.worklist.rules import NO_CLOCK, PAUSED

OPEN = models.Q(done_at__isnull=True)
UNSEEN = models.Q(seen_at__isnull=True)


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
    turn = models.GeneratedField(
        expression=models.Case(
            models.When(paused_since__isnull=False, then=models.Value(PAUSED)),
            default=Coalesce("due_at", models.Value(NO_CLOCK)),
        ),
        output_field=models.DateTimeField(),
        db_persist=True,
        help_text="the order of the list: by due time, then without a clock, then resting",
    )

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
            models.Index(fields=["county", "turn", "id"], name="work_turn", condition=OPEN),
            models.Index(
                fields=["county", "done_by", "-done_at", "-id"],
                name="work_done_by",
                condition=models.Q(done_by__isnull=False),
            ),
        ]


class Copy(CountyScoped):
    """Somebody is to know of a subject: a person, a unit, or whoever holds ``role`` over ``path``."""

    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    title = models.CharField(max_length=160, help_text="one line without personal data")
    number = models.CharField(max_length=40, blank=True, default="", help_text="the subject's public number")
    why = models.CharField(max_length=40, blank=True, default="", help_text="a code of hooks.copy_words")
    person = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    role = models.CharField(max_length=30, blank=True, default="")
    path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    since = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.UUIDField(null=True, help_text="who of those it is addressed to saw it first")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "subject_kind", "subject_id", "person", "unit", "role", "path"],
                name="copy_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="copy_addressed",
                condition=models.Q(person__isnull=False) | models.Q(unit__isnull=False) | ~models.Q(role=""),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "role", "path"], name="copy_by_role", condition=UNSEEN),
            models.Index(fields=["county", "person", "-since"], name="copy_by_person"),
            models.Index(fields=["county", "unit", "-since"], name="copy_by_unit"),
        ]
