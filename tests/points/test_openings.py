"""Old passbooks brought in as lists: wrong rows named and the good ones kept, a list once, all of it or nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from mulin.ground.points import actions, queries
from mulin.ground.points.models import Account, Opening, OpeningRow, Transfer
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.journeys.conftest import Enter
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, Bank, make_bank
from tests.points.test_views import enter

GOOD = "王秀英,13900000001,A1,30\n赵老太,,A2,7\n"

__all__ = ["enter"]


def entered(
    scene: Scene, now: datetime, rows: str = GOOD, *, who: str = "community_clerk", **more: Any
) -> Opening:
    """A list entered by the community's clerk."""
    told: dict[str, Any] = {
        "path": PLACE,
        "source": "2025年纸质存折",
        "expires_on": date(2027, 12, 31),
    } | more
    file = io.BytesIO(f"姓名,手机号,原存折号,积分\n{rows}".encode())
    return actions.propose_opening(by=scene.actors[who], now=now, file=file, name="old.csv", **told)


def approved(scene: Scene, now: datetime, row: Opening) -> Opening:
    return actions.decide_opening(by=scene.street_clerk, now=now, opening=row.id, approve=True)


# ── wrong rows ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("王秀英,,,0", "积分是大于 0 的整数"),
        ("王秀英,,,十分", "积分"),
        ("王秀英,12,,5", "电话号码不对"),
        (",,,5", "姓名"),
        ("李,13900000001,,5", "这个电话前面已经有了"),
        ("李,,A2,5", "这个原存折号前面已经有了"),
    ],
)
def test_a_wrong_row_is_named_by_its_number_and_the_good_ones_stand(bank: Bank, bad: str, why: str) -> None:
    row = entered(bank.scene, bank.now, f"{GOOD}{bad}\n孙大爷,,A9,3\n")
    assert list(row.rows.order_by("number").values_list("number", "points")) == [(2, 30), (3, 7), (5, 3)]
    (said,) = queries.opening_problems(row)
    assert said.startswith("第 4 行：") and why in said and row.left_out == 1


@pytest.mark.parametrize("bad", ["王秀英,,,0\n", "王秀英,12,,5\n", ",,,5\n", ""])
def test_a_list_without_a_good_row_is_refused(bank: Bank, bad: str) -> None:
    with pytest.raises(Refused) as refused:
        entered(bank.scene, bank.now, bad)
    assert not Opening.objects.exists() and ("第 2 行" in str(refused.value)) == bool(bad)
    with pytest.raises(NotAllowed):
        entered(bank.scene, bank.now, GOOD, who="grid_worker")


def test_the_page_names_the_wrong_rows_until_the_list_is_decided(bank: Bank, enter: Enter) -> None:
    client = enter("community_clerk")
    file = SimpleUploadedFile("old.csv", f"姓名,手机号,原存折号,积分\n{GOOD}王五,12,,5\n".encode())
    told = {"file": file, "path": PLACE, "source": "2025年纸质存折", "expires_on": "2027-12-31"}
    answer = client.post(reverse("points:openings"), told, follow=True)
    page = answer.content.decode()
    assert "有 1 行没有录入" in page and "第 4 行：电话号码不对。" in page
    row = Opening.objects.get()
    url = reverse("points:opening", args=[row.id])
    assert enter("street_clerk").post(url, {"decide": "approve"}).status_code == 302
    page = client.get(url).content.decode()
    assert "第 4 行" not in page and "1 行没有录入" in page
    row.refresh_from_db()
    assert row.problems_sealed == ""


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_list_sent_twice_is_one_and_the_first_is_named(bank: Bank) -> None:
    first = entered(bank.scene, bank.now)
    later = bank.now + timedelta(days=3)
    for state in ("待复核", "已转入"):
        with pytest.raises(Refused) as refused:
            entered(bank.scene, later, "赵老太,,A2,7\n王秀英,139 0000 0001,A1,30\n", who="street_clerk")
        said = str(refused.value)
        assert refused.value.code == "opening_again" and Opening.objects.count() == 1
        assert [one in said for one in ("2026-09-01", "2025年纸质存折", "2 本", "37 分", state)] == [True] * 5
        if first.state == "proposed":
            first = approved(bank.scene, later, first)


