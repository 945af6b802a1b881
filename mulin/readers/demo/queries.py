"""What stands already of an example county."""

from __future__ import annotations

from mulin.citus.models import County
from mulin.ground.territory import queries as territory
from mulin.ground.trail import queries as trail
from mulin.kernel.county import county_scope

MADE = "example.made"
"""Trail verb of the deed that ends the making. It is written last, in the same transaction."""


def standing(county: int) -> str:
    """``absent``; ``made`` by the command, whole; ``real``; or ``opened`` as an example by something else."""
    row = County.objects.filter(code=county).first()
    if row is None:
        return "absent"
    if not row.is_example:
        return "real"
    with county_scope(county):
        made = any(deed.verb == MADE for deed in trail.of_subject("division", territory.root().id))
    return "made" if made else "opened"
