"""The catalogue: categories, matter types with their versions, applications for admission, mandates of streets."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.catalogue.rules import (
    MOST_MINUTES,
    AdmissionState,
    Clock,
    DisposalLevel,
    DutyKind,
    Evidence,
    Mode,
    Step,
    Theme,
    Verification,
    VersionState,
)

OPEN = models.Q(ended_on__isnull=True)
DRAFT = models.Q(state="draft")
PUBLISHED = models.Q(state="published")


class TwoNames(models.Model):
    """A name in Chinese, and in English where somebody wrote one."""

    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = (get_language() or "").startswith("en")
        return self.name_en if english and self.name_en else self.name


class MatterCategory(TwoNames, CountyScoped):
    """One of a county's categories: eight by default, every one of them editable."""

    code = models.CharField(max_length=30)
    position = models.PositiveSmallIntegerField(default=0)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "code"], name="category_code"),
            models.UniqueConstraint(fields=["county", "name"], name="category_name", condition=OPEN),
        ]


class MatterType(CountyScoped):
    """What stays the same through all versions of a matter: its code and its category."""

    code = models.CharField(max_length=20)
    category = CountyForeignKey(MatterCategory, on_delete=models.PROTECT, related_name="types")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "code"], name="matter_code")]

    def __str__(self) -> str:
        return self.code


class MatterVersion(TwoNames, CountyScoped):
    """What a matter type says, from its publication to its retirement. A case keeps the version it was admitted under."""

    matter_type = CountyForeignKey(
        MatterType, on_delete=models.PROTECT, related_name="versions", county_index=False
    )
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    revision = models.PositiveIntegerField(
        default=1, help_text="edits of a draft: a stale write is refused (409)"
    )

    description = models.TextField(blank=True, default="", help_text="what belongs here and what does not")
    keywords = models.CharField(
        max_length=300, blank=True, default="", help_text="words people use, separated by 、"
    )
    theme = models.CharField(max_length=20, choices=Theme.choices, blank=True, default="")
    property_related = models.BooleanField(default=False, help_text="a complaint against property services")
    micro = models.BooleanField(default=False, help_text="small enough to be put right on the spot")
    emergency = models.BooleanField(default=False, help_text="urgent by its nature")

    level = models.CharField(
        max_length=20, choices=DisposalLevel.choices, help_text="where it is first dispatched"
    )
    lead_unit = CountyForeignKey(
        "people.Organisation",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="null: by territory, the unit of the level",
    )
    evidence_needed = models.CharField(max_length=20, choices=Evidence.choices, default=Evidence.TEXT)
    verification = models.CharField(
        max_length=20, choices=Verification.choices, default=Verification.REPORTER
    )
    basis = models.TextField(blank=True, default="", help_text="legal basis, or the county's own rule")
    accept_text = models.TextField(blank=True, default="", help_text="standard reply: taken up")
    dispose_text = models.TextField(blank=True, default="", help_text="standard reply: done")
    refuse_text = models.TextField(
        blank=True, default="", help_text="standard reply: not ours, and where to turn"
    )

    created_at = models.DateTimeField()
    created_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    published_at = models.DateTimeField(null=True)
    published_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    retired_at = models.DateTimeField(null=True)
    retired_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    retired_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "matter_type", "number"], name="matter_version_number"),
            models.UniqueConstraint(
                fields=["county", "matter_type"], name="matter_one_published", condition=PUBLISHED
            ),
            models.UniqueConstraint(
                fields=["county", "matter_type"], name="matter_one_draft", condition=DRAFT
            ),
            models.UniqueConstraint(
                fields=["county", "name"], name="matter_published_name", condition=PUBLISHED
            ),
            models.CheckConstraint(
                name="matter_version_times",
                condition=models.Q(state="draft", published_at__isnull=True, retired_at__isnull=True)
                | models.Q(state="published", published_at__isnull=False, retired_at__isnull=True)
                | models.Q(state="retired", published_at__isnull=False, retired_at__isnull=False),
            ),
        ]


class MatterAssist(CountyScoped):
    """A unit that helps the lead unit."""

    version = CountyForeignKey(
        MatterVersion, on_delete=models.CASCADE, related_name="assists", county_index=False
    )
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "version", "unit"], name="matter_assist_once")
        ]


