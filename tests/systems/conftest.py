"""The hour at which it happens and a browser per person, as in the journeys."""

from tests.journeys.conftest import clock_at, enter, files_home, morning

__all__ = ["clock_at", "enter", "files_home", "morning"]
