"""Mandates of streets (row 22): a versioned list of duties per street."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.models import Mandate
from tests.catalogue.scenes import unit
from tests.personas import NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db


def in_force(scene: Scene, now: datetime, *texts: str, street: str = "street") -> Mandate:
    duties = [actions.Duty(text) for text in texts or ("调解邻里纠纷",)]
    row = actions.save_mandate(
        division=scene.places[street].id, duties=duties, positioning="老城", by=scene.county_clerk, now=now
    )
    return actions.publish_mandate(mandate=row.id, by=scene.county_clerk, now=now)


def texts(row: Mandate) -> list[str]:
    return [item.text for part in queries.duties(row.id) for item in part.items]


def test_a_list_has_three_parts_and_names_the_department(county: Scene, now: datetime) -> None:
    office = unit("县城市管理综合执法局")
    duties = [
        actions.Duty("调解邻里纠纷"),
        actions.Duty("配合拆除违法建设", "assist", office.id),
        actions.Duty("电梯检查", "taken_back", office.id),
    ]
    row = actions.save_mandate(
        division=county.places["street"].id, duties=duties, by=county.county_clerk, now=now
    )
    told = [(part.kind, [(item.text, item.unit) for item in part.items]) for part in queries.duties(row.id)]
    assert told == [
        ("basic", [("调解邻里纠纷", None)]),
        ("assist", [("配合拆除违法建设", office)]),
        ("taken_back", [("电梯检查", office)]),
    ]


def test_the_next_list_retires_the_one_before(county: Scene, now: datetime) -> None:
    old = in_force(county, now, "甲事", "乙事")
    street = county.places["street"].id
    draft = actions.draft_mandate(division=street, by=county.admin, now=now)
    assert (draft.number, texts(draft), draft.positioning) == (2, ["甲事", "乙事"], "老城")
    assert actions.draft_mandate(division=street, by=county.admin, now=now) == draft
    actions.edit_mandate(mandate=draft.id, duties=[actions.Duty("丙事")], by=county.admin, now=now, seen=1)
    actions.publish_mandate(mandate=draft.id, by=county.admin, now=now)
    old.refresh_from_db()
    assert (old.state, texts(old)) == ("retired", ["甲事", "乙事"])
    current = queries.mandate_in_force(street)
    assert current is not None
    assert texts(current) == ["丙事"]
    assert queries.streets_with_mandate() == 1


def test_a_published_list_is_not_changed_and_an_empty_one_not_published(county: Scene, now: datetime) -> None:
    row = in_force(county, now)
    for act in (
        lambda: actions.edit_mandate(mandate=row.id, duties=[], by=county.admin, now=now),
        lambda: actions.publish_mandate(mandate=row.id, by=county.admin, now=now),
        lambda: actions.discard_mandate(mandate=row.id, by=county.admin, now=now),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status == 409
    empty = actions.draft_mandate(division=county.places["other_street"].id, by=county.admin, now=now)
    with pytest.raises(Refused) as refused:
        actions.publish_mandate(mandate=empty.id, by=county.admin, now=now)
    assert refused.value.code == "mandate_empty"
    actions.discard_mandate(mandate=empty.id, by=county.admin, now=now)
    assert queries.mandates(county.places["other_street"].id) == []


def test_whoever_read_an_older_draft_is_told(county: Scene, now: datetime) -> None:
    save: dict[str, Any] = {"division": county.places["street"].id, "by": county.admin, "now": now}
    row = actions.save_mandate(duties=[actions.Duty("甲")], **save)
    with pytest.raises(Stale):
        actions.save_mandate(duties=[actions.Duty("乙")], **save)
    with pytest.raises(Stale):
        actions.save_mandate(duties=[actions.Duty("乙")], seen=row.revision - 1, **save)
    told = actions.save_mandate(duties=[actions.Duty("乙")], seen=row.revision, **save)
    assert texts(told) == ["乙"]


@pytest.mark.parametrize(
    ("duty", "code"),
    [
        (actions.Duty(" "), "mandate_text"),
        (actions.Duty("长" * 201), "mandate_text"),
        (actions.Duty("甲", "other"), "mandate_kind"),
        (actions.Duty("甲", "assist", uuid7()), "unit_unknown"),
    ],
)
def test_a_duty_that_cannot_stand_is_refused(
    county: Scene, now: datetime, duty: actions.Duty, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.save_mandate(division=county.places["street"].id, duties=[duty], by=county.admin, now=now)
    assert refused.value.code == code


def test_lists_are_made_for_streets_and_by_the_county(county: Scene, now: datetime) -> None:
    with pytest.raises(Refused) as refused:
        actions.draft_mandate(division=county.places["community"].id, by=county.admin, now=now)
    assert refused.value.code == "mandate_place"
    row = actions.save_mandate(
        division=county.places["street"].id, duties=[actions.Duty("甲")], by=county.admin, now=now
    )
    for who in ("street_clerk", "community_clerk", "department", "leader", "grid_worker", "resident"):
        by = getattr(county, who)
        for act in (
            lambda by=by: actions.draft_mandate(division=county.places["street"].id, by=by, now=now),
            lambda by=by: actions.edit_mandate(mandate=row.id, duties=[], by=by, now=now),
            lambda by=by: actions.publish_mandate(mandate=row.id, by=by, now=now),
            lambda by=by: actions.discard_mandate(mandate=row.id, by=by, now=now),
        ):
            with pytest.raises(NotAllowed):
                act()


def test_the_county_sees_which_street_has_a_list(county: Scene, now: datetime) -> None:
    in_force(county, now, "甲", "乙")
    told = [(one.place.name, one.counts, one.mandate is not None) for one in queries.streets()]
    assert told == [("叶柏寿街道", (2, 0, 0), True), ("铁南街道", (0, 0, 0), False)]
    with county_scope(NEIGHBOUR):
        assert queries.streets() == []
        with pytest.raises(NotFound):
            actions.discard_mandate(mandate=uuid7(), by=county.neighbour_admin, now=now)