def test_a_corrected_list_brings_in_only_what_is_new(bank: Bank) -> None:
    entered(bank.scene, bank.now, f"{GOOD}王五,12,A3,5\n")
    again = entered(bank.scene, bank.now, f"{GOOD}王五,,A3,5\n")
    assert list(again.rows.values_list("old_number", flat=True)) == ["A3"]
    assert [one[:6] for one in queries.opening_problems(again)] == ["第 2 行：", "第 3 行："]


def test_a_declined_list_may_come_again_and_another_source_is_another_list(bank: Bank) -> None:
    first = entered(bank.scene, bank.now)
    actions.decide_opening(
        by=bank.scene.street_clerk, now=bank.now, opening=first.id, approve=False, note="名单不全"
    )
    assert entered(bank.scene, bank.now).state == "proposed"
    assert entered(bank.scene, bank.now, source="2024年纸质存折").state == "proposed"


@pytest.mark.django_db(transaction=True)
def test_four_send_one_list_at_once_and_it_is_one(scene: Scene, now: datetime) -> None:
    def send() -> str:
        with county_scope(COUNTY):
            try:
                entered(scene, now)
            except Refused as refused:
                return refused.code
            return "entered"

    assert sorted(at_once(*[send] * 4)) == ["entered", *["opening_again"] * 3]
    with county_scope(COUNTY):
        assert OpeningRow.objects.count() == 2


# ── all of it or nothing ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_interrupted_approval_leaves_nothing_behind(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    from mulin.ground.points.actions import openings

    row = entered(bank.scene, bank.now, f"{GOOD}孙大爷,,A9,3\n")
    before = (Account.objects.count(), Transfer.objects.count())
    real: Callable[..., Any] = vars(openings)["written"]
    calls: list[int] = []

    def broken(**told: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the power went")
        return real(**told)

    monkeypatch.setattr(openings, "written", broken)
    with pytest.raises(RuntimeError):
        approved(bank.scene, bank.now, row)
    row.refresh_from_db()
    assert row.state == "proposed" and (Account.objects.count(), Transfer.objects.count()) == before
    assert not OpeningRow.objects.exclude(transfer=None).exists()
    assert "" not in OpeningRow.objects.values_list("name_sealed", flat=True)
    monkeypatch.setattr(openings, "written", real)
    assert approved(bank.scene, bank.now, row).state == "approved"
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []


@pytest.mark.django_db(transaction=True)
def test_two_lists_of_the_same_people_in_other_orders_wait_for_each_other_and_both_go_in(
    scene: Scene, now: datetime
) -> None:
    people = [f"老人{n},1391234{n:04}" for n in range(12)]
    with county_scope(COUNTY):
        make_bank(scene, now)
        one = entered(scene, now, "\n".join(f"{who},A{n},5" for n, who in enumerate(people)))
        other = entered(
            scene, now, "\n".join(f"{who},B{n},7" for n, who in enumerate(reversed(people))), source="另一套"
        )

    def decide(row: Opening) -> Callable[[], str]:
        def run() -> str:
            with county_scope(COUNTY):
                return approved(scene, now, row).state

        return run

    assert at_once(decide(one), decide(other)) == ["approved", "approved"]
    with county_scope(COUNTY):
        found = Account.objects.filter(kind="person", balance=12)
        assert found.count() == 12
        actions.seal(now=now)
        assert queries.check_books().findings == []


# ── found however old ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_old_list_is_found_by_its_id_behind_any_number_of_newer_ones(bank: Bank, enter: Enter) -> None:
    first = entered(bank.scene, bank.now)
    clerk = bank.scene.persons["community_clerk"].id
    Opening.objects.bulk_create(
        [
            Opening(
                source=f"名单{n}", path=PLACE, expires_on=date(2027, 12, 31), entered_by=clerk,
                entered_at=bank.now + timedelta(minutes=n + 1),
            )
            for n in range(105)
        ]
    )  # fmt: skip
    found = queries.opening(bank.scene.community_clerk, first.id)
    assert (found.id, found.people, found.points) == (first.id, 2, 37)
    with pytest.raises(NotFound):
        queries.opening(bank.scene.other_clerk, first.id)
    page = queries.openings(bank.scene.community_clerk)
    assert len(page.rows) == 30
    shown = enter("community_clerk").get(reverse("points:openings")).content.decode()
    assert "名单104" in shown and "名单1<" not in shown and "at=" in shown
