"""Between two communities nothing waits without a clock: whose turn a month is, and an agreement that was proposed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps

from mulin.services.exchange.actions import acceptance, between, netting
from mulin.services.exchange.models import Agreement, Netting
from tests.exchange.scenes import PLACE, Corner, Notice
from tests.exchange.test_acceptance import FAR, agreed, collected, far, heads, next_month, propose

__all__ = ["far", "heads"]
WorkItem: Any = apps.get_model("worklist.WorkItem")
CLERK = "community_clerk"


def waits(key: UUID) -> dict[str, tuple[str, str]]:
    """kind → (role, path) of the open to-dos about something."""
    rows = WorkItem.objects.filter(subject_id=key, done_at__isnull=True)
    assert all(one.due_at is not None for one in rows)
    return {one.kind: (one.role, one.path) for one in rows}


def told(person: UUID) -> list[str]:
    rows = Notice.objects.filter(person=person, template__startswith="agreement_").order_by("id")
    return [one.template for one in rows]


@pytest.fixture
def month(corner: Corner, far: UUID) -> Netting:
    collected(corner, far)
    netting.draw_up_nettings(now=next_month(corner.now))
    return Netting.objects.get()


def test_a_month_waits_for_whoever_is_next_until_it_is_settled(corner: Corner, month: Netting) -> None:
    scene, later = corner.scene, next_month(corner.now)
    said: dict[str, Any] = {"netting": month.id, "now": later}
    both = {"netting_first": (CLERK, PLACE), "netting_second": (CLERK, FAR)}
    assert waits(month.id) == both
    due = WorkItem.objects.get(kind="netting_second").due_at
    netting.confirm_netting(side=PLACE, by=scene.community_clerk, **said | {"now": later + timedelta(days=2)})
    assert waits(month.id) == {"netting_second": (CLERK, FAR)}
    assert WorkItem.objects.get(kind="netting_second").due_at == due, "its clock runs on"
    netting.dispute_netting(side=FAR, said="少一袋", by=scene.other_clerk, **said)
    assert waits(month.id) == {"netting_first": (CLERK, PLACE)}
    netting.answer_netting(side=PLACE, words="已核对", by=scene.community_clerk, **said)
    assert waits(month.id) == both
    netting.confirm_netting(side=FAR, by=scene.other_clerk, **said)
    netting.confirm_netting(side=PLACE, by=scene.community_clerk, **said)
    assert waits(month.id) == {"netting_first": (CLERK, PLACE)}, (
        "its shop gave: it says how that was made good"
    )
    netting.settle_netting(side=PLACE, words="送来大米", by=scene.community_clerk, **said)
    assert waits(month.id) == {}


def test_a_month_that_stands_still_is_the_countys_to_ask_about(corner: Corner, month: Netting) -> None:
    stuck = next_month(corner.now) + between.LATE_AFTER
    assert between.tend_nettings(now=stuck - timedelta(days=1)) == 0
    assert between.tend_nettings(now=stuck) == 1
    assert between.tend_nettings(now=stuck) == 1
    assert waits(month.id)["netting_late"] == ("county_clerk", "/")
    assert WorkItem.objects.filter(kind="netting_late").count() == 1
    netting.confirm_netting(netting=month.id, side=FAR, by=corner.scene.other_clerk, now=stuck)
    assert "netting_late" not in waits(month.id)
    assert between.tend_nettings(now=stuck) == 0


def test_every_month_that_was_missed_is_drawn_up(corner: Corner, far: UUID) -> None:
    second = next_month(corner.now)
    collected(corner, far)
    collected(corner, far, now=second)
    third = next_month(next_month(second))
    assert netting.draw_up_nettings(now=third) == 2
    assert list(Netting.objects.order_by("month").values_list("month", flat=True)) == [
        corner.now.date().replace(day=1),
        second.date(),
    ]
    assert netting.draw_up_nettings(now=third) == 0


def test_an_agreement_waits_for_the_other_side_and_who_proposed_it_is_told(corner: Corner) -> None:
    row = propose(corner)
    assert waits(row.id) == {"agreement_answer": (CLERK, FAR)}
    acceptance.agree(agreement=row.id, by=corner.scene.other_clerk, now=corner.now)
    assert waits(row.id) == {}
    assert row.proposed_by is not None
    assert told(row.proposed_by) == ["agreement_agreed"]
    acceptance.end_agreement(agreement=row.id, why="不再互认", by=corner.scene.other_clerk, now=corner.now)
    assert told(row.proposed_by) == ["agreement_agreed", "agreement_ended"]


def test_who_withdraws_his_own_proposal_is_not_told_of_it(corner: Corner) -> None:
    row = propose(corner)
    acceptance.end_agreement(agreement=row.id, why="先不办", by=corner.scene.community_clerk, now=corner.now)
    assert waits(row.id) == {}
    assert row.proposed_by is not None
    assert told(row.proposed_by) == []


def test_an_agreement_whose_days_are_over_waits_for_nobody(corner: Corner) -> None:
    row = propose(corner, ends_on=corner.now.date() + timedelta(days=1))
    assert between.tend_nettings(now=corner.now) == 0
    assert between.tend_nettings(now=corner.now + timedelta(days=2)) == 1
    assert waits(row.id) == {}
    assert Agreement.objects.get().agreed_at is None
    assert agreed(corner, starts_on=corner.now.date() + timedelta(days=2)).agreed_at is not None
