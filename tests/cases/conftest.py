"""After every test: whatever was done, each case is found by what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from mulin.kernel.county import county_scope
from mulin.services.cases.actions.pairs import mend
from tests.personas import COUNTY, NEIGHBOUR


@pytest.fixture(autouse=True)
def no_act_forgets_words(request: pytest.FixtureRequest) -> Iterator[None]:
    """An act that changes what a case says and not what it is found by makes its own tests fail."""
    if "scene" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("scene")  # torn down after this
    yield
    if connection.needs_rollback:
        return
    for county in (COUNTY, NEIGHBOUR):
        with county_scope(county):
            _looked, written = mend()
        assert written == 0, "a case is not found by what it says: an act changed it without pairs.keep"
