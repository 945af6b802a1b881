"""The hour at which doors are tried, as in the journeys; a shop with rice for points."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.exchange.fairs import Fair, make_fair
from tests.exchange.scenes import Corner, make_corner
from tests.journeys.conftest import clock_at, enter, files_home, morning
from tests.personas import Scene

__all__ = ["clock_at", "enter", "files_home", "morning"]


@pytest.fixture
def corner(county: Scene, now: datetime) -> Corner:
    return make_corner(county, now)


@pytest.fixture
def fair(county: Scene, now: datetime) -> Fair:
    return make_fair(county, now)
