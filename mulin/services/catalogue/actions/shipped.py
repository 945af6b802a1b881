"""The shipped proposal, brought in like any table: the example county begins with it, and a real one may."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from mulin.kernel.actor import Actor
from mulin.kernel.tables import Row
from mulin.services.catalogue.actions.tables import Outcome, import_matters
from mulin.services.catalogue.rules.shipped import shipped

FIRST_ROW = 2


@transaction.atomic
def install_shipped(*, by: Actor, now: datetime, publish: bool = False) -> Outcome:
    """The eight categories and every shipped matter whose units the county has registered; again, nothing new.

    Without ``publish`` they are drafts that somebody reads first. What could not stand is told by its row in the table
    that the county can download, correct and import.
    """
    rows = [Row(place, cells, (), ()) for place, cells in enumerate(shipped(), start=FIRST_ROW)]
    return import_matters(rows=rows, by=by, now=now, publish=publish)
