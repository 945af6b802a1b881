"""Nobody confirms his own act, his family's, or for a passbook that he used lately."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mulin.ground.points import actions
from mulin.ground.points.models import (
    Transfer,
)
from mulin.ground.points.rules.fairness import HELPER_DAYS
from tests.points.conftest import PLACE, Bank, family
from tests.points.fair import (
    refused,
)


def test_neither_the_person_nor_his_household_confirms(bank: Bank) -> None:
    scene = bank.scene
    home = family(scene, bank.now, "resident", "other_resident")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    one, other = scene.persons["resident"].id, scene.persons["other_resident"].id
    for told_of in ({"person": one}, {"person": other}, {"household": home.id}):
        with refused("own_act"):
            _earn(bank, one, **told_of)
    assert _earn(bank, scene.persons["rider"].id, person=one).points == 10


def _earn(bank: Bank, confirmer: UUID, **told: Any) -> actions.Earned:
    return actions.earn(
        by=bank.by, now=bank.now, rule_code="help", key=f"k{len(Transfer.objects.all())}", done_on=bank.now.date(),
        subject=("aid_act", UUID(int=7)), story="", community_path=PLACE, confirmed_by=confirmer, **told,
    )  # fmt: skip


def test_who_holds_the_passbook_that_is_paid_confirms_nothing_for_it(bank: Bank) -> None:
    """The act is somebody else's, but the points go to the confirmer's household."""
    home = family(bank.scene, bank.now, "other_resident")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    rider = bank.scene.persons["rider"].id
    with refused("own_act"):
        _earn(bank, bank.scene.persons["other_resident"].id, person=rider, household=home.id)
    lives_with = family(bank.scene, bank.now, "rider", "merchant")
    assert lives_with.id != home.id
    with refused("own_act"):
        _earn(bank, bank.scene.persons["merchant"].id, person=rider, household=home.id)


@pytest.mark.parametrize("way", ["give", "hold"])
def test_who_used_a_passbook_for_its_holder_confirms_nothing_for_it(bank: Bank, way: str) -> None:
    clerk = bank.scene.community_clerk
    bank.earn(bank.one)
    if way == "give":
        actions.give(by=clerk, now=bank.now, owner=bank.one, to=bank.other, amount=1, key="g")
    else:
        actions.hold(
            by=clerk, now=bank.now, owner=bank.one, amount=1, key="h", subject=("order", UUID(int=9)), story="",
            expires_at=bank.now + timedelta(days=1),
        )  # fmt: skip
    with refused("helper_act"):
        bank.earn(bank.one)
    none = bank.earn(bank.one, whoever=True)
    assert (none.points, none.reason_if_zero) == (0, "helper_act"), "recorded; another may enter it anew"
    bank.earn(bank.other)
    bank.earn(bank.one, confirmed_by=bank.scene.persons["street_clerk"].id)
    later = bank.now + timedelta(days=HELPER_DAYS + 1)
    assert bank.earn(bank.one, now=later, done_on=later.date()).points == 10
