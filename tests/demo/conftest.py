"""The example county, made once for the module and rolled back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from mulin.kernel.county import county_scope
from mulin.readers.demo.actions import Made, make_example
from tests.conftest import NOW, as_owner
from tests.personas import COUNTY

SCALE = 0.3


@pytest.fixture(scope="module")
def made(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """The county at a small scale, with its files and heads in a folder of its own."""
    home: Path = tmp_path_factory.mktemp("demo")
    rolled_back = transaction.atomic()
    rolled_back._from_testcase = True  # as Django's own tests do: sealing insists on being outermost
    with (
        django_db_blocker.unblock(),
        override_settings(FILES_ROOT=home / "files", HEADS_ROOT=home / "heads"),
        rolled_back,
    ):
        with as_owner():
            built = make_example(county=COUNTY, seed=7, scale=SCALE, now=NOW)
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def example(made: Made, db: None) -> Iterator[Made]:
    """Inside the example county."""
    with county_scope(COUNTY):
        yield made
