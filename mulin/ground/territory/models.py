"""Where things are: the national code table, a county's own tree, its grids and who serves them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped

OPEN = models.Q(ended_on__isnull=True)
DAYS = models.Q(ended_on__isnull=True) | models.Q(ended_on__gt=models.F("started_on"))
"""An assignment holds for a day at least: one taken back on its first day is deleted, the trail keeps the deed."""


class Region(models.Model):
    """One dated row of the national 12-digit table (GB/T 2260, GB/T 10114). Revoked codes are ended,
    never deleted."""

    reference = True

    code = models.CharField(max_length=12, db_collation="C")
    name = models.CharField(max_length=120)
    level = models.PositiveSmallIntegerField(help_text="1 province … 5 community or village")
    parent_code = models.CharField(max_length=12, blank=True, default="", db_collation="C")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="region_code_now", condition=OPEN)]
        indexes = [
            models.Index(fields=["code", "started_on"], name="region_code_dated"),
            models.Index(fields=["parent_code"], name="region_parent"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DivisionKind(models.TextChoices):
    COUNTY = "county", _("县")
    SUBDISTRICT = "subdistrict", _("街道")
    TOWN = "town", _("乡镇")
    COMMUNITY = "community", _("社区")
    VILLAGE = "village", _("村")
    COMPOUND = "compound", _("小区")
    STANDALONE_BUILDING = "standalone_building", _("单体楼宇")
    BUILDING = "building", _("楼栋")
    PLACE = "place", _("场所")


class Division(CountyScoped):
    """A node of the county's own tree, of any depth. ``path`` is ``/`` for the county, ``/001/003/``
    for a community."""

    parent = CountyForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    kind = models.CharField(max_length=30, choices=DivisionKind.choices)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True, default="")
    sort_key = models.CharField(max_length=160, blank=True, default="", db_collation="C")
    region_code = models.CharField(max_length=12, blank=True, default="", db_collation="C")
    path = models.CharField(max_length=200, db_collation="C")
    depth = models.PositiveSmallIntegerField()
    geometry = models.JSONField(null=True, help_text="GeoJSON Polygon or MultiPolygon, WGS-84")
    source_datum = models.CharField(max_length=10, blank=True, default="")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "path"], name="division_path"),
            models.UniqueConstraint(
                fields=["county", "region_code"],
                name="division_region",
                condition=OPEN & ~models.Q(region_code=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GridKind(models.TextChoices):
    BASIC = "1", _("基础网格")
    DEDICATED = "2", _("专属网格")
    MICRO = "3", _("微网格")


class Grid(CountyScoped):
    """The smallest work area. Code: 12 digits of its community, one of its kind, three serial. Path:
    community + g####/."""

    community = CountyForeignKey(Division, on_delete=models.PROTECT, related_name="grids")
    kind = models.CharField(max_length=1, choices=GridKind.choices, default=GridKind.BASIC)
    code = models.CharField(max_length=16, db_collation="C")
    name = models.CharField(max_length=80)
    path = models.CharField(max_length=200, db_collation="C")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "code"], name="grid_code"),
            models.UniqueConstraint(fields=["county", "path"], name="grid_path"),
        ]

    def __str__(self) -> str:
        return self.name


class GridShape(CountyScoped):
    """The outline of a grid from a day (inclusive) to a day (exclusive)."""

    grid = CountyForeignKey(Grid, on_delete=models.CASCADE, related_name="shapes", county_index=False)
    geometry = models.JSONField(help_text="GeoJSON MultiPolygon, WGS-84 degrees")
    source_datum = models.CharField(max_length=10, default="wgs84")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "grid"], name="grid_shape_now", condition=OPEN),
            models.UniqueConstraint(fields=["county", "grid", "started_on"], name="grid_shape_from"),
            models.CheckConstraint(
                name="grid_shape_days",
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gt=models.F("started_on")),
            ),
        ]


class GridPlace(CountyScoped):
    """A building (or compound, or village without outlines) belongs to exactly one grid at a time."""

    grid = CountyForeignKey(Grid, on_delete=models.PROTECT, related_name="places")
    division = CountyForeignKey(Division, on_delete=models.PROTECT, related_name="+", county_index=False)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "division"], name="one_grid_per_place", condition=OPEN)
        ]
        indexes = [models.Index(fields=["county", "division", "started_on"], name="grid_place_dated")]


class PostingKind(models.TextChoices):
    HEAD = "grid_head", _("网格长")
    WORKER = "grid_worker", _("网格员")