class MatterLimit(CountyScoped):
    """How long a step may take at a level in a mode. ``minutes`` of the clock named: a working day counts 480."""

    version = CountyForeignKey(
        MatterVersion, on_delete=models.CASCADE, related_name="limits", county_index=False
    )
    level = models.CharField(
        max_length=20, choices=DisposalLevel.choices, blank=True, default="", help_text="'' = every level"
    )
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ROUTINE)
    step = models.CharField(max_length=20, choices=Step.choices)
    minutes = models.PositiveIntegerField()
    clock = models.CharField(max_length=10, choices=Clock.choices, default=Clock.ELAPSED)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "version", "level", "mode", "step"], name="matter_limit_once"
            ),
            models.CheckConstraint(
                name="matter_limit_span",
                condition=models.Q(minutes__gte=1, minutes__lte=MOST_MINUTES),
            ),
        ]


class MatterAdmission(CountyScoped):
    """A unit's application to put a matter on the list, and what the county made of it (row 7a)."""

    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    category = CountyForeignKey(
        MatterCategory, on_delete=models.PROTECT, related_name="+", county_index=False
    )
    name = models.CharField(max_length=60)
    description = models.TextField(help_text="what the grid is asked to do, and what it is not")
    reason = models.TextField(help_text="why the grid and not the unit alone")
    basis = models.TextField(blank=True, default="")
    level = models.CharField(max_length=20, choices=DisposalLevel.choices)
    evidence_needed = models.CharField(max_length=20, choices=Evidence.choices, default=Evidence.TEXT)
    support = models.TextField(
        blank=True, default="", help_text="what the unit brings: training, funds, people"
    )

    state = models.CharField(max_length=10, choices=AdmissionState.choices, default=AdmissionState.SUBMITTED)
    submitted_at = models.DateTimeField()
    submitted_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    decided_at = models.DateTimeField(null=True)
    decided_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    decision = models.TextField(blank=True, default="", help_text="the county's reason")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    withdrawn_why = models.TextField(blank=True, default="")
    version = CountyForeignKey(
        MatterVersion, on_delete=models.SET_NULL, null=True, related_name="admissions", help_text="made of it"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="admission_decided_by_another",
                condition=models.Q(submitted_by__isnull=True)
                | models.Q(decided_by__isnull=True)
                | ~models.Q(submitted_by=models.F("decided_by")),
            ),
            models.CheckConstraint(
                name="admission_decision_has_reason",
                condition=~models.Q(state__in=["admitted", "refused"])
                | models.Q(decided_at__isnull=False) & ~models.Q(decision=""),
            ),
            models.CheckConstraint(
                name="admission_withdrawn_has_time",
                condition=~models.Q(state="withdrawn") | models.Q(withdrawn_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["county", "-submitted_at", "-id"], name="admission_newest")]

    def __str__(self) -> str:
        return self.name


class Mandate(CountyScoped):
    """What a street office is there for, as a versioned list of duties (row 22)."""

    division = CountyForeignKey(
        "territory.Division", on_delete=models.PROTECT, related_name="+", county_index=False
    )
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    revision = models.PositiveIntegerField(
        default=1, help_text="edits of a draft: a stale write is refused (409)"
    )
    positioning = models.TextField(
        blank=True, default="", help_text="what this street is for, in a few sentences"
    )
    basis = models.TextField(blank=True, default="", help_text="document, number and date")
    created_at = models.DateTimeField()
    created_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    published_at = models.DateTimeField(null=True)
    published_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    retired_at = models.DateTimeField(null=True)
    retired_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "division", "number"], name="mandate_number"),
            models.UniqueConstraint(
                fields=["county", "division"], name="mandate_one_published", condition=PUBLISHED
            ),
            models.UniqueConstraint(fields=["county", "division"], name="mandate_one_draft", condition=DRAFT),
            models.CheckConstraint(
                name="mandate_times",
                condition=models.Q(state="draft", published_at__isnull=True, retired_at__isnull=True)
                | models.Q(state="published", published_at__isnull=False, retired_at__isnull=True)
                | models.Q(state="retired", published_at__isnull=False, retired_at__isnull=False),
            ),
        ]


class MandateItem(CountyScoped):
    """One duty. ``unit``: the department that leads where the street helps, or that took the duty back."""

    mandate = CountyForeignKey(Mandate, on_delete=models.CASCADE, related_name="items", county_index=False)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=DutyKind.choices, default=DutyKind.BASIC)
    text = models.CharField(max_length=200)
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "mandate", "position"], name="mandate_item_order")
        ]

    def __str__(self) -> str:
        return self.text
