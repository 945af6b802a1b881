"""County (the tenant) and CountyScoped (what every tenant model inherits)."""

from __future__ import annotations

from typing import Any

from django.db import models

from mulin.kernel.county import ALL, NoCounty, current_county, default_county, scope
from mulin.kernel.ids import uuid7


class County(models.Model):
    """A county that has been opened here. Its key is the six-digit code of GB/T 2260."""

    reference = True

    code = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True, default="")
    host = models.CharField(
        max_length=200, blank=True, default="", help_text="host name that means this county"
    )
    is_example = models.BooleanField(
        default=False, help_text="invented people; its door opens on loopback only"
    )
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host"], condition=~models.Q(host=""), name="county_host_unique"),
            models.CheckConstraint(
                condition=models.Q(code__gte=110000, code__lte=999999), name="county_code_six_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CountyScoped(models.Model):
    """A row of one county. Its key is ``id`` to Django and ``(county_id, id)`` to the database."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    county = models.ForeignKey(
        County,
        on_delete=models.PROTECT,
        default=default_county,
        editable=False,
        related_name="+",
        db_index=False,
    )
    county_id: int

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse to save a row into another county's scope before any SQL is made."""
        county = scope()
        if self.county_id is None or (county is not ALL and self.county_id != county):
            raise NoCounty(f"a {self._meta.label} of county {self.county_id} saved in scope {county}")
        super().save(*args, **kwargs)

    def _do_update(  # type: ignore[override]  # the stubs are a Django version ahead
        self, base_qs: Any, using: Any, pk_val: Any, values: Any, update_fields: Any, forced_update: bool
    ) -> bool:
        values = [value for value in values if value[0].column != "county_id"]
        base_qs = base_qs.filter(county_id=self.county_id)
        done: Any = super()._do_update(base_qs, using, pk_val, values, update_fields, forced_update)  # type: ignore[call-arg]
        return bool(done)


class Local(models.Model):
    """A row that belongs to no county: accounts, sessions, the job queue. Never joined to tenant tables."""

    class Meta:
        abstract = True


def county_in_force() -> County:
    """The County row of the scope in force. Raises NoCounty outside one."""
    return County.objects.get(code=current_county())
