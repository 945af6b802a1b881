"""The hour at which doors are tried, as in the journeys."""

from __future__ import annotations

from tests.journeys.conftest import clock_at, enter, files_home, morning

__all__ = ["clock_at", "enter", "files_home", "morning"]