class GridPosting(CountyScoped):
    """A person serves a grid from a day to a day."""

    grid = CountyForeignKey(Grid, on_delete=models.PROTECT, related_name="postings")
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=PostingKind.choices, default=PostingKind.WORKER)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "grid", "person", "kind"], name="grid_posting_once", condition=OPEN
            )
        ]


class Jurisdiction(CountyScoped):
    """An organisation answers for a division (street office, residents' committee, property company)."""

    division = CountyForeignKey(Division, on_delete=models.PROTECT, related_name="+")
    organisation = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "organisation", "division"], name="jurisdiction_once", condition=OPEN
            )
        ]


class DepartmentGridLink(CountyScoped):
    """A department has a duty in a grid (包联) from a day to a day; one of them leads."""

    grid = CountyForeignKey(Grid, on_delete=models.PROTECT, related_name="department_links")
    organisation = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    leads = models.BooleanField(default=False)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "grid", "organisation"], name="grid_link_once", condition=OPEN
            ),
            models.UniqueConstraint(
                fields=["county", "grid"], name="grid_link_one_lead", condition=OPEN & models.Q(leads=True)
            ),
            models.CheckConstraint(name="grid_link_days", condition=DAYS),
        ]


class OfficerRole(models.TextChoices):
    ENFORCEMENT = "enforcement", _("执法")
    PATROL = "patrol", _("巡查")
    LIAISON = "liaison", _("联络")


class OfficerAssignment(CountyScoped):
    """An enforcement officer of a team serves a grid (编入网格) from a day to a day.

    The number of the credential stands on the team's roster (people.Membership), once.
    """

    grid = CountyForeignKey(Grid, on_delete=models.PROTECT, related_name="officers")
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    team = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=OfficerRole.choices, default=OfficerRole.ENFORCEMENT)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "grid", "person"], name="officer_once", condition=OPEN),
            models.CheckConstraint(name="officer_days", condition=DAYS),
        ]


class Station(CountyScoped):
    """Where cadres are to be found (站点): within a place, or a place itself, with a name and an address."""

    division = CountyForeignKey(Division, on_delete=models.PROTECT, related_name="stations")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True, default="")
    address = models.CharField(max_length=120, blank=True, default="")
    path = models.CharField(max_length=200, db_collation="C", help_text="of its division")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "division", "name"], name="station_name", condition=OPEN
            ),
            models.CheckConstraint(name="station_days", condition=DAYS),
        ]
        indexes = [models.Index(fields=["county", "path"], name="station_path")]

    def __str__(self) -> str:
        return self.name


class StationPosting(CountyScoped):
    """A cadre is posted to a station (常驻), on some weekdays, from a day to a day."""

    station = CountyForeignKey(Station, on_delete=models.PROTECT, related_name="postings")
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    weekdays = models.CharField(
        max_length=7, blank=True, default="", help_text="ISO weekdays in order: 135 is Mon, Wed, Fri"
    )
    hours = models.CharField(max_length=60, blank=True, default="", help_text="in words: 9:00—11:30")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "station", "person"], name="station_posting_once", condition=OPEN
            ),
            models.CheckConstraint(name="station_posting_days", condition=DAYS),
        ]


class StationVisit(CountyScoped):
    """What was done at a station on a day. Written afterwards, in words: no punch-in, no position, no time."""

    station = CountyForeignKey(Station, on_delete=models.PROTECT, related_name="visits", county_index=False)
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    done = models.CharField(max_length=400)
    callers = models.PositiveSmallIntegerField(null=True, help_text="residents received, where counted")
    entered_by = models.UUIDField(null=True)
    entered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["county", "station", "day"], name="station_visit_day")]


class DivisionCount(CountyScoped):
    """How many households a place has on a day, and who says so. The newest one up to a day holds."""

    division = CountyForeignKey(Division, on_delete=models.PROTECT, related_name="counts", county_index=False)
    households = models.PositiveIntegerField()
    floor_area = models.PositiveIntegerField(null=True, help_text="square metres of floor, where known")
    counted_on = models.DateField()
    source = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "division", "counted_on"], name="division_count_once_a_day"
            )
        ]


class Residence(CountyScoped):
    """Where a household lives."""

    household = CountyForeignKey(
        "people.Household", on_delete=models.CASCADE, related_name="+", county_index=False
    )
    division = CountyForeignKey(Division, on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "household"], name="residence_one_at_a_time", condition=OPEN
            )
        ]


class MapVersion(CountyScoped):
    """Counts the changes of a county's map: in-memory indexes are checked against it."""

    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county"], name="map_version_one")]
