"""Eight real processes with the same keys, some killed between writing and committing: no point is lost or made."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mulin.ground.points import actions, queries
from mulin.ground.points.models import Account, Transfer
from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from tests.journeys.conftest import signed_in
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, family, issued, make_bank
from tests.points.histories import Life, script
from tests.processes import KILLED, race

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DEATHS = ("mulin.ground.points.actions.ledger.write", "mulin.ground.points.actions.moving.checked_key")
"""Where the first two die: everything is written and nothing committed; nothing is begun."""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_eight_processes_live_one_history_at_once_and_two_are_killed(
    scene: Scene, now: datetime, settings: Any, tmp_path: Path, seed: int
) -> None:
    """Earn, give, set aside, post, let go, put right, close, open, lapse: every step is tried by eight, in another order."""
    settings.HEADS_ROOT = tmp_path
    with county_scope(COUNTY):
        bank = make_bank(scene, now, budget=200, per_day=4)
        home = family(scene, now, "rider", "merchant")
        owners = [bank.one, bank.other, home, queries.person(scene.persons["rider"].id)]
        for owner in owners[2:]:
            actions.issue(by=bank.by, now=now, owner=owner, path=PLACE)
            bank.earn(owner)
    steps = script(seed, length=60, owners=len(owners))
    confirmer = scene.persons["community_clerk"].id
    told: dict[str, Any] = {
        "steps": steps, "owners": [[one.kind, str(one.id)] for one in owners], "confirmer": str(confirmer),
        "now": now.isoformat(),
    }  # fmt: skip
    works: list[dict[str, Any]] = [
        {"call": "tests.points.histories.live", "told": told | {"begin": n % 4 * 15}} for n in range(8)
    ]
    for n, nth in enumerate((14, 33)):
        works[n] |= {"dies": "mulin.ground.points.actions.ledger.rows", "nth": nth}
    answers = race(works, at=now)
    assert answers.count(KILLED) == 2
    lived = [one for one in answers if one != KILLED]
    assert all(one["done"] + one["refused"] == 60 and one["done"] > 20 for one in lived)
    with county_scope(COUNTY):
        for place, one in enumerate(steps):
            made = Transfer.objects.filter(key=one[1]).first() if one[0] in ("earn", "give") else None
            if made is not None:
                again = Life(owners=owners, confirmer=confirmer, now=now).step(steps, place)
                assert made.id in (again, getattr(again, "transfer_id", None)), (
                    "the same key is told the same"
                )
        actions.seal(now=now)
        verdict = queries.check_books()
        assert (verdict.findings, verdict.unsealed, sum(verdict.points.values())) == ([], 0, 0)
        assert issued() == 200


def test_eight_processes_with_doubled_keys_and_two_killed(
    scene: Scene, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.HEADS_ROOT, settings.STAFF_NEED_MFA = tmp_path, False
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        for _turn in range(3):
            bank.earn(bank.one)
        url = reverse("points:give", args=[Account.objects.get(owner=bank.one.id).id])
    keys = [str(uuid7()) for _n in range(4)]
    works: list[dict[str, Any]] = []
    for n in range(8):
        session = signed_in(Client(), scene.accounts["resident"]).session.session_key
        told = {"key": keys[n % 4], "to": scene.phones["other_resident"], "amount": "10", "sure": "1"}
        works.append({"post": url, "told": told, "session": session} | ({"dies": DEATHS[n]} if n < 2 else {}))
    answers = race(works, at=now)
    assert Counter(answers)[KILLED] == 2
    assert set(answers) <= {KILLED, 302, 422}
    with county_scope(COUNTY):
        made = Counter(Transfer.objects.filter(kind="give").values_list("key", flat=True))
        assert len(made) == 3 and set(made.values()) == {1}, "thirty points make three gifts"
        told = {
            "by": scene.resident,
            "now": now,
            "owner": bank.one,
            "to": bank.other,
            "amount": 10,
            "story": "",
        }
        for key in made:
            assert actions.give(**told, key=key) == Transfer.objects.get(key=key).id, (
                "a retry is told the same"
            )
        assert (queries.balance(bank.one), queries.balance(bank.other)) == (
            queries.Balance(0, 0),
            queries.Balance(30, 0),
        )
        actions.seal(now=now)
        verdict = queries.check_books()
        assert (verdict.findings, verdict.unsealed, sum(verdict.points.values())) == ([], 0, 0)
