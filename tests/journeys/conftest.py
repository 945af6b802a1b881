"""What the journeys share: the hour at which they happen, and a browser per person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from mulin.config.middleware import SECOND_FACTOR
from tests.personas import COUNTY, NEIGHBOUR, Scene

Enter = Callable[..., Client]


@pytest.fixture
def clock_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock that the doors read; it runs on from there."""

    def set_to(moment: datetime) -> None:
        from mulin.kernel import clock

        monkeypatch.setattr(clock, "_started", clock.time.monotonic())
        monkeypatch.setenv("MULIN_NOW", moment.isoformat())

    return set_to


@pytest.fixture
def files_home(settings: Any, tmp_path: Path) -> Path:
    """Photos of one test lie in a folder of their own."""
    settings.HOME = tmp_path
    settings.FILES_ROOT = tmp_path / "files"
    settings.HEADS_ROOT = tmp_path / "heads"
    return tmp_path


@pytest.fixture
def morning(clock_at: Callable[[datetime], None], now: datetime, files_home: Path) -> datetime:
    """A minute after the scene was built."""
    later = now + timedelta(minutes=1)
    clock_at(later)
    return later


def signed_in(client: Client, account: Any, *, county: int = COUNTY) -> Client:
    """The client as somebody who gave password and second factor."""
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[SECOND_FACTOR] = True
    session.save()
    return client


@pytest.fixture
def enter(county: Scene, morning: datetime) -> Enter:
    """``enter("grid_worker")`` is a browser in which that person has signed in; ``abroad`` is the neighbour at home.

    ``superuser`` is an operator's account that belongs to no county.
    """

    def door(name: str, **options: Any) -> Client:
        if name == "stranger":
            return Client(**options)
        if name == "superuser":
            account = get_user_model().objects.create_superuser(username="operator", password=None)
            return signed_in(Client(**options), account)
        if name == "abroad":
            there = Client(SERVER_NAME="localhost", **options)
            return signed_in(there, county.accounts["neighbour_admin"], county=NEIGHBOUR)
        return signed_in(Client(**options), county.accounts[name])

    return door
