"""Old passbooks brought in as lists: wrong rows named and the good ones kept, a list once, all of it or nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import xlsxwriter
from django.apps import apps
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
WorkItem: Any = apps.get_model("worklist.WorkItem")


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


def test_a_list_waits_for_its_second_reviewer_with_a_clock(bank: Bank) -> None:
    row = entered(bank.scene, bank.now)
    item = WorkItem.objects.get(subject_id=row.id, done_at__isnull=True)
    assert (item.kind, item.number) == ("opening_review", "") and item.due_at > bank.now + timedelta(days=4)
    assert item.role in ("community_clerk", "street_clerk", "county_clerk")
    approved(bank.scene, bank.now, row)
    assert not WorkItem.objects.filter(subject_id=row.id, done_at__isnull=True).exists()


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


# ── whom a row is about ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("again", "why"),
    [
        ("赵老太,,,7", "分不清"),  # the old number was left out
        ("赵 老太,13900000009,,7", "分不清"),  # a telephone was added instead
        ("别人,139 0000 0001,B1,9", "这个电话在同一来源的名单里已经录过"),
        ("别人,,A1,9", "这个原存折号在同一来源的名单里已经录过"),
        ("王秀英,,,30", "分不清"),
    ],
)
def test_a_corrected_list_brings_nobody_a_second_time(bank: Bank, again: str, why: str) -> None:
    first = entered(bank.scene, bank.now)
    for state in ("proposed", "approved"):
        assert first.state == state
        row = entered(bank.scene, bank.now, f"{again}\n新人{state},,N{state},4\n", source="2025年 纸质存折")
        assert [one.points for one in row.rows.all()] == [4]
        (said,) = queries.opening_problems(row)
        assert said.startswith("第 2 行：") and why in said
        first = approved(bank.scene, bank.now, first) if state == "proposed" else first
    assert OpeningRow.objects.filter(opening=first).exclude(who_hash="").count() == 2


def test_namesakes_whom_a_number_or_a_telephone_tells_apart_stand_and_others_do_not(bank: Bank) -> None:
    rows = "李,,A1,1\n李,,A2,2\n李,13900000002,A3,3\n李,13900000003,A4,4\n李,,,5\n李,13900000004,,6\n"
    row = entered(bank.scene, bank.now, rows)
    assert sorted(row.rows.values_list("points", flat=True)) == [1, 2, 3, 4]
    assert ["分不清" in one for one in queries.opening_problems(row)] == [True, True]


def test_a_list_sent_back_keeps_no_telephone_and_its_names_for_a_while(bank: Bank) -> None:
    row = entered(bank.scene, bank.now)
    actions.decide_opening(
        by=bank.scene.street_clerk, now=bank.now, opening=row.id, approve=False, note="名单不全"
    )
    row.refresh_from_db()
    assert set(row.rows.values_list("phone_sealed", "who_hash", "name_hash")) == {("", "", "")}
    assert [one["name"] for one in queries.opening_rows(row.id)] == ["王**", "赵**"]
    last = queries.names_until(row)
    assert last == (bank.now + timedelta(days=30)).date()
    assert actions.strip_openings(now=bank.now + timedelta(days=30)) == 0
    assert actions.strip_openings(now=bank.now + timedelta(days=31)) == 2
    assert actions.strip_openings(now=bank.now + timedelta(days=31)) == 0
    assert [(one["name"], one["points"]) for one in queries.opening_rows(row.id)] == [("", 30), ("", 7)]
    assert entered(bank.scene, bank.now).state == "proposed"


def test_names_of_lists_that_wait_or_are_in_the_books_are_not_stripped_by_age(bank: Bank) -> None:
    entered(bank.scene, bank.now)
    assert actions.strip_openings(now=bank.now + timedelta(days=300)) == 0
    assert not OpeningRow.objects.filter(name_sealed="").exists()


def test_who_is_forgotten_leaves_no_mark(bank: Bank) -> None:
    approved(bank.scene, bank.now, entered(bank.scene, bank.now))
    owner = Account.objects.get(kind="person", balance=30).owner
    actions.erase_person(person=owner, by=bank.scene.admin, now=bank.now)
    assert sorted(OpeningRow.objects.values_list("points", "who_hash"))[1] == (30, "")
    assert OpeningRow.objects.exclude(who_hash="").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_different_lists_with_one_person_at_once_bring_him_once(scene: Scene, now: datetime) -> None:
    def send(other: str) -> Callable[[], str]:
        def run() -> str:
            with county_scope(COUNTY):
                try:
                    row = entered(scene, now, f"王秀英,13900000001,,30\n{other},,X{other},5\n")
                except Refused as refused:
                    return refused.code
                return f"{row.rows.count()} rows"

        return run

    said = at_once(send("甲"), send("乙"))
    assert "2 rows" in said
    assert set(said) <= {"2 rows", "1 rows", "opening_meanwhile"}
    with county_scope(COUNTY):
        assert OpeningRow.objects.filter(points=30).count() == 1


# ── tables as people make them ───────────────────────────────────────────────────────────────────────────────────


def workbook(*lines: list[Any], merged: str = "") -> io.BytesIO:
    """An .xlsx of these lines under the heads; a text that begins with = is a formula with 12 as its result."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["姓名", "手机号", "原存折号", "积分"])
    for number, line in enumerate(lines, 1):
        for column, cell in enumerate(line):
            if isinstance(cell, str) and cell.startswith("="):
                sheet.write_formula(number, column, cell, value=12)
            elif cell is not None:
                sheet.write(number, column, cell)
    if merged:
        sheet.merge_range(merged, "吴家")
    book.close()
    file.seek(0)
    return file


def test_a_table_as_people_make_it_says_of_each_row_what_is_wrong(bank: Bank) -> None:
    file = workbook(
        ["王秀英", 13900000001, "A1", "=10+2"],
        ["赵老太", "１３９０００００００２", "Ａ2", "３０"],
        [],
        ["孙大爷", None, "A3", -5],
        ["周奶奶", None, "A4", 1e9],
        ["王秀英", 13900000001, "A1", "=10+2"],
        ["吴家", None, None, 5],
        [None, None, None, 6],
        ["郑大姐", "2026-01-03", "A5", 7],
        ["冯叔", None, 20260103, "二〇二六年一月"],
        ["陈婶", None, "A6", 7.5],
        merged="A8:A9",
    )
    told: dict[str, Any] = {"path": PLACE, "source": "老账本", "expires_on": date(2027, 12, 31)}
    row = actions.propose_opening(
        by=bank.scene.community_clerk, now=bank.now, file=file, name="o.xlsx", **told
    )
    assert list(row.rows.order_by("number").values_list("number", "old_number", "points")) == [
        (2, "A1", 12), (3, "A2", 30), (8, "", 5),
    ]  # fmt: skip
    problems = queries.opening_problems(row)
    wanted = [
        (5, "积分是大于 0"), (6, "积分最多"), (7, "前面已经有了"), (9, "姓名"), (10, "电话号码不对"), (11, "不是数字"),
        (12, "应为整数"),
    ]  # fmt: skip
    assert len(problems) == len(wanted)
    for said, (number, why) in zip(problems, wanted, strict=True):
        assert said.startswith(f"第 {number} 行：") and why in said
