"""Fixtures of the whole suite: the web role, the county scope, the people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from mulin.citus import partitions
from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope
from tests.personas import COUNTY, NEIGHBOUR, Scene, build_scene

hypothesis_settings.register_profile("mulin", deadline=None)  # machines differ; speed belongs in bench/
hypothesis_settings.load_profile("mulin")

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
"""A Tuesday morning: the moment at which tests without a moment of their own take place."""


def _as_web(sender: Any, connection: Any, **kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'SET ROLE "{settings.WEB_ROLE}"')


@contextmanager
def as_owner() -> Iterator[None]:
    """The rights of the role that migrates, for set-up only. Tests themselves run as the web role."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            _as_web(None, connection)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Migrated by the owner, used by the web role, as in a real county."""
    with django_db_blocker.unblock():
        _as_web(None, connection)
    connection_created.connect(_as_web)
    teardown = TransactionTestCase._fixture_teardown

    def owners_teardown(self: Any) -> None:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        teardown(self)
        _as_web(None, connection)

    TransactionTestCase._fixture_teardown = owners_teardown  # type: ignore[method-assign]
    yield
    connection_created.disconnect(_as_web)
    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(scope="session", autouse=True)
def plain_static_files() -> None:
    """Tests name static files as they lie in static/: nothing is collected, nothing hashed."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """A page read in English leaves its language in the thread: the next test begins in the product's own."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def scene(db: None) -> Scene:
    """Two counties with places, grids and people; see tests/personas.py. No scope is open."""
    with as_owner():
        return build_scene(NOW)


@pytest.fixture
def county(scene: Scene) -> Iterator[Scene]:
    """The scene, inside county 211322."""
    with county_scope(COUNTY):
        yield scene


@pytest.fixture(autouse=True)
def plain_pages(settings: Any) -> None:
    """Pages name their files without the manifest that collectstatic writes; no county is remembered between tests."""
    from mulin.ground.access.queries import forget_counties
    from mulin.ground.modes.queries import forget as forget_modes
    from mulin.ground.webhooks import queries as webhooks

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    forget_counties()
    forget_modes()
    # Nobody is told of events yet, and a process knows it: it asks every half minute, not at a deed.
    webhooks._kept.clear()
    webhooks._kept.update(dict.fromkeys((COUNTY, NEIGHBOUR), (math.inf, ())))


@pytest.fixture(autouse=True)
def one_partition(request: pytest.FixtureRequest) -> Iterator[None]:
    """In the partitioned run, a database test in which no tenant statement was watched proves nothing and fails."""
    before = partitions.seen.statements
    yield
    if not partitions.enabled() or not {"db", "transactional_db"} & set(request.fixturenames):
        return
    if request.node.get_closest_marker("no_tenant_rows"):
        return
    assert partitions.seen.statements > before, "no statement on a tenant table was watched in this test"
