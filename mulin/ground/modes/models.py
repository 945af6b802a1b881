"""A mode declared over a place, and the stages it went through."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped

OPEN = models.Q(closed_at__isnull=True)


class Stage(models.TextChoices):
    ALERT = "alert", _("预警")
    RESPONSE = "response", _("应急响应")
    RECOVERY = "recovery", _("恢复")


class EmergencyMode(CountyScoped):
    """From the declaration over a path to its closing or expiry. At most one is open per path."""

    path = models.CharField(max_length=200, db_collation="C")
    title = models.CharField(max_length=60, help_text="what it is about, such as 暴雪")
    basis = models.CharField(max_length=200, help_text="the plan, order or warning it rests on")
    declared_by = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "path"], name="mode_open_once", condition=OPEN),
            models.CheckConstraint(
                name="mode_ends_after_start", condition=models.Q(ends_at__gt=models.F("declared_at"))
            ),
        ]
        indexes = [models.Index(fields=["county", "-declared_at", "id"], name="mode_newest")]

    def __str__(self) -> str:
        return self.title


class ModeStage(CountyScoped):
    """One stage, from a moment (inclusive) to a moment (exclusive); the last one ends with its mode at the latest."""

    mode = CountyForeignKey(EmergencyMode, on_delete=models.CASCADE, related_name="stages")
    path = models.CharField(max_length=200, db_collation="C", help_text="of the mode, for the one look-up")
    stage = models.CharField(max_length=10, choices=Stage.choices)
    note = models.CharField(max_length=200, blank=True, default="")
    by = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mode_stage_times", condition=models.Q(ends_at__gte=models.F("started_at"))
            )
        ]
        indexes = [models.Index(fields=["county", "path", "ends_at"], name="mode_stage_at")]
