"""The hour at which doors are tried, as in the journeys."""

from __future__ import annotations

from tests.journeys.conftest import clock_at, files_home, morning

__all__ = ["clock_at", "files_home", "morning"]
