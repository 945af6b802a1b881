"""What figures are compared with, what was made of them for a month, and counts that are kept: baselines, briefs, tables."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped


class BaselineKind(models.TextChoices):
    COMPUTED = "computed", _("由记录算出")
    DECLARED = "declared", _("由文件声明")


class Baseline(CountyScoped):
    """What a figure is compared with: computed from the rows of a window, or declared by a document that somebody signed.

    One in force for each figure and place; a newer one ends it. Computed ones serve the places below, too.
    """

    code = models.CharField(max_length=40, help_text="of the indicator")
    path = models.CharField(max_length=200, db_collation="C")
    kind = models.CharField(max_length=10, choices=BaselineKind.choices)
    starts_on = models.DateField(null=True, help_text="first day of the window")
    ends_on = models.DateField(null=True, help_text="the day after its last")
    value = models.FloatField(null=True, help_text="as declared, in the figure's unit")
    document = models.CharField(max_length=120, blank=True, default="")
    signer = models.CharField(max_length=40, blank=True, default="")
    signed_on = models.DateField(null=True)
    set_by = models.UUIDField()
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "code", "path"],
                name="baseline_one",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="baseline_whole",
                condition=models.Q(
                    kind="computed",
                    starts_on__isnull=False,
                    ends_on__gt=models.F("starts_on"),
                    value__isnull=True,
                )
                | models.Q(kind="declared", value__isnull=False, signed_on__isnull=False)
                & ~models.Q(document="")
                & ~models.Q(signer=""),
            ),
        ]
        indexes = [models.Index(fields=["county", "-set_at", "-id"], name="baseline_newest")]


class Brief(CountyScoped):
    """A month's page of a place or a unit, as it was sent up: it is reprinted as it was, whatever changed since."""

    path = models.CharField(max_length=200, db_collation="C")
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="the day after its last")
    version = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=160)
    note = models.CharField(max_length=400, blank=True, default="", help_text="why it was sent again")
    figures = models.JSONField(help_text="code → value, numerator, denominator, as printed")
    page = models.JSONField(default=dict, help_text="what stands on it: rules.paper.Paper")
    markdown = models.TextField()
    word = models.BinaryField(help_text="the Word file, as printed")
    digest = models.CharField(max_length=64, help_text="SHA-256 of both")
    sent_by = models.UUIDField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "path", "starts_on", "ends_on", "version"],
                name="brief_of_place",
                condition=models.Q(unit__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["county", "unit", "starts_on", "ends_on", "version"],
                name="brief_of_unit",
                condition=models.Q(unit__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["county", "-sent_at", "-id"], name="brief_newest")]

    def __str__(self) -> str:
        return self.title


class MonthRound(CountyScoped):
    """That the monthly tables of a month were asked for: ``tick`` does it once."""

    first = models.DateField(help_text="the first of the month")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "first"], name="month_round_once")]


class MonthTable(CountyScoped):
    """The monthly table of a place or a unit, with the numbers of the day on which it was made."""

    first = models.DateField(help_text="the first of the month")
    path = models.CharField(max_length=200, db_collation="C")
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=160)
    rows = models.JSONField(help_text="the figures, as mulin indicators prints them")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "first", "path"],
                name="month_table_place",
                condition=models.Q(unit__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["county", "first", "unit"],
                name="month_table_unit",
                condition=models.Q(unit__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["county", "-first", "path", "id"], name="month_table_newest")]

    def __str__(self) -> str:
        return self.name


class Tally(CountyScoped):
    """What was counted of a window that is over, in a place: kept case by case, so that only what was written since has to
    be counted again (docs/adr/0013). Nothing rests on it: without it the cases are counted."""

    anew: bool = False
    """No column: all of it was counted, see actions.tallies."""

    path = models.CharField(max_length=200, db_collation="C")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="the day after its last")
    asked_at = models.DateTimeField(help_text="by whoever looked first")
    words = models.CharField(max_length=32, blank=True, default="", help_text="digest of the definitions")
    since = models.UUIDField(
        null=True, help_text="what was written from this UUIDv7 on is to be counted again"
    )
    version = models.PositiveIntegerField(default=0, help_text="0: not counted yet; one more at each count")
    sums = models.JSONField(default=dict, help_text="set and origin, or compound → how many: queries.tallies")
    waits = models.JSONField(default=dict, help_text="origin → median, mean, p90 in hours")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "path", "starts_on", "ends_on"], name="tally_once")
        ]


class TallyCase(CountyScoped):
    """How a case was counted in a tally."""

    tally = CountyForeignKey(Tally, on_delete=models.CASCADE, related_name="cases", county_index=False)
    case = CountyForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+", county_index=False)
    shape = models.BigIntegerField(help_text="services.cases.queries.counted.each")
    wait = models.DurationField(null=True)
    ratings = models.PositiveSmallIntegerField(help_text="given in the window")
    good = models.PositiveSmallIntegerField()
    complaint = models.UUIDField(null=True, help_text="the compound")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "tally", "case"], name="tally_case_once")]
