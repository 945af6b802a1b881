"""Django system checks: a tenant model that breaks the rules of docs/adr/0002 stops every command."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import County
from mulin.citus.scoping import KEY, is_tenant


def _starts_with_county(fields: Any) -> bool:
    return bool(fields) and str(fields[0]).lstrip("-") == "county"


def _constraint_errors(model: Any) -> list[str]:
    found = []
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and not _starts_with_county(constraint.fields):
            found.append(f"unique constraint {constraint.name} does not start with county")
        elif not isinstance(constraint, models.UniqueConstraint | models.CheckConstraint):
            found.append(f"{constraint.name}: exclusion constraints cannot be distributed")
    found += [
        f"index {ix.name} does not start with county"
        for ix in model._meta.indexes
        if not _starts_with_county(ix.fields)
    ]
    if model._meta.unique_together:
        found.append("unique_together is not used: name the constraint")
    return found


def _field_errors(model: Any) -> list[str]:
    found = []
    for field in model._meta.local_fields:
        target = field.related_model if field.remote_field else None
        if target is None:
            if (field.unique or field.db_index) and not field.primary_key:
                found.append(f"{field.name}: no bare unique or db_index on a tenant table")
        elif isinstance(field, models.OneToOneField):
            found.append(f"{field.name}: no OneToOneField")
        elif is_tenant(target) and not isinstance(field, CountyForeignKey):
            found.append(f"{field.name}: tenant to tenant is a CountyForeignKey")
        elif not is_tenant(target):
            if not getattr(target, "reference", False):
                found.append(f"{field.name}: {target._meta.label} is no reference table; keep a plain UUID")
            if not field.remote_field.hidden:
                found.append(
                    f"{field.name}: related_name must be '+', nothing joins from a catalogue to a tenant"
                )
            if field.db_index:
                found.append(
                    f"{field.name}: db_index=False, and an index that starts with county where needed"
                )
    found += [
        f"{field.name}: many-to-many only through a tenant model" for field in model._meta.local_many_to_many
    ]
    return found


def _catalogue_errors(model: Any) -> list[str]:
    return [
        f"{field.name}: a catalogue or local table never points at a tenant table"
        for field in model._meta.local_fields
        if field.remote_field and isinstance(field.related_model, type) and is_tenant(field.related_model)
    ]


@register(Tags.models)
def tenant_models(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every model of ours keeps county.md's rules 1 to 5."""
    errors: list[CheckMessage] = []
    for model in apps.get_models():
        if model is County or not model.__module__.startswith(("mulin.", "tests.")):
            continue
        if is_tenant(model):
            county = model._meta.get_field("county")
            found = _field_errors(model) + _constraint_errors(model)
            if county.null or county.column != KEY:
                found.append("county is NOT NULL and lives in county_id")
        else:
            found = _catalogue_errors(model)
        errors += [Error(f"{model._meta.label}: {text}", id="mulin.E001", obj=model) for text in found]
    return errors
