"""Imports asked for on a page."""

from __future__ import annotations

from django.db.models import QuerySet

from mulin.kernel.actor import Actor
from mulin.services.cases.models import ImportRun
from mulin.services.cases.permissions import may_import


def import_runs(actor: Actor) -> QuerySet[ImportRun]:
    """The imports of the county, for whoever may import."""
    return ImportRun.objects.all() if may_import(actor) else ImportRun.objects.none()
