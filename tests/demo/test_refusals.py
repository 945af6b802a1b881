"""What the command refuses, and that an interrupted run leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.readers.demo.actions import make_example
from mulin.readers.demo.queries import standing
from tests.conftest import NOW, as_owner
from tests.personas import COUNTY, Scene


def rows(label: str) -> Any:
    return apps.get_model(label).objects.all()


def test_an_interrupted_run_leaves_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(**_what: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mulin.readers.demo.actions.play", cut_off)
    with as_owner(), pytest.raises(KeyboardInterrupt):
        make_example(county=COUNTY, seed=1, scale=0.01, now=NOW)
    assert standing(COUNTY) == "absent"
    with county_scope(COUNTY):
        assert not rows("people.Person").exists() and not rows("trail.AuditEntry").exists()


@pytest.mark.no_tenant_rows("it is refused before any")
def test_another_code_is_refused(db: None) -> None:
    with pytest.raises(Refused, match="211322") as refusal:
        make_example(county=110101, seed=1, scale=1, now=NOW)
    assert refusal.value.code == "example_unknown"


@pytest.mark.no_tenant_rows("it is refused before any")
def test_a_real_county_is_refused_in_one_line(db: None) -> None:
    with as_owner():
        rows("citus.County").create(code=COUNTY, name="建平县", opened_at=NOW)
    with pytest.raises(CommandError) as refusal:
        call_command("demo", "--county", str(COUNTY))
    assert "真实" in str(refusal.value) and "\n" not in str(refusal.value)
    assert standing(COUNTY) == "real"


def test_an_example_that_something_else_opened_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused) as refusal:
        make_example(county=COUNTY, seed=1, scale=1, now=NOW)
    assert refusal.value.code == "example_other"


@pytest.mark.no_tenant_rows("it is refused before any")
@pytest.mark.parametrize("scale", ["0", "-1", "many", "1000"])
def test_a_senseless_scale_is_wrong_usage(db: None, scale: str) -> None:
    with pytest.raises(CommandError):
        call_command("demo", "--county", str(COUNTY), "--scale", scale)
