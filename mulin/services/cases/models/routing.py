"""The routing table: rules with their versions, and the trials that were made before a change."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.cases.rules import Content, Hours, Line, Scope, Target


class RoutingTable(CountyScoped):
    """Counts the changes of a county's table: one change follows another, and a trial belongs to one count."""

    version = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county"], name="routing_table_one")]


class RoutingRule(CountyScoped):
    """A rule, by the number under which people know it. What it says stands in its versions."""

    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "number"], name="routing_rule_number")]


class RoutingTrial(CountyScoped):
    """A change tried on past cases: what it would be, and how many of them would go elsewhere."""

    changes = models.JSONField(
        help_text="[{rule: id or '', content: as rules.routing.Content, or null to end it}]"
    )
    table_version = models.BigIntegerField(help_text="of the table on which it was tried")
    looked = models.PositiveIntegerField(help_text="cases looked at")
    moved = models.PositiveIntegerField(help_text="of these, cases that would go elsewhere")
    cut = models.BooleanField(default=False, help_text="there were more than so many")
    tried_by = models.UUIDField(null=True)
    tried_at = models.DateTimeField()
    saved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="routing_trial_moved", condition=models.Q(moved__lte=models.F("looked"))
            )
        ]


class RoutingVersion(CountyScoped):
    """What a rule says from a moment to a moment. It never changes: a case keeps the one by which it was given."""

    rule = CountyForeignKey(
        RoutingRule, on_delete=models.PROTECT, related_name="versions", county_index=False
    )
    number = models.PositiveIntegerField()
    path = models.CharField(max_length=200, db_collation="C")
    matter_type = CountyForeignKey(
        "catalogue.MatterType", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    category = CountyForeignKey(
        "catalogue.MatterCategory", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    hours = models.CharField(max_length=10, choices=Hours.choices, default=Hours.ALWAYS)
    from_day = models.DateField(null=True)
    until_day = models.DateField(null=True, help_text="the last day")
    level = models.CharField(max_length=10)
    unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    team = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    note = models.CharField(max_length=200, blank=True, default="")
    trial = CountyForeignKey(
        RoutingTrial, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    made_by = models.UUIDField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "rule", "number"], name="routing_version_number"),
            models.UniqueConstraint(
                fields=["county", "rule"],
                name="routing_version_one",
                condition=models.Q(until__isnull=True),
            ),
            models.CheckConstraint(
                name="routing_version_type",
                condition=models.Q(matter_type__isnull=True) | models.Q(category__isnull=True),
            ),
            models.CheckConstraint(
                name="routing_version_days",
                condition=models.Q(from_day__isnull=True)
                | models.Q(until_day__isnull=True)
                | models.Q(until_day__gte=models.F("from_day")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["county", "path"], name="routing_in_force", condition=models.Q(until__isnull=True)
            )
        ]

    def line(self, officers: tuple[object, ...] = ()) -> Line:
        """As the rules see it."""
        scope = Scope(
            self.path, self.matter_type_id, self.category_id, self.hours, self.from_day, self.until_day
        )
        target = Target(self.level, self.unit_id, self.team_id, tuple(officers))  # type: ignore[arg-type]
        return Line(self.rule_id, self.id, self.rule.number, Content(scope, target, self.note))


class RoutingOfficer(CountyScoped):
    """A person whom a rule names."""

    version = CountyForeignKey(
        RoutingVersion, on_delete=models.CASCADE, related_name="officers", county_index=False
    )
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "version", "person"], name="routing_officer_once")
        ]
