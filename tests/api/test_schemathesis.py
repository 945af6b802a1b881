"""Every operation of the description under requests that fit it and requests that do not: never a 5xx, never an answer
that the description does not know. In the process, bounded, and the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mulin.readers.api.views.door import RULES
from mulin.services.cases.models import Case
from tests.api.conftest import V1, Door

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {"full": 5, "": 2}
"""Of an operation in each mode, by key."""


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The test's own connection outlives each request, as with Django's client."""
    signals = (request_started, request_finished)
    for one in signals:
        one.disconnect(close_old_connections)
    yield
    for one in signals:
        one.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("key", ["full", ""])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fit", "unfit"])
def test_no_request_breaks_an_operation(door: Door, morning: Any, mode: GenerationMode, key: str) -> None:
    case, seen = door.given(morning), []
    headers = {"Authorization": f"Bearer {door.call.keys[key]}"} if key else {}
    schema = schemathesis.openapi.from_wsgi(
        f"{V1}/openapi.json", WSGIHandler(), headers={"Host": "testserver"}
    )
    for found in schema.get_all_operations():
        operation = found.ok()
        seen.append(operation.method)
        strategy = operation.as_strategy(generation_mode=mode)

        @settings(
            max_examples=EXAMPLES[key], derandomize=True, database=None, deadline=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(made=strategy)
        def never_breaks(made: Any) -> None:
            if mode == GenerationMode.POSITIVE and "number" in made.path_parameters:
                made.path_parameters["number"] = case.number  # what is behind the number is reached, too
                if isinstance(made.body, dict) and "version" in made.body:
                    made.body["version"] = Case.objects.get(id=case.id).version
            made.call_and_validate(headers=headers | {"Host": "testserver"}, checks=CHECKS)

        never_breaks()
    assert len(seen) == sum(len(methods) for methods in RULES.values())
