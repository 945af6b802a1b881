"""Cases: one row for the present, an append of steps for the past, written in the same transaction (rows 7 to 9)."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.cases.rules import Provenance, Score, Source, State


class Case(CountyScoped):
    number = models.CharField(max_length=40, help_text="public number, printed and spoken")
    client_id = models.UUIDField(help_text="made by the phone: a resend finds the same case")
    source = models.CharField(max_length=20, choices=Source.choices)
    provenance = models.CharField(max_length=10, choices=Provenance.choices, default=Provenance.LIVE)
    found_fixed = models.BooleanField(default=False, help_text="found and fixed at once by a grid worker")
    state = models.CharField(max_length=20, choices=State.choices)
    version = models.PositiveIntegerField(default=1, help_text="a stale write is refused (409)")
    round = models.PositiveSmallIntegerField(
        default=1, help_text="1, and one more at each reopening: one rating each"
    )

    title = models.CharField(max_length=200)
    text = models.TextField()
    category_label = models.CharField(max_length=60, blank=True, default="")

    place = CountyForeignKey("territory.Division", on_delete=models.PROTECT, null=True, related_name="+")
    place_path = models.CharField(max_length=200, db_collation="C", help_text="most specific division known")
    place_text = models.CharField(max_length=200, blank=True, default="", help_text="as typed")
    grid = CountyForeignKey("territory.Grid", on_delete=models.PROTECT, null=True, related_name="+")
    grid_path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    lon = models.FloatField(null=True, help_text="degrees, WGS-84")
    lat = models.FloatField(null=True)
    accuracy = models.FloatField(null=True, help_text="metres, as the phone said")
    source_datum = models.CharField(max_length=10, blank=True, default="")

    reported_by = CountyForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    handler = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")

    reported_at = models.DateTimeField()
    reported_day = models.DateField(help_text="Asia/Shanghai")
    accepted_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    taken_up_at = models.DateTimeField(null=True)
    first_response_at = models.DateTimeField(null=True, help_text="first contact with content by a person")
    disposed_at = models.DateTimeField(null=True)
    informed_at = models.DateTimeField(null=True, help_text="the reporter was told the result")
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    result = models.TextField(blank=True, default="")
    refusal = models.TextField(blank=True, default="")

    import_source = models.CharField(max_length=40, blank=True, default="")
    external_no = models.CharField(max_length=60, blank=True, default="")
    imported = models.JSONField(default=dict, help_text="field → short hash of what was last imported")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="case_number"),
            models.UniqueConstraint(fields=["county", "client_id"], name="case_client"),
            models.UniqueConstraint(
                fields=["county", "import_source", "external_no"],
                name="case_external",
                condition=~models.Q(external_no=""),
            ),
            models.CheckConstraint(
                name="case_closed_has_result",
                condition=~models.Q(state="closed")
                | models.Q(closed_at__isnull=False, disposed_at__isnull=False) & ~models.Q(result=""),
            ),
            models.CheckConstraint(
                name="case_times_in_order",
                condition=(
                    models.Q(first_response_at__isnull=True)
                    | models.Q(first_response_at__gte=models.F("reported_at"))
                )
                & (models.Q(closed_at__isnull=True) | models.Q(closed_at__gte=models.F("reported_at"))),
            ),
            models.CheckConstraint(
                name="case_position_whole",
                condition=models.Q(lon__isnull=True, lat__isnull=True)
                | models.Q(lon__isnull=False, lat__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "-reported_at", "-id"], name="case_newest"),
            models.Index(fields=["county", "state", "-reported_at", "-id"], name="case_state_newest"),
            models.Index(fields=["county", "grid_path", "-reported_at"], name="case_grid_path"),
            models.Index(fields=["county", "place_path", "-reported_at"], name="case_place_path"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseReporter(CountyScoped):
    """Who reported, how to reach him, and the receipt by which he follows. All personal fields are encrypted."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="reporters")
    person = CountyForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    receipt = models.CharField(max_length=40)
    name_sealed = models.TextField(blank=True, default="")
    phone_sealed = models.TextField(blank=True, default="")
    phone_hash = models.CharField(max_length=64, blank=True, default="")
    nickname = models.CharField(
        max_length=60, blank=True, default="", help_text="pseudonym in an imported system"
    )
    told_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "receipt"], name="case_receipt")]
        indexes = [
            models.Index(
                fields=["county", "phone_hash"],
                name="case_reporter_phone",
                condition=~models.Q(phone_hash=""),
            )
        ]


class CaseStep(CountyScoped):
    """One movement of a case, oldest first by (at, id). ``note`` is for people; ``public`` says whether reporters see it."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="steps", county_index=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=30)
    from_state = models.CharField(max_length=20, blank=True, default="")
    to_state = models.CharField(max_length=20)
    person = models.UUIDField(null=True)
    role = models.CharField(max_length=30, blank=True, default="")
    system = models.CharField(max_length=40, blank=True, default="")
    note = models.TextField(blank=True, default="")
    public = models.BooleanField(default=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["county", "case", "at", "id"], name="case_step_order")]


class Rating(CountyScoped):
    """One valid rating per reporter and closure (row 21)."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="ratings")
    reporter = CountyForeignKey(CaseReporter, on_delete=models.CASCADE, related_name="+", county_index=False)
    closure = models.PositiveSmallIntegerField(default=1)
    score = models.CharField(max_length=20, choices=Score.choices)
    comment = models.TextField(blank=True, default="")
    rated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "reporter", "closure"], name="rating_once")]


class ImportState(models.TextChoices):
    QUEUED = "queued", "等待"
    RUNNING = "running", "进行中"
    DONE = "done", "完成"
    REFUSED = "refused", "未能导入"


class ImportRun(CountyScoped):
    """One table brought in from a page: who, what, how far, and which rows could not stand."""

    file_name = models.CharField(max_length=200)
    source = models.CharField(max_length=40, default="import")
    live = models.BooleanField(default=False)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.QUEUED)
    message = models.CharField(
        max_length=300, blank=True, default="", help_text="why the whole file was refused"
    )
    read = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list, help_text="the first refused rows: [row, reason]")
    by = CountyForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="last sign of life: a run that rests too long is started again")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["county", "-created_at", "-id"], name="import_newest"),
            models.Index(
                fields=["county", "moved_at"],
                name="import_open",
                condition=models.Q(finished_at__isnull=True),
            ),
        ]
