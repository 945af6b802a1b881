"""The version of a county's map: whoever changes the map says so here, and every process notices."""

from __future__ import annotations

import secrets

from mulin.ground.territory.models import MapVersion


def touch_map() -> None:
    """Mark the map of the county in force as changed, in the transaction of the change.

    The mark is a random number, not the next one: after a rollback another change must never get a
    number under which some process has already remembered the undone map.
    """
    mark = secrets.randbits(62)
    if not MapVersion.objects.update(version=mark):
        MapVersion.objects.create(version=mark)
