"""Number and last four digits: the right pair leads to the receipt, every other answer is the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mulin.kernel.errors import Refused
from mulin.kernel.ids import public_number
from mulin.services.cases import actions
from mulin.services.cases.rules import LOOK_UP_NUMBERS
from tests.cases.scenes import PHONE, browser, reported
from tests.personas import COUNTY, NEIGHBOUR, Scene

TRIES = settings.LOCKOUT_ATTEMPTS


def ask(client: Client, number: str, digits: str) -> Any:
    return client.post("/progress/", {"number": number, "digits": digits})


def test_the_right_pair_leads_to_the_receipt(county: Scene, now: datetime) -> None:
    made = reported(county, now, phone=PHONE)
    for number in (made.case.number, made.case.number.lower(), made.case.number.replace("-", " ")):
        answer = ask(browser(county), number, PHONE[-4:])
        assert (answer.status_code, answer["Location"]) == (302, f"/r/{made.receipt}/")


def test_digits_may_be_full_width(county: Scene, now: datetime) -> None:
    made = reported(county, now, phone=PHONE)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in PHONE[-4:])
    assert ask(browser(county), made.case.number, wide)["Location"] == f"/r/{made.receipt}/"


def test_who_looks_often_with_the_right_pair_is_never_locked_out(county: Scene, now: datetime) -> None:
    made = reported(county, now, phone=PHONE)
    for _try in range(TRIES * LOOK_UP_NUMBERS + 1):
        found = actions.look_up(
            number=made.case.number, digits=PHONE[-4:], address="10.0.0.4", by=county.stranger, now=now
        )
        assert found == made.receipt


def test_the_setting_says_after_how_many_tries_a_number_is_locked(
    county: Scene, now: datetime, settings: Any
) -> None:
    settings.LOCKOUT_ATTEMPTS = 2
    number, client = public_number(COUNTY), browser(county)
    assert [ask(client, number, "0000").status_code for _try in range(3)] == [422, 422, 429]


@pytest.mark.parametrize("large", [False, True])
def test_a_wrong_pair_and_an_unknown_number_answer_with_the_same_bytes(
    county: Scene, now: datetime, large: bool
) -> None:
    with_phone = reported(county, now, phone=PHONE).case.number
    without = reported(county, now).case.number
    client = browser(county, large=large)
    tried = [
        (with_phone, "0000"),
        (with_phone, "1"),
        (with_phone, PHONE),
        (without, PHONE[-4:]),
        (without, "    1"),
        (public_number(COUNTY), PHONE[-4:]),
        (public_number(NEIGHBOUR), PHONE[-4:]),
        ("随便写的", "5678"),
        ("<script>", "5678"),
    ]
    answers = []
    client.get("/progress/")  # what a process keeps in memory is kept by now
    for number, digits in tried:
        with CaptureQueriesContext(connection) as caught:
            answer = ask(client, number, digits)
        headers = {
            name: value for name, value in answer.items() if name not in ("X-Request-ID", "Date", "Expires")
        }
        answers.append((answer.status_code, answer.content, repr(sorted(headers.items())), len(caught)))
    assert len(set(answers)) == 1, [(status, count) for status, _body, _headers, count in answers]
    status, body, _headers, _count = answers[0]
    assert status == 422 and b"csrfmiddlewaretoken" not in body and with_phone.encode() not in body


def test_a_number_is_locked_after_some_tries_known_or_not(county: Scene, now: datetime) -> None:
    known, unknown = reported(county, now, phone=PHONE).case.number, public_number(COUNTY)
    ends = []
    for number in (known, unknown):
        codes = []
        for _try in range(TRIES + 1):
            with pytest.raises(Refused) as refused:
                actions.look_up(number=number, digits="0000", address="10.0.0.1", by=county.stranger, now=now)
            codes.append((refused.value.code, refused.value.message))
        assert [code for code, _words in codes] == ["no_such_pair"] * TRIES + ["too_many"]
        ends.append(codes[-1])
    assert ends[0] == ends[1]
    with pytest.raises(Refused):  # the right pair, too, has to wait
        actions.look_up(number=known, digits=PHONE[-4:], address="10.0.0.2", by=county.stranger, now=now)


def test_an_address_is_locked_after_many_numbers(county: Scene, now: datetime) -> None:
    codes = []
    for _try in range(TRIES * LOOK_UP_NUMBERS + 1):
        with pytest.raises(Refused) as refused:
            actions.look_up(
                number=public_number(COUNTY), digits="0000", address="10.0.0.3", by=county.stranger, now=now
            )
        codes.append(refused.value.code)
    assert codes == ["no_such_pair"] * (TRIES * LOOK_UP_NUMBERS) + ["too_many"]


def test_a_locked_answer_is_the_same_for_known_and_unknown(county: Scene, now: datetime) -> None:
    known, unknown = reported(county, now, phone=PHONE).case.number, public_number(COUNTY)
    client, bodies = browser(county), []
    for number in (known, unknown):
        for _try in range(TRIES):
            ask(client, number, "0000")
        answer = ask(client, number, "0000")
        bodies.append((answer.status_code, answer.content))
    assert bodies[0] == bodies[1] and bodies[0][0] == 429
