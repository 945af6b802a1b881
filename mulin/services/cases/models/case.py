"""Cases: one row for the present, an append of steps for the past, written in the same transaction (rows 7 to 9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.kernel.ids import uuid7
from mulin.services.cases.rules import FINISHED, OTHER_ENDS, Part, Provenance, Score, Source, State, Urgency

_ENDS, _OTHERS = tuple(str(one) for one in FINISHED), tuple(str(one) for one in OTHER_ENDS)
UNCLOSED = models.Q(from_state="closed") & ~models.Q(to_state="closed")
"""A step that sent a closed case back."""
ENDED_OTHERWISE = (models.Q(to_state__in=_OTHERS) & ~models.Q(from_state__in=_ENDS)) | (
    models.Q(from_state__in=_OTHERS) & ~models.Q(to_state__in=_OTHERS)
)
"""A step by which a case ended otherwise than by closing, or came back from there."""

REOPENED = models.Q(action="reopen")
"""A step by which a case got a round, and a total clock, of its own."""


class Cases(models.QuerySet["Case"]):
    def update(self, **told: Any) -> int:
        """As Django's; the rows say that they were touched."""
        return super().update(**{"touched": uuid7(), **told})


class Case(CountyScoped):
    objects = Cases.as_manager()

    acted_for: UUID | None = None
    """No column: the colleague on leave in whose place the step under way is done; see steps.begin."""
    as_read: dict[str, Any] | None = None
    """No column: what stood in the row when it was locked; see steps.locked."""

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
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.NORMAL)
    matter = CountyForeignKey(
        "catalogue.MatterVersion",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="the version of the matter type under which it was admitted",
    )
    category_label = models.CharField(max_length=60, blank=True, default="")

    place = CountyForeignKey("territory.Division", on_delete=models.PROTECT, null=True, related_name="+")
    place_path = models.CharField(max_length=200, db_collation="C", help_text="most specific division known")
    place_text = models.CharField(max_length=200, blank=True, default="", help_text="as typed")
    grid = CountyForeignKey("territory.Grid", on_delete=models.PROTECT, null=True, related_name="+")
    grid_path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    compound = CountyForeignKey(
        "territory.Division",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="the compound in which it lies (row 44)",
    )
    lon = models.FloatField(null=True, help_text="degrees, WGS-84")
    lat = models.FloatField(null=True)
    accuracy = models.FloatField(null=True, help_text="metres, as the phone said")
    source_datum = models.CharField(max_length=10, blank=True, default="")

    reported_by = CountyForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    handler = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", help_text="lead unit"
    )
    level = models.CharField(max_length=10, blank=True, default="", help_text="disposal level that holds it")
    held_role = models.CharField(max_length=30, blank=True, default="")
    held_path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    mode = models.CharField(
        max_length=10, default="routine", help_text="routine or emergency, when its limits were set"
    )

    reported_at = models.DateTimeField()
    reported_day = models.DateField(help_text="Asia/Shanghai")
    accepted_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    taken_up_at = models.DateTimeField(null=True)
    first_response_at = models.DateTimeField(null=True, help_text="first contact with content by a person")
    disposed_at = models.DateTimeField(null=True)
    informed_at = models.DateTimeField(null=True, help_text="the reporter was told the result")
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="the total clock: set at admission, never reset")
    step_since = models.DateTimeField(null=True, help_text="since when the holder has it")
    step_due_at = models.DateTimeField(null=True, help_text="the holder's clock, never later than the total")
    response_due_at = models.DateTimeField(null=True)
    paused_since = models.DateTimeField(null=True, help_text="waiting for the reporter")
    clocks = models.JSONField(
        default=dict, help_text="how its clocks were counted, where they stood still: rules.clocks"
    )
    check_tries = models.PositiveSmallIntegerField(default=0, help_text="looks of tick that failed in a row")
    next_check_at = models.DateTimeField(null=True, help_text="when tick looks at it again")
    resume_state = models.CharField(
        max_length=20, blank=True, default="", help_text="where it comes back to from a rest or a merge"
    )
    returns = models.PositiveSmallIntegerField(default=0, help_text="units that sent it back")
    reworks = models.PositiveSmallIntegerField(default=0)
    reopenings = models.PositiveSmallIntegerField(default=0)
    supports = models.PositiveIntegerField(default=0, help_text="neighbours who said: me too")
    shown_at = models.DateTimeField(
        null=True, help_text="staff let neighbours see that there is such a matter"
    )
    shown_by = models.UUIDField(null=True)
    verification = models.CharField(
        max_length=20, default="reporter", help_text="reporter, second_person or sample"
    )
    verified_at = models.DateTimeField(null=True)
    verified_by = models.UUIDField(null=True)
    sampled = models.BooleanField(default=False, help_text="found and fixed, drawn for a check")
    checked_at = models.DateTimeField(null=True)
    hard_since = models.DateTimeField(null=True, help_text="flagged as difficult (row 19)")
    hard_signed_at = models.DateTimeField(null=True)
    hard_signed_by = models.UUIDField(null=True)
    excluded_at = models.DateTimeField(null=True)
    refusal_code = models.CharField(max_length=20, blank=True, default="")
    refused_by = models.UUIDField(null=True)
    refused_at = models.DateTimeField(null=True)
    appealed_at = models.DateTimeField(null=True)
    merged_into = CountyForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged", county_index=False
    )
    carried = models.PositiveSmallIntegerField(default=0, help_text="reports that were merged into it")
    split_from = CountyForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="parts", county_index=False
    )
    result = models.TextField(blank=True, default="")
    refusal = models.TextField(blank=True, default="")

    system = CountyForeignKey(
        "systems.System",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        county_index=False,
        help_text="the connected system that reported it, and follows it",
    )
    chosen = models.CharField(
        max_length=30, blank=True, default="", help_text="matter type or category its reporter chose: a hint"
    )

    touched = models.UUIDField(
        default=uuid7,
        editable=False,
        help_text="a UUIDv7 of the last write, by the real clock: who counted it before counts it again",
    )
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
                name="case_step_within_total",
                condition=models.Q(step_due_at__isnull=True)
                | models.Q(due_at__isnull=True)
                | models.Q(step_due_at__lte=models.F("due_at")),
            ),
            models.CheckConstraint(
                name="case_merged_somewhere",
                condition=~models.Q(state="merged") | models.Q(merged_into__isnull=False),
            ),
            models.CheckConstraint(
                name="case_position_whole",
                condition=models.Q(lon__isnull=True, lat__isnull=True)
                | models.Q(lon__isnull=False, lat__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["county", "-reported_at", "-id"],
                name="case_reported",
                include=["first_response_at", "state", "source", "found_fixed", "provenance"],
            ),
            models.Index(fields=["county", "state", "-reported_at", "-id"], name="case_state_newest"),
            models.Index(fields=["county", "touched"], name="case_touched"),
            models.Index(fields=["county", "grid_path", "-reported_at"], name="case_grid_path"),
            models.Index(fields=["county", "place_path", "-reported_at"], name="case_place_path"),
            models.Index(
                fields=["county", "next_check_at"],
                name="case_next_check",
                condition=models.Q(next_check_at__isnull=False),
            ),
            models.Index(
                fields=["county", "closed_at"],
                name="case_closed",
                condition=models.Q(closed_at__isnull=False),
            ),
            models.Index(
                fields=["county", "due_at", "closed_at"],
                name="case_closed_late",
                condition=models.Q(state="closed", closed_at__gt=models.F("due_at")),
            ),
            models.Index(
                fields=["county", "accepted_at"],
                name="case_accepted",
                condition=models.Q(accepted_at__isnull=False),
            ),
            models.Index(
                fields=["county", "refused_at"],
                name="case_refused",
                condition=models.Q(refused_at__isnull=False),
            ),
            models.Index(
                fields=["county", "hard_signed_at"],
                name="case_hard_signed",
                condition=models.Q(hard_signed_at__isnull=False),
            ),
            models.Index(
                fields=["county", "due_at"], name="case_due", condition=models.Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["county", "due_at", "id"],
                name="case_due_open",
                condition=models.Q(due_at__isnull=False, closed_at__isnull=True)
                & ~models.Q(state__in=("closed", "not_admitted", "merged", "withdrawn")),
            ),
            models.Index(
                fields=["county", "lon", "lat"],
                name="case_position_open",
                condition=models.Q(lon__isnull=False)
                & ~models.Q(state__in=("closed", "not_admitted", "merged", "withdrawn")),
            ),
            models.Index(
                fields=["county", "lon", "lat"],
                name="case_position",
                condition=models.Q(lon__isnull=False),
            ),
            models.Index(
                fields=["county", "-shown_at", "-id"],
                name="case_shown",
                condition=models.Q(shown_at__isnull=False),
            ),
            models.Index(
                fields=["county", "system", "-reported_at"],
                name="case_of_system",
                condition=models.Q(system__isnull=False),
            ),
            models.Index(
                fields=["county", "merged_into"],
                name="case_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["county", "split_from"],
                name="case_split",
                condition=models.Q(split_from__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Every write says when it was."""
        self.touched = uuid7()
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "touched"}
        super().save(*args, **kwargs)


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
    split_from = CountyForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="parts", county_index=False
    )
    """His receipt for the case from which this one was split off."""
    via = models.CharField(
        max_length=10, blank=True, default="", help_text="who tells him: hotline, or we where it is empty"
    )
    confidential = models.BooleanField(default=False, help_text="he asked that nobody learn who he is")
    told_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "receipt"], name="case_receipt")]
        indexes = [
            models.Index(
                fields=["county", "phone_hash"],
                name="case_reporter_phone",
                condition=~models.Q(phone_hash=""),
            ),
            models.Index(
                fields=["county", "split_from"],
                name="case_reporter_split",
                condition=models.Q(split_from__isnull=False),
            ),
            models.Index(
                fields=["county", "case"],
                name="case_reporter_owed",
                condition=models.Q(via="hotline", told_at__isnull=True),
            ),
        ]


class CaseUnit(CountyScoped):
    """A hop (``lead``: who held the case from when to when, on which level) or a unit that helped (``assist``).

    Every unit that has a part in a case sees it. ``worked_at``: it really did something (row 19).
    """

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="units", county_index=False)
    part = models.CharField(max_length=10, choices=Part.choices)
    unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    level = models.CharField(max_length=10)
    role = models.CharField(max_length=30, blank=True, default="")
    path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    how = models.CharField(max_length=30, help_text="the action that gave it to them")
    why = models.TextField(blank=True, default="", help_text="the rule or the reason")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    step_due_at = models.DateTimeField(null=True)
    worked_at = models.DateTimeField(null=True)
    report = models.TextField(blank=True, default="", help_text="what an assisting unit did")
    rule = CountyForeignKey(
        "cases.RoutingVersion",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="the version of the routing rule by which it came here",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case"],
                name="case_one_lead",
                condition=models.Q(part="lead", until__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["county", "case", "unit"],
                name="case_assist_once",
                condition=models.Q(part="assist", until__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "case", "since"], name="case_unit_order"),
            models.Index(
                fields=["county", "unit", "-since"],
                name="case_of_unit",
                condition=models.Q(unit__isnull=False),
            ),
        ]


class CaseOfficer(CountyScoped):
    """A person named to work on a case; two or more may be."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="officers", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case", "person"],
                name="case_officer_once",
                condition=models.Q(until__isnull=True),
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
        indexes = [
            models.Index(fields=["county", "case", "at", "id"], name="case_step_order"),
            models.Index(fields=["county", "at", "id"], name="case_step_when"),
            models.Index(
                fields=["county", "at"], name="case_step_back", condition=UNCLOSED, include=["case"]
            ),
            models.Index(
                fields=["county", "at"], name="case_step_ends", condition=ENDED_OTHERWISE, include=["case"]
            ),
            models.Index(fields=["county", "at"], name="case_step_reopened", condition=REOPENED),
        ]


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
        indexes = [
            models.Index(
                fields=["county", "rated_at"], name="rating_told", include=["case", "closure", "score"]
            )
        ]
