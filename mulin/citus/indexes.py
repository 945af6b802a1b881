"""Indexes that PostgreSQL cannot begin with the county's column, and begin with the county all the same."""

from __future__ import annotations

from typing import Any

from django.db import models


class CountyGin(models.Index):
    """A GIN index over lexemes that each carry their county in front (``county_letter``), so that looking one up
    reads that county's entries only. GIN has no operator class for integers without an extension: the county stands
    in the index's fields for the rules of docs/adr/0002, and not in its SQL.
    """

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        county, *names = self.fields
        if county != "county" or not names or self.condition or self.include:
            raise ValueError(f"{self.name}: county and the columns of lexemes, nothing else")
        fields = [model._meta.get_field(name) for name in names]
        return schema_editor._create_index_sql(
            model, fields=fields, name=self.name, using=" USING gin", **kwargs
        )


def county_letter(county: int) -> str:
    """A county as one letter: its six-digit code read as a code point (all of them are valid, none is a letter in use
    by people). SQL says ``chr(county_id)``."""
    return chr(county)
