"""Codes on poles and doors: whoever scans one reports from that place."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped


class PlaceCode(CountyScoped):
    """A printed QR code and the place at which it hangs. It says nothing about anybody."""

    code = models.CharField(max_length=40, help_text="public: it stands in the printed address")
    label = models.CharField(max_length=100, help_text="as it is printed: 3号楼东门、灯杆 17")
    place = CountyForeignKey(
        "territory.Division", on_delete=models.PROTECT, related_name="+", county_index=False
    )
    place_path = models.CharField(max_length=200, db_collation="C")
    lon = models.FloatField(null=True, help_text="degrees, WGS-84: where it hangs")
    lat = models.FloatField(null=True)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "code"], name="place_code")]
        indexes = [models.Index(fields=["county", "place_path", "-made_at"], name="place_code_at")]

    def __str__(self) -> str:
        return self.code
