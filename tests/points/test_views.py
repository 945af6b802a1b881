"""The points bank through its doors: a gift is asked twice, paper is checked, a list needs a second person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from mulin.ground.points import actions, queries
from mulin.ground.points.models import Account, Opening, OpeningRow, Transfer, Words
from mulin.ground.points.queries import figures
from mulin.kernel import clock
from mulin.kernel.ids import uuid7
from tests.journeys.conftest import signed_in
from tests.journeys.steps import fields, text_of
from tests.personas import Scene
from tests.points.conftest import PLACE, Bank, family

Enter = Callable[[str], Client]


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    settings.STAFF_NEED_MFA = False


@pytest.fixture
def enter(county: Scene, monkeypatch: pytest.MonkeyPatch, now: Any) -> Enter:
    monkeypatch.setattr(clock, "now", lambda: now)
    return lambda who: signed_in(Client(), county.accounts[who])


def key_of(owner: queries.Owner) -> Any:
    return Account.objects.get(owner=owner.id).id


def test_a_gift_shows_its_receiver_with_stars_before_it_goes(bank: Bank, enter: Enter) -> None:
    bank.earn(bank.one)
    client, url = enter("resident"), reverse("points:give", args=[key_of(bank.one)])
    told = {"key": str(uuid7()), "to": bank.scene.phones["other_resident"], "amount": "4", "story": "谢谢"}
    asked = client.post(url, told)
    assert "李**" in asked.content.decode() and "李建国" not in asked.content.decode()
    assert not Transfer.objects.filter(kind="give").exists()
    for _turn in range(2):
        assert client.post(url, told | {"sure": "1"}).status_code == 302
    assert Transfer.objects.filter(kind="give").count() == 1
    unknown = client.post(url, told | {"to": "13912345678"})
    assert unknown.status_code == 422
    assert "13912345678" in unknown.content.decode(), "what was typed comes back"
    page = enter("other_resident").get(reverse("points:passbook", args=[key_of(bank.other)])).content.decode()
    assert "谢谢" in page


def test_paper_is_checked_and_void_once_the_book_is_replaced(bank: Bank, enter: Enter) -> None:
    bank.earn(bank.one)
    account = Account.objects.get(owner=bank.one.id)
    page = enter("community_clerk").get(reverse("points:sheet", args=[account.id])).content.decode()
    book = queries.book_of(account.id)
    assert book is not None and book.number in page and "代取快递" in page
    code = queries.check_code(book.number, 1, 10, "2026-09-01")
    assert code in page
    told = {"n": book.number, "e": "1", "b": "10", "d": "2026-09-01", "c": code}
    assert queries.genuine(told)["state"] == "genuine"
    assert queries.genuine(told | {"b": "99"})["state"] == "false"
    assert queries.genuine({"n": "x"})["state"] == "false"
    answer = Client().get(reverse("points:check"), told).content.decode()
    assert "10" in answer and "王秀英" not in answer
    actions.replace(by=bank.scene.community_clerk, now=bank.now, account=account.id)
    assert queries.genuine(told)["state"] == "void"


def test_the_counter_opens_a_passbook_without_a_telephone(bank: Bank, enter: Enter) -> None:
    client, url = enter("community_clerk"), reverse("points:desk")
    done = client.post(url, {"name": "孙桂兰", "phone": "", "path": PLACE})
    assert done.status_code == 302
    assert "孙桂兰" in client.get(done["Location"]).content.decode()
    elsewhere = client.post(url, {"name": "孙桂兰", "phone": "", "path": "/003/004/"})
    assert elsewhere.status_code == 422
    found = client.post(url, {"said": bank.scene.phones["resident"]})
    assert found["Location"] == reverse("points:passbook", args=[key_of(bank.one)])
    assert client.post(url, {"said": "13912345678"}).status_code == 422


def test_staff_write_a_deed_down_and_put_it_right(bank: Bank, enter: Enter) -> None:
    client, account = enter("community_clerk"), key_of(bank.one)
    told = {"key": str(uuid7()), "rule_code": "help", "done_on": "2026-09-01", "story": "扫雪"}
    assert client.post(reverse("points:award", args=[account]), told).status_code == 302
    made = Transfer.objects.get(kind="earn")
    url = reverse("points:reverse", args=[made.id])
    assert client.post(url, {"key": str(uuid7()), "why": ""}).status_code == 422
    assert client.post(url, {"key": str(uuid7()), "why": "记错人"}).status_code == 302
    assert queries.balance(bank.one) == queries.Balance(0, 0)
    page = enter("resident").get(reverse("points:passbook", args=[account])).content.decode()
    assert "扫雪" in page and "记错人" in page and not re.search("冲正</a>", page)


def test_a_rule_begins_today_at_the_earliest(bank: Bank, enter: Enter) -> None:
    client = enter("admin")
    url = reverse("points:rule_new") + "?code=help"
    told = {"name": "邻里互助", "points": "12", "effective_on": "2026-08-31"}
    refused = client.post(url, told)
    assert refused.status_code == 422 and "2026-08-31" in refused.content.decode()
    assert client.post(url, told | {"effective_on": "2026-09-05"}).status_code == 302
    page = Client().get(reverse("points:rules")).content.decode()
    assert "2026-09-05" in page and "12" in page


def test_old_passbooks_need_a_second_person_and_are_brought_in_once(bank: Bank, enter: Enter) -> None:
    file = SimpleUploadedFile(
        "old.csv",
        f"姓名,手机号,存折号,积分\n王秀英,{bank.scene.phones['resident']},A1,30\n赵老太,,A2,7\n".encode(),
    )
    told = {"file": file, "path": PLACE, "source": "2025年纸质存折", "expires_on": "2027-12-31"}
    client = enter("community_clerk")
    assert client.post(reverse("points:openings"), told).status_code == 302
    row = Opening.objects.get()
    url = reverse("points:opening", args=[row.id])
    assert client.post(url, {"decide": "approve"}).status_code == 403
    assert queries.balance(bank.one) == queries.Balance(0, 0)
    other = enter("street_clerk")
    assert other.post(url, {"decide": "approve"}).status_code == 302
    assert other.post(url, {"decide": "approve"}).status_code == 409
    assert queries.balance(bank.one) == queries.Balance(30, 0)
    assert set(OpeningRow.objects.values_list("name_sealed", "phone_sealed")) == {("", "")}
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []


def test_an_erasure_empties_the_words_and_leaves_the_books_whole(bank: Bank) -> None:
    from mulin.ground.people import actions as people

    bank.earn(bank.one)
    bank.hold(bank.one, 3)
    actions.seal(now=bank.now)
    people.erase(person=bank.one.id, by=bank.scene.admin, now=bank.now, reason="counter_request")
    assert not Words.objects.exclude(story="").filter(about=bank.one.id).exists()
    assert queries.balance(bank.one) is None
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []


def test_of_whoever_lived_alone_the_households_passbook_is_closed_too(bank: Bank) -> None:
    from mulin.ground.people import actions as people

    home = family(bank.scene, bank.now, "resident")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    bank.earn(home, confirmed_by=bank.scene.persons["street_clerk"].id)
    bank.hold(home, 3)
    people.erase(person=bank.one.id, by=bank.scene.admin, now=bank.now, reason="counter_request")
    assert queries.balance(home) is None
    assert sum(Account.objects.filter(kind="household").values_list("balance", flat=True)) == 0
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []


def test_the_households_passbook_stays_with_those_who_still_live_there(bank: Bank) -> None:
    from mulin.ground.people import actions as people

    home = family(bank.scene, bank.now, "resident", "other_resident")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    people.erase(person=bank.one.id, by=bank.scene.admin, now=bank.now, reason="counter_request")
    assert queries.balance(home) == queries.Balance(0, 0)


def test_a_person_is_handed_his_passbook_what_is_set_aside_and_his_acts_wherever_paid(bank: Bank) -> None:
    from mulin.ground.people import queries as people

    home = family(bank.scene, bank.now, "resident")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    bank.earn(bank.one, story="代取快递")
    bank.hold(bank.one, 3)
    told = people.export(bank.one.id)
    assert [one["story"] for one in told["points_passbook"]["entries"]] == ["代取快递"]
    assert [one["points"] for one in told["points_passbook"]["set_aside"]] == [3]
    assert [one["rule"] for one in told["points_acts"]] == ["help"]
    assert "points_acts" not in people.export(bank.other.id)


def test_figures_count_passbooks_and_points_and_open_to_rows(bank: Bank) -> None:
    start, until = bank.now - timedelta(days=1), bank.now + timedelta(days=1)
    bank.earn(bank.one)
    wrong = bank.earn(bank.other)
    assert wrong.transfer_id is not None
    actions.reverse(by=bank.by, now=bank.now, transfer=wrong.transfer_id, why="错", key="r")
    row = bank.hold(bank.one, 4)
    actions.post(by=bank.by, now=bank.now, hold=row.id, key="p")
    later = bank.now + timedelta(days=3)
    bank.earn(bank.one, now=later, done_on=later.date())
    assert figures.issued(start, until).count() == 2
    assert figures.active(until, later + timedelta(days=1)).count() == 1
    found = [rows(start, until) for rows in (figures.earned, figures.redeemed, figures.outstanding)]
    assert figures.points_of(*found) == [10, 4, 6]
    assert [one.delta for one in figures.outstanding(start, until)] == [6]


def test_an_act_done_before_a_rule_ended_is_entered_by_page(bank: Bank, enter: Enter) -> None:
    """The rule ended yesterday; what was done the day before has its points, and the page says until when it was in force."""
    start, ended = bank.now - timedelta(days=20), bank.now - timedelta(days=1)
    told = {"code": "snow", "name": "扫雪", "points": 7}
    actions.publish_rule(by=bank.by, now=start, effective_on=start.date(), **told)
    actions.publish_rule(by=bank.by, now=ended, effective_on=ended.date(), ended=True, **told)
    account, client = Account.objects.get(owner=bank.one.id).id, enter("community_clerk")
    url = reverse("points:award", args=[account])
    page = text_of(client.get(url))
    last = f"{ended.date() - timedelta(days=1)}"
    assert f"扫雪（7，到 {last} 为止）" in page and "邻里互助（10）" in page
    sent = fields(page) | {"rule_code": "snow", "done_on": last, "story": "扫了单元门口的雪"}
    assert client.post(url, sent).status_code == 302
    assert queries.balance(bank.one).points == 7  # type: ignore[union-attr]
    late = fields(text_of(client.get(url))) | sent | {"done_on": f"{bank.now.date()}", "key": str(uuid7())}
    answer = client.post(url, late, follow=True)
    assert "没有积分" in text_of(answer) and queries.balance(bank.one).points == 7  # type: ignore[union-attr]
