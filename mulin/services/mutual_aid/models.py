"""Who was checked for what, by whom, until when. No document and no number of one is kept."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.mutual_aid.rules import Evidence, VettingKind


class Vetting(CountyScoped):
    person = CountyForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", county_index=False)
    kind = models.CharField(max_length=20, choices=VettingKind.choices)
    evidence = models.CharField(max_length=20, choices=Evidence.choices)
    path = models.CharField(max_length=200, db_collation="C", help_text="of the community that checked")
    checked_by = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField()
    valid_until = models.DateField(help_text="the last day")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person", "kind"],
                name="vetting_one",
                condition=models.Q(ended_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["county", "-checked_at", "-id"], name="vetting_newest")]
