"""Patrols: plans, the tasks of their days, and what was found (row 17). No track of anybody's way is kept."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.patrols.rules import (
    Cadence,
    PlanState,
    Reason,
    RestDays,
    Rhythm,
    TaskState,
    Walker,
    Withdrawal,
)

UNTOLD = models.Q(state="planned", told_at__isnull=True)
UNASKED = models.Q(state="planned", told_at__isnull=False, asked_at__isnull=True)


class PatrolPlan(CountyScoped):
    """Who walks where, how often, and what to look at."""

    name = models.CharField(max_length=80)
    path = models.CharField(
        max_length=200, db_collation="C", help_text="the nearest division around its places"
    )
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.DRAFT)
    walker = models.CharField(max_length=10, choices=Walker.choices)
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    parent_unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+"
    )
    cadence = models.CharField(max_length=10, choices=Cadence.choices)
    weekdays = models.JSONField(default=list, help_text="1 Monday … 7 Sunday")
    every_days = models.PositiveSmallIntegerField(default=0)
    month_days = models.JSONField(default=list, help_text="1 … 31; 31 is the last day of any month")
    rest_days = models.CharField(max_length=10, choices=RestDays.choices, default=RestDays.WALK)
    opens = models.TimeField()
    closes = models.TimeField(help_text="before opens: on the next morning")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, help_text="the last day")
    spots = models.JSONField(default=list, help_text="where to pass by, in the order of the walk")
    checklist = models.JSONField(default=list, help_text="what to look at")
    version = models.PositiveIntegerField(default=1, help_text="a stale write is refused (409)")
    made_by = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    arranged_on = models.DateField(
        null=True, help_text="the day on which its coming days were last looked at"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="patrol_plan_days",
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
            ),
            models.CheckConstraint(
                name="patrol_plan_unit",
                condition=models.Q(walker="unit", unit__isnull=False)
                | (~models.Q(walker="unit") & models.Q(unit__isnull=True)),
            ),
            models.CheckConstraint(
                name="patrol_plan_moments",
                condition=(
                    models.Q(state="draft") | models.Q(activated_at__isnull=False) | models.Q(state="ended")
                )
                & (~models.Q(state="ended") | models.Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "-made_at", "-id"], name="patrol_plan_newest"),
            models.Index(
                fields=["county", "arranged_on"],
                name="patrol_plan_active",
                condition=models.Q(state="active"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def rhythm(self) -> Rhythm:
        """When it is walked."""
        return Rhythm(
            self.cadence,
            self.starts_on,
            self.ends_on,
            tuple(self.weekdays),
            self.every_days,
            tuple(self.month_days),
            self.rest_days,
        )


class PatrolPlace(CountyScoped):
    """A grid, or a division (compound, building, street corner): walked once on each day of the plan."""

    plan = CountyForeignKey(PatrolPlan, on_delete=models.CASCADE, related_name="places", county_index=False)
    grid = CountyForeignKey("territory.Grid", on_delete=models.PROTECT, null=True, related_name="+")
    division = CountyForeignKey("territory.Division", on_delete=models.PROTECT, null=True, related_name="+")
    place_path = models.CharField(max_length=200, db_collation="C")
    grid_path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    position = models.PositiveSmallIntegerField(default=0)
    removed_at = models.DateTimeField(null=True, help_text="its past tasks stay")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "plan", "grid"], name="patrol_place_grid"),
            models.UniqueConstraint(fields=["county", "plan", "division"], name="patrol_place_division"),
            models.CheckConstraint(
                name="patrol_place_one",
                condition=models.Q(grid__isnull=True, division__isnull=False)
                | models.Q(grid__isnull=False, division__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["county", "place_path"], name="patrol_place_path")]

    @property
    def name(self) -> str:
        """As people call it."""
        return str(self.grid or self.division)


class PatrolWalker(CountyScoped):
    """Somebody named for a plan."""

    plan = CountyForeignKey(PatrolPlan, on_delete=models.CASCADE, related_name="walkers", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "plan", "person"], name="patrol_walker_once")
        ]


class PatrolTask(CountyScoped):
    """One place of one plan on one day. What the plan said on that day is kept with it."""

    plan = CountyForeignKey(PatrolPlan, on_delete=models.PROTECT, related_name="tasks", county_index=False)
    place = CountyForeignKey(PatrolPlace, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(help_text="Asia/Shanghai")
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    place_path = models.CharField(max_length=200, db_collation="C")
    grid_path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    walker = models.CharField(max_length=10, choices=Walker.choices)
    unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    parent_unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    spots = models.JSONField(default=list)
    checklist = models.JSONField(default=list, help_text="[line, answer] each; '' is no answer")
    state = models.CharField(max_length=20, choices=TaskState.choices, default=TaskState.PLANNED)
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="it was put on somebody's list")
    asked_at = models.DateTimeField(null=True, help_text="the window had passed: a reason was asked for")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    finished_by = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True, default="")
    reason = models.CharField(
        max_length=20, choices=[*Reason.choices, *Withdrawal.choices], blank=True, default=""
    )
    reason_words = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "plan", "place", "day"], name="patrol_task_once"),
            models.CheckConstraint(
                name="patrol_task_window", condition=models.Q(due_at__gt=models.F("opens_at"))
            ),
            models.CheckConstraint(
                name="patrol_task_ended",
                condition=models.Q(state="planned", finished_at__isnull=True)
                | (~models.Q(state="planned") & models.Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="patrol_task_reason",
                condition=models.Q(state__in=["missed", "withdrawn"]) & ~models.Q(reason="")
                | ~models.Q(state__in=["missed", "withdrawn"]) & models.Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "-due_at", "-id"], name="patrol_task_due"),
            models.Index(fields=["county", "day", "state"], name="patrol_task_day"),
            models.Index(fields=["county", "grid_path", "day"], name="patrol_task_grid"),
            models.Index(fields=["county", "place_path", "day"], name="patrol_task_place"),
            models.Index(fields=["county", "unit", "day"], name="patrol_task_unit"),
            models.Index(fields=["county", "parent_unit", "day"], name="patrol_task_parent"),
            models.Index(fields=["county", "day"], name="patrol_task_untold", condition=UNTOLD),
            models.Index(fields=["county", "due_at"], name="patrol_task_unasked", condition=UNASKED),
        ]


class PatrolTurn(CountyScoped):
    """Somebody named for a task: his own to-do hangs on it."""

    task = CountyForeignKey(PatrolTask, on_delete=models.CASCADE, related_name="turns", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "task", "person"], name="patrol_turn_once")]


class PatrolFinding(CountyScoped):
    """Something that a walk came across; it is a case from the first moment."""

    task = CountyForeignKey(PatrolTask, on_delete=models.PROTECT, related_name="findings", county_index=False)
    case = CountyForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+", county_index=False)
    client_id = models.UUIDField(help_text="made by the phone: a resend finds the same one")
    fixed = models.BooleanField(default=False, help_text="found and fixed at once")
    note = models.CharField(max_length=60, blank=True, default="", help_text="line of the checklist, or spot")
    by = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "client_id"], name="patrol_finding_client"),
            models.UniqueConstraint(fields=["county", "case"], name="patrol_finding_case"),
        ]
        indexes = [models.Index(fields=["county", "task", "at", "id"], name="patrol_finding_order")]
