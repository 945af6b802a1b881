"""The flowchart on its pages: of a matter's version, and of a case by the version under which it was admitted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as Tree

import pytest
from django.apps import apps

from mulin.kernel.ids import uuid7
from mulin.services.cases import actions
from mulin.services.cases.models import Case
from mulin.services.catalogue import actions as catalogue
from mulin.services.catalogue import queries as catalogue_read
from tests.cases.catalogue import matter
from tests.cases.scenes import browser, in_state, reported
from tests.cases.test_views import STATUS
from tests.personas import Scene

KINDS = ("svg", "bpmn", "mmd")


def told(scene: Scene, path: str, who: str = "community_clerk") -> str:
    answer: Any = browser(scene, who).get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


@pytest.fixture
def lamp(county: Scene, now: datetime) -> UUID:
    limits = {"accept": 240, "dispose": 7200}
    return matter(county, now, "M001", "county", lead="department", assists=("property",), limits=limits)


def next_version(scene: Scene, lamp: UUID, now: datetime, minutes: int) -> None:
    """Another limit, by what a clerk does: draft, save, publish."""
    draft = catalogue.draft_next(matter_type=lamp, by=scene.county_clerk, now=now)
    row = apps.get_model("catalogue.MatterLimit").objects.get(version=draft, step="dispose")
    row.minutes = minutes
    row.save()
    catalogue.publish(version=draft.id, by=scene.county_clerk, now=now)


@pytest.mark.parametrize("form", ["/", *(f".{kind}" for kind in KINDS)])
def test_a_matter_shows_its_units_and_limits_and_a_new_limit_changes_every_form(
    county: Scene, now: datetime, lamp: UUID, form: str
) -> None:
    path = f"/desk/flow/{lamp}{form}"
    lead = county.units["department"].name
    before = told(county, path)
    assert lead[:6] in before  # a picture breaks its lines
    assert "5 天" in before and "4 小时" in before
    next_version(county, lamp, now + timedelta(days=1), 2880)
    after = told(county, path)
    assert "2 天" in after and "5 天" not in after
    assert "5 天" in told(county, f"{path}?version=1")


def test_an_older_case_keeps_its_own_version(county: Scene, now: datetime, lamp: UUID) -> None:
    old = reported(county, now).case
    old = actions.accept(case=old, matter=lamp, by=county.community_clerk, now=now, version=None)
    next_version(county, lamp, now + timedelta(days=1), 2880)
    new = reported(county, now + timedelta(days=2)).case
    new = actions.accept(
        case=new, matter=lamp, by=county.community_clerk, now=now + timedelta(days=2), version=None
    )
    for form in ("/", ".svg", ".bpmn", ".mmd"):
        assert "5 天" in told(county, f"/desk/cases/{old.id}/flow{form}")
        assert "5 天" not in told(county, f"/desk/cases/{new.id}/flow{form}")
        assert "2 天" in told(county, f"/desk/cases/{new.id}/flow{form}")


@pytest.mark.parametrize("state", ["reported", "asked", "in_hand", "disputed", "closed", "not_admitted"])
def test_you_are_here(county: Scene, now: datetime, state: str) -> None:
    case, _receipt = in_state(county, now, state)
    page = told(county, f"/desk/cases/{case.id}/flow/")
    assert f'data-state="{state}" data-here' in page and page.count("data-here") == 1
    assert 'aria-current="step"' in page and "现在在这里" in page
    if state == "in_hand":
        assert 'data-flow="reported-in_hand" data-actions="take_up" data-way="gone"' in page
        assert 'data-flow="disposed-closed" data-actions="close" data-way="other"' in page


def test_the_level_and_the_mode_asked_for(county: Scene, now: datetime, lamp: UUID) -> None:
    version = catalogue_read.current(lamp)
    assert version is not None
    apps.get_model("catalogue.MatterLimit").objects.create(
        version=version, step="dispose", level="street", minutes=180
    )
    apps.get_model("catalogue.MatterLimit").objects.create(
        version=version, step="dispose", mode="emergency", minutes=45
    )
    assert "3 小时" in told(county, f"/desk/flow/{lamp}/?level=street")
    assert "45 分钟" in told(county, f"/desk/flow/{lamp}/?mode=emergency")
    client = browser(county, "community_clerk")
    for wrong in ("?level=moon", "?mode=never", "?version=9", "?version=x"):
        assert client.get(f"/desk/flow/{lamp}/{wrong}").status_code == 404
    assert client.get(f"/desk/flow/{lamp}.exe").status_code == 404
    assert client.get(f"/desk/flow/{uuid7()}/").status_code == 404


def test_files_are_what_they_say(county: Scene, now: datetime, lamp: UUID) -> None:
    client = browser(county, "grid_worker")
    found = {kind: client.get(f"/desk/flow/{lamp}.{kind}") for kind in KINDS}
    assert found["svg"]["Content-Type"].startswith("image/svg+xml")
    for kind in ("svg", "bpmn"):
        assert Tree.fromstring(found[kind].content) is not None
    assert ".bpmn" in found["bpmn"]["Content-Disposition"]
    assert found["mmd"].content.decode().startswith("---\ntitle: ")


def test_who_sees_the_flowchart_of_a_case(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    for path in (f"/desk/cases/{case.id}/flow/", f"/desk/cases/{case.id}/flow.bpmn"):
        found = {who: browser(county, who).get(path).status_code for who in STATUS}
        assert found == STATUS


def test_the_catalogue_is_drawn_for_staff_only(county: Scene, lamp: UUID) -> None:
    for who, status in (("resident", 404), ("merchant", 403), ("department", 200), ("leader", 200)):
        assert browser(county, who).get(f"/desk/flow/{lamp}/").status_code == status


def test_a_case_without_a_matter_and_every_state_can_be_drawn(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    assert "还没有定事项" in told(county, f"/desk/cases/{case.id}/flow/")
    Case.objects.filter(pk=case.pk).update(provenance="historic", level="")
    assert "标准处置流程" in told(county, f"/desk/cases/{case.id}/flow/")
